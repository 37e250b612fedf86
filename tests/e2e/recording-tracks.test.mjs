// confab-media: from track files, whole, damaged and hostile ones, to files that play.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { DEVICE, PERSON, ROOM, decoded, packets, pictures, probed, rtp, sounds, trackFile, trackPut } from './lib/mjr.mjs';
import { build, patience } from './lib/stack.mjs';

const FIRST = 1_700_000_000_000_000;
const program = path.join(build, 'confab-media');
const SECOND = 1_000_000; // µs

let folder, from, to;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cf-tracks-'));
  from = path.join(folder, 'from');
  to = path.join(folder, 'to');
  mkdirSync(from);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** @type {(args: string[], options?: {input?: string | Buffer, launcher?: string[]}) => {status: number, stdout: string, stderr: string}} */
const runProgram = (args, { input = '', launcher = [] } = {}) => {
  const [command, ...rest] = [...launcher, program, ...args];
  const { status, signal, stdout, stderr } = spawnSync(command, rest, { input, encoding: 'utf8', maxBuffer: 1 << 28, timeout: Math.round(patience(20000)), killSignal: 'SIGKILL' });
  assert.equal(signal, null, `${args.join(' ')} was ended by ${signal}: ${stderr}`);
  return { status, stdout, stderr };
};

function tracks(...more) {
  const { status, stdout, stderr } = runProgram(['tracks', '--from', from, '--to', to, '--room', ROOM, ...more]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

// The answer for one participant's one file, and what ffprobe says about it.
function oneTrack(...more) {
  const answer = tracks(...more);
  assert.equal(answer.tracks.length, 1, JSON.stringify(answer));
  const [track] = answer.tracks;
  const file = path.join(to, track.file);
  return { ...track, path: file, counts: answer.counts, ...probed(file) };
}

const probe = (file) => JSON.parse(runProgram(['probe', file]).stdout);
const video = (codec, list, more = {}, name = {}) => trackPut(from, trackFile(codec, list, more), { kind: 'video', ...name });
const audio = (list, more = {}, name = {}) => trackPut(from, trackFile('opus', list, more), { kind: 'audio', ...name });

// A row of numbers that is the same in each run.
function dice(seed) {
  return () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
}

// Where the index of a WebM file is. Its id is also in the list of elements, behind the id of such an entry.
const [CUES, CLUSTER, ENTRY] = ['1c53bb6b', '1f43b675', '53ab84'].map((id) => Buffer.from(id, 'hex'));
function cuesAt(bytes) {
  let at = bytes.indexOf(CUES);
  while (at >= 0 && bytes.subarray(at - 3, at).equals(ENTRY)) at = bytes.indexOf(CUES, at + 1);
  assert.ok(at >= 0, 'there is an index');
  return at;
}

const made = {}; // encoding takes longer than the rest
const vp8 = () => (made.vp8 ??= pictures('vp8'));
const opus = () => (made.opus ??= sounds());

for (const codec of /** @type {const} */ (['vp8', 'vp9', 'h264'])) {
  test(`${codec} and sound become a file that plays, with each frame, that can be sought in`, () => {
    video(codec, packets(codec, pictures(codec)));
    audio(packets('opus', opus()));
    const track = oneTrack();
    assert.equal(track.participant, DEVICE);
    assert.equal(track.attendee, PERSON);
    assert.equal(track.screen, false);
    assert.deepEqual([track.audio.length, track.video.length], [201, 80]);
    assert.deepEqual(track.streams.map((stream) => stream.codec_name).sort(), [codec, 'opus'].sort());
    assert.deepEqual([track.width, track.height], [320, 180]);
    assert.deepEqual(track.video.filter(({ key }) => key).map(({ at }) => at), [0, 2000]);
    assert.deepEqual(decoded(track.path), { pictures: 80, complaints: '' });
    assert.ok(Math.abs(Number(track.format.duration) - 4.02) < 0.05, track.format.duration);
    assert.ok(Math.abs(track.to - track.from - 4.02 * SECOND) < 0.05 * SECOND);
    const bytes = readFileSync(track.path);
    assert.equal(bytes.length, track.size);
    assert.ok(cuesAt(bytes) < bytes.indexOf(CLUSTER), 'the index stands in front of the media');
    assert.deepEqual(readdirSync(to), [track.file]);
  });
}

test('sound and pictures lie within 40 ms of their time, however late the packets came', () => {
  const random = dice(1);
  // Each kind of media has its way; the first key frame is the slowest; 3 s of pictures come in one burst.
  const late = (list, way) => list.map((packet, i) => ({ ...packet, arrival: Math.round(packet.at + way(i, packet.at)) }))
    .sort((a, b) => a.arrival - b.arrival);
  const pictureList = late(packets('vp8', vp8()), (i, at) => (i < 8 ? 450 - i * 30 : at > 2000 && at < 3000 ? 3020 - at : 15 + random() * 60));
  const soundList = late(packets('opus', opus()), () => 8 + random() * 30);
  const start = (list) => list[0].arrival;
  const shifted = (list) => list.map((packet) => ({ ...packet, arrival: packet.arrival - start(list) }));
  video('vp8', shifted(pictureList), { first: FIRST + start(pictureList) * 1000 });
  audio(shifted(soundList), { first: FIRST + start(soundList) * 1000 });
  const track = oneTrack('--zero', String(FIRST));
  const zero = track.from / 1000; // where the file's 0 lies, in ms
  track.audio.forEach(({ at }, i) => assert.ok(Math.abs(at + zero - i * 20) <= 40, `sound ${i} is at ${at + zero}`));
  assert.equal(track.video.length, 80);
  track.video.forEach(({ at }, i) => assert.ok(Math.abs(at + zero - i * 50) <= 40, `picture ${i} is at ${at + zero}`));
});

test('lost packets cost the frames that they were part of, and the rest decodes', () => {
  const random = dice(2);
  video('vp8', packets('vp8', vp8()).filter(({ key }) => key || random() > 0.05));
  audio(packets('opus', opus()).filter((_, i) => i % 20 !== 7));
  const track = oneTrack();
  assert.ok(track.counts.lost > 10, JSON.stringify(track.counts));
  assert.ok(track.video.length > 60 && track.video.length < 80, track.video.length);
  assert.equal(decoded(track.path).pictures, track.video.length);
  assert.equal(track.audio.length, 201, 'silence stands for lost sound');
});

test('a change of size is told, and the file plays', () => {
  const small = pictures('vp8', { seconds: 2, size: '160x90' });
  const large = pictures('vp8', { seconds: 2, size: '640x360' }).map(({ data, at }) => ({ data, at: at + 2000 }));
  video('vp8', packets('vp8', [...small, ...large]));
  const track = oneTrack();
  assert.deepEqual([track.width, track.height], [640, 360]);
  assert.deepEqual(track.sizes.map(({ at, ...size }) => ({ at: Math.round(at / 100_000), ...size })),
    [{ at: 0, width: 160, height: 90 }, { at: 20, width: 640, height: 360 }]);
  assert.equal(decoded(track.path).pictures, 80);
});

test('the orientation of a phone is told', () => {
  video('vp8', packets('vp8', vp8(), { orientation: (frame) => (frame < 40 ? 1 : 4 | 2) }));
  const track = oneTrack();
  assert.deepEqual(track.orientations.map(({ at, ...turn }) => ({ at: Math.round(at / 100_000), ...turn })),
    [{ at: 0, degrees: 90, mirrored: false }, { at: 20, degrees: 180, mirrored: true }]);
});

test('numbers and timestamps that wrap change nothing', () => {
  video('vp8', packets('vp8', vp8(), { seq: 65500, ts: 2 ** 32 - 90000 }));
  audio(packets('opus', opus(), { seq: 65500, ts: 2 ** 32 - 48000 }));
  const track = oneTrack();
  assert.deepEqual([track.audio.length, track.video.length], [201, 80]);
  assert.deepEqual(track.audio.map(({ at }) => at), Array.from({ length: 201 }, (_, i) => i * 20));
  assert.equal(track.counts.lost, 0);
});

test('a jump of the sound\'s time by six hours makes no hours of silence', () => {
  const [before, after] = [opus().slice(0, 100), opus().slice(100)];
  audio([...packets('opus', before), ...packets('opus', after, { seq: 1100, ts: 5000 + 6 * 3600 * 48000 })]);
  const track = oneTrack();
  assert.ok(Number(track.format.duration) < 4.2, track.format.duration);
  assert.equal(track.audio.length, 201);
});

test('a file of a killed Janus plays up to its end', () => {
  const whole = trackFile('vp8', packets('vp8', vp8()));
  const name = trackPut(from, whole.subarray(0, 4096 * 12), { kind: 'video', end: '.tmp' });
  const told = probe(path.join(from, name));
  assert.ok(told.cut > 0 && told.skipped === 0, JSON.stringify(told));
  const track = oneTrack();
  assert.ok(track.video.length > 30, track.video.length);
  assert.deepEqual(decoded(track.path), { pictures: track.video.length, complaints: '' });
});

test('files cut anywhere give the frames before the cut', () => {
  const whole = trackFile('vp8', packets('vp8', vp8()));
  const random = dice(3);
  let before = 0;
  for (const length of Array.from({ length: 6 }, () => Math.floor(2000 + random() * (whole.length - 2000))).sort((a, b) => a - b)) {
    trackPut(from, whole.subarray(0, length), { kind: 'video' });
    const track = oneTrack();
    assert.equal(decoded(track.path).pictures, track.video.length);
    assert.ok(track.video.length >= before && track.video.length >= (length / whole.length) * 80 - 40);
    before = track.video.length;
  }
});

test('a file in which nothing came is no error, one without a header is named', () => {
  audio(packets('opus', opus()));
  const whole = trackFile('vp8', packets('vp8', vp8()));
  const bad = [4, 9, 10, 60].map((length, number) => trackPut(from, whole.subarray(0, length), { kind: 'video', number: number + 1 }));
  trackPut(from, whole.subarray(0, 0), { kind: 'video', number: 8, end: '.tmp' });
  const empty = trackPut(from, whole.subarray(0, 8), { kind: 'video', number: 9 });
  const answer = tracks();
  assert.deepEqual(answer.tracks.map(({ audio, video }) => ({ audio, video })), [{ audio: 'opus', video: null }]);
  assert.deepEqual(answer.skipped.map(({ file }) => file).sort(), bad);
  for (const { reason } of answer.skipped) assert.match(reason, /header|not a track file/);
  assert.equal(probe(path.join(from, empty)).empty, true);
  const refused = runProgram(['probe', path.join(from, bad[0])]);
  assert.equal(refused.status, 1);
  assert.match(JSON.parse(refused.stdout).error, /not a track file/);
});

test('a broken byte in the middle costs a packet, not the rest', () => {
  const whole = trackFile('vp8', packets('vp8', vp8()));
  const middle = whole.indexOf('MEET', whole.length / 2);
  for (const offset of [0, 4, 8, 9]) {
    const bytes = Buffer.from(whole);
    bytes[middle + offset] ^= 0xff;
    trackPut(from, bytes, { kind: 'video' });
    const track = oneTrack();
    assert.ok(track.video.length >= 79, `byte ${offset}: ${track.video.length} pictures`);
    assert.ok(track.to - track.from <= 4.1 * SECOND);
  }
});

test('a key frame that claims to be small before large ones, and one that claims to be huge', () => {
  const [key, ...rest] = vp8();
  const claim = (width, height) => {
    const data = Buffer.from(key.data);
    data.writeUInt16LE(width, 6);
    data.writeUInt16LE(height, 8);
    return { ...key, data };
  };
  video('vp8', packets('vp8', [claim(16, 16), ...rest]));
  assert.deepEqual(oneTrack().sizes.map(({ width }) => width), [16, 320]);
  video('vp8', packets('vp8', [claim(16383, 16383), ...rest]));
  const track = oneTrack();
  assert.deepEqual(track.sizes.map(({ width }) => width), [320], 'it begins with the next key frame');
  assert.equal(track.video.length, 40);
  assert.equal(decoded(track.path).pictures, 40);
});

test('packets that contradict themselves are dropped', () => {
  const good = packets('opus', opus());
  const bad = Buffer.from(rtp({ seq: 1, ts: 1, payload: Buffer.alloc(20), orientation: 0 }));
  bad.writeUInt16BE(0xffff, 14); // the extension is longer than the packet
  const version = Buffer.from(good[0].data);
  version[0] = 0;
  const padding = Buffer.from(good[0].data);
  padding[0] |= 0x20;
  padding[padding.length - 1] = 255;
  const long = rtp({ seq: 2, ts: 2, payload: Buffer.alloc(1501) });
  const odd = [bad, version, padding, long, Buffer.alloc(0), Buffer.alloc(11)];
  audio(good.flatMap((packet, i) => (i === 50 ? [...odd.map((data) => ({ ...packet, data })), packet] : [packet])));
  const track = oneTrack();
  assert.equal(track.counts.bad, odd.length);
  assert.equal(track.audio.length, 201);
});

test('a full disk is an error, and nothing is left', () => {
  video('vp8', packets('vp8', vp8()));
  const answer = runProgram(['tracks', '--from', from, '--to', to, '--room', ROOM], { launcher: ['prlimit', '--fsize=20000'] });
  assert.equal(answer.status, 1);
  assert.match(answer.stderr, /cannot be written: File too large/);
  assert.deepEqual(readdirSync(to), []);
  assert.ok(oneTrack().video.length === 80, 'and it works when there is room again');
});

test('only files of the room and of known participants are used', () => {
  const list = trackFile('opus', packets('opus', opus()));
  const other = `OtherPersonHere1-device02`;
  trackPut(from, list, { kind: 'audio' });
  trackPut(from, list, { kind: 'audio', participant: other });
  const strange = [
    trackPut(from, list, { kind: 'audio', room: 'room-2' }),
    trackPut(from, list, { kind: 'audio', participant: 'x' }),
  ];
  writeFileSync(path.join(from, 'secret.mjr'), list);
  symlinkSync(path.join(from, 'secret.mjr'), path.join(from, `videoroom-${ROOM}-user-${DEVICE}-17-audio-1.mjr`));
  writeFileSync(path.join(from, 'notes.txt'), 'not of Janus');
  assert.deepEqual(tracks().tracks.map(({ participant }) => participant).sort(), [DEVICE, other].sort());
  rmSync(to, { recursive: true });
  const known = path.join(folder, 'known');
  writeFileSync(known, `${DEVICE}\nNobodyOfThisName-xxxxxxxx\n`);
  const answer = tracks('--participants', known);
  assert.deepEqual(answer.tracks.map(({ participant }) => participant), [DEVICE]);
  assert.deepEqual(readdirSync(to), [`${DEVICE}.webm`]);
  const skipped = answer.skipped.map(({ file }) => file);
  for (const name of [...strange, 'secret.mjr']) assert.ok(skipped.includes(name), name);
  assert.equal(skipped.length, 5);
  trackPut(from, trackFile('vp8', packets('vp8', vp8())), { kind: 'video', participant: `${DEVICE}-screen` });
  const given = (ids) => tracks('--participants', (writeFileSync(known, ids.join('\n')), known)).tracks.map(({ participant }) => participant);
  assert.deepEqual(given([DEVICE]), [DEVICE, `${DEVICE}-screen`]);
  assert.deepEqual(given([PERSON]), [DEVICE, `${DEVICE}-screen`], 'a person with all devices');
  assert.deepEqual(given(['zzz', other]), [other]);
  assert.deepEqual(given([]), []);
});

test('a rejoin makes another file, a screen too, and the newer connection has the picture', () => {
  const later = (seconds) => ({ first: FIRST + seconds * SECOND });
  const again = `${PERSON}-device02`;
  const list = packets('vp8', vp8());
  video('vp8', list);
  video('vp8', list, later(2), { participant: again });
  video('vp8', list, later(1), { participant: `${DEVICE}-screen` });
  video('vp8', list, later(100), { made: FIRST + 99 * SECOND });
  const answer = tracks();
  const shown = answer.tracks.map(({ file, screen, from, to, pictures }) => ({ file, screen, at: Math.round(from / SECOND), to: Math.round(to / SECOND),
    pictures: pictures.map((one) => [one.from, one.to].map((time) => Math.round(time / SECOND))) }));
  assert.deepEqual(shown, [
    { file: `${DEVICE}.webm`, screen: false, at: 0, to: 4, pictures: [[0, 2]] },
    { file: `${DEVICE}-2.webm`, screen: false, at: 100, to: 104, pictures: [[100, 104]] },
    { file: `${DEVICE}-screen.webm`, screen: true, at: 1, to: 5, pictures: [[1, 5]] },
    { file: `${again}.webm`, screen: false, at: 2, to: 6, pictures: [[2, 6]] },
  ]);
});

test('a pause of a minute begins another file only where a key frame follows', () => {
  const later = (from, list) => list.map(({ data, at }) => ({ data, at: at < from ? at : at + 60000 }));
  video('vp8', packets('vp8', later(1000, vp8())));
  const [track] = tracks().tracks;
  assert.equal(decoded(path.join(to, track.file)).pictures, 80);
  assert.deepEqual(track.pictures.map((one) => [one.from, one.to].map((time) => Math.round(time / SECOND))), [[0, 1], [61, 64]]);
  assert.deepEqual(readdirSync(to), [track.file]);
  video('vp8', packets('vp8', later(2000, vp8())));
  const answer = tracks();
  assert.deepEqual(answer.tracks.map((one) => decoded(path.join(to, one.file)).pictures), [40, 40]);
  assert.deepEqual(answer.tracks.map((one) => Math.round(one.from / SECOND)), [0, 62]);
});

test('a camera that is off for a while leaves no picture, and the sound goes on', () => {
  const frames = vp8().filter(({ at }) => at < 1000 || at >= 2000).map(({ data, at }) => ({ data, at: at < 1000 ? at : at + 6000 }));
  video('vp8', packets('vp8', frames));
  audio(packets('opus', sounds({ seconds: 10 })));
  const track = oneTrack();
  assert.deepEqual(track.pictures.map((one) => [one.from, one.to].map((time) => Math.round(time / 100_000))), [[0, 10], [80, 100]]);
  assert.equal(track.audio.length, 501);
});

test('sound that begins late is silent before, so that players need no look at the times', () => {
  video('vp8', packets('vp8', vp8()));
  audio(packets('opus', opus()), { first: FIRST + 2 * SECOND });
  const track = oneTrack();
  assert.equal(track.audio.length, 301);
  assert.ok(track.audio[0].at < 20);
  assert.equal(track.audio.findIndex(({ size }) => size > 3), 100, 'all silence comes first');
});

test('files that overlap within one connection become one row of pictures', () => {
  video('vp8', packets('vp8', vp8()));
  video('vp8', packets('vp8', vp8()), { first: FIRST + 2 * SECOND }, { number: 1 });
  const track = oneTrack();
  assert.equal(track.video.length, 40 + 80);
  assert.ok(Math.abs(track.to - track.from - 6 * SECOND) < 0.1 * SECOND);
  assert.equal(decoded(track.path).pictures, 120);
});

test('the same files give the same bytes, and a second run replaces the first', () => {
  video('vp8', packets('vp8', vp8()));
  audio(packets('opus', opus()));
  const first = readFileSync(oneTrack().path);
  writeFileSync(path.join(to, `${DEVICE}.webm.part`), 'left by a run that was killed');
  assert.deepEqual(readFileSync(oneTrack().path), first);
  assert.deepEqual(readdirSync(to), [`${DEVICE}.webm`]);
});

// Copies of the packets with a few faults of every kind: lost, doubled, cut and changed ones, and jumps of both clocks.
function damaged(list, random) {
  const below = (n) => Math.floor(random() * n);
  const copy = list.map((packet) => ({ ...packet, data: Buffer.from(packet.data) }));
  const faults = [
    (i) => copy.splice(i, 1),
    (i) => copy.splice(below(copy.length), 0, copy[i]),
    (i) => (copy[i].data = copy[i].data.subarray(0, below(copy[i].data.length + 1))),
    (i) => copy[i].data.subarray(below(20), 20).fill(below(256)),
    (i) => copy[i].data.subarray(2, 2 + below(6)).fill(below(256)), // number and timestamp
    (i, jump) => copy.slice(i).forEach((packet) => (packet.arrival += jump)),
    (i, jump) => copy.slice(i).forEach(({ data }) => data.length >= 8 && data.writeUInt32BE((data.readUInt32BE(4) + jump * 90) % 2 ** 32, 4)),
  ];
  for (let n = below(20); n > 0 && copy.length > 2; n--) faults[below(faults.length)](below(copy.length), below(2) ? below(5000) : below(10_000_000));
  return copy;
}

test('whatever is damaged, the files that come out can be read, and their times rise', () => {
  const random = dice(4);
  const sources = { vp8: packets('vp8', vp8()), h264: packets('h264', pictures('h264')), opus: packets('opus', opus()) };
  for (let round = 0; round < 12; round++) {
    const codecs = /** @type {('vp8' | 'h264' | 'opus')[]} */ (round % 2 ? ['vp8', 'h264', 'opus'] : ['h264', 'vp8', 'opus']);
    for (const [number, codec] of codecs.entries()) {
      const bytes = trackFile(codec, damaged(sources[codec], random), { first: FIRST + Math.floor(random() * 40 * SECOND) });
      for (let n = random() * 5 - 2; n > 0; n--) bytes[200 + Math.floor(random() * (bytes.length - 200))] ^= 0x55;
      trackPut(from, bytes, { kind: codec === 'opus' ? 'audio' : 'video', number });
    }
    const answer = tracks();
    assert.equal(answer.counts.refused, 0, `round ${round}: ${JSON.stringify(answer.counts)}`);
    for (const track of answer.tracks) {
      const { format, audio, video } = probed(path.join(to, track.file));
      for (const list of [audio, video]) assert.ok(list.every(({ at }, i) => i === 0 || at >= list[i - 1].at), `round ${round}: times go back`);
      assert.ok(Math.abs(Number(format.duration) * SECOND - (track.to - track.from)) < 0.1 * SECOND, `round ${round}: ${format.duration}`);
    }
    rmSync(folder, { recursive: true });
    mkdirSync(from, { recursive: true });
  }
});

test('an empty folder gives an empty answer; arguments that are wrong are refused', () => {
  assert.deepEqual(tracks(), { zero: null, tracks: [], skipped: [], counts: { packets: 0, bad: 0, lost: 0, frames: 0, dropped: 0, refused: 0, skipped: 0 } });
  for (const args of [[], ['tracks'], ['tracks', '--from', from], ['tracks', '--from', from, '--to', to, '--room', ROOM, '--zero', 'x'], ['probe'], ['nonsense']]) {
    const answer = runProgram(args);
    assert.equal(answer.status, 2, args.join(' '));
    assert.ok(answer.stderr.length > 0 && answer.stdout === '');
  }
  assert.equal(runProgram(['tracks', '--from', path.join(folder, 'none'), '--to', to, '--room', ROOM]).status, 1);
  assert.match(runProgram(['--help']).stdout, /probe.*\n.*tracks/);
  assert.match(runProgram(['--version']).stdout, /^confab-media \d/);
  for (const command of ['probe', 'tracks', 'name']) assert.match(runProgram([command, '--help']).stdout, /^Usage: confab-media/);
});

// The size of a PNG file, and how many different colours it has.
function picture(file) {
  const bytes = readFileSync(file);
  assert.equal(bytes.toString('latin1', 1, 4), 'PNG');
  const raw = execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, '-pix_fmt', 'gray', '-f', 'rawvideo', '-']);
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), ink: raw.filter((grey) => grey > 128).length };
}

test('names of any script become pictures, and none is more than text', () => {
  const file = path.join(folder, 'name.png');
  // The library of fonts frees nothing at the end.
  const noLeaks = ['env', `ASAN_OPTIONS=${process.env.ASAN_OPTIONS ?? ''}:detect_leaks=0`];
  const draw = (text, ...more) => {
    const answer = runProgram(['name', '--text', '-', '--to', file, ...more], { input: text, launcher: noLeaks });
    assert.equal(answer.status, 0, answer.stderr);
    return picture(file);
  };
  for (const name of ['Ann', 'Zoë Ångström', 'محمد علی', 'דוד', 'Мария', '田中さん', '👩‍⚕️', "%{pts}:text='x',drawtext", '<b>&amp;</b>', 'a\nb\tc']) {
    const { width, height, ink } = draw(name);
    assert.equal(height, 24);
    assert.ok(width > 12 && width <= 320 && ink > 5, `${name}: ${JSON.stringify({ width, ink })}`);
  }
  assert.equal(draw('<b>&amp;</b>').width > draw('&').width * 2, true, 'markup is drawn as it is');
  assert.ok(draw('W'.repeat(300), '--width', '200', '--height', '40').width <= 200);
  assert.equal(draw('one\ntwo').height, 24, 'a line feed makes no second line');
  rmSync(file);
  for (const bad of ['', 'x'.repeat(5000), Buffer.from([0xff, 0xfe]), 'a\0b']) {
    assert.equal(runProgram(['name', '--text', '-', '--to', file], { input: bad }).status, 1);
    assert.ok(!existsSync(file));
  }
  assert.equal(runProgram(['name', '--text', 'x', '--to', path.join(folder, 'none', 'x.png')]).status, 1);
  assert.equal(runProgram(['name', '--text', 'x', '--to', file, '--width', '0']).status, 2);
});

test('confab-media alone is linked with libav and Pango', () => {
  const libraries = (name) => execFileSync('ldd', [path.join(build, name)]).toString();
  assert.match(libraries('confab-media'), /libavformat/);
  for (const name of ['confab.fcgi', 'confabctl', 'confab-gate']) {
    assert.ok(existsSync(path.join(build, name)));
    assert.doesNotMatch(libraries(name), /libav|libsw|libpango/, name);
  }
});
