// Recordings on the page: the list and who sees it, watching the composed film, deleting.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client, PERMISSIONS } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { ANA, BEN, DURATION, LATE, archiveFiles, composeArchive, makeArchive } from './lib/made-archive.mjs';
import { choose, confirm, enter, heading, inMenu, press } from './lib/page.mjs';
import { film, isBlack, isBlue, isRed, place, row, seekTo, untilFilm, untilState, watch } from './lib/player.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
let browser;

before(async () => {
  browser = await Browser.start();
});
afterEach(() => browser.closePages());
after(() => browser.close());

const inviteUrl = async (link, body) => (await client.call('POST', `/session/${link}/invites`, { body })).body.url;

// Somebody on the start screen, with an access token of these claims.
async function operator(claims = { permissions: PERMISSIONS }) {
  const person = await browser.person();
  await person.page.goto(`${client.base}/#token=${await client.bearer(claims)}`);
  await heading(person, 'Start a meeting');
  return person;
}

// An operator who watches the film of a new recording.
async function viewer(options = {}) {
  const made = await makeArchive(stack, client, options);
  const person = await operator();
  await watch(person, made);
  return { person, made };
}

const buttonsOf = async (person, made) => {
  const labels = await row(person, made).getByRole('button').allTextContents();
  return labels.map((label) => label.trim());
};

test('an operator sees the recordings of all meetings: their name, length, state, and what can be done', async () => {
  const make = (options) => makeArchive(stack, client, options);
  const ready = await make({ name: 'Visit of Ms Müller' });
  const running = await make({ status: 'started' });
  const failed = await make({ status: 'failed', reason: 'The disk is full.' });
  const processing = await make({ status: 'processing', progress: 40 });
  const expired = await make({ status: 'expired', composed: false, tracks: false });
  const uploaded = await make({ status: 'uploaded' });
  const individual = await make({ outputMode: 'individual' });
  const person = await operator();
  await untilState(person, ready, 'Ready');
  await untilState(person, running, 'Recording now');
  await untilState(person, failed, "Failed: The disk is full. The people's recordings can be watched if they are kept.");
  await untilState(person, processing, 'Being made: 40 %');
  await untilState(person, expired, 'Expired: its files were deleted');
  await untilState(person, uploaded, 'Uploaded');
  await untilState(person, individual, 'Ready: a file for each person');
  assert.equal(await row(person, ready).locator('.recording-name').textContent(), 'Visit of Ms Müller');
  assert.equal(await row(person, ready).locator('.recording-length').textContent(), `0:${DURATION}`);
  assert.match(await row(person, ready).locator('.recording-facts').textContent(), /2026.* · 20 s · 0\.\d MB$/);
  await until(() => row(person, ready).locator('img').evaluate((image) => /** @type {HTMLImageElement} */ (image).naturalWidth > 0), 'the poster');
  assert.deepEqual(await buttonsOf(person, ready), ['Watch', 'Download', 'Delete']);
  assert.deepEqual(await buttonsOf(person, running), []);
  assert.deepEqual(await buttonsOf(person, failed), ['Watch', 'Delete']);
  assert.deepEqual(await buttonsOf(person, processing), ['Watch', 'Delete']);
  assert.deepEqual(await buttonsOf(person, expired), ['Delete']);
  await inspect(person, 'recordings');
  person.assertNoErrors();
});

test('older recordings come with a click, and the list is as long as the person made it', async () => {
  const { link } = await makeArchive(stack, client, { name: 'The oldest', status: 'expired', composed: false, tracks: false });
  const session = "SELECT session_id FROM meetings WHERE meeting_link = ?";
  for (let i = 0; i < 21; i += 1)
    await stack.rows(
      `INSERT INTO archives (archive_id, session_id, name, status, created_at, duration, size, created_on, modified_on)
       VALUES (?, (${session}), ?, 'expired', UTC_TIMESTAMP(6), 1, 0, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [`${link}-${i}`, link, `Number ${i}`],
    );
  const person = await browser.person();
  await person.page.goto(await inviteUrl(link, { role: 'moderator' }));
  const rows = person.page.locator('li.recording-item');
  await until(async () => (await rows.count()) === 20, 'twenty');
  await press(person, 'Show older recordings');
  await until(async () => (await rows.count()) === 22, 'all');
  assert.equal(await rows.last().locator('.recording-name').textContent(), 'The oldest');
  assert.ok(await person.page.getByRole('button', { name: 'Show older recordings' }).isHidden());
});

test('the composed film plays with its picture, and goes to where the person wants', async () => {
  const { person } = await viewer({ name: 'Visit of Ms Müller' });
  const { page } = person;
  await until(async () => (await page.locator('#player-title').textContent()) === 'Visit of Ms Müller', 'the name');
  const early = await untilFilm(person, ({ time }) => time > 0.3, 'the film to play');
  assert.ok(early.time < LATE);
  assert.ok(isRed(early.left), `Ana: ${early.left}`);
  assert.ok(isBlack(early.right), `Ben is there too early: ${early.right}`);
  await seekTo(person, 0.3);
  await untilFilm(person, ({ time, right }) => time > 5.5 && time < 9 && isBlue(right), 'Ben');
  await press(person, 'Pause');
  const paused = await untilFilm(person, (now) => now.paused, 'the film to stand');
  await page.locator('#player-seek').focus();
  await page.keyboard.press('ArrowRight');
  await untilFilm(person, ({ time }) => Math.abs(time - paused.time - 5) < 0.1, 'five seconds later');
  await page.keyboard.press('ArrowLeft');
  await untilFilm(person, ({ time }) => Math.abs(time - paused.time) < 0.1, 'five seconds earlier');
  await page.keyboard.press('Home');
  await untilFilm(person, ({ time, right }) => time < 0.1 && isBlack(right), 'the beginning');
  assert.equal(await place(person), 0);
  assert.equal(await page.locator('#player-seek').getAttribute('aria-valuetext'), '0:00 of 0:20');
  await page.keyboard.press(' ');
  await untilFilm(person, ({ time, paused: stands }) => !stands && time > 0.3, 'the film to play again');
  await page.keyboard.press('End');
  await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  await press(person, 'Play');
  await untilFilm(person, ({ time, paused: stands }) => !stands && time < 5, 'the film to begin again');
  person.assertNoErrors();
});

test('a chapter leads to its people, and the one that plays is marked', async () => {
  const { person } = await viewer();
  const chapters = person.page.locator('#player-chapters button');
  await chapters.first().waitFor();
  assert.deepEqual(await chapters.allTextContents(), [`0:00 ${ANA.name}`, `0:04 ${ANA.name}, ${BEN.name}`]);
  const current = () => person.page.locator('#player-chapters [aria-current]').allTextContents();
  await until(async () => (await current())[0] === `0:00 ${ANA.name}`, 'the first chapter');
  await press(person, 'Pause');
  await chapters.last().click();
  await untilFilm(person, ({ time, right }) => Math.abs(time - LATE) < 0.1 && isBlue(right), 'the chapter');
  await until(async () => (await current())[0] === `0:04 ${ANA.name}, ${BEN.name}`, 'the second chapter');
});

test('the film plays at another speed, and without sound', async () => {
  const { person } = await viewer();
  const { page } = person;
  await page.getByLabel('Speed').selectOption('2');
  const before = await untilFilm(person, ({ rate, time }) => rate === 2 && time > 0.2, 'twice the speed');
  const measured = await page.evaluate(async () => {
    const video = /** @type {HTMLVideoElement} */ (document.querySelector('#player-picture > video'));
    const [from, at] = [video.currentTime, performance.now()];
    await new Promise((resolve) => { setTimeout(resolve, 1500); });
    return (video.currentTime - from) / ((performance.now() - at) / 1000);
  });
  assert.ok(measured > 1.5 && measured < 2.5, `${measured} times from ${before.time} on`);
  await page.locator('#player-seek').focus();
  await page.keyboard.press('<');
  await untilFilm(person, ({ rate }) => rate === 1.5, 'the speed before');
  await page.keyboard.press('m');
  await until(() => page.locator('#player-picture > video').evaluate((video) => /** @type {HTMLVideoElement} */ (video).muted), 'silence');
  await page.getByRole('button', { name: 'Sound on' }).waitFor();
});

test('a pointer over the bar sees the picture and the time of that place', async () => {
  const { person } = await viewer();
  const { page } = person;
  await untilFilm(person, ({ time }) => time > 0, 'the film');
  const bar = await page.locator('#player-seek').boundingBox();
  await page.mouse.move(bar.x + bar.width * 0.6, bar.y + bar.height / 2);
  await page.locator('#player-preview').waitFor();
  assert.match(await page.locator('#player-preview-time').textContent(), /^0:1[12]$/);
  const style = await page.locator('#player-preview-picture').evaluate(({ style: { backgroundImage, backgroundPosition } }) => ({ backgroundImage, backgroundPosition }));
  assert.match(style.backgroundImage, /thumbnails\.jpg/);
  assert.match(style.backgroundPosition, /^-320px (-0px|0px)$/, 'the third picture');
  await page.mouse.move(bar.x, bar.y - 200);
  await page.locator('#player-preview').waitFor({ state: 'hidden' });
});

// The first link gives the beginning of the file and then nothing more, as a link that has ended since.
async function endFirstLink(page, { folder }) {
  const whole = readFileSync(path.join(folder, 'meeting.mp4'));
  const seen = { first: null, refused: 0, renewed: 0 };
  await page.route(/\/media\?file=meeting\.mp4/, async (route) => {
    if (seen.renewed > 0) return route.continue();
    const [, from] = route.request().headers().range?.match(/bytes=(\d+)-/) ?? [];
    const part = whole.subarray(Number(from ?? 0), 200_000);
    if (Number(from ?? 0) > 0) {
      seen.refused += 1;
      return route.fulfill({ status: 403, json: { error: { statusCode: 403, name: 'ForbiddenError', code: 'LINK_EXPIRED', message: 'The link has ended.' } } });
    }
    return route.fulfill({ status: 206, body: part, headers: { 'Content-Type': 'video/mp4', 'Accept-Ranges': 'bytes', 'Content-Range': `bytes 0-${part.length - 1}/${whole.length}` } });
  });
  await page.route(/\/archives\/[^/?]+$/, (route) => {
    if (seen.refused > 0) seen.renewed += 1;
    return route.continue();
  });
  return seen;
}

test('a link that ends in the middle of the film is replaced, and the film goes on at the same place', async () => {
  const made = await makeArchive(stack, client);
  const person = await operator();
  const seen = await endFirstLink(person.page, made);
  await watch(person, made);
  const before = await untilFilm(person, ({ time }) => time > 1, 'the film');
  await until(() => seen.renewed > 0, 'a new link', 30000);
  const later = await untilFilm(person, ({ time, paused }) => !paused && time > before.time + 1, 'the film to go on');
  assert.ok(isRed(later.left));
  await seekTo(person, 0.8);
  await untilFilm(person, ({ time, right }) => time > 15 && isBlue(right), 'the rest of the film');
  assert.ok(await person.page.locator('#player-fault').isHidden());
});

// The link as the service signs it, with another end.
function linkUntil(url, expires) {
  const link = new URL(url);
  const [, archive] = link.pathname.match(/\/archives\/([^/]+)\/media$/);
  const signed = `archive-link\0${archive}\0${expires}/${link.searchParams.get('file')}`;
  link.searchParams.set('expires', String(expires));
  link.searchParams.set('signature', createHmac('sha256', stack.conf.SERVICE_SECRET).update(signed).digest('hex'));
  return link.href;
}

test('before its link ends the film goes on with another one', async () => {
  const made = await makeArchive(stack, client);
  const person = await operator();
  const { page } = person;
  const near = Math.floor(Date.now() / 1000) + 65;
  let asked = 0;
  await page.route(/\/archives\/[^/?]+$/, async (route) => {
    asked += 1;
    if (asked > 1) return route.continue();
    const response = await route.fetch();
    const body = await response.json();
    body.metaData.media.url = linkUntil(body.metaData.media.url, near);
    return route.fulfill({ response, json: body });
  });
  await watch(person, made);
  const addressOf = () => page.locator('#player-picture > video').getAttribute('src');
  await untilFilm(person, ({ time }) => time > 1, 'the film');
  assert.match(await addressOf(), new RegExp(`expires=${near}&`));
  await until(async () => !(await addressOf()).includes(`expires=${near}`), 'another link', 20000);
  const { time } = await untilFilm(person, ({ paused, time: now }) => !paused && now > 1, 'the film to go on');
  assert.ok(time > 8 && time < 16, `it goes on at ${time}`);
  person.assertNoErrors();
});

test('without the network the player says so, and goes on with a click', async () => {
  const made = await makeArchive(stack, client);
  const person = await operator();
  const { page } = person;
  await row(person, made).waitFor();
  await page.route(/\/archives\//, (route) => route.abort('internetdisconnected'));
  await watch(person, made);
  await page.locator('#player-fault').waitFor();
  assert.match(await page.locator('#player-fault-text').textContent(), /could not be loaded: The service cannot be reached/);
  await inspect(person, 'recording-fault');
  await page.unroute(/\/archives\//);
  await press(person, 'Try again');
  await untilFilm(person, ({ time }) => time > 0.3, 'the film');
  assert.ok(await page.locator('#player-fault').isHidden());
});

test('a file that this browser cannot play is said to be one, not shown as a black box', async () => {
  const made = await makeArchive(stack, client);
  const person = await operator();
  await person.page.route(/\/media\?file=meeting\.mp4/, (route) => route.fulfill({ contentType: 'video/mp4', body: 'no film' }));
  await watch(person, made);
  await until(async () => /cannot be played now/.test(await person.page.locator('#player-fault-text').textContent()), 'the message');
});

test('the state goes on by itself while a recording is being made', async () => {
  const made = await makeArchive(stack, client, { status: 'processing', progress: 40 });
  const person = await operator();
  await untilState(person, made, 'Being made: 40 %');
  assert.equal(await row(person, made).locator('progress').evaluate((bar) => /** @type {HTMLProgressElement} */ (bar).value), 40);
  await stack.rows('UPDATE archives SET progress = 70 WHERE archive_id = ?', [made.archive]);
  await untilState(person, made, 'Being made: 70 %');
  await composeArchive(stack, made);
  await untilState(person, made, 'Ready');
  assert.ok(await row(person, made).locator('progress').isHidden());
  await watch(person, made);
  await untilFilm(person, ({ time }) => time > 0.3, 'the film');
});

test('deleting asks first; then the recording is gone from the list and from the disk', async () => {
  const made = await makeArchive(stack, client, { name: 'To be deleted' });
  const other = await makeArchive(stack, client, { link: made.link });
  const person = await operator();
  const remove = row(person, made).getByRole('button', { name: /^Delete/ });
  await remove.click();
  assert.match(await person.page.locator('#confirm-text').textContent(), /To be deleted.*cannot be undone/s);
  await inspect(person, 'recording-delete');
  await person.page.locator('#confirm-cancel').click();
  await row(person, made).waitFor();
  assert.ok(archiveFiles(made)?.includes('meeting.mp4'), 'deleted without an answer');
  await remove.click();
  await confirm(person);
  await row(person, made).waitFor({ state: 'detached' });
  await until(() => archiveFiles(made) === undefined, 'the files to be gone');
  assert.ok(archiveFiles(other)?.includes('meeting.mp4'), 'another recording is gone');
  await row(person, other).waitFor();
  assert.equal((await client.call('GET', `/archives/${made.archive}`)).status, 404);
});

test('without the permission to delete there is no button; without the one to see there is no list', async () => {
  const made = await makeArchive(stack, client);
  const reader = await operator({ permissions: ['CreateMeetingSession', 'GetMeetingArchives'] });
  await row(reader, made).waitFor();
  assert.deepEqual(await buttonsOf(reader, made), ['Watch', 'Download']);
  const creator = await operator({ permissions: ['CreateMeetingSession'] });
  await creator.page.locator('#create-form').waitFor();
  assert.equal(await creator.page.locator('.recordings').count(), 0);
  await press(reader, 'Use another access token');
  await row(reader, made).waitFor({ state: 'detached' });
});

test('a download is the film, with a name for people', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cf-download-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { person, made } = await viewer({ name: 'Visit of Ms Müller' });
  const { page } = person;
  const saved = async (action) => {
    const [download] = await Promise.all([page.waitForEvent('download'), action()]);
    const copy = path.join(folder, 'copy');
    await download.saveAs(copy);
    assert.ok(readFileSync(copy).equals(readFileSync(path.join(made.folder, 'meeting.mp4'))), 'another file');
    return download.suggestedFilename();
  };
  const name = /^Visit of Ms Müller \d{4}-\d\d-\d\d\.mp4$/;
  assert.match(await saved(() => page.locator('#player-download').click()), name);
  await page.keyboard.press('Escape');
  await page.locator('#player-dialog').waitFor({ state: 'hidden' });
  assert.match(await saved(() => row(person, made).getByRole('button', { name: /^Download/ }).click()), name);
});

test('a moderator has the recordings of the meeting before, during and after the call; others never', async () => {
  const made = await makeArchive(stack, client);
  const elsewhere = await makeArchive(stack, client);
  const moderator = await browser.person();
  const guest = await browser.person();
  await moderator.page.goto(await inviteUrl(made.link, { role: 'moderator' }));
  await row(moderator, made).waitFor();
  assert.deepEqual(await buttonsOf(moderator, made), ['Watch', 'Download']);
  assert.equal(await row(moderator, elsewhere).count(), 0, 'of another meeting');
  await inspect(moderator, 'recordings-prejoin');
  await watch(moderator, made);
  await untilFilm(moderator, ({ time }) => time > 0.3, 'the film before the call');
  await press(moderator, 'Close the recording');

  const guestUrl = await inviteUrl(made.link, { role: 'publisher' });
  const asked = [];
  guest.page.on('request', (request) => request.url().includes('/archives') && asked.push(request.url()));
  const assertNothing = async () => {
    assert.deepEqual(asked, [], 'the page asks for what is not for the guest');
    assert.equal(await guest.page.locator('.recording-item').count(), 0);
    assert.ok(!(await inMenu(guest, 'recordings-button')));
  };
  await guest.page.goto(guestUrl);
  await heading(guest, 'Join the meeting');
  await assertNothing();
  await enter(guest, guestUrl, 'Ben');
  await assertNothing();

  await enter(moderator, moderator.page.url(), 'Dr Meyer');
  await choose(moderator, 'Recordings');
  await row(moderator, made).waitFor();
  await inspect(moderator, 'recordings-call');
  await watch(moderator, made);
  await untilFilm(moderator, ({ time }) => time > 0.3, 'the film during the call');
  await press(moderator, 'Close the recording');
  const { body, status } = await client.call('POST', `/session/${made.link}/archives`, { body: { name: 'Second part' } });
  assert.equal(status, 200, JSON.stringify(body));
  await untilState(moderator, { archive: body.metaData.id }, 'Recording now');
  await moderator.page.locator('#close-recordings').click();
  await client.call('PATCH', `/session/${made.link}/end`);
  await heading(moderator, 'The meeting has ended');
  await row(moderator, made).waitFor();
  await heading(guest, 'The meeting has ended');
  await assertNothing();
});

test('the player can be used by everybody, also on a telephone', async () => {
  const { person } = await viewer();
  await untilFilm(person, ({ time }) => time > 0.3, 'the film');
  await press(person, 'Pause');
  await inspect(person, 'recording-film');
  assert.equal((await film(person)).paused, true);
  await person.page.keyboard.press('Escape');
  await person.page.locator('#player-dialog').waitFor({ state: 'hidden' });
  assert.equal(await person.page.locator('#player-picture > video').count(), 0, 'the film plays on');
});
