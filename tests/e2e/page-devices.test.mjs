// Cameras and microphones before the call that cannot be opened, are unplugged, or wait for the person's permission.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { heading, join, openInTab, press, untilJoined } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const client = new Client(sharedStack());
let browser;

before(async () => {
  browser = await Browser.start();
});
afterEach(() => browser.closePages());
after(() => browser.close());

// Runs in the page before its own scripts: remembers the tracks that were opened; while `cameraAsks` is set, the browser
// asks about a camera and waits for `answerOfTest`.
function rememberDevices() {
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.openedOfTest = [];
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    if (constraints.video && window.cameraAsks)
      await new Promise((resolve) => {
        window.answerOfTest = resolve;
      });
    const stream = await original(constraints);
    window.openedOfTest.push(...stream.getTracks());
    return stream;
  };
}

async function open() {
  const person = await browser.person();
  await person.context.addInitScript(rememberDevices);
  const link = await client.meeting({});
  await person.page.goto((await client.call('POST', `/session/${link}/invites`, { body: { name: 'Bob' } })).body.url);
  await heading(person, 'Join the meeting');
  await until(() => person.page.locator('#preview-video').evaluate(({ videoWidth }) => videoWidth > 0), 'a preview');
  return person;
}

const isOn = async ({ page }, id) => (await page.locator(id).getAttribute('aria-pressed')) === 'true';
// As if a device was unplugged, or no longer allowed; the event may come later.
const unplug = ({ page }, kind, tell = true) =>
  page.evaluate(([wanted, told]) => {
    for (const track of window.openedOfTest.filter((one) => one.kind === wanted)) {
      track.stop();
      if (told) track.dispatchEvent(new Event('ended'));
    }
  }, [kind, tell]);

test('joining without camera and microphone takes neither, also when one of them is open already', async () => {
  const bob = await open();
  const { page } = bob;
  await page.locator('#preview-camera').click(); // off
  await page.evaluate(() => {
    window.cameraAsks = true;
  });
  await page.locator('#preview-camera').click(); // the browser asks
  assert.ok(await isOn(bob, '#preview-microphone'));
  await press(bob, 'Join'); // which waits for the answer
  await press(bob, 'Join without camera and microphone');
  await untilJoined(bob);
  assert.ok(!(await isOn(bob, '#microphone-button')));
  assert.deepEqual(await page.evaluate(() => window.openedOfTest.filter(({ readyState }) => readyState === 'live').length), 0);
  await press(bob, 'Mic');
  await until(() => isOn(bob, '#microphone-button'), 'the microphone to be on');
  await press(bob, 'Leave');
  await press(bob, 'Rejoin');
  await until(() => page.locator('#join-button').isEnabled(), 'the button');
  bob.assertNoErrors();
});

test('while the browser asks about the camera one can join without it, also after another microphone was chosen', async () => {
  const bob = await open();
  const { page } = bob;
  await page.locator('#preview-camera').click(); // off
  await page.evaluate(() => {
    window.cameraAsks = true;
  });
  await page.locator('#preview-camera').click(); // the browser asks
  await press(bob, 'Join'); // which waits for the answer
  const microphones = page.locator('#microphone-select');
  const opened = await page.evaluate(() => window.openedOfTest.length);
  await microphones.selectOption({ index: (await microphones.locator('option').count()) - 1 });
  await until(() => page.evaluate((before_) => window.openedOfTest.length > before_, opened), 'the other microphone');
  await press(bob, 'Join without camera and microphone');
  await untilJoined(bob);
});

const liveCameras = ({ page }) => page.evaluate(() => window.openedOfTest.filter(({ kind, readyState }) => kind === 'video' && readyState === 'live').length);

test('before the call and in it, a click while the camera is being opened means off, and the last click counts', async () => {
  const bob = await open();
  const { page } = bob;
  const isBusy = async (id) => (await page.locator(id).getAttribute('aria-busy')) === 'true';
  await page.locator('#preview-camera').click(); // off
  await page.evaluate(() => {
    window.cameraAsks = true;
  });
  await page.locator('#preview-camera').click(); // the browser asks
  assert.ok(await isBusy('#preview-camera'));
  assert.equal(await page.locator('#preview-off').textContent(), 'Waiting for your camera…');
  await inspect(bob, 'camera-opening');
  await page.locator('#preview-camera').click();
  assert.ok(!(await isBusy('#preview-camera')));
  assert.equal(await page.locator('#preview-off').textContent(), 'Your camera is off');
  const opened = () => page.evaluate(() => window.openedOfTest.length);
  const before_ = await opened();
  await page.evaluate(() => window.answerOfTest('granted'));
  await until(async () => (await opened()) > before_, 'the camera to be opened');
  await until(async () => (await liveCameras(bob)) === 0, 'the camera to be closed');
  await join(bob);
  assert.ok(!(await isOn(bob, '#camera-button')));
  await press(bob, 'Camera'); // the browser asks
  assert.ok(await isBusy('#camera-button'));
  await inspect(bob, 'camera-opening-in-call');
  await press(bob, 'Camera');
  assert.ok(!(await isBusy('#camera-button')));
  await page.evaluate(() => window.answerOfTest('granted'));
  await until(async () => (await opened()) > before_ + 1 && (await liveCameras(bob)) === 0, 'the camera to be closed');
  assert.ok(!(await isOn(bob, '#camera-button')));
  await page.evaluate(() => {
    window.cameraAsks = false;
  });
  await press(bob, 'Camera');
  await until(() => isOn(bob, '#camera-button'), 'the camera');
  bob.assertNoErrors();
});

test('who has switched the camera off in the call finds it off before the next one', async () => {
  const bob = await open();
  await join(bob);
  await press(bob, 'Camera');
  await until(async () => !(await isOn(bob, '#camera-button')), 'the camera to be off');
  await press(bob, 'Leave');
  const opened = () => bob.page.evaluate(() => window.openedOfTest.length);
  const before_ = await opened();
  await press(bob, 'Rejoin');
  await until(async () => (await opened()) > before_, 'a device to be opened');
  await until(() => isOn(bob, '#preview-microphone'), 'the microphone');
  assert.ok(!(await isOn(bob, '#preview-camera')));
  assert.equal(await liveCameras(bob), 0);
});

test('while the browser asks, nothing is shown as on, and one can join without devices', async () => {
  const bob = await browser.person();
  await bob.context.addInitScript(rememberDevices);
  await bob.context.addInitScript(() => {
    window.cameraAsks = true;
  });
  const link = await client.meeting({});
  await bob.page.goto((await client.call('POST', `/session/${link}/invites`, { body: { name: 'Bob' } })).body.url);
  await bob.page.locator('#join-without').waitFor();
  for (const id of ['#preview-microphone', '#preview-camera']) assert.ok(!(await isOn(bob, id)), id);
  await press(bob, 'Join without camera and microphone');
  await untilJoined(bob);
  assert.ok(!(await isOn(bob, '#microphone-button')));
  // Nothing of that is left on the screen of a person who only watches.
  const { body } = await client.call('POST', `/session/${await client.meeting({})}/invites`, { body: { role: 'subscriber' } });
  await press(bob, 'Leave');
  await heading(bob, 'You have left the call');
  await openInTab(bob, body.url);
  await heading(bob, 'Join the meeting');
  assert.ok(await bob.page.locator('#join-without').isHidden());
});

// As if the browser asked about the camera and got no answer; the person has joined without devices.
async function withoutDevices(access) {
  const bob = await browser.person();
  await bob.context.addInitScript(rememberDevices);
  await bob.context.addInitScript(() => {
    window.cameraAsks = true;
  });
  const link = await client.meeting({});
  assert.equal((await client.call('PATCH', `/session/${link}`, { body: { access } })).status, 204);
  await bob.page.goto((await client.call('POST', `/session/${link}/invites`, { body: { name: 'Bob' } })).body.url);
  await press(bob, 'Join without camera and microphone');
  return bob;
}

const DEVICES = ['#devices-pending', '#preview', '#device-fields'];
const visible = async ({ page }, ids) => (await Promise.all(ids.map(async (id) => ((await page.locator(id).isVisible()) ? id : '')))).filter(Boolean).join();

test('who joins without devices and must wait sees none of them, and has them again after leaving the waiting room', async () => {
  const bob = await withoutDevices('waitingRoom');
  await bob.page.locator('#waiting').waitFor();
  assert.equal(await visible(bob, DEVICES), '');
  await inspect(bob, 'waiting-without-devices');
  await press(bob, 'Leave the waiting room');
  await bob.page.locator('#join-without').waitFor();
  assert.equal(await visible(bob, DEVICES), DEVICES.join());
  assert.equal(await bob.page.locator('#preview-off').textContent(), 'Waiting for your camera…');
  bob.assertNoErrors();
});

test('a page that goes back into a call without devices shows none of them', async () => {
  const bob = await withoutDevices('open');
  const { page } = bob;
  await untilJoined(bob);
  let asked = 0;
  const away = (route) => {
    asked += 1;
    return asked === 1 ? route.continue() : route.fulfill({ status: 503, json: { error: { statusCode: 503, name: 'ServiceUnavailableError', message: 'away' } } });
  };
  await page.route('**/token', away);
  await page.reload();
  await page.getByText('The service is not answering.').waitFor();
  assert.equal(await visible(bob, DEVICES), '');
  await page.unroute('**/token', away);
  await untilJoined(bob);
});

test('when the browser has its answer, the keyboard goes on at Join', async () => {
  const bob = await browser.person();
  const { page } = bob;
  await bob.context.addInitScript(askForDevices);
  await page.goto((await client.call('POST', `/session/${await client.meeting({})}/invites`, { body: { name: 'Bob' } })).body.url);
  await page.locator('#devices-pending').waitFor();
  await page.locator('#join-without').focus();
  await until(() => page.evaluate(() => Boolean(window.answerOfTest)), 'the question');
  await page.evaluate(() => window.answerOfTest('granted'));
  await page.locator('#devices-pending').waitFor({ state: 'hidden' });
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'join-button');
});

test('a device that is gone before the call is named, and can be opened again', async () => {
  const bob = await open();
  const { page } = bob;
  await unplug(bob, 'audio');
  await until(async () => !(await isOn(bob, '#preview-microphone')), 'the microphone to be off');
  assert.match(await page.locator('#device-notice-text').textContent(), /microphone is gone/);
  assert.ok(await page.locator('#level').isHidden());
  await press(bob, 'Try devices again');
  await until(() => isOn(bob, '#preview-microphone'), 'the microphone to be back');
  assert.ok(await page.locator('#device-notice').isHidden());
  await unplug(bob, 'audio', false);
  await join(bob);
  assert.ok(!(await isOn(bob, '#microphone-button')), 'a dead microphone is shown as on');
  await press(bob, 'Mic');
  await until(() => isOn(bob, '#microphone-button'), 'the microphone to be on');
  assert.ok(await isOn(bob, '#camera-button'));
});

/** @type {Record<string, [string | undefined, RegExp, RegExp]>} */
const AGENTS = {
  'Chromium on a desktop': [undefined, /"Allow" in the small window at the top left/, /left end of the address bar/],
  'an Android phone': ['Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36', /"While using the app"/, /your phone's settings, then Apps/],
  'an iPhone': ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1', /^Tap "Allow"/, /"Website Settings"/],
  'Safari on a Mac': ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15', /in the middle of the page/, /"Settings for This Website"/],
  'Firefox on a desktop': ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', /"Allow" in the small window/, /remove "Blocked"/],
};

// Runs in the page before its own scripts: the browser asks for devices; `answerOfTest(allows)` is the person's answer.
function askForDevices() {
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let state = 'prompt';
  navigator.permissions.query = async () => /** @type {PermissionStatus} */ ({ state });
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    if (state === 'prompt') state = await new Promise((resolve) => {
      window.answerOfTest = resolve;
    });
    if (state === 'denied') throw new DOMException('refused', 'NotAllowedError');
    return original(constraints);
  };
}

for (const [name, [userAgent, ask, undo]] of Object.entries(AGENTS)) {
  test(`the browser's question, and how to undo a refusal, are explained for ${name}`, async () => {
    const bob = await browser.person({ userAgent });
    const { page } = bob;
    await bob.context.addInitScript(askForDevices);
    await page.goto((await client.call('POST', `/session/${await client.meeting({})}/invites`, { body: { name: 'Bob' } })).body.url);
    await page.locator('#devices-pending').waitFor();
    await until(async () => /asks/.test(await page.locator('#pending-title').textContent()), 'the question to be explained');
    assert.match(await page.locator('#pending-help').textContent(), ask);
    assert.equal(await page.locator('#preview-off').textContent(), 'Waiting for your camera…');
    if (!userAgent) await inspect(bob, 'permission-asked');
    await page.evaluate(() => window.answerOfTest('denied'));
    await page.locator('#device-notice').waitFor();
    assert.match(await page.locator('#device-notice-text').textContent(), undo);
    await page.locator('#devices-pending').waitFor({ state: 'hidden' });
    assert.equal(await page.locator('#preview-off').textContent(), 'Your camera is off');
    if (!userAgent) await inspect(bob, 'permission-refused');
  });
}
