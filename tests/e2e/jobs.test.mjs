// Background jobs: one worker at a time has a job, also when workers stop or are killed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import http from 'node:http';
import path from 'node:path';
import { after, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { DatabaseProxy } from './lib/database.mjs';
import { listen, sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
after(() => client.agent.destroy());

const job = async (kind) => (await stack.rows('SELECT *, CAST(leased_by AS CHAR) AS worker FROM jobs WHERE kind = ?', [kind]))[0];

// `confabctl work` as a process of the test's own.
function work(args = [], settings = {}) {
  const program = spawn(path.join(stack.build, 'confabctl'), ['work', ...args], {
    env: { ...process.env, CONFAB_CONF: path.join(stack.var, 'confab.conf'), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = [];
  program.stderr.on('data', (piece) => log.push(piece));
  const gone = new Promise((resolve) => program.on('exit', resolve));
  return {
    pid: program.pid,
    log: () => Buffer.concat(log).toString(),
    signal: (name) => program.kill(name),
    gone,
    stop: async () => {
      if (program.exitCode === null) program.kill('SIGKILL');
      await gone;
    },
  };
}

// Runs `steps` while the stack's own worker is away and no job but `kind` is due.
async function alone(kind, steps) {
  const cleanups = [];
  await stack.down('work');
  try {
    await stack.rows("UPDATE jobs SET due = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR, leased_until = NULL, leased_by = NULL");
    await stack.rows('UPDATE jobs SET due = UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE WHERE kind = ?', [kind]);
    await steps((cleanup) => cleanups.unshift(cleanup));
  } finally {
    for (const cleanup of cleanups) await cleanup();
    await stack.rows('UPDATE jobs SET due = UTC_TIMESTAMP(3), leased_until = NULL, leased_by = NULL');
    await stack.up('work');
  }
}

// A worker that is in the middle of the job `expire`.
async function heldWorker(defer) {
  const proxy = await DatabaseProxy.open(stack);
  defer(() => proxy.close());
  const hold = proxy.hold('DELETE FROM idempotency');
  const worker = work([], { DB_SOCKET: proxy.socket, DB_DEADLINE_MS: '60000' });
  defer(() => worker.stop());
  await Promise.race([hold.held, worker.gone.then(() => assert.fail(`the worker ended: ${worker.log()}`))]);
  return { worker, hold };
}

test('a worker that stood still past its lease does not change the next worker\'s lease', () =>
  alone('expire', async (defer) => {
    const first = await heldWorker(defer);
    first.worker.signal('SIGSTOP');
    assert.match((await job('expire')).worker, new RegExp(`:${first.worker.pid}$`));
    await stack.rows("UPDATE jobs SET leased_until = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE kind = 'expire'");
    const second = await heldWorker(defer);
    const taken = await job('expire');
    assert.match(taken.worker, new RegExp(`:${second.worker.pid}$`));
    first.hold.release();
    first.worker.signal('SIGCONT');
    first.worker.signal('SIGTERM'); // it ends after the job in hand
    await first.worker.gone;
    assert.deepEqual(await job('expire'), taken, 'the slow worker changed the job');
    assert.match((await stack.ctl('work', '--once')).stdout, /^0 jobs done/, 'a third worker took the job');
    second.hold.release();
    second.worker.signal('SIGTERM');
    await second.worker.gone;
    const done = await job('expire');
    assert.equal(done.leased_until, null);
    assert.equal(Number(done.lease) - Number(taken.lease), 0, 'it ran more than twice');
  }));

test('a job that is queued again while a worker has it runs exactly once more', () =>
  alone('expire', async (defer) => {
    const first = await heldWorker(defer);
    const { lease } = await job('expire');
    await stack.rows(
      "INSERT INTO jobs (kind, dedup, payload, due, created_on) VALUES ('expire', 'expire', '{}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)) ON DUPLICATE KEY UPDATE version = version + 1, wanted_again = 1, due = LEAST(due, VALUES(due))",
    );
    first.hold.release();
    await until(async () => (await job('expire')).leased_until === null && (await job('expire')).due > new Date().toISOString().replace('T', ' '), 'the job to be done');
    assert.equal(Number((await job('expire')).lease), Number(lease) + 1);
    assert.equal((await job('expire')).wanted_again, 0);
  }));

test('a job that the last release queues while a worker has it runs once more', () =>
  alone('expire', async (defer) => {
    const first = await heldWorker(defer);
    const { version, lease } = await job('expire');
    await stack.rows(
      "INSERT INTO jobs (kind, dedup, payload, due, created_on) VALUES ('expire', 'expire', '{}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)) ON DUPLICATE KEY UPDATE version = version + 1, due = LEAST(due, VALUES(due))",
    );
    assert.equal((await job('expire')).version, version + 1);
    first.hold.release();
    await until(async () => (await job('expire')).leased_until === null && (await job('expire')).due > new Date().toISOString().replace('T', ' '), 'the job to be done');
    assert.equal(Number((await job('expire')).lease), Number(lease) + 1);
  }));

test('a worker of the last release keeps the job that it claimed', () =>
  alone('expire', async (defer) => {
    const first = await heldWorker(defer);
    await stack.rows("UPDATE jobs SET version = version + 1, attempts = attempts + 1, leased_until = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR, leased_by = 'old:1' WHERE kind = 'expire'");
    const taken = await job('expire');
    first.hold.release();
    first.worker.signal('SIGTERM');
    await first.worker.gone;
    assert.deepEqual(await job('expire'), taken);
  }));

// Janus' Admin API with every answer late by `delay` ms. `calls` counts.
async function slowAdmin(delay, defer) {
  const admin = { calls: 0 };
  const target = new URL(stack.conf.JANUS_ADMIN_URL);
  const server = http.createServer((request, response) => {
    admin.calls += 1;
    setTimeout(() => {
      const onward = http.request({ host: target.hostname, port: target.port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    }, delay);
  });
  const port = await listen(server);
  defer(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  admin.url = `http://127.0.0.1:${port}${target.pathname}`;
  return admin;
}

// Runs steps while a worker with a lease of 2 s has the job `rooms`, which takes 400 ms or more for each meeting.
async function whileRoomsAreMade(steps) {
  for (let i = 0; i < 12; i++) await client.token(await client.meeting({}), { data: 'a' });
  await alone('none', async (defer) => {
    await stack.rows("INSERT INTO jobs (kind, dedup, payload, due, created_on) VALUES ('rooms', 'rooms', '{}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))");
    defer(() => stack.rows("DELETE FROM jobs WHERE kind = 'rooms'"));
    const admin = await slowAdmin(400, defer);
    const worker = work(['--lease', '2000'], { JANUS_ADMIN_URL: admin.url });
    defer(() => worker.stop());
    await until(async () => (await job('rooms'))?.worker?.endsWith(`:${worker.pid}`), 'the worker to have it');
    await steps(worker, admin);
  });
}

test('a job that takes longer than its lease keeps its workers worker', () =>
  whileRoomsAreMade(async () => {
    const started = Date.now();
    const others = [];
    await until(async () => {
      const { stdout } = await stack.ctl('work', '--once');
      if (!stdout.startsWith('0 ')) others.push(stdout.trim());
      return (await job('rooms')) === undefined;
    }, 'the job to be done', 60000);
    assert.ok(Date.now() - started > 3000, `this test needs a job of more than 3 s; it took ${Date.now() - started} ms`);
    assert.deepEqual(others, [], 'another worker took it meanwhile');
  }));

test('a worker stops in the middle of a job that another worker has now', () =>
  whileRoomsAreMade(async (worker, admin) => {
    await until(() => admin.calls > 1, 'the first rooms to be made');
    await stack.rows("UPDATE jobs SET lease = lease + 1, version = version + 1, leased_by = 'other:1', leased_until = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE kind = 'rooms'");
    const taken = await job('rooms');
    await until(() => /job rooms: this worker was too slow/.test(worker.log()), 'the worker to notice');
    assert.ok(admin.calls < 12, `it made ${admin.calls} calls`);
    assert.deepEqual(await job('rooms'), taken);
  }));
