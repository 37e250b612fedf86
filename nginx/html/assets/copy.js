// Buttons that copy the text of a field.

import { notify } from './notices.js';
import { byId, setIcon } from './page.js';

const ICON_MS = 5000; // as long as the button shows that it has copied

/**
 * Copies a field's text and resolves to whether the browser allowed it. If not, the text is selected.
 * @param {HTMLInputElement} field
 */
async function copyText(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // The page is no secure context, or the browser refuses: try the old way.
    field.select();
    return document.execCommand('copy');
  }
}

/**
 * Copies the text of a read-only field. The button and a message say whether it worked.
 * @param {string} fieldId
 * @param {string} buttonId
 */
export async function copyFrom(fieldId, buttonId) {
  const field = byId(fieldId, HTMLInputElement);
  const button = byId(buttonId);
  if (!(await copyText(field))) {
    notify('Your browser does not let this page copy. The text is selected: copy it with the keyboard or the menu.');
    return;
  }
  setIcon(button, 'check');
  setTimeout(() => setIcon(button, 'copy'), ICON_MS);
  notify('Copied.');
}
