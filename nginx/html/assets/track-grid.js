// Plays the tracks of a recording together: a Playback (see player-controls.js) with a tile for each person. One clock
// leads them all; a track that has nothing to play yet stops the clock and the others.

import { Emitter } from './emitter.js';
import { fromTemplate, part } from './page.js';
import { RecordedTiles } from './recorded-tiles.js';
import { TrackClock, cellId, cellsAt, covers, lengthOf, tracksToLoad } from './track-clock.js';
import { TrackPlayer } from './track-player.js';

/** @import { PlaybackEvents } from './player-controls.js' */
/** @import { Track } from './recordings.js' */

const TICK_MS = 50;
// The clock follows the tracks, which need a moment to start: by less than this it is not moved.
const CLOCK_MS = 20;
const NEAR_MS = 500; // tracks farther from the clock do not lead it
// A browser that has enough of a file for now leaves the answer half read. Over HTTP/1.1 each such answer keeps one of
// the 6 connections that a browser has to a server. Over HTTP/2 they fill the window that all answers share: Chromium's
// is full with 4 or 5 of them. Then nothing comes any more, also no answer to a request.
const CONNECTIONS = 5;
const STREAMS = 3;

/** How many tracks can be loaded at once from this server. */
function loadedMost() {
  const [page] = performance.getEntriesByType('navigation');
  const shared = page instanceof PerformanceNavigationTiming && /^h[23]/.test(page.nextHopProtocol);
  return shared ? STREAMS : CONNECTIONS;
}

/** @extends {Emitter<PlaybackEvents>} */
export class TrackGrid extends Emitter {
  element = fromTemplate('track-grid-template');
  #people;
  #screens;
  /** @type {Track[]} */
  #tracks;
  /** @type {Map<string, TrackPlayer>} */
  #players = new Map(); // the loaded ones, by file
  #clock = new TrackClock();
  #wanted = false; // to play
  #muted = false;
  #waiting = true;
  #left = 0; // tracks of now that cannot be played, because too many play already
  #most = loadedMost();
  #timer;
  /** @type {number | undefined} */
  #beginning;

  /** @param {Track[]} tracks */
  constructor(tracks) {
    super();
    this.#tracks = tracks;
    this.#people = new RecordedTiles(part(this.element, '.tiles'));
    this.#screens = new RecordedTiles(part(this.element, '.screens'));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /**
   * Goes on at the same place with other links. A track that is gone is not shown any more.
   * @param {Track[]} tracks
   */
  renew(tracks) {
    this.#tracks = tracks;
    for (const [file, player] of this.#players) {
      const track = tracks.find((one) => one.file === file);
      if (track)
        player.renew(track, this.#clock.time);
      else
        this.#unload(file, player);
    }
    this.#tick();
  }

  play() {
    if (this.#clock.time >= this.#length)
      this.seek(0);
    this.#wanted = true;
    this.#tick();
  }

  pause() {
    this.#wanted = false;
    this.#tick();
  }

  /** @param {number} time  seconds */
  seek(time) {
    this.#clock.running = false;
    this.#clock.time = Math.max(0, Math.min(time * 1000, this.#length));
    for (const player of this.#players.values()) {
      player.pause();
      player.place(this.#clock.time);
    }
    this.#tick();
  }

  get #length() { return lengthOf(this.#tracks); }
  get time() { return Math.min(this.#clock.time, this.#length) / 1000; }
  get duration() { return this.#length / 1000; }
  get playing() { return this.#wanted; }
  get waiting() { return this.#waiting; }
  /** How many tracks of this moment do not play, because there are too many. */
  get left() { return this.#left; }

  get rate() { return this.#clock.rate; }
  set rate(rate) {
    this.#clock.rate = rate;
    this.#tick();
  }

  get muted() { return this.#muted; }
  set muted(muted) {
    this.#muted = muted;
    for (const { element } of this.#players.values())
      element.muted = muted;
  }

  close() {
    clearInterval(this.#timer);
    clearTimeout(this.#beginning);
    for (const [file, player] of this.#players)
      this.#unload(file, player);
    this.#people.close();
    this.#screens.close();
    this.element.remove();
  }

  #tick() {
    if (this.#clock.time >= this.#length)
      this.#wanted = false;
    const at = Math.min(this.#clock.time, this.#length - 1); // the last moment stays
    this.#load(at);
    const here = [...this.#players.values()].filter(({ track }) => covers(track, at));
    this.#waiting = !here.every(({ ready }) => ready);
    const runs = this.#wanted && !this.#waiting;
    this.#clock.running = runs;
    for (const player of this.#players.values()) {
      if (!runs || !here.includes(player))
        player.pause();
    }
    if (runs)
      this.#follow(here);
    if (runs)
      this.#tickAtNextBeginning(at);
    this.#render(at);
    this.emit('change');
  }

  /**
   * A track that begins before the next tick begins at its own time.
   * @param {number} at
   */
  #tickAtNextBeginning(at) {
    const left = Math.min(...this.#tracks.map(({ from }) => (from > at ? from - at : Infinity))) / this.#clock.rate;
    if (left < TICK_MS) {
      clearTimeout(this.#beginning);
      this.#beginning = setTimeout(() => this.#tick(), left);
    }
  }

  /**
   * Loads what is needed now or soon, and nothing else.
   * @param {number} at
   */
  #load(at) {
    const wanted = new Set(tracksToLoad(this.#tracks, at, this.#most));
    for (const [file, player] of this.#players) {
      if (!wanted.has(player.track))
        this.#unload(file, player);
    }
    for (const track of wanted) {
      if (!this.#players.has(track.file))
        this.#loadTrack(track, at);
    }
    this.#left = this.#tracks.filter((track) => covers(track, at) && !wanted.has(track)).length;
  }

  /**
   * @param {Track} track
   * @param {number} at
   */
  #loadTrack(track, at) {
    const player = new TrackPlayer(track, {
      onChange: () => this.#tick(), onFailed: () => this.emit('failed'),
    });
    player.element.muted = this.#muted;
    this.#players.set(track.file, player);
    (track.screen ? this.#screens : this.#people).place(cellId(track), player.element);
    player.place(at);
  }

  /**
   * @param {string} file
   * @param {TrackPlayer} player
   */
  #unload(file, player) {
    this.#players.delete(file);
    player.close();
  }

  /** @param {TrackPlayer[]} here */
  #follow(here) {
    const { time } = this.#clock;
    const aheads = here.flatMap((player) => player.ahead(time) ?? []).filter((ahead) => Math.abs(ahead) < NEAR_MS);
    const mean = aheads.reduce((sum, ahead) => sum + ahead, 0) / (aheads.length || 1);
    if (Math.abs(mean) > CLOCK_MS)
      this.#clock.time = time + mean;
    for (const player of here)
      player.follow(this.#clock.time, this.#clock.rate);
  }

  /** @param {number} at */
  #render(at) {
    const cells = cellsAt(this.#tracks, at);
    /** @type {Parameters<RecordedTiles['render']>[1]} */
    const pictureOf = ({ track }) => (track && this.#players.get(track.file)?.element) ?? null;
    const screens = cells.filter(({ screen }) => screen);
    this.element.classList.toggle('presenting', screens.length > 0);
    part(this.element, '.screens').hidden = screens.length === 0;
    this.#screens.render(screens, pictureOf);
    this.#people.render(cells.filter(({ screen }) => !screen), pictureOf);
  }
}
