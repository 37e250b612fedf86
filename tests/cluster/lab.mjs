// Two service hosts over a Galera cluster of three nodes, each on a host of its own.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cluster } from './galera.mjs';
import { Host } from './host.mjs';
import { Network } from './network.mjs';

const DATABASE_HOSTS = [['d1', '10.77.0.1'], ['d2', '10.77.0.2'], ['d3', '10.77.0.3']];
const SERVICE_HOSTS = [['h1', '10.77.0.11'], ['h2', '10.77.0.12']];
const ACCOUNT = { database: 'confab', user: 'confab_app' };

export class Lab {
  constructor() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'cl-'));
    chmodSync(this.folder, 0o755); // the services' users go through it
    this.network = new Network();
  }

  async open() {
    await this.network.open();
    for (const [name, address] of [...DATABASE_HOSTS, ...SERVICE_HOSTS]) await this.network.add(name, address);
    this.cluster = new Cluster(this.network, this.folder, DATABASE_HOSTS);
    this.nodes = this.cluster.nodes;
    const password = randomBytes(24).toString('base64url');
    await this.cluster.open({ ...ACCOUNT, password });
    this.hosts = SERVICE_HOSTS.map(([name, address]) => new Host(this.network, name, address, path.join(this.folder, name)));
    const [first, second] = this.hosts;
    await first.makeFirst({
      DB_HOST: this.databaseHosts(0),
      DB_USER: ACCOUNT.user,
      DB_PASSWORD: password,
      DB_DATABASE: ACCOUNT.database,
      RECORDINGS_HOST: first.name,
    });
    // Each host prefers a node of its own. With the audit log a creation is a transaction, without it one statement.
    await second.makeBeside(first, { DB_HOST: this.databaseHosts(1), ADD_AUDIT_LOG_MIXIN: 'yes' });
    this.bearer = `Bearer ${await first.confabctl('token', '--all', '--ttl', '1d')}`;
  }

  // The nodes for DB_HOST, from one of them on.
  databaseHosts(from) {
    const addresses = DATABASE_HOSTS.map(([, address]) => `${address}:3306`);
    return [...addresses.slice(from), ...addresses.slice(0, from)].join(',');
  }

  // All pairs of nodes.
  nodePairs() {
    return this.nodes.flatMap((one, i) => this.nodes.slice(i + 1).map((other) => [one, other]));
  }

  // Has a host use the nodes from this one on.
  async prefer(host, from) {
    host.put('DB_HOST', this.databaseHosts(from));
    await host.up('pool');
  }

  // Repairs the network, and starts every node and host again. A pool stays with a node that serves it; a new pool uses
  // the node that it prefers.
  async heal() {
    for (const [name] of [...DATABASE_HOSTS, ...SERVICE_HOSTS]) await this.network.mend(name);
    for (const [one, other] of this.nodePairs()) await this.network.unite(one.name, other.name);
    await this.cluster.heal();
    for (const node of this.nodes) await node.rows('SET GLOBAL read_only = 0');
    for (const [i, host] of this.hosts.entries()) {
      host.put('DB_HOST', this.databaseHosts(i));
      await host.down('pool');
      await host.start();
    }
  }

  close() {
    return this.network.close();
  }
}
