// What this tab remembers over a reload: in sessionStorage, or in the browser's history where storage is blocked. And what
// this device keeps for the next time, if the person says so: in localStorage.

const PREFIX = 'confab.';
const memory = new Map();
let blocked = false; // sessionStorage has refused a value

/**
 * Keeps a value that JSON can hold; undefined forgets it.
 * @param {string} name
 * @param {unknown} value
 */
export function remember(name, value) {
  memory.set(name, value);
  try {
    if (value === undefined)
      sessionStorage.removeItem(PREFIX + name);
    else
      sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Refused or full.
    blocked = true;
    history.replaceState(stateWith(history.state ?? {}), '');
  }
}

/**
 * The value kept under the name, or undefined.
 * @param {string} name
 * @returns {any}
 */
export function recall(name) {
  if (memory.has(name))
    return memory.get(name);
  try {
    const text = sessionStorage.getItem(PREFIX + name);
    if (text !== null)
      return JSON.parse(text) ?? undefined;
  } catch {
    // Refused.
  }
  return history.state?.kept?.[name];
}

/**
 * A state for the browser's history. It takes along what this tab remembers if that is nowhere else.
 * @param {object} state
 */
export function stateWith(state) {
  return { ...state, ...(blocked && { kept: { ...history.state?.kept, ...Object.fromEntries(memory) } }) };
}

/**
 * Keeps a text on this device; undefined forgets it.
 * @param {string} name
 * @param {string | undefined} text
 */
export function keep(name, text) {
  try {
    if (text === undefined)
      localStorage.removeItem(PREFIX + name);
    else
      localStorage.setItem(PREFIX + name, text);
  } catch {
    // Refused or full: it is asked for again.
  }
}

/**
 * The text that this device keeps; null: none; undefined: this browser keeps nothing.
 * @param {string} name
 */
export function kept(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return undefined;
  }
}

/** @type {Map<string, string | undefined>} */
const preferences = new Map();

/**
 * Keeps a text on this device, and in this page where the browser keeps nothing; undefined forgets it.
 * @param {string} name
 * @param {string | undefined} text
 */
export function prefer(name, text) {
  preferences.set(name, text);
  keep(name, text);
}

/**
 * What was kept by prefer(); undefined: nothing.
 * @param {string} name
 */
export const preferred = (name) => (preferences.has(name) ? preferences.get(name) : kept(name) ?? undefined);
