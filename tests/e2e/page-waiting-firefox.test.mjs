// The waiting room in Firefox: waiting, being admitted, and a call that goes on while nginx is started again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Firefox } from './lib/firefox.mjs';
import { createMeeting, join, linkOf, people, press, tile, untilJoined } from './lib/page.mjs';
import { startStack, until } from './lib/stack.mjs';

const LIMIT = 60000; // ms, on a busy machine
let stack;
let client;
let chromium;
let firefox;

before(async () => {
  // In the shared stack the gate does not wait long for a page to come back.
  stack = await startStack({ settings: { GATE_KEEP_SECONDS: '60' } });
  client = new Client(stack);
  [chromium, firefox] = await Promise.all([Browser.start(), Firefox.start()]);
});
after(async () => {
  await Promise.all([chromium?.close(), firefox?.close()]);
  client?.agent.destroy();
  await stack?.stop();
});

const connections = ({ page }) => page.evaluate('window.peersOfTest.length');

test('Firefox: a person waits, is admitted, and stays in the call over two lost WebSockets', async () => {
  const mo = await chromium.person();
  const links = await createMeeting(mo, client);
  const link = linkOf(links.guest);
  await join(mo, 'Dr Meyer');
  assert.equal((await client.call('PATCH', `/session/${link}`, { body: { access: 'waitingRoom' } })).status, 204);
  const fox = await firefox.person();
  const { page } = fox;
  await page.goto(links.guest, { timeout: LIMIT });
  await page.getByLabel('Your name').fill('Fox');
  await until(() => page.getByRole('button', { name: 'Join', exact: true }).isEnabled(), 'the devices', LIMIT);
  await press(fox, 'Join');
  await page.locator('#waiting').waitFor({ timeout: LIMIT });
  const text = () => page.locator('#waiting').textContent();
  await until(async () => /moderator of this meeting must admit you.*waiting since \d?\d:\d\d/s.test(await text()), 'the text');
  // Testing the call while waiting; what Firefox' microphone sounds like does not matter.
  await press(fox, 'Test the call');
  await page.locator('#call-test-verdicts li').waitFor({ timeout: LIMIT });
  assert.doesNotMatch((await page.locator('#call-test-verdicts').textContent()) ?? '', /comes back|blocks|cannot be reached|no test|does not let/);
  await stack.without(['nginx'], async () => {});
  assert.ok(await page.locator('#waiting').isVisible());
  await press(mo, 'Admit');
  await untilJoined(fox, LIMIT);
  await Promise.all([mo, fox].map((one) => one.untilPlaying({ videos: 1, limit: LIMIT })));

  const before = await Promise.all([mo, fox].map(connections));
  await stack.without(['nginx'], async () => {
    await Promise.all([mo, fox].map((one) => one.untilPlaying({ videos: 1, limit: LIMIT })));
  });
  // The signalling is back: what one does reaches the other one.
  await press(fox, 'Mic');
  await until(async () => /microphone off/.test(await tile(mo, 'Fox').locator('.tile-state').textContent()), 'the mark', LIMIT);
  await Promise.all([mo, fox].map((one) => one.untilPlaying({ videos: 1, sounds: 0, limit: LIMIT })));
  assert.deepEqual(await Promise.all([mo, fox].map(connections)), before, 'the media had to begin anew');
  const list = await people(fox);
  await until(async () => (await list.count()) === 2, 'both in the list');
});
