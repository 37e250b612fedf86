// Pictures in several sizes: a page gets the size that its tiles need and its network has room for, and only the pictures that it
// shows. Senders are real ones without a browser; who looks is a real browser.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { createMeeting, join } from './lib/page.mjs';
import { Sender } from './lib/sender.mjs';
import { patience, sharedStack, sleep, until } from './lib/stack.mjs';
import { LARGE, SMALL, pictures, show, takeViews, untilWide, viewer, widthOf } from './lib/viewer.mjs';

const PAGE = 16; // tiles
const RUNNING = 24; // pictures of a stream that has begun: Janus asks for no key frame by itself any more
const FRAME = 1000 / 24; // ms from one picture of a sender to the next one
const client = new Client(sharedStack());
let browser;

before(async () => {
  browser = await Browser.start();
});
afterEach(async () => {
  Sender.leaveAll();
  await browser.closePages();
});
after(() => {
  Sender.end();
  return browser.close();
});

async function callOf(count, options) {
  const link = await client.meeting({});
  const senders = [];
  for (let i = 0; i < count; i++) senders.push(await Sender.join(client, link, `Person ${i}`, { speaks: i === 0, ...options?.(i) }));
  return { link, senders };
}

// How long it takes until the condition holds, in ms.
async function measured(check, what, limit) {
  const started = performance.now();
  await until(check, what, limit);
  return performance.now() - started;
}

test('a tile that grows or shrinks has another size within a second, and keeps it', async () => {
  const { link, senders: [ann] } = await callOf(1);
  const vic = await viewer(browser, client, link);
  await show(vic, [[ann.id, SMALL]]);
  await untilWide(vic, ann.id, 320, 10000);
  await sleep(1100); // one change a second
  await show(vic, [[ann.id, LARGE]]);
  const grown = await measured(async () => (await widthOf(vic, ann.id)) === 1280, 'the large picture', 2000);
  await sleep(1100);
  await show(vic, [[ann.id, SMALL]]);
  const shrunk = await measured(async () => (await widthOf(vic, ann.id)) === 320, 'the small picture', 2000);
  console.log(`# grown after ${Math.round(grown)} ms, shrunk after ${Math.round(shrunk)} ms`);
  for (let i = 0; i < 10; i++) {
    assert.equal(await widthOf(vic, ann.id), 320);
    await sleep(100);
  }
  vic.assertNoErrors();
});

test('a picture that stands still because a packet was lost for good goes on within 2 s', async (t) => {
  const { link, senders: [ann] } = await callOf(1, () => ({ keyless: [], speaks: true }));
  const vic = await viewer(browser, client, link);
  await show(vic, [[ann.id, SMALL]]); // so few packets are lost that no other size is chosen
  await untilWide(vic, ann.id, 320, 10000);
  const frames = async () => (await pictures(vic))[ann.id].frames;
  await until(async () => (await frames()) > RUNNING, 'pictures');
  ann.loses = true;
  await until(() => !ann.loses, 'pictures to be lost');
  const lost = performance.now();
  // What is on its way, and what does not need the lost one, is still seen.
  const still = await until(async () => {
    const before = await frames();
    await sleep(300);
    return (await frames()) === before && before;
  }, 'the picture to stand still', 3000);
  await until(async () => (await frames()) > still + RUNNING, 'the picture to go on');
  const took = performance.now() - lost - RUNNING * FRAME;
  t.diagnostic(`went on after ${Math.round(took)} ms`);
  assert.ok(took < patience(1800), `${took} ms`);
  vic.assertNoErrors();
});

test('a size whose key frame was lost is asked for again', async () => {
  const { link, senders: [ann] } = await callOf(1, () => ({ keyless: [2] }));
  const vic = await viewer(browser, client, link);
  await show(vic, [[ann.id, LARGE]]);
  await untilWide(vic, ann.id, 640, 10000);
  await until(async () => (await pictures(vic))[ann.id].frames > RUNNING, 'pictures');
  ann.keyless = [];
  await untilWide(vic, ann.id, 1280, 12000);
  vic.assertNoErrors();
});

test('49 cameras cost somebody who sees 16 of them at most 2.5 Mbit/s', { skip: !process.env.CONFAB_SOAK && 'in scripts/check --long' }, async (t) => {
  const { link, senders } = await callOf(49, (i) => ({ layers: [0], speaks: i < 3 }));
  const vic = await viewer(browser, client, link);
  await show(vic, senders.map(({ id }, i) => [id, i < PAGE ? SMALL : { paused: true }]));
  const received = () => vic.page.evaluate(async () => {
    let bytes = 0;
    for (const peer of window.peersOfTest) for (const stats of (await peer.getStats()).values()) if (stats.type === 'transport') bytes += stats.bytesReceived;
    return bytes;
  });
  await until(async () => Object.values(await pictures(vic)).filter(({ frames }) => frames > 0).length === PAGE, 'the pictures', 30000);
  await sleep(3000);
  const [before, started] = [await received(), performance.now()];
  await sleep(10000);
  const bits = ((await received()) - before) * 8 * 1000 / (performance.now() - started);
  t.diagnostic(`${Math.round(bits / 1000)} kbit/s`);
  assert.ok(bits <= 2.5e6 && bits > 1e6, `${bits}`);
});

test('a teacher on stage before eleven others is seen in 1280x720', async () => {
  const { link, senders } = await callOf(12, (i) => ({ layers: i === 0 ? [0, 1, 2] : [0] }));
  const vic = await viewer(browser, client, link);
  await show(vic, senders.map(({ id }, i) => [id, i === 0 ? LARGE : { width: 160, height: 90 }]));
  await untilWide(vic, senders[0].id, 1280, 10000);
  await until(async () => Object.values(await pictures(vic)).filter(({ frames }) => frames > 0).length === 12, 'all twelve pictures');
  vic.assertNoErrors();
});

test('a page of 16 is swapped within a second; the pages beside it send nothing', async () => {
  const { link, senders } = await callOf(2 * PAGE, () => ({ layers: [0] }));
  const vic = await viewer(browser, client, link);
  const ids = senders.map(({ id }) => id);
  const [first, second] = [ids.slice(0, PAGE), ids.slice(PAGE)];
  const pageOf = (shown, beside) => [...shown.map((id) => [id, SMALL]), ...beside.map((id) => [id, { paused: true }])];
  const come = async (wanted, before) => {
    const now = await pictures(vic);
    return wanted.every((id) => (now[id]?.frames ?? 0) > (before[id]?.frames ?? 0));
  };
  await show(vic, pageOf(first, second));
  await until(() => come(first, {}), 'the first page', 20000);
  const subscribed = () => vic.page.evaluate(() => [...window.roomOfTest.participants.values()].filter(({ hasVideo }) => hasVideo).length);
  await until(async () => (await subscribed()) === ids.length, 'the second page to be subscribed');
  await sleep(500);
  const quiet = await pictures(vic);
  await sleep(1000);
  const still = await pictures(vic);
  for (const id of second) assert.equal(still[id]?.packets, quiet[id]?.packets, 'a paused picture comes');
  await show(vic, pageOf(second, first));
  const swapped = await measured(() => come(second, still), 'the second page', 3000);
  console.log(`# swapped after ${Math.round(swapped)} ms`);
  assert.ok(swapped <= patience(1000));
  await sleep(500);
  const before = await pictures(vic);
  await sleep(1000);
  const later = await pictures(vic);
  for (const id of first) assert.equal(later[id].packets, before[id].packets, 'a paused picture comes');
  vic.assertNoErrors();
});

test('what no page shows is unsubscribed, and comes again', async () => {
  const { link, senders } = await callOf(3, () => ({ layers: [0] }));
  const vic = await viewer(browser, client, link);
  const [ann, bob, cid] = senders.map(({ id }) => id);
  await show(vic, [[ann, SMALL], [bob, SMALL], [cid, SMALL]]);
  await until(async () => Object.values(await pictures(vic)).filter(({ frames }) => frames > 0).length === 3, 'three pictures');
  await show(vic, [[ann, SMALL]]);
  await until(async () => Object.keys(await pictures(vic)).join() === ann, 'the others to be unsubscribed', 15000);
  const heard = await vic.page.evaluate(() => [...window.roomOfTest.participants.values()].filter(({ hasAudio }) => hasAudio).length);
  assert.equal(heard, 3);
  await show(vic, [[ann, SMALL], [cid, SMALL]]);
  await until(async () => (await pictures(vic))[cid]?.frames > 0, 'one of them to come again');
  vic.assertNoErrors();
});

// The layers in which a page sends pictures now: a browser leaves out the smallest ones when it has too little time.
async function layersSent({ page }) {
  const count = () => page.evaluate(async () => {
    const sent = {};
    for (const peer of window.peersOfTest)
      for (const { type, kind, rid, framesSent } of (await peer.getStats()).values()) if (type === 'outbound-rtp' && kind === 'video') sent[rid] = framesSent;
    return sent;
  });
  const before = await count();
  await sleep(2000);
  const after = await count();
  return Object.keys(after).filter((rid) => after[rid] > (before[rid] ?? 0)).sort();
}

for (const encrypted of [false, true]) {
  test(`a browser sends its camera in several sizes${encrypted ? ', encrypted' : ''}, and another one gets each of them`, async (t) => {
    const [ann, bob] = await Promise.all([browser.person(), browser.person()]);
    const links = await createMeeting(ann, client, { options: encrypted ? ['End-to-end encryption'] : [] });
    await join(ann, 'Ann');
    await bob.page.goto(links.guest);
    await bob.page.evaluate(takeViews);
    await join(bob, 'Bob');
    await ann.untilPlaying({ videos: 1 });
    const sent = await layersSent(ann);
    t.diagnostic(`sent: ${sent.join()}`);
    if (sent.length < 2) return t.skip('the browser has no time for more than one size');
    const id = await bob.page.evaluate(() => [...window.roomOfTest.participants.keys()][0]);
    let large = 0;
    await show(bob, [[id, LARGE]]);
    await until(async () => (large = (await widthOf(bob, id)) ?? 0) > 400, 'the large picture', 15000);
    await show(bob, [[id, SMALL]]);
    await until(async () => (await widthOf(bob, id)) <= large / 2, 'the small picture', 15000);
    await show(bob, [[id, LARGE]]);
    await until(async () => (await widthOf(bob, id)) > 400, 'the large picture again', 30000);
    const { frames } = (await pictures(bob))[id];
    await until(async () => (await pictures(bob))[id].frames > frames + 5, 'its frames');
    for (const person of [ann, bob]) person.assertNoErrors();
  });
}
