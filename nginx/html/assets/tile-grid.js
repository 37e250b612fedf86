// The tiles of a list: a picture with a name each.

import { initials, nameInText, toneOf } from './names.js';
import { fromTemplate, part, setText } from './page.js';

/** @import { Place } from './layout.js' */
/** @import { Tile } from './tiles.js' */

/**
 * @typedef {object} Listeners
 * @property {() => void} onBlocked  the browser plays nothing before the person has touched the page
 * @property {() => void} onShape  a picture has come, gone, or changed its shape
 * @property {(id: string) => void} onPin  the button of a tile was pressed
 */

/** @typedef {{pinned: boolean}} Pin */

const TONES = 6;
const SMALL = { width: 150, height: 110 }; // a tile with less has smaller letters
const USUAL = 16 / 9; // width : height of a picture that has not come yet

/**
 * What the icons of a tile say, for people who do not see them.
 * @param {Tile} tile
 */
function stateText({ verified, microphoneOff, speaking, poor }) {
  return [verified && 'verified', microphoneOff && 'microphone off', speaking && 'speaking', poor && 'poor connection']
    .filter(Boolean).map((word) => `, ${word}`).join('');
}

/**
 * The tiles in a list element. They are mute: sound.js plays the sound. A tile is never moved in the document, as that
 * would interrupt its picture: its place is style.
 */
export class TileGrid {
  #list;
  /** @type {Map<string, HTMLElement>} */
  #tiles = new Map(); // by id
  #listeners;
  #listening = new AbortController();

  /**
   * @param {HTMLElement} list
   * @param {Listeners} listeners
   */
  constructor(list, listeners) {
    this.#list = list;
    this.#listeners = listeners;
    list.replaceChildren();
    const { signal } = this.#listening;
    // These events do not bubble.
    for (const type of ['loadeddata', 'resize', 'emptied'])
      list.addEventListener(type, (event) => this.#shapeChanged(event), { capture: true, signal });
    list.addEventListener('click', (event) => this.#clicked(event), { signal });
  }

  close() {
    this.#listening.abort();
    this.render([], () => null);
  }

  /**
   * @param {Tile[]} models
   * @param {(model: Tile) => Pin | null} pinOf  null: it cannot be pinned
   */
  render(models, pinOf) {
    const wanted = new Set(models.map((model) => model.id));
    for (const [id, tile] of this.#tiles) {
      if (!wanted.has(id)) {
        part(tile, 'video', HTMLVideoElement).srcObject = null;
        tile.remove();
        this.#tiles.delete(id);
      }
    }
    for (const model of models)
      this.#renderTile(this.#tileOf(model.id), model, pinOf(model));
  }

  /**
   * Shows the tiles that have a place, and hides the others.
   * @param {Map<string, Place>} places
   */
  place(places) {
    for (const [id, tile] of this.#tiles) {
      const place = places.get(id);
      tile.hidden = !place;
      if (place)
        this.#placeTile(tile, place);
    }
  }

  /**
   * Width : height of a tile's picture.
   * @param {string} id
   */
  aspect(id) {
    const tile = this.#tiles.get(id);
    const { videoWidth = 0, videoHeight = 0 } = tile ? part(tile, 'video', HTMLVideoElement) : {};
    return videoWidth && videoHeight ? videoWidth / videoHeight : USUAL;
  }

  /** @param {string} id */
  element(id) {
    return this.#tiles.get(id) ?? null;
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
      tile.hidden = true; // until it has a place
      part(tile, 'video', HTMLVideoElement).muted = true; // in a clone of a template the attribute has no effect
      this.#tiles.set(id, tile);
      this.#list.append(tile);
    }
    return tile;
  }

  /**
   * @param {HTMLElement} tile
   * @param {Tile} model
   * @param {Pin | null} pin
   */
  #renderTile(tile, model, pin) {
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
    this.#renderPin(part(tile, '.tile-pin'), model, pin);
    this.#attach(part(tile, 'video', HTMLVideoElement), model);
  }

  /**
   * @param {HTMLElement} button
   * @param {Tile} model
   * @param {Pin | null} pin
   */
  #renderPin(button, { self, label, screen }, pin) {
    const pinned = pin?.pinned ?? false;
    button.hidden = self || !pin;
    button.setAttribute('aria-pressed', String(pinned));
    button.setAttribute('aria-label', `Pin ${screen ? label : nameInText(label)}`);
    button.title = pinned ? 'Show the others large again' : 'Keep large';
  }

  /**
   * @param {HTMLElement} tile
   * @param {Place} place
   */
  #placeTile(tile, { left, top, width, height, kind, picture }) {
    const lengths = {
      left, top, 'tile-width': width, 'tile-height': height, 'picture-width': picture.width, 'picture-height': picture.height,
    };
    for (const [name, length] of Object.entries(lengths))
      tile.style.setProperty(`--${name}`, `${length}px`);
    tile.dataset.kind = kind;
    tile.classList.toggle('small', width < SMALL.width || height < SMALL.height);
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
        this.#listeners.onBlocked();
    });
  }

  /**
   * Before its first frame a picture is black: until then the tile shows the initials.
   * @param {Event} event
   */
  #shapeChanged({ target }) {
    if (!(target instanceof HTMLVideoElement))
      return;
    target.closest('.tile')?.classList.toggle('live', target.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA);
    this.#listeners.onShape();
  }

  /** @param {Event} event */
  #clicked({ target }) {
    const tile = target instanceof Element ? target.closest('.tile') : null;
    if (!(target instanceof Element) || !(tile instanceof HTMLElement))
      return;
    if (target.closest('.tile-pin'))
      this.#listeners.onPin(tile.dataset.participant ?? '');
    // On a touch screen nothing hovers: a tap shows the tile's buttons.
    for (const other of this.#tiles.values())
      other.classList.toggle('tapped', other === tile && !target.closest('button') && !tile.classList.contains('tapped'));
  }
}
