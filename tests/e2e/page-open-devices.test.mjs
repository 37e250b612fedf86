// Opening camera and microphone, without a browser: the order, and what stays closed when something fails.
import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, test } from 'node:test';
import { FakeStream, FakeTrack, deferred, pageModule } from './lib/modules.mjs';
import { until } from './lib/stack.mjs';

let steps; // what happened, in order
let opened; // tracks
let preparing; // () => promise of the files for blurring
let starting; // () => promise of the first blurred picture
let off;
let fails; // kind of device -> name of the browser's error
let devices;
let problems;

// As in blurring.js.
async function prepare(signal) {
  steps.push('files');
  const aborted = new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')));
  });
  aborted.catch(() => {}); // nobody may wait for it
  await Promise.race([preparing(), aborted]);
  return {
    start: async (camera) => {
      try {
        await Promise.race([starting(), aborted]);
      } catch (error) {
        camera.stop();
        throw error;
      }
      steps.push('blurred');
      return Object.assign(new FakeTrack('video'), { blurred: true });
    },
    close: () => steps.push('closed'),
  };
}

async function getUserMedia(wanted) {
  const kinds = ['audio', 'video'].filter((kind) => wanted[kind]);
  steps.push(kinds.join(' and '));
  const failing = kinds.find((kind) => fails[kind]);
  if (failing) throw new DOMException('no', fails[failing]);
  const tracks = kinds.map((kind) => new FakeTrack(kind));
  opened.push(...tracks);
  return new FakeStream(tracks);
}

const alive = setInterval(() => {}, 1000); // a module that is being imported does not keep the process
after(() => clearInterval(alive));

const browser = /** @type {any} */ (globalThis);
const live = () => opened.filter(({ readyState }) => readyState === 'live').map(({ kind }) => kind);

beforeEach(async () => {
  steps = [];
  opened = [];
  fails = {};
  preparing = async () => {};
  starting = async () => {};
  off = new AbortController();
  Object.defineProperty(browser, 'navigator', { value: { mediaDevices: { getUserMedia } }, configurable: true });
  devices = await pageModule('devices.js', {
    'blur.js': { blurWanted: () => true }, 'blurring.js': { prepare }, 'storage.js': { prefer() {}, preferred() {} },
  });
  problems = await pageModule('device-problems.js', { 'devices.js': devices });
});
afterEach(() => off.abort());

test('the files for blurring are there before the camera opens', async () => {
  const stream = await devices.openDevices({ audio: true, video: true }, off.signal);
  assert.deepEqual(steps, ['files', 'audio and video', 'blurred']);
  assert.deepEqual(stream.getVideoTracks().map(({ blurred }) => blurred), [true]);
});

test('without the files no camera opens, and the microphone does', async () => {
  preparing = () => Promise.reject(new Error('404'));
  const { tracks, problem } = await problems.openAvailable({ audio: true, video: true }, off.signal);
  assert.deepEqual([problem.kind, problem.device], ['blur', 'video']);
  assert.deepEqual(tracks.map(({ kind }) => kind), ['audio']);
  assert.deepEqual(steps, ['files', 'audio']);
});

test('a camera that is switched off while the files are loaded is not opened at all', async () => {
  preparing = () => deferred().promise;
  const opening = devices.openDevices({ audio: true, video: true }, off.signal);
  await until(() => steps.includes('files'));
  off.abort();
  assert.deepEqual((await opening).getTracks().map(({ kind }) => kind), ['audio']);
  assert.deepEqual(live(), ['audio']);
});

test('a camera that is switched off before its first blurred picture closes, and the microphone stays', async () => {
  starting = () => deferred().promise;
  const opening = devices.openDevices({ audio: true, video: true }, off.signal);
  await until(() => live().includes('video'));
  off.abort();
  assert.deepEqual((await opening).getTracks().map(({ kind }) => kind), ['audio']);
  assert.deepEqual(live(), ['audio']);
});

test('when the browser does not open the camera, the blurring ends, and the error has the browser\'s reason', async () => {
  fails = { video: 'NotReadableError' };
  await assert.rejects(devices.openDevices({ video: true }, off.signal), { kind: 'busy', device: 'video' });
  assert.deepEqual(steps, ['files', 'video', 'closed']);
});
