// The database on other hosts: an address that moves to another server, an outage, and several hosts in DB_HOST.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Client } from './lib/client.mjs';
import { Mariadb, Relay } from './lib/mariadb.mjs';
import { build, sharedStack, source, startStack, until } from './lib/stack.mjs';

const { DB_USER, DB_PASSWORD, DB_DATABASE, ...shared } = sharedStack().conf;
const account = { DB_USER, DB_PASSWORD, DB_DATABASE };
let servers = [];
let relay; // one address that leads to one of the servers
let silent; // takes connections and never answers
let stack;
let client;

before(async () => {
  servers = await Mariadb.make(2, account);
  for (const { port } of servers)
    await promisify(execFile)(path.join(build, 'confabctl'), ['migrate', '--dir', `${source}sql`], {
      env: { ...process.env, CONFAB_CONF: '', ...shared, ...account, DB_HOST: '127.0.0.1', DB_PORT: String(port) },
    });
  relay = await Relay.open(servers[0].port);
  silent = await Relay.open(undefined);
  stack = await startStack({
    settings: { ...account, DB_HOST: '127.0.0.1', DB_PORT: String(relay.port), DB_DEADLINE_MS: '4000', CONFAB_WORKERS: '3' },
  });
  client = new Client(stack);
});
after(async () => {
  client?.agent.destroy();
  await stack?.stop();
  for (const server of servers) await server.remove();
  await relay?.close();
  await silent?.close();
});

// New processes with another DB_HOST.
async function restartWith(host) {
  const file = path.join(stack.var, 'confab.conf');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^DB_HOST=.*$/m, `DB_HOST=${host}`));
  for (const part of ['work', 'pool']) {
    await stack.down(part);
    await stack.up(part);
  }
}

let made = 0;
// Creates a meeting and tells which of the two servers has it: 'a' or 'b'.
async function creates() {
  const extId = `many${(made += 1)}`;
  const answer = await client.call('POST', '/session', { body: { extId } });
  if (answer.status !== 200) return `${answer.status}`;
  const places = [];
  for (const [i, server] of servers.entries())
    if (server.process.exitCode === null && server.process.signalCode === null && (await server.admin(`SELECT id FROM ${DB_DATABASE}.meetings WHERE ext_id = ?`, [extId])).length === 1) places.push('ab'[i]);
  return places.join();
}
const severalCreate = async (count) => {
  const places = [];
  for (let i = 0; i < count; i++) places.push(await creates());
  return [...new Set(places)].join();
};
// Requests that each need the database (/health answers with what another worker saw a second ago).
const health = async () => (await Promise.all(Array.from({ length: 6 }, () => client.call('GET', '/session', { check: false })))).every((answer) => answer.status === 200);

test('one address that moves to another server: writes go to the new one although the old one is still connected', async () => {
  const [a, b] = servers;
  await until(health, 'health', 30000);
  assert.equal(await severalCreate(6), 'a');
  await a.admin('SET GLOBAL read_only = 1');
  relay.moveTo(b.port);
  assert.equal(await severalCreate(12), 'b');
});

// Runs `steps` with a new pool whose requests have a second, so that the limits for idle connections are short, while no
// job uses the database. `connections()`: those of the pool, on the server that the relay leads to.
async function withShortLimits(hidden, steps) {
  const file = path.join(stack.var, 'confab.conf');
  const put = (deadline) => writeFileSync(file, readFileSync(file, 'utf8').replace(/^DB_DEADLINE_MS=.*$/m, `DB_DEADLINE_MS=${deadline}`));
  const server = servers.find(({ port }) => port === relay.port_);
  const connections = () => server.admin('SELECT id, time FROM information_schema.processlist WHERE user = ? ORDER BY id', [DB_USER]);
  await stack.without(['work'], async () => {
    try {
      relay.hidden = hidden;
      put(1000);
      await stack.down('pool');
      await stack.up('pool');
      await until(async () => await health() && (await connections()).length === 3, 'each worker to have a connection', 30000);
      await steps(connections);
    } finally {
      relay.hidden = '';
      put(4000);
      await stack.down('pool');
      await stack.up('pool');
    }
  });
}
const counted = async (name) => Number((await client.call('GET', '/metrics', { auth: null })).text.match(new RegExp(`^${name} (\\S+)`, 'm'))?.[1] ?? 0);

test('a worker that is idle for longer than a transaction may be keeps its connection', () =>
  withShortLimits('', async (connections) => {
    const ids = (await connections()).map(({ id }) => id);
    await until(async () => (await connections()).every(({ time }) => Number(time) > 6), 'all to be idle for so long', 20000);
    assert.ok(await health());
    assert.deepEqual((await connections()).map(({ id }) => id), ids);
  }));

test('where only idle connections have a limit, as with MySQL, a worker opens another one and no request is tried twice', () =>
  withShortLimits('idle_transaction_timeout', async (connections) => {
    const said = stack.log('pool').split('\n').filter((line) => line.includes('"message"')).length;
    const retries = await counted('confab_database_retries_total');
    await until(async () => (await connections()).every(({ time }) => Number(time) >= 3), 'all to be idle for longer than the service keeps them', 20000);
    assert.ok(await health());
    await until(async () => (await connections()).length === 0, 'the server to close idle connections', 20000);
    for (let i = 0; i < 3; i++) assert.ok(await health());
    assert.equal(await counted('confab_database_retries_total'), retries, 'a request has found its connection closed');
    assert.equal(stack.log('pool').split('\n').filter((line) => line.includes('"message"')).length, said);
  }));

// Lines of a part's log with a text, counted for each process.
function linesOf(log, text) {
  const counts = new Map();
  for (const line of log.split('\n').filter((one) => one.includes(text))) {
    const { pid } = JSON.parse(line);
    counts.set(pid, (counts.get(pid) ?? 0) + 1);
  }
  return [...counts.values()];
}

test('an outage of the database is logged once by each process, and once when it is over', async () => {
  const before_ = { pool: stack.log('pool').length, work: stack.log('work').length };
  const since = (part) => stack.log(part).slice(before_[part]);
  for (const server of servers) await server.kill();
  try {
    for (let i = 0; i < 3; i++) {
      const answers = await Promise.all(Array.from({ length: 12 }, () => client.call('POST', '/session')));
      assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [503]);
    }
    await until(() => since('work').includes('database'), 'the jobs to notice');
    const events = (part) => since(part).split('\n').filter((line) => line.includes('"message"'));
    assert.ok(events('pool').length <= 3, `the pool's three processes wrote ${events('pool').length} lines: ${events('pool').slice(0, 5).join('\n')}`);
    assert.ok(events('work').length <= 2 * 2, `the processes of the two lanes wrote ${events('work').length} lines: ${events('work').slice(0, 7).join('\n')}`);
    assert.ok(linesOf(since('work'), 'database: cannot connect').every((count) => count === 1));
  } finally {
    for (const server of servers) await server.start();
  }
  const gone = linesOf(since('pool'), 'database: cannot connect').length;
  await until(async () => await health() && linesOf(since('pool'), 'database: back').length === gone, 'all workers to serve again', 30000);
  await until(() => linesOf(since('work'), 'database: back').length === linesOf(since('work'), 'database: cannot connect').length,
    'the jobs to go on', 30000);
  for (const part of ['pool', 'work']) {
    const lost = linesOf(since(part), 'database: cannot connect');
    assert.ok(lost.length >= 1 && lost.every((count) => count === 1), `${part}: ${lost}`);
    assert.deepEqual(linesOf(since(part), 'database: back'), lost);
    assert.match(since(part), /database: back after \d+ s/);
  }
});

const listOf = () => `127.0.0.1:${silent.port}, 127.0.0.1:${servers[0].port},[::1]:${servers[1].port}`;

test('of three hosts, one silent and one read-only, the service uses and remembers the one that takes writes', async () => {
  const [a, b] = servers;
  await a.admin('SET GLOBAL read_only = 1');
  await b.admin('SET GLOBAL read_only = 0');
  await restartWith(listOf());
  await until(health, 'all workers to have found it', 30000);
  const { taken } = silent;
  assert.ok(taken > 0);
  assert.equal(await severalCreate(12), 'b');
  assert.equal(silent.taken, taken, 'the silent host was asked again');
});

test('confabctl check tells which host serves and what is wrong with the others', async () => {
  const { stdout } = await stack.ctl('check').catch((error) => error);
  const [a, b] = servers;
  assert.match(stdout, new RegExp(`^ok    database \\[::1\\]:${b.port}: takes writes$`, 'm'));
  assert.match(stdout, new RegExp(`^ok    database 127\\.0\\.0\\.1:${a.port}: read-only$`, 'm'));
  assert.match(stdout, new RegExp(`^FAULT database 127\\.0\\.0\\.1:${silent.port}: `, 'm'));
});

test('after a failover the old primary is read-only and still connected: requests go to the new one', async () => {
  const [a, b] = servers;
  await b.admin('SET GLOBAL read_only = 1');
  await a.admin('SET GLOBAL read_only = 0');
  assert.equal(await severalCreate(12), 'a');
  await a.kill();
  await b.admin('SET GLOBAL read_only = 0');
  try {
    assert.equal(await severalCreate(12), 'b');
  } finally {
    await a.start();
  }
});

test('an invalid list of database hosts stops the start with one line that names the setting', async () => {
  for (const list of ['a,,b', 'a:0', 'a:70000', 'a:x', '[::1', '[::1]3306', ',', 'a b']) {
    const env = { ...process.env, CONFAB_CONF: path.join(stack.var, 'confab.conf'), DB_HOST: list };
    const started = promisify(execFile)(path.join(build, 'confabctl'), ['work', '--once'], { env });
    await assert.rejects(started, ({ code, stderr }) => code === 1 && /^confabctl: DB_HOST: [^\n]+\n$/.test(stderr), list);
  }
});
