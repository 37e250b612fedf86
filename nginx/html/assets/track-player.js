// Plays one recorded track, and keeps it at the time that all tracks have.

import { NUDGE, correctionFor, covers, fileTime } from './track-clock.js';
import { ownAddress } from './media-links.js';

/** @import { Correction } from './track-clock.js' */
/** @import { Track } from './recordings.js' */

const END_SECONDS = 0.1; // a file may be a little shorter than its track

export class TrackPlayer {
  track;
  element;
  /** @type {Correction} */
  #correction = 'none';

  /**
   * Loads the track.
   * @param {Track} track
   * @param {{onChange: () => void, onFailed: () => void}} listeners  onChange: it may be ready now
   */
  constructor(track, { onChange, onFailed }) {
    this.track = track;
    this.element = document.createElement(track.hasVideo ? 'video' : 'audio');
    if (this.element instanceof HTMLVideoElement)
      this.element.playsInline = true;
    this.element.preload = 'auto';
    for (const type of ['canplay', 'seeked', 'waiting', 'ended'])
      this.element.addEventListener(type, onChange);
    this.element.addEventListener('error', () => this.element.hasAttribute('src') && onFailed());
    this.element.src = ownAddress(track.url);
  }

  /**
   * Takes over another link to the same file.
   * @param {Track} track
   * @param {number} at
   */
  renew(track, at) {
    this.track = track;
    this.element.src = ownAddress(track.url);
    this.place(at);
  }

  /**
   * Goes to this time of the recording.
   * @param {number} at  ms
   */
  place(at) {
    this.#correction = 'none';
    this.element.currentTime = fileTime(this.track, at);
  }

  /** Whether the file has nothing more to play. */
  get over() {
    const { ended, duration, currentTime } = this.element;
    return ended || currentTime >= duration - END_SECONDS;
  }

  /** Whether it can play on at once. */
  get ready() {
    const { seeking, readyState } = this.element;
    return this.over || (!seeking && readyState >= HTMLMediaElement.HAVE_FUTURE_DATA);
  }

  /**
   * How far it is ahead of this time, in ms; behind it: less than 0. Null: it does not play now.
   * @param {number} at  ms
   */
  ahead(at) {
    if (this.element.paused || this.element.seeking || this.over || !covers(this.track, at))
      return null;
    return this.element.currentTime * 1000 - (at - this.track.from);
  }

  /**
   * Plays, at the time of the recording.
   * @param {number} at  ms
   * @param {number} rate
   */
  follow(at, rate) {
    if (this.over)
      return;
    if (this.element.paused)
      this.element.play().catch(() => {}); // a fault is an event of its own
    const correction = correctionFor(this.ahead(at) ?? 0, this.#correction);
    if (correction === 'seek')
      this.place(at);
    else
      this.#correction = correction;
    const nudge = { none: 0, seek: 0, slower: -NUDGE, faster: NUDGE }[correction];
    this.element.playbackRate = rate * (1 + nudge);
  }

  pause() {
    this.element.pause();
  }

  close() {
    this.element.pause();
    this.element.removeAttribute('src');
    this.element.load(); // ends the request
    this.element.remove();
  }
}
