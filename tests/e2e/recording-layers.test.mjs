// A recording of a camera that sends its picture in three sizes holds the largest one. When that ends, Janus goes on with the next one
// at its next key frame, for which it does not ask.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { Sender } from './lib/sender.mjs';
import { build, patience, sharedStack, sleep } from './lib/stack.mjs';

const PART = 6000; // ms
const KEYS_APART = 4; // s between two key frames of a sender, at most
const stack = sharedStack();
const client = new Client(stack);
const out = mkdtempSync(path.join(tmpdir(), 'cf-layers-'));

after(() => {
  Sender.end();
  rmSync(out, { recursive: true, force: true });
});

// The pictures of a file: [seconds, width].
function widths(file) {
  const text = execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'frame=pts_time,width', '-of', 'csv=p=0', file], { maxBuffer: 1 << 26 }).toString();
  return text.trim().split('\n').map((line) => line.split(',').map(Number)).map(([one, other]) => (one > 300 ? [other, one] : [one, other]));
}

test('the largest picture is recorded, and the next one soon after it has ended', async (t) => {
  const link = await client.meeting({ enableArchiving: true });
  const ann = await Sender.join(client, link, 'Ann', { speaks: true });
  const { items: [archive] } = (await client.call('GET', `/archives?meetingLinkId=${link}`)).body;
  const { id } = archive.metaData;
  await sleep(PART);
  ann.layers = [0, 1];
  await sleep(PART + KEYS_APART * 1000); // the next size begins with a key frame
  ann.layers = [0, 1, 2];
  ann.keyWanted = true; // a size that begins does so with a key frame
  await sleep(PART);
  assert.equal((await client.call('PATCH', `/archives/${id}/stop`)).status, 200);
  const room = (await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]))[0].session_id;
  const folder = path.join(stack.conf.RECORDINGS_DIR, id);
  const answer = JSON.parse(execFileSync(path.join(build, 'confab-media'), ['tracks', '--from', folder, '--to', out, '--room', room.toString()],
    { stdio: ['ignore', 'pipe', 'ignore'] }).toString());
  assert.deepEqual([answer.skipped, answer.tracks.length], [[], 1], JSON.stringify(answer));
  const file = path.join(out, answer.tracks[0].file);
  const all = widths(file);
  const changes = all.filter(([, width], i) => width !== all[i - 1]?.[1]);
  const gaps = all.slice(1).map(([at], i) => at - all[i][0]);
  t.diagnostic(`${all.length} pictures; ${Math.max(...gaps).toFixed(1)} s without one; ${changes.map(([at, width]) => `${width} from ${at.toFixed(1)} s`).join(', ')}`);
  // Where the size changes, key frames of several sizes come in one moment.
  assert.ok(gaps.every((gap) => gap > 0), 'two pictures have one time');
  const shareOf = (width) => all.filter((one) => one[1] === width).length / all.length;
  assert.ok(shareOf(1280) > 0.4, `${shareOf(1280)} of the pictures are the largest`);
  assert.ok(shareOf(640) > 0.05 && shareOf(320) < 0.1, `${shareOf(640)}, ${shareOf(320)}`);
  assert.equal(all.at(-1)[1], 1280);
  assert.ok(Math.max(...gaps) < patience(KEYS_APART + 0.5), `${Math.max(...gaps)} s without a picture`);
});
