// The database is away for CONFAB_OUTAGE_SECONDS (30) during a call in which one person leaves, one loses the signalling and comes
// back, and one only listens. The call goes on, and attendance is exact after it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { assertSmooth, watching } from './lib/frames.mjs';
import { createMeeting, enter, join, linkOf, tile } from './lib/page.mjs';
import { patience, sleep, startStack, until } from './lib/stack.mjs';

const OUTAGE = Number(process.env.CONFAB_OUTAGE_SECONDS ?? 30) * 1000; // ms
const EXACT = 1000; // ms between what happens and its time in the list
const VIEWPORT = { width: 640, height: 480 }; // less to paint
const NAMES = ['Ann', 'Bob', 'Eve', 'Wim'];
let stack;
let client;
let browser;
let people; // by name
let link;
const came = {}; // when each of them was in, in epoch milliseconds

// Runs in the page before its own scripts: remembers the last WebSocket.
function rememberSocket() {
  const Original = window.WebSocket;
  window.WebSocket = class extends Original {
    constructor(...parameters) {
      super(.../** @type {[string, string]} */ (parameters));
      window.socketOfTest = this;
    }
  };
}

before(async () => {
  stack = await startStack({ settings: { GATE_KEEP_SECONDS: '60' } });
  client = new Client(stack);
  browser = await Browser.start();
  people = Object.fromEntries(await Promise.all(NAMES.map(async (name) => [name, await browser.person({ viewport: VIEWPORT })])));
  await people.Eve.context.addInitScript(rememberSocket);
  const links = await createMeeting(people.Ann, client, { watch: true });
  link = linkOf(links.guest);
  for (const name of NAMES) {
    if (name === 'Ann') await join(people.Ann, name);
    else await enter(people[name], name === 'Wim' ? links.watch : links.guest, name);
    came[name] = Date.now();
  }
  await Promise.all([people.Ann.untilPlaying({ videos: 2 }), people.Wim.untilPlaying({ videos: 3 })]);
});
after(async () => {
  await browser?.close();
  client?.agent.destroy();
  await stack?.stop();
});

const stays = async () => (await client.call('GET', `/session/${link}/attendance`)).body;
const near = (text, time, what) => assert.ok(Math.abs(Date.parse(text) - time) < patience(EXACT), `${what}: ${text}, not ${new Date(time).toISOString()}`);

// Eve's page loses its WebSocket, and comes back.
async function loseSignalling({ page }) {
  const isOpen = () => page.evaluate(() => window.socketOfTest.readyState === WebSocket.OPEN);
  await page.evaluate(() => {
    window.lostOfTest = window.socketOfTest;
    window.lostOfTest.close(4000);
  });
  await until(() => page.evaluate(() => window.socketOfTest !== window.lostOfTest), 'another WebSocket');
  await until(isOpen, 'it to be open');
  await page.locator('#connection-banner').waitFor({ state: 'hidden' });
}

test(`the database away for ${OUTAGE / 1000} s: the call goes on, and attendance is exact after it`, async () => {
  const { Ann, Bob, Eve, Wim } = people;
  await until(async () => (await stays()).length === NAMES.length, 'everybody to be listed');
  const earlier = await stays();
  let left = 0;
  await stack.without(['mariadb'], async () => {
    const began = Date.now();
    await Bob.leave();
    left = Date.now();
    await tile(Ann, 'Bob').waitFor({ state: 'detached' });
    assertSmooth(await watching([Ann, Eve], async () => {
      await loseSignalling(Eve);
      await Wim.untilPlaying({ videos: 2 });
      await sleep(OUTAGE - (Date.now() - began)); // the outage itself
      await loseSignalling(Eve);
    }));
    await Promise.all([Ann.untilPlaying({ videos: 1 }), Wim.untilPlaying({ videos: 2 })]);
  });
  // The reconciler may find first that Bob is gone, and does not know since when. The event does.
  const found = await until(async () => {
    const list = await stays();
    return list.some(({ name, left: end }) => name === 'Bob' && end !== null && Math.abs(Date.parse(end) - left) < patience(EXACT)) && list;
  }, 'the time when Bob left', 30000);
  assert.deepEqual(found.map(({ name }) => name).sort(), NAMES, 'one stay each');
  for (const { name, joined, left: end, reason } of found) {
    assert.equal(joined, earlier.find((one) => one.name === name).joined);
    near(joined, came[name], `${name} joined`);
    if (name === 'Bob') near(end, left, 'Bob left');
    else assert.deepEqual([end, reason], [null, null], `${name} is in`);
  }
  // Live again: everybody sees a person who comes now.
  const late = await browser.person({ viewport: VIEWPORT });
  const { body } = await client.call('POST', `/session/${link}/invites`, { body: { name: 'Dan' } });
  await enter(late, body.url);
  await Promise.all([Ann, Eve].map((one) => one.untilPlaying({ videos: 2 })));
  await until(async () => (await stays()).length === NAMES.length + 1, 'Dan to be listed');
});
