// While a meeting is recorded, its senders send key frames regularly: a recording can be decoded from each of them, and one that
// begins in the middle of a call can be seen from its beginning.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Admin } from './lib/janus.mjs';
import { enter } from './lib/page.mjs';
import { build, patience, sharedStack, until } from './lib/stack.mjs';

const SECOND = 1_000_000; // µs
const INTERVAL = 11; // s: 10, and the time that a browser needs
const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);
let browser, link, person, room;

before(async () => {
  browser = await Browser.start();
  person = await browser.person();
  link = await client.meeting({});
  const { body } = await client.call('POST', `/session/${link}/invites`, { body: { role: 'publisher', name: 'Ann' } });
  await enter(person, body.url);
  room = (await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]))[0].session_id.toString();
});
after(() => browser?.close());

// The pictures' track, as `confab-media probe` sees it; also while Janus writes it.
function pictures(id) {
  const folder = path.join(stack.conf.RECORDINGS_DIR, id);
  const file = readdirSync(folder).find((name) => name.includes('-video-'));
  return file && JSON.parse(execFileSync(path.join(build, 'confab-media'), ['probe', path.join(folder, file)], { stdio: ['ignore', 'pipe', 'ignore'] }).toString());
}

const start = async () => (await client.call('POST', `/session/${link}/archives`)).body.metaData.id;
const stop = (id) => client.call('PATCH', `/archives/${id}/stop`);
const interval = async () => (await admin.room(room)).fir_freq;

test('a recording that begins in the middle of a call has a key frame at its beginning, and one in every ten seconds', async (t) => {
  // The first pictures of a call have key frames of their own.
  await until(() => person.page.evaluate(() => performance.now() > 15000), 'the call to go on for a while', 30000);
  assert.equal(await interval(), 0);
  const id = await start();
  assert.equal(await interval(), 10);
  const track = await until(() => {
    const now = pictures(id);
    return now?.last > 35 * SECOND && now;
  }, '35 s of pictures', 60000);
  t.diagnostic(JSON.stringify(track));
  // A key frame says how large the pictures are.
  assert.ok(track.sizes[0].at < patience(SECOND), JSON.stringify(track));
  assert.ok(track.keys >= Math.floor(track.last / SECOND / INTERVAL), JSON.stringify(track));
  assert.equal((await stop(id)).status, 200);
  assert.equal(await interval(), 0, 'nobody is asked for key frames any more');
});
