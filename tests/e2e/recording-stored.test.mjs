// A visit whose media server is killed in the middle: one archive, with what was before and after; and with a storage target it is
// there and nowhere else.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { sleep, startStack, until } from './lib/stack.mjs';
import { startS3 } from './lib/stores.mjs';
import { pictureRows, placeOf } from './lib/true-time.mjs';
import { LOOKS, Visit } from './lib/visit.mjs';

const PART = 8000; // ms of the visit before and after
const BACK = 20000; // ms until everybody sees everybody again
const COMPOSED = 240000;
let browser, client, folder, stack, store;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'cf-crash-'));
  store = await startS3();
  [stack, browser] = await Promise.all([
    startStack({ settings: { ...store.settings(), STORAGE_ALLOW_HTTP: 'yes', STORAGE_HOSTS: '127.0.0.1' } }),
    Browser.start(),
  ]);
  client = new Client(stack);
});
after(async () => {
  await browser?.close();
  await stack?.stop();
  await store?.stop();
  rmSync(folder, { recursive: true, force: true });
});

// The times at which this person is in the picture, ms in the file.
const seenAt = (file, name) => [...pictureRows(file, 2)].filter((picture) => placeOf(picture, LOOKS[name].colour)).map(({ at }) => at);

test('Janus killed in the middle: who comes back is in the same result, and the result is in the storage and nowhere else', async (t) => {
  assert.equal((await client.call('PUT', '/archives/storage-target', { body: store.target() })).status, 200);
  const visit = await Visit.begin(client, browser);
  const people = [await visit.come('Ann'), await visit.come('Bob')];
  await Promise.all(people.map((person) => person.untilPlaying({ videos: 1 })));
  await sleep(PART);
  const [janus] = stack.children('janus');
  const killed = Date.now();
  process.kill(janus, 'SIGKILL');
  await until(() => stack.children('janus').length === 1 && stack.children('janus')[0] !== janus, 'Janus to be started again');
  await Promise.all(people.map((person) => person.untilPlaying({ videos: 1, limit: BACK })));
  const back = Date.now();
  await sleep(PART);
  const { status, id } = await visit.archive(() => true, 'the archive');
  assert.equal(status, 'started');
  await visit.end();
  const ended = Date.now();

  const watchable = await visit.archive(({ tracks }) => tracks, 'the tracks', 30000);
  t.diagnostic(`it can be watched ${Date.now() - ended} ms after the end`);
  const begin = Date.parse(watchable.createdAt);
  for (const name of ['Ann', 'Bob']) {
    const own = watchable.tracks.filter((track) => track.name === name);
    assert.ok(own.some(({ to }) => begin + to < back) && own.some(({ from }) => begin + from > killed), JSON.stringify(own));
  }
  const uploaded = await visit.archive((archive) => archive.status === 'uploaded', 'the upload', COMPOSED);
  t.diagnostic(`it is in the storage ${Date.now() - ended} ms after the end`);
  const file = await visit.download(uploaded.media.url, path.join(folder, 'composed.mp4'));
  for (const name of ['Ann', 'Bob']) {
    const at = seenAt(file, name);
    assert.ok(at.filter((time) => begin + time < killed - 500).length >= PART / 500 - 4, `${name} before: ${at}`);
    assert.ok(at.filter((time) => begin + time > back).length >= PART / 500 - 4, `${name} after: ${at}`);
  }
  assert.equal((await client.call('GET', `/archives?meetingLinkId=${visit.link}`)).body.count, 1);
  // The link is to the storage, and gives the same file.
  const linked = Buffer.from(await (await fetch(uploaded.url)).arrayBuffer());
  assert.ok(linked.equals(execFileSync('cat', [file], { maxBuffer: 1 << 28 })));
  const here = path.join(stack.conf.RECORDINGS_DIR, id);
  await until(() => !existsSync(here) || readdirSync(here).length === 0, 'the files here to go', 30000);
});
