// A call that goes on: browsers and Janus are killed, networks are lost, pages are loaded again, people have two devices.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { createMeeting, enter, heading, join, linkOf, openInTab, press, reload, untilJoined } from './lib/page.mjs';
import { patience, sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const active = async (link) => (await client.attendees(link, '?active=true')).map(({ name }) => name).sort().join();
let browser;
let ann;
let links;
let link;

before(async () => {
  browser = await Browser.start();
  ann = await browser.person();
  links = await createMeeting(ann, client);
  link = linkOf(links.guest);
  await join(ann, 'Ann');
});
after(() => browser.close());

test('a browser that is killed: its person is lost within 2 s, and has left since then', async () => {
  const other = await Browser.start();
  const bob = await other.person();
  await enter(bob, links.guest, 'Bob');
  await ann.untilPlaying({ videos: 1 });
  await until(async () => (await active(link)) === 'Ann,Bob', 'both');
  await ann.page.evaluate(() => {
    window.markOfTest = new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('no mark on the tile')), 4000);
      const marked = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll('.tile-note')]).some((note) => !note.hidden && /Bob.* has lost the connection/.test(note.textContent));
      new MutationObserver(() => marked() && resolve(true)).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    });
    window.markOfTest.catch(() => {}); // it is asked for below
  });
  const killed = Date.now();
  other.kill();
  const told = async (type) => (await client.call('GET', `/session/${link}/events`)).body.events.find((one) => one.type === type && one.data.name === 'Bob');
  await until(() => told('attendee.lost'), 'Bob to be lost', 2000);
  await ann.page.evaluate(() => window.markOfTest);
  await until(async () => (await active(link)) === 'Ann', 'Bob to have left');
  const [row] = (await client.call('GET', `/session/${link}/attendance`)).body.filter(({ name }) => name === 'Bob');
  assert.equal(row.reason, 'left');
  assert.equal(row.left, (await told('attendee.lost')).at);
  assert.ok(Math.abs(Date.parse(row.left) - killed) < patience(2000), row.left);
  assert.equal(await ann.page.locator('#tiles > li.tile.lost').count(), 1, 'the tile stays for a while');
  await until(async () => (await ann.page.locator('#tiles > li.tile').count()) === 1, 'the tile to go', 35000);
  assert.match(await ann.page.locator('#alone-text').textContent(), /Bob.* has not come back yet/);
});

test('Janus killed: the call is back within 10 s, without anybody doing anything', async () => {
  const bob = await browser.person();
  await enter(bob, links.guest, 'Bob');
  await Promise.all([ann.untilPlaying({ videos: 1 }), bob.untilPlaying({ videos: 1 })]);
  const bobs = (await client.attendees(link, '?active=true')).find(({ name }) => name === 'Bob').attendee;
  assert.equal((await client.call('POST', `/session/${link}/attendees/${bobs}/mute`)).status, 204);
  await bob.page.locator('#forced-mute-banner').waitFor();
  const [janus] = stack.children('janus');
  process.kill(janus, 'SIGKILL');
  await until(() => stack.children('janus')[0] !== janus && stack.children('janus').length === 1, 'Janus to be started again');
  const restarted = Date.now();
  await until(async () => (await client.call('GET', '/health', { auth: null })).status === 200, 'Janus to answer');
  await Promise.all([ann.untilPlaying({ videos: 1, sounds: 0, limit: 10000 }), bob.untilPlaying({ videos: 1, limit: 10000 })]);
  assert.ok(Date.now() - restarted < patience(10000), `${Date.now() - restarted} ms`);
  await until(async () => (await active(link)) === 'Ann,Bob', 'both to be listed');
  // A muted person is still silent after that, and speaks by a press of the button.
  assert.equal(await bob.page.locator('#microphone-button').getAttribute('aria-pressed'), 'false');
  await press(bob, 'Mic');
  await ann.untilPlaying({ videos: 1 });
  await bob.leave();
  await until(async () => (await active(link)) === 'Ann', 'Bob to have left');
});

test('a page loaded again is the same person; the others see at once that a tab is closed', async () => {
  const bob = await browser.person();
  await enter(bob, links.guest, 'Bob');
  await until(async () => (await active(link)) === 'Ann,Bob', 'both');
  const identity = async () => (await client.attendees(link, '?active=true')).find(({ name }) => name === 'Bob')?.attendee;
  const before_ = await identity();
  assert.match(before_, /^guest-/);
  await reload(bob);
  await until(async () => (await identity()) === before_, 'Bob as himself');
  assert.equal((await client.attendees(link)).filter(({ attendee }) => attendee === before_).length, 1);
  const closed = Date.now();
  await bob.leave();
  await until(async () => (await active(link)) === 'Ann', 'Bob to have left', 2000);
  assert.ok(Date.now() - closed < patience(2000));
});

test('two devices of one person are one attendee with two connections', async () => {
  const { body } = await client.call('POST', `/session/${link}/invites`, { body: { name: 'Eve' } });
  const [one, two] = await Promise.all([browser.person(), browser.person()]);
  await Promise.all([enter(one, body.url), enter(two, body.url)]);
  const eve = async () => (await client.attendees(link)).filter(({ name }) => name === 'Eve');
  await until(async () => (await eve())[0]?.connections === 2, 'two connections');
  assert.equal((await eve()).length, 1);
  await ann.untilPlaying({ videos: 2 });
  await one.leave();
  await until(async () => (await eve())[0].connections === 1, 'one connection');
  assert.equal((await eve())[0].isDeleted, false);
  await two.leave();
  await until(async () => (await eve())[0].isDeleted, 'Eve to have left');
  const rows = (await client.call('GET', `/session/${link}/attendance`)).body.filter(({ name }) => name === 'Eve');
  assert.equal(rows.length, 1, 'one stay');
});

// As if the service gave tokens of so many milliseconds.
const tokensLast = (person, life) => person.page.route('**/token', async (route) => {
  const body = { ...JSON.parse(route.request().postData() || '{}'), expireTime: Date.now() + life };
  await route.fallback({ postData: JSON.stringify(body) });
});

test('a token that expires during the call is renewed: the call goes on', async () => {
  const bob = await browser.person();
  await tokensLast(bob, 12000);
  let asked = 0;
  bob.page.on('request', (request) => (asked += request.url().endsWith('/token') ? 1 : 0));
  await enter(bob, links.guest, 'Bob');
  await bob.untilPlaying({ videos: 1 });
  const joined = asked;
  await until(() => asked >= joined + 2, 'two renewals', 40000);
  await Promise.all([bob.untilPlaying({ videos: 1 }), ann.untilPlaying({ videos: 1 })]);
  assert.equal(await active(link), 'Ann,Bob');
  assert.equal((await client.call('GET', `/session/${link}/attendance`)).body.filter(({ name, left }) => name === 'Bob' && left === null).length, 1);
  bob.assertNoErrors();
  await bob.leave();
});

test('an invite that has expired: the call goes on and says for how long, and another link extends it', async () => {
  const bob = await browser.person();
  const expired = (await client.call('POST', `/j/${link}`, { body: { code: new URL(links.guest).hash.slice(1) }, auth: null })).body.token;
  let over = false;
  await bob.page.route(`**/session/${link}/**`, async (route) => {
    if (!over || route.request().headers().authorization !== `Bearer ${expired}`) await route.continue();
    else await route.fulfill({ status: 401, json: { error: { statusCode: 401, name: 'UnauthorizedError', message: 'expired' } } });
  });
  await tokensLast(bob, 30000);
  await enter(bob, links.guest, 'Bob');
  await ann.untilPlaying({ videos: 1 });
  over = true;
  const banner = bob.page.locator('#lasting-banner');
  await banner.waitFor();
  assert.match(await banner.textContent(), /You can stay until \d?\d:\d\d.*recording/);
  const later = { expireTime: Date.now() + 3 * 86400_000 };
  const { body } = await client.call('POST', `/session/${link}/invites`, { body: later });
  await openInTab(bob, body.url);
  await banner.waitFor({ state: 'hidden' });
  await Promise.all([ann.untilPlaying({ videos: 1 }), bob.untilPlaying({ videos: 1 })]);
  const stays = (await client.call('GET', `/session/${link}/attendance`)).body.filter(({ name, left }) => name === 'Bob' && left === null);
  assert.equal(stays.length, 1, 'the same stay');
  bob.assertNoErrors([/status of 401/]);
  await bob.leave();
});

test('the WebSocket lost: the page reconnects by itself and nobody is there twice', async () => {
  const bob = await browser.person();
  await enter(bob, links.guest, 'Bob');
  await ann.untilPlaying({ videos: 1 });
  // Open WebSockets end with nginx.
  await stack.without(['nginx'], () => bob.page.locator('#connection-banner').waitFor());
  await Promise.all([untilJoined(bob), untilJoined(ann)]);
  await Promise.all([ann.untilPlaying({ videos: 1 }), bob.untilPlaying({ videos: 1 })]);
  const present = async () => (await client.attendees(link, '?active=true')).map(({ name, connections }) => `${name} ${connections}`).sort().join();
  await until(async () => (await present()) === 'Ann 1,Bob 1', 'one connection each');
  await bob.leave();
});

test('the meeting ended over HTTP: the page says so', async () => {
  await client.call('PATCH', `/session/${link}/end`);
  await heading(ann, 'The meeting has ended');
  await press(ann, 'Start another meeting');
  await heading(ann, 'Start a meeting');
});
