// Short links in the page: opened, loaded again, copied, and what a person sees when one does not work.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { createMeeting, enter, heading, join, press, reload } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
let browser;

before(async () => {
  browser = await Browser.start();
});
after(() => browser?.close());

const invite = async (link, body = {}) => (await client.call('POST', `/session/${link}/invites`, { body })).body;
const codeOf = (url) => new URL(url).hash.slice(1, 17);

// A person whose browser stores nothing for pages.
async function withoutStorage() {
  const person = await browser.person();
  await person.context.addInitScript(() => {
    for (const name of ['sessionStorage', 'localStorage'])
      Object.defineProperty(window, name, { get: () => { throw new DOMException('no', 'SecurityError'); } });
  });
  return person;
}

test('the links of a new meeting are short, and the code does not stay in the address bar', async () => {
  const [ann, bob] = [await browser.person(), await browser.person()];
  const links = await createMeeting(ann, client, { watch: true });
  for (const url of [links.guest, links.watch]) {
    assert.match(url.slice(client.base.length), /^\/j\/[\w-]{10}#[0-9a-z]{16}$/);
    assert.ok(url.length - client.base.length <= 36, url);
  }
  assert.match(links.own, new RegExp(`#[0-9a-z]{16}&guests=${codeOf(links.guest)}$`));
  await enter(bob, links.guest, 'Bob');
  assert.equal(bob.page.url(), links.guest.split('#')[0]);
  await reload(bob);
  await press(bob, 'Leave');
  await bob.page.reload();
  await heading(bob, 'Join the meeting');
  assert.equal(await bob.page.inputValue('#name-input'), 'Bob');
  // The creator's tab is at the same address, so that another link of the meeting does not end the call there.
  assert.equal(ann.page.url(), links.guest.split('#')[0]);
  await ann.page.reload();
  await heading(ann, 'Join the meeting');
  for (const person of [ann, bob]) {
    person.assertNoErrors();
    await person.leave();
  }
});

test('a moderator who opens the own link elsewhere has the same links to share', async () => {
  const [ann, again] = [await browser.person(), await browser.person()];
  const links = await createMeeting(ann, client, { options: ['End-to-end encryption'], watch: true });
  const own = links.own.replace('&key=', `&watch=${codeOf(links.watch)}&key=`); // as it is since there is a link to watch
  await enter(again, own, 'Ann');
  await press(again, 'Invite people');
  const field = (id) => again.page.inputValue(`#${id}`);
  assert.deepEqual([await field('share-link'), await field('share-watch-link'), await field('own-link')], [links.guest, links.watch, own]);
  for (const person of [ann, again]) await person.leave();
});

test('a link that would share a moderator\'s invite as a guest\'s one does not', async () => {
  const link = await client.meeting({});
  const own = await invite(link, { role: 'moderator' });
  const other = await invite(link, { role: 'moderator' });
  const person = await browser.person();
  const redeemed = person.page.waitForResponse((answer) => answer.request().postData()?.includes(codeOf(other.url)) ?? false);
  await enter(person, `${own.url}&guests=${codeOf(other.url)}`, 'Ann');
  await redeemed;
  const kept = () => person.page.evaluate((name) => JSON.parse(sessionStorage.getItem(name)), `confab.meeting.${link}`);
  await until(async () => (await kept()).guests === undefined, 'the page to have looked at it');
  assert.equal((await kept()).shareUrl, undefined);
  assert.equal(await person.page.getByRole('button', { name: 'Invite people' }).count(), 0);
  await person.leave();
});

for (const [what, name] of [['a short link', 'url'], ['a long link', 'longUrl']])
  test(`without storage ${what} goes on after a reload`, async () => {
    const ann = await browser.person();
    const { guest } = await createMeeting(ann, client, { options: ['End-to-end encryption'] });
    const link = new URL(guest).pathname.slice('/j/'.length);
    const answer = await invite(link, { name: 'Ms Meyer' });
    const person = await withoutStorage();
    await person.page.goto(`${answer[name]}&key=${guest.split('key=')[1]}`);
    await heading(person, 'Join the meeting');
    await person.page.reload();
    await heading(person, 'Join the meeting');
    assert.equal(await person.page.inputValue('#name-input'), 'Ms Meyer');
    assert.ok(await person.page.locator('#prejoin-encrypted').isVisible());
    await join(person);
    assert.equal(new URL(person.page.url()).hash, '');
    for (const one of [ann, person]) await one.leave();
  });

test('without storage the creator of a meeting goes on after a reload', async () => {
  const person = await withoutStorage();
  const links = await createMeeting(person, client);
  await person.page.reload();
  await join(person, 'Ann');
  await press(person, 'Invite people');
  await until(async () => (await person.page.inputValue('#own-link')) === links.own, 'the own link');
  await person.leave();
});

test('a link that does not work says why', async () => {
  const link = await client.meeting({});
  const { url } = await invite(link);
  const open = async (address) => {
    const person = await browser.person();
    await person.page.goto(address);
    return person;
  };
  await heading(await open(url.split('#')[0]), 'This link is damaged');
  await heading(await open(url.slice(0, -3)), 'This link is damaged');
  await heading(await open(`${url.split('#')[0]}#${'0'.repeat(16)}`), 'There is no such meeting');
  await stack.rows('UPDATE invite_codes SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE WHERE code = ?', [createHash('sha256').update(codeOf(url)).digest()]);
  await heading(await open(url), 'This invitation is no longer valid');
});

test('a link of a removed person says so', async () => {
  const link = await client.meeting({});
  const { url, token } = await invite(link, { name: 'Ms Meyer' });
  const { attendee } = await client.token(link, {}, `Bearer ${token}`);
  assert.equal((await client.call('DELETE', `/session/${link}/attendees/${attendee}`)).status, 204);
  const person = await browser.person();
  await person.page.goto(url);
  await heading(person, 'You were removed from this meeting');
  await person.leave();
});

test('without the service, or after too many tries, the page says so and tries again', async () => {
  const { url } = await invite(await client.meeting({}), { role: 'subscriber' });
  const person = await browser.person();
  const { page } = person;
  const isCode = ({ pathname }) => pathname.startsWith('/j/');
  let answer = null; // that the service gives instead of its own; null: none
  await page.route(isCode, (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    return answer ? route.fulfill(answer) : route.abort();
  });
  await page.goto(url);
  await heading(person, 'The service is not answering');
  answer = { status: 429, headers: { 'Retry-After': '2' }, json: { error: { statusCode: 429, name: 'TooManyRequestsError', message: 'Slow down.' } } };
  await press(person, 'Check again');
  await heading(person, 'Too many tries');
  await page.unroute(isCode);
  await press(person, 'Check again');
  await heading(person, 'Join the meeting');
  await person.leave();
});

test('another short link that is opened during the call brings an invite that lasts longer', async () => {
  const link = await client.meeting({});
  const [first, longer] = [await invite(link, { role: 'publisher', expireTime: Date.now() + 3600_000 }), await invite(link, { role: 'publisher' })];
  const person = await browser.person();
  const { page } = person;
  await enter(person, first.url, 'Ann');
  const used = page.waitForRequest((request) => request.headers().authorization === `Bearer ${longer.token}`);
  await page.evaluate((hash) => { location.hash = hash; }, new URL(longer.url).hash);
  await used;
  await until(() => new URL(page.url()).hash === '', 'the code to be out of the address bar');
  assert.ok(await page.locator('#call-screen').isVisible());
  await page.evaluate(() => { location.hash = 'short'; });
  await page.getByText('That link is damaged. You are still in this call.').waitFor();
  await person.leave();
});
