// The page's elements, templates and icons, and which screen is shown.

/**
 * The element with this id. Throws when there is none, or when it is of another kind than the caller needs.
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
  byId('notices').removeAttribute('style'); // a call places them
  document.title = title ? `${title} · Confab` : 'Confab';
}

/**
 * Shows or hides a part of the page that has buttons. When the focus was in it, it goes to `next`, not to the page's beginning.
 * @param {string} id
 * @param {boolean} hidden
 * @param {string} next  an id
 */
export function setHidden(id, hidden, next) {
  const element = byId(id);
  const hadFocus = element.contains(document.activeElement);
  element.hidden = hidden;
  if (hidden && hadFocus)
    byId(next).focus();
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
