// A call in real browsers, recorded by a real Janus, becomes files that play: everybody's sound and pictures at their true time.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { decoded } from './lib/mjr.mjs';
import { enter } from './lib/page.mjs';
import { build, sharedStack, until } from './lib/stack.mjs';
import { beepsLate, median, picturesLate, timeDevices } from './lib/true-time.mjs';

const LENGTH = 20; // s of media in each track
const stack = sharedStack();
const client = new Client(stack);
const program = (...args) => execFileSync(path.join(build, 'confab-media'), args, { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 26 }).toString();
let browser, link, people, out;

before(async () => {
  browser = await Browser.start();
  out = mkdtempSync(path.join(tmpdir(), 'cf-call-'));
  link = await client.meeting({ enableArchiving: true }); // so that the first key frames are recorded
  people = [await browser.person(), await browser.person()];
  for (const [i, person] of people.entries()) {
    await person.context.addInitScript(timeDevices);
    const { body } = await client.call('POST', `/session/${link}/invites`, { body: { role: 'publisher', name: `Person ${i}` } });
    await enter(person, body.url);
  }
  await people[1].untilPlaying({ videos: 1 });
});
after(async () => {
  rmSync(out, { recursive: true, force: true });
  await browser?.close();
});

// The track files of a recording, as `confab-media probe` sees them; also those that Janus is writing.
function probed(folder) {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.includes('.mjr')) : [];
  return files.length === 0 ? [] : program('probe', ...files.map((name) => path.join(folder, name))).trim().split('\n').map((line) => JSON.parse(line));
}

test('what two people say and show lies at its true time', async (t) => {
  const { items: [archive] } = (await client.call('GET', `/archives?meetingLinkId=${link}`)).body;
  const { id } = archive.metaData;
  const folder = path.join(stack.conf.RECORDINGS_DIR, id);
  await until(() => {
    const tracks = probed(folder);
    return tracks.length === 4 && tracks.every(({ last, keys }) => last > LENGTH * 1e6 && keys > 0);
  }, `${LENGTH} s of media`, 60000);
  assert.equal((await client.call('PATCH', `/archives/${id}/stop`)).status, 200);
  for (const { error, bad, skipped } of probed(folder)) assert.deepEqual({ error, bad, skipped }, { error: undefined, bad: 0, skipped: 0 });
  const room = (await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]))[0].session_id;
  const answer = JSON.parse(program('tracks', '--from', folder, '--to', out, '--room', room.toString()));
  assert.deepEqual(answer.skipped, []);
  assert.equal(answer.tracks.length, 2, JSON.stringify(answer));
  const lates = answer.tracks.map((track) => {
    const file = path.join(out, track.file);
    const begin = (answer.zero + track.from) / 1000;
    assert.deepEqual([track.audio, track.video !== null], ['opus', true]);
    assert.ok(decoded(file).pictures > LENGTH * 4);
    assert.ok(track.to - track.from > (LENGTH - 5) * 1e6);
    const [pictures, beeps] = [picturesLate(file, begin), beepsLate(file, begin)];
    assert.ok(beeps.length >= LENGTH / 2, `${beeps.length} beeps`);
    t.diagnostic(`${track.file}: pictures ${Math.round(median(pictures))} ms late, beeps ${Math.round(median(beeps))} ms (${beeps.map(Math.round)})`);
    return { pictures: median(pictures), beeps: median(beeps) };
  });
  // The limits allow for a machine that is busy with other tests: browsers without time of their own capture late.
  for (const { pictures, beeps } of lates) assert.ok(Math.abs(beeps - pictures) <= 250, JSON.stringify(lates));
  assert.ok(Math.abs(lates[0].beeps - lates[1].beeps) <= 250, JSON.stringify(lates));
  assert.ok(Math.abs(lates[0].pictures - lates[1].pictures) <= 250, JSON.stringify(lates));
});
