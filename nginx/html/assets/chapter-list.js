// The list of a recording's chapters: who was there when. A click goes to the chapter.

import { mediaText } from './api.js';
import { chapterAt, readChapters } from './chapters.js';
import { stopwatch } from './clock.js';
import { ownAddress } from './media-links.js';
import { byId } from './page.js';

/** @import { Chapter } from './chapters.js' */

/**
 * @param {Chapter} chapter
 * @param {(time: number) => void} onSeek
 */
function rowOf({ start, title }, onSeek) {
  const row = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'chapter';
  const time = document.createElement('span');
  time.className = 'chapter-time';
  time.textContent = stopwatch(start);
  const text = document.createElement('bdi');
  text.textContent = title;
  button.append(time, ' ', text);
  button.addEventListener('click', () => onSeek(start));
  row.append(button);
  return row;
}

export class ChapterList {
  #onSeek;
  /** @type {Chapter[]} */
  #chapters = [];
  #shown = -1;

  /** @param {(time: number) => void} onSeek  seconds */
  constructor(onSeek) {
    this.#onSeek = onSeek;
    this.#use([]);
  }

  /**
   * Loads the chapters. A recording that has none, or whose chapters cannot be read, plays without a list.
   * @param {string | null} url
   */
  async load(url) {
    if (url)
      this.#use(readChapters(await mediaText(ownAddress(url)).catch(() => '')));
  }

  /** @param {number} time  seconds */
  render(time) {
    const now = chapterAt(this.#chapters, time);
    if (now === this.#shown)
      return;
    this.#shown = now;
    [...byId('player-chapter-list').querySelectorAll('button')].forEach((button, index) => {
      if (index === now)
        button.setAttribute('aria-current', 'true');
      else
        button.removeAttribute('aria-current');
    });
  }

  /** @param {Chapter[]} chapters */
  #use(chapters) {
    this.#chapters = chapters;
    this.#shown = -1;
    byId('player-chapters').hidden = chapters.length === 0;
    byId('player-chapter-list').replaceChildren(...chapters.map((chapter) => rowOf(chapter, this.#onSeek)));
  }
}
