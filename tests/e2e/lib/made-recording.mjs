// Made recordings: a meeting whose recording has stopped, with track files of people as Janus would have written them.
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { packets, trackFile, trackPut } from './mjr.mjs';

/**
 * A person's media: frames and packets of sound as pictures() and sounds() of mjr.mjs give them.
 * @typedef {{name: string, codec?: 'vp8' | 'vp9' | 'h264', video?: {data: any, at: number}[], audio?: {data: any, at: number}[], from?: number}} Recorded
 * from: ms after the recording's beginning
 */

const utc = (time) => new Date(time).toISOString().slice(0, -1).replace('T', ' ');

/**
 * Makes it; `seconds`: the recording's length. Nothing works on it yet: `confabctl archives retry` puts the job.
 * @param {any} stack
 * @param {import('./client.mjs').Client} client
 * @param {{people: Recorded[], seconds: number, outputMode?: string, began?: number}} options  began: ms since 1970
 */
export async function makeRecording(stack, client, { people, seconds, outputMode = 'composed', began = Date.now() - seconds * 1000 }) {
  const link = await client.meeting({});
  const [{ session_id: session }] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  const archive = randomBytes(16).toString('base64url');
  const folder = path.join(stack.conf.RECORDINGS_DIR, archive);
  const { uid, gid } = statSync(stack.conf.RECORDINGS_DIR);
  mkdirSync(folder);
  for (const { name, codec = 'vp8', video, audio, from = 0 } of people) {
    const id = `made-${randomBytes(6).toString('hex')}`;
    const { participantId: participant } = await client.token(link, { data: id, name });
    await stack.rows(
      `INSERT INTO attendees (session_id, attendee, name, role, joined_on, left_on, is_active, created_on, modified_on)
       VALUES (?, ?, ?, 2, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), FALSE, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [session, id, name],
    );
    const put = (kind, format, frames) => frames && trackPut(folder, trackFile(format, packets(format, frames), { first: (began + from) * 1000 }),
      { kind, participant, room: session.toString(), made: (began + from) * 1000 });
    put('video', codec, video);
    put('audio', 'opus', audio);
  }
  chmodSync(folder, 0o2770);
  if (process.getuid?.() === 0) for (const name of ['', ...readdirSync(folder)]) chownSync(path.join(folder, name), uid, gid);
  await stack.rows(
    `INSERT INTO archives (archive_id, session_id, name, status, host, created_at, stopped_at, duration, size, output_mode, created_on, modified_on)
     VALUES (?, ?, 'Made recording', 'stopped', ?, ?, ?, ?, 1, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [archive, session, hostname(), utc(began), utc(began + seconds * 1000), seconds, outputMode],
  );
  return { archive, link, session: session.toString(), folder };
}
