// A grid of tiles: a picture with a name each.

import { fitTiles } from './layout.js';
import { initials, toneOf } from './names.js';
import { fromTemplate, part, setText } from './page.js';

/** @import { Tile } from './tiles.js' */

const GAP = 8; // pixels between tiles
const TONES = 6;

/**
 * What the icons of a tile say, for people who do not see them.
 * @param {Tile} tile
 */
function stateText({ verified, microphoneOff, speaking, poor }) {
  return [verified && 'verified', microphoneOff && 'microphone off', speaking && 'speaking', poor && 'poor connection']
    .filter(Boolean).map((word) => `, ${word}`).join('');
}

/**
 * The tiles in a list element, all visible without scrolling. They are mute: sound.js plays the sound. A tile is never
 * moved, as that would interrupt its picture.
 */
export class TileGrid {
  #list;
  /** @type {Map<string, HTMLElement>} */
  #tiles = new Map(); // by id
  #onBlocked;
  #resized = new ResizeObserver(() => {
    this.#fit();
    this.#onResize();
  });
  #onResize;

  /**
   * @param {HTMLElement} list
   * @param {() => void} onBlocked  the browser plays nothing before the person has touched the page
   * @param {() => void} onResize
   */
  constructor(list, onBlocked, onResize) {
    this.#list = list;
    this.#onResize = onResize;
    this.#onBlocked = onBlocked;
    list.replaceChildren();
    this.#resized.observe(list);
  }

  close() {
    this.#resized.disconnect();
    this.render([]);
  }

  /** @param {Tile[]} models */
  render(models) {
    const wanted = new Set(models.map((model) => model.id));
    for (const [id, tile] of this.#tiles) {
      if (!wanted.has(id)) {
        part(tile, 'video', HTMLVideoElement).srcObject = null;
        tile.remove();
        this.#tiles.delete(id);
      }
    }
    for (const model of models)
      this.#renderTile(this.#tileOf(model.id), model);
    this.#fit();
  }

  /**
   * The tiles' sizes in device pixels, by id.
   * @returns {[string, {width: number, height: number}][]}
   */
  sizes() {
    return [...this.#tiles].map(([id, { clientWidth, clientHeight }]) => (
      [id, { width: clientWidth * devicePixelRatio, height: clientHeight * devicePixelRatio }]));
  }

  /** Starts the pictures that the browser has blocked. It works in a click only. */
  play() {
    for (const tile of this.#tiles.values())
      this.#play(part(tile, 'video', HTMLVideoElement));
  }

  /** @param {string} id */
  #tileOf(id) {
    let tile = this.#tiles.get(id);
    if (!tile) {
      tile = fromTemplate('tile-template');
      tile.dataset.participant = id;
      part(tile, 'video', HTMLVideoElement).muted = true; // in a clone of a template the attribute has no effect
      this.#tiles.set(id, tile);
      this.#list.append(tile);
    }
    return tile;
  }

  /**
   * @param {HTMLElement} tile
   * @param {Tile} model
   */
  #renderTile(tile, model) {
    tile.classList.toggle('own', model.self);
    tile.classList.toggle('pictured', model.picture);
    tile.classList.toggle('speaking', model.speaking && !model.microphoneOff);
    tile.classList.toggle('active', model.active);
    tile.classList.toggle('lost', model.lost);
    setText(part(tile, '.tile-name'), model.label);
    part(tile, '.tile-name').title = model.name;
    setText(part(tile, '.tile-state'), stateText(model));
    setText(part(tile, '.avatar'), initials(model.name));
    part(tile, '.avatar').dataset.tone = String(toneOf(model.tone, TONES));
    part(tile, '.tile-verified', SVGElement).toggleAttribute('hidden', !model.verified);
    part(tile, '.tile-microphone', SVGElement).toggleAttribute('hidden', !model.microphoneOff);
    part(tile, '.tile-quality', SVGElement).toggleAttribute('hidden', !model.poor);
    part(tile, '.tile-note').hidden = !model.note;
    setText(part(tile, '.tile-note'), model.note);
    this.#attach(part(tile, 'video', HTMLVideoElement), model);
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {Tile} model
   */
  #attach(video, { stream, label }) {
    video.setAttribute('aria-label', label);
    if (video.srcObject === stream)
      return;
    video.srcObject = stream;
    if (stream)
      this.#play(video);
  }

  /** @param {HTMLVideoElement} video */
  #play(video) {
    video.play().catch((error) => {
      // AbortError: another stream has replaced this one.
      if (error.name === 'NotAllowedError')
        this.#onBlocked();
    });
  }

  #fit() {
    const { clientWidth, clientHeight } = this.#list;
    const { width, height } = fitTiles(this.#tiles.size, clientWidth, clientHeight, GAP);
    this.#list.style.setProperty('--tile-width', `${width}px`);
    this.#list.style.setProperty('--tile-height', `${height}px`);
    this.#list.classList.toggle('small', height < 110 || width < 150);
  }
}
