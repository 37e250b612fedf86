// Short messages to the person: shown, or for screen readers only.

import { byId } from './page.js';

const NOTICE_MS = 5000; // as long as a message is shown, at least
const LETTER_MS = 60; // longer ones are shown as long as they take to read

/**
 * Gives a message to screen readers only.
 * @param {string} text
 */
export function announce(text) {
  const line = document.createElement('p');
  line.textContent = text;
  byId('announcer').append(line);
  setTimeout(() => line.remove(), NOTICE_MS);
}

/**
 * Shows a message for a few seconds; screen readers say it too.
 * @param {string} text
 */
export function notify(text) {
  const line = document.createElement('p');
  line.className = 'notice-line';
  line.textContent = text;
  byId('notices').append(line);
  setTimeout(() => line.remove(), Math.max(NOTICE_MS, LETTER_MS * text.length));
}

/**
 * Resolves to whether the request worked; says so when it did not.
 * @param {string} what  for the message
 * @param {() => Promise<void>} request
 */
export async function worked(what, request) {
  try {
    await request();
    return true;
  } catch (error) {
    notify(`${what} did not work: ${error.message}`);
    return false;
  }
}
