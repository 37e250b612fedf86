// The tiles of a recording's grid: a person or a shared screen each, with the name. What plays lies in the tiles.

import { fitTiles } from './layout.js';
import { UNNAMED, initials, nameInText, shownName, toneOf } from './names.js';
import { fromTemplate, part, setText } from './page.js';

/** @import { Cell } from './track-clock.js' */

const GAP = 8; // pixels between tiles
const TONES = 6;

export class RecordedTiles {
  #list;
  /** @type {Map<string, HTMLElement>} */
  #tiles = new Map(); // by the cell's id
  #resized = new ResizeObserver(() => this.#fit());

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
    this.#resized.observe(list);
  }

  /**
   * Puts an element that plays into its tile. It stays there: moving it would interrupt it.
   * @param {string} id  the cell's
   * @param {HTMLMediaElement} element
   */
  place(id, element) {
    this.#tileOf(id).prepend(element);
  }

  /** @param {string} id */
  #tileOf(id) {
    let tile = this.#tiles.get(id);
    if (!tile) {
      tile = fromTemplate('recorded-tile-template');
      tile.hidden = true;
      this.#tiles.set(id, tile);
      this.#list.append(tile);
    }
    return tile;
  }

  /**
   * Shows these cells and no others.
   * @param {Cell[]} cells
   * @param {(cell: Cell) => HTMLMediaElement | null} pictureOf  the element with the cell's picture
   */
  render(cells, pictureOf) {
    for (const { id } of cells)
      this.#tileOf(id);
    for (const [id, tile] of this.#tiles) {
      const cell = cells.find((one) => one.id === id);
      tile.hidden = !cell;
      if (cell)
        this.#renderTile(tile, cell, pictureOf(cell));
      else if (!tile.querySelector('video, audio'))
        this.#remove(id, tile);
    }
    this.#fit();
  }

  /**
   * @param {string} id
   * @param {HTMLElement} tile
   */
  #remove(id, tile) {
    tile.remove();
    this.#tiles.delete(id);
  }

  /**
   * @param {HTMLElement} tile
   * @param {Cell} cell
   * @param {HTMLMediaElement | null} picture
   */
  #renderTile(tile, { id, name, screen, degrees, mirrored }, picture) {
    const person = shownName(name) || UNNAMED;
    const label = screen ? `${nameInText(person)}'s screen` : person;
    tile.classList.toggle('pictured', picture !== null);
    setText(part(tile, '.tile-name'), label);
    setText(part(tile, '.avatar'), initials(person));
    part(tile, '.avatar').dataset.tone = String(toneOf(id, TONES));
    for (const video of tile.querySelectorAll('video')) {
      video.classList.toggle('shown', video === picture);
      video.dataset.degrees = String(degrees);
      video.toggleAttribute('data-mirrored', mirrored);
      video.setAttribute('aria-label', label);
    }
  }

  #fit() {
    const { clientWidth, clientHeight } = this.#list;
    const count = [...this.#tiles.values()].filter((tile) => !tile.hidden).length;
    const { width, height } = fitTiles(count, clientWidth, clientHeight, GAP);
    this.#list.style.setProperty('--tile-width', `${width}px`);
    this.#list.style.setProperty('--tile-height', `${height}px`);
    this.#list.classList.toggle('small', height < 110 || width < 150);
  }

  close() {
    this.#resized.disconnect();
    this.#list.replaceChildren();
  }
}
