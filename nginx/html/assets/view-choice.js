// Which view a person has chosen, and who is shown large in it.
//
//   const choice = new ViewChoice(onChange);     onChange   () another tile may be large now
//   choice.view              'auto' | 'speaker' | 'grid'; kept on this device for the next time
//   choice.pin(tile)         shows this tile large, or no longer
//   choice.isPinned(tile)
//   choice.follow(speaker)   who speaks now, as the room says it; null: nobody
//   choice.main(tiles)       id of the large tile; null: all are equal
//   choice.speaker           id of the person who speaks, or who spoke last
//   choice.close()

import { keep, kept } from './storage.js';

/** @import { Tile } from './tiles.js' */

/** @typedef {'auto' | 'speaker' | 'grid'} View */

const VIEWS = /** @type {const} */ (['auto', 'speaker', 'grid']);
const STAY = 1500; // ms that a speaker stays before another one follows

/**
 * The tile to show large: a pinned one, else a shared screen (the newest), else by the view.
 * @param {Tile[]} tiles
 * @param {{view: View, pinned: (tile: Tile) => boolean, speaker: string | null}} choice
 * @returns {string | null}
 */
export function mainOf(tiles, { view, pinned, speaker }) {
  const others = tiles.filter(({ self }) => !self);
  const large = others.find(pinned) ?? others.findLast(({ screen }) => screen);
  if (large)
    return large.id;
  if (view === 'speaker' && others.length > 0)
    return (others.find(({ id }) => id === speaker) ?? others.find(({ picture }) => picture) ?? others[0]).id;
  // One person, or one person and ourselves.
  if (tiles.length === 1 || (view === 'auto' && others.length === 1))
    return (others[0] ?? tiles[0]).id;
  return null;
}

/**
 * The tiles in their order, but a person who speaks and would be on a later page has the last place of the first one.
 * @template {{id: string}} Item
 * @param {Item[]} items
 * @param {string | null} speaker
 * @param {number} first  how many the first page holds
 * @returns {Item[]}
 */
export function withSpeaker(items, speaker, first) {
  const at = items.findIndex(({ id }) => id === speaker);
  if (at < first || first < 1)
    return items;
  return [...items.slice(0, first - 1), items[at], ...items.slice(first - 1, at), ...items.slice(at + 1)];
}

export class ViewChoice {
  #onChange;
  /** @type {View} */
  #view;
  /** @type {{id: string, key: string} | null} */
  #pinned = null;
  /** @type {string | null} */
  speaker = null;
  /** @type {string | null} */
  #next = null;
  /** @type {number | undefined} */
  #timer;
  #since = -Infinity;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    this.#view = VIEWS.find((view) => view === kept('view')) ?? 'auto';
  }

  get view() {
    return this.#view;
  }

  set view(view) {
    this.#view = view;
    this.#pinned = null;
    keep('view', view);
    this.#onChange();
  }

  /** @param {Tile} tile */
  pin(tile) {
    const { id, key } = tile;
    this.#pinned = this.isPinned(tile) ? null : { id, key };
    this.#onChange();
  }

  /**
   * After a reconnection a person has another id, and the same key.
   * @param {Tile} tile
   */
  isPinned({ id, key }) {
    return this.#pinned !== null && (this.#pinned.id === id || this.#pinned.key === key);
  }

  /**
   * Follows the speaker, but not faster than people can look.
   * @param {string | null} active  'local' is ourselves
   */
  follow(active) {
    this.#next = active === 'local' ? null : active;
    clearTimeout(this.#timer);
    if (this.#next === null || this.#next === this.speaker)
      return;
    const left = this.#since + STAY - performance.now();
    if (left <= 0) {
      this.speaker = this.#next;
      this.#since = performance.now();
    } else {
      this.#timer = setTimeout(() => this.#onChange(), left);
    }
  }

  /** @param {Tile[]} tiles */
  main(tiles) {
    const { view, speaker } = this;
    return mainOf(tiles, { view, speaker, pinned: (tile) => this.isPinned(tile) });
  }

  close() {
    clearTimeout(this.#timer);
  }
}
