// What a visitor sees of the appointment before the call: time, title, host and the organisation, in the visitor's own language
// and time zone; and the devices, which can be tried while the meeting is not open yet.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { heading, press } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const MINUTE = 60_000;
const METADATA = {
  title: 'Check-up after the operation', host: 'Dr Ada Meyer', duration: 30, timeZone: 'Asia/Tokyo', patient: 'secret-4711',
  branding: { name: 'Clinic on the Lake', color: '#0b6b4f', logo: 'clinic.svg' },
};
const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><rect width="90" height="40" fill="#0b6b4f"/></svg>';
let browser;

before(async () => {
  browser = await Browser.start();
});
afterEach(() => browser.closePages());
after(() => browser.close());

const inviteUrl = async (link, body = {}) => (await client.call('POST', `/session/${link}/invites`, { body })).body.url;

async function visitor(url, options = {}) {
  const person = await browser.person({ timezoneId: 'Europe/Berlin', locale: 'en-GB', ...options });
  await person.page.route('**/brand/clinic.svg', (route) => route.fulfill({ contentType: 'image/svg+xml', body: LOGO }));
  await person.page.goto(url);
  return person;
}

const textOf = ({ page }, selector) => page.locator(selector).textContent();

test('an early visitor sees the appointment in their own time, tries the devices, and comes in without a click', async () => {
  const link = await client.meeting({ isScheduled: true, scheduleTime: '2031-05-06T08:30:00Z', extMetadata: METADATA });
  const url = await inviteUrl(link);
  const early = await visitor(url);
  await heading(early, 'This meeting is not open yet');
  assert.equal(await textOf(early, '#visit-title'), METADATA.title);
  assert.match(await textOf(early, '#visit-host'), /Dr Ada Meyer/);
  assert.match(await textOf(early, '#visit-when'), /^Your appointment: Tuesday,? 6 May 2031, 10:30 \(your time\), 30 min\. That is 17:30 in Tokyo\.$/);
  assert.match(await textOf(early, '#prejoin-notice-text'), /^You can come in from 10:00\./);
  assert.equal(await textOf(early, '#brand-name'), 'Clinic on the Lake');
  await until(() => early.page.locator('#brand-logo').evaluate(({ naturalWidth }) => naturalWidth === 90), 'the logo');
  assert.ok(!(await early.page.content()).includes('secret-4711'), 'more of extMetadata is shown');
  await inspect(early, 'visit-early');
  await press(early, 'Test camera and microphone');
  await until(() => early.page.locator('#preview-video').evaluate(({ videoWidth }) => videoWidth > 0), 'a preview');
  assert.ok(await early.page.locator('#join-button').isHidden());
  await inspect(early, 'visit-testing');
  await client.call('PATCH', `/session/${link}`, { body: { scheduleTime: Date.now() + 30 * MINUTE + 3000 } });
  await press(early, 'Check again');
  await heading(early, 'Join the meeting');
  assert.ok(await early.page.locator('#join-button').isVisible());
  await until(() => early.page.locator('#preview-video').evaluate(({ videoWidth }) => videoWidth > 0), 'the preview');
  assert.match(await textOf(early, '#visit-when'), /Your appointment: (today|tomorrow), \d?\d:\d\d \(your time\)/);
  await inspect(early, 'visit-join');
});

test('while the browser asks for the devices before the opening, nothing offers to join', async () => {
  const early = await browser.person();
  await early.context.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => new Promise(() => {});
  });
  await early.page.goto(await inviteUrl(await client.meeting({ isScheduled: true, scheduleTime: '2031-05-06T08:30:00Z' })));
  await press(early, 'Test camera and microphone');
  await early.page.locator('#devices-pending').waitFor();
  assert.ok(await early.page.locator('#join-without').isHidden());
  await inspect(early, 'visit-asked');
});

test('an opening that is no time leaves no empty screen', async () => {
  const early = await browser.person();
  await early.page.route('**/token', (route) => route.fulfill({ status: 400, json: { error: {
    statusCode: 400, name: 'BadRequestError', message: 'not open', code: 'MEETING_NOT_OPEN', details: [{ info: { opensAt: 'soon' } }],
  } } }));
  await early.page.goto(await inviteUrl(await client.meeting({})));
  await heading(early, 'This meeting is not open yet');
  assert.equal(await textOf(early, '#prejoin-notice-text'), 'It opens later. Keep this page open: it lets you in then.');
});

test('the time is in the language and the time zone of the visitor', async () => {
  const link = await client.meeting({ isScheduled: true, scheduleTime: '2031-05-06T08:30:00Z' });
  const url = await inviteUrl(link);
  const german = await visitor(url, { locale: 'de-DE' });
  await heading(german, 'This meeting is not open yet');
  assert.equal(await textOf(german, '#visit-time'), 'Dienstag, 6. Mai 2031, 10:30');
  assert.equal(await german.page.locator('#visit-time').getAttribute('lang'), 'de-DE');
  const american = await visitor(url, { locale: 'en-US', timezoneId: 'America/New_York' });
  await heading(american, 'This meeting is not open yet');
  assert.match(await textOf(american, '#visit-time'), /^Tuesday, May 6, 2031, 4:30\sAM$/);
  assert.match(await textOf(american, '#prejoin-notice-text'), /from 4:00\sAM/);
});

test('a meeting without an appointment says nothing of one, and a logo that is missing leaves no hole', async () => {
  const plain = await visitor(await inviteUrl(await client.meeting({})));
  await heading(plain, 'Join the meeting');
  assert.ok(await plain.page.locator('#visit').isHidden());
  assert.equal(await textOf(plain, '#brand-name'), 'Confab');
  const link = await client.meeting({ extMetadata: { branding: { name: 'School', logo: 'not-there.png' } } });
  const branded = await visitor(await inviteUrl(link));
  await heading(branded, 'Join the meeting');
  await until(() => branded.page.locator('#brand-sign').isVisible(), 'the page\'s own sign');
  assert.ok(await branded.page.locator('#brand-logo').isHidden());
});

test('an invite tells of extMetadata the named members alone; those of another form are not shown, and refuse no request', async () => {
  const soon = { isScheduled: true, scheduleTime: Date.now() + 90 * MINUTE, extMetadata: METADATA };
  const link = await client.meeting(soon);
  const { token: invite } = (await client.call('POST', `/session/${link}/invites`, { body: {} })).body;
  const ask = () => client.call('POST', `/session/${link}/token`, { auth: `Bearer ${invite}`, body: {} });
  const { patient, ...shown } = METADATA;
  const expected = { ...shown, scheduleTime: new Date(soon.scheduleTime).toISOString() };
  const closed = await ask();
  assert.equal(closed.status, 400);
  assert.deepEqual(closed.body.error.details[0].info.visit, expected);
  await client.call('PATCH', `/session/${link}`, { body: { isScheduled: false } });
  const open = await ask();
  assert.equal(open.status, 200);
  assert.deepEqual(open.body.visit, { ...expected, scheduleTime: null });
  assert.ok(!JSON.stringify([closed.body, open.body]).includes(patient));
  // What another program may have kept there before these members had a meaning.
  const own = { title: '', host: { id: 7 }, duration: 5400, timeZone: 'CET/CEST?', branding: { name: ' ', color: 'url(x)', logo: 'https://elsewhere.example/a.svg' } };
  const made = await client.call('POST', '/session', { body: { extMetadata: own } });
  assert.equal(made.status, 200, made.text);
  const patched = await client.call('PATCH', `/session/${link}`, { body: { extMetadata: { ...own, branding: 'x', host: 'Dr Meyer' } } });
  assert.equal(patched.status, 204, patched.text);
  assert.deepEqual((await client.call('GET', `/session/${link}`)).body.extMetadata, { ...own, branding: 'x', host: 'Dr Meyer' });
  assert.deepEqual((await ask()).body.visit, { scheduleTime: null, title: null, host: 'Dr Meyer', timeZone: null });
  const wrong = { title: 'a\u202Eb', host: '\u200B', duration: 0, branding: { name: 'a\u0007b', color: 'url(x)' } };
  const paths = ['/extMetadata/branding/name', '/extMetadata/host', '/extMetadata/title'];
  for (const [method, path] of [['POST', '/session'], ['PATCH', `/session/${link}`]]) {
    const { status, body } = await client.call(method, path, { body: { extMetadata: wrong } });
    assert.equal(status, 422);
    assert.deepEqual(body.error.details.map((one) => one.path).sort(), paths);
  }
});
