// A call with the keyboard alone: single keys, the space bar to speak, the list of keys.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { microphoneOf, writeVoice } from './lib/microphone.mjs';
import { choose, createMeeting, enter, join, moderate, press, tile, untilJoined } from './lib/page.mjs';
import { patience, sharedStack, sleep, until } from './lib/stack.mjs';

const HINT = /Nobody hears you: your microphone is off/;
const client = new Client(sharedStack());
const folder = mkdtempSync(path.join(tmpdir(), 'cf-voice-'));
/** @type {Browser} */
let browser;

before(async () => {
  browser = await Browser.start({ flags: [microphoneOf(writeVoice(`${folder}/voice.wav`, 0.5))] });
});
afterEach(() => browser.closePages());
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

const isOn = async ({ page }, id) => (await page.locator(id).getAttribute('aria-pressed')) === 'true';
const microphoneIs = (person, on) => until(async () => (await isOn(person, '#microphone-button')) === on, `the microphone to be ${on ? 'on' : 'off'}`);
// The call's title has the focus, as after joining.
const away = ({ page }) => page.locator('#call-title').focus();

async function alone(of = browser) {
  const ann = await of.person();
  await createMeeting(ann, client);
  await join(ann, 'Ann');
  await away(ann);
  return ann;
}

// Whether the sound that the page sends is on: a disabled track sends silence.
const sends = ({ page }) =>
  page.evaluate(() => window.peersOfTest.filter(({ connectionState }) => connectionState !== 'closed')
    .flatMap((peer) => peer.getSenders()).some(({ track }) => track?.kind === 'audio' && track.enabled && track.readyState === 'live'));

test('the space bar speaks while it is held, and not longer', async () => {
  const ann = await alone();
  const { page } = ann;
  await page.keyboard.press('m');
  await microphoneIs(ann, false);
  await page.keyboard.down(' ');
  await microphoneIs(ann, true);
  assert.ok(await sends(ann));
  await page.keyboard.down(' '); // the key repeats
  await page.keyboard.up(' ');
  await microphoneIs(ann, false);
  assert.ok(!(await sends(ann)));
  // The window loses the keyboard while the key is held.
  await page.keyboard.down(' ');
  await microphoneIs(ann, true);
  await page.evaluate(() => dispatchEvent(new Event('blur')));
  await microphoneIs(ann, false);
  await page.keyboard.up(' ');
  // On a button it presses that, in a field it is a blank, in a dialog it is the dialog's.
  await page.locator('#more-button').focus();
  await page.keyboard.press(' ');
  await page.locator('#devices-button').click();
  await page.locator('#devices-dialog').waitFor();
  await page.locator('#call-microphone-select').focus();
  await page.keyboard.down(' ');
  assert.ok(!(await isOn(ann, '#microphone-button')));
  ann.assertNoErrors();
});

test('after a click on Mic the space bar speaks while it is held; after Tab it presses the button', async () => {
  const ann = await alone();
  const { page } = ann;
  for (const id of ['#microphone-button', '#camera-button']) {
    await page.locator(id).click();
    await until(async () => !(await isOn(ann, id)), `${id} to be off`);
  }
  for (const id of ['#camera-button', '#microphone-button']) {
    await page.locator(id).focus();
    await page.keyboard.down(' ');
    await microphoneIs(ann, true);
    await page.keyboard.up(' ');
    await microphoneIs(ann, false);
    assert.ok(!(await sends(ann)));
    assert.ok(!(await isOn(ann, '#camera-button')), 'the camera');
  }
  await page.keyboard.press('Tab');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press(' ');
  await microphoneIs(ann, true);
  assert.ok(await sends(ann), 'the microphone is on for good');
  ann.assertNoErrors();
});

test('the space bar does nothing when a moderator has muted the person', async () => {
  const mo = await browser.person();
  const links = await createMeeting(mo, client);
  await join(mo, 'Mo');
  const bob = await browser.person();
  await enter(bob, links.guest, 'Bob');
  await until(() => tile(mo, 'Bob').count(), 'Bob');
  await away(bob);
  await bob.page.keyboard.press('m');
  await microphoneIs(bob, false);
  await bob.page.keyboard.down(' ');
  await microphoneIs(bob, true);
  await moderate(mo, 'Mute', 'Bob');
  await microphoneIs(bob, false);
  await bob.page.keyboard.up(' ');
  await away(bob);
  await bob.page.keyboard.down(' ');
  assert.ok(!(await sends(bob)));
  assert.ok(!(await isOn(bob, '#microphone-button')));
  await bob.page.keyboard.up(' ');
});

test('a person who speaks while the microphone is off sees it within 1.5 s, and is not heard', async () => {
  const ann = await alone();
  const { page } = ann;
  assert.equal(await page.getByText(HINT).count(), 0, 'told while the microphone is on');
  await page.keyboard.press('m');
  await microphoneIs(ann, false);
  const began = Date.now();
  await page.getByText(HINT).waitFor();
  const ms = Date.now() - began;
  assert.ok(ms <= patience(1500), `${ms} ms`);
  assert.ok(!(await sends(ann)));
  assert.match((await page.getByText(HINT).textContent()) ?? '', /press Mic, or hold the space bar/);
  await inspect(ann, 'muted-speech');
});

test('a person who has switched single keys off is not told of the space bar', async () => {
  const ann = await alone();
  const { page } = ann;
  await choose(ann, 'Devices');
  await page.getByLabel('Single keys work in the call').uncheck();
  await page.locator('#close-devices').click();
  await press(ann, 'Mic');
  await page.getByText(HINT).waitFor();
  assert.match((await page.getByText(HINT).textContent()) ?? '', /To speak, press Mic\.$/);
});

test('in silence there is no message', async () => {
  const quiet = await Browser.start({ flags: [microphoneOf(writeVoice(`${folder}/silence.wav`, 0))] });
  try {
    const ann = await alone(quiet);
    await ann.page.keyboard.press('m');
    await microphoneIs(ann, false);
    await sleep(4000); // nothing shows that nothing happens
    assert.equal(await ann.page.getByText(HINT).count(), 0);
  } finally {
    await quiet.close();
  }
});

test('a question mark shows all keys; switched off they do nothing but that list and Escape', async () => {
  const ann = await alone();
  const { page } = ann;
  await page.keyboard.press('?');
  await page.locator('#keys-dialog').waitFor();
  const keys = await page.locator('#keys-list kbd').allTextContents();
  assert.deepEqual(keys, ['M', 'Space', 'V', 'F', 'Page down', 'Page up', 'Esc', '?']);
  await page.keyboard.press('m'); // the dialog's
  assert.ok(await isOn(ann, '#microphone-button'));
  await inspect(ann, 'keys');
  await page.keyboard.press('Escape');
  await away(ann);
  await page.locator('#people-button').click();
  await page.locator('#people-panel').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#people-panel').waitFor({ state: 'hidden' });
  await choose(ann, 'Devices');
  await page.getByLabel('Single keys work in the call').uncheck();
  await page.getByRole('button', { name: 'Show all keys' }).click();
  await page.locator('#keys-off').waitFor();
  await page.locator('#close-keys').click();
  await page.locator('#close-devices').click();
  await away(ann);
  await page.keyboard.press('m');
  await page.keyboard.press('v');
  assert.ok((await isOn(ann, '#microphone-button')) && (await isOn(ann, '#camera-button')));
});

test('where a message goes together with its button, the keyboard goes on beside it', async () => {
  const ann = await alone();
  const { page } = ann;
  const focusIs = (id) => until(() => page.evaluate((wanted) => document.activeElement?.id === wanted, id), `${id} to have the focus`);
  await page.locator('#screen-button').press('Enter');
  await page.locator('#stop-sharing').waitFor();
  await page.locator('#stop-sharing').press('Enter');
  await focusIs('screen-button');
  await page.evaluate(() => {
    const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
    navigator.mediaDevices.enumerateDevices = async () => [
      ...(await list()), { label: 'Headset', groupId: 'g', kind: 'audiooutput', deviceId: 'headset', toJSON: () => ({}) }];
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
  });
  await page.locator('#keep-device').waitFor();
  await page.locator('#keep-device').press('Enter');
  await focusIs('more-button');
  ann.assertNoErrors();
});

// Presses Tab until the element has the focus.
async function tabTo({ page }, id) {
  for (let i = 0; i < 80; i += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.id === wanted, id)) return;
  }
  assert.fail(`Tab does not reach ${id}`);
}

test('a whole call with the keyboard alone', async () => {
  const bob = await browser.person();
  const { page } = bob;
  const link = await client.meeting({});
  await page.goto((await client.call('POST', `/session/${link}/invites`, { body: {} })).body.url);
  await until(() => page.evaluate(() => document.activeElement?.id === 'name-input'), 'the name to have the focus');
  await page.keyboard.type('Bob M V');
  await tabTo(bob, 'test-call');
  await page.keyboard.press('Enter');
  await page.locator('#call-test-verdicts li').first().waitFor({ timeout: patience(10000) });
  await tabTo(bob, 'join-button');
  await until(() => page.locator('#join-button').isEnabled(), 'the devices');
  await page.keyboard.press('Enter');
  await untilJoined(bob);
  await page.keyboard.press('v');
  await until(async () => !(await isOn(bob, '#camera-button')), 'the camera to be off');
  await tabTo(bob, 'more-button');
  await page.keyboard.press('Enter');
  await page.keyboard.press('d'); // the first letter of Devices
  await until(() => page.evaluate(() => document.activeElement?.id === 'devices-button'), 'the item to have the focus');
  await page.keyboard.press('Enter');
  await page.locator('#devices-dialog').waitFor();
  await page.keyboard.press('Escape');
  await tabTo(bob, 'people-button');
  await page.keyboard.press('Enter');
  await page.locator('#people-panel').waitFor();
  await page.keyboard.press('Escape');
  await tabTo(bob, 'leave-button');
  await page.keyboard.press('Enter');
  await page.locator('#after-screen').waitFor();
  bob.assertNoErrors();
});
