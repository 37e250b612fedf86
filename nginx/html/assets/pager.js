// Turns the pages of the stage: two buttons with the number of the page between them, and a swipe.
//
//   const pager = new Pager(stage, onTurn);     onTurn   (step) -1: to the page before, 1: to the next one
//   pager.render(layout)     places the buttons; hides them when there is one page
//   pager.close()

import { byId, setText } from './page.js';

/** @import { Layout } from './layout.js' */

const SWIPE = 60; // pixels: less is a touch

export class Pager {
  #onTurn;
  #listening = new AbortController();
  /** @type {{id: number, x: number, y: number} | null} */
  #finger = null; // where a touch has begun

  /**
   * @param {HTMLElement} stage
   * @param {(step: -1 | 1) => void} onTurn
   */
  constructor(stage, onTurn) {
    this.#onTurn = onTurn;
    const { signal } = this.#listening;
    byId('page-before').addEventListener('click', () => this.#onTurn(-1), { signal });
    byId('page-after').addEventListener('click', () => this.#onTurn(1), { signal });
    stage.addEventListener('pointerdown', (event) => this.#down(event), { signal });
    stage.addEventListener('pointerup', (event) => this.#up(event), { signal });
    stage.addEventListener('pointercancel', () => { this.#finger = null; }, { signal });
  }

  close() {
    this.#listening.abort();
  }

  /** @param {Pick<Layout, 'pager' | 'page' | 'pages'>} layout */
  render({ pager, page, pages }) {
    const element = byId('pager');
    element.hidden = !pager;
    if (!pager)
      return;
    for (const side of /** @type {const} */ (['left', 'top', 'width', 'height']))
      element.style[side] = `${pager[side]}px`;
    // Not `disabled`: a button that has the focus would lose it at the last page.
    byId('page-before').setAttribute('aria-disabled', String(page === 0));
    byId('page-after').setAttribute('aria-disabled', String(page === pages - 1));
    setText(byId('page-number'), `${page + 1} / ${pages}`);
    setText(byId('page-words'), `Page ${page + 1} of ${pages}`);
  }

  /** @param {PointerEvent} event */
  #down({ pointerId, pointerType, clientX, clientY }) {
    // A second finger makes it another gesture.
    this.#finger = pointerType === 'touch' && !this.#finger ? { id: pointerId, x: clientX, y: clientY } : null;
  }

  /** @param {PointerEvent} event */
  #up({ pointerId, clientX, clientY }) {
    const start = this.#finger;
    this.#finger = null;
    if (start?.id !== pointerId)
      return;
    const [dx, dy] = [clientX - start.x, clientY - start.y];
    if (Math.abs(dx) >= SWIPE && Math.abs(dx) > 2 * Math.abs(dy))
      this.#onTurn(dx < 0 ? 1 : -1);
  }
}
