// The call's keys: what each does, and the sheet that shows them all.

import { openDialog } from './dialog.js';
import { byId } from './page.js';

/**
 * @typedef {object} Key
 * @property {string[]} keys  as in KeyboardEvent.key, small letters; the first one is shown
 * @property {string} shown  its name in the sheet
 * @property {string} does
 * @property {() => void} press
 * @property {() => void} [release]  it acts while it is held
 * @property {boolean} [always]  also when single keys are switched off
 */

const FIELDS = 'input, select, textarea, [contenteditable]';
const ACTIVE = 'button, a[href], summary, [role="button"], video[controls]'; // Space and Enter are theirs
const MOVES = ['Tab', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End']; // the focus

/** @param {EventTarget | null} target */
const isIn = (target, /** @type {string} */ selector) => target instanceof Element && target.closest(selector) !== null;

/**
 * Whether a key press is for a field, a dialog or the browser, and not for the call.
 * @param {KeyboardEvent} event
 */
function elsewhere(event) {
  return event.ctrlKey || event.metaKey || event.altKey || isIn(event.target, FIELDS) || document.querySelector('dialog[open]') !== null;
}

export class Keys {
  #keys;
  #areOn;
  /** @type {Key | null} */
  #held = null;
  #pointed = false; // the focus is where the person has clicked
  #listening = new AbortController();

  /**
   * @param {Key[]} keys
   * @param {() => boolean} areOn  whether the person wants single keys
   */
  constructor(keys, areOn) {
    this.#areOn = areOn;
    this.#keys = [...keys, { keys: ['?'], shown: '?', does: 'Show this list', press: () => this.showSheet() }];
    const { signal } = this.#listening;
    document.addEventListener('pointerdown', () => { this.#pointed = true; }, { signal, capture: true });
    document.addEventListener('keydown', ({ key }) => { this.#pointed &&= !MOVES.includes(key); }, { signal, capture: true });
    document.addEventListener('keydown', (event) => this.#down(event), { signal });
    document.addEventListener('keyup', (event) => this.#up(event), { signal });
    // The key may be let go where the page does not hear of it.
    addEventListener('blur', () => this.#release(), { signal });
    document.addEventListener('visibilitychange', () => this.#release(), { signal });
    for (const id of ['show-keys', 'keys-item'])
      byId(id).addEventListener('click', () => this.showSheet(), { signal });
    byId('close-keys').addEventListener('click', () => byId('keys-dialog', HTMLDialogElement).close(), { signal });
  }

  close() {
    this.#release();
    this.#listening.abort();
  }

  /** Shows all keys. */
  showSheet() {
    byId('keys-list').replaceChildren(...this.#keys.flatMap(({ shown, does }) => {
      const term = document.createElement('dt');
      const key = document.createElement('kbd');
      key.textContent = shown;
      term.append(key);
      const text = document.createElement('dd');
      text.textContent = does;
      return [term, text];
    }));
    byId('keys-off').hidden = this.#areOn();
    openDialog(byId('keys-dialog', HTMLDialogElement));
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    // A click leaves the focus on the button. Space would press it again when the key is let go: a person who holds the key to
    // speak would have switched the microphone on for good.
    if (elsewhere(event) || (event.key === ' ' && !this.#pointed && isIn(event.target, ACTIVE)))
      return;
    const key = this.#keys.find(({ keys }) => keys.includes(event.key.toLowerCase()));
    if (!key || !(key.always || this.#areOn()))
      return;
    if (event.key === ' ')
      event.preventDefault(); // it would scroll the page
    if (event.repeat)
      return;
    if (key.release) {
      this.#release();
      this.#held = key;
    }
    key.press();
  }

  /** @param {KeyboardEvent} event */
  #up(event) {
    if (!this.#held?.keys.includes(event.key.toLowerCase()))
      return;
    event.preventDefault(); // some browsers press a button only now
    this.#release();
  }

  #release() {
    const held = this.#held;
    this.#held = null;
    held?.release?.();
  }
}
