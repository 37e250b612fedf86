// A person whose network dies says nothing any more: the others see it at once, and see later that the person has not come back.
// A machine that wakes from sleep is back in the call by itself.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { createMeeting, enter, join, linkOf, press, tile } from './lib/page.mjs';
import { patience, sharedStack, until } from './lib/stack.mjs';

const client = new Client(sharedStack());
let browser;
let far; // the browser of the person whose network dies
let thaw = () => {};

before(async () => {
  [browser, far] = await Promise.all([Browser.start(), Browser.start()]);
});
afterEach(async () => {
  thaw();
  thaw = () => {};
  await Promise.all([browser.closePages(), far.closePages()]);
});
after(() => Promise.all([browser.close(), far.close()]));

async function callOfTwo() {
  const [ann, bob] = await Promise.all([browser.person(), far.person()]);
  const links = await createMeeting(ann, client);
  await join(ann, 'Ann');
  await enter(bob, links.guest, 'Bob');
  await Promise.all([ann.untilPlaying({ videos: 1 }), bob.untilPlaying({ videos: 1 })]);
  return { ann, bob, link: linkOf(links.guest) };
}

const note = (person) => person.page.locator('#tiles .tile.lost .tile-note');
const quality = (person) => person.page.locator('#own-quality').getAttribute('data-quality');

test('a person whose network dies is marked within 4 s; the tile stays 30 s; then the page says who has not come back', async () => {
  const { ann } = await callOfTwo();
  await until(async () => (await quality(ann)) === 'good', 'a good connection');
  thaw = far.freeze();
  const frozen = Date.now();
  await note(ann).waitFor({ timeout: patience(4000) });
  const marked = Date.now() - frozen;
  assert.match(await note(ann).textContent(), /^\u2068Bob\u2069 has lost the connection$/);
  assert.ok(marked <= patience(4000), `${marked} ms`);
  console.log(`# marked after ${marked} ms`);
  await until(async () => (await quality(ann)) !== 'good', 'the mark to stop saying good', 4000);
  await inspect(ann, 'call-lost');
  assert.ok(await ann.page.locator('#alone').isHidden());
  const alone = ann.page.locator('#alone-text');
  await alone.waitFor({ timeout: patience(45000) });
  const gone = Date.now() - frozen;
  assert.ok(gone >= 29000, `the tile went after ${gone} ms`);
  assert.match(await alone.textContent(), /^\u2068Bob\u2069 has not come back yet\.$/);
  assert.equal(await tile(ann, 'Bob').count(), 0);
  await ann.page.setViewportSize({ width: 390, height: 844 });
  await until(() => ann.page.evaluate(() => {
    const top = Number.parseFloat(document.getElementById('notices').style.getPropertyValue('--notices-top'));
    return top >= document.getElementById('alone').getBoundingClientRect().bottom;
  }), 'messages to keep clear of these words');
  await inspect(ann, 'call-missing');
  thaw();
  thaw = () => {};
  await ann.untilPlaying({ videos: 1 });
  await alone.waitFor({ state: 'hidden' });
  ann.assertNoErrors();
});

test('a machine that wakes from sleep is back in the call within 5 s', async () => {
  const { ann, bob, link } = await callOfTwo();
  thaw = far.freeze();
  await note(ann).waitFor();
  // The gate has noticed it as well.
  const told = async () => (await client.call('GET', `/session/${link}/events`)).body.events.some(({ type }) => type === 'attendee.lost');
  await until(told, 'the gate to miss Bob', 40000);
  thaw();
  thaw = () => {};
  const woke = Date.now();
  await Promise.all([ann.untilPlaying({ videos: 1, limit: 5000 }), bob.untilPlaying({ videos: 1, limit: 5000 })]);
  console.log(`# back after ${Date.now() - woke} ms`);
  await note(ann).waitFor({ state: 'hidden' });
});

// As if the machine had slept so long: the clock has moved on, and the network of before leads nowhere.
function sleep() {
  const socket = window.socketOfTest;
  socket.send = () => {};
  socket.onmessage = null;
  const clock = Date.now;
  Date.now = () => clock() + 60000;
}

test('a machine that wakes in another network tries another WebSocket at once', async () => {
  const bob = await far.person();
  await bob.context.addInitScript(() => {
    window.WebSocket = class extends WebSocket {
      constructor(url, protocol) {
        super(url, protocol);
        window.socketOfTest = this;
      }
    };
    // The regular look every 5 s comes too late to be what finds it.
    const original = window.setInterval;
    window.setInterval = /** @type {any} */ ((act, time) => original(act, time === 5000 ? 600000 : time));
  });
  const { body } = await client.call('POST', `/session/${await client.meeting({})}/invites`, { body: { name: 'Bob' } });
  await enter(bob, body.url);
  await bob.page.evaluate(() => {
    window.lostOfTest = window.socketOfTest;
  });
  await bob.page.evaluate(sleep);
  await until(() => bob.page.evaluate(() => window.socketOfTest !== window.lostOfTest && window.socketOfTest.readyState === 1), 'another WebSocket', 3500);
});

test('who has switched off microphone and camera has not lost the connection, and who leaves has left', async () => {
  const { ann, bob } = await callOfTwo();
  await press(bob, 'Mic');
  await press(bob, 'Camera');
  await until(() => tile(ann, 'Bob').evaluate((one) => !one.classList.contains('pictured')), 'the picture to go');
  const packets = () => ann.page.evaluate(async () => {
    const reports = await Promise.all(window.peersOfTest.map((peer) => peer.getStats()));
    return Math.max(0, ...reports.flatMap((report) => [...report.values()]).filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio').map((one) => one.packetsReceived));
  });
  const before_ = await packets();
  await until(async () => (await packets()) > before_ + 300, 'six seconds of silence', 20000);
  assert.equal(await note(ann).count(), 0);
  await press(bob, 'Camera');
  await ann.untilPlaying({ videos: 1, sounds: 0 });
  assert.equal(await note(ann).count(), 0);
  await bob.leave();
  await until(async () => (await ann.page.locator('#alone-text').textContent()) === 'Everybody else has left.', 'the words');
});
