// Calls of 2, 4, 9 and 16 people on the page as people see it, and a meeting that 300 people watch. One person is in a real browser;
// the other people send or watch without a browser.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Page } from './lib/janus.mjs';
import { enter, people, untilJoined } from './lib/page.mjs';
import { Sender } from './lib/sender.mjs';
import { patience, sharedStack, until } from './lib/stack.mjs';

const FEW = 4; // their cameras send all sizes
const CROWD = 12; // with more people nobody sends packets of silence
const WATCHERS = 300;
const AT_ONCE = 20; // that come
const LISTED = 15000; // ms: by events. The page looks for events that it has missed every 30 s
const client = new Client(sharedStack());
let browser;
let watchers = [];

before(async () => {
  browser = await Browser.start();
});
afterEach(async () => {
  Sender.leaveAll();
  for (const watcher of watchers) watcher.kill();
  watchers = [];
  await browser.closePages();
});
after(() => {
  Sender.end();
  return browser.close();
});

// A microphone that hears nothing. Runs in the page before its own scripts.
function silentMicrophone() {
  if (!isSecureContext) return;
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
    const stream = video ? await original({ video }) : new MediaStream();
    window.silence ??= new AudioContext();
    const microphone = window.silence.createMediaStreamDestination();
    const nothing = new ConstantSourceNode(window.silence, { offset: 0 });
    nothing.connect(microphone);
    nothing.start();
    if (audio) stream.addTrack(microphone.stream.getAudioTracks()[0]);
    return stream;
  };
}

async function comes(link, name, role) {
  const person = await browser.person();
  await person.context.addInitScript(silentMicrophone);
  const { body } = await client.call('POST', `/session/${link}/invites`, { body: { role, name } });
  await enter(person, body.url);
  await untilJoined(person);
  await person.page.evaluate(() => window.silence?.resume()); // it stood still before the first click
  return person;
}

// The tiles that are shown with a picture: name -> frames so far.
const framesOf = ({ page }) => page.evaluate(() => {
  const tiles = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('#tiles > .tile.live')]).filter((tile) => tile.checkVisibility());
  return Object.fromEntries(tiles.map((tile) => [tile.querySelector('.tile-name').textContent, tile.querySelector('video').getVideoPlaybackQuality().totalVideoFrames]));
});

// Packets of sound that a page sends in a second.
async function soundPackets({ page }) {
  const sent = () => page.evaluate(async () => {
    let packets = 0;
    for (const peer of window.peersOfTest)
      for (const stats of (await peer.getStats()).values()) if (stats.type === 'outbound-rtp' && stats.kind === 'audio') packets += stats.packetsSent;
    return packets;
  });
  const [first, started] = [await sent(), performance.now()];
  await until(() => performance.now() - started > 3000, 'three seconds');
  return ((await sent()) - first) * 1000 / (performance.now() - started);
}

for (const count of [2, 4, 9, 16]) {
  test(`a call of ${count}: every picture is there and moves`, async (t) => {
    const link = await client.meeting({});
    const names = Array.from({ length: count - 1 }, (_, i) => `Person ${i + 1}`);
    for (const [i, name] of names.entries()) await Sender.join(client, link, name, { speaks: i === 0, layers: count <= FEW ? [0, 1, 2] : [0, 1] });
    const started = performance.now();
    const ann = await comes(link, 'Ann', 'publisher');
    const first = await until(async () => {
      const frames = await framesOf(ann);
      return names.every((name) => frames[name] > 0) && frames;
    }, 'all pictures', 30000);
    const came = Math.round(performance.now() - started);
    await until(async () => {
      const frames = await framesOf(ann);
      return names.every((name) => frames[name] > first[name] + 24);
    }, 'all pictures to move', 30000);
    const sound = await soundPackets(ann);
    t.diagnostic(`all pictures ${came} ms after the link was opened; ${sound.toFixed(0)} packets of silence a second`);
    if (count > CROWD) assert.ok(sound < 20, `${sound} packets of silence a second`);
    else assert.ok(sound > 30, `${sound}`);
    assert.equal(await (await people(ann)).count(), count);
    ann.assertNoErrors();
  });
}

test('300 people watch: the moderator has them all in the list by events, and sees them go', async (t) => {
  const link = await client.meeting({});
  const ann = await comes(link, 'Ann', 'moderator');
  await people(ann);
  const lists = [];
  ann.page.on('request', (request) => request.url().includes('/attendees') && lists.push(request.url()));
  const count = () => ann.page.locator('#people-count').textContent();
  const watch = async (i) => {
    const watcher = await Page.watch(await client.token(link, { name: `Watcher ${i}`, data: `watcher-${i}`, role: 'subscriber' }));
    watchers.push(watcher);
  };
  const started = performance.now();
  for (let i = 0; i < WATCHERS; i += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, (_, k) => watch(i + k)));
  const came = performance.now();
  await until(async () => (await count()) === `(${WATCHERS + 1})`, 'all people in the list', LISTED);
  const listed = performance.now();
  const asked = lists.length;
  for (const watcher of watchers.splice(0, 100)) watcher.kill();
  await until(async () => (await count()) === `(${WATCHERS + 1 - 100})`, 'a hundred to go', LISTED);
  t.diagnostic(`came in ${Math.round(came - started)} ms, in the list ${Math.round(listed - came)} ms after the last one; ${asked} requests for lists; gone after ${Math.round(performance.now() - listed)} ms`);
  assert.ok(asked <= 3 + (patience(listed - started)) / 30000, `${asked} requests for lists: ${lists.slice(0, 3)}`);
  ann.assertNoErrors();
});
