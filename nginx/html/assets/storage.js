// What this tab remembers over a reload: in sessionStorage, or in memory only where the browser refuses that.

const PREFIX = 'confab.';
const memory = new Map();

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
    // Refused or full: the value lasts as long as the page.
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
    return JSON.parse(sessionStorage.getItem(PREFIX + name) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}
