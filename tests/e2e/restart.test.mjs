// Starting the pool anew under load: by scripts/up, by the systemd unit's commands, one worker at a time. No request
// may fail, wait in vain or lose its connection.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, chmodSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, afterEach, before, beforeEach, test } from 'node:test';
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

beforeEach(() => {
  const request = async (method, path, options = {}) => {
    const { status, text } = await client.call(method, path, { auth, check: false, ...options });
    return { status, text };
  };
  load = new Load()
    .add(4, () => request('GET', '/session?limit=5'))
    .add(4, () => request('POST', '/session', { body: { extId: 'restart' } }));
});
afterEach(() => load.stop());

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

const settingPut = (name, value) => {
  const file = `${stack.var}/confab.conf`;
  const kept = readFileSync(file, 'utf8').replace(new RegExp(`^${name}=.*\n`, 'gm'), '');
  writeFileSync(file, value === undefined ? kept : `${kept}${name}=${value}\n`);
};

test('scripts/up with changed settings starts the pool anew and fails no request', async () => {
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

test('a worker that is told to end, while requests arrive, loses none', async () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGHUP'])
    for (let i = 0; i < 40; i++) {
      const all = workers();
      const pid = all[i % all.length];
      process.kill(pid, signal);
      await until(() => isGone([pid]), `${signal} to end a worker`, SLOW);
      await until(() => workers().length === WORKERS, 'another worker', SLOW);
    }
  await served(200);
  await nothingFailed();
});

test('workers that end after WORKER_MAX_REQUESTS lose no request', async () => {
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

test('workers that are killed lose no more than what they had in hand', async () => {
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
