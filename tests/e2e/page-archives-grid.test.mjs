// A recording that has no composed film: the people's tracks are watched together.
import assert from 'node:assert/strict';
import { linkSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client, PERMISSIONS } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { ANA, BEN, CAMERA_OFF, LATE, SCREEN, composeArchive, makeArchive } from './lib/made-archive.mjs';
import { press } from './lib/page.mjs';
import { grid, isBlue, place, seekTo, untilFilm, untilGrid, watch } from './lib/player.mjs';
import { sharedStack, sleep, until } from './lib/stack.mjs';

const TOGETHER = 0.1; // seconds that two people may be apart
const SAMPLES = 30;

const stack = sharedStack();
const client = new Client(stack);
let browser;

before(async () => {
  browser = await Browser.start();
});
afterEach(() => browser.closePages());
after(() => browser.close());

// Somebody who watches the tracks of a new recording.
async function viewer(options = {}) {
  const made = await makeArchive(stack, client, { status: 'processing', ...options });
  const person = await browser.person();
  await person.page.goto(`${client.base}/#token=${await client.bearer({ permissions: PERMISSIONS })}`);
  await watch(person, made);
  return { person, made };
}

const plays = (cell) => cell !== undefined && !cell.paused && cell.time > 0;
const bothPlay = (cells) => plays(cells[ANA.name]) && plays(cells[BEN.name]);

// How many people are heard who are not shown.
const playingUnseen = ({ page }) => page.evaluate(() => (
  [...document.querySelectorAll('.recorded .tile[hidden] :is(video, audio)')].filter((media) => !(/** @type {HTMLMediaElement} */ (media).paused)).length));

const distance = (cells) => Math.abs(cells[ANA.name].time - (cells[BEN.name].time + LATE));

// How far the two people are apart, in seconds, nine tenths of the time while they play. A person who comes starts a moment late,
// which is soon corrected.
async function apart(person) {
  await untilGrid(person, (cells) => bothPlay(cells) && distance(cells) < TOGETHER, 'both together');
  const differences = [];
  while (differences.length < SAMPLES) {
    const cells = Object.fromEntries((await grid(person)).map((cell) => [cell.name, cell]));
    if (bothPlay(cells)) differences.push(distance(cells));
    await sleep(40);
  }
  return differences.sort((a, b) => a - b)[Math.floor(SAMPLES * 0.9)];
}

test('people are shown while they are there, with their names; one whose camera is off without a picture', async () => {
  const { person } = await viewer();
  const alone = await untilGrid(person, (cells) => plays(cells[ANA.name]), 'Ana');
  assert.ok(alone[ANA.name].pictured);
  assert.ok(alone[ANA.name].time < LATE);
  assert.deepEqual(Object.keys(alone), [ANA.name], 'Ben is shown before he comes');
  await untilGrid(person, (cells) => cells[ANA.name].time > LATE - 1, 'the moment before Ben comes');
  assert.equal(await playingUnseen(person), 0, 'Ben is heard before he comes');
  const both = await untilGrid(person, (cells) => BEN.name in cells, 'Ben');
  assert.ok(both[ANA.name].time > LATE - 0.3, `Ben comes at ${both[ANA.name].time}`);
  const off = await untilGrid(person, (cells) => !cells[ANA.name].pictured, 'the camera to be off');
  assert.ok(Math.abs(off[ANA.name].time - CAMERA_OFF.from) < 0.5, `it is off at ${off[ANA.name].time}`);
  assert.ok(off[BEN.name].pictured);
  const avatar = person.page.locator('.recorded .tile:not(.pictured) .avatar').filter({ visible: true });
  assert.equal(await avatar.textContent(), 'AÅ');
  await inspect(person, 'recording-grid');
  await untilGrid(person, (cells) => cells[ANA.name].pictured, 'the camera to be on again');
  person.assertNoErrors();
});

test('two people stay together while they play, after seeking, and at another speed', async () => {
  const { person } = await viewer();
  await untilGrid(person, bothPlay, 'both');
  const first = await apart(person);
  assert.ok(first < TOGETHER, `${first} s apart`);
  for (const share of [0.7, 0.25]) {
    await seekTo(person, share);
    await untilGrid(person, (cells) => bothPlay(cells) && Math.abs(cells[ANA.name].time - share * 20) < 3, `both at ${share}`);
    const again = await apart(person);
    assert.ok(again < TOGETHER, `${again} s apart after seeking to ${share}`);
  }
  await person.page.getByLabel('Speed').selectOption('1.5');
  await untilGrid(person, (cells) => bothPlay(cells) && Math.abs(cells[BEN.name].rate - 1.5) < 0.1, 'the speed');
  const fast = await apart(person);
  assert.ok(fast < TOGETHER, `${fast} s apart at another speed`);
});

test('pause stops everybody, and play goes on at the same place', async () => {
  const { person } = await viewer();
  await untilGrid(person, bothPlay, 'both');
  await press(person, 'Pause');
  const stopped = await untilGrid(person, (cells) => cells[ANA.name].paused && cells[BEN.name].paused, 'both to stand');
  const at = await place(person);
  await person.page.keyboard.press('k');
  const going = await untilGrid(person, (cells) => bothPlay(cells) && cells[ANA.name].time > stopped[ANA.name].time + 0.3, 'both to go on');
  assert.ok(going[ANA.name].time < at + 4, 'it has jumped');
});

test('a shared screen is large, with the people beside it, and only while it is shared', async () => {
  const { person } = await viewer({ screen: true });
  const name = `${SCREEN.name}'s screen`;
  await untilGrid(person, (cells) => plays(cells[ANA.name]), 'Ana');
  assert.ok(!(name in Object.fromEntries((await grid(person)).map((cell) => [cell.name, cell]))));
  await seekTo(person, 0.35);
  const shared = await untilGrid(person, (cells) => plays(cells[name]) && bothPlay(cells), 'the screen');
  assert.ok(shared[name].width > 2 * shared[ANA.name].width, JSON.stringify(shared));
  await seekTo(person, 0.85);
  await untilGrid(person, (cells) => !(name in cells) && bothPlay(cells), 'the screen to be gone');
});

test('the picture of a telephone is shown upright, and whole', async () => {
  const made = await makeArchive(stack, client, { status: 'processing' });
  const [ana, ...others] = made.tracks;
  const turned = { ...ana, orientations: [{ at: 0, degrees: 90, mirrored: true }] };
  await stack.rows('UPDATE archives SET tracks = ? WHERE archive_id = ?', [JSON.stringify([turned, ...others]), made.archive]);
  const person = await browser.person();
  await person.page.goto(`${client.base}/#token=${await client.bearer({ permissions: PERMISSIONS })}`);
  await watch(person, made);
  await untilGrid(person, (cells) => plays(cells[ANA.name]), 'Ana');
  const shown = await person.page.locator('.recorded .tile.pictured video.shown').first().evaluate((video) => {
    const { rotate, scale } = getComputedStyle(video);
    const [picture, tile] = [video, video.parentElement].map((element) => element.getBoundingClientRect());
    return { rotate, scale, inside: ['left', 'top', 'right', 'bottom'].every((side) => Math.abs(picture[side] - tile[side]) < 1) };
  });
  assert.deepEqual(shown, { rotate: '90deg', scale: '-1 1', inside: true });
});

test('a track that does not come stops the others, and all go on when it is there', async () => {
  const made = await makeArchive(stack, client, { status: 'processing' });
  const person = await browser.person();
  const { page } = person;
  await page.goto(`${client.base}/#token=${await client.bearer({ permissions: PERMISSIONS })}`);
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  await page.route((url) => url.search.includes(made.people[1].prefix), async (route) => {
    await released;
    await route.continue();
  });
  await watch(person, made);
  await untilGrid(person, (cells) => BEN.name in cells && cells[ANA.name].paused, 'Ana to wait for Ben');
  await page.getByText('Loading…').waitFor();
  const at = await place(person);
  assert.equal(at, LATE);
  release();
  await untilGrid(person, bothPlay, 'both');
  const seconds = await apart(person);
  assert.ok(seconds < TOGETHER, `${seconds} s apart`);
  await page.getByText('Loading…').waitFor({ state: 'hidden' });
});

test('when the whole recording is ready the page says so, and the viewer goes on in it at the same place', async () => {
  const { person, made } = await viewer();
  await untilGrid(person, bothPlay, 'both');
  await seekTo(person, 0.3);
  await press(person, 'Pause');
  await composeArchive(stack, made);
  await person.page.getByText('The whole recording is ready.').waitFor();
  const at = await place(person);
  await press(person, 'Watch the whole recording');
  await untilFilm(person, ({ time, paused, right }) => paused && Math.abs(time - at) < 1.5 && isBlue(right), 'the film at the same place');
  assert.equal(await person.page.locator('.stage.recorded').count(), 0);
});

test('of more people than the browser has connections for, some are shown by name only, and the page says so', async () => {
  const made = await makeArchive(stack, client, { status: 'processing' });
  const [ana] = made.tracks;
  const many = [];
  for (let i = 0; i < 8; i += 1) {
    const file = ana.file.replace('-camera', `${i}-camera`);
    linkSync(path.join(made.folder, ana.file), path.join(made.folder, file));
    many.push({ ...ana, file, attendee: `${ana.attendee.slice(0, 15)}${i}` });
  }
  await stack.rows('UPDATE archives SET tracks = ? WHERE archive_id = ?', [JSON.stringify(many), made.archive]);
  const person = await browser.person();
  await person.page.goto(`${client.base}/#token=${await client.bearer({ permissions: PERMISSIONS })}`);
  await watch(person, made);
  const state = () => grid(person).then((cells) => ({ all: cells.length, playing: cells.filter((cell) => cell.pictured && plays(cell)).length }));
  await until(async () => JSON.stringify(await state()) === JSON.stringify({ all: 8, playing: 5 }), 'five of eight to play');
  await person.page.getByText('Not all people can be seen and heard here at once').waitFor();
});

test('a recording of single files is watched in the same way, and each file can be downloaded', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cf-download-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { person, made } = await viewer({ status: 'available', outputMode: 'individual', screen: true });
  await untilGrid(person, bothPlay, 'both');
  const files = person.page.locator('#player-file-list li');
  assert.deepEqual((await files.allTextContents()).map((text) => text.replace(/[\s\u2068\u2069]+/g, ' ').replace(/ · .*/, '').trim()), [
    `${ANA.name} 0:00–0:20`, `${BEN.name} 0:04–0:20`, `${ANA.name} 's screen 0:06–0:16`,
  ]);
  await inspect(person, 'recording-files');
  const [download] = await Promise.all([person.page.waitForEvent('download'), files.nth(1).getByRole('link').click()]);
  const copy = path.join(folder, 'copy');
  await download.saveAs(copy);
  assert.ok(readFileSync(copy).equals(readFileSync(path.join(made.folder, made.tracks[1].file))), 'another file');
});

test('a failed recording whose tracks are gone says that there is nothing to watch', async () => {
  const { person } = await viewer({ status: 'failed', tracks: false });
  await until(async () => /nothing to watch/.test(await person.page.locator('#player-fault-text').textContent()), 'the message');
});
