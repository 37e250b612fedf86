// A camera and a microphone that tell the time: each picture shows the milliseconds as black and white fields, and a beep begins with
// each second. What comes out of a recording can so be compared with what was true.
import { execFileSync } from 'node:child_process';

const BITS = 24; // of the milliseconds: 4.6 hours
const COLUMNS = 8;
const [WIDTH, HEIGHT] = [320, 180];
const RATE = 8000; // of the sound that is looked at

// Runs in the page before its own scripts: the devices are replaced.
export function timeDevices() {
  const [bits, columns, width, height] = [24, 8, 320, 180];
  const draw = (context) => {
    const now = Date.now();
    const rows = bits / columns;
    for (let i = 0; i < bits; i++) {
      context.fillStyle = Math.floor(now / 2 ** i) % 2 === 1 ? 'white' : 'black';
      context.fillRect(((i % columns) * width) / columns, (Math.floor(i / columns) * height) / rows, width / columns, height / rows);
    }
  };
  const camera = () => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    draw(context);
    setInterval(() => draw(context), 50);
    return canvas.captureStream(20).getVideoTracks()[0];
  };
  const microphone = () => {
    const context = new AudioContext();
    const [tone, gain, out] = [context.createOscillator(), context.createGain(), context.createMediaStreamDestination()];
    tone.frequency.value = 1000;
    gain.gain.value = 0;
    tone.connect(gain).connect(out);
    tone.start();
    let next = Math.ceil(Date.now() / 1000) * 1000 + 1000;
    setInterval(() => {
      for (; next < Date.now() + 2000; next += 1000) {
        const at = context.currentTime + (next - Date.now()) / 1000;
        gain.gain.setValueAtTime(0.8, at);
        gain.gain.setValueAtTime(0, at + 0.1);
      }
    }, 200);
    return out.stream.getAudioTracks()[0];
  };
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) =>
    new MediaStream([...(audio ? [microphone()] : []), ...(video ? [camera()] : [])]);
}

const ffmpeg = (file, args) => execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, ...args, '-'], { maxBuffer: 1 << 30 });

// How late each picture is in the file, in ms. `begin`: the time of the file's 0, in ms since 1970.
export function picturesLate(file, begin) {
  const times = execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0', file]).toString()
    .trim().split('\n').map((line) => Number.parseFloat(line) * 1000);
  const raw = ffmpeg(file, ['-vf', `scale=${WIDTH}:${HEIGHT}`, '-vsync', 'passthrough', '-pix_fmt', 'gray', '-f', 'rawvideo']);
  return times.map((at, i) => late(begin + at, shown(raw.subarray(i * WIDTH * HEIGHT, (i + 1) * WIDTH * HEIGHT))));
}

// The milliseconds that a picture shows: the brightness in the middle of each field.
function shown(picture) {
  let value = 0;
  for (let i = 0; i < BITS; i++) {
    const x = Math.floor(((i % COLUMNS) + 0.5) * (WIDTH / COLUMNS));
    const y = Math.floor((Math.floor(i / COLUMNS) + 0.5) * (HEIGHT / (BITS / COLUMNS)));
    if (picture[y * WIDTH + x] > 127) value += 2 ** i;
  }
  return value;
}

function late(at, value) {
  const range = 2 ** BITS;
  return ((((at - value) % range) + range * 1.5) % range) - range / 2;
}

// How late each beep is in the file, in ms.
export function beepsLate(file, begin) {
  const raw = ffmpeg(file, ['-map', '0:a', '-ac', '1', '-ar', String(RATE), '-f', 's16le']);
  const samples = new Int16Array(raw.buffer, raw.byteOffset, Math.floor(raw.length / 2));
  const list = [];
  let quiet = 0; // samples since the last loud one
  samples.forEach((sample, i) => {
    if (Math.abs(sample) < 4000) {
      quiet++;
      return;
    }
    if (quiet > RATE / 2) {
      const at = begin + (i * 1000) / RATE;
      list.push(at - Math.round(at / 1000) * 1000);
    }
    quiet = 0;
  });
  return list;
}

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
