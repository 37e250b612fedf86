// Made track files: ffmpeg encodes a test picture and a tone, and these functions put the frames into RTP packets and .mjr files as
// Janus does. What is wrong with a recording is up to the test: packets lost, late, doubled, numbers that wrap.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ORIENTATION_ID = 4;

const ffmpeg = (args) => execFileSync('ffmpeg', ['-nostdin', '-v', 'error', ...args, '-'], { maxBuffer: 1 << 28 });

/**
 * Frames of a test picture.
 * @typedef {{data: Buffer, at: number}} Frame at: ms since the first frame
 * @param {'vp8' | 'vp9' | 'h264'} codec
 * @param {{seconds?: number, size?: string, rate?: number, keys?: number, bits?: string, picture?: string, filter?: string, more?: string[]}} [options] keys:
 *   frames from one key frame to the next; bits: a second; picture: a source of ffmpeg's, which takes size and rate; filter: what comes
 *   after it; more: options of the encoder
 * @returns {Frame[]}
 */
export function pictures(codec, { seconds = 4, size = '320x180', rate = 20, keys = 40, bits = '300k', picture = 'testsrc', filter = 'null', more = [] } = {}) {
  const made = `${picture}${picture.includes('=') ? ':' : '='}size=${size}:rate=${rate}:duration=${seconds},${filter}`;
  const source = ['-f', 'lavfi', '-i', made, '-g', String(keys), '-b:v', bits];
  const at = (i) => (i * 1000) / rate;
  if (codec === 'h264') {
    const stream = ffmpeg([...source, '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p',
      '-bsf:v', 'h264_metadata=aud=insert', '-f', 'h264']);
    return accessUnits(stream).map((data, i) => ({ data, at: at(i) }));
  }
  const encoder = codec === 'vp8' ? 'libvpx' : 'libvpx-vp9';
  return ivfFrames(ffmpeg([...source, '-c:v', encoder, '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0',
    '-auto-alt-ref', '0', ...more, '-f', 'ivf'])).map((data, i) => ({ data, at: at(i) }));
}

// Packets of a tone, 20 ms each. `whole`: the source names its rate and length itself.
export function sounds({ seconds = 4, source = 'sine=frequency=440', whole = false } = {}) {
  const stream = ffmpeg(['-f', 'lavfi', '-i', whole ? source : `${source}:sample_rate=48000:duration=${seconds}`, '-c:a', 'libopus', '-b:a', '32k', '-f', 'ogg']);
  return oggPackets(stream).slice(2).map((data, i) => ({ data, at: i * 20 }));
}

function ivfFrames(stream) {
  const frames = [];
  for (let at = 32; at < stream.length;) {
    const length = stream.readUInt32LE(at);
    frames.push(stream.subarray(at + 12, at + 12 + length));
    at += 12 + length;
  }
  return frames;
}

function oggPackets(stream) {
  const packets = [];
  let parts = [];
  for (let at = 0; at < stream.length;) {
    const count = stream[at + 26];
    const sizes = stream.subarray(at + 27, at + 27 + count);
    at += 27 + count;
    for (const size of sizes) {
      parts.push(stream.subarray(at, at + size));
      at += size;
      if (size < 255) {
        packets.push(Buffer.concat(parts));
        parts = [];
      }
    }
  }
  return packets;
}

// The units (without start codes) of each picture. A delimiter stands before each picture.
function accessUnits(stream) {
  const code = Buffer.from([0, 0, 1]);
  const units = [];
  for (let at = stream.indexOf(code); at >= 0;) {
    const next = stream.indexOf(code, at + 3);
    const end = next < 0 ? stream.length : next - (stream[next - 1] === 0 ? 1 : 0); // a start code may have one more zero
    units.push(stream.subarray(at + 3, end));
    at = next;
  }
  const pictures = [];
  for (const unit of units) {
    if ((unit[0] & 31) === 9) pictures.push([]);
    else pictures.at(-1).push(unit);
  }
  return pictures;
}

function pieces(data, size) {
  const list = [];
  for (let at = 0; at < data.length; at += size) list.push(data.subarray(at, at + size));
  return list;
}

// The payloads of one frame.
const payloads = {
  opus: (data) => [data],
  vp8: (data, number, mtu) => pieces(data, mtu).map((piece, i) => Buffer.concat([Buffer.from([i === 0 ? 0x90 : 0x80, 0x80, 0x80 | ((number >> 8) & 127), number & 255]), piece])),
  vp9: (data, number, mtu) => pieces(data, mtu).map((piece, i, all) =>
    Buffer.concat([Buffer.from([0x80 | (i === 0 ? 8 : 0) | (i === all.length - 1 ? 4 : 0), 0x80 | ((number >> 8) & 127), number & 255]), piece])),
  h264: (units, _, mtu) => {
    const small = units.filter((unit) => [7, 8].includes(unit[0] & 31)); // the parameter sets in one packet
    const aggregate = small.map((unit) => Buffer.concat([Buffer.from([unit.length >> 8, unit.length & 255]), unit]));
    return [
      ...(small.length > 0 ? [Buffer.concat([Buffer.from([24]), ...aggregate])] : []),
      ...units.filter((unit) => !small.includes(unit)).flatMap((unit) => {
        if (unit.length <= mtu) return [unit];
        return pieces(unit.subarray(1), mtu).map((piece, i, all) => {
          const edge = (i === 0 ? 0x80 : 0) | (i === all.length - 1 ? 0x40 : 0);
          return Buffer.concat([Buffer.from([(unit[0] & 0x60) | 28, edge | (unit[0] & 31)]), piece]);
        });
      }),
    ];
  },
};

/**
 * An RTP packet.
 * @param {{seq: number, ts: number, marker?: boolean, payload: Buffer, orientation?: number}} fields
 */
export function rtp({ seq, ts, marker = false, payload, orientation }) {
  const header = Buffer.alloc(12);
  header[0] = 0x80 | (orientation === undefined ? 0 : 0x10);
  header[1] = (marker ? 0x80 : 0) | 96;
  header.writeUInt16BE(seq & 0xffff, 2);
  header.writeUInt32BE(ts >>> 0, 4);
  header.writeUInt32BE(0x1234, 8);
  const extension = orientation === undefined ? [] : [Buffer.from([0xbe, 0xde, 0, 1, (ORIENTATION_ID << 4) | 0, orientation, 0, 0])];
  return Buffer.concat([header, ...extension, payload]);
}

/**
 * The RTP packets of frames, each with the ms of its arrival.
 * @typedef {{arrival: number, at: number, seq: number, data: Buffer, key: boolean}} Packet at: ms when the frame was made
 * @param {'opus' | 'vp8' | 'vp9' | 'h264'} codec
 * @param {{data: any, at: number}[]} frames
 * @param {{seq?: number, ts?: number, orientation?: (frame: number) => number | undefined, mtu?: number}} [options] the first number
 * and timestamp; mtu: bytes of the longest payload
 * @returns {Packet[]}
 */
export function packets(codec, frames, { seq = 1000, ts = 5000, orientation = () => undefined, mtu = 1100 } = {}) {
  const rate = codec === 'opus' ? 48 : 90;
  return frames.flatMap(({ data, at }, number) =>
    payloads[codec](data, number, mtu).map((payload, i, all) => ({
      arrival: Math.round(at),
      at,
      key: isKey(codec, data),
      seq,
      data: rtp({ seq: seq++, ts: Math.round(ts + at * rate) % 2 ** 32, marker: codec !== 'opus' && i === all.length - 1, payload, orientation: orientation(number) }),
    })));
}

function isKey(codec, data) {
  if (codec === 'vp8') return (data[0] & 1) === 0;
  if (codec === 'vp9') return (data[0] & 0x04) === 0;
  return codec === 'h264' && data.some((unit) => (unit[0] & 31) === 5);
}

/**
 * The bytes of a track file.
 * @param {'opus' | 'vp8' | 'vp9' | 'h264'} codec
 * @param {{arrival: number, data: Buffer}[]} list
 * @param {{first?: number, more?: object}} [options] first: µs since 1970 when the first packet came; more: members of the header
 */
export function trackFile(codec, list, { first = 1_700_000_000_000_000, more = {} } = {}) {
  const header = Buffer.from(JSON.stringify({ t: codec === 'opus' ? 'a' : 'v', c: codec, s: first - 500_000, u: first,
    x: { [ORIENTATION_ID]: 'urn:3gpp:video-orientation' }, ...more }));
  const length = Buffer.alloc(2);
  length.writeUInt16BE(header.length);
  return Buffer.concat([Buffer.from('MJR00002'), length, header, ...list.flatMap(({ arrival, data }) => {
    const head = Buffer.alloc(10);
    head.write('MEET');
    head.writeUInt32BE(arrival, 4);
    head.writeUInt16BE(data.length, 8);
    return [head, data];
  })]);
}

export const ROOM = 'room-1';
export const PERSON = 'AttendeeAttendee';
export const DEVICE = `${PERSON}-device01`;

// Writes a file with the name that Janus would give it.
export function trackPut(folder, bytes, { kind, participant = DEVICE, made = 1_700_000_000_000_000, room = ROOM, end = '', number = 0 }) {
  mkdirSync(folder, { recursive: true });
  const name = `videoroom-${room}-user-${participant}-${made}-${kind}-${number}.mjr${end}`;
  writeFileSync(path.join(folder, name), bytes);
  return name;
}

// What ffprobe says about a file: its streams, and the times of its packets.
export function probed(file) {
  const all = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-show_packets', '-of', 'json', file], { maxBuffer: 1 << 28 }).toString());
  const of = (kind) => all.packets.filter((packet) => packet.codec_type === kind).map((packet) => ({ at: Number(packet.pts_time) * 1000, key: packet.flags.startsWith('K'), size: Number(packet.size) }));
  return { format: all.format, streams: all.streams, audio: of('audio'), video: of('video') };
}

// Decodes the file to its end. Gives the number of pictures, and what the decoders complained about.
export function decoded(file) {
  const words = execFileSync('sh', ['-c', 'exec ffmpeg -nostdin -v warning -i "$0" -map 0 -f null - 2>&1', file]).toString();
  const pictures = execFileSync('ffprobe', ['-v', 'error', '-count_frames', '-select_streams', 'v', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', file]).toString();
  return { pictures: Number(pictures.trim()), complaints: words.trim() };
}
