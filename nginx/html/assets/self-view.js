// Our own picture: whether it is shown, and where it lies when it floats over another one. Both are kept on this device.
// It is moved by dragging, with the arrow keys, or from corner to corner by the button on it.
//
//   const selfView = new SelfView(onChange);    onChange   () it is to be placed anew
//   selfView.hidden               setting it keeps it
//   selfView.spot                 { x, y }, 0..1: from the left to the right, from the top to the bottom
//   selfView.attach(tile, stage)  our tile; null: none
//   selfView.close()

import { notify } from './notices.js';
import { part } from './page.js';
import { keep, kept } from './storage.js';

const STEP = 0.1; // of the way, for an arrow key
const CORNERS = [{ x: 1, y: 1 }, { x: 0, y: 1 }, { x: 0, y: 0 }, { x: 1, y: 0 }];
const DRAG = 4; // pixels: less is a click

/** @param {number} value */
const share = (value) => Math.max(0, Math.min(value, 1)) || 0;

/**
 * The corner that follows the nearest one.
 * @param {{x: number, y: number}} spot
 */
export function nextCorner({ x, y }) {
  const nearest = CORNERS.findIndex((corner) => corner.x === Math.round(x) && corner.y === Math.round(y));
  return CORNERS[(nearest + 1) % CORNERS.length];
}

/** The place that this device keeps: "0.50 1.00". */
function keptSpot() {
  const [x, y] = (kept('own-picture-place') ?? '').split(' ').map(Number);
  return Number.isFinite(x) && Number.isFinite(y) ? { x: share(x), y: share(y) } : CORNERS[0];
}

export class SelfView {
  #onChange;
  #hidden = kept('own-picture') === 'hidden';
  spot = keptSpot();
  /** @type {HTMLElement | null} */
  #tile = null;
  #listening = new AbortController();

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get hidden() {
    return this.#hidden;
  }

  set hidden(hidden) {
    this.#hidden = hidden;
    keep('own-picture', hidden ? 'hidden' : undefined);
    this.#onChange();
  }

  /**
   * @param {HTMLElement | null} tile
   * @param {HTMLElement} stage  that it stays inside
   */
  attach(tile, stage) {
    if (tile === this.#tile)
      return;
    this.#listening.abort();
    this.#tile = tile;
    if (!tile)
      return;
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    part(tile, '.tile-hide').addEventListener('click', () => this.#hide(), { signal });
    part(tile, '.tile-move').addEventListener('click', () => this.#place(nextCorner(this.spot)), { signal });
    part(tile, '.tile-move').addEventListener('keydown', (event) => this.#key(event), { signal });
    tile.addEventListener('pointerdown', (event) => this.#down(event, tile, stage), { signal });
  }

  close() {
    this.#listening.abort();
  }

  #hide() {
    this.hidden = true;
    document.getElementById('more-button')?.focus(); // the button that had the focus is gone
    notify('Your own picture is hidden. The others still see you. Show it again under More.');
  }

  /** @param {{x: number, y: number}} spot */
  #place({ x, y }) {
    this.spot = { x: share(x), y: share(y) };
    keep('own-picture-place', `${this.spot.x.toFixed(2)} ${this.spot.y.toFixed(2)}`);
    this.#onChange();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    /** @type {Record<string, [number, number]>} */
    const ways = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    const way = ways[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey)
      return;
    event.preventDefault();
    this.#place({ x: this.spot.x + way[0], y: this.spot.y + way[1] });
  }

  /**
   * @param {PointerEvent} event
   * @param {HTMLElement} tile
   * @param {HTMLElement} stage
   */
  #down(event, tile, stage) {
    if (event.button !== 0 || tile.dataset.kind !== 'floating' || (event.target instanceof Element && event.target.closest('button')))
      return;
    event.stopPropagation(); // it is no swipe to another page
    const start = tile.getBoundingClientRect();
    const dragging = new AbortController();
    const { signal } = dragging;
    /** @param {PointerEvent} now */
    const move = (now) => {
      const [dx, dy] = [now.clientX - event.clientX, now.clientY - event.clientY];
      if (!tile.classList.contains('dragged') && Math.hypot(dx, dy) < DRAG)
        return;
      tile.classList.add('dragged');
      const around = stage.getBoundingClientRect();
      this.#place({
        x: (start.left + dx - around.left) / Math.max(1, around.width - start.width),
        y: (start.top + dy - around.top) / Math.max(1, around.height - start.height),
      });
    };
    const end = () => {
      dragging.abort();
      tile.classList.remove('dragged');
    };
    tile.setPointerCapture(event.pointerId);
    tile.addEventListener('pointermove', move, { signal });
    tile.addEventListener('pointerup', end, { signal });
    tile.addEventListener('pointercancel', end, { signal });
  }
}
