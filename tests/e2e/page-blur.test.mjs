// Blurring the own background: the switch, the picture that is sent, a device that is too slow. A stand-in says where the person
// is: the left half. CONFAB_E2E_PERSON=photo of a person, with the files of scripts/fetch-blur in place: the real one is tried too.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { choose, createMeeting, heading, join, press } from './lib/page.mjs';
import { sharedStack, source, until } from './lib/stack.mjs';

const client = new Client(sharedStack());
const folder = mkdtempSync(path.join(tmpdir(), 'cf-blur-'));
const PERSON = process.env.CONFAB_E2E_PERSON;
const hasFiles = existsSync(path.join(source, 'nginx/html/assets/blur/selfie_segmentation.js'));
/** @type {Browser} */
let browser;

// A camera's picture of fine stripes: blurred they are grey.
function makeCamera(name, ...input) {
  const file = path.join(folder, name);
  execFileSync('ffmpeg', ['-v', 'error', ...input, '-pix_fmt', 'yuv420p', '-t', '2', '-r', '10', file]);
  return `--use-file-for-fake-video-capture=${file}`;
}

before(async () => {
  const stripes = 'nullsrc=s=640x360:r=10,format=gray,geq=lum=if(mod(floor(X/4)\\,2)\\,255\\,0)';
  browser = await Browser.start({ flags: [makeCamera('stripes.y4m', '-f', 'lavfi', '-i', stripes)] });
});
afterEach(() => browser.closePages());
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

// In the place of MediaPipe's script. `slowOfTest`: ms that each picture takes.
const STAND_IN = `window.SelfieSegmentation = class {
  setOptions() {}
  onResults(take) { this.take = take; }
  async initialize() { window.segmentationsOfTest = (window.segmentationsOfTest ?? 0) + 1; }
  async close() { window.segmentationsOfTest -= 1; }
  async send({ image }) {
    await new Promise((resolve) => setTimeout(resolve, window.slowOfTest ?? 0));
    const mask = new OffscreenCanvas(64, 36);
    const context = mask.getContext('2d');
    context.fillRect(0, 0, 32, 36);
    this.take({ segmentationMask: mask, image });
  }
};`;

async function standIn({ context }) {
  await context.route('**/-/features.json', (route) => route.fulfill({ json: { blur: true } }));
  await context.route('**/blur/selfie_segmentation.js', (route) => route.fulfill({ contentType: 'text/javascript', body: STAND_IN }));
}

async function open(person) {
  const link = await client.meeting({});
  await person.page.goto((await client.call('POST', `/session/${link}/invites`, { body: { name: 'Bob' } })).body.url);
  await heading(person, 'Join the meeting');
  await preview(person);
  await person.page.locator('#more-devices summary').click();
}

const preview = (person) => until(() => person.page.locator('#preview-video').evaluate(({ videoWidth }) => videoWidth > 0), 'a preview', 30000);

// How sharp parts of a video are: the mean difference between neighbouring pixels, by part [left, top, right, bottom] (0..1).
const sharpness = ({ page }, selector, parts) =>
  page.locator(selector).evaluate((video, wanted) => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
    const context = canvas.getContext('2d');
    if (canvas.width === 0) return wanted.map(() => 0); // it is being opened
    context.drawImage(video, 0, 0);
    return wanted.map(([left, top, right, bottom]) => {
      const width = Math.floor((right - left) * canvas.width);
      const height = Math.floor((bottom - top) * canvas.height);
      const { data } = context.getImageData(Math.floor(left * canvas.width), Math.floor(top * canvas.height), width, height);
      let sum = 0;
      for (let y = 0; y < height; y += 1)
        for (let x = 1; x < width; x += 1) sum += Math.abs(data[(y * width + x) * 4] - data[(y * width + x - 1) * 4]);
      return sum / (width * height);
    });
  }, parts);

const LEFT = [0.1, 0.1, 0.4, 0.9];
const RIGHT = [0.6, 0.1, 0.9, 0.9];

// The person is sharp and the rest is not; `of`: the video.
async function untilBlurred(person, of) {
  return until(async () => {
    const [own, behind] = await sharpness(person, of, [LEFT, RIGHT]);
    return own > 20 && behind < own / 4;
  }, 'a blurred background', 30000);
}

async function untilSharp(person, of) {
  return until(async () => {
    const [own, behind] = await sharpness(person, of, [LEFT, RIGHT]);
    return own > 20 && behind > own * 0.7;
  }, 'a sharp background', 30000);
}

const PICTURE = '#tiles li:has(.tile-name:text("Bob")) video';

// Mo's call, into which Bob comes with a blurred background.
async function blurredCall() {
  const mo = await browser.person();
  const links = await createMeeting(mo, client);
  await join(mo, 'Mo');
  const bob = await browser.person();
  await standIn(bob);
  await bob.page.goto(links.guest);
  await heading(bob, 'Join the meeting');
  await preview(bob);
  await untilSharp(bob, '#preview-video');
  await bob.page.locator('#more-devices summary').click();
  await bob.page.locator('#preview-blur-option').check();
  await untilBlurred(bob, '#preview-video');
  await inspect(bob, 'blur');
  await enterCall(bob);
  await mo.untilPlaying({ videos: 1 });
  await untilBlurred(mo, PICTURE);
  return { mo, bob };
}

test('without the files there is no switch, and nothing of the page runs WebAssembly', { skip: hasFiles }, async () => {
  const bob = await browser.person();
  const [, answer] = await Promise.all([open(bob), bob.page.waitForResponse(/\/j\//)]);
  assert.doesNotMatch(answer.headers()['content-security-policy'], /wasm/);
  await until(() => bob.page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('features.json'))), 'the question');
  assert.ok(await bob.page.locator('#preview-blur-field').isHidden());
  bob.assertNoErrors();
});

test('the background is blurred in the preview and in the call, the person is not, and other people receive the blurred picture', async () => {
  const { mo, bob } = await blurredCall();
  await press(bob, 'Camera');
  await until(() => bob.page.evaluate(() => window.segmentationsOfTest === 0), 'the segmentation to end with the camera');
  await press(bob, 'Camera');
  await untilBlurred(mo, PICTURE);
  await choose(bob, 'Devices');
  await bob.page.locator('#blur-option').uncheck();
  await untilSharp(mo, PICTURE);
  bob.assertNoErrors();
});

async function enterCall(person) {
  await person.page.getByLabel('Your name').fill('Bob');
  await join(person);
}

const TOO_SLOW = 'Your camera is off: this device is too slow to blur your background. Switch it on to be seen without blur.';

async function slowDown({ page }) {
  await page.evaluate(() => {
    window.slowOfTest = 400;
  });
}

test('a device that cannot keep up closes the camera before the call, with a word', async () => {
  const bob = await browser.person();
  await standIn(bob);
  await open(bob);
  await bob.page.locator('#preview-blur-option').check();
  await untilBlurred(bob, '#preview-video');
  await slowDown(bob);
  await bob.page.getByText(TOO_SLOW).waitFor();
  assert.ok(!(await bob.page.locator('#preview-blur-option').isChecked()));
  assert.ok(await bob.page.locator('#preview-video').isHidden());
  await join(bob);
  assert.equal(await bob.page.locator('#camera-button').getAttribute('aria-pressed'), 'false');
  bob.assertNoErrors();
});

test('a device that cannot keep up in the call shows nobody the room: the camera is off until the person says so', async () => {
  const { mo, bob } = await blurredCall();
  await slowDown(bob);
  await bob.page.getByText(TOO_SLOW).waitFor();
  assert.equal(await bob.page.locator('#camera-button').getAttribute('aria-pressed'), 'false');
  assert.equal(await bob.page.getByText('Your camera is gone').count(), 0);
  await mo.page.locator('#tiles li:has(.tile-name:text("Bob")) .avatar').waitFor();
  assert.equal(await bob.page.evaluate(() => window.segmentationsOfTest), 0);
  await press(bob, 'Camera');
  await untilSharp(mo, PICTURE);
  bob.assertNoErrors();
});

test('where it is not possible the camera stays off, and the page says why', async () => {
  const bob = await browser.person();
  await standIn(bob);
  await bob.context.route('**/blur/selfie_segmentation.js', (route) => route.abort());
  await open(bob);
  await bob.page.locator('#preview-blur-option').check();
  await bob.page.getByText(/Your background cannot be blurred in this browser/).waitFor();
  assert.ok(await bob.page.locator('#preview-video').isHidden());
  await bob.page.locator('#preview-blur-option').uncheck();
  await untilSharp(bob, '#preview-video');
  bob.assertNoErrors([/ERR_FAILED/]);
});

test('blur that is wanted where there are no files can be switched off: the switch is there, and the camera opens then', { skip: hasFiles }, async () => {
  const bob = await browser.person();
  await bob.context.addInitScript(() => localStorage.setItem('confab.blur', 'on'));
  const link = await client.meeting({});
  await bob.page.goto((await client.call('POST', `/session/${link}/invites`, { body: { name: 'Bob' } })).body.url);
  await bob.page.getByText(/Your background cannot be blurred in this browser/).waitFor();
  await bob.page.locator('#preview-blur-option').uncheck();
  await untilSharp(bob, '#preview-video');
  assert.ok(await bob.page.locator('#device-notice').isHidden());
});

test('the real segmentation blurs the background, and not the person', { skip: !hasFiles || !PERSON }, async () => {
  const own = await Browser.start({
    flags: [makeCamera('person.y4m', '-loop', '1', '-i', PERSON ?? '', '-vf', 'scale=640:640,crop=640:360:0:20'), '--enable-unsafe-swiftshader'],
  });
  try {
    const bob = await own.person();
    // This machine has no GPU: it may be slow.
    await bob.context.route(/\/assets\/([0-9a-f]+\/)?blurring\.js$/, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: (await answer.text()).replace(/SLOWEST_RATE = \d+/, 'SLOWEST_RATE = 0') });
    });
    await open(bob);
    const FACE = [0.34, 0.1, 0.52, 0.6];
    const CORNERS = [0.02, 0.05, 0.16, 0.6];
    const sharp = await sharpness(bob, '#preview-video', [FACE, CORNERS]);
    await bob.page.screenshot({ path: path.join(process.env.CONFAB_E2E_SHOTS ?? folder, 'real-sharp.png') });
    await bob.page.locator('#preview-blur-option').check();
    const blurred = await until(async () => {
      const now = await sharpness(bob, '#preview-video', [FACE, CORNERS]);
      return now[0] > 0 && now[1] < sharp[1] / 2 && now;
    }, 'a blurred background', 60000);
    await bob.page.screenshot({ path: path.join(process.env.CONFAB_E2E_SHOTS ?? folder, 'real-blurred.png') });
    console.log({ sharp, blurred });
    assert.ok(blurred[0] > sharp[0] * 0.7, 'the person is blurred');
    bob.assertNoErrors();
  } finally {
    await own.close();
  }
});
