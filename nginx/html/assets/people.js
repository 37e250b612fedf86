// The list of people: who is here, in which role and state; for moderators also what they may do to whom.

import { byId, fromTemplate, makeIcon, setText } from './page.js';
import { UNNAMED, initials, nameInText, shownName, toneOf } from './roster.js';

const TONES = 6;
const ROLES = { moderator: 'Moderator', publisher: 'Guest', subscriber: 'Watching' };

function roleText({ role, self, devices }) {
  return [ROLES[role] ?? 'Joining', self && 'you', devices > 1 && `${devices} devices`].filter(Boolean).join(' · ');
}

/** Icons of a person's state, each with its words. */
function stateIcons({ microphone, camera, sharing }) {
  const states = [
    sharing && ['screen', 'shares the screen'],
    microphone && [microphone === 'on' ? 'microphone' : 'microphone-off', `microphone ${microphone}`],
    camera && [camera === 'on' ? 'camera' : 'camera-off', `camera ${camera}`],
  ];
  return states.filter(Boolean).map(([icon, words]) => {
    const sign = document.createElement('span');
    sign.className = icon.endsWith('off') ? 'sign off' : 'sign';
    sign.title = words;
    const text = document.createElement('span');
    text.className = 'visually-hidden';
    text.textContent = `${words} `;
    sign.append(makeIcon(icon), text);
    return sign;
  });
}

function actionButton({ label, name, action, danger }) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = danger ? 'button small danger-outline' : 'button small';
  button.textContent = label;
  button.setAttribute('aria-label', `${label}: ${nameInText(name)}`);
  button.dataset.action = action;
  return button;
}

/** What a moderator may do to a person. Those who only watch have nothing to mute. */
function actionsFor(person, moderator) {
  if (!moderator || person.self || person.attendee === null)
    return [];
  const { name } = person;
  const mute = person.muted
    ? { label: 'Let speak', action: 'unmute', name } : { label: 'Mute', action: 'mute', name };
  const putOut = { label: 'Put out', action: 'put-out', name, danger: true };
  return person.role === 'subscriber' ? [putOut] : [mute, putOut];
}

/** A list whose rows are made anew only when what they show has changed, so that focus and hover stay. */
class RowList {
  #list;
  #rows = new Map();

  constructor(list) {
    this.#list = list;
    list.replaceChildren();
  }

  /** entries: [{key, shown (comparable text), make(): element}] in their order. */
  render(entries) {
    const wanted = new Set(entries.map((entry) => entry.key));
    for (const [key, { row }] of this.#rows) {
      if (!wanted.has(key)) {
        // Focus must not fall out of the panel with the row that had it.
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

  #rowOf({ key, shown, make }) {
    const known = this.#rows.get(key);
    if (known?.shown === shown)
      return known.row;
    const row = make();
    if (known) {
      const action = known.row.contains(document.activeElement) && document.activeElement.dataset.action;
      known.row.replaceWith(row);
      if (action)
        (row.querySelector(`[data-action="${action}"]`) ?? row.querySelector('button'))?.focus();
    }
    this.#rows.set(key, { row, shown });
    return row;
  }
}

export class PeopleList {
  #onAction;
  #people = new RowList(byId('people'));
  #putOut = new RowList(byId('put-out-list'));

  /** onAction(action, person): 'mute', 'unmute', 'put-out', 'readmit'. */
  constructor(onAction) {
    this.#onAction = onAction;
  }

  /** putOut: {attendee: name} */
  render({ people, moderator, putOut }) {
    setText(byId('people-count'), `(${people.length})`);
    this.#people.render(people.map((person) => {
      const actions = actionsFor(person, moderator);
      const shown = JSON.stringify([person, actions]);
      return { key: person.key, shown, make: () => this.#personRow(person, actions) };
    }));
    const out = Object.entries(putOut).map(([attendee, name]) => [attendee, shownName(name) || UNNAMED]);
    byId('put-out-section').hidden = out.length === 0;
    this.#putOut.render(out.map(([attendee, name]) => (
      { key: attendee, shown: name, make: () => this.#putOutRow({ attendee, name }) })));
  }

  #personRow(person, actions) {
    const row = this.#row(person, roleText(person), actions);
    row.querySelector('.person-state').append(...stateIcons(person));
    return row;
  }

  #putOutRow(person) {
    return this.#row(person, '', [{ label: 'Readmit', action: 'readmit', name: person.name }]);
  }

  #row(person, role, actions) {
    const row = fromTemplate('person-template');
    const avatar = row.querySelector('.avatar');
    avatar.textContent = initials(person.name);
    avatar.dataset.tone = toneOf(person.key ?? person.attendee, TONES);
    row.querySelector('.person-name').textContent = person.name;
    row.querySelector('.person-name').title = person.name;
    row.querySelector('.person-verified').hidden = !person.verified;
    row.querySelector('.person-role').textContent = role;
    const place = row.querySelector('.person-actions');
    for (const action of actions) {
      const button = actionButton(action);
      button.addEventListener('click', () => this.#onAction(action.action, person));
      place.append(button);
    }
    return row;
  }
}
