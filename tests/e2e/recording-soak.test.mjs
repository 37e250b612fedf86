// Many recordings through the makers of files, whose processes are killed all the time: each gets one result, and none is lost.
// CONFAB_SOAK says how many: without it there are few.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { Recording } from './lib/recorded.mjs';
import { sharedStack, sleep, until } from './lib/stack.mjs';

const COUNT = Number(process.env.CONFAB_SOAK ?? 6);
const LENGTH = 3; // s of each
const LEASE = '2000'; // ms: what a killed worker had is taken soon
const WAIT = 2000; // ms at most from a result to the next kill
const EACH = 60000; // ms that a result may take, with a kill

const stack = sharedStack();
const client = new Client(stack);
const environment = { ...process.env, CONFAB_CONF: path.join(stack.var, 'confab.conf') };
const workers = [];
let ending = false;

before(() => stack.down('media'));
after(async () => {
  ending = true;
  workers.forEach((worker) => worker.kill('SIGKILL'));
  await stack.up('media');
});

// A worker for each core. It is started again as soon as it has ended, as the supervisor does it.
function work(index) {
  const [command, ...rest] = stack.commandOfService();
  const worker = spawn(command, [...rest, 'work', '--lane', 'media', '--lane', 'compose', '--lease', LEASE], { env: environment, stdio: 'ignore' });
  workers[index] = worker;
  worker.on('exit', () => ending || work(index));
}

const processesBelow = (pid) => {
  try {
    const children = execFileSync('pgrep', ['-P', String(pid)]).toString().trim().split('\n').map(Number);
    return children.flatMap((child) => [child, ...processesBelow(child)]);
  } catch {
    return []; // none
  }
};

// A worker, or a program that it runs. False: it has ended by itself.
function killOne() {
  const all = workers.flatMap(({ pid }) => [pid, ...processesBelow(pid)]);
  try {
    return process.kill(all[Math.floor(Math.random() * all.length)], 'SIGKILL');
  } catch {
    return false;
  }
}

// A recording whose programs were ended three times has failed. The operator has it tried again.
function retry(archive) {
  const [command, ...rest] = stack.commandOfService();
  execFileSync(command, [...rest, 'archives', 'retry', archive], { env: environment });
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
  for (let i = 0; i < Math.min(availableParallelism(), 4); i++) work(i);
  let [kills, retries, missing] = [0, 0, COUNT];
  while (missing > 0) {
    let left = [];
    await until(async () => {
      left = await stack.rows("SELECT archive_id, status, reason FROM archives WHERE archive_id IN (?) AND status <> 'available'", [ids]);
      for (const { archive_id: archive, status, reason } of left)
        if (status === 'failed') {
          assert.match(String(reason), /the program for it was ended/);
          retry(archive.toString());
          retries++;
        }
      return left.length < missing;
    }, 'another result', EACH).catch((error) => {
      throw new Error(`${error.message}: ${JSON.stringify(left.map(({ status }) => status))}`);
    });
    missing = left.length;
    if (kills % 25 === 24) console.log(`# ${COUNT - missing} results, ${kills} kills, ${retries} retries`);
    await sleep(Math.random() * WAIT);
    if (killOne()) kills++;
  }
  t.diagnostic(`${kills} kills, ${retries} retries`);
  assert.ok(kills > 0, 'nothing was killed');
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
