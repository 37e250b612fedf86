// Every screen of the join page: what it says when something is wrong; that everybody can use it (axe-core, keyboard); that it
// fits a desktop and a telephone.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { choose, createMeeting, enter, heading, join, linkOf, people, press } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
let browser;

before(async () => {
  browser = await Browser.start();
});
// Each test has people of its own. Pages that stay open would slow down the tests that follow.
afterEach(() => browser.closePages());
after(() => browser.close());

const inviteUrl = async (link, body = {}) => (await client.call('POST', `/session/${link}/invites`, { body })).body.url;

const focusOf = (page) => page.evaluate(() => document.activeElement.id);

test('the start screen asks for a token, says when it is not accepted, and keeps it for this tab only', async () => {
  const person = await browser.person();
  const { page } = person;
  await page.goto(client.base);
  await heading(person, 'Start a meeting');
  await inspect(person, 'start-token');
  await page.getByLabel('Access token').fill('nonsense');
  await press(person, 'Continue');
  await until(async () => (await page.locator('#bearer-error').textContent()) || (await page.locator('#create-error').textContent()) || (await page.locator('#create-form').isVisible()), 'an answer');
  if (await page.locator('#create-form').isVisible()) {
    await press(person, 'Create meeting');
    await until(async () => (await page.locator('#bearer-error').textContent()) || (await page.locator('#create-error').textContent()), 'what is wrong');
  }
  const { page: fresh } = await browser.person();
  await fresh.goto(`${client.base}/#token=${await client.bearer()}`);
  await fresh.locator('#create-form').waitFor();
  assert.equal(new URL(fresh.url()).hash, '');
  await inspect({ page: fresh }, 'start');
  assert.deepEqual(await fresh.evaluate(() => Object.keys(localStorage)), []);
  await press({ page: fresh }, 'Use another access token');
  await fresh.locator('#create-form').waitFor({ state: 'hidden' });
  assert.equal(await focusOf(fresh), 'bearer-input');
  await fresh.reload();
  await fresh.locator('#bearer-form').waitFor(); // it is removed, not hidden
});

test('a meeting is scheduled; a guest who comes too early sees when it opens, and comes in without a click', async () => {
  const person = await browser.person({ timezoneId: 'Europe/Berlin', locale: 'en-GB' });
  const { page } = person;
  await page.goto(`${client.base}/#token=${await client.bearer()}`);
  await page.getByRole('radio', { name: 'Schedule for later' }).check();
  await page.getByLabel('Date and time').fill('2031-05-06T10:30');
  await press(person, 'Create meeting');
  await heading(person, 'Your meeting is ready');
  await inspect(person, 'created');
  const url = await page.inputValue('#created-link');
  const [row] = await stack.rows('SELECT schedule_time FROM meetings WHERE meeting_link = ?', [linkOf(url)]);
  assert.equal(row.schedule_time, '2031-05-06 08:30:00.000', 'local time of summer in Berlin');
  const guest = await browser.person({ timezoneId: 'Europe/Berlin', locale: 'en-GB' });
  await guest.page.goto(url);
  await heading(guest, 'This meeting is not open yet');
  assert.match(await guest.page.locator('#visit-time').textContent(), /2031/);
  await inspect(guest, 'not-open');
  await client.call('PATCH', `/session/${linkOf(url)}`, { body: { scheduleTime: Date.now() + 30 * 60_000 + 4000 } });
  await press(guest, 'Check again');
  await until(async () => /^Opens in \d+ s/.test(await guest.page.locator('#prejoin-countdown').textContent()), 'the countdown');
  await heading(guest, 'Join the meeting');
  await press(person, 'Create another meeting');
  await page.locator('#created').waitFor({ state: 'hidden' });
  await press(person, 'Create meeting');
  await heading(person, 'Your meeting is ready');
  assert.notEqual(linkOf(await page.inputValue('#created-link')), linkOf(url));
});

test('ended, unknown, expired and damaged links say so', async () => {
  const open = async (url) => {
    const person = await browser.person();
    await person.page.goto(url);
    return person;
  };
  const link = await client.meeting({});
  const { url: short, longUrl: url } = (await client.call('POST', `/session/${link}/invites`)).body;
  const claims = { iss: 'confab:invite', meetingLinkId: link, meetingRole: 'publisher', exp: Math.floor(Date.now() / 1000) - 60 };
  const expired = await client.bearer(claims, { secret: stack.conf.SERVICE_SECRET });
  await client.call('PATCH', `/session/${link}/end`);
  await heading(await open(short), 'This meeting has ended');
  const ended = await open(url);
  await heading(ended, 'This meeting has ended');
  await inspect(ended, 'ended');
  const gone = await client.meeting({});
  const goneUrl = await inviteUrl(gone);
  await client.call('PATCH', `/session/${gone}`, { body: { deleted: true } });
  await heading(await open(goneUrl), 'There is no such meeting');
  await heading(await open(`${client.base}/#invite=abc`), 'This link is damaged');
  await heading(await open(`${url.slice(0, -8)}AAAAAAAA`), 'This link is damaged');
  await heading(await open(`${client.base}/#invite=${expired}`), 'This invitation is no longer valid');
});

test('before the call: devices can be chosen and seen, refused ones are explained, and one can join without', async () => {
  const link = await client.meeting({});
  const person = await browser.person();
  await person.page.goto(await inviteUrl(link, { name: 'Ms Meyer' }));
  await heading(person, 'Join the meeting');
  await until(() => person.page.locator('#preview-video').evaluate(({ videoWidth }) => videoWidth > 0), 'a preview');
  assert.ok((await person.page.locator('#camera-select option').count()) >= 1);
  assert.equal(await person.page.inputValue('#name-input'), 'Ms Meyer');
  assert.ok(await person.page.locator('#name-input').evaluate(({ readOnly }) => readOnly));
  await until(async () => Number(await person.page.locator('#level').getAttribute('aria-valuenow')) > 0, 'the level meter to move');
  await inspect(person, 'prejoin');
  await press(person, 'Microphone');
  assert.equal(await person.page.locator('#preview-microphone').getAttribute('title'), 'Microphone is off');
  await until(async () => (await person.page.locator('#level').getAttribute('aria-valuenow')) === '0', 'the level meter to fall');
  await join(person);
  assert.equal(await person.page.locator('#microphone-button').getAttribute('aria-pressed'), 'false', 'the choice is forgotten');

  const strict = await Browser.start({ flags: ['--use-fake-ui-for-media-stream=deny'] });
  try {
    const other = await strict.person({ allowed: false });
    await other.page.goto(await inviteUrl(link));
    await other.page.locator('#device-notice').waitFor();
    assert.match(await other.page.locator('#device-notice-text').textContent(), /browser|allow|blocked|refused|permission/i);
    await inspect(other, 'prejoin-refused');
    await join(other, 'Without devices');
    await until(async () => (await client.attendees(link, '?active=true')).length === 2, 'both');
  } finally {
    await strict.close();
  }
});

test('the links and the key of an encrypted call', async () => {
  const ann = await browser.person();
  const links = await createMeeting(ann, client, { options: ['End-to-end encryption'], watch: true });
  await join(ann, 'Ann');
  await press(ann, 'Invite people'); // as nobody else is here
  await press(ann, 'Renew the key');
  await ann.page.locator('#confirm-accept').click();
  await inspect(ann, 'call-invite');
  const { body } = await client.call('POST', `/session/${linkOf(links.guest)}/invites`, { body: { role: 'moderator' } });
  const mia = await browser.person();
  await enter(mia, `${body.url}&key=${new URL(links.guest).hash.split('key=')[1]}`, 'Mia');
  await press(mia, 'End-to-end encrypted');
  await press(mia, 'Understood');
  await mia.page.locator('#encryption-dialog').waitFor({ state: 'hidden' });
  await press(mia, 'End-to-end encrypted');
  await press(mia, 'Renew the key…');
  await press(mia, 'Renew the key');
  await mia.page.locator('#confirm-accept').click();
  await inspect(mia, 'call-key');
  for (const person of [ann, mia]) await person.leave();
});

test('the call and everything in it, by keyboard alone', async () => {
  const ann = await browser.person();
  const links = await createMeeting(ann, client, { watch: true });
  await join(ann, 'Ann');
  const bob = await browser.person();
  await enter(bob, links.guest, '‏שלום 👩‍⚕️ a very long name of somebody who has many first names and a title');
  await Promise.all([ann.untilPlaying({ videos: 1 }), bob.untilPlaying({ videos: 1 })]);
  await inspect(ann, 'call');
  await people(ann);
  await inspect(ann, 'call-people');
  await press(ann, 'Close the list of people');
  await ann.page.locator('#people-panel').waitFor({ state: 'hidden' });
  assert.equal(await focusOf(ann.page), 'people-button');
  const { page } = bob;
  const microphone = page.locator('#microphone-button');
  await page.locator('#call-title').focus();
  const pressed = await microphone.getAttribute('aria-pressed');
  await page.keyboard.press('m');
  await until(async () => (await microphone.getAttribute('aria-pressed')) !== pressed, 'the microphone to be switched');
  // Single keys can be switched off.
  await choose(bob, 'Devices');
  await inspect(bob, 'call-devices');
  await page.getByRole('checkbox', { name: 'Single keys work in the call' }).uncheck();
  await press(bob, 'Done');
  await page.locator('#call-title').focus();
  const before_ = await microphone.getAttribute('aria-pressed');
  await page.keyboard.press('m');
  await page.keyboard.press('Escape');
  assert.equal(await microphone.getAttribute('aria-pressed'), before_);
  // Tab reaches every control, and the focus is visible.
  const reached = new Set();
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab');
    const { id, outlined } = await page.evaluate(() => ({ id: document.activeElement.id, outlined: getComputedStyle(document.activeElement).outlineStyle !== 'none' || getComputedStyle(document.activeElement).boxShadow !== 'none' }));
    if (id) {
      reached.add(id);
      assert.ok(outlined, `${id} has no visible focus`);
    }
  }
  for (const id of ['microphone-button', 'camera-button', 'screen-button', 'more-button', 'people-button', 'leave-button']) assert.ok(reached.has(id), `${id} is not reached`);
  await page.locator('#leave-button').focus();
  await page.keyboard.press('Enter');
  await heading(bob, 'You have left the call');
  await inspect(bob, 'left');
  await press(ann, 'Leave');
  await press(ann, 'Stay');
  await ann.page.locator('#leave-dialog').waitFor({ state: 'hidden' });
  assert.ok(await ann.page.locator('#call-screen').isVisible());
  await press(ann, 'Leave');
  await ann.page.locator('#leave-accept').click();
  await heading(ann, 'You have left the call');
  await until(async () => (await ann.page.locator('#attendance-rows tr').count()) >= 2, 'the attendance');
  await inspect(ann, 'left-moderator');
  const there = ann.page.locator('#attendance-rows tr').filter({ hasText: 'still there' });
  assert.equal(await there.count(), 0);
  await press(bob, 'Rejoin');
  await join(bob);
  await until(async () => {
    await press(ann, 'Refresh');
    return (await there.count()) === 1;
  }, 'the list to say that somebody is back');
});
