// End-to-end encryption in browsers: what Janus forwards cannot be decoded without the key, and the key can be renewed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { confirm, createMeeting, enter, heading, join, linkOf, press, tile } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const KEY = /&key=[A-Za-z0-9_-]{22}$/;
let browser;
let ann;
let bob;
let links;
let link;
const requests = [];

before(async () => {
  browser = await Browser.start();
  [ann, bob] = await Promise.all([browser.person(), browser.person()]);
  for (const { page } of [ann, bob]) page.on('request', (request) => requests.push(`${request.url()} ${JSON.stringify(request.headers())} ${request.postData() ?? ''}`));
});
after(() => browser.close());

// Frames of video that were decoded by all of a page's receivers so far, and bytes that came.
const decoded = ({ page }) =>
  page.evaluate(async () => {
    const reports = await Promise.all(window.peersOfTest.map((peer) => peer.getStats()));
    const inbound = reports.flatMap((report) => [...report.values()]).filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
    return { frames: inbound.reduce((sum, one) => sum + (one.framesDecoded ?? 0), 0), bytes: inbound.reduce((sum, one) => sum + one.bytesReceived, 0) };
  });

test('people with the whole link see and hear each other, and the page says that it is encrypted', async () => {
  links = await createMeeting(ann, client, { options: ['End-to-end encryption'] });
  link = linkOf(links.guest);
  assert.match(links.guest, KEY);
  await ann.page.locator('#prejoin-encrypted').waitFor();
  await join(ann, 'Ann');
  await enter(bob, links.guest, 'Bob');
  await Promise.all([ann.untilPlaying({ videos: 1 }), bob.untilPlaying({ videos: 1 })]);
  for (const { page } of [ann, bob]) await page.locator('#encrypted-mark').waitFor();
  assert.ok(await ann.page.locator('#record-button').isHidden(), 'recording is offered');
});

test('no request and no URL of the service ever holds the key', async () => {
  const key = links.guest.match(KEY)[0].slice(5);
  assert.ok(requests.length > 10);
  assert.deepEqual(requests.filter((text) => text.includes(key)), []);
  for (const table of ['meetings', 'grants', 'attendees', 'connections', 'settings', 'jobs'])
    assert.ok(!JSON.stringify(await stack.rows(`SELECT * FROM ${table}`)).includes(key), table);
  for (const part of ['pool', 'nginx', 'janus', 'work']) assert.ok(!stack.log(part).includes(key), part);
});

test('who has another key gets what Janus forwards, and cannot decode a single frame of it', async () => {
  const eve = await browser.person();
  await enter(eve, links.guest.replace(KEY, `&key=${'A'.repeat(22)}`), 'Eve');
  await until(async () => (await decoded(eve)).bytes > 50000, 'encrypted frames to arrive', 20000);
  assert.equal((await decoded(eve)).frames, 0);
  await eve.page.locator('#key-banner').waitFor();
  await until(async () => (await eve.page.locator('.tile-note', { hasText: 'Cannot be decrypted' }).count()) === 2, 'both to be marked');
  await ann.page.locator('.tile-note', { hasText: 'Cannot be decrypted' }).waitFor();
  await ann.untilPlaying({ videos: 2, sounds: 1, limit: 3000 }).then(() => assert.fail('Eve is seen'), () => {});
  await eve.leave();
});

test('a link without its key is said to be incomplete, and does not join', async () => {
  const person = await browser.person();
  await person.page.goto(links.guest.replace(KEY, ''));
  await heading(person, 'This link is incomplete');
  assert.ok(await person.page.locator('#join-button').isHidden());
  await person.page.goto('about:blank');
  await person.page.goto(links.guest.replace(KEY, '&key=tooshort'));
  await heading(person, 'This link is incomplete');
  await person.leave();
});

test('Janus takes nothing unencrypted in that room, and recording is impossible', async () => {
  const { Page } = await import('./lib/janus.mjs');
  const answer = await client.token(link, { data: 'plain' });
  assert.equal(answer.endToEndEncryption, true);
  assert.equal(answer.recordable, false);
  const page = await Page.join(answer);
  const refused = await page.publish('audio');
  assert.ok(refused.error_code, JSON.stringify(refused));
  page.kill();
  const archive = await client.call('POST', `/session/${link}/archives`);
  assert.equal(archive.status, 400, archive.text);
});

test('a moderator renews the key: old links no longer decrypt, the new one does', async () => {
  await press(ann, 'Invite');
  await press(ann, 'Renew the key');
  await confirm(ann);
  await ann.page.locator('#renewed').waitFor();
  const renewed = await ann.page.inputValue('#share-link');
  assert.match(renewed, KEY);
  assert.notEqual(renewed, links.guest);
  await press(ann, 'Close');
  await bob.page.locator('#key-banner').waitFor();
  const before_ = await decoded(bob);
  await until(async () => (await decoded(bob)).bytes > before_.bytes + 50000, 'frames of the new key', 20000);
  assert.ok((await decoded(bob)).frames - before_.frames <= 1, 'frames of the new key were decoded');
  const late = await browser.person();
  await enter(late, links.guest, 'Late');
  await until(async () => (await decoded(late)).bytes > 50000, 'frames to arrive', 20000);
  await tile(late, 'Ann').locator('.tile-note', { hasText: 'Cannot be decrypted' }).waitFor();
  await late.leave();
  // Bob opens the new link in the tab that he has: the call goes on.
  await bob.page.evaluate((hash) => {
    location.hash = hash;
  }, new URL(renewed).hash);
  await bob.page.locator('#key-banner').waitFor({ state: 'hidden' });
  await Promise.all([ann.untilPlaying({ videos: 1 }), bob.untilPlaying({ videos: 1 })]);
  for (const person of [ann, bob]) person.assertNoErrors();
});
