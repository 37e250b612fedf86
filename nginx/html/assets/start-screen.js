// The start screen: asks for an access token if there is none, creates a meeting, and shows the links to share.

import { createInvite, createMeeting } from './api.js';
import { localTime } from './clock.js';
import { copyFrom } from './copy.js';
import { codeOf } from './link.js';
import { encryptionSupported, newKeyText } from './meeting-key.js';
import { Meeting } from './meeting.js';
import { byId, setText, showScreen } from './page.js';
import { RecordingsPanel } from './recordings-panel.js';
import { permits } from './recordings.js';

/** @import { ServiceError } from './api.js' */
/** @import { App } from './main.js' */

/**
 * A meeting's fields, as the form has them.
 * @typedef {object} Wanted
 * @property {boolean} isScheduled
 * @property {string} [scheduleTime]
 * @property {boolean} endToEndEncryption
 * @property {boolean} enableArchiving
 */

/** @typedef {{meeting: Meeting, wanted: Wanted}} Created */

const HOUR_MS = 3600 * 1000;

/**
 * A date in the format of <input type="datetime-local">.
 * @param {number} date  epoch milliseconds
 */
function fieldTime(date) {
  return new Date(date - new Date(date).getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

class StartScreen {
  #app;
  /** @type {Created | null} */
  #created = null;
  /** @type {RecordingsPanel | null} */
  #recordings = null;
  #listening = new AbortController();

  /** @param {App} app */
  constructor(app) {
    this.#app = app;
    this.#listen();
    this.#prepareForm();
    this.#render();
    showScreen('start-screen', 'Start a meeting');
  }

  close() {
    this.#listening.abort();
    this.#recordings?.close();
  }

  #listen() {
    /** @type {(id: string, type: keyof HTMLElementEventMap, action: (event: Event) => void) => void} */
    const on = (id, type, action) => byId(id).addEventListener(type, action, { signal: this.#listening.signal });
    on('bearer-form', 'submit', (event) => this.#takeBearer(event));
    on('create-form', 'submit', (event) => this.#create(event));
    on('create-form', 'change', () => this.#renderForm());
    on('schedule-time', 'input', () => this.#renderForm());
    on('forget-bearer', 'click', () => this.#forgetBearer(''));
    on('copy-created-link', 'click', () => copyFrom('created-link', 'copy-created-link'));
    on('copy-watch-link', 'click', () => copyFrom('watch-link', 'copy-watch-link'));
    on('copy-created-own-link', 'click', () => copyFrom('created-own-link', 'copy-created-own-link'));
    on('make-watch-link', 'click', () => this.#makeWatchLink());
    on('go-to-meeting', 'click', () => this.#created && this.#app.enter(this.#created.meeting));
    on('create-another', 'click', () => this.#another());
  }

  #prepareForm() {
    byId('create-form', HTMLFormElement).reset();
    byId('create-error').textContent = '';
    byId('created-error').textContent = '';
    byId('schedule-time', HTMLInputElement).value = fieldTime(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS);
    byId('schedule-time', HTMLInputElement).min = fieldTime(Date.now());
    this.#renderForm();
  }

  /** @param {Event} event */
  #takeBearer(event) {
    event.preventDefault();
    this.#app.bearer = byId('bearer-input', HTMLInputElement).value.trim().replace(/^.*#token=/, ''); // or a whole link
    byId('bearer-input', HTMLInputElement).value = '';
    this.#render();
    byId('start-title').focus();
  }

  /** @param {string} reason */
  #forgetBearer(reason) {
    this.#app.bearer = undefined;
    this.#render();
    byId('bearer-error').textContent = reason;
    byId('bearer-input').focus();
  }

  /** @param {Event} event */
  async #create(event) {
    event.preventDefault();
    const { signal } = this.#listening;
    const button = byId('create-button', HTMLButtonElement);
    byId('create-error').textContent = '';
    button.disabled = true;
    try {
      const created = await this.#createWithInvites(this.#readForm());
      if (signal.aborted)
        return;
      this.#created = created;
      this.#render();
      byId('created-title').focus();
    } catch (error) {
      if (signal.aborted)
        return;
      if (error.status === 401)
        this.#forgetBearer(`The access token was not accepted: ${error.message}`);
      else
        byId('create-error').textContent = this.#errorText(error);
    } finally {
      button.disabled = false;
    }
  }

  #readForm() {
    const scheduled = byId('when-later', HTMLInputElement).checked;
    return {
      isScheduled: scheduled,
      ...(scheduled && { scheduleTime: new Date(byId('schedule-time', HTMLInputElement).value).toISOString() }),
      endToEndEncryption: byId('encrypt-option', HTMLInputElement).checked,
      enableArchiving: byId('record-option', HTMLInputElement).checked,
    };
  }

  /**
   * The creator gets an invite as moderator; the invite for guests has no name.
   * @param {Wanted} wanted
   * @returns {Promise<Created>}
   */
  async #createWithInvites(wanted) {
    const { bearer = '' } = this.#app;
    const link = await createMeeting(bearer, wanted);
    const [own, guests] = await Promise.all([
      createInvite(bearer, link, { role: 'moderator' }), createInvite(bearer, link, { role: 'publisher' }),
    ]);
    const meeting = new Meeting(link);
    meeting.adopt({ invite: own.token, code: codeOf(own.url), key: wanted.endToEndEncryption ? newKeyText() : undefined });
    meeting.shareUrl = guests.url;
    return { meeting, wanted };
  }

  async #makeWatchLink() {
    if (!this.#created)
      return;
    const { meeting } = this.#created;
    byId('created-error').textContent = '';
    try {
      const invite = await createInvite(this.#app.bearer ?? '', meeting.link, { role: 'subscriber' });
      meeting.watchUrl = invite.url;
      this.#render();
      byId('copy-watch-link').focus();
    } catch (error) {
      byId('created-error').textContent = this.#errorText(error);
    }
  }

  /** @param {ServiceError} error */
  #errorText(error) {
    const faults = error.details?.map((fault) => fault.message).filter(Boolean) ?? [];
    return [error.message, ...faults].join(' ');
  }

  #another() {
    this.#created = null;
    this.#prepareForm();
    this.#render();
    byId('start-title').focus();
  }

  #render() {
    const bearer = Boolean(this.#app.bearer);
    byId('bearer-error').textContent = '';
    byId('bearer-form').hidden = bearer;
    byId('create-form').hidden = !bearer || this.#created !== null;
    byId('created').hidden = this.#created === null;
    if (this.#created)
      this.#renderCreated(this.#created);
    this.#renderRecordings();
  }

  #renderRecordings() {
    const allowed = permits(this.#app.bearer, 'GetMeetingArchives');
    if (!allowed)
      this.#recordings?.close();
    if (!allowed || !this.#recordings)
      this.#recordings = allowed ? new RecordingsPanel(byId('start-recordings'), {
        bearer: () => this.#app.bearer ?? '', operator: this.#app.bearer,
      }) : null;
  }

  #renderForm() {
    const scheduled = byId('when-later', HTMLInputElement).checked;
    const encrypt = byId('encrypt-option', HTMLInputElement);
    const record = byId('record-option', HTMLInputElement);
    byId('schedule-field').hidden = !scheduled;
    byId('schedule-time', HTMLInputElement).required = scheduled;
    const time = byId('schedule-time', HTMLInputElement).value;
    setText(byId('schedule-hint'), time ? `${localTime(time)}, your time` : '');
    // The service cannot record what only the guests can decrypt.
    encrypt.disabled = record.checked || !encryptionSupported();
    record.disabled = encrypt.checked;
    if (!encryptionSupported())
      setText(byId('encrypt-hint'), 'This browser cannot encrypt calls.');
  }

  /** @param {Created} created */
  #renderCreated({ meeting, wanted }) {
    const when = wanted.scheduleTime ? `It is scheduled for ${localTime(wanted.scheduleTime)}.` : 'It is open now.';
    byId('created-when').textContent = when;
    byId('created-link', HTMLInputElement).value = meeting.shareLink ?? '';
    byId('created-hint').textContent = meeting.key
      ? 'The link carries the key: send it whole, and only to people you trust.'
      : 'Everybody who has it can join, speak and be seen.';
    byId('make-watch-link').hidden = meeting.watchLink !== null;
    byId('watch-link-field').hidden = meeting.watchLink === null;
    byId('watch-link', HTMLInputElement).value = meeting.watchLink ?? '';
    byId('created-own-link', HTMLInputElement).value = meeting.ownLink;
  }
}

/** @param {App} app */
export function openStart(app) {
  return new StartScreen(app);
}
