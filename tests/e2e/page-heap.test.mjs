// The page keeps nothing of those who have left, nor of calls that are over: memory, elements, listeners and connections stay
// the same over many calls. CONFAB_CALLS says over how many, and CONFAB_CALL_SECONDS for how long the call of the one who stays
// goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { createMeeting, enter, join, press } from './lib/page.mjs';
import { sharedStack, sleep, until } from './lib/stack.mjs';

const CALLS = Number(process.env.CONFAB_CALLS ?? 10);
const SECONDS = Number(process.env.CONFAB_CALL_SECONDS ?? 0);
const WARM = 3; // calls; what is loaded and made once is there then
const KEPT = 7000; // ms; the browser itself keeps what belongs to a closed connection for 5 s
const MIB = 1 << 20;

const client = new Client(sharedStack());
let browser;
before(async () => {
  browser = await Browser.start();
});
after(() => browser.close());

// What the person's page holds after the garbage is collected.
async function held(person) {
  person.tools ??= await person.context.newCDPSession(person.page);
  await person.tools.send('Performance.enable');
  // Objects of connections that were closed go with the second collection.
  for (let i = 0; i < 3; i++) await person.tools.send('HeapProfiler.collectGarbage');
  const { metrics } = await person.tools.send('Performance.getMetrics');
  const of = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  const open = await person.page.evaluate(() => window.peersOfTest.filter((peer) => peer.connectionState !== 'closed').length);
  // The test's own list must not keep what the page has dropped.
  await person.page.evaluate(() => {
    const { peersOfTest: peers } = window;
    peers.splice(0, peers.length, ...peers.filter((peer) => peer.connectionState !== 'closed'));
  });
  return { heap: of.JSHeapUsedSize / MIB, nodes: of.Nodes, listeners: of.JSEventListeners, open };
}

// What the page holds when the browser has let go of the calls that are over: nothing more has gone for as long as KEPT.
async function settled(person) {
  let least = await held(person);
  let since = Date.now();
  await until(async () => {
    const now = await held(person);
    if (now.nodes < least.nodes) [least, since] = [now, Date.now()];
    return Date.now() - since > KEPT;
  }, 'the browser to let go of calls', 60000);
  return least;
}

function assertSame(who, first, last) {
  console.log(`# ${who}: ${JSON.stringify(first)} ... ${JSON.stringify(last)}`);
  assert.equal(last.open, first.open, `${who}: connections`);
  assert.ok(last.nodes <= first.nodes + 10, `${who}: ${first.nodes} nodes have become ${last.nodes}`);
  assert.ok(last.listeners <= first.listeners + 5, `${who}: ${first.listeners} listeners have become ${last.listeners}`);
  assert.ok(last.heap <= first.heap * 1.1 + 0.5, `${who}: ${first.heap.toFixed(1)} MiB have become ${last.heap.toFixed(1)}`);
}

test(`over ${CALLS} calls the page keeps nothing of those before`, async () => {
  const [ann, bob] = await Promise.all([browser.person(), browser.person()]);
  const links = await createMeeting(ann, client);
  await join(ann, 'Ann');
  await enter(bob, links.guest, 'Bob');
  const seen = { ann: [], bob: [] };
  const started = Date.now();
  for (let call = 1; ; call++) {
    await Promise.all([ann, bob].map((person) => person.untilPlaying({ videos: 1 })));
    await press(bob, 'Leave');
    await bob.page.locator('#after-screen').waitFor();
    await until(async () => (await ann.received()).videos.length === 0, 'the picture to go');
    const last = call >= CALLS && Date.now() - started >= SECONDS * 1000;
    if (call === WARM || last) {
      const [ofAnn, ofBob] = await Promise.all([settled(ann), settled(bob)]);
      seen.ann.push(ofAnn);
      seen.bob.push(ofBob);
    }
    if (last) break;
    await press(bob, 'Rejoin');
    await join(bob);
    // A call that goes on for ten minutes is not forty short ones.
    if (SECONDS > 0) await sleep((SECONDS * 1000) / CALLS / 2);
  }
  assertSame('who stays', seen.ann[0], seen.ann[1]);
  assertSame('who comes and goes', seen.bob[0], seen.bob[1]);
  assert.equal(seen.bob[1].open, 0);
  [ann, bob].forEach((person) => person.assertNoErrors());
});
