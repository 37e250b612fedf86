// From the track files of a recording to files that people can watch: what is made, when it can be watched, and that nothing is lost
// or made twice whatever ends in the middle.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { probed } from './lib/mjr.mjs';
import { BLUE, RED, Recording, share } from './lib/recorded.mjs';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);

after(() => client.agent.destroy());

test('who comes late and goes early is in the picture for that time; the tracks can be watched before the whole', async () => {
  const recording = await Recording.start(client);
  const ann = await recording.person('ann', 'Ann');
  const bob = await recording.person('bob', 'Bob');
  recording.sends(ann, { colour: 'red', seconds: 8 });
  recording.sends(bob, { colour: 'blue', at: 3, seconds: 3 });
  await recording.stop();
  const { tracks } = await recording.reaches(['processing', 'available']);
  assert.deepEqual(tracks.map(({ attendee, screen, from, audio, video }) => [attendee, screen, from, audio, video]), [
    ['ann', false, 0, 'opus', 'vp8'],
    ['bob', false, 3000000, 'opus', 'vp8'],
  ]);
  const row = await recording.reaches(['available']);
  const files = await recording.files();
  assert.deepEqual(files.map(({ path: name, kind, content_type }) => [name, kind, content_type]), [
    ['meeting.mp4', 'composed', 'video/mp4'],
    ['poster.jpg', 'poster', 'image/jpeg'],
    ['thumbnails.jpg', 'thumbnails', 'image/jpeg'],
    ['chapters.vtt', 'chapters', 'text/vtt'],
  ]);
  const file = path.join(recording.folder, 'meeting.mp4');
  const { format, streams } = probed(file);
  assert.deepEqual(streams.map(({ codec_name }) => codec_name).sort(), ['aac', 'h264']);
  assert.ok(Math.abs(Number(format.duration) - 8) < 0.2, format.duration);
  assert.deepEqual([row.duration, row.progress, row.reason, Number(row.size)], [8, null, null, Number(format.size)]);
  for (const [second, red, blue] of [[1, true, false], [4.5, true, true], [7, true, false]]) {
    assert.equal(share(file, second, RED) > 0.2, red, `red at ${second}`);
    assert.equal(share(file, second, BLUE) > 0.2, blue, `blue at ${second}`);
  }
  assert.deepEqual(readdirSync(recording.folder).filter((name) => /^segment-|\.part$/.test(name)), []);
  const events = await recording.events();
  assert.deepEqual([events[0], events[1], events[2], events.at(-1)], ['recording.started', 'recording.stopped', 'recording.progress 0', 'recording.available']);
});
