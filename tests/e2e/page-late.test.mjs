// Answers and events that come late: they change nothing of what the person has done since.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { confirm, createMeeting, enter, heading, join, press, untilJoined } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const client = new Client(sharedStack());
let browser;

before(async () => {
  browser = await Browser.start();
});
afterEach(() => browser.closePages());
after(() => browser.close());

const inviteUrl = async (link, body = {}) => (await client.call('POST', `/session/${link}/invites`, { body })).body.url;

// Holds the page's requests to these addresses: gives the list of them, in which each has go().
async function hold({ page }, address) {
  const held = [];
  await page.route(address, async (route) => {
    /** @type {(answer?: object) => void} */
    let go;
    const answer = await new Promise((resolve) => {
      go = resolve;
      held.push({ go });
    });
    await (answer ? route.fulfill(answer) : route.continue());
  });
  return held;
}

test('an old answer does not take away the form that a newer one has brought', { timeout: 120000 }, async () => {
  const person = await browser.person();
  const url = await inviteUrl(await client.meeting({ isScheduled: true, scheduleTime: Date.now() + 86400_000 }), { role: 'subscriber' });
  await person.page.goto(url);
  await heading(person, 'This meeting is not open yet');
  const held = await hold(person, '**/token');
  await press(person, 'Check again');
  await press(person, 'Check again');
  await until(() => held.length === 2, 'two requests');
  held[1].go({ status: 200, json: { endToEndEncryption: false } });
  await heading(person, 'Join the meeting');
  const refused = person.page.waitForResponse((response) => response.status() === 503);
  held[0].go({ status: 503, json: { error: { statusCode: 503, name: 'ServiceUnavailableError', message: 'away' } } });
  await (await refused).finished();
  await person.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 0)));
  assert.ok(await person.page.locator('#join-button').isVisible());
  assert.ok(await person.page.locator('#prejoin-notice').isHidden());
});

test('a moderator who has gone on after the end for all is not led back by its answer', { timeout: 120000 }, async () => {
  const ann = await browser.person();
  await createMeeting(ann, client);
  await join(ann, 'Ann');
  let answered;
  await ann.page.route('**/end', async (route) => {
    await route.fetch();
    await new Promise((resolve) => (answered = resolve));
    await route.fulfill({ status: 200, json: {} });
  });
  await press(ann, 'Leave');
  await ann.page.locator('#end-for-all').click();
  await confirm(ann);
  await heading(ann, 'The meeting has ended'); // by Janus
  await press(ann, 'Start another meeting');
  await heading(ann, 'Start a meeting');
  const response = ann.page.waitForResponse('**/end');
  answered();
  await (await response).finished();
  await ann.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 0)));
  assert.ok(await ann.page.locator('#start-screen').isVisible());
  ann.assertNoErrors([/status of 400/]); // the page asks for a token, and hears that the meeting has ended
});

test('Join says what it does and that the service is away, and joins with the name of that moment', { timeout: 120000 }, async () => {
  const bob = await browser.person();
  const { page } = bob;
  const link = await client.meeting({});
  await page.goto(await inviteUrl(link));
  await heading(bob, 'Join the meeting');
  await page.getByLabel('Your name').fill('Bob');
  const held = await hold(bob, '**/token');
  const state = (text) => until(async () => (await page.locator('#join-state').textContent()) === text, text);
  await press(bob, 'Join');
  await state('Connecting…');
  await until(() => held.length === 1, 'a request');
  assert.equal(await page.locator('#join-button').getAttribute('aria-disabled'), 'true');
  assert.ok(!(await page.getByLabel('Your name').isEditable()), 'the name can be changed');
  held[0].go({ status: 503, json: { error: { statusCode: 503, name: 'ServiceUnavailableError', message: 'away' } } });
  await state('The service is not answering. This page tries again by itself.');
  await inspect(bob, 'joining-away');
  await page.locator('#join-button').click({ force: true });
  await page.locator('#name-input').evaluate((input) => { /** @type {HTMLInputElement} */ (input).value = ''; });
  await until(() => held.length === 2, 'another request');
  held[1].go();
  await until(() => held.length === 3, 'the request of the call');
  held[2].go();
  await untilJoined(bob);
  await until(async () => (await client.attendees(link)).map(({ name }) => name).join() === 'Bob', 'Bob in the list');
  await press(bob, 'Leave');
  await press(bob, 'Rejoin');
  await until(() => held.length === 4, 'the request of the screen before the call');
  held[3].go();
  await heading(bob, 'Join the meeting');
  assert.equal(await page.locator('#join-state').textContent(), '');
});

test('a dialog that is closed and opened again at once shows the messages', { timeout: 120000 }, async () => {
  const ann = await browser.person();
  const links = await createMeeting(ann, client);
  await join(ann, 'Ann');
  await ann.page.evaluate(() => {
    for (const id of ['leave-button', 'leave-cancel', 'leave-button']) document.getElementById(id).click();
  });
  const bob = await browser.person();
  await enter(bob, links.guest, 'Bob');
  await ann.page.locator('#leave-dialog #notices', { hasText: 'joined' }).waitFor();
});
