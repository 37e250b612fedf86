// The blurred picture itself, without a browser: a device that cannot go on, one that slept, and files that do not come.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Clock } from './lib/clock.mjs';
import { FakeStream, FakeTrack, deferred, pageModule, settled } from './lib/modules.mjs';

const PICTURE = 42; // ms from one picture to the next
const browser = /** @type {any} */ (globalThis);
const real = { document: browser.document, window: browser.window };
let clock;
let page; // the browser's parts that the test changes
let camera;
let wanted; // whether the person wants a blurred background
let slow; // events
let blurring;
let off; // aborts when the camera is not wanted any more

class FakeCanvas {
  constructor() {
    page.canvas = this;
  }

  getContext() {
    return { drawImage() {} };
  }

  captureStream() {
    return new FakeStream([new FakeTrack('video')]);
  }
}

// As MediaPipe's; `page.send()` decides how a picture goes.
class FakeSegmentation {
  constructor() {
    page.segmentations.push(this);
  }

  setOptions() {}
  onResults(act) {
    this.act = act;
  }

  initialize() {
    return page.initialize();
  }

  async send() {
    await page.send();
    this.act({});
  }

  async close() {
    this.closed = true;
  }
}

function createElement(name) {
  if (name === 'canvas') return new FakeCanvas();
  if (name === 'video') return page.video;
  return {};
}

beforeEach(async () => {
  clock = new Clock();
  wanted = true;
  slow = 0;
  off = new AbortController();
  page = { segmentations: [], send: async () => {}, initialize: async () => {}, video: { play: async () => {}, videoWidth: 640, videoHeight: 360 }, load: (script) => script.onload() };
  browser.document = { createElement, hidden: false, head: { append: (script) => queueMicrotask(() => page.load(script)) } };
  browser.window = { SelfieSegmentation: FakeSegmentation };
  camera = new FakeTrack('video');
  blurring = await pageModule('blurring.js', { 'blur.js': {
    blurEvents: { emit: () => {
      slow += 1;
    } },
    setSource() {},
    wantBlur: (on) => {
      wanted = on;
    },
  } });
});
afterEach(() => {
  clock.restore();
  Object.assign(browser, real);
});

async function blurred() {
  return (await blurring.prepare(off.signal)).start(camera);
}

// Lets time pass; a picture is due all the while.
async function pass(ms) {
  for (let left = ms; left > 0; left -= PICTURE) await clock.advance(PICTURE);
}

const fails = async () => {
  throw new Error('the context is lost');
};

test('a device that fails to draw for seconds closes the camera, also when nobody listens, and one failure does not', async () => {
  const track = await blurred();
  let ended = 0;
  track.addEventListener('ended', () => {
    ended += 1;
  });
  await pass(2000);
  page.send = fails;
  await pass(PICTURE);
  page.send = async () => {};
  await pass(10000);
  assert.deepEqual([slow, camera.readyState], [0, 'live']);
  page.send = fails;
  await pass(12000);
  assert.deepEqual([slow, wanted, ended], [1, false, 1]);
  assert.deepEqual([camera.readyState, track.readyState], ['ended', 'ended']);
  assert.ok(page.segmentations[0].closed);
});

test('after a machine has slept, the background stays blurred', async () => {
  await blurred();
  await pass(6000);
  const { promise, resolve: woken } = deferred();
  page.send = () => promise;
  await pass(2 * PICTURE);
  await clock.advance(3600_000); // as in sleep, nothing runs
  page.send = async () => {};
  woken();
  await settled();
  await pass(12000);
  assert.deepEqual([slow, camera.readyState], [0, 'live']);
});

test('a device that needs many seconds for each picture is too slow', async () => {
  await blurred();
  page.send = () => new Promise((resolve) => {
    setTimeout(resolve, 6000);
  });
  await clock.advance(20000);
  assert.deepEqual([slow, camera.readyState], [1, 'ended']);
});

test('the picture has the shape that the camera has now, also when a phone is turned', async () => {
  await blurred();
  assert.deepEqual([page.canvas.width, page.canvas.height], [640, 360]);
  Object.assign(page.video, { videoWidth: 360, videoHeight: 640 });
  await pass(2 * PICTURE);
  assert.deepEqual([page.canvas.width, page.canvas.height], [360, 640]);
});

test('files that do not come, and a first picture that does not, end after a while; the camera closes', async () => {
  const late = deferred();
  page.initialize = () => late.promise;
  const preparing = assert.rejects(blurring.prepare(off.signal), /too long/);
  await clock.advance(20000);
  await preparing;
  late.resolve();
  await settled();
  assert.ok(page.segmentations[0].closed, 'it came too late, and stays open');
  page.initialize = async () => {};
  page.send = () => new Promise(() => {});
  const starting = assert.rejects(blurred(), /too long/);
  await clock.advance(20000);
  await starting;
  assert.deepEqual([camera.readyState, page.segmentations[1].closed], ['ended', true]);
});

test('a camera that is switched off before its first blurred picture closes at once', async () => {
  page.send = () => new Promise(() => {});
  const starting = assert.rejects(blurred(), /not wanted/);
  await settled();
  assert.equal(camera.readyState, 'live');
  off.abort();
  await starting;
  assert.deepEqual([camera.readyState, page.segmentations[0].closed], ['ended', true]);
});

test('a script that could not be loaded is loaded again by the next try', async () => {
  page.load = (script) => script.onerror();
  await assert.rejects(blurring.prepare(off.signal), /cannot be loaded/);
  page.load = (script) => script.onload();
  await blurred();
});

test('the service is asked again whether there are files if it has not answered; an answer is kept', async () => {
  const answers = [() => Promise.reject(new Error('no network')), () => ({ ok: false }), () => ({ ok: true, json: async () => ({ blur: true }) })];
  let asked = 0;
  const { fetch } = browser;
  browser.fetch = async () => answers[asked++]();
  try {
    const { blurAvailable } = await pageModule('blur.js', { 'api.js': { base: 'http://127.0.0.1/' } });
    for (const [found, times] of [[false, 1], [false, 2], [true, 3], [true, 3]]) assert.deepEqual([await blurAvailable(), asked], [found, times]);
  } finally {
    browser.fetch = fetch;
  }
});
