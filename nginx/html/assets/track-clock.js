// The times of recorded tracks that are shown together: one clock for all, what is shown at a moment, and how a track
// that goes wrong is corrected. Pure: nothing here knows the page. Times are ms after the beginning of the recording,
// unless a comment says otherwise.

/** @import { Track } from './recordings.js' */

/**
 * A place in the grid: a person, or a shared screen.
 * @typedef {object} Cell
 * @property {string} id
 * @property {string | null} name
 * @property {boolean} screen
 * @property {Track | null} track  whose picture is shown; null: there is no picture now
 * @property {number} degrees  to turn the picture clockwise
 * @property {boolean} mirrored
 */

/** @typedef {'none' | 'slower' | 'faster' | 'seek'} Correction */

/** How long before its beginning a track is loaded. */
const LOAD_AHEAD_MS = 5000;
const SEEK_MS = 500;
// Two tracks that are each this far from their mean are 80 ms apart. A correction goes on until they are close: one
// that ends at the limit would begin again at once.
const BEGIN_MS = 40;
const CLOSE_MS = 10;

/** How much a track's speed is changed to correct it. */
export const NUDGE = 0.03;

/**
 * The cell in which a track is shown.
 * @param {Track} track
 */
export const cellId = ({ attendeeId, file, screen }) => `${attendeeId ?? file}${screen ? ' screen' : ''}`;

/**
 * @param {Track[]} tracks
 * @returns {number}
 */
export function lengthOf(tracks) {
  return Math.max(0, ...tracks.map(({ to }) => to));
}

/**
 * @param {Track} track
 * @param {number} at
 */
export function covers({ from, to }, at) {
  return from <= at && at < to;
}

/**
 * Whether the track is needed now or soon.
 * @param {Track} track
 * @param {number} at
 */
export function isNear({ from, to }, at) {
  return from - LOAD_AHEAD_MS <= at && at < to;
}

/**
 * The tracks to load: those of now, then those of soon; at most `most`. Screens go first, then who came first.
 * @param {Track[]} tracks
 * @param {number} at
 * @param {number} most
 */
export function tracksToLoad(tracks, at, most) {
  /** @param {Track} track */
  const rank = (track) => (!covers(track, at) ? 2 : track.screen ? 0 : 1);
  const near = tracks.filter((track) => isNear(track, at));
  return near.sort((a, b) => rank(a) - rank(b) || a.from - b.from).slice(0, most);
}

/**
 * The time in the track's own file, in seconds.
 * @param {Track} track
 * @param {number} at
 */
export function fileTime({ from, to }, at) {
  return Math.max(0, Math.min(at, to) - from) / 1000;
}

/**
 * @param {Track} track
 * @param {number} at
 */
function showsPicture(track, at) {
  return track.hasVideo && covers(track, at) && track.pictures.some(({ from, to }) => from <= at && at < to);
}

/**
 * Who is there at this moment, in the order in which they came. Of a person's tracks the one that began last is shown:
 * a page that was loaded again has a new one.
 * @param {Track[]} tracks
 * @param {number} at
 * @returns {Cell[]}
 */
export function cellsAt(tracks, at) {
  /** @type {Map<string, Cell>} */
  const cells = new Map();
  for (const track of [...tracks].sort((a, b) => a.from - b.from)) {
    if (!covers(track, at))
      continue;
    const id = cellId(track);
    const { name, screen } = track;
    const cell = cells.get(id) ?? { id, name, screen, track: null, degrees: 0, mirrored: false };
    cells.set(id, cell);
    if (showsPicture(track, at)) {
      const { degrees = 0, mirrored = false } = track.turns.findLast((turn) => turn.at <= at) ?? {};
      Object.assign(cell, { track, degrees, mirrored });
    }
  }
  return [...cells.values()];
}

/**
 * What to do with a track that is this far ahead of the others; behind them: less than 0.
 * @param {number} ahead  ms
 * @param {Correction} last  what was done so far
 * @returns {Correction}
 */
export function correctionFor(ahead, last) {
  const distance = Math.abs(ahead);
  if (distance > SEEK_MS)
    return 'seek';
  const corrected = last === 'slower' || last === 'faster';
  if (distance > (corrected ? CLOSE_MS : BEGIN_MS))
    return ahead > 0 ? 'slower' : 'faster';
  return 'none';
}

/**
 * A clock that can be stopped, set, and run at another speed.
 *
 *   clock.time = ms · clock.rate = 2 · clock.running = true
 */
export class TrackClock {
  #now;
  #time = 0; // when #since was
  #since;
  #rate = 1;
  #running = false;

  /** @param {() => number} [now]  ms that go on evenly */
  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#since = now();
  }

  get time() {
    return this.#running ? this.#time + (this.#now() - this.#since) * this.#rate : this.#time;
  }
  set time(time) {
    this.#time = time;
    this.#since = this.#now();
  }

  get rate() { return this.#rate; }
  set rate(rate) {
    this.#settle(); // the time until now went at the old rate
    this.#rate = rate;
  }

  get running() { return this.#running; }
  set running(running) {
    this.#settle();
    this.#running = running;
  }

  #settle() {
    const { time } = this;
    this.time = time;
  }
}
