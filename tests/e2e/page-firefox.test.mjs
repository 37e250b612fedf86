// The join page in Debian's Firefox: the test before the call, the speaker, blur, the space bar, picture in picture, a reload, and
// pictures in several sizes to and from Chromium. (page-sound.test.mjs has what people hear, page-waiting-firefox.test.mjs the waiting
// room.)
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Firefox } from './lib/firefox.mjs';
import { untilHeard } from './lib/hearing.mjs';
import { choose, enter, inMenu, join, press, reload } from './lib/page.mjs';
import { patience, sharedStack, source, until } from './lib/stack.mjs';
import { SMALL, show, takeViews, widthOf } from './lib/viewer.mjs';

const VERDICT = 10000; // ms
const SIZES = 20000; // ms until a picture has another size, on a busy machine
const hasFiles = existsSync(path.join(source, 'nginx/html/assets/blur/selfie_segmentation.js'));
const client = new Client(sharedStack());
let chromium;
let firefox;
let persons = [];
let others = []; // Firefox with other settings

before(async () => {
  [chromium, firefox] = await Promise.all([Browser.start(), Firefox.start()]);
});
afterEach(async () => {
  await Promise.all(persons.map(({ context }) => context.close()));
  await Promise.all(others.map((one) => one.close()));
  persons = [];
  others = [];
});
after(() => Promise.all([chromium?.close(), firefox?.close()]));

const invite = async (link, name) => (await client.call('POST', `/session/${link}/invites`, { body: { name } })).body.url;

/**
 * Somebody in a browser. `prepare` runs in the page before its own scripts.
 * @param {any} browser
 * @param {() => void} [prepare]
 */
async function somebody(browser, prepare) {
  const person = await browser.person();
  persons.push(person);
  if (prepare) await person.context.addInitScript(prepare);
  return person;
}

// Fox, in Firefox, before a call, with the devices open.
async function beforeCall(prepare) {
  const fox = await somebody(firefox, prepare);
  await fox.page.goto(await invite(await client.meeting({}), 'Fox'));
  await until(() => fox.page.locator('#preview-video').evaluate(({ videoWidth }) => videoWidth > 0), 'a preview');
  return fox;
}

// Fox, in a call of their own.
async function alone(of) {
  const fox = await somebody(of);
  await enter(fox, await invite(await client.meeting({}), 'Fox'));
  return fox;
}

// Another Firefox, with other settings.
async function another(prefs) {
  const one = await Firefox.start({ prefs });
  others.push(one);
  return one;
}

/**
 * Fox, in Firefox, and Ann, in Chromium, in a call.
 * @param {{of?: Firefox, prepare?: () => void, opened?: (person: any) => Promise<void>}} [options]  prepare: Fox' page
 */
async function callOfTwo({ of = firefox, prepare = undefined, opened = undefined } = {}) {
  const link = await client.meeting({});
  const come = async (person, name) => {
    await person.page.goto(await invite(link, name));
    await opened?.(person);
    await join(person);
    return person;
  };
  const [fox, ann] = await Promise.all([somebody(of, prepare), somebody(chromium)]);
  await Promise.all([come(fox, 'Fox'), come(ann, 'Ann')]);
  await Promise.all([fox, ann].map((one) => one.untilPlaying({ videos: 1, sounds: 0 })));
  return { fox, ann };
}

const isOn = async ({ page }, id) => (await page.locator(id).getAttribute('aria-pressed')) === 'true';
const says = ({ page }, text) => until(async () => (await page.locator('#notices').textContent()).includes(text), text);

// Chooses the option of a select by its text.
const select = ({ page }, id, text) => page.evaluate(([selector, wanted]) => {
  const element = document.querySelector(selector);
  element.value = [...element.options].find((option) => option.textContent === wanted).value;
  element.dispatchEvent(new Event('change'));
}, [id, text]);

test('Firefox: the test before the call says within 10 s that all is well', async () => {
  const fox = await beforeCall();
  const { page } = fox;
  const began = Date.now();
  await press(fox, 'Test the call');
  await page.locator('#call-test-verdicts li').waitFor({ timeout: patience(2 * VERDICT) });
  const ms = Date.now() - began;
  assert.match(await page.locator('#call-test-verdicts').textContent(), /^Everything works\. Your sound and your picture went to the service and came back\.$/);
  assert.ok(ms <= patience(VERDICT), `${ms} ms`);
  assert.deepEqual(await page.evaluate(() => window.peersOfTest.map(({ connectionState }) => connectionState)), ['closed']);
  fox.assertNoErrors();
});

// Runs in the page: a device on which no sound can be played.
function withoutSpeaker() {
  AudioContext.prototype.resume = () => new Promise(() => {});
}

test('Firefox: a test sound that cannot be played says so, each time; what there is not is not shown', async () => {
  const fox = await beforeCall(withoutSpeaker);
  const { page } = fox;
  await page.locator('#more-devices summary').click();
  assert.equal(await page.locator('#speaker-field').isVisible(), await page.evaluate(async () => (await navigator.mediaDevices.enumerateDevices()).some(({ kind }) => kind === 'audiooutput')));
  assert.equal(await page.locator('#preview-blur-field').isVisible(), hasFiles);
  for (let i = 0; i < 2; i += 1) {
    await press(fox, 'Play a test sound');
    await says(fox, 'You should hear three notes now.');
    await says(fox, 'Your browser does not play the test sound.');
  }
  fox.assertNoErrors();
});

// Runs in the page: a headset without a name, which is there or not as window.headsetOfTest says.
function headset() {
  if (!isSecureContext) return;
  const { mediaDevices } = navigator;
  const [list, setSink] = [mediaDevices.enumerateDevices.bind(mediaDevices), HTMLMediaElement.prototype.setSinkId];
  const device = { kind: 'audiooutput', deviceId: 'headset', label: '', groupId: '' };
  window.headsetOfTest = true;
  mediaDevices.enumerateDevices = async () => {
    const others = (await list()).filter(({ kind }) => kind !== 'audiooutput');
    return /** @type {any} */ ([...others, { ...device, deviceId: 'other', label: 'Other' }, ...(window.headsetOfTest ? [device] : [])]);
  };
  HTMLMediaElement.prototype.setSinkId = async function use(id) {
    if (id !== 'headset' || !window.headsetOfTest) await setSink.call(this, id);
    Object.defineProperty(this, 'sinkId', { value: id, configurable: true });
  };
}

test('Firefox: a speaker without a name can be chosen; when it is unplugged, the speaker of the device plays, also after a reload', async () => {
  const { fox } = await callOfTwo({ prepare: headset });
  const { page } = fox;
  const sinks = () => page.evaluate(() => [...document.querySelectorAll('audio')].filter(({ dataset }) => dataset.participant).map(({ sinkId }) => sinkId).join());
  const plug = (there) => page.evaluate((is) => {
    window.headsetOfTest = is;
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  }, there);
  await choose(fox, 'Devices');
  await until(() => page.locator('#call-speaker-field').isVisible(), 'the speakers');
  await select(fox, '#call-speaker-select', 'Speaker 2');
  await until(async () => (await sinks()) === 'headset', 'the headset');
  await plug(false);
  await says(fox, 'Your speaker is not connected any more. The sound comes from the speaker of this device now.');
  assert.equal(await sinks(), '');
  await press(fox, 'Done');
  await untilHeard(fox, ['Ann']);
  await fox.context.addInitScript(() => { window.headsetOfTest = false; });
  await reload(fox);
  await untilHeard(fox, ['Ann']);
  assert.equal(await sinks(), '');
  fox.assertNoErrors();
});

// Runs in the page: a camera of fine stripes, and a service that has the files for blurring. A stand-in for these says that the
// person is on the left.
function stripesAndBlur() {
  if (!isSecureContext) return;
  const [ask, open, append] = [window.fetch, navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices), HTMLHeadElement.prototype.append];
  window.fetch = async (target, options) => (String(target).endsWith('features.json') ? Response.json({ blur: true }) : ask(target, options));
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    const stream = audio ? await open({ audio }) : new MediaStream();
    if (!video) return stream;
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
    const context = canvas.getContext('2d');
    let pictures = 0;
    setInterval(() => {
      for (let x = 0; x < canvas.width; x += 8) {
        context.fillStyle = '#000000';
        context.fillRect(x, 0, 4, canvas.height);
        context.fillStyle = `rgb(255, 255, ${255 - (pictures % 2)})`;
        context.fillRect(x + 4, 0, 4, canvas.height);
      }
      pictures += 1;
    }, 100);
    stream.addTrack(canvas.captureStream(10).getVideoTracks()[0]);
    return stream;
  };
  window.SelfieSegmentation = class {
    setOptions() {}
    onResults(take) { this.take = take; }
    async initialize() {}
    async close() {}
    async send({ image }) {
      const mask = new OffscreenCanvas(64, 36);
      mask.getContext('2d').fillRect(0, 0, 32, 36);
      this.take({ segmentationMask: mask, image });
    }
  };
  HTMLHeadElement.prototype.append = function load(...nodes) {
    for (const node of nodes)
      if (node instanceof HTMLScriptElement && node.src.endsWith('/selfie_segmentation.js')) setTimeout(node.onload, 0);
      else append.call(this, node);
  };
}

// How sharp the left and the right half of a video are: the mean difference between neighbouring pixels.
const sharpness = ({ page }, id) => page.locator(id).evaluate((video) => {
  const [width, height] = [160, 90];
  const context = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');
  return [0.1, 0.6].map((left) => {
    context.drawImage(video, left * video.videoWidth, 0.3 * video.videoHeight, width, height, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    let sum = 0;
    for (let i = 4; i < data.length; i += 4) sum += Math.abs(data[i] - data[i - 4]);
    return sum / (width * height);
  });
});

test('Firefox: the background is blurred, and the person is not', async () => {
  const fox = await beforeCall(stripesAndBlur);
  const { page } = fox;
  await until(async () => (await sharpness(fox, '#preview-video')).every((one) => one > 20), 'a sharp picture');
  await page.locator('#more-devices summary').click();
  await page.locator('#preview-blur-option').check();
  await until(async () => {
    const [own, behind] = await sharpness(fox, '#preview-video');
    return own > 20 && behind < own / 4;
  }, 'a blurred background');
  fox.assertNoErrors();
});

test('Firefox: the space bar speaks while it is held, also after a click on Mic; after a Tab it presses the button', async () => {
  const fox = await alone(firefox);
  const { page } = fox;
  const { keyboard } = page;
  const microphoneIs = (on) => until(async () => (await isOn(fox, '#microphone-button')) === on, `the microphone to be ${on ? 'on' : 'off'}`);
  const sends = () => page.evaluate(() => window.peersOfTest.flatMap((peer) => peer.getSenders()).some(({ track }) => track?.kind === 'audio' && track.enabled));
  const speaks = async () => {
    await keyboard.down(' ');
    await microphoneIs(true);
    assert.ok(await sends());
    await keyboard.down(' '); // the key repeats
    await keyboard.up(' ');
    await microphoneIs(false);
    assert.ok(!(await sends()));
  };
  await page.locator('#call-title').focus();
  await keyboard.press('m');
  await microphoneIs(false);
  await speaks();
  await press(fox, 'Mic');
  await microphoneIs(true);
  await press(fox, 'Mic');
  await microphoneIs(false);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'microphone-button');
  for (let i = 0; i < 2; i += 1) await speaks();
  await keyboard.press('Tab');
  await page.locator('#microphone-button').focus();
  await keyboard.press(' ');
  await microphoneIs(true);
  assert.ok(await sends());
  fox.assertNoErrors();
});

// Runs in the page: what is in the small window.
const small = ({ page }) => page.evaluate(() => {
  const opened = /** @type {any} */ (window).documentPictureInPicture?.window;
  const video = opened?.document.querySelector('video') ?? document.pictureInPictureElement;
  return video ? { name: opened?.document.querySelector('.tile-name').textContent, moves: video.videoWidth > 0 && video.currentTime > 0 } : null;
});

// What this Firefox has, as it says itself: 'documents', 'videos' or neither.
const has = ({ page }, what) => page.evaluate((one) => (one === 'documents' ? 'documentPictureInPicture' in window : document.pictureInPictureEnabled === true), what);

// Opens and closes picture in picture, in a call of two.
async function showsAnn(t, of, what, name) {
  const { fox } = await callOfTwo({ of });
  if (!(await has(fox, what))) return t.skip(`this Firefox has no picture in picture for ${what}`);
  await choose(fox, 'Picture in picture');
  await until(async () => (await small(fox))?.moves, 'the picture');
  assert.equal((await small(fox)).name, name);
  await choose(fox, 'Close picture in picture');
  await until(async () => (await small(fox)) === null, 'the end of the window');
  fox.assertNoErrors();
}

const NO_DOCUMENTS = { 'dom.documentpip.enabled': false };
const NO_PICTURES = { ...NO_DOCUMENTS, 'dom.media-pip.enabled': false };

test('Firefox: picture in picture shows the other person with the name', (t) => showsAnn(t, firefox, 'documents', 'Ann'));

test('Firefox without windows for documents: picture in picture is a video\'s', async (t) => showsAnn(t, await another(NO_DOCUMENTS), 'videos', undefined));

test('Firefox without picture in picture: the menu does not offer it', async () => {
  const fox = await alone(await another(NO_PICTURES));
  assert.deepEqual([await has(fox, 'documents'), await has(fox, 'videos')], [false, false]);
  assert.ok(!(await inMenu(fox, 'pip-item')));
});

test('Firefox: a reload leads back into the call, with microphone and camera as they were', async () => {
  const { fox, ann } = await callOfTwo();
  await press(fox, 'Mic');
  await until(async () => !(await isOn(fox, '#microphone-button')), 'the microphone to be off');
  await reload(fox);
  await Promise.all([fox, ann].map((one) => one.untilPlaying({ videos: 1, sounds: 0 })));
  assert.deepEqual([await isOn(fox, '#microphone-button'), await isOn(fox, '#camera-button')], [false, true]);
  fox.assertNoErrors();
});

test('Firefox and Chromium send each other large pictures for large tiles, and small ones for small tiles', async () => {
  const { fox, ann } = await callOfTwo({ opened: ({ page }) => page.evaluate(takeViews) });
  await Promise.all([fox, ann].map(async (one) => {
    const id = await one.page.evaluate(() => [...window.roomOfTest.participants.keys()][0]);
    await until(async () => (await widthOf(one, id)) > 640, 'the large picture', SIZES);
    const large = await widthOf(one, id);
    await show(one, [[id, SMALL]]);
    await until(async () => (await widthOf(one, id)) <= large / 2, 'the small picture', SIZES);
  }));
  for (const one of [fox, ann]) one.assertNoErrors();
});
