// What the page's player reckons with: which tracks are shown when, how they are kept together, chapters, small pictures, links.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageModule } from './lib/modules.mjs';

const clocks = await pageModule('track-clock.js');
const { chapterAt, readChapters } = await pageModule('chapters.js');
const { pictureAt } = await pageModule('strip.js');
const links = await pageModule('media-links.js');

const track = (more) => ({
  file: `${more.attendeeId ?? 'x'}-${more.from}.webm`, attendeeId: 'ann', name: 'Ann', screen: false, hasAudio: true, hasVideo: true,
  pictures: [{ from: more.from, to: more.to }], turns: [], size: 1, url: 'https://call.example.org/a', ...more,
});
const shown = (tracks, at) => clocks.cellsAt(tracks, at).map(({ name, screen, track: picture }) => (
  `${name}${screen ? "'s screen" : ''}${picture ? '' : ', no picture'}`));

test('a person is shown while they have a track, and not before or after', () => {
  const tracks = [track({ from: 0, to: 9000 }), track({ attendeeId: 'ben', name: 'Ben', from: 4000, to: 7000 })];
  assert.deepEqual(shown(tracks, 3999), ['Ann']);
  assert.deepEqual(shown(tracks, 4000), ['Ann', 'Ben']);
  assert.deepEqual(shown(tracks, 6999), ['Ann', 'Ben']);
  assert.deepEqual(shown(tracks, 7000), ['Ann']);
  assert.deepEqual(shown(tracks, 9000), []);
  assert.equal(clocks.lengthOf(tracks), 9000);
  assert.equal(clocks.lengthOf([]), 0);
});

test('a person whose camera is off, or who has none, is there without a picture', () => {
  const tracks = [
    track({ from: 0, to: 9000, pictures: [{ from: 0, to: 2000 }, { from: 5000, to: 9000 }] }),
    track({ attendeeId: 'ben', name: 'Ben', from: 0, to: 9000, hasVideo: false }),
  ];
  assert.deepEqual(shown(tracks, 1999), ['Ann', 'Ben, no picture']);
  assert.deepEqual(shown(tracks, 2000), ['Ann, no picture', 'Ben, no picture']);
  assert.deepEqual(shown(tracks, 5000), ['Ann', 'Ben, no picture']);
});

test('of two tracks of a person the later one is shown, in the same place; a screen has a place of its own', () => {
  const first = track({ from: 0, to: 5000 });
  const second = track({ from: 4000, to: 9000 });
  const screen = track({ from: 1000, to: 3000, screen: true });
  const tracks = [second, screen, first];
  assert.equal(clocks.cellsAt(tracks, 3500)[0].track, first);
  assert.equal(clocks.cellsAt(tracks, 4500)[0].track, second);
  assert.equal(clocks.cellsAt(tracks, 3500)[0].id, clocks.cellsAt(tracks, 4500)[0].id);
  assert.deepEqual(shown(tracks, 2000), ['Ann', "Ann's screen"]);
});

test('a picture is turned as the telephone was held at that moment', () => {
  const tracks = [track({ from: 0, to: 9000, turns: [{ at: 1000, degrees: 90, mirrored: false }, { at: 3000, degrees: 270, mirrored: true }] })];
  const turned = (at) => {
    const [{ degrees, mirrored }] = clocks.cellsAt(tracks, at);
    return { degrees, mirrored };
  };
  assert.deepEqual(turned(500), { degrees: 0, mirrored: false });
  assert.deepEqual(turned(1000), { degrees: 90, mirrored: false });
  assert.deepEqual(turned(3500), { degrees: 270, mirrored: true });
});

test('a track is loaded before it begins, and its file has a time of its own', () => {
  const late = track({ from: 60000, to: 90000 });
  assert.ok(!clocks.isNear(late, 30000));
  assert.ok(clocks.isNear(late, 58000));
  assert.ok(clocks.isNear(late, 89000));
  assert.ok(!clocks.isNear(late, 90000));
  assert.equal(clocks.fileTime(late, 58000), 0);
  assert.equal(clocks.fileTime(late, 61500), 1.5);
  assert.equal(clocks.fileTime(late, 99000), 30);
});

test('where not all tracks can be loaded, screens go first, then who came first, and nobody who comes later', () => {
  const tracks = [
    track({ attendeeId: 'cem', from: 3000, to: 9000 }), track({ attendeeId: 'dan', from: 6000, to: 9000 }),
    track({ attendeeId: 'ann', from: 0, to: 9000 }), track({ attendeeId: 'ben', from: 2000, to: 9000 }),
    track({ attendeeId: 'ben', from: 4000, to: 9000, screen: true }),
  ];
  const loaded = (most) => clocks.tracksToLoad(tracks, 5000, most).map(({ attendeeId, screen }) => attendeeId + (screen ? ' screen' : ''));
  assert.deepEqual(loaded(3), ['ben screen', 'ann', 'ben']);
  assert.deepEqual(loaded(Infinity), ['ben screen', 'ann', 'ben', 'cem', 'dan']);
});

test('a small difference is left, a larger one is corrected until it is gone, and a large one is jumped over', () => {
  const { correctionFor } = clocks;
  assert.equal(correctionFor(30, 'none'), 'none');
  assert.equal(correctionFor(-30, 'none'), 'none');
  assert.equal(correctionFor(50, 'none'), 'slower');
  assert.equal(correctionFor(-50, 'none'), 'faster');
  assert.equal(correctionFor(30, 'slower'), 'slower', 'a correction ends too early');
  assert.equal(correctionFor(5, 'slower'), 'none');
  assert.equal(correctionFor(400, 'none'), 'slower');
  assert.equal(correctionFor(501, 'slower'), 'seek');
  assert.equal(correctionFor(-501, 'none'), 'seek');
  assert.ok(clocks.NUDGE <= 0.03);
});

test('the clock goes at its speed, stands while it is stopped, and can be set', () => {
  let now = 100;
  const clock = new clocks.TrackClock(() => now);
  now = 600;
  assert.equal(clock.time, 0, 'it runs before it is started');
  clock.running = true;
  now = 1600;
  assert.equal(clock.time, 1000);
  clock.rate = 2;
  assert.equal(clock.time, 1000, 'another speed changes the past');
  now = 2600;
  assert.equal(clock.time, 3000);
  clock.running = false;
  now = 9000;
  assert.equal(clock.time, 3000);
  clock.time = 500;
  clock.running = true;
  now = 9100;
  assert.equal(clock.time, 700);
});

test('chapters are read, with names that hold anything', () => {
  const chapters = readChapters('WEBVTT\n\n00:00:00.000 --> 00:00:04.500\nAna Ålund\n\n1\n00:00:04.500 --> 01:00:00.000\nAna &amp; &lt;b&gt;, <c>Ben</c>\n');
  assert.deepEqual(chapters, [{ start: 0, end: 4.5, title: 'Ana Ålund' }, { start: 4.5, end: 3600, title: 'Ana & <b>, Ben' }]);
  assert.equal(chapterAt(chapters, 4.4), 0);
  assert.equal(chapterAt(chapters, 4.5), 1);
  assert.equal(chapterAt(chapters, 3600), -1);
  assert.equal(readChapters('WEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\nAnn\r\n')[0].title, 'Ann');
});

test('text that holds no chapters gives none', () => {
  for (const text of ['', '{"error":{}}', 'WEBVTT', 'WEBVTT\n\n', 'WEBVTT\n\n00:01 --> 00:02\nAnn', 'WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n', 'WEBVTTX\n\n00:01.000 --> 00:02.000\nAnn'])
    assert.deepEqual(readChapters(text), [], text);
});

test('the small picture of a time is found in the rows of the image', () => {
  const strip = { interval: 5000, columns: 4, rows: 2, count: 6, width: 160, height: 90 };
  assert.deepEqual(pictureAt(strip, 0), { left: 0, top: 0 });
  assert.deepEqual(pictureAt(strip, 5), { left: 160, top: 0 });
  assert.deepEqual(pictureAt(strip, 24.9), { left: 0, top: 90 });
  assert.deepEqual(pictureAt(strip, 500), { left: 160, top: 90 }, 'a picture that is not there');
});

test('links lead to the address of the page, and the first one that ends counts', () => {
  const url = (expires) => `https://other.example.org:8443/archives/A/media?file=meeting.mp4&expires=${expires}&signature=abc`;
  assert.equal(links.ownAddress(url(5)), '/archives/A/media?file=meeting.mp4&expires=5&signature=abc');
  assert.equal(links.downloadAddress(url(5)), '/archives/A/media?file=meeting.mp4&expires=5&signature=abc&download=1');
  assert.equal(links.linksEnd({ media: { url: url(9) }, tracks: [{ url: url(7) }, { url: url(8) }] }), 7000);
  assert.equal(links.linksEnd({ media: { url: url(9) }, tracks: null }), 9000);
  assert.equal(links.linksEnd({ media: null, tracks: null }), null);
});
