// Plays the composed file of a recording: a Playback (see player-controls.js) of one video.

import { Emitter } from './emitter.js';
import { ownAddress } from './media-links.js';

/** @import { PlaybackEvents } from './player-controls.js' */
/** @import { Media } from './recordings.js' */

/** @extends {Emitter<PlaybackEvents>} */
export class Film extends Emitter {
  element = document.createElement('video');
  #wanted = false; // to play
  #start; // where to go on when the file is loaded, in seconds
  #loaded = false;
  #rate = 1;
  #length;

  /**
   * @param {Media} media
   * @param {number} length  in seconds, until the file says it
   */
  constructor(media, length) {
    super();
    this.#start = 0;
    this.#length = length;
    const { element } = this;
    element.playsInline = true;
    element.preload = 'auto';
    element.setAttribute('aria-label', 'The recording');
    if (media.poster)
      element.poster = ownAddress(media.poster);
    element.addEventListener('loadedmetadata', () => this.#begin());
    element.addEventListener('ended', () => { this.#wanted = false; });
    element.addEventListener('error', () => this.emit('failed'));
    for (const type of ['playing', 'pause', 'waiting', 'canplay', 'seeked', 'ended', 'timeupdate', 'durationchange'])
      element.addEventListener(type, () => this.emit('change'));
    this.renew(media);
  }

  /**
   * Goes on at the same place with another link.
   * @param {Pick<Media, 'url'>} media
   */
  renew({ url }) {
    this.#start = this.time;
    this.#loaded = false;
    this.element.src = ownAddress(url);
  }

  #begin() {
    this.#loaded = true;
    this.element.currentTime = this.#start;
    this.element.playbackRate = this.#rate;
    if (this.#wanted)
      this.play();
    this.emit('change');
  }

  play() {
    this.#wanted = true;
    this.element.play().catch((error) => {
      // AbortError: it was paused, or another link was set.
      if (error.name === 'NotAllowedError')
        this.pause();
    });
    this.emit('change');
  }

  pause() {
    this.#wanted = false;
    this.element.pause();
    this.emit('change');
  }

  /** @param {number} time  seconds */
  seek(time) {
    const wanted = Math.max(0, Math.min(time, this.duration));
    if (this.#loaded)
      this.element.currentTime = wanted;
    else
      this.#start = wanted;
    this.emit('change');
  }

  get time() { return this.#loaded ? this.element.currentTime : this.#start; }
  get duration() { return Number.isFinite(this.element.duration) ? this.element.duration : this.#length; }
  get playing() { return this.#wanted; }
  get waiting() {
    const { seeking, readyState } = this.element;
    return !this.element.ended && (seeking || readyState < HTMLMediaElement.HAVE_FUTURE_DATA);
  }

  get rate() { return this.#rate; }
  set rate(rate) {
    this.#rate = rate;
    this.element.playbackRate = rate;
  }

  get muted() { return this.element.muted; }
  set muted(muted) { this.element.muted = muted; }

  close() {
    this.#wanted = false;
    this.element.pause();
    this.element.removeAttribute('src');
    this.element.load(); // ends the request
    this.element.remove();
  }
}
