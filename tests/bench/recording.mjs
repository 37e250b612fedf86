// What it costs to make files that can be watched of a recording: CPU and memory of `confab-media tracks` for two people.
//
//   CONFAB_BUILD=build node tests/bench/recording.mjs [MINUTES]     (60; needs ffmpeg and 1 GB in TMPDIR)
//
// Prints one line for each figure, the median of three runs, with what it may be at most.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { DEVICE, ROOM, packets, pictures, sounds, trackFile, trackPut } from '../e2e/lib/mjr.mjs';
import { build } from '../e2e/lib/stack.mjs';

const minutes = Number(process.argv[2] ?? 60);
const PEOPLE = [DEVICE, 'OtherPersonHere1-device02'];
const RUNS = 3;
const folder = mkdtempSync(path.join(tmpdir(), 'cf-bench-'));
const say = (what, value, most) => console.log(`${what.padEnd(60)}${value.padStart(14)}${most ? `   (at most ${most})` : ''}`);
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

// A minute of media again and again.
const long = (frames, count) => Array.from({ length: count }, (_, minute) => frames.map(({ data, at }) => ({ data, at: at + minute * 60000 }))).flat();

function recordingMake(name, count) {
  const from = path.join(folder, name);
  for (const participant of PEOPLE) {
    trackPut(from, trackFile('vp8', packets('vp8', long(video, count))), { kind: 'video', participant });
    trackPut(from, trackFile('opus', packets('opus', long(audio, count))), { kind: 'audio', participant });
  }
  return from;
}

// Runs it once: CPU seconds, seconds, and the most memory in MiB.
async function tracks(from) {
  const to = path.join(folder, 'to');
  const started = performance.now();
  // `times` prints what the shell's children used.
  const child = spawn('sh', ['-c', '"$0" "$@" >/dev/null 2>&1 || exit 1; times', path.join(build, 'confab-media'), 'tracks', '--from', from, '--to', to, '--room', ROOM]);
  let [output, memory] = ['', 0];
  child.stdout.on('data', (piece) => (output += piece));
  const timer = setInterval(() => {
    try {
      const [pid] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
      memory = Math.max(memory, Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]) / 1024);
    } catch {
      // it has not begun, or has ended
    }
  }, 10);
  const status = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(timer);
  if (status !== 0) throw new Error('confab-media tracks has failed');
  const cpu = output.trim().split('\n')[1].match(/[\d.]+/g).map(Number);
  const size = readdirSync(to).reduce((sum, name) => sum + statSync(path.join(to, name)).size, 0);
  rmSync(to, { recursive: true });
  return { cpu: cpu[0] * 60 + cpu[1] + cpu[2] * 60 + cpu[3], seconds: (performance.now() - started) / 1000, memory, size };
}

async function measured(from) {
  const runs = [];
  for (let i = 0; i < RUNS; i++) runs.push(await tracks(from));
  return (what) => median(runs.map((run) => run[what]));
}

let video, audio;
try {
  video = pictures('vp8', { seconds: 60, size: '640x360', rate: 24, keys: 240 });
  audio = sounds({ seconds: 60, source: 'anoisesrc=amplitude=0.1' }).slice(0, 3000);
  const whole = await measured(recordingMake('whole', minutes));
  const short = await measured(recordingMake('short', Math.ceil(minutes / 6)));
  say(`${PEOPLE.length} people, ${minutes} minutes: CPU s for each person and hour`, (((whole('cpu') / PEOPLE.length) * 60) / minutes).toFixed(2), '6');
  say('seconds until it can be watched', whole('seconds').toFixed(1), '10');
  say('MB for each person and hour', ((whole('size') / PEOPLE.length / 1e6) * (60 / minutes)).toFixed(0));
  say('most memory, MiB', whole('memory').toFixed(0), '64');
  say('most memory for a sixth of the length, MiB', short('memory').toFixed(0), '64');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
