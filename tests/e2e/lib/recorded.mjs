// A recording without browsers: the archive is started and stopped by the service, and made track files take the place of Janus'.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { packets, pictures, sounds, trackFile, trackPut } from './mjr.mjs';
import { until } from './stack.mjs';

const SECOND = 1_000_000; // µs
const SAID = 6; // lines of a log, in the message of a test that fails
const cache = new Map();

// Encoding takes longer than all else.
function once(key, make) {
  if (!cache.has(key)) cache.set(key, make());
  return cache.get(key);
}

const video = (codec, colour, seconds) => once(`${codec} ${colour} ${seconds}`, () => packets(codec, pictures(codec, { seconds, picture: `color=c=${colour}` })));
const audio = (seconds) => once(`opus ${seconds}`, () => packets('opus', sounds({ seconds })));

export class Recording {
  link = '';
  room = '';
  id = '';
  folder = '';
  zero = 0; // µs since 1970: the beginning

  constructor(client) {
    this.client = client;
    this.stack = client.stack;
  }

  /**
   * @param {import('./client.mjs').Client} client
   * @param {object} [body] of the request that starts the recording
   */
  static async start(client, body) {
    const recording = new Recording(client);
    recording.link = await client.meeting({});
    await client.token(recording.link);
    const answer = await client.call('POST', `/session/${recording.link}/archives`, { body });
    assert.equal(answer.status, 200, answer.text);
    recording.room = answer.body.sessionId;
    recording.id = answer.body.metaData.id;
    const [{ zero }] = await recording.stack.rows('SELECT TIMESTAMPDIFF(MICROSECOND, "1970-01-01", created_at) zero FROM archives WHERE archive_id = ?', [recording.id]);
    recording.zero = Number(zero);
    recording.folder = path.join(recording.stack.conf.RECORDINGS_DIR, recording.id);
    return recording;
  }

  // Somebody who was there. Gives the device's id in the room.
  async person(data, name) {
    return (await this.client.token(this.link, { data, name })).participantId;
  }

  // Puts bytes into the folder under the name that Janus would give them.
  put(bytes, { participant, kind, at = 0, end = '', number = 0 }) {
    return trackPut(this.folder, bytes, { kind, participant, made: this.zero + Math.round(at * SECOND), room: this.room, end, number });
  }

  /**
   * A camera or a screen of one colour, and a tone, from second `at` on.
   * @param {string} participant
   * @param {{colour?: string, at?: number, seconds?: number, codec?: any, sound?: boolean, end?: string}} [options]
   */
  sends(participant, { colour, at = 0, seconds = 4, codec = 'vp8', sound = true, end = '' } = {}) {
    const first = this.zero + Math.round(at * SECOND);
    if (colour) this.put(trackFile(codec, video(codec, colour, seconds), { first }), { participant, kind: 'video', at, end });
    if (sound) this.put(trackFile('opus', audio(seconds), { first }), { participant, kind: 'audio', at, end });
  }

  async stop() {
    const answer = await this.client.call('PATCH', `/archives/${this.id}/stop`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.metaData;
  }

  async row() {
    const [row] = await this.stack.rows('SELECT * FROM archives WHERE archive_id = ?', [this.id]);
    return { ...row, tracks: row.tracks === null ? null : JSON.parse(row.tracks), strip: row.strip === null ? null : JSON.parse(row.strip) };
  }

  files() {
    return this.stack.rows('SELECT CONVERT(path USING utf8mb4) path, kind, content_type, size FROM archive_files WHERE archive_id = ? ORDER BY id', [this.id]);
  }

  // Waits for one of these statuses; gives the row.
  async reaches(statuses, limit = 60000) {
    let row;
    await until(async () => statuses.includes((row = await this.row()).status), `${this.id} to be ${statuses.join(' or ')}`, limit).catch(async (error) => {
      const jobs = await this.stack.rows('SELECT kind, attempts, last_error FROM jobs WHERE subject = ?', [this.id]);
      const said = this.stack.log('media').trim().split('\n').slice(-SAID).join('\n');
      const work = execFileSync('ps', ['-eo', 'pid,ppid,stat,etimes,time,args']).toString().split('\n').filter((line) => /confabctl work|confab-media|ffmpeg/.test(line)).join('\n');
      throw new Error(`${error.message}: it is ${row.status}, ${row.progress} %, ${row.reason}; ${JSON.stringify(jobs)}\n${said}\n${work}`);
    });
    return row;
  }

  async events() {
    const { body } = await this.client.call('GET', `/session/${this.link}/events`);
    return body.events.filter(({ type }) => type.startsWith('recording.')).map(({ type, data }) => (type === 'recording.progress' ? `${type} ${data.progress}` : type));
  }
}

/**
 * How much of the picture at this second has the colour: 0 to 1.
 * @param {string} file
 * @param {number} second
 * @param {number[]} colour
 * @param {string} [part] of ffmpeg's filters: what is looked at
 */
export function share(file, second, colour, part = 'scale=64:36') {
  const bytes = execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-ss', String(second), '-i', file, '-frames:v', '1', '-vf', part, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']);
  let like = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    if (colour.reduce((sum, value, j) => sum + Math.abs(bytes[i + j] - value), 0) < 120) like++;
  }
  return (like * 3) / bytes.length;
}

export const RED = [255, 0, 0];
export const BLUE = [0, 0, 255];
export const LIME = [0, 255, 0];
