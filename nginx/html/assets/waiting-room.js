// The moderators' side of the waiting room: the banner that says who waits, the list of them in the panel of people, and
// who may come in.

import * as api from './api.js';
import { chime } from './chime.js';
import { UNNAMED, nameInText, shownName } from './names.js';
import { announce, notify, worked } from './notices.js';
import { byId, setHidden, setText } from './page.js';

/** @import { MeetingFeed, Waiter } from './feed.js' */
/** @import { Meeting } from './meeting.js' */

/** @param {Waiter} waiter */
const nameOf = ({ name }) => shownName(name) || UNNAMED;

/** @param {Waiter[]} waiting */
function waitingText(waiting) {
  if (waiting.length === 1)
    return `${nameInText(nameOf(waiting[0]))} is waiting.`;
  return waiting.length > 1 ? `${waiting.length} people are waiting.` : '';
}

export class WaitingRoom {
  #meeting;
  #feed;
  #listening = new AbortController();

  /** @param {{meeting: Meeting, feed: MeetingFeed, showPeople: () => void}} options */
  constructor({ meeting, feed, showPeople }) {
    this.#meeting = meeting;
    this.#feed = feed;
    const { signal } = this.#listening;
    /** @type {(id: string, action: () => void) => void} */
    const click = (id, action) => byId(id).addEventListener('click', action, { signal });
    click('admit-all', () => this.#admitAll());
    click('refuse-all', () => this.#refuse(this.#feed.waiting));
    click('show-waiting', showPeople);
    const access = byId('access-select', HTMLSelectElement);
    access.addEventListener('change', () => this.#change(access.value), { signal });
    byId('access-field').hidden = !meeting.moderator;
    feed.addEventListener('waiting', ({ detail: { came } }) => came && this.#announce(came), { signal });
    this.render();
  }

  close() {
    this.#listening.abort();
  }

  render() {
    const { waiting, access } = this.#feed;
    setHidden('waiting-banner', waiting.length === 0, 'people-button');
    setText(byId('waiting-text'), waitingText(waiting));
    setText(byId('admit-all'), waiting.length > 1 ? 'Admit all' : 'Admit');
    const select = byId('access-select', HTMLSelectElement);
    select.disabled = access === '';
    if (access && document.activeElement !== select)
      select.value = access;
  }

  /**
   * @param {'admit' | 'refuse'} action
   * @param {{attendee: string, name: string}} person
   */
  act(action, person) {
    const waiting = this.#feed.waiting.filter(({ attendee }) => attendee === person.attendee);
    return action === 'admit' ? this.#admit(waiting[0]) : this.#refuse(waiting);
  }

  /** @param {Waiter} person  who waits now */
  #announce(person) {
    chime();
    announce(`${nameInText(nameOf(person))} is waiting to be admitted.`);
  }

  /** @param {Waiter | undefined} person */
  async #admit(person) {
    const { bearer, link } = this.#meeting;
    if (person && await worked('Admitting', () => api.admitAttendee(bearer, link, person.attendee)))
      notify(`${nameInText(nameOf(person))} is admitted.`);
  }

  async #admitAll() {
    const { bearer, link } = this.#meeting;
    const { waiting } = this.#feed;
    if (waiting.length === 1)
      await this.#admit(waiting[0]);
    else if (await worked('Admitting', () => api.admitAll(bearer, link)))
      notify(`${waiting.length} people are admitted.`);
  }

  /** @param {Waiter[]} waiting */
  async #refuse(waiting) {
    const { bearer, link } = this.#meeting;
    const done = await worked('Refusing', async () => {
      for (const { attendee } of waiting)
        await api.removeAttendee(bearer, link, attendee);
    });
    if (done)
      notify(waiting.length === 1 ? `${nameInText(nameOf(waiting[0]))} is refused.` : `${waiting.length} people are refused.`);
    for (const person of done ? waiting : [])
      this.#meeting.removed = { ...this.#meeting.removed, [person.attendee]: nameOf(person) };
  }

  /** @param {string} access */
  async #change(access) {
    const { bearer, link } = this.#meeting;
    if (!await worked('The change', () => api.setAccess(bearer, link, access)))
      byId('access-select', HTMLSelectElement).value = this.#feed.access;
  }
}
