// The menu "More" of the toolbar. Its items are buttons in index.html; the owner of an item listens to its click and says
// whether it is hidden. Keys: arrows, Home, End, Escape, Tab, and the first letter of an item.
//
//   const menu = new MoreMenu({ stage });
//   menu.render()     the state of the items for the view, our own picture, full screen and picture in picture
//   menu.close()

import { fullScreenSupported, isFullScreen, toggleFullScreen } from './full-screen.js';
import { byId, setText } from './page.js';

/** @import { Stage } from './stage.js' */
/** @import { View } from './view-choice.js' */

/** @type {Record<string, View>} */
const VIEWS = { 'view-auto': 'auto', 'view-speaker': 'speaker', 'view-grid': 'grid' };

export class MoreMenu {
  #stage;
  #button = byId('more-button');
  #menu = byId('more-menu');
  #listening = new AbortController();

  /** @param {{stage: Stage}} options */
  constructor({ stage }) {
    this.#stage = stage;
    this.#open(false);
    this.#listen();
    this.#listenItems();
    this.render();
  }

  close() {
    this.#listening.abort();
    this.#open(false);
  }

  render() {
    const { choice, selfView, pip, hasSelf } = this.#stage;
    for (const [id, view] of Object.entries(VIEWS))
      byId(id).setAttribute('aria-checked', String(view === choice.view));
    byId('self-view-item').hidden = !hasSelf;
    byId('self-view-item').setAttribute('aria-checked', String(!selfView.hidden));
    byId('full-screen-item').hidden = !fullScreenSupported();
    setText(byId('full-screen-text'), isFullScreen() ? 'Leave full screen' : 'Full screen');
    byId('pip-item').hidden = !pip.supported;
    setText(byId('pip-text'), pip.open ? 'Close picture in picture' : 'Picture in picture');
    for (const group of this.#menu.querySelectorAll('[role="group"]'))
      group.classList.toggle('empty', !group.querySelector('button:not([hidden])'));
  }

  #listenItems() {
    const { signal } = this.#listening;
    const { choice, selfView, pip } = this.#stage;
    /** @type {(id: string, action: () => void) => void} */
    const click = (id, action) => byId(id).addEventListener('click', action, { signal });
    for (const [id, view] of Object.entries(VIEWS))
      click(id, () => { choice.view = view; });
    click('self-view-item', () => { selfView.hidden = !selfView.hidden; });
    click('full-screen-item', toggleFullScreen);
    click('pip-item', () => pip.toggle());
    document.addEventListener('fullscreenchange', () => this.render(), { signal });
  }

  #listen() {
    const { signal } = this.#listening;
    this.#button.addEventListener('click', () => this.#open(this.#menu.hidden !== false), { signal });
    this.#button.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        this.#open(true, event.key === 'ArrowUp' ? -1 : 0);
      }
    }, { signal });
    // Before the item's own listener: a dialog that it opens gives the focus back to the button.
    this.#menu.addEventListener('click', ({ target }) => {
      if (target instanceof Element && target.closest('button'))
        this.#closeTo(this.#button);
    }, { signal, capture: true });
    this.#menu.addEventListener('keydown', (event) => this.#key(event), { signal });
    document.addEventListener('pointerdown', ({ target }) => {
      if (target instanceof Node && !this.#menu.contains(target) && !this.#button.contains(target))
        this.#open(false);
    }, { signal });
  }

  get #items() {
    return [...this.#menu.querySelectorAll('button')].filter((item) => !item.hidden);
  }

  /**
   * @param {boolean} open
   * @param {number} [focus]  which item has the focus; -1: the last one
   */
  #open(open, focus = 0) {
    if (open)
      this.render();
    this.#menu.hidden = !open;
    this.#button.setAttribute('aria-expanded', String(open));
    if (open)
      this.#items.at(focus)?.focus();
  }

  /** @param {HTMLElement} next  gets the focus */
  #closeTo(next) {
    this.#open(false);
    next.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    event.stopPropagation(); // letters are no shortcuts here
    const items = this.#items;
    const at = items.findIndex((item) => item === document.activeElement);
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowDown: () => items[(at + 1) % items.length].focus(),
      ArrowUp: () => items.at(at - 1)?.focus(),
      Home: () => items[0].focus(),
      End: () => items.at(-1)?.focus(),
      Escape: () => this.#closeTo(this.#button),
    };
    if (event.key === 'Tab') {
      this.#closeTo(this.#button); // and the browser goes on from there
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey)
      return;
    const action = actions[event.key] ?? this.#findLetter(event.key, items, at);
    if (action) {
      event.preventDefault();
      action();
    }
  }

  /**
   * @param {string} key
   * @param {HTMLElement[]} items
   * @param {number} at
   */
  #findLetter(key, items, at) {
    if (key.length !== 1 || key === ' ')
      return undefined;
    const from = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    const found = from.find((item) => item.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()));
    return found && (() => found.focus());
  }
}
