// One's own microphone and camera during a call, without a browser: a device that is switched off is off at once.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { FakeStream, FakeTrack, deferred, fakeDevices, pageModule, settled } from './lib/modules.mjs';

let devices;
let media;
let sent;
let lost;
let replaced;
let taking; // a promise that the call waits for when it takes a track

async function start(stream = null) {
  devices = fakeDevices();
  sent = [];
  lost = [];
  replaced = [];
  taking = null;
  const { LocalMedia } = await pageModule('local-media.js', { 'devices.js': devices.module });
  media = new LocalMedia(stream, {
    onTrack: async (kind, track) => {
      sent.push({ kind, track, enabled: track?.enabled });
      await taking;
    },
    onLost: (kind) => lost.push(kind),
    onReplaced: (kind, label) => replaced.push([kind, label]),
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

test('another microphone takes the place of one that is unplugged', async () => {
  media.track('audio').end();
  await settled();
  assert.deepEqual(devices.asked[0].wish, { audio: true });
  devices.asked[0].stream.getTracks()[0].label = 'Built-in';
  devices.asked[0].resolve();
  await settled();
  assert.deepEqual(replaced, [['audio', 'Built-in']]);
  assert.deepEqual(lost, []);
  assert.equal(media.microphone, true);
  assert.deepEqual(sent.at(-1), { kind: 'audio', track: media.track('audio'), enabled: true });
});

test('a microphone that was off is off in the place of one that is unplugged', async () => {
  await media.setMicrophone(false);
  media.track('audio').end();
  await settled();
  devices.asked[0].resolve();
  await settled();
  assert.equal(media.microphone, false);
  assert.deepEqual(sent.at(-1), { kind: 'audio', track: media.track('audio'), enabled: false });
});

test('without another microphone the switch is off, and one can be switched on later', async () => {
  media.track('audio').end();
  await settled();
  devices.asked[0].reject(new Error('missing'));
  await settled();
  assert.deepEqual(lost, ['audio']);
  assert.equal(sent.at(-1).track, null);
  assert.equal(media.microphone, false);
  const opening = media.setMicrophone(true);
  await settled();
  devices.asked[1].resolve();
  await opening;
  assert.equal(media.microphone, true);
});

test('a camera that is unplugged is off: the picture of another one would surprise', async () => {
  const opening = media.setCamera(true);
  await settled();
  devices.asked[0].resolve();
  await opening;
  media.track('video').end();
  await settled();
  assert.equal(devices.asked.length, 1);
  assert.deepEqual(lost, ['video']);
  assert.equal(media.camera, false);
});

test('a microphone is opened anew with other settings, and stays off if it was off', async () => {
  await media.setMicrophone(false);
  const opening = media.reopen('audio');
  await settled();
  devices.asked[0].resolve();
  await opening;
  assert.deepEqual(sent.at(-1), { kind: 'audio', track: media.track('audio'), enabled: false });
  await media.reopen('video'); // none is open: nothing happens
  assert.equal(devices.asked.length, 1);
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

test('a camera that is switched off while it opens stays closed; switched on again, it opens', async () => {
  const first = media.setCamera(true);
  await settled();
  await media.setCamera(false);
  assert.ok(devices.asked[0].signal.aborted);
  const second = media.setCamera(true);
  devices.asked[0].stream.tracks = []; // it was not open yet
  devices.asked[0].resolve();
  await first;
  assert.equal(media.camera, false);
  await settled();
  assert.ok(!devices.asked[1].signal.aborted);
  devices.asked[1].resolve();
  await second;
  assert.equal(media.camera, true);
});

test('the end of the call stops a camera that is being opened', async () => {
  const opening = media.setCamera(true);
  await settled();
  media.close();
  assert.ok(devices.asked[0].signal.aborted);
  devices.asked[0].resolve();
  await opening;
  assert.equal(devices.asked[0].stream.getTracks()[0].readyState, 'ended');
});

test('a camera that is switched off while it is being exchanged is not opened again', async () => {
  const opening = media.setCamera(true);
  await settled();
  devices.asked[0].resolve();
  await opening;
  const { promise, resolve } = deferred();
  taking = promise;
  const reopening = media.reopen('video');
  await settled();
  await media.setCamera(false);
  resolve();
  await reopening;
  assert.equal(devices.asked.length, 1);
});
