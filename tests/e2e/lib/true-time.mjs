// A camera and a microphone that tell the time: each picture shows the milliseconds as dark and bright fields, and a beep begins with
// each second. What comes out of a recording can so be compared with what was true. Each person has a colour and a tone, so that they
// are found in a picture of many and in a mix.
import { execFileSync } from 'node:child_process';

/**
 * What a person looks and sounds like.
 * @typedef {object} Look
 * @property {number[]} colour  red, green and blue, of the bright fields and of the frame around them
 * @property {number} tone  of the beeps, Hz
 * @property {number[]} [screen]  the colour of what they share
 */

const BITS = 24; // of the milliseconds: 4.6 hours
const COLUMNS = 8;
const [WIDTH, HEIGHT] = [320, 180];
const RATE = 8000; // of the sound that is looked at

/**
 * Runs in the page before its own scripts: the devices are replaced. A shared screen has one colour and no sound.
 * @param {Look} look
 */
export function timeDevices({ colour, tone: pitch, screen = colour } = { colour: [255, 255, 255], tone: 1000 }) {
  const [bits, columns, width, height] = [24, 8, 320, 180];
  const css = (parts) => `rgb(${parts.join()})`;
  const draw = (context) => {
    const now = Date.now();
    const rows = bits / columns;
    for (let i = 0; i < bits; i++) {
      context.fillStyle = Math.floor(now / 2 ** i) % 2 === 1 ? css(colour) : 'black';
      context.fillRect(((i % columns) * width) / columns, (Math.floor(i / columns) * height) / rows, width / columns, height / rows);
    }
    context.strokeStyle = css(colour);
    context.lineWidth = 8;
    context.strokeRect(4, 4, width - 8, height - 8);
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
    tone.frequency.value = pitch;
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
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
    const context = canvas.getContext('2d');
    const paint = () => {
      context.fillStyle = css(screen);
      context.fillRect(0, 0, canvas.width, canvas.height);
    };
    paint();
    setInterval(paint, 200);
    return canvas.captureStream(5);
  };
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
  const samples = samplesOf(file);
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

const NEAR = 70; // of red, green and blue together: colours as an encoder leaves them
const LEAST = 200; // pixels

// Pictures of the file, `rate` a second: { at (ms in the file), width, height, rgb }.
export function* pictureRows(file, rate) {
  const [width, height] = execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=width,height', '-of', 'csv=p=0', file])
    .toString().trim().split(',').map(Number);
  const raw = ffmpeg(file, ['-vf', `fps=${rate}:round=up:start_time=0`, '-pix_fmt', 'rgb24', '-f', 'rawvideo']);
  const size = width * height * 3;
  for (let i = 0; (i + 1) * size <= raw.length; i++) yield { at: (i * 1000) / rate, width, height, rgb: raw.subarray(i * size, (i + 1) * size) };
}

// Where a colour is in the picture: { x, y, width, height, count of its pixels }; null: it is not there.
export function placeOf({ width, rgb }, colour) {
  let [left, right, top, bottom, count] = [Infinity, -1, Infinity, -1, 0];
  for (let at = 0, i = 0; at < rgb.length; at += 3, i++) {
    if (Math.abs(rgb[at] - colour[0]) + Math.abs(rgb[at + 1] - colour[1]) + Math.abs(rgb[at + 2] - colour[2]) > NEAR) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
    count++;
  }
  return count < LEAST ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1, count };
}

// How late the clock at this place of the picture is, in ms. `now`: the true time of the picture, in ms since 1970.
export function clockLate({ width, rgb }, place, colour, now) {
  const bright = colour.reduce((sum, part) => sum + part, 0) / 2;
  let value = 0;
  for (let i = 0; i < BITS; i++) {
    const x = Math.floor(place.x + ((i % COLUMNS) + 0.5) * (place.width / COLUMNS));
    const y = Math.floor(place.y + (Math.floor(i / COLUMNS) + 0.5) * (place.height / (BITS / COLUMNS)));
    const at = (y * width + x) * 3;
    if (rgb[at] + rgb[at + 1] + rgb[at + 2] > bright) value += 2 ** i;
  }
  return late(now, value);
}

// The mixed sound of the file: 8,000 samples a second.
export function samplesOf(file) {
  const raw = ffmpeg(file, ['-map', '0:a', '-ac', '1', '-ar', String(RATE), '-f', 's16le']);
  return new Int16Array(raw.buffer, raw.byteOffset, Math.floor(raw.length / 2));
}

// The amplitude of a tone (0 to 1) in 80 ms from `at`, ms in the file.
export function toneAt(samples, tone, at) {
  const [from, length] = [Math.round((at * RATE) / 1000), (RATE * 80) / 1000];
  let [re, im] = [0, 0];
  for (let i = 0; i < length && from + i < samples.length; i++) {
    const angle = (2 * Math.PI * tone * i) / RATE;
    re += (samples[from + i] ?? 0) * Math.cos(angle);
    im += (samples[from + i] ?? 0) * Math.sin(angle);
  }
  return (2 * Math.hypot(re, im)) / length / 32768;
}

// When a tone begins near `at` (ms in the file), in ms after `at`; null: it does not.
export function toneLate(samples, tone, at, range = 400) {
  const loud = (time) => toneAt(samples, tone, time);
  let most = 0;
  for (let time = at - range; time <= at + range; time += 10) most = Math.max(most, loud(time));
  if (most < 0.05) return null;
  // At half of the amplitude half of the 80 ms have it.
  for (let time = at - range; time <= at + range; time += 2) if (loud(time) >= most / 2) return time + 40 - at;
  return null;
}
