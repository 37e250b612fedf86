// A call in browsers, through nginx and Janus: three people from the printed link to the end for all.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Page } from './lib/janus.mjs';
import { choose, confirm, createMeeting, enter, heading, inMenu, isolated, join, linkOf, moderate, openInTab, people, press, reload, tile } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const shot = (person, name) => process.env.CONFAB_E2E_SHOTS && person.page.screenshot({ path: `${process.env.CONFAB_E2E_SHOTS}/${name}.png` });
let browser;
let ann;
let bob;
let vic;
let links;
let link;
const active = async () => (await client.attendees(link, '?active=true')).map(({ name, role }) => `${name} ${role}`).sort();

// Of the sounds that a person sends: whether the microphone is on.
const sentSounds = ({ page }) =>
  page.evaluate(() => {
    const senders = window.peersOfTest.filter(({ connectionState }) => connectionState !== 'closed').flatMap((peer) => peer.getSenders());
    return senders.filter(({ track }) => track?.kind === 'audio').map(({ track }) => track.enabled);
  });

before(async () => {
  browser = await Browser.start();
  [ann, bob, vic] = await Promise.all([browser.person(), browser.person(), browser.person()]);
});
after(() => browser.close());

test('from the printed link to a call: a moderator, a guest and a person who watches see and hear each other', async () => {
  links = await createMeeting(ann, client, { watch: true });
  link = linkOf(links.guest);
  await join(ann, 'Ann');
  await Promise.all([enter(bob, links.guest, 'Bob'), enter(vic, links.watch, 'Vic')]);
  await Promise.all([ann.untilPlaying({ videos: 1 }), bob.untilPlaying({ videos: 1 }), vic.untilPlaying({ videos: 2 })]);
  await until(async () => (await active()).join() === 'Ann moderator,Bob publisher,Vic subscriber', 'all three to be listed');
  for (const person of [ann, bob, vic]) {
    const list = await people(person);
    await until(async () => (await list.count()) === 3, 'three in the list of people');
  }
  const elapsed = await ann.page.locator('#elapsed').textContent();
  assert.match(elapsed, /^\d+:\d\d$/);
  await shot(ann, 'call-three');
});

test('a person who watches has no microphone or camera to switch on, and cannot send with hand-made messages', async () => {
  for (const id of ['microphone-button', 'camera-button', 'screen-button']) assert.ok(await vic.page.locator(`#${id}`).isHidden(), id);
  const { body } = await client.call('POST', `/session/${link}/invites`, { body: { role: 'subscriber' } });
  const answer = (await client.call('POST', `/session/${link}/token`, { auth: `Bearer ${body.token}` })).body;
  const sly = new Page(answer);
  await sly.open();
  await sly.attach();
  assert.equal((await sly.join()).error?.code, 403);
  sly.kill();
  assert.ok(!(await inMenu(vic, 'record-button')));
  assert.equal(await (await people(vic)).getByRole('button').count(), 0);
});

test('the microphone and the camera are switched off, and others see it', async () => {
  await press(bob, 'Mic');
  await press(bob, 'Camera');
  const bobs = tile(ann, 'Bob');
  await until(async () => /microphone off/.test(await bobs.locator('.tile-state').textContent()), 'the mark of a microphone that is off');
  await until(async () => !(await bobs.getAttribute('class')).includes('pictured'), 'the picture to go');
  await press(bob, 'Mic');
  await press(bob, 'Camera');
  await ann.untilPlaying({ videos: 1 });
  await until(async () => !/microphone off/.test(await bobs.locator('.tile-state').textContent()), 'the mark to go');
});

test('a shared screen is seen by everybody, until it is stopped', async () => {
  await press(bob, 'Share screen');
  await Promise.all([ann.untilPlaying({ videos: 2, sounds: 1 }), vic.untilPlaying({ videos: 3, sounds: 2 })]);
  assert.equal(await ann.page.locator('#screens > li.tile').count(), 1);
  await shot(ann, 'call-screen');
  await press(bob, 'Stop sharing');
  await until(async () => (await ann.page.locator('#screens > li.tile').count()) === 0, 'the screen to go');
  await until(async () => (await active()).join() === 'Ann moderator,Bob publisher,Vic subscriber', 'all three to be in');
});

test('a moderator mutes a person, who is told and cannot be heard, and lets them speak again', async () => {
  await moderate(ann, 'Mute', 'Bob');
  await bob.page.locator('#forced-mute-banner').waitFor();
  assert.match(await bob.page.locator('#forced-mute-banner').textContent(), /A moderator has muted you/);
  await until(async () => /microphone off/.test(await tile(vic, 'Bob').locator('.tile-state').textContent()), 'the mark');
  // No more sound of Bob comes: the energy does not grow.
  const energy = async () => (await ann.received()).sounds.reduce((sum, one) => sum + one.energy, 0);
  await until(async () => {
    const earlier = await energy();
    await new Promise((resolve) => setTimeout(resolve, 2500)); // longer than between two of the device's beeps
    return (await energy()) === earlier;
  }, 'silence', 15000);
  const microphone = bob.page.locator('#microphone-button');
  assert.equal(await microphone.getAttribute('aria-pressed'), 'false');
  await microphone.press('Enter'); // aria-disabled: it says why
  await bob.page.getByText('You can speak again when a moderator lets you').waitFor();
  await moderate(ann, 'Let speak', 'Bob');
  await bob.page.locator('#forced-mute-banner').waitFor({ state: 'hidden' });
  // They may speak, but nobody can open another person's microphone.
  await bob.page.getByText('You may speak again').waitFor();
  assert.equal(await microphone.getAttribute('aria-pressed'), 'false');
  assert.deepEqual(await sentSounds(bob), [false]);
  await press(bob, 'Mic');
  assert.deepEqual(await sentSounds(bob), [true]);
  await ann.untilPlaying({ videos: 1 });
});

test('everybody knows who is muted, also after a page is loaded again', async () => {
  const offered = async (action) => (await people(ann)).getByRole('button', { name: `${action}: ${isolated('Bob')}`, exact: true }).waitFor();
  const microphone = bob.page.locator('#microphone-button');
  await moderate(ann, 'Mute', 'Bob');
  await bob.page.locator('#forced-mute-banner').waitFor();
  await offered('Let speak');
  // The moderator's new page has muted nobody, and sees that Janus enforces the mute.
  await reload(ann);
  await offered('Let speak');
  // Janus has forgotten it when Bob connects again; his page has not.
  await reload(bob);
  assert.equal(await microphone.getAttribute('aria-pressed'), 'false');
  await press(bob, 'Leave');
  await press(bob, 'Rejoin');
  await until(() => bob.page.locator('#preview-microphone').isVisible(), 'the preview');
  assert.match(await bob.page.locator('#prejoin-role').textContent(), /muted you/);
  await join(bob);
  assert.equal(await microphone.getAttribute('aria-pressed'), 'false');
  await offered('Mute');
  await press(bob, 'Mic');
  assert.equal(await microphone.getAttribute('aria-pressed'), 'true');
  await ann.untilPlaying({ videos: 1 });
  await reload(bob);
  assert.equal(await microphone.getAttribute('aria-pressed'), 'true', 'a mute that has ended is remembered');
});

test('a key that comes in a link to a call without encryption changes nothing', async () => {
  await openInTab(bob, `${links.guest}&key=${'A'.repeat(22)}`);
  await reload(bob);
  await ann.untilPlaying({ videos: 1 });
});

test('recording is seen by everybody while it goes on, and leaves an archive', async () => {
  await choose(ann, 'Record');
  for (const person of [ann, bob, vic]) await person.page.locator('#recording-mark').waitFor();
  const { items: [archive] } = (await client.call('GET', `/archives?meetingLinkId=${link}`)).body;
  assert.equal(archive.metaData.status, 'started');
  await shot(bob, 'call-recording');
  await choose(ann, 'Stop recording');
  for (const person of [ann, bob, vic]) await person.page.locator('#recording-mark').waitFor({ state: 'hidden' });
  const stopped = (await client.call('GET', `/archives/${archive.metaData.id}`)).body;
  assert.match(stopped.metaData.status, /^(stopped|processing|available)$/);
  assert.ok(stopped.metaData.size > 1000, `${stopped.metaData.size} bytes`);
});

test('a moderator removes a person, who cannot come back until readmitted', async () => {
  await moderate(ann, 'Remove', 'Bob');
  await confirm(ann);
  await heading(bob, 'You were removed from this meeting');
  await until(async () => (await active()).join() === 'Ann moderator,Vic subscriber', 'Bob to have left');
  await bob.page.locator('#rejoin-button').click();
  await heading(bob, 'You were removed from this meeting');
  await moderate(ann, 'Readmit', 'Bob');
  await bob.page.getByRole('button', { name: 'Check again' }).click();
  await join(bob);
  await ann.untilPlaying({ videos: 1 });
  const rows = (await client.call('GET', `/session/${link}/attendance`)).body.filter(({ name }) => name === 'Bob');
  assert.deepEqual(rows.map(({ reason }) => reason).slice(-2), ['removed', null], 'another stay');
  assert.equal(new Set(rows.map(({ identity }) => identity)).size, 1, 'one person');
});

test('the end for all: everybody is told, and the moderator sees who was there, and for how long', async () => {
  await press(ann, 'Leave');
  await ann.page.locator('#end-for-all').click();
  await confirm(ann);
  for (const person of [ann, bob, vic]) await heading(person, 'The meeting has ended');
  assert.deepEqual(await active(), []);
  const rows = ann.page.locator('#attendance-rows tr');
  await until(async () => (await rows.count()) >= 3, 'the attendance');
  await shot(ann, 'after');
  assert.ok(await bob.page.locator('#attendance').isHidden());
  const [download] = await Promise.all([ann.page.waitForEvent('download'), ann.page.locator('#download-attendance').click()]);
  assert.equal(download.suggestedFilename(), `attendance-${link}.csv`);
  const folder = mkdtempSync(path.join(tmpdir(), 'cf-csv-'));
  await download.saveAs(path.join(folder, 'attendance.csv'));
  const csv = readFileSync(path.join(folder, 'attendance.csv'), 'utf8').split('\r\n');
  rmSync(folder, { recursive: true });
  assert.equal(csv[0], '\uFEFF"identity","name","role","joined","left","seconds","reason"');
  assert.ok(csv.some((row) => /,"Vic","subscriber",.*,"ended"$/.test(row)), csv.join('\n'));
});

test('nothing went wrong in any page', () => {
  for (const person of [ann, bob, vic]) person.assertNoErrors([/status of 40[03]/, /rtc.*(failed|closed)/i]);
});
