// Devices during a call: unplugged, new ones, the speaker, and noise suppression.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { choose, createMeeting, enter, join, press, reload, tile } from './lib/page.mjs';
import { patience, sharedStack, until } from './lib/stack.mjs';

const client = new Client(sharedStack());
/** @type {Browser} */
let browser;

before(async () => {
  browser = await Browser.start();
});
afterEach(() => browser.closePages());
after(() => browser?.close());

// Runs in the page before its own scripts: remembers what was asked for and opened; `plugOfTest` and `unplugOfTest` change
// the list of devices.
function watchDevices() {
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  const list = mediaDevices.enumerateDevices.bind(mediaDevices);
  const added = [];
  const removed = new Set();
  window.wantedOfTest = [];
  window.openedOfTest = [];
  mediaDevices.getUserMedia = async (wanted) => {
    window.wantedOfTest.push(wanted);
    const stream = await open(wanted);
    window.openedOfTest.push(...stream.getTracks());
    return stream;
  };
  mediaDevices.enumerateDevices = async () => [...(await list()), ...added].filter(({ deviceId }) => !removed.has(deviceId));
  window.plugOfTest = (...devices) => {
    added.push(...devices);
    mediaDevices.dispatchEvent(new Event('devicechange'));
  };
  window.pullOfTest = (id, gone) => {
    if (gone) removed.add(id);
    else removed.delete(id);
    mediaDevices.dispatchEvent(new Event('devicechange'));
  };
  window.unplugOfTest = (kind) => {
    for (const track of window.openedOfTest.filter((one) => one.kind === kind && one.readyState === 'live')) {
      removed.add(track.getSettings().deviceId);
      track.stop();
      track.dispatchEvent(new Event('ended'));
    }
    mediaDevices.dispatchEvent(new Event('devicechange'));
  };
  const setSinkId = HTMLMediaElement.prototype.setSinkId;
  window.sinksOfTest = [];
  HTMLMediaElement.prototype.setSinkId = function remember(id) {
    window.sinksOfTest.push([this.dataset.participant !== undefined, id]);
    const done = id === 'headset-out' ? Promise.resolve() : setSinkId.call(this, id);
    return done.then(() => { Object.defineProperty(this, 'sinkId', { value: id, configurable: true }); });
  };
}

async function call() {
  const ann = await browser.person();
  await ann.context.addInitScript(watchDevices);
  const links = await createMeeting(ann, client);
  await join(ann, 'Ann');
  const bob = await browser.person();
  await enter(bob, links.guest, 'Bob');
  await Promise.all([ann, bob].map((one) => one.untilPlaying({ videos: 1 })));
  return { ann, bob };
}

const isOn = async ({ page }, id) => (await page.locator(id).getAttribute('aria-pressed')) === 'true';

test('an unplugged microphone is replaced within 2 s, with a word, and the others hear on', async () => {
  const { ann, bob } = await call();
  const began = Date.now();
  await ann.page.evaluate(() => window.unplugOfTest('audio'));
  await ann.page.getByText(/^Your microphone is gone\. This one is used now: /).waitFor();
  const ms = Date.now() - began;
  assert.ok(ms <= patience(2000), `${ms} ms`);
  assert.ok(await isOn(ann, '#microphone-button'));
  await bob.untilPlaying({ videos: 1 });
  ann.assertNoErrors();
});

test('an unplugged camera is off, with a word', async () => {
  const { ann, bob } = await call();
  await ann.page.evaluate(() => window.unplugOfTest('video'));
  await ann.page.getByText(/^Your camera is gone/).waitFor();
  assert.ok(!(await isOn(ann, '#camera-button')));
  await until(() => tile(bob, 'Ann').locator('.avatar').isVisible(), 'the picture to go');
  await press(ann, 'Camera');
  await until(() => isOn(ann, '#camera-button'), 'the camera');
});

test('a new headset is offered; taken, it is the microphone and the speaker', async () => {
  const { ann } = await call();
  const { page } = ann;
  await page.evaluate(() => {
    const headset = { label: 'Soft headset', groupId: 'g', toJSON: () => ({}) };
    window.plugOfTest({ ...headset, kind: 'audioinput', deviceId: 'headset-in' }, { ...headset, kind: 'audiooutput', deviceId: 'headset-out' });
  });
  await page.locator('#device-offer').waitFor();
  assert.equal(await page.locator('#device-offer-text').textContent(), 'Soft headset was connected.');
  await inspect(ann, 'device-offer');
  await press(ann, 'Use it');
  await until(() => page.evaluate(() => window.wantedOfTest.at(-1).audio.deviceId?.ideal === 'headset-in'), 'the microphone');
  await until(() => page.evaluate(() => window.sinksOfTest.some(([received, id]) => received && id === 'headset-out')), 'the speaker');
  assert.ok(await page.locator('#device-offer').isHidden());
  await page.evaluate(() => window.plugOfTest({ label: 'Other camera', groupId: 'h', kind: 'videoinput', deviceId: 'cam', toJSON: () => ({}) }));
  await page.locator('#device-offer').waitFor();
  await press(ann, 'Not now');
  assert.ok(await page.locator('#device-offer').isHidden());
  assert.ok(await page.evaluate(() => !window.wantedOfTest.some(({ video }) => video?.deviceId?.ideal === 'cam')));
});

test('a headset whose parts come one after the other is one offer', async () => {
  const { ann } = await call();
  const { page } = ann;
  for (const [kind, deviceId] of [['audiooutput', 'headset-out'], ['audioinput', 'headset-in']])
    await page.evaluate((device) => window.plugOfTest({ label: 'Soft headset', groupId: 'g', toJSON: () => ({}), ...device }), { kind: /** @type {MediaDeviceKind} */ (kind), deviceId });
  await page.locator('#device-offer').waitFor();
  await press(ann, 'Use it');
  await until(() => page.evaluate(() => window.wantedOfTest.at(-1).audio?.deviceId?.ideal === 'headset-in'), 'the microphone');
  await until(() => page.evaluate(() => window.sinksOfTest.some(([received, id]) => received && id === 'headset-out')), 'the speaker');
});

test('a camera that was there before the person allowed it has not just been connected', async () => {
  const ann = await browser.person();
  const { page } = ann;
  await ann.context.addInitScript(() => {
    const { mediaDevices } = navigator;
    const list = mediaDevices.enumerateDevices.bind(mediaDevices);
    let allowed = false;
    mediaDevices.enumerateDevices = async () => (await list()).map((device) => (device.kind === 'videoinput' && !allowed
      ? { kind: device.kind, deviceId: '', label: '', groupId: '', toJSON: () => ({}) } : device));
    window.allowOfTest = () => {
      allowed = true;
      mediaDevices.dispatchEvent(new Event('devicechange'));
    };
  });
  await ann.context.addInitScript(watchDevices);
  await createMeeting(ann, client);
  await join(ann, 'Ann');
  await page.evaluate(() => {
    const text = document.getElementById('device-offer-text');
    window.saidOfTest = [];
    new MutationObserver(() => window.saidOfTest.push(text.textContent)).observe(text, { childList: true });
    window.allowOfTest();
  });
  await page.evaluate(() => window.plugOfTest({ label: 'Soft headset', groupId: 'g', kind: 'audiooutput', deviceId: 'headset-out', toJSON: () => ({}) }));
  await until(() => page.evaluate(() => window.saidOfTest.includes('Soft headset was connected.')), 'the offer');
  assert.deepEqual(await page.evaluate(() => window.saidOfTest), ['Soft headset was connected.']);
});

test('when the speaker is unplugged, a message says so and the device\'s own one plays the others, until the speaker is back', async () => {
  const { ann } = await call();
  const { page } = ann;
  const sinks = () => page.evaluate(() => [...document.querySelectorAll('audio')].filter(({ dataset }) => dataset.participant).map(({ sinkId }) => sinkId).join());
  await page.evaluate(() => window.plugOfTest({ label: 'Soft headset', groupId: 'g', kind: 'audiooutput', deviceId: 'headset-out', toJSON: () => ({}) }));
  await press(ann, 'Use it');
  await until(async () => (await sinks()) === 'headset-out', 'the headset');
  await page.evaluate(() => window.pullOfTest('headset-out', true));
  await page.getByText(/^Your speaker is not connected any more\./).waitFor();
  assert.equal(await sinks(), '');
  await choose(ann, 'Devices');
  assert.equal(await page.locator('#call-speaker-select').inputValue(), '');
  await press(ann, 'Done');
  await page.evaluate(() => window.pullOfTest('headset-out', false));
  await until(async () => (await sinks()) === 'headset-out', 'the headset again');
  assert.ok((await page.getByText(/^Your speaker is not connected any more\./).count()) <= 1, 'told twice');
  ann.assertNoErrors();
});

test('noise suppression is switched for the running microphone, and remembered', async () => {
  const { ann, bob } = await call();
  const { page } = ann;
  const suppressed = () => page.evaluate(() => window.wantedOfTest.findLast(({ audio }) => audio).audio.noiseSuppression);
  assert.equal(await suppressed(), true);
  await choose(ann, 'Devices');
  await inspect(ann, 'devices-in-call');
  await page.locator('#noise-option').uncheck();
  await until(async () => (await suppressed()) === false, 'the microphone to be opened anew');
  await bob.untilPlaying({ videos: 1 });
  await reload(ann);
  await until(async () => (await suppressed()) === false, 'the microphone');
  await choose(ann, 'Devices');
  assert.ok(!(await page.locator('#noise-option').isChecked()));
  ann.assertNoErrors();
});

test('another speaker is used for everybody at once, and for people who come later', async () => {
  const { ann } = await call();
  const { page } = ann;
  await choose(ann, 'Devices');
  const select = page.locator('#call-speaker-select');
  const ids = await select.locator('option').evaluateAll((options) => options.map(({ value }) => value));
  await select.selectOption(ids.at(-1));
  const sinks = () => page.evaluate(() => [...document.querySelectorAll('audio')].filter(({ dataset }) => dataset.participant).map(({ sinkId }) => sinkId));
  await until(async () => (await sinks()).length === 1 && (await sinks()).every((id) => id === ids.at(-1)), 'the speaker');
  await press(ann, 'Play a test sound');
  await page.getByText('You should hear three notes now.').waitFor();
  await press(ann, 'Done');
  ann.assertNoErrors();
});
