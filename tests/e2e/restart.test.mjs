// Starting the pool anew under load: by scripts/up, by the systemd unit's commands, one worker at a time. No request
// may fail, time out or lose its connection.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, afterEach, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Client } from './lib/client.mjs';
import { Load, tally } from './lib/load.mjs';
import { childrenOf, source, startStack, until } from './lib/stack.mjs';

const run = promisify(execFile);
const WORKERS = 4;
const SLOW = 120000; // ms that a loaded machine may take for what is waited for
let stack;
let client;
let auth;
let load;

before(async () => {
  stack = await startStack({ settings: { CONFAB_WORKERS: String(WORKERS) } });
  client = new Client(stack);
  auth = `Bearer ${await client.bearer()}`;
});
after(() => stack?.stop());

function loadStart() {
  const request = async (method, path, options = {}) => {
    const { status, text } = await client.call(method, path, { auth, check: false, ...options });
    return { status, text };
  };
  load = new Load()
    .add(4, () => request('GET', '/session?limit=5'))
    .add(4, () => request('POST', '/session', { body: { extId: 'restart' } }));
}
afterEach(() => load?.stop());

// Lets the load go on for `count` more requests.
const served = (count) => {
  const goal = load.done + count;
  return until(() => load.done >= goal, `${count} more requests to be answered`, SLOW);
};

async function nothingFailed() {
  const results = await load.stop();
  const failed = results.filter(({ status }) => status !== 200);
  assert.deepEqual(failed.slice(0, 3), [], `of ${results.length}: ${JSON.stringify(tally(results))}`);
}

const workers = () => stack.children('pool');
const isGone = (pids) => pids.every((pid) => !workers().includes(pid));

// False when the process is gone.
function kill(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    assert.equal(error.code, 'ESRCH');
    return false;
  }
}

const settingPut = (name, value) => {
  const file = `${stack.var}/confab.conf`;
  const kept = readFileSync(file, 'utf8').replace(new RegExp(`^${name}=.*\n`, 'gm'), '');
  writeFileSync(file, value === undefined ? kept : `${kept}${name}=${value}\n`);
};

test('scripts/up with changed settings starts the pool anew and fails no request', async () => {
  loadStart();
  for (let minutes = 31; minutes <= 34; minutes++) {
    const old = stack.leader('pool');
    settingPut('TIME_TO_START', minutes);
    await served(200);
    await stack.up('pool');
    assert.notEqual(stack.leader('pool'), old);
  }
  await served(200);
  await nothingFailed();
});

test('requests that wait in the old pool\'s queue are answered when it is replaced', async () => {
  const WAITING = 30;
  const socket = `${stack.var}/pool/confab.new`;
  const [leader, old] = [stack.leader('pool'), workers()];
  // The lines of the listening socket itself and of each connection, by the path that it was made with.
  const queued = () => readFileSync('/proc/net/unix', 'utf8').split('\n').filter((line) => line.endsWith(` ${socket}`)).length - 1;
  settingPut('TIME_TO_START', 40);
  let answers;
  let up;
  try {
    for (const pid of old) process.kill(pid, 'SIGSTOP');
    answers = Promise.all(Array.from({ length: WAITING }, () => client.call('POST', '/session', { auth })));
    await until(() => queued() >= WAITING, 'requests to wait', SLOW);
    up = stack.up('pool');
    await until(() => stack.leader('pool') !== leader, 'the new pool', SLOW);
    const told = (pid) => !/^ShdPnd:\t0+$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    await until(() => old.every(told), 'the old workers to be told to end', SLOW);
  } finally {
    for (const pid of old) kill(pid, 'SIGCONT');
    await up;
  }
  assert.deepEqual(tally(await answers), { 200: WAITING });
});

test('a pool whose socket is gone gets a new one', async () => {
  rmSync(`${stack.var}/pool/confab.sock`);
  await stack.up('pool');
  assert.equal((await client.call('GET', '/health/live', { auth: null })).status, 200);
});

test('a worker that is told to end, while requests arrive, loses none', async () => {
  loadStart();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGHUP'])
    for (let i = 0; i < 40; i++) {
      const all = workers();
      const pid = all[i % all.length];
      await until(() => !kill(pid, signal) || isGone([pid]), `${signal} to end a worker`, SLOW);
      await until(() => workers().length === WORKERS, 'another worker', SLOW);
    }
  await served(200);
  await nothingFailed();
});

test('workers that end after WORKER_MAX_REQUESTS lose no request', async () => {
  loadStart();
  settingPut('WORKER_MAX_REQUESTS', 10);
  try {
    await stack.up('pool');
    const some = workers();
    await until(() => isGone(some), 'workers to be replaced', SLOW);
    await served(1000);
    await nothingFailed();
  } finally {
    settingPut('WORKER_MAX_REQUESTS');
    await stack.up('pool');
  }
});

test('killed workers lose only the requests that they were serving', async () => {
  loadStart();
  const KILLS = 20;
  for (let i = 0; i < KILLS; i++) {
    const pid = workers()[0];
    process.kill(pid, 'SIGKILL');
    await until(() => isGone([pid]) && workers().length === WORKERS, 'another worker', SLOW);
    await served(20);
  }
  const failed = (await load.stop()).filter(({ status }) => status !== 200);
  assert.ok(failed.length <= KILLS, `${failed.length} requests failed`);
});

test('a pool that cannot start leaves the old one serving', async (context) => {
  const place = folder(context);
  for (const program of ['confabctl', 'confab-gate', 'confab-media']) copyFileSync(`${stack.build}/${program}`, `${place}/${program}`);
  writeFileSync(`${place}/confab.fcgi`, '#!/bin/sh\necho no worker today >&2\nexit 1\n', { mode: 0o755 });
  const old = stack.leader('pool');
  loadStart();
  context.after(() => stack.up('pool')); // started by root, the stack has a copy of the program
  await assert.rejects(stack.script('up', [], { CONFAB_BUILD: place }), ({ stderr }) => {
    assert.match(stderr, /no worker today/);
    assert.match(stderr, /the new pool does not start, the old one goes on; see .*pool\.log/);
    return true;
  });
  assert.equal(stack.leader('pool'), old);
  assert.equal(existsSync(`${stack.var}/started/pool-new.pid`), false);
  await served(200);
  await nothingFailed();
});

// A folder that the service's user can reach, for the time of a test.
function folder(context) {
  const place = mkdtempSync(`${tmpdir()}/cf-restart-`);
  chmodSync(place, 0o755);
  context.after(() => rmSync(place, { recursive: true }));
  return place;
}

// The pool of an installation in the place of the stack's, on a socket that somebody else keeps: what systemd does for
// confab.socket and confab.service. When the pool ends, it is started again.
async function activated(context) {
  const place = folder(context);
  const [user, start, ...reload] = unitCommands(place);
  copyFileSync(`${source}/scripts/confab-pool`, `${place}/confab-pool`);
  copyFileSync(stack.program, `${place}/confab.fcgi`);
  copyFileSync(`${stack.build}/confabctl`, `${place}/confabctl`);
  const socket = `${stack.var}/pool/confab.sock`;
  const as = process.getuid() === 0 ? `setpriv --reuid ${user} --regid ${user} --init-groups` : '';
  await stack.down('pool');
  rmSync(socket);
  const script = `exec systemd-socket-activate -E CONFAB_CONF -l ${socket} \
    sh -c 'while :; do ${as} sh -c "LISTEN_PID=\\$\\$ exec ${start}"; done'`;
  const env = { ...process.env, CONFAB_CONF: `${stack.var}/confab.conf` };
  const holder = spawn('sh', ['-c', script], { env, stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => holder.on('close', resolve));
  context.after(async () => {
    process.kill(-holder.pid, 'SIGKILL');
    await ended;
    await stack.up('pool');
  });
  const pool = () => childrenOf(holder.pid)[0];
  const workers_ = () => childrenOf(pool());
  await until(() => existsSync(socket), 'the socket', SLOW);
  chmodSync(socket, 0o666); // SocketGroup= and SocketMode= of confab.socket
  await until(async () => (await client.call('GET', '/health/live', { auth: null, check: false })).status === 200, 'the pool', SLOW);
  await until(() => workers_().length === WORKERS, 'all workers', SLOW);
  loadStart();
  return { place, pool, workers: workers_, reload: () => reloadRun(reload, pool(), env) };
}

// Of confab.service: the user, and the commands for a start and for a reload, with the programs in `place`.
function unitCommands(place) {
  const unit = readFileSync(`${source}/scripts/confab.service`, 'utf8');
  const all = (name) => [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value);
  const command = (line) => line.replace(/^\/\S*\//, `${place}/`).replace(/migrate$/, `migrate --dir ${source}sql`);
  return [all('User')[0], ...[...all('ExecStart'), ...all('ExecReload')].map(command)];
}

async function reloadRun(commands, pid, env) {
  assert.ok(commands.length > 0);
  for (const command of commands) await run('sh', ['-c', command], { env: { ...env, MAINPID: String(pid) } });
}

test('systemctl reload replaces every worker, and fails no request', async (context) => {
  const service = await activated(context);
  for (let i = 0; i < 3; i++) {
    const [pool, old] = [service.pool(), service.workers()];
    await served(100);
    await service.reload();
    assert.equal(service.pool(), pool, 'the pool was started anew');
    assert.equal(service.workers().length, WORKERS);
    assert.deepEqual(service.workers().filter((pid) => old.includes(pid)), []);
  }
  await served(200);
  await nothingFailed();
});

test('systemctl reload with a program that cannot start changes nothing', async (context) => {
  const service = await activated(context);
  const old = service.workers();
  renameSync(`${service.place}/confab.fcgi`, `${service.place}/kept`);
  writeFileSync(`${service.place}/confab.fcgi`, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  await assert.rejects(service.reload(), ({ stderr }) => /a new worker does not answer; the old ones go on/.test(stderr));
  assert.deepEqual(service.workers(), old);
  await served(200);
  await nothingFailed();
});

test('systemctl restart fails no request', async (context) => {
  const service = await activated(context);
  for (let i = 0; i < 3; i++) {
    const pool = await until(() => service.pool(), 'a pool', SLOW);
    await served(100);
    process.kill(pool, 'SIGTERM');
    await until(() => service.pool() !== undefined && service.pool() !== pool, 'the pool to be started anew', SLOW);
  }
  await served(200);
  await nothingFailed();
});

test('systemd accepts the units', async (context) => {
  const place = folder(context);
  for (const name of ['confab.service', 'confab.socket', 'confab-janus.service', 'confab-media.service', 'confab-work.service']) {
    const unit = readFileSync(`${source}/scripts/${name}`, 'utf8');
    writeFileSync(`${place}/${name}`, unit.replace(/^(Exec\w+)=\S+/gm, '$1=/bin/true')); // nothing is installed here
  }
  const { stderr } = await run('systemd-analyze', ['verify', `${place}/confab.service`, `${place}/confab.socket`]);
  assert.equal(stderr, '');
});
