// A Galera cluster: its nodes, each on a host of its own.
import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from '../e2e/lib/stack.mjs';

const execute = promisify(execFile);
const PROVIDER = '/usr/lib/galera/libgalera_smm.so';
const START_LIMIT = 90000; // ms until a node has joined, with a copy of all data
const STOP_LIMIT = 30000;
const REUNION_LIMIT = 20000; // ms for nodes to find together by themselves after they lost their majority
// A node that is gone is expelled after about two seconds.
const FAILURE_DETECTION =
  'evs.keepalive_period=PT0.25S;evs.inactive_check_period=PT0.1S;evs.suspect_timeout=PT1S;evs.inactive_timeout=PT3S;evs.install_timeout=PT3S';

class Node {
  constructor(network, name, address, folder, all) {
    this.network = network;
    this.name = name;
    this.address = address;
    this.folder = folder;
    this.conf = path.join(folder, 'my.cnf');
    this.socket = path.join(folder, 'sock');
    this.log = path.join(folder, 'log');
    mkdirSync(folder);
    writeFileSync(
      this.conf,
      `[mariadbd]
user = mysql
datadir = ${folder}/data
tmpdir = ${folder}/tmp
socket = ${this.socket}
pid-file = ${folder}/pid
skip-name-resolve
performance-schema = OFF
max-connections = 200
character-set-server = utf8mb4
collation-server = utf8mb4_general_ci
binlog-format = ROW
innodb-autoinc-lock-mode = 2
innodb-flush-log-at-trx-commit = 1
innodb-buffer-pool-size = 64M
innodb-log-file-size = 32M
wsrep-on = ON
wsrep-provider = ${PROVIDER}
wsrep-provider-options = "gcache.size=64M;${FAILURE_DETECTION}"
wsrep-cluster-name = confab
wsrep-cluster-address = gcomm://${all.join(',')}
wsrep-node-name = ${name}
wsrep-node-address = ${address}
wsrep-sst-method = rsync
wsrep-slave-threads = 2
`,
    );
    // A starting server deletes temporary tables in its tmpdir, also another server's.
    mkdirSync(path.join(folder, 'tmp'));
    const { uid, gid } = this.#owner();
    for (const place of [folder, path.join(folder, 'tmp')]) chownSync(place, uid, gid);
  }

  // MariaDB's user: as root the copying of data between nodes fails.
  #owner() {
    const [, , uid, gid] = readFileSync('/etc/passwd', 'utf8').match(/^mysql:.*$/m)[0].split(':').map(Number);
    return { uid, gid };
  }

  async make() {
    const options = ['--user=mysql', '--skip-test-db', '--wsrep-on=OFF', '--auth-root-authentication-method=socket'];
    await execute('mariadb-install-db', [`--defaults-file=${this.conf}`, ...options]);
  }

  #server(...options) {
    const log = openSync(this.log, 'a');
    const child = this.network.spawn(this.name, '/usr/sbin/mariadbd', [`--defaults-file=${this.conf}`, ...options], { stdio: ['ignore', log, log] });
    child.unref();
    return child;
  }

  // Starts the node, which joins the others; `alone`: it founds the cluster.
  async start({ alone = false } = {}) {
    const options = alone ? ['--wsrep-new-cluster'] : await this.#position();
    mkdirSync(path.join(this.folder, 'data'), { recursive: true });
    const { uid, gid } = this.#owner();
    chownSync(path.join(this.folder, 'data'), uid, gid);
    this.#server(...options);
  }

  // After a kill: where InnoDB stands, so that the node needs only what it has missed. The server prints that, and does
  // not always end then.
  async #position() {
    if (!this.killed) return [];
    this.killed = false;
    const log = path.join(this.folder, 'recover.err');
    rmSync(log, { force: true });
    this.#server('--wsrep-recover', `--log-error=${log}`);
    const found = () => existsSync(log) && readFileSync(log, 'utf8').match(/Recovered position: *(\S+)\n/)?.[1];
    const position = await until(found, `${this.name} to find its position (see ${log})`, START_LIMIT);
    await this.network.kill(this.name);
    return [`--wsrep-start-position=${position}`];
  }

  async running() {
    return (await this.network.processes(this.name)).length > 0;
  }

  async kill() {
    this.killed = true;
    await this.network.kill(this.name);
  }

  // Stops it cleanly.
  async stop() {
    for (const pid of await this.network.processes(this.name)) process.kill(pid, 'SIGTERM');
    await until(async () => !(await this.running()), `${this.name} to stop`, STOP_LIMIT);
  }

  // The rows of a query, each an array of texts, as root over the node's own socket.
  async rows(sql, limit = 10000) {
    const { stdout } = await execute('mariadb', ['--no-defaults', '-S', this.socket, '-N', '-B', '-e', sql], { maxBuffer: 1 << 28, timeout: limit });
    return stdout.split('\n').filter(Boolean).map((line) => line.split('\t'));
  }

  async #status(name) {
    try {
      return (await this.rows(`SHOW STATUS LIKE '${name}'`, 2000))[0]?.[1];
    } catch {
      return undefined;
    }
  }

  // Has it joined a cluster of `size` nodes with a majority, and all their data?
  async synced(size) {
    const wanted = { wsrep_ready: 'ON', wsrep_local_state: '4', wsrep_cluster_size: String(size) };
    for (const [name, value] of Object.entries(wanted)) if ((await this.#status(name)) !== value) return false;
    return true;
  }

  async primary() {
    return (await this.#status('wsrep_cluster_status')) === 'Primary';
  }

  async answers() {
    return (await this.#status('wsrep_local_state')) !== undefined;
  }
}

export class Cluster {
  // `hosts`: [[name, address], …]
  constructor(network, folder, hosts) {
    const all = hosts.map((host) => host[1]);
    this.nodes = hosts.map(([name, address]) => new Node(network, name, address, path.join(folder, name), all));
  }

  // Makes the cluster, the database and the service's account.
  async open({ database, user, password }) {
    const [first, ...others] = this.nodes;
    await first.make();
    await first.start({ alone: true });
    await until(() => first.synced(1), `${first.name} to start`, START_LIMIT);
    await first.rows(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
    await first.rows(`CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'`);
    await first.rows(`GRANT ALL ON ${database}.* TO '${user}'@'%'`);
    for (const node of others) await node.start();
    await this.whole();
  }

  // Waits until all nodes are one cluster.
  async whole(limit = START_LIMIT) {
    for (const node of this.nodes) await until(() => node.synced(this.nodes.length), `${node.name} to be in the cluster (see ${node.log})`, limit);
  }

  // Starts every node again, in any state.
  async heal() {
    await Promise.all(this.nodes.map(async (node) => (await node.running()) || node.start()));
    const reunited = async () => (await Promise.all(this.nodes.map((node) => node.primary()))).some(Boolean);
    try {
      await until(reunited, 'a majority', REUNION_LIMIT);
    } catch {
      // As an operator does when no node has a majority any more.
      const survivor = await until(async () => {
        for (const node of this.nodes) if (await node.answers()) return node;
        return undefined;
      }, 'a node that answers');
      await survivor.rows("SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'");
    }
    await this.whole();
  }
}
