// The cryptography of end-to-end encrypted frames: pure functions and values, the same in a browser and in node.
//
// An encrypted frame is
//
//   header      not encrypted, because Janus and the packetizer read it: 10 bytes of a VP8 key frame, 3 of another VP8
//               frame, 1 of an Opus frame
//   ciphertext  AES-128-GCM of the rest, with its 16 bytes of tag
//   trailer     salt (16 bytes), counter (8, big-endian), version (1)
//
// Header and trailer are authenticated as additional data. The key is HKDF-SHA-256(meeting key, salt,
// participant id + track kind); the IV is the counter as 96 bits. Each encryptor makes a random salt and starts its
// counter at 0. A counter is never set back: a new encryptor has a new salt, and so a new key.
//
// Limits: people who have the meeting key can imitate each other. A person who joins later cannot tell old frames of
// this key from new ones.

import { KEY_BYTES } from './meeting-key.js';

/** @typedef {'audio' | 'video'} Kind  of a track */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{name: string, key: CryptoKey, window: ReplayWindow}} Salt  of a sender, with what goes with it */

export const SALT_BYTES = 16;
const COUNTER_BYTES = 8;
const TAG_BYTES = 16;
const VERSION = 1;
export const TRAILER_BYTES = SALT_BYTES + COUNTER_BYTES + 1;

const WINDOW = 1024; // frames that may be late: 20 s of sound
const SALTS_MAX = 8; // of one sender and kind with one meeting key; this page makes one
const SAFE_HIGH = Number.MAX_SAFE_INTEGER / 2 ** 32; // the counter's upper 32 bits are below this

// The only error of this module. `code`:
//   key             not a meeting key
//   truncated       too short to be an encrypted frame
//   version         not an encrypted frame, or of a later version
//   authentication  of another meeting key, participant or kind, or changed on the way
//   replay          this frame came before, or is so late that nobody knows
//   salts           the sender has used too many salts
export class FrameError extends Error {
  /** @param {'key' | 'truncated' | 'version' | 'authentication' | 'replay' | 'salts'} code */
  constructor(code) {
    super(`frame refused: ${code}`);
    this.name = 'FrameError';
    this.code = code;
  }
}

/** @param {Bytes} bytes */
export async function importMeetingKey(bytes) {
  if (bytes.length !== KEY_BYTES) throw new FrameError('key');
  return crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey']);
}

/** @type {(meetingKey: CryptoKey, salt: Bytes, participantId: string, kind: Kind) => Promise<CryptoKey>} */
function deriveFrameKey(meetingKey, salt, participantId, kind) {
  const info = new TextEncoder().encode(participantId + kind);
  const aes = { name: 'AES-GCM', length: 128 };
  return crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt, info }, meetingKey, aes, false,
    ['encrypt', 'decrypt']);
}

/**
 * How many bytes of a frame are not encrypted. A VP8 frame's first bit says whether it is a key frame (0).
 * @param {Kind} kind
 * @param {Bytes} frame
 */
export function headerLength(kind, frame) {
  const length = kind === 'audio' ? 1 : frame[0] & 1 ? 3 : 10;
  return Math.min(length, frame.length);
}

/** @param {number} counter */
function iv(counter) {
  const bytes = new Uint8Array(12);
  writeCounter(bytes, 4, counter);
  return bytes;
}

/** @type {(bytes: Bytes, at: number, counter: number) => void} */
function writeCounter(bytes, at, counter) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(at, Math.floor(counter / 2 ** 32));
  view.setUint32(at + 4, counter >>> 0);
}

/** @type {(bytes: Bytes, at: number) => number} */
function readCounter(bytes, at) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const high = view.getUint32(at);
  if (high >= SAFE_HIGH) throw new FrameError('authentication'); // no sender gets that far
  return high * 2 ** 32 + view.getUint32(at + 4);
}

/** @param {Bytes[]} parts */
function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @type {(salt: Bytes, counter: number) => Bytes} */
function makeTrailer(salt, counter) {
  const trailer = new Uint8Array(TRAILER_BYTES);
  trailer.set(salt);
  writeCounter(trailer, SALT_BYTES, counter);
  trailer[TRAILER_BYTES - 1] = VERSION;
  return trailer;
}

/** @type {(counter: number, header: Bytes, trailer: Bytes) => AesGcmParams} */
function aesGcm(counter, header, trailer) {
  return { name: 'AES-GCM', iv: iv(counter), additionalData: concat(header, trailer), tagLength: TAG_BYTES * 8 };
}

// One sender's frames of one kind. Two encryptors never have a key in common: each makes its salt.
export class FrameEncryptor {
  #kind;
  #salt;
  #key;
  #counter = 0;

  /**
   * For create() alone.
   * @param {Kind} kind
   * @param {Bytes} salt
   * @param {CryptoKey} key
   */
  constructor(kind, salt, key) {
    this.#kind = kind;
    this.#salt = salt;
    this.#key = key;
  }

  /**
   * @param {CryptoKey} meetingKey
   * @param {string} participantId
   * @param {Kind} kind
   */
  static async create(meetingKey, participantId, kind) {
    const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
    return new FrameEncryptor(kind, salt, await deriveFrameKey(meetingKey, salt, participantId, kind));
  }

  /** @param {Bytes} frame */
  async encrypt(frame) {
    // Before the first await: several frames may be encrypted at the same time.
    const counter = this.#counter++;
    const header = frame.subarray(0, headerLength(this.#kind, frame));
    const trailer = makeTrailer(this.#salt, counter);
    const body = frame.subarray(header.length);
    const sealed = await crypto.subtle.encrypt(aesGcm(counter, header, trailer), this.#key, body);
    return concat(header, new Uint8Array(sealed), trailer);
  }
}

// Remembers which of the last WINDOW counters have come.
export class ReplayWindow {
  #seen = new Uint8Array(WINDOW);
  #highest = -1;

  /**
   * Records a counter. False: it came before, or is older than the window.
   * @param {number} counter
   */
  accept(counter) {
    if (counter > this.#highest) {
      const skipped = Math.min(counter - this.#highest, WINDOW);
      for (let i = 0; i < skipped; i++) this.#seen[(counter - i) % WINDOW] = 0;
      this.#highest = counter;
    }
    if (this.#highest - counter >= WINDOW || this.#seen[counter % WINDOW]) return false;
    this.#seen[counter % WINDOW] = 1;
    return true;
  }
}

// The receiving side of one participant and kind. Only salts of authentic frames are remembered, so that nobody without
// the key can use up memory.
export class FrameDecryptor {
  #meetingKey;
  #participantId;
  #kind;
  /** @type {Map<string, Salt>} */
  #salts = new Map(); // by the text of the salt
  /** @type {Salt | null} */
  #candidate = null; // the last unproven salt: many frames of a wrong key then cost one derivation

  /**
   * @param {CryptoKey} meetingKey
   * @param {string} participantId
   * @param {Kind} kind
   */
  constructor(meetingKey, participantId, kind) {
    this.#meetingKey = meetingKey;
    this.#participantId = participantId;
    this.#kind = kind;
  }

  /** @param {Bytes} frame */
  async decrypt(frame) {
    // The version is checked first: it tells an unencrypted frame from a damaged one.
    if (frame.length > 0 && frame[frame.length - 1] !== VERSION) throw new FrameError('version');
    const trailerAt = frame.length - TRAILER_BYTES;
    const length = trailerAt - TAG_BYTES; // of the decrypted frame
    if (length < 0) throw new FrameError('truncated');
    // A frame shorter than its kind's header is all header.
    const bodyAt = Math.min(headerLength(this.#kind, frame), length);
    return this.#open(frame.subarray(0, bodyAt), frame.subarray(bodyAt, trailerAt), frame.subarray(trailerAt));
  }

  // Whether any frame was authentic.
  get proven() {
    return this.#salts.size > 0;
  }

  /**
   * @param {Bytes} header
   * @param {Bytes} sealed
   * @param {Bytes} trailer
   */
  async #open(header, sealed, trailer) {
    const salt = trailer.slice(0, SALT_BYTES);
    const counter = readCounter(trailer, SALT_BYTES);
    const name = salt.join();
    const known = this.#salts.get(name) ?? (await this.#derive(name, salt));
    const body = await crypto.subtle.decrypt(aesGcm(counter, header, trailer), known.key, sealed).catch(() => {
      throw new FrameError('authentication');
    });
    if (!this.#remember(name, known).window.accept(counter)) throw new FrameError('replay');
    return concat(header, new Uint8Array(body));
  }

  /**
   * @param {string} name
   * @param {Bytes} salt
   */
  async #derive(name, salt) {
    if (this.#salts.size >= SALTS_MAX) throw new FrameError('salts');
    if (this.#candidate?.name !== name) {
      const key = await deriveFrameKey(this.#meetingKey, salt, this.#participantId, this.#kind);
      this.#candidate = { name, key, window: new ReplayWindow() };
    }
    return this.#candidate;
  }

  /**
   * Two frames of a new salt may be decrypted at the same time: both use the first one's window.
   * @param {string} name
   * @param {Salt} derived
   */
  #remember(name, derived) {
    const known = this.#salts.get(name);
    if (known) return known;
    if (this.#salts.size >= SALTS_MAX) throw new FrameError('salts');
    this.#salts.set(name, derived);
    return derived;
  }
}
