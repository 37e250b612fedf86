// Two service hosts over a Galera cluster: runs scenarios under load and prints what came of them.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../e2e/lib/stack.mjs';
import { Cluster } from './galera.mjs';
import { Host } from './host.mjs';
import { compare, errors, label, longestOutage } from './ledger.mjs';
import { Network } from './network.mjs';
import { scenarios } from './scenarios.mjs';

const DATABASE_HOSTS = [['d1', '10.77.0.1'], ['d2', '10.77.0.2'], ['d3', '10.77.0.3']];
const SERVICE_HOSTS = [['h1', '10.77.0.11'], ['h2', '10.77.0.12']];
const ACCOUNT = { database: 'confab', user: 'confab_app' };
const WRITES = 60; // acknowledged ones of each host before and after what happens
const LOAD_LIMIT = 60000; // ms until they must have been acknowledged
const OUTAGE_LIMIT = 25000; // ms without an acknowledged write; a majority is away for up to 15 s in some scenarios
const END_LIMIT = 90000; // ms for clients to finish what they have begun

const stopping = new AbortController();

class Lab {
  constructor() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'cl-'));
    chmodSync(this.folder, 0o755); // the services' users go through it
    this.network = new Network();
    this.answers = []; // of all scenarios
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

  // Has a host use the nodes from this one on.
  async prefer(host, from) {
    host.put('DB_HOST', this.databaseHosts(from));
    await host.up('pool');
  }

  // Mends the network, and brings back every node and host. Pools stay with a node that serves them: new ones are at
  // the node that they prefer.
  async heal() {
    for (const [name] of [...DATABASE_HOSTS, ...SERVICE_HOSTS]) await this.network.mend(name);
    for (const [name] of DATABASE_HOSTS) await this.network.unite(name, DATABASE_HOSTS.map(([, address]) => address));
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

// The clients of one host.
class Clients {
  constructor(lab, host) {
    this.host = host;
    this.answers = [];
    this.done = 0;
    const script = new URL('writer.mjs', import.meta.url).pathname;
    this.process = lab.network.spawn(host.name, process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.process.on('message', (message) => {
      if (message.done) this.finished = true;
      else this.answers.push({ ...message, host: host.name });
      if (message.acknowledged) this.done += 1;
    });
    this.ended = new Promise((resolve) => this.process.on('exit', resolve));
    this.process.send({
      settings: {
        base: `http://127.0.0.1:${host.setting('CONFAB_PORT')}`,
        bearer: lab.bearer,
        user: host.setting('JANUS_EVENT_USER'),
        password: host.setting('JANUS_EVENT_PASSWORD'),
        tokenSecret: host.setting('JANUS_TOKEN_SECRET'),
      },
    });
  }

  get pid() {
    return this.process.pid;
  }

  // Waits for more acknowledged writes.
  writes(number = WRITES) {
    const wanted = this.done + number;
    return until(() => this.done >= wanted, `${number} acknowledged writes on ${this.host.name}`, LOAD_LIMIT);
  }

  async stop() {
    if (this.process.connected) this.process.send({ stop: true });
    await until(() => this.finished, `the clients of ${this.host.name} to end`, END_LIMIT);
    await this.ended;
  }
}

// The load of one scenario: clients on every host.
class Load {
  constructor(lab) {
    this.clients = lab.hosts.map((host) => new Clients(lab, host));
  }

  // The clients of these hosts, or of all.
  of(...hosts) {
    return hosts.length === 0 ? this.clients : this.clients.filter((one) => hosts.includes(one.host));
  }

  async writes(...hosts) {
    await Promise.all(this.of(...hosts).map((one) => one.writes()));
  }

  // A meeting that a host's clients have made and do not use any more.
  meeting(host) {
    return this.of(host)[0].answers.find((one) => one.kind === 'create' && one.keyed && one.acknowledged).link;
  }

  // Process ids, which are not the host's parts.
  pids(host) {
    return this.of(host).map((one) => one.pid);
  }

  async stop() {
    this.stopped = Date.now();
    await Promise.all(this.clients.map((one) => one.stop()));
  }

  get answers() {
    return this.clients.flatMap((one) => one.answers);
  }

  kill() {
    for (const { process: child } of this.clients) child.kill('SIGKILL');
  }
}

// Is this an error that a client may see in the scenario?
function allowed(scenario, answer) {
  const name = label(answer);
  if ((scenario.cutOff ?? []).includes(answer.host) && ['502', 'broken', 'again'].includes(name)) return true;
  if (scenario.errors === false) return false;
  // 409: the first request with this key may still be at work.
  return name === '503' || name === 'again' || (name === '409' && answer.keyed === true && answer.repeated === true);
}

// Remembers where the hosts' logs end. Gives a function that tells which errors have been logged since: requests that were
// answered with 500, and those that no worker has answered on hosts where nobody may notice.
function watchLogs(lab, scenario) {
  const sizes = lab.hosts.map((host) => ['pool', 'nginx'].map((part) => host.logSize(part)));
  return () =>
    lab.hosts.flatMap((host, i) => {
      const faults = host.logged('pool', sizes[i][0]).filter((line) => line.includes('"status":500'));
      const unanswered = host.logged('nginx', sizes[i][1]).filter((line) => line.includes(' upstream'));
      return scenario.cutOff?.includes(host.name) ? faults : [...faults, ...unanswered];
    });
}

async function compareAll(lab, answers) {
  const lost = [];
  const doubled = [];
  for (const node of lab.nodes) {
    const found = await compare(node, answers);
    lost.push(...found.lost);
    doubled.push(...found.doubled);
  }
  return { lost, doubled };
}

// Runs one scenario; gives its row of the table. `row.faults`: what is wrong.
async function run(lab, scenario) {
  const row = { name: scenario.name, faults: [] };
  const loggedErrors = watchLogs(lab, scenario);
  const load = new Load(lab);
  try {
    await load.writes();
    row.note = await scenario.run(lab, load);
    await load.writes();
    await load.stop();
  } catch (error) {
    row.faults.push(error.message);
  }
  const end = load.stopped ?? Date.now();
  load.kill();
  const { answers } = load;
  const logged = loggedErrors();
  await lab.heal();
  const { lost, doubled } = await compareAll(lab, answers);
  const unexpected = answers.filter((one) => !one.acknowledged && !allowed(scenario, one));
  for (const [what, list] of [['lost', lost], ['doubled', doubled], ['errors in logs', logged]])
    if (list.length > 0) row.faults.push(`${list.length} ${what}, the first: ${list[0]}`);
  if (unexpected.length > 0) row.faults.push(`${unexpected.length} unexpected answers, the first: ${JSON.stringify(unexpected[0])}`);
  row.acknowledged = answers.filter((one) => one.acknowledged).length;
  row.lost = lost.length;
  row.doubled = doubled.length;
  row.errors = [...errors(answers)].map(([name, number]) => `${name}: ${number}`).join(', ') || '-';
  row.outages = load.clients.map((one) => longestOutage(one.answers, end));
  for (const [i, { name }] of lab.hosts.entries())
    if (row.outages[i] > OUTAGE_LIMIT && !scenario.away?.includes(name)) row.faults.push(`nothing was acknowledged on ${name} for ${seconds(row.outages[i])} s`);
  return row;
}

const seconds = (ms) => (ms / 1000).toFixed(1);

function table(rows) {
  const cells = [
    ['scenario', 'acknowledged', 'lost', 'doubled', 'longest outage (s)', 'errors'],
    ...rows.map((row) => [row.name, row.acknowledged, row.lost, row.doubled, row.outages.map((time, i) => `${SERVICE_HOSTS[i][0]} ${seconds(time)}`).join('  '), row.errors]),
  ].map((row) => row.map((cell) => String(cell ?? '-')));
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}

function choose(names) {
  const unknown = names.filter((name) => !scenarios.some((one) => one.name === name));
  if (unknown.length > 0) throw new Error(`there is no scenario ${unknown[0]} (they are: ${scenarios.map((one) => one.name).join(' ')})`);
  return scenarios.filter((one) => names.length === 0 || names.includes(one.name));
}

// Adds each scenario's row as soon as there is one.
async function runAll(lab, chosen, rows) {
  for (const scenario of chosen) {
    const row = await Promise.race([run(lab, scenario), interrupted]);
    rows.push(row);
    console.log(`${row.faults.length === 0 ? 'ok  ' : 'FAIL'}  ${scenario.name}: ${scenario.title}`);
    if (row.note) console.log(`      ${row.note}`);
    for (const fault of row.faults) console.log(`      ${fault}`);
  }
}

const interrupted = new Promise((_, reject) => stopping.signal.addEventListener('abort', () => reject(new Error('stopped by a signal'))));
interrupted.catch(() => {});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort());

async function main() {
  const chosen = choose(process.argv.slice(2));
  const lab = new Lab();
  const rows = [];
  let error;
  try {
    await Promise.race([lab.open(), interrupted]);
    await runAll(lab, chosen, rows);
  } catch (error_) {
    error = error_;
  } finally {
    await lab.close();
    if (process.env.CONFAB_CLUSTER_KEEP) console.log(`data and logs: ${lab.folder}`);
    else rmSync(lab.folder, { recursive: true, force: true });
  }
  if (rows.length > 0) console.log(`\n${table(rows)}`);
  if (error) console.error(error.message);
  const passed = rows.filter((row) => row.faults.length === 0).length;
  console.log(`${passed} passed, ${rows.length - passed + (error ? 1 : 0)} failed`);
  return passed === chosen.length ? 0 : 1;
}

process.exit(
  await main().catch((error) => {
    console.error(error.message);
    return 1;
  }),
);
