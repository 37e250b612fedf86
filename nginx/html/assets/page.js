// The page's own furniture, used by every screen: elements, icons, screens, announcements and questions.

/**
 * The element with this id. Throws when there is none, or when it is not of the kind that the caller needs.
 * @overload
 * @param {string} id
 * @returns {HTMLElement}
 *
 * @overload
 * @param {string} id
 * @param {new () => Kind} kind  its class, HTMLInputElement for example
 * @returns {Kind}
 * @template {Element} Kind
 */
/**
 * @param {string} id
 * @param {new () => Element} [kind]
 */
export function byId(id, kind) {
  return ofKind(document.getElementById(id), `#${id}`, kind);
}

/**
 * The first element inside `parent` that the selector finds; the same otherwise.
 * @overload
 * @param {ParentNode} parent
 * @param {string} selector
 * @returns {HTMLElement}
 *
 * @overload
 * @param {ParentNode} parent
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 * @template {Element} Kind
 */
/**
 * @param {ParentNode} parent
 * @param {string} selector
 * @param {new () => Element} [kind]
 */
export function part(parent, selector, kind) {
  return ofKind(parent.querySelector(selector), selector, kind);
}

/**
 * @param {Element | null} element
 * @param {string} name  for the error
 * @param {new () => Element} [kind]
 */
function ofKind(element, name, kind = HTMLElement) {
  if (element instanceof kind)
    return element;
  throw new TypeError(`${name} is ${element ? `no ${kind.name}` : 'not in the page'}`);
}

const NOTICE_MS = 5000;
/** @type {HTMLDialogElement[]} */
const openDialogs = [];
const screens = ['start-screen', 'prejoin-screen', 'call-screen', 'after-screen'];

/**
 * Shows one screen and hides the others.
 * @param {string} id
 * @param {string} title
 */
export function showScreen(id, title) {
  for (const screen of screens)
    byId(screen).hidden = screen !== id;
  byId('masthead').hidden = id === 'call-screen';
  document.title = title ? `${title} · Confab` : 'Confab';
}

/**
 * Puts another icon into an element that has one. Leaves an equal one alone.
 * @param {Element} parent
 * @param {string} name  the symbol's, without icon-
 */
export function setIcon(parent, name) {
  const use = part(parent, 'use', SVGUseElement);
  if (use.getAttribute('href') !== `#icon-${name}`)
    use.setAttribute('href', `#icon-${name}`);
}

/**
 * A new icon for elements that are made here.
 * @param {string} name  the symbol's, without icon-
 */
export function makeIcon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/**
 * A new element of a template.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function fromTemplate(id) {
  return /** @type {HTMLElement} */ (part(byId(id, HTMLTemplateElement).content, '*').cloneNode(true));
}

/**
 * Sets text only where it differs: a live region speaks whenever it is touched.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text)
    element.textContent = text;
}

/**
 * Says something to screen readers only.
 * @param {string} text
 */
export function announce(text) {
  const line = document.createElement('p');
  line.textContent = text;
  byId('announcer').append(line);
  setTimeout(() => line.remove(), NOTICE_MS);
}

/**
 * Shows something for a few seconds; screen readers say it too.
 * @param {string} text
 */
export function notify(text) {
  const line = document.createElement('p');
  line.className = 'notice-line';
  line.textContent = text;
  byId('notices').append(line);
  setTimeout(() => line.remove(), NOTICE_MS);
}

/**
 * Opens a dialog over everything else. What lies under it is mute to screen readers, so the live regions move into it,
 * and out again when it closes.
 * @param {HTMLDialogElement} dialog
 */
export function openDialog(dialog) {
  const regions = [byId('notices'), byId('announcer')];
  const host = () => (openDialogs.at(-1) ?? document.body).append(...regions);
  dialog.showModal();
  openDialogs.push(dialog);
  host();
  dialog.addEventListener('close', () => {
    openDialogs.splice(openDialogs.indexOf(dialog), 1);
    host();
  }, { once: true });
}

/**
 * Asks in a dialog; resolves to whether the answer was yes. No, when another question is open.
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

/**
 * Copies a text field's text; resolves to whether the browser lets us. If not, the text is selected.
 * @param {HTMLInputElement} field
 */
async function copyText(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // Not in a secure context, or refused: the old way.
    field.select();
    return document.execCommand('copy');
  }
}

/**
 * Copies the text of a read-only field; says on the button and in a notice whether it is copied.
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
  setTimeout(() => setIcon(button, 'copy'), NOTICE_MS);
  notify('Copied.');
}

byId('confirm-accept').addEventListener('click', () => byId('confirm-dialog', HTMLDialogElement).close('yes'));
byId('confirm-cancel').addEventListener('click', () => byId('confirm-dialog', HTMLDialogElement).close(''));
