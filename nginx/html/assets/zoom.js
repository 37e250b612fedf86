// Zoom into a shared screen: with the wheel, two fingers, a double click, the buttons on the tile, or keys while a
// button of the tile has the focus. A screen that is larger than its tile is moved by dragging, or with the arrow keys.
//
//   const zoom = new Zoom(onChange);     onChange   () the picture has another size now
//   zoom.attach(tile)          the tile with the screen; null: none
//   zoom.scaleOf(tile)         how much larger than fitting the picture is
//   zoom.close()

import { part } from './page.js';

/** @typedef {{scale: number, x: number, y: number}} View  x, y: how far the picture's middle is from the tile's, in pixels */
/** @typedef {{width: number, height: number}} Size */
/** @typedef {{x: number, y: number}} Point */

const MOST = 8; // times as large
const STEP = 1.4; // a click, or a key
const WHEEL = 0.002; // of the scale's logarithm, for each pixel of the wheel
const LINE = 16; // pixels of the wheel, in browsers that count lines
const PAN = 0.15; // of the tile, for an arrow key
const FIT = { scale: 1, x: 0, y: 0 };

/**
 * The view with its scale and its place within what makes sense: no stripe appears at a side that the picture can fill.
 * @param {View} view
 * @param {Size} tile
 * @param {Size} picture  that fits
 * @returns {View}
 */
export function withinTile({ scale: wanted, x, y }, tile, picture) {
  const scale = Math.max(1, Math.min(wanted, MOST));
  /** @type {(offset: number, room: number, length: number) => number} */
  const limit = (offset, room, length) => {
    const most = Math.max(0, (length * scale - room) / 2);
    return Math.max(-most, Math.min(offset, most)) || 0;
  };
  return { scale, x: limit(x, tile.width, picture.width), y: limit(y, tile.height, picture.height) };
}

/**
 * Another scale; what is under the point stays there.
 * @param {View} view
 * @param {number} factor
 * @param {Point} point  from the tile's middle, in pixels
 * @param {Size} tile
 * @param {Size} picture
 */
export function zoomAt({ scale, x, y }, factor, point, tile, picture) {
  const wanted = Math.max(1, Math.min(scale * factor, MOST));
  const grown = wanted / scale;
  return withinTile({ scale: wanted, x: point.x - (point.x - x) * grown, y: point.y - (point.y - y) * grown }, tile, picture);
}

/** @type {(one: Point, other: Point) => number} */
const distance = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);

export class Zoom {
  #onChange;
  /** @type {HTMLElement | null} */
  #tile = null;
  /** @type {View} */
  #view = FIT;
  #listening = new AbortController();
  #resized = new ResizeObserver(() => this.#show(this.#view));
  /** @type {Map<number, Point>} */
  #fingers = new Map(); // by the pointer's id

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {HTMLElement | null} tile */
  attach(tile) {
    if (tile === this.#tile)
      return;
    this.#detach();
    this.#tile = tile;
    if (tile)
      this.#listen(tile);
  }

  /** @param {HTMLElement | null} tile */
  scaleOf(tile) {
    return tile && tile === this.#tile ? this.#view.scale : 1;
  }

  close() {
    this.#detach();
  }

  #detach() {
    this.#listening.abort();
    this.#resized.disconnect();
    this.#fingers.clear();
    if (this.#tile) {
      this.#show(FIT);
      this.#tile.classList.remove('zoomable');
      part(this.#tile, '.tile-zoom').hidden = true;
    }
    this.#view = FIT;
    this.#tile = null;
  }

  /** @param {HTMLElement} tile */
  #listen(tile) {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    tile.classList.add('zoomable');
    part(tile, '.tile-zoom').hidden = false;
    this.#resized.observe(tile);
    this.#show(FIT);
    tile.addEventListener('wheel', (event) => this.#wheel(event), { signal, passive: false });
    tile.addEventListener('dblclick', (event) => this.#doubleClick(event), { signal });
    tile.addEventListener('keydown', (event) => this.#key(event), { signal });
    tile.addEventListener('pointerdown', (event) => this.#down(event), { signal });
    tile.addEventListener('pointermove', (event) => this.#move(event), { signal });
    for (const type of /** @type {const} */ (['pointerup', 'pointercancel']))
      tile.addEventListener(type, ({ pointerId }) => this.#fingers.delete(pointerId), { signal });
    /** @type {Record<string, () => void>} */
    const actions = { '.zoom-in': () => this.#by(STEP), '.zoom-out': () => this.#by(1 / STEP), '.zoom-fit': () => this.#show(FIT) };
    for (const [selector, action] of Object.entries(actions))
      part(tile, selector).addEventListener('click', action, { signal });
  }

  /** The tile, and the picture in it as it fits. */
  #sizes() {
    if (!this.#tile)
      return { tile: { width: 0, height: 0 }, picture: { width: 0, height: 0 } };
    const { clientWidth: width, clientHeight: height } = this.#tile;
    const { offsetWidth, offsetHeight } = part(this.#tile, 'video');
    return { tile: { width, height }, picture: { width: offsetWidth, height: offsetHeight } };
  }

  /** @param {View} wanted */
  #show(wanted) {
    if (!this.#tile)
      return;
    const { tile, picture } = this.#sizes();
    const before = this.#view;
    this.#view = withinTile(wanted, tile, picture);
    const { scale, x, y } = this.#view;
    const { style } = this.#tile;
    style.setProperty('--zoom', String(scale));
    style.setProperty('--pan-x', `${x}px`);
    style.setProperty('--pan-y', `${y}px`);
    this.#tile.classList.toggle('zoomed', scale > 1);
    // Not `disabled`: a button would lose the focus, and with it the keys.
    const ends = { '.zoom-out': scale <= 1, '.zoom-fit': scale <= 1, '.zoom-in': scale >= MOST };
    for (const [selector, end] of Object.entries(ends))
      part(this.#tile, selector).setAttribute('aria-disabled', String(end));
    if (scale !== before.scale)
      this.#onChange();
  }

  /**
   * @param {number} factor
   * @param {Point} [point]  from the tile's middle
   */
  #by(factor, point = { x: 0, y: 0 }) {
    const { tile, picture } = this.#sizes();
    this.#show(zoomAt(this.#view, factor, point, tile, picture));
  }

  /** @param {{clientX: number, clientY: number}} event */
  #pointOf({ clientX, clientY }) {
    const { left = 0, top = 0, width = 0, height = 0 } = this.#tile?.getBoundingClientRect() ?? {};
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault(); // the browser would zoom the page
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * LINE;
    this.#by(Math.exp(-pixels * WHEEL), this.#pointOf(event));
  }

  /** @param {MouseEvent} event */
  #doubleClick(event) {
    if (event.target instanceof Element && event.target.closest('button'))
      return;
    if (this.#view.scale > 1)
      this.#show(FIT);
    else
      this.#by(2, this.#pointOf(event));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { tile } = this.#sizes();
    /** @type {(x: number, y: number) => void} */
    const pan = (x, y) => this.#show({ ...this.#view, x: this.#view.x + x * tile.width * PAN, y: this.#view.y + y * tile.height * PAN });
    /** @type {Record<string, () => void>} */
    const actions = {
      '+': () => this.#by(STEP), '=': () => this.#by(STEP), '-': () => this.#by(1 / STEP), 0: () => this.#show(FIT),
      ArrowLeft: () => pan(1, 0), ArrowRight: () => pan(-1, 0), ArrowUp: () => pan(0, 1), ArrowDown: () => pan(0, -1),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !actions[event.key])
      return;
    event.preventDefault();
    actions[event.key]();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest('button')))
      return;
    this.#fingers.set(event.pointerId, this.#pointOf(event));
    if (this.#view.scale > 1 || this.#fingers.size > 1) {
      this.#tile?.setPointerCapture(event.pointerId);
      event.stopPropagation(); // it is no swipe to another page
    }
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.#fingers.get(event.pointerId);
    if (!before)
      return;
    if (event.pointerType === 'mouse' && event.buttons === 0) { // let go outside of the tile
      this.#fingers.delete(event.pointerId);
      return;
    }
    const now = this.#pointOf(event);
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.#fingers.set(event.pointerId, now);
    if (other) {
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      this.#by(distance(now, other) / Math.max(1, distance(before, other)), middle);
    } else if (this.#view.scale > 1) {
      this.#show({ ...this.#view, x: this.#view.x + now.x - before.x, y: this.#view.y + now.y - before.y });
    }
  }
}
