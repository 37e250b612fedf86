// What the browser keeps: nothing at all where storage is blocked, the name if the person says so; and two tabs of one person.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser, Person } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { enter, heading, join, reload, untilJoined } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const client = new Client(sharedStack());
let browser;

before(async () => {
  browser = await Browser.start();
});
afterEach(() => browser.closePages());
after(() => browser.close());

const inviteUrl = async (link, body = {}) => (await client.call('POST', `/session/${link}/invites`, { body })).body.url;
const active = async (link) => (await client.attendees(link, '?active=true')).map(({ name, connections }) => `${name} ${connections}`).sort().join();

// Runs in the page before its own scripts: as a browser that blocks the storage of sites.
function blockStorage() {
  for (const name of ['sessionStorage', 'localStorage']) {
    Object.defineProperty(window, name, {
      get() {
        throw new DOMException('blocked', 'SecurityError');
      },
    });
  }
}

test('where storage is blocked, a reload leads back into the call, as the same person', async () => {
  const link = await client.meeting({});
  const bob = await browser.person();
  await bob.context.addInitScript(blockStorage);
  await enter(bob, await inviteUrl(link), 'Bob');
  const identity = async () => (await client.attendees(link, '?active=true')).map(({ attendee }) => attendee).join();
  const before_ = await until(identity, 'Bob');
  assert.equal(new URL(bob.page.url()).hash, '', 'the secret stays in the address bar');
  await reload(bob);
  assert.ok(await bob.page.locator('#keep-name-field').evaluate((field) => field.hidden), 'a browser that keeps nothing is asked to');
  await until(async () => (await active(link)) === 'Bob 1', 'Bob alone');
  assert.equal(await identity(), before_);
  bob.assertNoErrors();
});

test('a name is kept for the next time if the person says so, and forgotten if not', async () => {
  const url = await inviteUrl(await client.meeting({}));
  const bob = await browser.person();
  await enter(bob, url, 'Bob');
  assert.deepEqual(await bob.page.evaluate(() => Object.keys(localStorage)), []);
  const visit = async () => {
    const page = await bob.context.newPage();
    await page.goto(await inviteUrl(await client.meeting({})));
    await page.locator('#prejoin-form').waitFor();
    return new Person(bob.context, page);
  };
  const second = await visit();
  assert.equal(await second.page.inputValue('#name-input'), '');
  await second.page.getByLabel('Keep my name on this device').check();
  await join(second, 'Bob Miller');
  await second.leave();
  const third = await visit();
  assert.equal(await third.page.inputValue('#name-input'), 'Bob Miller');
  await third.page.getByLabel('Keep my name on this device').uncheck();
  await join(third);
  assert.deepEqual(await third.page.evaluate(() => Object.keys(localStorage)), []);
});

test('a tab that joins instead of another one leaves that one in the call until it has a place itself', async () => {
  const link = await client.meeting({});
  const url = await inviteUrl(link);
  const bob = await browser.person();
  await enter(bob, url, 'Bob');
  const page = await bob.context.newPage();
  const second = new Person(bob.context, page);
  await page.goto(url);
  await page.locator('#other-tab').waitFor();
  const away = (route) => route.fulfill({ status: 503, json: { error: { statusCode: 503, name: 'ServiceUnavailableError', message: 'away' } } });
  await page.route('**/token', away);
  await page.getByLabel('Your name').fill('Bob');
  await page.getByRole('button', { name: 'Join here instead' }).click();
  await page.getByText('The service is not answering.').waitFor();
  assert.ok(await bob.page.locator('#call-screen').isVisible(), 'nobody is in the call');
  await page.unroute('**/token', away);
  await untilJoined(second);
  await heading(bob, 'You have gone on in another tab');
  assert.equal((await client.attendees(link)).length, 1, 'two people are listed');
});

test('two tabs of one person are one person: the second asks, and the first leaves', async () => {
  const link = await client.meeting({});
  const url = await inviteUrl(link);
  const bob = await browser.person();
  await enter(bob, url, 'Bob');
  await until(async () => (await active(link)) === 'Bob 1', 'Bob');
  const page = await bob.context.newPage();
  const second = new Person(bob.context, page);
  await page.goto(url);
  await page.locator('#other-tab').waitFor();
  await inspect(second, 'other-tab');
  await page.getByLabel('Your name').fill('Bob');
  const here = page.getByRole('button', { name: 'Join here instead' });
  await until(() => here.isEnabled(), 'the devices');
  await here.click();
  await untilJoined(second);
  await heading(bob, 'You have gone on in another tab');
  await until(async () => (await active(link)) === 'Bob 1', 'Bob once');
  assert.equal((await client.attendees(link)).length, 1, 'two people are listed');
  second.assertNoErrors();
});
