// The controls under a recording: play, place, speed, sound, full screen; and their keys.

import { byId, setIcon } from './page.js';
import { SeekBar } from './seek-bar.js';

/** @import { Listening } from './emitter.js' */
/** @import { Media } from './recordings.js' */

/** @typedef {{change: undefined, failed: undefined}} PlaybackEvents  failed: a file could not be loaded */

/**
 * What plays a recording: a Film or a TrackGrid. Times are in seconds.
 * @typedef {Listening<PlaybackEvents> & {
 *   readonly element: HTMLElement, readonly time: number, readonly duration: number,
 *   readonly playing: boolean, readonly waiting: boolean, rate: number, muted: boolean,
 *   play: () => void, pause: () => void, seek: (time: number) => void, close: () => void,
 * }} Playback  playing: it plays, or will as soon as it can; waiting: for something to play
 */

const STEP = 5; // seconds
const LONG_STEP = 30;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];

export class PlayerControls {
  /** @type {Playback | null} */
  #playback = null;
  #bar = new SeekBar((time) => this.#playback?.seek(time));
  #speed = byId('player-speed', HTMLSelectElement);
  #muted = false;
  #listening = new AbortController();

  constructor() {
    const { signal } = this.#listening;
    /** @type {(id: string, action: () => void) => void} */
    const click = (id, action) => byId(id).addEventListener('click', action, { signal });
    click('player-play', () => this.#toggle());
    click('player-picture', () => this.#toggle());
    click('player-mute', () => this.#toggleSound());
    click('player-fullscreen', () => this.#toggleFullscreen());
    this.#speed.value = '1';
    this.#speed.addEventListener('change', () => this.#setSpeed(), { signal });
    byId('player-dialog').addEventListener('keydown', (event) => this.#key(event), { signal });
    document.addEventListener('fullscreenchange', () => this.#renderFullscreen(), { signal });
    byId('player-fullscreen').hidden = !document.fullscreenEnabled;
    this.#renderFullscreen();
    this.render();
  }

  close() {
    this.#listening.abort();
    this.#bar.close();
    this.#playback = null;
    if (document.fullscreenElement)
      document.exitFullscreen();
  }

  /**
   * @param {Playback | null} playback
   * @param {Media | null} media  with the small pictures
   */
  use(playback, media) {
    this.#playback = playback;
    this.#bar.usePictures(media);
    if (playback) {
      playback.rate = Number(this.#speed.value);
      playback.muted = this.#muted;
    }
    this.render();
  }

  render() {
    const { time = 0, duration = 0, playing = false } = this.#playback ?? {};
    this.#bar.render({ time, duration });
    this.#renderButton('player-play', playing ? 'pause' : 'play', playing ? 'Pause' : 'Play', 'Space');
    this.#renderButton('player-mute', this.#muted ? 'sound-off' : 'sound', this.#muted ? 'Sound on' : 'Sound off', 'M');
    byId('player-controls').inert = this.#playback === null;
  }

  /** @type {(id: string, icon: string, label: string, key: string) => void} */
  #renderButton(id, icon, label, key) {
    const button = byId(id);
    setIcon(button, icon);
    if (button.getAttribute('aria-label') === label)
      return;
    button.setAttribute('aria-label', label);
    button.title = `${label} (${key})`;
  }

  #renderFullscreen() {
    const full = document.fullscreenElement !== null;
    this.#renderButton('player-fullscreen', full ? 'shrink' : 'expand', full ? 'Leave full screen' : 'Full screen', 'F');
  }

  #toggle() {
    if (this.#playback?.playing)
      this.#playback.pause();
    else
      this.#playback?.play();
  }

  #toggleSound() {
    this.#muted = !this.#muted;
    if (this.#playback)
      this.#playback.muted = this.#muted;
    this.render();
  }

  #toggleFullscreen() {
    if (document.fullscreenElement)
      document.exitFullscreen();
    else
      byId('player-frame').requestFullscreen().catch(() => {}); // the browser refuses it: everything stays as it is
  }

  #setSpeed() {
    if (this.#playback)
      this.#playback.rate = Number(this.#speed.value);
  }

  /** @param {number} steps */
  #changeSpeed(steps) {
    const index = SPEEDS.indexOf(Number(this.#speed.value)) + steps;
    this.#speed.value = String(SPEEDS[Math.max(0, Math.min(index, SPEEDS.length - 1))]);
    this.#setSpeed();
  }

  /** @param {number} seconds */
  #skip(seconds) {
    this.#playback?.seek(this.#playback.time + seconds);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { target, key } = event;
    const onButton = target instanceof Element && target.closest('button, a') !== null;
    if (event.ctrlKey || event.metaKey || event.altKey || target === this.#speed || (onButton && key === ' '))
      return;
    /** @type {Record<string, () => void>} */
    const actions = {
      ' ': () => this.#toggle(), k: () => this.#toggle(), m: () => this.#toggleSound(), f: () => this.#toggleFullscreen(),
      ArrowLeft: () => this.#skip(-STEP), ArrowRight: () => this.#skip(STEP),
      PageDown: () => this.#skip(-LONG_STEP), PageUp: () => this.#skip(LONG_STEP),
      Home: () => this.#playback?.seek(0), End: () => this.#playback?.seek(this.#playback.duration),
      '<': () => this.#changeSpeed(-1), '>': () => this.#changeSpeed(1),
    };
    const action = actions[key.length === 1 ? key.toLowerCase() : key];
    if (!action)
      return;
    event.preventDefault();
    action();
  }
}
