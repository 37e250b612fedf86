// Many recordings through the makers of files, whose processes are killed all the time: each gets one result, and none is lost.
// CONFAB_SOAK says how many: without it there are few.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { Recording } from './lib/recorded.mjs';
import { sharedStack, sleep, until } from './lib/stack.mjs';

const COUNT = Number(process.env.CONFAB_SOAK ?? 6);
const LENGTH = 3; // s of each
const LEASE = '2000'; // ms: what a killed worker had is taken soon
const PAUSE = [300, 4000]; // ms from one kill to the next
const EACH = 30000; // ms that a recording may take, with the kills

const stack = sharedStack();
const client = new Client(stack);
let worker;
let ending = false;

before(() => stack.down('media'));
after(async () => {
  ending = true;
  worker?.kill('SIGKILL');
  await stack.up('media');
});

// A worker is started again as soon as it has ended, as the supervisor does it.
function work() {
  const [command, ...rest] = stack.commandOfService();
  worker = spawn(command, [...rest, 'work', '--lane', 'media', '--lane', 'compose', '--lease', LEASE], {
    env: { ...process.env, CONFAB_CONF: path.join(stack.var, 'confab.conf') }, stdio: 'ignore' });
  worker.on('exit', () => ending || work());
}

const processesBelow = (pid) => {
  try {
    const children = execFileSync('pgrep', ['-P', String(pid)]).toString().trim().split('\n').map(Number);
    return children.flatMap((child) => [child, ...processesBelow(child)]);
  } catch {
    return []; // none
  }
};

async function killSometimes(isDone) {
  let kills = 0;
  while (!isDone()) {
    await sleep(PAUSE[0] + Math.random() * (PAUSE[1] - PAUSE[0]));
    const all = [worker.pid, ...processesBelow(worker.pid)];
    try {
      process.kill(all[Math.floor(Math.random() * all.length)], 'SIGKILL');
      kills++;
    } catch {
      // it has ended by itself
    }
  }
  return kills;
}

test(`${COUNT} recordings, and processes killed all the time: ${COUNT} results, none twice`, { timeout: 120000 + COUNT * EACH }, async (t) => {
  /** @type {any[]} */
  const recordings = [];
  for (let i = 0; i < COUNT; i++) {
    const recording = await Recording.start(client);
    recording.sends(await recording.person(`ann-${i}`, 'Ann'), { colour: 'red', seconds: LENGTH });
    recording.sends(await recording.person(`bob-${i}`, 'Bob'), { colour: 'blue', seconds: LENGTH, at: 1 });
    await recording.stop();
    recordings.push(recording);
  }
  const ids = recordings.map(({ id }) => id);
  work();
  let done = false;
  const kills = killSometimes(() => done);
  let left;
  try {
    await until(async () => {
      left = await stack.rows("SELECT archive_id, status, reason FROM archives WHERE archive_id IN (?) AND status <> 'available'", [ids]);
      for (const { status, reason } of left) assert.notEqual(status, 'failed', String(reason));
      return left.length === 0;
    }, 'all results', 60000 + COUNT * EACH).catch((error) => {
      throw new Error(`${error.message}: ${JSON.stringify(left.map(({ status }) => status))}`);
    });
  } finally {
    done = true;
  }
  t.diagnostic(`${await kills} kills`);
  const results = await stack.rows("SELECT archive_id, path, size FROM archive_files WHERE archive_id IN (?) AND kind = 'composed'", [ids]);
  assert.deepEqual(results.map(({ archive_id: id }) => id.toString()).sort(), [...ids].sort());
  const events = await stack.rows("SELECT e.session_id FROM meeting_events e JOIN archives a ON a.session_id = e.session_id WHERE a.archive_id IN (?) AND e.type = 'recording.available'", [ids]);
  assert.equal(events.length, COUNT);
  for (const { folder, id: archive } of recordings) {
    const { path: name } = results.find(({ archive_id: id }) => id.toString() === archive);
    assert.deepEqual(readdirSync(folder).filter((one) => /^segment-|\.part$/.test(one)), []);
    const format = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', path.join(folder, name.toString())]).toString();
    assert.ok(Math.abs(Number(format) - LENGTH - 1) < 1, format);
  }
});
