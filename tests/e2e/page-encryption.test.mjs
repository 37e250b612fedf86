// End-to-end encryption in browsers: nobody decodes what Janus forwards without the key, and the key can be renewed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { choose, confirm, createMeeting, enter, heading, inMenu, join, linkOf, openInTab, press, tile } from './lib/page.mjs';
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

// Of all receivers of a page so far: decoded frames of video, and received bytes.
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
  assert.ok(!(await inMenu(ann, 'record-button')), 'recording is offered');
});

test('no request and no URL of the service ever holds the key', async () => {
  const key = links.guest.match(KEY)[0].slice(5);
  assert.ok(requests.length > 10);
  assert.deepEqual(requests.filter((text) => text.includes(key)), []);
  for (const table of ['meetings', 'grants', 'attendees', 'connections', 'settings', 'jobs'])
    assert.ok(!JSON.stringify(await stack.rows(`SELECT * FROM ${table}`)).includes(key), table);
  for (const part of ['pool', 'nginx', 'janus', 'work', 'media']) assert.ok(!stack.log(part).includes(key), part);
});

test('a person with another key gets what Janus forwards, and cannot decode a single frame', async () => {
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

test('a link without its key is shown as incomplete, and does not join', async () => {
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
  await choose(ann, 'Invite people');
  await press(ann, 'Renew the key');
  await confirm(ann);
  await ann.page.locator('#renewed').waitFor();
  const renewed = await ann.page.inputValue('#share-link');
  assert.match(renewed, KEY);
  assert.notEqual(renewed, links.guest);
  await press(ann, 'Close');
  await bob.page.locator('#key-banner').waitFor();
  // Frames of the old key that had come before are still decoded.
  let last = await decoded(bob);
  await until(async () => {
    const now = await decoded(bob);
    if (now.frames !== last.frames) last = now;
    return now.bytes > last.bytes + 50000;
  }, 'frames of the new key to come, and none to be decoded', 20000);
  const late = await browser.person();
  await enter(late, links.guest, 'Late');
  await until(async () => (await decoded(late)).bytes > 50000, 'frames to arrive', 20000);
  await tile(late, 'Ann').locator('.tile-note', { hasText: 'Cannot be decrypted' }).waitFor();
  await late.leave();
  await bob.page.locator('#key-banner').waitFor(); // while Bob can decrypt somebody his page asks before it takes another key
  // Bob opens the new link in the tab that he has: the call goes on.
  await openInTab(bob, renewed);
  await bob.page.locator('#key-banner').waitFor({ state: 'hidden' });
  await Promise.all([ann.untilPlaying({ videos: 1 }), bob.untilPlaying({ videos: 1 })]);
  for (const person of [ann, bob]) person.assertNoErrors();
  links.guest = renewed;
});

const keptKey = ({ page }) => page.evaluate((id) => JSON.parse(sessionStorage.getItem(`confab.meeting.${id}`)).key, link);

test('a damaged key is not accepted, and a key that works is not replaced without asking', async () => {
  const key = await keptKey(bob);
  await bob.page.getByText('in use').waitFor({ state: 'hidden' }); // of the renewal
  await openInTab(bob, links.guest.replace(KEY, '&key=tooshort'));
  await bob.page.getByText('The key in that link is damaged').waitFor();
  await openInTab(bob, links.guest.replace(KEY, `&key=${'A'.repeat(22)}`));
  await bob.page.locator('#confirm-dialog').waitFor();
  assert.match(await bob.page.locator('#confirm-text').textContent(), /only if a moderator has renewed the key/);
  await bob.page.locator('#confirm-cancel').click();
  assert.equal(await keptKey(bob), key);
  assert.equal(await bob.page.getByText('in use').count(), 0, 'the page says that the key is in use');
  await Promise.all([ann.untilPlaying({ videos: 1 }), bob.untilPlaying({ videos: 1 })]);
});

test('the creator comes back with their own link from anywhere, and can share the same links', async () => {
  await choose(ann, 'Invite people');
  const own = await ann.page.inputValue('#own-link');
  await press(ann, 'Close');
  assert.notEqual(own, links.own, 'it has the old key');
  const again = await browser.person();
  await enter(again, own, 'Ann again');
  await again.untilPlaying({ videos: 2 });
  await choose(again, 'Invite people');
  assert.equal(await again.page.inputValue('#share-link'), links.guest);
  assert.equal(await again.page.inputValue('#own-link'), own);
  assert.ok(await again.page.locator('#renew-key').isVisible());
  await press(again, 'Close');
  await press(again, 'Leave');
  assert.ok(await again.page.locator('#end-for-all').isVisible(), 'not a moderator');
  await again.leave();
});

test('a moderator who was invited renews the key, and can share the key alone', async () => {
  const { body } = await client.call('POST', `/session/${link}/invites`, { body: { role: 'moderator' } });
  const mia = await browser.person();
  await enter(mia, body.url + links.guest.match(KEY)[0], 'Mia');
  await mia.untilPlaying({ videos: 2 });
  assert.ok(!(await inMenu(mia, 'invite-button')), 'there is no link for guests');
  await press(mia, 'End-to-end encrypted');
  await press(mia, 'Renew the key…');
  await press(mia, 'Renew the key');
  await confirm(mia);
  await mia.page.locator('#renewed').waitFor();
  const ending = await mia.page.inputValue('#link-ending');
  assert.match(ending, KEY);
  assert.ok(await mia.page.locator('#share-link').isHidden());
  const notes = mia.page.locator('.tile-note', { hasText: 'Cannot be decrypted' });
  await until(async () => (await notes.count()) === 2, 'the others to have the old key');
  await openInTab(bob, links.guest.replace(KEY, ending));
  await confirm(bob);
  await until(async () => (await notes.count()) === 1, 'Bob to be decrypted');
  await mia.leave();
});

test('a link that promises encryption is not joined without it, however damaged its key is', async () => {
  const plain = await client.meeting({});
  const { body } = await client.call('POST', `/session/${plain}/invites`, { body: {} });
  for (const key of ['tooshort', 'A'.repeat(22)]) {
    const person = await browser.person();
    await person.page.goto(`${body.url}&key=${key}`);
    await heading(person, 'This meeting is not encrypted');
    await person.leave();
  }
});
