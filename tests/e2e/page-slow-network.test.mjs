// A call through a network that is slow, loses packets, is far away, or is gone for a while.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Relay } from './lib/relay.mjs';
import { Sender } from './lib/sender.mjs';
import { patience, sharedStack, sleep, until } from './lib/stack.mjs';
import { LARGE, pictures, show, untilWide, viewer, widthOf } from './lib/viewer.mjs';

const client = new Client(sharedStack());
let browser;
let relay;

before(async () => {
  browser = await Browser.start();
});
afterEach(async () => {
  Sender.leaveAll();
  await browser.closePages();
  relay?.close();
  relay = undefined;
});
after(() => {
  Sender.end();
  return browser.close();
});

// A call of a sender and somebody who sees them large, through the relay.
async function call() {
  const link = await client.meeting({});
  const ann = await Sender.join(client, link, 'Ann', { speaks: true });
  const vic = await viewer(browser, client, link, { through: relay });
  await show(vic, [[ann.id, LARGE]]);
  await untilWide(vic, ann.id, 1280, 10000);
  assert.ok(relay.passed > 0, 'the call does not go through the relay');
  return { ann, vic };
}

// Longest time without a new frame, over `ms`.
async function stalls(person, id, ms) {
  let longest = 0;
  let { frames } = (await pictures(person))[id] ?? { frames: 0 };
  let at = performance.now();
  for (const end = at + ms; performance.now() < end;) {
    const now = (await pictures(person))[id]?.frames ?? 0;
    longest = Math.max(longest, performance.now() - at);
    if (now !== frames) [frames, at] = [now, performance.now()];
    await sleep(50);
  }
  return longest;
}

test('through 500 kbit/s a picture fits within 3 s, and never stands still for over 2 s after that', async (t) => {
  relay = new Relay();
  const { ann, vic } = await call();
  relay.rate = 500000;
  const slow = performance.now();
  const since = () => Math.round(performance.now() - slow);
  await until(() => vic.told.size === 0, 'Janus to send a size that fits', 3000);
  const fits = since();
  // What waits in the network, and what Janus sends again of the large picture, comes first.
  await until(async () => (await widthOf(vic, ann.id)) < 1280, 'this size to be seen', 5000);
  const seen = since();
  assert.ok(relay.dropped > 0, 'nothing was dropped: the call does not go through the relay');
  const longest = await stalls(vic, ann.id, 20000);
  t.diagnostic(`fits after ${fits} ms, seen after ${seen} ms; longest stall after that ${Math.round(longest)} ms; ${relay.dropped} packets dropped`);
  assert.ok(longest <= patience(2000), `${longest} ms`);
  relay.rate = Infinity;
  await untilWide(vic, ann.id, 1280, 60000);
});

for (const loss of [0.05, 0.1]) {
  test(`through a network that loses ${loss * 100} % of the packets the picture goes on`, async (t) => {
    relay = new Relay();
    const { ann, vic } = await call();
    relay.loss = loss;
    await sleep(3000);
    const longest = await stalls(vic, ann.id, 10000);
    t.diagnostic(`longest stall ${Math.round(longest)} ms`);
    assert.ok(longest <= patience(2000), `${longest} ms`);
  });
}

test('through a network of 300 ms the picture goes on; after 30 s without a network it comes back', async (t) => {
  relay = new Relay();
  relay.delay = 300;
  const { ann, vic } = await call();
  const longest = await stalls(vic, ann.id, 5000);
  assert.ok(longest <= patience(1000), `${longest} ms`);
  relay.gone = true;
  await sleep(30000);
  relay.gone = false;
  const started = performance.now();
  await until(async () => {
    const before = (await pictures(vic))[ann.id]?.frames ?? 0;
    await sleep(200);
    return ((await pictures(vic))[ann.id]?.frames ?? 0) > before;
  }, 'the picture to come back', 15000);
  const back = performance.now() - started;
  t.diagnostic(`longest stall ${Math.round(longest)} ms; back after ${Math.round(back)} ms`);
});
