// Dialogs over the page, and questions with two answers.

import { byId } from './page.js';

/** @type {Set<HTMLDialogElement>} */
const opened = new Set(); // the newest one last; may hold closed ones whose event has not come yet

/** Screen readers do not read what is under a dialog: the live regions are in the topmost one. */
function placeLiveRegions() {
  const top = [...opened].findLast((dialog) => dialog.open) ?? document.body;
  top.append(byId('notices'), byId('announcer'));
}

/**
 * Opens a dialog over everything else.
 * @param {HTMLDialogElement} dialog
 */
export function openDialog(dialog) {
  dialog.showModal();
  opened.delete(dialog);
  opened.add(dialog);
  placeLiveRegions();
  dialog.addEventListener('close', () => {
    if (!dialog.open) // it may have been opened again since
      opened.delete(dialog);
    placeLiveRegions();
  }, { once: true });
}

/**
 * Asks a question in a dialog and resolves to whether the answer was yes. False while another question is open.
 * @param {{title: string, text: string, accept: string, danger?: boolean}} question  accept: the label of the button
 * @returns {Promise<boolean>}
 */
export async function ask({ title, text, accept, danger = false }) {
  const dialog = byId('confirm-dialog', HTMLDialogElement);
  if (dialog.open)
    return false;
  byId('confirm-title').textContent = title;
  byId('confirm-text').textContent = text;
  byId('confirm-accept').textContent = accept;
  byId('confirm-accept').className = danger ? 'button danger' : 'button primary';
  dialog.returnValue = '';
  openDialog(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

byId('confirm-accept').addEventListener('click', () => byId('confirm-dialog', HTMLDialogElement).close('yes'));
byId('confirm-cancel').addEventListener('click', () => byId('confirm-dialog', HTMLDialogElement).close(''));
