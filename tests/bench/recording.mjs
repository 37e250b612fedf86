// What it costs to make files of a recording that people can watch, and whether sound, pictures and people lie at the same time in them.
// Made recordings go through the service's own job; plain ffmpeg makes the same grid beside it.
//
//   CONFAB_BUILD=build node tests/bench/recording.mjs [MINUTES] [720p] [PART...]
//                                                 (60; after `npm ci` in tests/e2e; needs ffmpeg and 3 GB in TMPDIR)
//
// 720p: the largest pictures that a page sends, instead of middle ones.
// PART: hour (two people, MINUTES long), live (the same, composed during the call), minute (2, 4 and 12 people), time (made clocks), call (a call of a minute in browsers); preset:
// all. Prints one line for each figure, with what it may be at most. The costs of a minute are medians of three runs.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Browser } from '../e2e/lib/browser.mjs';
import { Client } from '../e2e/lib/client.mjs';
import { packets, pictures, sounds, trackFile } from '../e2e/lib/mjr.mjs';
import { Recording } from '../e2e/lib/recorded.mjs';
import { childrenOf, sleep, startStack } from '../e2e/lib/stack.mjs';
import { clockLate, median, pictureRows, placeOf, samplesOf, toneLate } from '../e2e/lib/true-time.mjs';
import { LOOKS, Visit } from '../e2e/lib/visit.mjs';

const PARTS = ['hour', 'live', 'minute', 'time', 'call'];
const words = process.argv.slice(2);
const minutes = Number(words.find((word) => /^\d+$/.test(word)) ?? 60);
const chosen = words.filter((word) => PARTS.includes(word));
const wanted = (part) => chosen.length === 0 || chosen.includes(part);
// The tracks, and then what is made of them.
const WORK = '"$@" work --once --lane media && "$@" work --once --lane compose';
const RUNS = 3;
const SHORT = 2; // minutes of those whose cost for a minute is measured
const CALL = 60; // s
const BIN = 10; // s
// Busy pictures with a key frame each 10 s.
const [SIZE, BITS] = words.includes('720p') ? ['1280x720', '1500k'] : ['640x360', '600k'];
const NOISE = 'noise=alls=12:allf=t';

const folder = mkdtempSync(path.join(tmpdir(), 'cf-bench-'));
const say = (what, value, most) => console.log(`${what.padEnd(70)}${String(value).padStart(12)}${most ? `   (at most ${most})` : ''}`);

// A minute of media again and again.
const long = (frames, count) => Array.from({ length: count }, (_, minute) => frames.map(({ data, at }) => ({ data, at: at + minute * 60000 }))).flat();

// The most memory in MiB that a process and those below it had together at one time.
function memoryWatch(pid) {
  let most = 0;
  const rss = (one) => {
    try {
      return Number(readFileSync(`/proc/${one}/status`, 'utf8').match(/RssAnon:\s+(\d+)/)?.[1] ?? 0) / 1024;
    } catch {
      return 0; // it has ended
    }
  };
  const below = (one) => [one, ...childrenOf(one).flatMap(below)];
  const timer = setInterval(() => {
    try {
      most = Math.max(most, ...below(pid).map(rss));
    } catch {
      // it has ended
    }
  }, 100);
  return () => {
    clearInterval(timer);
    return most;
  };
}

// Runs a program: CPU seconds with all its children, seconds, and the most memory of one of its processes in MiB.
async function measured(command, args, env = {}) {
  const log = path.join(folder, 'log');
  const started = performance.now();
  const child = spawn('sh', ['-c', '"$0" "$@" >>"$LOG" 2>&1 || exit 1; times', command, ...args], { env: { ...process.env, LOG: log, ...env } });
  const memory = memoryWatch(child.pid);
  let output = '';
  child.stdout.on('data', (piece) => (output += piece));
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(`${command} has failed: ${readFileSync(log, 'utf8').slice(-2000)}`);
  const [minute, second, sysMinute, sysSecond] = output.trim().split('\n')[1].match(/[\d.]+/g).map(Number);
  return { cpu: minute * 60 + second + sysMinute * 60 + sysSecond, seconds: (performance.now() - started) / 1000, memory: memory() };
}

const stack = await startStack({ settings: { RECORDING_KEEP_TRACKS: '1', RECORDING_IDLE: '0' } });
await stack.down('media');
const client = new Client(stack);
const local = (recording, name) => path.join(recording.folder, name);

const LIVE = { RECORDING_LIVE: 'yes', RECORDING_LIVE_LOAD: '1000000' };
const confOf = (settings) => ({ CONFAB_CONF: path.join(stack.var, 'confab.conf'), ...settings });

/**
 * A recording of these people, that has stopped; nothing works on it yet.
 * @param {{name: string, from?: number, video: any[], audio: any[]}[]} people  from: s after the beginning
 * @param {{seconds?: number, during?: (recording: any) => Promise<void>}} [options]  seconds: for which it has gone on; during: what is
 * done before it stops
 */
async function recorded(people, { seconds = 0, during } = {}) {
  const recording = await Recording.start(client);
  await stack.rows('UPDATE archives SET created_at = created_at - INTERVAL ? SECOND WHERE archive_id = ?', [seconds, recording.id]);
  recording.zero -= seconds * 1e6;
  for (const { name, from = 0, video, audio } of people) {
    const participant = await recording.person(name, name);
    const first = recording.zero + from * 1e6;
    recording.put(trackFile('vp8', packets('vp8', video), { first }), { participant, kind: 'video', at: from });
    recording.put(trackFile('opus', packets('opus', audio), { first }), { participant, kind: 'audio', at: from });
  }
  await during?.(recording);
  await recording.stop();
  return recording;
}

// What is composed during a call.
async function composedLive({ id }) {
  await stack.rows("INSERT INTO jobs (lane, kind, subject, dedup, host, due, created_on) SELECT 'compose', 'archive-live', archive_id, CONCAT('archive-live:', archive_id), host, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM archives WHERE archive_id = ?", [id]);
  await measured('sh', ['-c', WORK, 'sh', ...stack.commandOfService()], confOf(LIVE));
}

// The job for this recording; also the seconds until its tracks can be watched.
async function processed(recording, settings = {}) {
  const started = performance.now();
  let watchable;
  let ended = false;
  const looking = (async () => {
    while (watchable === undefined && !ended) {
      if ((await recording.row()).tracks) watchable = (performance.now() - started) / 1000;
      else await sleep(100);
    }
  })();
  const cost = await measured('sh', ['-c', WORK, 'sh', ...stack.commandOfService()], confOf(settings))
    .finally(() => (ended = true));
  await looking;
  await recording.reaches(['available'], 0);
  return { ...cost, watchable };
}

const composedOf = async (recording) => {
  const [{ path: name }] = await stack.rows("SELECT path FROM archive_files WHERE archive_id = ? AND kind = 'composed'", [recording.id]);
  return local(recording, name.toString());
};
const forget = (recording) => rmSync(recording.folder, { recursive: true, force: true });

const people = (count, more) => Array.from({ length: count }, (_, i) => ({ name: `Person ${i + 1}`, ...more }));

// The same grid by one plain ffmpeg: pictures, sound and file.
async function plain(recording, count) {
  const { tracks } = await recording.row();
  const files = tracks.map(({ file }) => local(recording, file));
  const columns = Math.ceil(Math.sqrt(count));
  const [width, height] = count <= 4 ? [640, 360] : [320, 180];
  const scaled = files.map((_, i) => `[${i}:v]fps=24,scale=${width}:${height}[v${i}]`).join(';');
  const layout = files.map((_, i) => `${(i % columns) * width}_${Math.floor(i / columns) * height}`).join('|');
  const graph = `${scaled};${files.map((_, i) => `[v${i}]`).join('')}xstack=inputs=${count}:layout=${layout}:fill=black[v];`
    + `${files.map((_, i) => `[${i}:a]`).join('')}amix=inputs=${count}:normalize=0[a]`;
  const args = ['-nostdin', '-v', 'error', '-y', ...files.flatMap((file) => ['-threads', '1', '-i', file]), '-filter_complex_threads', '1', '-filter_complex', graph,
    '-map', '[v]', '-map', '[a]', '-threads', '1', '-c:v', 'libx264', '-preset', 'superfast', '-crf', '30', '-g', '96', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '96k',
    '-movflags', '+faststart', path.join(folder, 'plain.mp4')];
  return measured('ffmpeg', args);
}

const worst = (list) => Math.max(...list.map(Math.abs));

try {
  const video = pictures('vp8', { seconds: 60, size: SIZE, rate: 24, keys: 240, picture: 'testsrc2', filter: NOISE, bits: BITS });
  const audio = sounds({ seconds: 60, source: 'anoisesrc=amplitude=0.1' }).slice(0, 3000);

  if (wanted('hour')) {
    const media = { video: long(video, minutes), audio: long(audio, minutes) };
    const recording = await recorded(people(2, media));
    const cost = await processed(recording);
    say(`two people, ${minutes} minutes: seconds until it can be watched`, cost.watchable.toFixed(1), '10 for 60');
    say('  seconds until it is composed', cost.seconds.toFixed(0), '600 for 60');
    say('  CPU seconds for a recorded minute', (cost.cpu / minutes).toFixed(1), '18');
    say('  most memory of one process, MiB', cost.memory.toFixed(0), '200');
    say('  MB of the composed file for an hour', ((statSync(await composedOf(recording)).size / 1e6) * (60 / minutes)).toFixed(0));
    forget(recording);
  }

  if (wanted('live')) {
    const media = { video: long(video, minutes), audio: long(audio, minutes) };
    const recording = await recorded(people(2, media), { seconds: minutes * 60, during: composedLive });
    const cost = await processed(recording, LIVE);
    say(`the same with RECORDING_LIVE: seconds until it is composed`, cost.seconds.toFixed(0), '120 for 60');
    forget(recording);
  }

  if (wanted('minute')) {
    for (const [count, most] of [[2, 18], [4, 30], [12, 45]]) {
      const media = { video: long(video, SHORT), audio: long(audio, SHORT) };
      const [ours, theirs, sizes] = [[], [], []];
      for (let i = 0; i < RUNS; i++) {
        const recording = await recorded(people(count, media));
        ours.push(await processed(recording));
        theirs.push(await plain(recording, count));
        sizes.push(statSync(await composedOf(recording)).size);
        forget(recording);
      }
      const [own, other] = [ours, theirs].map((list) => median(list.map(({ cpu }) => cpu)) / SHORT);
      say(`${count} people: CPU seconds for a recorded minute`, own.toFixed(1), most);
      say('  plain ffmpeg, the same grid', other.toFixed(1));
      say('  ratio', (own / other).toFixed(2));
      say('  most memory of one process, MiB', median(ours.map(({ memory }) => memory)).toFixed(0), '200');
      say('  MB of the composed file for an hour', ((median(sizes) / 1e6) * (60 / SHORT)).toFixed(0));
    }
  }

  if (wanted('time')) await madeTime();
  if (wanted('call')) await realCall();
} finally {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}

// Pictures that are white in the first 100 ms of each second, and a beep in the same time: where is each in the composed file?
async function madeTime() {
  const seconds = 60;
  const flashes = (colour) => pictures('vp8', { seconds, size: '320x180', rate: 25, keys: 250, bits: '300k',
    picture: 'color=black', filter: `drawbox=color=${colour}:t=fill:enable='lt(mod(t,1),0.1)'` });
  const beeps = (tone) => sounds({ seconds, source: `aevalsrc='0.5*sin(2*PI*${tone}*t)*lt(mod(t,1),0.1)':s=48000:d=${seconds}`, whole: true });
  const both = [{ name: 'Ann', colour: [255, 255, 0], tone: 700, from: 0 }, { name: 'Bob', colour: [0, 255, 255], tone: 1200, from: 7 }];
  const recording = await recorded(both.map(({ name, colour, tone, from }) => ({ name, from, video: flashes(`#${Buffer.from(colour).toString('hex')}`), audio: beeps(tone) })));
  await processed(recording);
  const file = await composedOf(recording);
  const samples = samplesOf(file);
  const rows = [...pictureRows(file, 24)].map((picture) => ({ at: picture.at, seen: both.map(({ colour }) => placeOf(picture, colour) !== null) }));
  const found = both.map(({ tone }, person) => {
    const [sound, sight] = [[], []];
    for (let second = 10; second < seconds; second++) {
      const begins = rows.find(({ at, seen }) => at >= second * 1000 - 400 && at < second * 1000 + 400 && seen[person]);
      const late = toneLate(samples, tone, second * 1000);
      if (begins === undefined || late === null) throw new Error(`person ${person} is missing at ${second} s`);
      sight.push(begins.at - second * 1000);
      sound.push(late);
    }
    return { sound, sight, apart: sound.map((late, i) => late - sight[i]) };
  });
  say('made clocks: sound against picture, worst, ms', worst(found.flatMap(({ apart }) => apart)).toFixed(0), '40');
  say('  between two people, sound, worst, ms', worst(found[0].sound.map((late, i) => late - found[1].sound[i])).toFixed(0), '100');
  say('  between two people, picture, worst, ms', worst(found[0].sight.map((late, i) => late - found[1].sight[i])).toFixed(0), '100');
  forget(recording);
}

// A call of two browsers whose pictures show the time, and that beep each second.
async function realCall() {
  const browser = await Browser.start();
  try {
    const visit = await Visit.begin(client, browser);
    const names = ['Ann', 'Bob'];
    const pages = [];
    for (const name of names) pages.push(await visit.come(name));
    await Promise.all(pages.map((person) => person.untilPlaying({ videos: 1 })));
    const from = Date.now() + 2000;
    await sleep(CALL * 1000);
    const to = Date.now();
    await visit.end();
    await stack.up('media');
    await browser.closePages();
    const archive = await visit.archive(({ status }) => status === 'available', 'the composed file', 300000);
    const begin = Date.parse(archive.createdAt);
    const file = await visit.download(archive.media.url, path.join(folder, 'call.mp4'));
    const samples = samplesOf(file);
    const bins = []; // one for each person and BIN s: { sight, sound }
    const lates = names.map(() => []);
    for (const picture of pictureRows(file, 8)) {
      const now = begin + picture.at;
      if (now < from || now > to) continue;
      names.forEach((name, i) => {
        const place = placeOf(picture, LOOKS[name].colour);
        if (place) lates[i].push({ now, late: clockLate(picture, place, LOOKS[name].colour, now) });
      });
    }
    const beeps = names.map((name) => {
      const list = [];
      for (let second = Math.ceil(from / 1000) * 1000; second < to - 1000; second += 1000) {
        const late = toneLate(samples, LOOKS[name].tone, second - begin);
        if (late !== null) list.push({ now: second, late });
      }
      return list;
    });
    for (let at = from; at + BIN * 1000 <= to; at += BIN * 1000)
      names.forEach((_, i) => {
        const inside = (list) => list.filter(({ now }) => now >= at && now < at + BIN * 1000).map(({ late }) => late);
        const [sight, sound] = [inside(lates[i]), inside(beeps[i])];
        if (sight.length > 0 && sound.length > 0) bins.push({ at, person: i, sight: median(sight), sound: median(sound) });
      });
    const apart = bins.map(({ sight, sound }) => Math.abs(sound - sight)).sort((a, b) => a - b);
    const pairs = bins.filter(({ person }) => person === 0).map((one) => [one, bins.find((other) => other.person === 1 && other.at === one.at)]).filter(([, other]) => other);
    say(`a call in two browsers, ${bins.length} bins of ${BIN} s: sound against picture, 90 %, ms`, apart[Math.ceil(apart.length * 0.9) - 1].toFixed(0), '100');
    say('  the worst bin, ms', apart.at(-1).toFixed(0));
    say('  between the two, picture, worst bin, ms', worst(pairs.map(([one, other]) => one.sight - other.sight)).toFixed(0), '100');
    say('  between the two, sound, worst bin, ms', worst(pairs.map(([one, other]) => one.sound - other.sound)).toFixed(0), '100');
  } finally {
    await browser.close();
  }
}
