// The panel with the list of people: who is here, with role and state. Moderators have buttons to mute and to remove a
// person, and the list of the people that they have removed.

import { timeOfDay } from './clock.js';
import { UNNAMED, initials, nameInText, shownName, toneOf } from './names.js';
import { byId, fromTemplate, makeIcon, part, setText } from './page.js';

/** @import { Waiter } from './feed.js' */
/** @import { Action, Subject } from './moderation.js' */
/** @import { Person } from './roster.js' */

/** @typedef {{label: string, action: Action, name: string, danger?: boolean}} Choice  a button in a person's row */

const TONES = 6;
/** @type {Record<string, string>} */
const ROLES = { moderator: 'Moderator', publisher: 'Guest', subscriber: 'Watching' };

/** @param {Person} person */
function roleText({ role, self, connections, lost }) {
  const roleWord = (role && ROLES[role]) ?? 'Joining';
  return [roleWord, self && 'you', connections > 1 && `${connections} devices`, lost && 'connection lost'].filter(Boolean).join(' · ');
}

/**
 * Icons of a person's state, each with words for screen readers.
 * @param {Person} person
 */
function stateIcons({ microphone, camera, sharing }) {
  const states = [];
  if (sharing)
    states.push({ icon: 'screen', words: 'shares the screen' });
  if (microphone)
    states.push({ icon: microphone === 'on' ? 'microphone' : 'microphone-off', words: `microphone ${microphone}` });
  if (camera)
    states.push({ icon: camera === 'on' ? 'camera' : 'camera-off', words: `camera ${camera}` });
  return states.map(({ icon, words }) => {
    const mark = document.createElement('span');
    mark.className = icon.endsWith('off') ? 'sign off' : 'sign';
    mark.title = words;
    const text = document.createElement('span');
    text.className = 'visually-hidden';
    text.textContent = `${words} `;
    mark.append(makeIcon(icon), text);
    return mark;
  });
}

/** @param {Choice} choice */
function actionButton({ label, name, action, danger }) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = danger ? 'button small danger-outline' : 'button small';
  button.textContent = label;
  button.setAttribute('aria-label', `${label}: ${nameInText(name)}`);
  button.dataset.action = action;
  return button;
}

/**
 * The buttons of a person's row. A person who only watches has nothing to mute.
 * @param {Person} person
 * @param {boolean} moderator
 * @returns {Choice[]}
 */
function actionsFor(person, moderator) {
  if (!moderator || person.self || person.attendee === null)
    return [];
  const { name } = person;
  /** @type {Choice} */
  const mute = person.muted
    ? { label: 'Let speak', action: 'unmute', name } : { label: 'Mute', action: 'mute', name };
  /** @type {Choice} */
  const remove = { label: 'Remove', action: 'remove', name, danger: true };
  return person.role === 'subscriber' ? [remove] : [mute, remove];
}

/** @typedef {{key: string, shown: string, make: () => HTMLElement}} Entry  shown: changes when the row must change */

/** A list that makes a row anew only when it must change, so that focus and hover stay. */
class RowList {
  #list;
  /** @type {Map<string, {row: HTMLElement, shown: string}>} */
  #rows = new Map();

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
    list.replaceChildren();
  }

  /** @param {Entry[]} entries  in their order */
  render(entries) {
    const wanted = new Set(entries.map((entry) => entry.key));
    for (const [key, { row }] of this.#rows) {
      if (!wanted.has(key)) {
        // The focus stays in the panel when the row that had it goes.
        if (row.contains(document.activeElement))
          byId('people-title').focus();
        row.remove();
        this.#rows.delete(key);
      }
    }
    entries.forEach((entry, index) => {
      const row = this.#rowOf(entry);
      if (this.#list.children[index] !== row)
        this.#list.insertBefore(row, this.#list.children[index] ?? null);
    });
  }

  /** @param {Entry} entry */
  #rowOf({ key, shown, make }) {
    const known = this.#rows.get(key);
    if (known?.shown === shown)
      return known.row;
    const row = make();
    if (known) {
      const { activeElement: focus } = document;
      const action = focus instanceof HTMLButtonElement && known.row.contains(focus) && focus.dataset.action;
      known.row.replaceWith(row);
      const buttons = [...row.querySelectorAll('button')];
      if (action)
        (buttons.find((button) => button.dataset.action === action) ?? buttons[0])?.focus();
    }
    this.#rows.set(key, { row, shown });
    return row;
  }
}

export class PeoplePanel {
  #onAction;
  #people = new RowList(byId('people'));
  #removed = new RowList(byId('removed-list'));
  #waiting = new RowList(byId('waiting-list'));

  /** @param {(action: Action, person: Subject) => void} onAction */
  constructor(onAction) {
    this.#onAction = onAction;
  }

  /**
   * @param {{people: Person[], moderator: boolean, removed: Record<string, string>, waiting: Waiter[]}} call
   * removed: attendee -> name
   */
  render({ people, moderator, removed, waiting }) {
    byId('waiting-section').hidden = waiting.length === 0;
    this.#waiting.render(waiting.map(({ attendee, name, verified, since }) => {
      const person = { attendee, name: shownName(name) || UNNAMED, verified };
      return { key: attendee, shown: JSON.stringify([person, since]), make: () => this.#waitingRow(person, since) };
    }));
    setText(byId('people-count'), `(${people.length})`);
    this.#people.render(people.map((person) => {
      const actions = actionsFor(person, moderator);
      const shown = JSON.stringify([person, actions]);
      return { key: person.key, shown, make: () => this.#personRow(person, actions) };
    }));
    const named = Object.entries(removed).map(([attendee, name]) => [attendee, shownName(name) || UNNAMED]);
    byId('removed-section').hidden = named.length === 0;
    this.#removed.render(named.map(([attendee, name]) => (
      { key: attendee, shown: name, make: () => this.#removedRow({ attendee, name }) })));
  }

  /**
   * @param {Person} person
   * @param {Choice[]} actions
   */
  #personRow(person, actions) {
    const row = this.#row(person, roleText(person), actions);
    part(row, '.person-state').append(...stateIcons(person));
    return row;
  }

  /**
   * @param {Subject & {verified: boolean}} person
   * @param {string} since
   */
  #waitingRow(person, since) {
    const { name } = person;
    return this.#row(person, since ? `Waiting since ${timeOfDay(since)}` : 'Waiting', [
      { label: 'Admit', action: 'admit', name }, { label: 'Refuse', action: 'refuse', name, danger: true },
    ]);
  }

  /** @param {Subject} person */
  #removedRow(person) {
    return this.#row(person, '', [{ label: 'Readmit', action: 'readmit', name: person.name }]);
  }

  /**
   * @param {Person | Subject} person
   * @param {string} role
   * @param {Choice[]} actions
   */
  #row(person, role, actions) {
    const row = fromTemplate('person-template');
    const { attendee, name } = person;
    const avatar = part(row, '.avatar');
    avatar.textContent = initials(name);
    avatar.dataset.tone = String(toneOf(('key' in person ? person.key : attendee) ?? '', TONES));
    part(row, '.person-name').textContent = name;
    part(row, '.person-name').title = name;
    part(row, '.person-verified').hidden = !('verified' in person && person.verified);
    part(row, '.person-role').textContent = role;
    const place = part(row, '.person-actions');
    for (const action of actions) {
      const button = actionButton(action);
      if (attendee !== null)
        button.addEventListener('click', () => this.#onAction(action.action, { attendee, name }));
      place.append(button);
    }
    return row;
  }
}
