// Background jobs: one worker at a time has a job, also when workers stop or are killed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { DatabaseProxy } from './lib/database.mjs';
import { childrenOf, listen, sharedStack, until } from './lib/stack.mjs';

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
    status: () => program.exitCode,
    gone,
    stop: async () => {
      if (program.exitCode === null) program.kill('SIGKILL');
      await gone;
    },
  };
}

// A stack that has just started has not put all its recurring jobs.
before(() => until(async () => (await stack.rows("SELECT COUNT(*) count FROM jobs WHERE kind IN ('reconcile', 'recordings', 'expire', 'retention')"))[0].count === 4, 'the recurring jobs'));

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
async function heldWorker(defer, args = ['--lane', 'upkeep']) {
  const proxy = await DatabaseProxy.open(stack);
  defer(() => proxy.close());
  const hold = proxy.hold('DELETE FROM idempotency');
  const worker = work(args, { DB_SOCKET: proxy.socket, DB_DEADLINE_MS: '60000' });
  defer(() => worker.stop());
  let held = false;
  hold.held.then(() => {
    held = true;
  });
  await until(() => held || worker.status() !== null, 'a worker that has the job');
  assert.ok(held, `the worker ended: ${worker.log()}`);
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
  admin.address = `127.0.0.1:${port}`;
  return admin;
}

// Runs steps while a worker with a lease of 2 s has the job `rooms`, which takes 400 ms or more for each meeting.
async function whileRoomsAreMade(steps) {
  for (let i = 0; i < 12; i++) await client.token(await client.meeting({}), { data: 'a' });
  await alone('none', async (defer) => {
    await stack.rows("INSERT INTO jobs (kind, dedup, payload, due, created_on) VALUES ('rooms', 'rooms', '{}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))");
    defer(() => stack.rows("DELETE FROM jobs WHERE kind = 'rooms'"));
    const admin = await slowAdmin(400, defer);
    const worker = work(['--lane', 'control', '--lease', '2000'], { GATE_CONTROL: admin.address });
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

// The name that a process gives itself; '' when it has just gone.
function nameOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch (error) {
    if (/** @type {any} */ (error).code !== 'ENOENT' && /** @type {any} */ (error).code !== 'ESRCH') throw error;
    return '';
  }
}

// The processes of a worker's lanes: { control: pid, … }.
const lanes = (pid) => Object.fromEntries(childrenOf(pid).map((child) => [nameOf(child).replace(/^confab:/, ''), child]).filter(([name]) => name !== ''));

// A worker of all lanes, whose processes have started.
async function allLanes(defer, args = [], expected = 'compose,control,media,upkeep') {
  const worker = work(args);
  defer(() => worker.stop());
  await until(() => Object.keys(lanes(worker.pid)).sort().join() === expected, 'a process for each lane');
  return worker;
}

const gone = (pid) => !existsSync(`/proc/${pid}`);

test('a slow job in one lane does not hold up another lane', () =>
  alone('expire', async (defer) => {
    const link = await client.meeting({});
    const { sessionId } = await client.token(link);
    const { hold } = await heldWorker(defer, []);
    await client.call('PATCH', `/session/${link}/end`);
    await stack.hurry('room-end');
    await until(async () => (await stack.rows("SELECT id FROM jobs WHERE kind = 'room-end' AND subject = ?", [sessionId])).length === 0, 'the room to be ended');
    assert.notEqual((await job('expire')).leased_until, null, 'the slow job was done by then');
    hold.release();
  }));

test('a job has the lane of its kind', async () => {
  const link = await client.meeting({});
  await client.token(link);
  await client.call('PATCH', `/session/${link}/end`);
  const found = Object.fromEntries((await stack.rows('SELECT kind, lane FROM jobs')).map(({ kind, lane }) => [kind, lane]));
  assert.equal(found['room-end'], 'control');
  assert.equal(found.reconcile, 'control');
  assert.equal(found.expire, 'upkeep');
});

test("a lane's process that dies is started again, and leaves no zombie", () =>
  alone('none', async (defer) => {
    const worker = await allLanes(defer);
    const before = lanes(worker.pid);
    process.kill(before.media, 'SIGKILL');
    await until(() => (lanes(worker.pid).media ?? before.media) !== before.media, 'another process');
    assert.ok(gone(before.media), 'a zombie is left');
    assert.equal(lanes(worker.pid).control, before.control);
    assert.match(worker.log(), /the process of the lane media has ended \(signal 9\); another one starts in 1 s/);
  }));

test('a worker that is told to end waits for the jobs in hand of all its lanes', () =>
  alone('expire', async (defer) => {
    const { worker, hold } = await heldWorker(defer, []);
    const all = lanes(worker.pid);
    worker.signal('SIGTERM');
    await until(() => gone(all.control) && gone(all.media), 'the idle lanes to end');
    assert.ok(!gone(all.upkeep) && !gone(worker.pid), 'it did not wait');
    hold.release();
    await worker.gone;
    assert.equal(worker.status(), 0);
    assert.ok(gone(all.upkeep));
    assert.equal((await job('expire')).leased_until, null, 'the job was not finished');
  }));

test('no lane goes on when its worker is killed', () =>
  alone('none', async (defer) => {
    const worker = await allLanes(defer);
    const all = lanes(worker.pid);
    worker.signal('SIGKILL');
    await worker.gone;
    await until(() => Object.values(all).every(gone), 'the lanes to end');
  }));

test('a worker leaves out the lane that has a worker of its own', () =>
  alone('none', async (defer) => {
    const worker = await allLanes(defer, ['--except', 'media', '--except', 'compose'], 'control,upkeep');
    process.kill(lanes(worker.pid).control, 'SIGKILL');
    await until(() => /another one starts/.test(worker.log()), 'another process');
    assert.equal(lanes(worker.pid).media, undefined);
  }));

test('a lane that cannot be left out is an error', async () => {
  for (const args of [['--except', 'delivery'], ['--except', 'media', '--once'], ['--except', 'media', '--lane', 'control']])
    await assert.rejects(stack.ctl('work', ...args), { code: 2 }, args.join(' '));
});

test('a lane that has no jobs is an error', async () => {
  for (const name of ['delivery', 'Media', ''])
    await assert.rejects(stack.ctl('work', '--lane', name), { code: 2, stderr: /there are no jobs of the lane/ });
});

test('a job that a program of the last release has put is done, and is not there twice', () =>
  alone('none', async (defer) => {
    const folder = path.join(stack.conf.RECORDINGS_DIR, 'left-by-old');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'a.mjr'), 'x');
    const put = () =>
      stack.rows(
        "INSERT INTO jobs (kind, dedup, due, created_on) VALUES ('recording-delete', 'recording-delete:left-by-old', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)) ON DUPLICATE KEY UPDATE version = version + 1, wanted_again = TRUE, due = LEAST(due, VALUES(due))",
      );
    defer(() => stack.rows("DELETE FROM jobs WHERE kind = 'recording-delete'"));
    await put();
    await put();
    assert.match((await stack.ctl('work', '--once')).stdout, /^1 jobs done/);
    assert.ok(!readdirSync(stack.conf.RECORDINGS_DIR).includes('left-by-old'), 'the files are there');
    assert.equal(await job('recording-delete'), undefined);
  }));
