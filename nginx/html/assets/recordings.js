// The recordings that one may see: of one meeting, or of all. Asks again while one of them changes by itself.
//
//   const recordings = new Recordings({ bearer: () => …, link });   link: the meeting's; undefined: of all meetings
//   recordings.items · recordings.count        the newest ones; how many there are
//   recordings.loaded · recordings.fault       an answer came; why the last request failed (null: it did not)
//   recordings.refresh() · recordings.more()   asks again · asks for older ones, too
//   recordings.find(id)                        resolves to one with its tracks and new links
//   recordings.remove(id)                      deletes one
//   recordings.close()
//
// Events: 'change'.
import * as api from './api.js';
import { Emitter } from './emitter.js';
import { readClaims } from './meeting.js';

/** @import { Archive, ServiceError } from './api.js' */
/** @import { Strip } from './strip.js' */

/** @typedef {{url: string, poster: string | null, thumbnails: string | null, chapters: string | null, strip: Strip | null}} Media  links to the composed file and what belongs to it */

/**
 * A file of one person, and of one stretch of time; ms after the recording's beginning.
 * @typedef {object} Track
 * @property {string} file
 * @property {string | null} attendeeId
 * @property {string | null} name
 * @property {boolean} screen
 * @property {number} from
 * @property {number} to
 * @property {boolean} hasAudio
 * @property {boolean} hasVideo
 * @property {{from: number, to: number}[]} pictures  when there is a picture
 * @property {{at: number, degrees: number, mirrored: boolean}[]} turns  to make the picture upright, from `at` on
 * @property {number} size  bytes
 * @property {string} url
 */

/**
 * @typedef {object} Recording
 * @property {string} id
 * @property {string} name
 * @property {string} status
 * @property {string} createdAt
 * @property {number} duration  seconds
 * @property {number} size  bytes
 * @property {boolean} individual  the tracks are the result; there is no composed file
 * @property {number | null} progress  percent, while it is being made
 * @property {string | null} reason  why it failed
 * @property {Media | null} media  null: there is no composed file
 * @property {Track[] | null} tracks  null: there are none, or this is from a list
 */

const PAGE = 20; // recordings that one request more brings
const ASK_MS = 4000; // between two requests while a recording is being made
const RECORDING_MS = 20000; // and while one is still running
const BEING_MADE = new Set(['stopped', 'processing']);
const RUNNING = new Set(['started', 'paused']);

/**
 * Whether an access token has a permission. Only the service verifies it.
 * @param {string | undefined} bearer
 * @param {string} permission
 */
export function permits(bearer, permission) {
  const claims = /** @type {{permissions?: unknown} | null} */ (readClaims(bearer));
  return Array.isArray(claims?.permissions) && claims.permissions.includes(permission);
}

/**
 * @param {Archive} archive
 * @returns {Recording}
 */
function recordingOf({ name, metaData }) {
  const { id, status, createdAt, duration, size, outputMode, progress = null, reason, media = null, tracks = null } = metaData;
  return {
    id, name: name ?? '', status, createdAt, duration, size, individual: outputMode === 'individual', progress, reason, media, tracks,
  };
}

/** @extends {Emitter<{change: undefined}>} */
export class Recordings extends Emitter {
  /** @type {Recording[]} */
  items = [];
  count = 0;
  loaded = false;
  /** @type {ServiceError | null} */
  fault = null;
  #bearer;
  #link;
  #limit = PAGE;
  #requests = 0; // only the answer to the last one counts
  /** @type {number | undefined} */
  #timer;
  #closing = new AbortController();

  /** @param {{bearer: () => string, link?: string}} options */
  constructor({ bearer, link }) {
    super();
    this.#bearer = bearer;
    this.#link = link;
    const { signal } = this.#closing;
    document.addEventListener('visibilitychange', () => !document.hidden && this.loaded && this.refresh(), { signal });
  }

  close() {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  async refresh() {
    clearTimeout(this.#timer);
    const request = ++this.#requests;
    const isLast = () => request === this.#requests && !this.#closing.signal.aborted;
    try {
      const { count, items } = await api.archives(this.#bearer(), this.#link, this.#limit);
      if (!isLast())
        return;
      Object.assign(this, { items: items.map(recordingOf), count, loaded: true, fault: null });
    } catch (error) {
      if (!isLast())
        return;
      this.fault = error;
    }
    this.emit('change');
    this.#askLater();
  }

  more() {
    this.#limit += PAGE;
    return this.refresh();
  }

  // A hidden page asks when it is shown again.
  #askLater() {
    const has = (/** @type {Set<string>} */ statuses) => this.items.some(({ status }) => statuses.has(status));
    const delay = this.fault?.passing || has(BEING_MADE) ? ASK_MS : has(RUNNING) ? RECORDING_MS : null;
    if (delay !== null && !document.hidden)
      this.#timer = setTimeout(() => this.refresh(), delay);
  }

  /** @param {string} id */
  async find(id) {
    return recordingOf(await api.archive(this.#bearer(), id));
  }

  /**
   * @param {string} id
   * @param {string} bearer  that has the permission
   */
  async remove(id, bearer) {
    await api.deleteArchive(bearer, id);
    this.items = this.items.filter((item) => item.id !== id);
    this.count -= 1;
    this.emit('change');
    await this.refresh();
  }
}
