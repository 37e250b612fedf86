// A visit in real browsers, recorded by a real Janus: the composed file shows and sounds each person exactly when they were there.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { press, reload } from './lib/page.mjs';
import { sharedStack, sleep } from './lib/stack.mjs';
import { clockLate, median, pictureRows, placeOf, samplesOf, toneLate } from './lib/true-time.mjs';
import { LOOKS, Visit } from './lib/visit.mjs';

const SCREEN = 'the screen';
const SETTLED = 1500; // ms until something that was pressed is in the recording
const PIECE = 2500; // ms between two changes: some of it is certain

const stack = sharedStack();
const client = new Client(stack);
const people = {};
const seen = {}; // name -> [{ from, is: true, false, or null: not certain }]
const heard = {};
let browser, folder, visit;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'cf-visit-'));
  browser = await Browser.start();
  visit = await Visit.begin(client, browser);
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

// Does something that changes whether people are seen or heard, and keeps what was true when.
async function change(what, work) {
  const keep = (from, value) => {
    for (const [log, names] of [[seen, what.seen], [heard, what.heard]])
      for (const [name, is] of Object.entries(names ?? {})) (log[name] ??= [{ from: 0, is: false }]).push({ from, is: value(is) });
  };
  keep(Date.now() - 200, () => null);
  const result = await work();
  keep(Date.now() + SETTLED, (is) => is);
  await sleep(SETTLED + PIECE);
  return result;
}

const truth = (log, at) => log.findLast(({ from }) => from <= at).is;

const both = (is) => ({ seen: is, heard: is });

test('late and early, camera off, muted, a screen, a reload, two devices: everybody is in the file when they were there', async (t) => {
  await change(both({ Ann: true, Bob: true }), async () => {
    people.Ann = await visit.come('Ann');
    people.Bob = await visit.come('Bob');
    await people.Bob.untilPlaying({ videos: 1 });
  });
  await change(both({ Cem: true }), async () => {
    people.Cem = await visit.come('Cem');
    await people.Ann.untilPlaying({ videos: 2 });
  });
  await change({ seen: { Bob: false } }, () => press(people.Bob, 'Camera'));
  await change({ heard: { Ann: false } }, () => press(people.Ann, 'Mic'));
  await change(both({ Cem: false }), () => people.Cem.leave());
  await change({ seen: { Bob: true } }, () => press(people.Bob, 'Camera'));
  await change({ seen: { [SCREEN]: true } }, () => press(people.Ann, 'Share screen'));
  await change({ heard: { Ann: true } }, () => press(people.Ann, 'Mic'));
  await change({ seen: { [SCREEN]: false } }, () => press(people.Ann, 'Stop sharing'));
  await change(both({ Bob: true }), async () => {
    await reload(people.Bob);
    await people.Ann.untilPlaying({ videos: 1 });
  });
  people.Dora = await change(both({ Dora: true }), () => visit.come('Dora'));
  await change(both({ Dora: true }), () => visit.come('Dora', people.Dora.invite));
  await change(both({ Dora: true }), () => people.Dora.leave());
  const ended = Date.now();
  await visit.end();

  const { tracks } = await visit.archive((archive) => archive.tracks, 'the tracks', 30000);
  t.diagnostic(`it can be watched ${Date.now() - ended} ms after the end`);
  assert.deepEqual([...new Set(tracks.map(({ name }) => name))].sort(), Object.keys(LOOKS));
  for (const { url } of tracks) await visit.download(url, path.join(folder, 'track.webm'));
  const archive = await visit.archive(({ status }) => status === 'available', 'the composed file', 240000);
  t.diagnostic(`and is composed ${Date.now() - ended} ms after the end`);
  const begin = Date.parse(archive.createdAt);
  const file = await visit.download(archive.media.url, path.join(folder, 'composed.mp4'));

  const colours = { ...Object.fromEntries(Object.entries(LOOKS).map(([name, { colour }]) => [name, colour])), [SCREEN]: LOOKS.Ann.screen };
  const wrong = [], lates = {}, checked = {};
  for (const picture of pictureRows(file, 4)) {
    const now = begin + picture.at;
    for (const [name, colour] of Object.entries(colours)) {
      const is = truth(seen[name], now);
      const place = placeOf(picture, colour);
      if (is === null || now > ended - 500) continue;
      checked[`${name} ${is}`] = (checked[`${name} ${is}`] ?? 0) + 1;
      if ((place !== null) !== is) wrong.push(`${name} is ${is ? 'not ' : ''}seen at ${picture.at} ms`);
      else if (is && name !== SCREEN) (lates[name] ??= []).push(clockLate(picture, place, colour, now));
    }
  }
  assert.deepEqual(wrong, []);
  const samples = samplesOf(file);
  const beeps = {};
  for (let second = Math.ceil(begin / 1000) * 1000 + 1000; second < ended - 1000; second += 1000) {
    for (const [name, { tone }] of Object.entries(LOOKS)) {
      const is = truth(heard[name], second);
      if (is === null || truth(heard[name], second + 500) !== is || truth(heard[name], second - 500) !== is) continue;
      checked[`${name} heard ${is}`] = (checked[`${name} heard ${is}`] ?? 0) + 1;
      const late = toneLate(samples, tone, second - begin);
      if ((late !== null) !== is) wrong.push(`${name} is ${is ? 'not ' : ''}heard at ${second - begin} ms`);
      else if (is) (beeps[name] ??= []).push(late);
    }
  }
  assert.deepEqual(wrong, []);
  t.diagnostic(JSON.stringify(checked));
  // Each certainty was looked at.
  for (const name of Object.keys(LOOKS)) for (const is of ['true', 'heard true']) assert.ok(checked[`${name} ${is}`] >= 2, `${name} ${is}`);
  for (const what of ['Bob false', 'Cem false', 'Dora false', 'Ann heard false', 'Cem heard false', `${SCREEN} true`, `${SCREEN} false`])
    assert.ok(checked[what] >= 2, what);
  for (const name of Object.keys(LOOKS))
    t.diagnostic(`${name}: pictures ${Math.round(median(lates[name]))} ms late, beeps ${Math.round(median(beeps[name]))} ms late`);
  // The limits allow for a machine that is busy with other tests: browsers without time of their own capture late.
  const middles = ['Ann', 'Bob', 'Cem'].map((name) => [median(lates[name]), median(beeps[name])]);
  for (const [pictures, sound] of middles) assert.ok(Math.abs(pictures - sound) <= 250, JSON.stringify(middles));
  const spread = (list) => Math.max(...list) - Math.min(...list);
  assert.ok(spread(middles.map(([pictures]) => pictures)) <= 250 && spread(middles.map(([, sound]) => sound)) <= 250, JSON.stringify(middles));
});
