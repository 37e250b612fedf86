// Made recordings: a meeting whose archive has real files in RECORDINGS_DIR, and the rows that processing would write. Ana is there
// from the beginning to the end, and her camera is off in the middle; Ben comes later. Each has a colour of their own and a counter
// of the recording's seconds in the upper left corner, and a tone that is louder at each full second.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';

const SECOND = 1_000_000; // µs
const RATE = 24;
const [WIDTH, HEIGHT] = [320, 180];
const STRIP = { interval: 5000, columns: 4, rows: 1, count: 4, width: 160, height: 46 };

export const DURATION = 20; // seconds of the whole recording
export const LATE = 4; // Ben comes after so many seconds
export const CAMERA_OFF = { from: 8, to: 12 }; // of Ana
/**
 * @typedef {object} Shown  a person or a screen; times are seconds
 * @property {string} name
 * @property {string} colour
 * @property {number} tone  Hz; 0: no sound
 * @property {number} from
 * @property {number} [to]  absent: the end
 * @property {{from: number, to: number}} [gap]  without a picture
 */
/** @type {Shown} */
export const ANA = { name: 'Ana Ålund', colour: 'red', tone: 440, from: 0, gap: CAMERA_OFF };
/** @type {Shown} */
export const BEN = { name: 'Ben (guest)', colour: 'blue', tone: 660, from: LATE };
/** @type {Shown} */
export const SCREEN = { name: ANA.name, colour: 'lime', tone: 0, from: 6, to: 16 };

const TYPES = { mp4: 'video/mp4', webm: 'video/webm', jpg: 'image/jpeg', vtt: 'text/vtt' };
const ffmpeg = (args) => execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-threads', '1', '-filter_complex_threads', '1', ...args]);

// Files are encoded once, and kept for the processes after this one.
const store = path.join(tmpdir(), `cf-made-archive-2-${process.getuid?.() ?? 0}`);

function made(name, make) {
  const file = path.join(store, name);
  if (existsSync(file)) return file;
  mkdirSync(store, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(path.join(store, 'new-'));
  try {
    make(path.join(folder, name));
    renameSync(path.join(folder, name), file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return file;
}

// The picture of a person: their colour, and the counter. Its time 0 is when the person comes.
/** @type {(shown: Shown, label: string) => string} */
const pictureOf = ({ colour, from, to = DURATION, gap }, label) => {
  const size = `${WIDTH / 2}x${HEIGHT / 2}`;
  const counter = `testsrc=size=${size}:rate=${RATE}:duration=${to},trim=start=${from},setpts=PTS-STARTPTS[${label}c]`;
  const ground = `color=${colour}:size=${WIDTH}x${HEIGHT}:rate=${RATE}:duration=${to - from}[${label}g]`;
  const off = gap ? `,select='not(between(t,${gap.from - from},${gap.to - from}))'` : '';
  return `${counter};${ground};[${label}g][${label}c]overlay=0:0${off}[${label}]`;
};

const toneOf = ({ tone, from, to = DURATION }) => `sine=frequency=${tone}:beep_factor=4:sample_rate=48000:duration=${to - from}`;

function trackMake(person, to) {
  const sound = person.tone === 0 ? [] : ['-f', 'lavfi', '-i', toneOf(person), '-map', '0:a', '-c:a', 'libopus', '-b:a', '32k'];
  ffmpeg([...sound, '-filter_complex', pictureOf(person, 'v'), '-map', '[v]', '-fps_mode', 'vfr', '-pix_fmt', 'yuv420p', '-c:v', 'libvpx', '-deadline', 'realtime',
    '-cpu-used', '8', '-b:v', '400k', '-g', String(2 * RATE), '-cues_to_front', '1', '-f', 'webm', to]);
}

// Who is not there, and whose camera is off, is black.
function composedMake(to) {
  const ana = `${pictureOf({ ...ANA, gap: undefined }, 'a')};[a]drawbox=color=black:t=fill:enable='between(t,${CAMERA_OFF.from},${CAMERA_OFF.to})'[left]`;
  const ben = `${pictureOf(BEN, 'b')};[b]tpad=start_duration=${LATE}:color=black[right]`;
  const sound = `${toneOf(ANA)}[s];${toneOf(BEN)},adelay=${LATE * 1000}[t];[s][t]amix=normalize=0,alimiter=limit=0.9:level=0[sound]`;
  ffmpeg(['-filter_complex', `${ana};${ben};[left][right]hstack[v];${sound}`, '-map', '[v]', '-map', '[sound]', '-t', String(DURATION), '-c:v', 'libx264',
    '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', String(2 * RATE), '-c:a', 'aac', '-b:a', '64k', '-movflags', '+faststart', '-f', 'mp4', to]);
}

const composedFile = () => made('meeting.mp4', composedMake);
const posterFile = () => made('poster.jpg', (to) => ffmpeg(['-ss', '5', '-i', composedFile(), '-frames:v', '1', '-update', '1', '-f', 'image2', to]));
const thumbnailsFile = () => made('thumbnails.jpg', (to) => ffmpeg(['-i', composedFile(), '-vf',
  `fps=1000/${STRIP.interval}:start_time=0,scale=${STRIP.width}:${STRIP.height},tile=${STRIP.columns}x${STRIP.rows}`, '-frames:v', '1', '-update', '1', '-f', 'image2', to]));
const chaptersFile = () => made('chapters.vtt', (to) => writeFileSync(to, `WEBVTT

00:00:00.000 --> 00:00:0${LATE}.000
${ANA.name}

00:00:0${LATE}.000 --> 00:00:${DURATION}.000
${ANA.name}, ${BEN.name}
`));

// Makes the folder of an archive, as the service does.
export function folderMake(stack, archive) {
  const folder = path.join(stack.conf.RECORDINGS_DIR, archive);
  const { uid, gid } = statSync(stack.conf.RECORDINGS_DIR);
  mkdirSync(folder);
  if (process.getuid?.() === 0) chownSync(folder, uid, gid);
  chmodSync(folder, 0o2770);
  return folder;
}

// Copies the file into the archive's folder, with the rights that the service gives.
function put(folder, name, from) {
  const to = path.join(folder, name);
  const { uid, gid } = statSync(folder);
  copyFileSync(from, to);
  chmodSync(to, 0o640);
  if (process.getuid?.() === 0) chownSync(to, uid, gid);
  return { path: name, type: TYPES[name.split('.').at(-1)], size: statSync(to).size };
}

const micros = (seconds) => Math.round(seconds * SECOND);

// An element of archives.tracks.
function trackOf({ from, to = DURATION, gap, tone }, file, size, attendee, screen) {
  const shown = gap ? [{ from, to: gap.from }, { from: gap.to, to }] : [{ from, to }];
  return {
    file,
    attendee,
    screen,
    from: micros(from),
    to: micros(to),
    audio: tone === 0 ? null : 'opus',
    video: 'vp8',
    width: WIDTH,
    height: HEIGHT,
    sizes: [{ at: micros(from), width: WIDTH, height: HEIGHT }],
    orientations: [],
    pictures: shown.map((span) => ({ from: micros(span.from), to: micros(span.to) })),
    size,
  };
}

// A person who was in the meeting: the row of attendees, and the first characters of the ids of their devices.
async function attend(stack, client, link, session, person) {
  const id = `${person.name.split(' ')[0].toLowerCase()}-${randomBytes(4).toString('hex')}`;
  const { participantId } = await client.token(link, { data: id, name: person.name });
  await stack.rows(
    `INSERT INTO attendees (session_id, attendee, name, role, joined_on, left_on, is_active, created_on, modified_on)
     VALUES (?, ?, ?, 2, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), FALSE, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [session, id, person.name],
  );
  return { ...person, id, prefix: participantId.slice(0, 16) };
}

/**
 * Makes an archive. `status`: any of archives'; 'started' has no files yet. `composed`: with the composed file, its poster, thumbnails
 * and chapters (preset: when the status says that there is one). `tracks`: with the people's files (preset: true). `screen`: Ana
 * shares a screen too. `link`: of an existing meeting. `auth`: claims of who creates the meeting.
 * @param {any} stack
 * @param {import('./client.mjs').Client} client
 * @param {{status?: string, outputMode?: 'composed' | 'individual', composed?: boolean, tracks?: boolean, screen?: boolean, name?: string | null, link?: string, auth?: object, body?: object, host?: string, storage?: object | null, reason?: string, progress?: number}} [options]
 */
export async function makeArchive(stack, client, options = {}) {
  const { status = 'available', outputMode = 'composed', screen = false, name = 'Made recording', auth = {}, host = hostname(), storage = null } = options;
  const recording = ['started', 'paused'].includes(status);
  const { composed = outputMode === 'composed' && ['available', 'uploaded'].includes(status), tracks: withTracks = !recording } = options;
  const link = options.link ?? (await client.meeting(options.body ?? {}, { auth }));
  const [{ session_id: session }] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  const archive = randomBytes(16).toString('base64url');
  const folder = folderMake(stack, archive);
  const people = [await attend(stack, client, link, session, ANA), await attend(stack, client, link, session, BEN)];
  const [ana, ben] = people;
  const tracks = [];
  const files = [];
  if (withTracks) {
    for (const [person, source, kind] of /** @type {const} */ ([[ana, ANA, 'camera'], [ben, BEN, 'camera'], ...(screen ? [[ana, SCREEN, 'screen']] : [])])) {
      const file = `${person.prefix}-${randomBytes(6).toString('base64url')}-${kind}.webm`;
      const { path: at, type, size } = put(folder, file, made(`${source.colour}.webm`, (to) => trackMake(source, to)));
      tracks.push(trackOf(source, at, size, person.id, kind === 'screen'));
      if (outputMode === 'individual') files.push({ path: at, type, size, kind: 'track' });
    }
  }
  if (composed)
    files.push(
      { ...put(folder, 'meeting.mp4', composedFile()), kind: 'composed' },
      { ...put(folder, 'poster.jpg', posterFile()), kind: 'poster' },
      { ...put(folder, 'thumbnails.jpg', thumbnailsFile()), kind: 'thumbnails' },
      { ...put(folder, 'chapters.vtt', chaptersFile()), kind: 'chapters' },
    );
  const whole = files.find((file) => file.kind === 'composed');
  const progress = options.progress ?? (status === 'processing' ? 40 : null);
  const reason = options.reason ?? (status === 'failed' ? 'It could not be put together.' : null);
  await stack.rows(
    `INSERT INTO archives (archive_id, session_id, name, status, host, created_at, stopped_at, duration, size, reason, storage, output_mode, progress, tracks, width, height, strip, created_on, modified_on)
     VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6) - INTERVAL 60 SECOND, ${recording ? 'NULL' : `UTC_TIMESTAMP(3) - INTERVAL ${60 - DURATION} SECOND`}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [archive, session, name, status, host, recording ? 0 : DURATION, whole?.size ?? tracks.reduce((sum, track) => sum + track.size, 0), reason,
      storage === null ? null : JSON.stringify(storage), outputMode, progress, withTracks ? JSON.stringify(tracks) : null,
      composed ? 2 * WIDTH : null, composed ? HEIGHT : null, composed ? JSON.stringify(STRIP) : null],
  );
  for (const file of files)
    await stack.rows(
      'INSERT INTO archive_files (archive_id, path, kind, content_type, size, created_on, modified_on) VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))',
      [archive, file.path, file.kind, file.type, file.size],
    );
  return { archive, link, session, folder, people, tracks, files, strip: STRIP };
}

// Adds the composed file to an archive without one, as processing does at its end.
export async function composeArchive(stack, { archive, folder }) {
  const all = [['composed', 'meeting.mp4', composedFile()], ['poster', 'poster.jpg', posterFile()], ['thumbnails', 'thumbnails.jpg', thumbnailsFile()], ['chapters', 'chapters.vtt', chaptersFile()]];
  for (const [kind, name, from] of all) {
    const file = put(folder, name, from);
    await stack.rows(
      'INSERT INTO archive_files (archive_id, path, kind, content_type, size, created_on, modified_on) VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))',
      [archive, file.path, kind, file.type, file.size],
    );
  }
  await stack.rows("UPDATE archives SET status = 'available', progress = NULL, size = ?, width = ?, height = ?, strip = ? WHERE archive_id = ?",
    [statSync(path.join(folder, 'meeting.mp4')).size, 2 * WIDTH, HEIGHT, JSON.stringify(STRIP), archive]);
}

// What is on the disk of an archive; undefined: its folder is gone.
export const archiveFiles = ({ folder }) => (existsSync(folder) ? readdirSync(folder).sort() : undefined);
