// The bar that shows the place in a recording, and goes to another one. A pointer over it sees the picture of that place.

import { stopwatch } from './clock.js';
import { ownAddress } from './media-links.js';
import { byId, setText } from './page.js';
import { pictureAt } from './strip.js';

/** @import { Media } from './recordings.js' */

/** @param {{time: number, duration: number}} place  seconds */
const placeText = ({ time, duration }) => `${stopwatch(time)} of ${stopwatch(duration)}`;

export class SeekBar {
  #range = byId('player-seek', HTMLInputElement);
  #preview = byId('player-preview');
  #picture = byId('player-preview-picture');
  #moving = false; // the person moves the handle
  #duration = 0;
  /** @type {Media | null} */
  #media = null;
  #listening = new AbortController();

  /** @param {(time: number) => void} onSeek  seconds */
  constructor(onSeek) {
    const { signal } = this.#listening;
    const range = this.#range;
    range.addEventListener('input', () => {
      this.#moving = true;
      this.#renderText(Number(range.value));
    }, { signal });
    range.addEventListener('change', () => {
      this.#moving = false;
      onSeek(Number(range.value));
    }, { signal });
    range.addEventListener('pointermove', (event) => this.#renderPreview(event.offsetX / range.clientWidth), { signal });
    for (const type of ['pointerleave', 'pointercancel'])
      range.addEventListener(type, () => { this.#preview.hidden = true; }, { signal });
    this.#preview.hidden = true;
    this.usePictures(null);
    this.render({ time: 0, duration: 0 });
  }

  close() {
    this.#listening.abort();
  }

  /**
   * The small pictures of the recording; null: there are none.
   * @param {Media | null} media
   */
  usePictures(media) {
    this.#media = media?.strip && media.thumbnails ? media : null;
    const { thumbnails, strip } = this.#media ?? {};
    this.#picture.hidden = !this.#media;
    this.#picture.style.backgroundImage = thumbnails ? `url("${ownAddress(thumbnails)}")` : '';
    this.#picture.style.width = `${strip?.width ?? 0}px`;
    this.#picture.style.height = `${strip?.height ?? 0}px`;
  }

  /** @param {{time: number, duration: number}} place  seconds */
  render({ time, duration }) {
    this.#duration = duration;
    this.#range.max = String(duration);
    if (this.#moving)
      return;
    this.#range.value = String(time);
    this.#renderText(time);
  }

  /** @param {number} time */
  #renderText(time) {
    const duration = this.#duration;
    const share = duration > 0 ? (time / duration) * 100 : 0;
    this.#range.style.setProperty('--place', `${share}%`);
    this.#range.setAttribute('aria-valuetext', placeText({ time, duration }));
    setText(byId('player-time'), `${stopwatch(time)} / ${stopwatch(duration)}`);
  }

  /** @param {number} share  of the bar's width */
  #renderPreview(share) {
    const time = Math.max(0, Math.min(share, 1)) * this.#duration;
    this.#preview.hidden = false;
    setText(byId('player-preview-time'), stopwatch(time));
    if (this.#media?.strip) {
      const { left, top } = pictureAt(this.#media.strip, time);
      this.#picture.style.backgroundPosition = `-${left}px -${top}px`;
    }
    const room = this.#range.clientWidth - this.#preview.clientWidth;
    const left = Math.max(0, Math.min(share * this.#range.clientWidth - this.#preview.clientWidth / 2, room));
    this.#preview.style.left = `${left}px`;
  }
}
