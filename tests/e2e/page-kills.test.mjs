// Three people talk while the parts of the service are killed, one after the other, and started again by what watches over
// them. Every frame that they see is watched.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { assertSmooth, watching } from './lib/frames.mjs';
import { createMeeting, enter, join, linkOf, people, press } from './lib/page.mjs';
import { patience, startStack, until } from './lib/stack.mjs';

const NAMES = ['Ann', 'Bob', 'Eve'];
const VIEWPORT = { width: 640, height: 480 }; // less to paint
const JANUS_LIMIT = 10000; // ms from Janus' death until the call is back
const RESTART_LIMIT = 20000; // ms from a part's death until it answers
let stack;
let client;
let browser;
let all; // the people, in the order of NAMES
let link;

before(async () => {
  stack = await startStack({ settings: { GATE_KEEP_SECONDS: '60' } });
  client = new Client(stack);
  browser = await Browser.start();
  all = await Promise.all(NAMES.map(() => browser.person({ viewport: VIEWPORT })));
  const links = await createMeeting(all[0], client);
  link = linkOf(links.guest);
  await join(all[0], NAMES[0]);
  for (const [i, one] of all.entries()) if (i > 0) await enter(one, links.guest, NAMES[i]);
  await Promise.all(all.map((one) => one.untilPlaying({ videos: 2 })));
});
after(async () => {
  await browser?.close();
  client?.agent.destroy();
  await stack?.stop();
});

const healthy = () => client.call('GET', '/health', { auth: null, check: false }).then(({ status }) => status === 200, () => false);

// Kills all processes of a part, and waits until others answer in their place.
async function kill(part) {
  const killed = stack.children(part);
  for (const pid of killed) process.kill(pid, 'SIGKILL');
  await until(() => {
    const now = stack.children(part);
    return now.length === killed.length && now.every((pid) => !killed.includes(pid));
  }, `${part} to be started again`, RESTART_LIMIT);
  await until(healthy, 'the service to answer', RESTART_LIMIT);
}

const present = async () => (await client.attendees(link, '?active=true')).map(({ name, connections }) => `${name} ${connections}`).sort();
const stays = async () => (await client.call('GET', `/session/${link}/attendance`)).body;
const everybodyOnce = () => until(async () => (await present()).join() === 'Ann 1,Bob 1,Eve 1', 'one connection of each');

// What one does, the other two see: the signalling works.
async function assertSignalling() {
  for (const [i, one] of all.entries()) {
    await one.page.locator('#connection-banner').waitFor({ state: 'hidden' });
    for (const text of ['microphone off', 'microphone on']) {
      await press(one, 'Mic');
      for (const other of all.filter((person) => person !== one)) {
        await people(other);
        await other.page.locator('#people li').filter({ hasText: NAMES[i] }).getByText(text).waitFor({ state: 'attached' });
      }
    }
  }
}

for (const part of ['gate', 'pool', 'mariadb'])
  test(`${part} killed: nobody notices, no frame is missing, and everybody's stay goes on`, async () => {
    await everybodyOnce();
    const before_ = (await stays()).length;
    assertSmooth(await watching(all, async () => {
      await kill(part);
      await assertSignalling();
    }));
    await everybodyOnce();
    assert.equal((await stays()).length, before_, 'the same stays');
  });

test('Janus killed: the call of three is back within 10 s, and everybody is in once', async () => {
  await everybodyOnce();
  const killed = Date.now();
  await kill('janus');
  await Promise.all(all.map((one) => one.untilPlaying({ videos: 2, limit: JANUS_LIMIT })));
  const took = Date.now() - killed;
  console.log(`# the call was back after ${took} ms`);
  assert.ok(took < patience(JANUS_LIMIT), `${took} ms`);
  await everybodyOnce();
  await assertSignalling();
});
