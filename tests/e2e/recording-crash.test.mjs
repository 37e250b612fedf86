// Janus dies in the middle of a recorded call, again and again: the recording goes on into the same archive, with what was written
// before. CONFAB_KILLS says how often.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Admin } from './lib/janus.mjs';
import { enter } from './lib/page.mjs';
import { build, sleep, startStack, until } from './lib/stack.mjs';

const SECOND = 1_000_000; // µs
const KILLS = Number(process.env.CONFAB_KILLS ?? 3);
const RESTART_LIMIT = 20000; // ms from Janus' death until another one runs
let stack, client, admin, browser;

before(async () => {
  stack = await startStack();
  client = new Client(stack);
  admin = new Admin(stack);
  browser = await Browser.start();
});
after(async () => {
  await browser?.close();
  client?.agent.destroy();
  await stack?.stop();
});

async function killJanus() {
  const killed = stack.children('janus');
  for (const pid of killed) process.kill(pid, 'SIGKILL');
  await until(() => {
    const now = stack.children('janus');
    return now.length === killed.length && now.every((pid) => !killed.includes(pid));
  }, 'Janus to be started again', RESTART_LIMIT);
}

// The track files with media in them, as `confab-media probe` sees them; also those that Janus is writing.
function tracks(folder) {
  const files = readdirSync(folder).map((name) => path.join(folder, name));
  const lines = execFileSync(path.join(build, 'confab-media'), ['probe', ...files], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  return lines.trim().split('\n').map((line) => JSON.parse(line)).filter(({ error, empty, last }) => !error && !empty && last > 0);
}

test(`Janus is killed ${KILLS} times in a recorded call: one archive has all parts`, { timeout: 120000 + KILLS * 90000 }, async () => {
  const link = await client.meeting({ enableArchiving: true });
  const people = [await browser.person(), await browser.person()];
  for (const [i, person] of people.entries()) {
    const { body } = await client.call('POST', `/session/${link}/invites`, { body: { role: 'publisher', name: `Person ${i}` } });
    await enter(person, body.url);
  }
  const archives = async () => (await client.call('GET', `/archives?meetingLinkId=${link}`)).body.items;
  const [{ sessionId: room, metaData: { id } }] = await until(async () => {
    const items = await archives();
    return items.length > 0 && items;
  }, 'the recording to begin', 20000);
  const folder = path.join(stack.conf.RECORDINGS_DIR, id);
  const begin = Date.now();
  // In each life of Janus all four tracks get 3 s of media, with pictures from a key frame on.
  const recorded = (life) => until(async () => {
    const [archive, ...more] = await archives();
    assert.deepEqual([archive.metaData.id, archive.metaData.status, more.length], [id, 'started', 0]);
    const whole = tracks(folder).filter(({ last, kind, keys }) => last > 3 * SECOND && (kind === 'audio' || keys > 0));
    return whole.length >= 4 * (life + 1);
  }, `the media of life ${life}`, 60000);
  await recorded(0);
  for (let life = 1; life <= KILLS; life++) {
    await sleep(Math.random() * 3000); // at any moment
    await killJanus();
    await recorded(life);
    const { record, rec_dir: into, fir_freq: interval } = await admin.room(room);
    assert.deepEqual([record, into, interval], [true, folder, 10]);
  }
  const before_ = tracks(folder);
  const { status, body: { metaData } } = await client.call('PATCH', `/archives/${id}/stop`);
  assert.equal(status, 200);
  assert.equal((await archives()).length, 1);
  assert.equal(metaData.status, 'stopped');
  assert.ok(metaData.duration >= Math.floor((Date.now() - begin) / 1000) - 1, 'it is one recording from the first life on');
  assert.equal(metaData.size >= before_.length * 4096, true);
  const told = (await client.call('GET', `/session/${link}/events`)).body.events.map(({ type }) => type).filter((type) => type.startsWith('recording.'));
  assert.deepEqual(told.slice(0, 2), ['recording.started', 'recording.stopped']);
});
