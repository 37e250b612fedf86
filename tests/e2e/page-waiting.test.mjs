// The waiting room on the page: what a person who waits sees, and what moderators see and do.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { firstMedia } from './lib/first-media.mjs';
import { inspect } from './lib/inspect.mjs';
import { connections } from './lib/janus.mjs';
import { confirm, createMeeting, enter, heading, isolated, join, knock as knockAs, linkOf, moderate, people, press, reload, tile, untilJoined } from './lib/page.mjs';
import { patience, sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
let browser;
let mo;
let links;
let link;

before(async () => {
  browser = await Browser.start();
});
after(async () => {
  await browser?.close();
  client.agent.destroy();
});
beforeEach(async () => {
  mo = await browser.person();
  links = await createMeeting(mo, client);
  link = linkOf(links.guest);
  await join(mo, 'Dr Meyer');
  await mo.page.evaluate(() => {
    window.saidOfTest = [];
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) for (const node of addedNodes) window.saidOfTest.push(node.textContent);
    }).observe(document.getElementById('announcer'), { childList: true });
  });
  await access('waitingRoom');
});
afterEach(() => browser.closePages());

const access = async (value) => assert.equal((await client.call('PATCH', `/session/${link}`, { body: { access: value } })).status, 204);
const waitingText = (person = mo) => person.page.locator('#waiting-text');
const said = () => mo.page.evaluate(() => window.saidOfTest);

// Somebody who waits.
async function knock(name, url = links.guest, person = undefined) {
  person ??= await browser.person();
  await knockAs(person, url, name);
  return person;
}

// The banner has this text soon.
const says = (text, limit = 2000) => until(async () => (await waitingText().textContent()) === text, text, limit);

test('a person waits: the page says so and since when, moderators see them within 2 s, and admit them with one click', async () => {
  const ann = await knock('Ann');
  const text = await ann.page.locator('#waiting').innerText();
  assert.match(text, /You are in the waiting room.*moderator.*must admit you.*waiting since \d?\d:\d\d/s);
  assert.ok(!(await ann.page.content()).includes('Meyer'), 'a name of the meeting');
  assert.ok(await ann.page.locator('#camera-select').isEnabled(), 'devices can be set up');
  await says(`${isolated('Ann')} is waiting.`);
  await until(async () => (await said()).some((line) => line === `${isolated('Ann')} is waiting to be admitted.`), 'screen readers to be told');
  assert.equal((await client.attendees(link, '?active=true')).length, 1);
  const clicked = Date.now();
  await press(mo, 'Admit');
  await untilJoined(ann);
  assert.ok(Date.now() - clicked < patience(2000), `${Date.now() - clicked} ms`);
  await Promise.all([mo, ann].map((one) => one.untilPlaying({ videos: 1 })));
  await waitingText().waitFor({ state: 'hidden' });
  ann.assertNoErrors();
  mo.assertNoErrors();
});

test('two people wait: all are admitted with one key press', async () => {
  const two = [await knock('Ann'), await knock('Bob')];
  await says('2 people are waiting.');
  await mo.page.locator('#admit-all').focus();
  await mo.page.keyboard.press('Enter');
  await Promise.all(two.map((one) => untilJoined(one)));
  await mo.untilPlaying({ videos: 2 });
});

test('three people who wait see and hear the call soon after they are admitted', async () => {
  await mo.page.close();
  const times = await firstMedia(browser, client, 3);
  assert.ok(Math.max(...times) < patience(3000), `${times.map(Math.round).join(', ')} ms`);
});

test('one of two is refused: their page says so, and the other one goes on waiting', async () => {
  const ann = await knock('Ann');
  const bob = await knock('Bob');
  await says('2 people are waiting.');
  await press(mo, 'Show who waits');
  await moderate(mo, 'Refuse', 'Ann');
  await heading(ann, 'You were not admitted');
  await says(`${isolated('Bob')} is waiting.`);
  assert.ok(await bob.page.locator('#waiting').isVisible());
  await moderate(mo, 'Admit', 'Bob');
  await untilJoined(bob);
  await moderate(mo, 'Readmit', 'Ann');
  await press(ann, 'Check again');
  await press(ann, 'Join');
  await untilJoined(ann);
});

test('a person who leaves the waiting room can come back to it; who was admitted comes back without waiting', async () => {
  const ann = await knock('Ann');
  await press(ann, 'Leave the waiting room');
  await ann.page.locator('#waiting').waitFor({ state: 'hidden' });
  await press(ann, 'Join');
  await ann.page.locator('#waiting').waitFor();
  await says(`${isolated('Ann')} is waiting.`);
  await press(mo, 'Admit');
  await untilJoined(ann);
  await reload(ann);
});

test('waiting goes on over a restart of nginx and of the gate', async () => {
  const ann = await knock('Ann');
  await says(`${isolated('Ann')} is waiting.`);
  await stack.without(['nginx'], async () => {});
  await stack.without(['gate'], async () => {});
  assert.ok(await ann.page.locator('#waiting').isVisible());
  await until(async () => (await waitingText().isVisible()), 'the moderator to see Ann');
  await press(mo, 'Admit');
  await untilJoined(ann);
});

test('a moderator says who may come in: a locked meeting says so, an open one needs no waiting', async () => {
  await people(mo);
  const select = mo.page.getByLabel('Who may come in');
  await until(async () => (await select.inputValue()) === 'waitingRoom', 'the change to be told');
  await select.selectOption('locked');
  await until(async () => (await client.call('GET', `/session/${link}`)).body.access === 'locked', 'the lock');
  const ann = await browser.person();
  await ann.page.goto(links.guest);
  await heading(ann, 'This meeting is locked');
  await select.selectOption('open');
  await until(async () => (await client.call('GET', `/session/${link}`)).body.access === 'open', 'the end of the lock');
  await press(ann, 'Check again');
  await join(ann, 'Ann');
  await mo.untilPlaying({ videos: 1 });
});

test('a removed moderator who comes back with the same link waits; the other moderators go on with it', async () => {
  await access('open');
  const eve = await browser.person();
  await enter(eve, links.own, 'Eve');
  await until(async () => (await (await people(mo)).count()) === 2, 'Eve to be in the list');
  await moderate(mo, 'Remove', 'Eve');
  await confirm(mo);
  await heading(eve, 'You were removed from this meeting');
  const again = await knock('Eve again', links.own);
  await says(`${isolated('Eve again')} is waiting.`);
  await press(mo, 'Admit');
  await untilJoined(again);
  await moderate(again, 'Mute', 'Dr Meyer');
  await mo.page.locator('#forced-mute-banner').waitFor();
});

test('the end of the meeting is told to who waits', async () => {
  const ann = await knock('Ann');
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  await heading(ann, 'This meeting has ended');
});

test('everybody who hears the call is in the list of people, those who only watch too', async () => {
  await access('open');
  const { body } = await client.call('POST', `/session/${link}/invites`, { body: { role: 'subscriber', name: 'Wim' } });
  const list = await people(mo);
  const wim = await browser.person();
  await enter(wim, body.url);
  const joined = Date.now();
  await list.filter({ hasText: 'Wim' }).getByText('Watching').waitFor();
  assert.ok(Date.now() - joined < patience(2000), `${Date.now() - joined} ms`);
  await wim.leave();
  await list.filter({ hasText: 'Wim' }).waitFor({ state: 'detached' });
});

test('a waiting person is told whether a moderator is there', async () => {
  const ann = await knock('Ann');
  const text = () => ann.page.locator('#waiting').innerText();
  await until(async () => (await text()).includes('A moderator of this meeting must admit you.'), 'the moderator to be there');
  await mo.leave();
  await until(async () => (await text()).includes('No moderator is in the meeting now.'), 'the moderator to have left');
  assert.match(await text(), /A moderator who comes sees that you wait.*waiting since/s);
  mo = await browser.person();
  await enter(mo, links.own, 'Dr Meyer');
  await until(async () => (await text()).includes('must admit you'), 'the moderator to be back');
  await says(`${isolated('Ann')} is waiting.`);
  assert.ok(!(await ann.page.content()).includes('Meyer'), 'a name of the meeting');
  await press(mo, 'Admit');
  await untilJoined(ann);
});

test('who must wait again during the call sees the waiting room, and comes back with the devices as they were', async () => {
  await access('open');
  const ann = await browser.person();
  await enter(ann, links.guest, 'Ann');
  await mo.untilPlaying({ videos: 1 });
  await press(ann, 'Camera');
  await until(async () => (await ann.page.locator('#camera-button').getAttribute('aria-pressed')) === 'false', 'the camera to be off');
  const { attendee } = (await client.attendees(link, '?active=true')).find(({ name }) => name === 'Ann');
  await stack.rows('UPDATE grants SET waiting_since = UTC_TIMESTAMP(3) WHERE attendee = ?', [attendee]);
  // Ann comes back when the gate has given her place up: she is new then.
  const isKept = async () => (await connections(client.base)).some((one) => one.attendee === attendee);
  await stack.without(['nginx'], () => until(async () => !(await isKept()), 'the gate to give her place up'));
  await ann.page.locator('#waiting').waitFor();
  assert.equal(await ann.page.locator('#preview-camera').getAttribute('aria-pressed'), 'false');
  assert.equal(await ann.page.locator('#preview-microphone').getAttribute('aria-pressed'), 'true');
  assert.match(await ann.page.locator('#waiting').innerText(), /You are in the waiting room/);
  await untilJoined(mo);
  assert.equal((await client.call('POST', `/session/${link}/attendees/${attendee}/admit`)).status, 204);
  await untilJoined(ann);
  assert.equal(await ann.page.locator('#camera-button').getAttribute('aria-pressed'), 'false');
  assert.equal(await ann.page.locator('#microphone-button').getAttribute('aria-pressed'), 'true');
  const state = tile(mo, 'Ann');
  await until(async () => !/microphone off/.test(await state.locator('.tile-state').textContent()), 'the microphone to be on');
  assert.ok(!(await state.getAttribute('class')).includes('pictured'), 'a picture');
});

test('a keyboard and a telephone are enough: to wait, to admit, to refuse, and to understand a refusal', async () => {
  const ann = await knock('Ann');
  assert.equal(await ann.page.evaluate(() => document.activeElement.id), 'waiting', 'the place of the keyboard');
  const visited = [];
  while (visited.length < 12 && visited.at(-1) !== 'waiting-stop') {
    await ann.page.keyboard.press('Tab');
    visited.push(await ann.page.evaluate(() => document.activeElement.id));
  }
  assert.equal(visited.at(-1), 'waiting-stop', visited.join());
  await inspect(ann, 'waiting');
  await says(`${isolated('Ann')} is waiting.`);
  await inspect(mo, 'waiting-banner');
  const bob = await knock('Bob');
  await says('2 people are waiting.');
  await people(mo);
  await inspect(mo, 'waiting-list');
  await mo.page.getByRole('button', { name: `Refuse: ${isolated('Ann')}` }).press('Enter');
  await heading(ann, 'You were not admitted');
  assert.equal(await ann.page.evaluate(() => document.activeElement.id), 'prejoin-notice-title');
  await inspect(ann, 'not-admitted');
  await mo.leave();
  await until(async () => (await bob.page.locator('#waiting').innerText()).includes('No moderator'), 'the moderator to have left');
  await inspect(bob, 'waiting-alone');
});
