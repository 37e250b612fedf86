// A lost WebSocket is no lost call: nginx and the signalling gate stop or die while two people talk. Every frame is watched.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { assertSmooth, watching } from './lib/frames.mjs';
import { createMeeting, enter, join, linkOf, people, press } from './lib/page.mjs';
import { sleep, startStack, until } from './lib/stack.mjs';

const AWAY = 30000; // ms that a part is stopped
let stack;
let client;
let browser;
let ann;
let bob;
let link;
let guestLink;

before(async () => {
  stack = await startStack({ settings: { GATE_KEEP_SECONDS: '60' } });
  client = new Client(stack);
  browser = await Browser.start();
  ann = await browser.person();
  const links = await createMeeting(ann, client);
  guestLink = links.guest;
  link = linkOf(guestLink);
  await join(ann, 'Ann');
  bob = await browser.person();
  await enter(bob, links.guest, 'Bob');
  await Promise.all([ann, bob].map((one) => one.untilPlaying({ videos: 1 })));
});
after(async () => {
  await browser?.close();
  client?.agent.destroy();
  await stack?.stop();
});

const present = async () => (await client.attendees(link, '?active=true')).map(({ name, connections }) => `${name} ${connections}`).sort().join();
// Both hear what the other does: the signalling works both ways.
async function assertSignalling() {
  for (const [one, other, name] of [[ann, bob, 'Bob'], [bob, ann, 'Ann']]) {
    await people(one);
    const row = one.page.locator('#people li').filter({ hasText: name });
    await row.getByText('microphone on').waitFor({ state: 'attached' });
    await press(other, 'Mic');
    await row.getByText('microphone off').waitFor({ state: 'attached' });
    await press(other, 'Mic');
    await row.getByText('microphone on').waitFor({ state: 'attached' });
  }
}
const isBack = (person) => person.page.locator('#connection-banner').waitFor({ state: 'hidden' });

async function assertGoesOn(work) {
  const stays = async () => (await client.call('GET', `/session/${link}/attendance`)).body.length;
  const earlier = await stays();
  const asked = [];
  const note = (request) => request.url().endsWith('/token') && asked.push(request.url());
  for (const { page } of [ann, bob]) page.on('request', note);
  assertSmooth(await watching([ann, bob], async () => {
    await work();
    await Promise.all([ann, bob].map(isBack));
    await assertSignalling();
  }));
  for (const { page } of [ann, bob]) page.off('request', note);
  assert.deepEqual(asked, [], 'a new token was asked for');
  await until(async () => (await present()) === 'Ann 1,Bob 1', 'one connection each');
  assert.equal(await stays(), earlier, 'the same stays');
  // A person who comes now is seen by both.
  const eve = await browser.person();
  await enter(eve, guestLink, 'Eve');
  await Promise.all([ann, bob].map((one) => one.untilPlaying({ videos: 2 })));
  await eve.leave();
  await Promise.all([ann, bob].map((one) => one.untilPlaying({ videos: 1 })));
}

test('nginx stopped for 30 s: no frame is missing, and the call goes on', async () => {
  await assertGoesOn(() => stack.without(['nginx'], () => sleep(AWAY)));
});

test('the gate killed: no frame is missing, and the call goes on', async () => {
  await assertGoesOn(async () => {
    const [gate] = stack.children('gate');
    process.kill(gate, 'SIGKILL');
    await until(() => stack.children('gate').length === 1 && stack.children('gate')[0] !== gate, 'the gate to be started again');
  });
});

test('the gate stopped for 30 s: no frame is missing, and the call goes on', async () => {
  await assertGoesOn(() => stack.without(['gate'], () => sleep(AWAY)));
});
