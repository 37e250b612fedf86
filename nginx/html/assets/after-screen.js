// The screen after the call: how it ended, and a way back in. Moderators see who was there, and for how long.

import * as api from './api.js';
import { duration, timeOfDay } from './clock.js';
import { UNNAMED, shownName } from './names.js';
import { byId, setText, showScreen } from './page.js';
import { meetingRecordings } from './recordings-panel.js';

/** @import { App } from './main.js' */
/** @import { Meeting } from './meeting.js' */

/** @typedef {'left' | 'ended' | 'removed' | 'moved'} Ending  how a call ended */

/** @type {Record<string, {title: string, text: string, back: string | null}>} */
const ENDINGS = {
  left: { title: 'You have left the call', text: 'The others can go on without you.', back: 'Rejoin' },
  ended: { title: 'The meeting has ended', text: 'It was ended for everybody.', back: null },
  moved: { title: 'You have gone on in another tab', text: 'The call goes on there.', back: 'Come back here' },
  removed: {
    title: 'You were removed from this meeting', back: 'Check again',
    text: 'A moderator has removed you. You can join again when a moderator readmits you.',
  },
};
/** @type {Record<string, string>} */
const ROLES = { moderator: 'Moderator', publisher: 'Guest', subscriber: 'Watching' };
// The service hears from Janus that we have left. The page asks for the list a moment later, and again if that fails.
const FIRST_MS = 700;
const AGAIN_MS = 4000;

/**
 * A cell. A name in it may have any direction of writing.
 * @param {string} text
 * @param {boolean} [isName]
 */
function cell(text, isName) {
  const element = document.createElement(isName ? 'th' : 'td');
  if (isName)
    element.scope = 'row';
  const content = document.createElement('bdi');
  content.textContent = text;
  element.append(content);
  return element;
}

/** @param {api.Stay} stay */
function attendanceRow({ identity, name, role, joined, left, seconds }) {
  const row = document.createElement('tr');
  row.append(
    cell(shownName(name) || shownName(identity) || UNNAMED, true), cell(duration(seconds)), cell(timeOfDay(joined)),
    cell(left ? timeOfDay(left) : 'still there'), cell(ROLES[role] ?? role ?? ''));
  return row;
}

class AfterScreen {
  /** @type {number | undefined} */
  #timer;
  #recordings;
  #listening = new AbortController();

  /**
   * @param {App} app
   * @param {Meeting} meeting
   * @param {Ending} ending
   */
  constructor(app, meeting, ending) {
    this.meeting = meeting;
    const { title, text, back } = ENDINGS[ending];
    /** @type {(id: string, action: () => void) => void} */
    const on = (id, action) => byId(id).addEventListener('click', action, { signal: this.#listening.signal });
    on('rejoin-button', () => app.prejoin(meeting));
    on('after-start', () => app.start());
    on('refresh-attendance', () => this.#load());
    on('download-attendance', () => this.#download());
    byId('after-title').textContent = title;
    byId('after-text').textContent = text;
    byId('rejoin-button').hidden = back === null;
    byId('rejoin-button').textContent = back ?? '';
    byId('after-start').hidden = !app.bearer;
    byId('attendance').hidden = !meeting.moderator || ending === 'removed';
    byId('attendance-scroll').hidden = true;
    showScreen('after-screen', title);
    byId('after-title').focus();
    this.#recordings = ending === 'removed' ? null : meetingRecordings('after-recordings', app, meeting);
    if (!byId('attendance').hidden)
      this.#timer = setTimeout(() => this.#load(), FIRST_MS);
    setText(byId('attendance-status'), 'Asking the service…');
  }

  close() {
    this.#listening.abort();
    clearTimeout(this.#timer);
    this.#recordings?.close();
  }

  async #load() {
    const { signal } = this.#listening;
    clearTimeout(this.#timer);
    try {
      const rows = await api.attendance(this.meeting.bearer, this.meeting.link);
      if (!signal.aborted)
        this.#show(rows);
    } catch (error) {
      if (signal.aborted)
        return;
      setText(byId('attendance-status'), `The list could not be loaded: ${error.message}`);
      clearTimeout(this.#timer); // of another failed request
      if (error.passing)
        this.#timer = setTimeout(() => this.#load(), AGAIN_MS);
    }
  }

  /** @param {api.Stay[]} rows */
  #show(rows) {
    const people = new Set(rows.map((row) => row.identity)).size;
    setText(byId('attendance-status'), `${people} ${people === 1 ? 'person' : 'people'}; a row for each stay.`);
    byId('attendance-rows').replaceChildren(...rows.map(attendanceRow));
    byId('attendance-scroll').hidden = rows.length === 0;
  }

  async #download() {
    const { link, bearer } = this.meeting;
    try {
      const address = URL.createObjectURL(await api.attendanceFile(bearer, link));
      const anchor = document.createElement('a');
      anchor.href = address;
      anchor.download = `attendance-${link}.csv`;
      anchor.click();
      setTimeout(() => URL.revokeObjectURL(address), AGAIN_MS);
    } catch (error) {
      if (!this.#listening.signal.aborted)
        setText(byId('attendance-status'), `The file could not be loaded: ${error.message}`);
    }
  }
}

/**
 * @param {App} app
 * @param {Meeting} meeting
 * @param {Ending} ending
 */
export function openAfter(app, meeting, ending) {
  return new AfterScreen(app, meeting, ending);
}
