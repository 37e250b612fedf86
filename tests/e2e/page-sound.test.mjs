// People hear each other, with or without pictures: in Chromium and in Firefox, people who send and people who watch, from the
// beginning and late, encrypted and not.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Firefox } from './lib/firefox.mjs';
import { sounds, untilHeard } from './lib/hearing.mjs';
import { isolated, join, press, tile, untilJoined } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const shot = (person, name) => process.env.CONFAB_E2E_SHOTS && person.page.screenshot({ path: `${process.env.CONFAB_E2E_SHOTS}/${name}.png` });
const screenOf = (name) => `${isolated(name)}'s screen`; // its tile's name
const LIMIT = 60000; // ms, on a busy machine
let chromium;
let firefox;
let link;
const people = {}; // name -> Person: everybody who is in the call

before(async () => {
  [chromium, firefox, link] = await Promise.all([Browser.start(), Firefox.start(), client.meeting({})]);
});
after(() => Promise.all([chromium?.close(), firefox?.close()]));

// Cameras that are not there ("absent"), in use elsewhere ("busy"), or without a picture until the test calls showPicture()
// ("late"). The test chooses one before the page is loaded. Runs in the page before its own scripts.
function troublesomeCamera() {
  if (!isSecureContext) return;
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    const camera = sessionStorage.getItem('cameraOfTest') ?? 'absent';
    if (video && camera === 'absent') throw new DOMException('no camera', 'NotFoundError');
    if (video && camera === 'busy') throw new DOMException('in use', 'NotReadableError');
    const stream = audio ? await original({ audio }) : new MediaStream();
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    if (video) stream.addTrack(canvas.captureStream(10).getVideoTracks()[0]);
    const paint = () => {
      const context = canvas.getContext('2d');
      context.fillStyle = `hsl(${Date.now() % 360} 80% 50%)`;
      context.fillRect(0, 0, canvas.width, canvas.height);
    };
    window.showPicture = () => void setInterval(paint, 100);
    return stream;
  };
}

// A screen whose picture has not come yet, with or without a tone. Runs in the page before its own scripts.
function quietScreen() {
  if (!isSecureContext) return;
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = document.createElement('canvas');
    canvas.getContext('2d'); // Firefox captures no canvas without one
    const stream = canvas.captureStream(0);
    const sound = window.screenIsSilent ? new MediaStream() : await navigator.mediaDevices.getUserMedia({ audio: true });
    return new MediaStream([...stream.getVideoTracks(), ...sound.getAudioTracks()]);
  };
}

const invite = async (name, role, meeting = link) => (await client.call('POST', `/session/${meeting}/invites`, { body: { role, name } })).body.url;

// A person joins the call. `camera`: 'on', 'off' or 'troublesome' (see above).
/**
 * @param {string} name
 * @param {{browser?: any, camera?: string, role?: string, url?: string}} [options]
 */
async function come(name, { browser = chromium, role = 'publisher', camera = 'on', url } = {}) {
  const person = await browser.person();
  await person.context.addInitScript(quietScreen);
  if (camera === 'troublesome') await person.context.addInitScript(troublesomeCamera);
  await person.page.goto(url ?? (await invite(name, role)), { timeout: LIMIT });
  if (camera === 'off') {
    await person.page.locator('#preview-camera[aria-pressed="true"]').click({ timeout: LIMIT }); // open, so that this switches it off
    await person.page.locator('#preview-camera[aria-pressed="false"]').waitFor();
  }
  await join(person, undefined, LIMIT);
  people[name] = person;
}

async function reload(name, camera) {
  const { page } = people[name];
  if (camera) await page.evaluate((value) => sessionStorage.setItem('cameraOfTest', value), camera);
  await page.reload({ timeout: LIMIT });
  await untilJoined(people[name], LIMIT);
}

// Each of these people hears all senders except themselves.
const allHear = (names, senders) => Promise.all(names.map((name) => untilHeard(people[name], senders.filter((one) => one !== name))));
const isPictured = async (person, name) => (await tile(person, name).getAttribute('class')).includes('pictured');
const pictureWidths = ({ page }) => page.evaluate(() => [...document.querySelector('#screens').querySelectorAll('video')].map(({ videoWidth }) => videoWidth));
// Packets of sound that a page has received so far.
const packets = ({ page }) =>
  page.evaluate(async () => {
    const reports = await Promise.all(window.peersOfTest.map((peer) => peer.getStats()));
    const inbound = reports.flatMap((report) => [...report.values()]).filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
    return inbound.reduce((sum, { packetsReceived }) => sum + packetsReceived, 0);
  });
const width = (person, name) => tile(person, name).locator('video').evaluate(({ videoWidth }) => videoWidth);

test('people whose camera is off are heard in both browsers, also by people who only watch', async () => {
  await Promise.all([come('Ann'), come('Bob', { camera: 'off' }), come('Fox', { browser: firefox, camera: 'off' })]);
  await Promise.all([come('Vic', { role: 'subscriber' }), come('Fay', { browser: firefox, role: 'subscriber' })]);
  await allHear(['Ann', 'Bob', 'Fox', 'Vic', 'Fay'], ['Ann', 'Bob', 'Fox']);
  for (const [name, other] of [['Ann', 'Bob'], ['Ann', 'Fox'], ['Fay', 'Bob']]) await until(async () => !(await isPictured(people[name], other)), `no picture of ${other} for ${name}`);
  await shot(people.Ann, 'sound-chromium');
  await shot(people.Fox, 'sound-firefox');
  await press(people.Ann, 'Camera'); // a small machine can hardly show five pages with a moving picture
});

test('people who come late, or load the page again, hear the same people', async () => {
  await Promise.all([come('Nora', { camera: 'troublesome' }), reload('Vic'), reload('Fay')]);
  await allHear(['Nora', 'Vic', 'Fay'], ['Ann', 'Bob', 'Fox']);
});

test('people whose camera is absent, busy, or without a picture for now are heard', async () => {
  await allHear(['Ann', 'Fox', 'Vic', 'Fay'], ['Nora']);
  await reload('Nora', 'busy');
  await allHear(['Ann', 'Fox', 'Vic', 'Fay'], ['Nora']);
  await reload('Nora', 'late'); // into the call as she was: without a camera
  await press(people.Nora, 'Camera');
  await allHear(['Ann', 'Fox', 'Vic', 'Fay'], ['Nora']);
  for (const name of ['Ann', 'Fox']) assert.ok((await width(people[name], 'Nora')) <= 2, `${name} sees a picture already`);
  await people.Nora.page.evaluate(() => window.showPicture());
  for (const name of ['Ann', 'Fox']) await until(async () => (await width(people[name], 'Nora')) > 2, `${name} to see the picture`, LIMIT);
  await allHear(['Ann', 'Fox'], ['Nora']);
  await people.Nora.leave();
  delete people.Nora;
});

test('a camera that is switched on and off during the call leaves the sound alone', async () => {
  for (const [name, sees] of [['Bob', 'Fox'], ['Fox', 'Ann']]) {
    await press(people[name], 'Camera');
    await until(() => isPictured(people[sees], name), `${sees} to see ${name}`, LIMIT);
    await allHear(['Ann', 'Bob', 'Vic', 'Fox', 'Fay'], [name]);
    await press(people[name], 'Camera');
    await until(async () => !(await isPictured(people[sees], name)), `${sees} to see ${name}'s picture go`, LIMIT);
  }
  await allHear(['Ann', 'Bob', 'Vic', 'Fox', 'Fay'], ['Bob', 'Fox']);
  await Promise.all([reload('Vic'), reload('Fay')]); // in the new pages the cameras are off from the start
  await allHear(['Vic', 'Fay'], ['Bob', 'Fox']);
});

test('a shared screen is heard before its picture comes, and not by the person who shares it', async () => {
  for (const name of ['Bob', 'Fox']) await press(people[name], 'Share screen');
  await allHear(['Ann', 'Vic', 'Fay'], [screenOf('Bob'), screenOf('Fox')]);
  for (const name of ['Ann', 'Fay']) assert.deepEqual(await pictureWidths(people[name]), [0, 0], `${name} sees a screen`);
  await Promise.all([untilHeard(people.Bob, [screenOf('Fox')]), untilHeard(people.Fox, [screenOf('Bob')])]);
  for (const name of ['Bob', 'Fox']) assert.ok(!(await sounds(people[name])).some((sound) => sound.name === screenOf(name)), `${name} hears their own screen`);
  for (const name of ['Bob', 'Fox']) await press(people[name], 'Stop sharing');
  for (const name of ['Ann', 'Fay']) await until(async () => (await sounds(people[name])).every((sound) => !sound.name.includes('screen')), 'the sound of the screens to end', LIMIT);
});

test('a screen without sound, of a person whose camera is off, leaves the sound alone', async () => {
  await people.Bob.page.evaluate(() => {
    window.screenIsSilent = true;
  });
  await press(people.Bob, 'Share screen');
  for (const name of ['Ann', 'Fay']) await people[name].page.locator('#screens > li.tile', { hasText: screenOf('Bob') }).waitFor({ timeout: LIMIT });
  await allHear(['Ann', 'Vic', 'Fox', 'Fay'], ['Bob']);
  await press(people.Bob, 'Stop sharing');
});

test('people without a tile are still heard', async () => {
  for (const name of ['Ann', 'Fay']) await people[name].page.evaluate(() => document.querySelectorAll('li.tile').forEach((one) => one.remove()));
  await allHear(['Ann', 'Fay'], ['Bob', 'Fox']);
});

test('after a lost connection everybody is heard again', async () => {
  await stack.down('nginx'); // open WebSockets end with it
  try {
    for (const person of Object.values(people)) await person.page.locator('#connection-banner').waitFor({ timeout: LIMIT });
  } finally {
    await stack.up('nginx');
  }
  await Promise.all(Object.values(people).map((person) => untilJoined(person, LIMIT)));
  await allHear(['Ann', 'Bob', 'Vic', 'Fox', 'Fay'], ['Ann', 'Bob', 'Fox']);
  for (const person of Object.values(people)) await person.leave();
});

test('people in an encrypted call hear each other without a picture', async () => {
  const meeting = await client.meeting({ endToEndEncryption: true });
  const key = `&key=${randomBytes(16).toString('base64url')}`;
  const url = async (name, role = 'publisher') => (await invite(name, role, meeting)) + key;
  await Promise.all([
    come('Eva', { camera: 'off', url: await url('Eva') }),
    come('Max', { browser: firefox, camera: 'off', url: await url('Max') }),
    come('Wim', { url: await url('Wim', 'subscriber') }),
  ]);
  await allHear(['Eva', 'Max', 'Wim'], ['Eva', 'Max']);
  await come('Kim', { browser: firefox, url: await url('Kim', 'subscriber') });
  await allHear(['Kim'], ['Eva', 'Max']);
});

test('sound that the browser blocks is turned on with a button, and nobody is shown as speaking before', async () => {
  // Blocked, except while the browser handles a click.
  const strict = await Firefox.start({ prefs: { 'media.autoplay.default': 1, 'media.autoplay.blocking_policy': 2 } });
  try {
    link = await client.meeting({});
    await come('Ina', { camera: 'off' });
    await come('Wes', { browser: strict, role: 'subscriber' });
    const { page } = people.Wes;
    await page.locator('#sound-banner').waitFor({ timeout: LIMIT });
    const state = tile(people.Wes, 'Ina').locator('.tile-state');
    const beeps = await packets(people.Wes);
    await until(async () => {
      assert.doesNotMatch(await state.textContent(), /speaking/);
      return (await packets(people.Wes)) > beeps + 100; // two seconds: at least one beep
    }, 'packets of sound', LIMIT);
    assert.deepEqual(await sounds(people.Wes), []);
    await press(people.Wes, 'Turn on the sound');
    await untilHeard(people.Wes, ['Ina']);
    await until(async () => /speaking/.test(await state.textContent()), 'Ina to be shown as speaking', LIMIT);
    assert.ok(await page.locator('#sound-banner').isHidden());
  } finally {
    await strict.close();
  }
});
