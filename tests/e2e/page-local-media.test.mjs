// One's own microphone and camera during a call, without a browser: a device that is switched off is off at once.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { FakeStream, FakeTrack, fakeDevices, pageModule, settled } from './lib/modules.mjs';

let devices;
let media;
let sent;
let lost;

async function start(stream = null) {
  devices = fakeDevices();
  sent = [];
  lost = [];
  const { LocalMedia } = await pageModule('local-media.js', { 'devices.js': devices.module });
  media = new LocalMedia(stream, {
    onTrack: async (kind, track) => sent.push({ kind, track, enabled: track?.enabled }),
    onLost: (kind) => lost.push(kind),
  });
}

beforeEach(() => start(new FakeStream([new FakeTrack('audio')])));

test('the microphone is off at once, while the browser still asks about the camera', async () => {
  const camera = media.setCamera(true);
  await settled();
  await media.setMicrophone(false);
  assert.equal(media.track('audio').enabled, false);
  assert.equal(media.microphone, false);
  devices.asked[0].resolve();
  await camera;
  assert.equal(media.camera, true);
});

test('a microphone that was switched off while the browser asked about it is silent when it opens', async () => {
  await start();
  const opening = media.setMicrophone(true);
  await settled();
  await media.setMicrophone(false);
  devices.asked[0].resolve();
  await opening;
  assert.deepEqual(sent.map(({ kind, enabled }) => [kind, enabled]), [['audio', false]]);
  assert.equal(media.microphone, false);
  await media.setMicrophone(true);
  assert.equal(media.track('audio').enabled, true);
  assert.equal(devices.asked.length, 1, 'it is open already');
});

test('a camera that was switched off while the browser asked about it is closed again', async () => {
  const opening = media.setCamera(true);
  await settled();
  await media.setCamera(false);
  devices.asked[0].resolve();
  await opening;
  assert.equal(devices.asked[0].stream.getTracks()[0].readyState, 'ended');
  assert.equal(media.camera, false);
  assert.ok(!sent.some(({ track }) => track), 'it is sent');
});

test('a microphone that is exchanged while it is off is off from its first moment', async () => {
  await media.setMicrophone(false);
  const replacing = media.replace({ audio: 'another' });
  await settled();
  devices.asked[0].resolve();
  await replacing;
  assert.deepEqual(devices.asked[0].wish, { audio: 'another' });
  assert.deepEqual(sent.at(-1), { kind: 'audio', track: media.track('audio'), enabled: false });
});

test('a device that cannot be opened leaves its switch off', async () => {
  const opening = media.setCamera(true);
  await settled();
  devices.asked[0].reject(new Error('busy'));
  await assert.rejects(opening);
  assert.equal(media.camera, false);
  const again = media.setCamera(true);
  await settled();
  devices.asked[1].resolve();
  await again;
  assert.equal(media.camera, true);
});

test('a device that is unplugged turns its switch off, and another one can be switched on', async () => {
  media.track('audio').end();
  await settled();
  assert.deepEqual(lost, ['audio']);
  assert.deepEqual(sent, [{ kind: 'audio', track: null, enabled: undefined }]);
  assert.equal(media.microphone, false);
  const opening = media.setMicrophone(true);
  await settled();
  devices.asked[0].resolve();
  await opening;
  assert.equal(media.microphone, true);
});

test('a track that ended before the call does not count as a device', async () => {
  const track = new FakeTrack('audio');
  track.end();
  await start(new FakeStream([track]));
  assert.equal(media.microphone, false);
  assert.equal(media.track('audio'), null);
  const opening = media.setMicrophone(true);
  await settled();
  devices.asked[0].resolve();
  await opening;
  assert.deepEqual(media.stream.getTracks(), [media.track('audio')]);
});
