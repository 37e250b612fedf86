// The screen before the call: finds out whether the meeting can be joined, asks for the name, and shows the preview.

import * as api from './api.js';
import { serviceNow } from './api.js';
import { CallTestButton } from './call-test.js';
import { chime } from './chime.js';
import { wait } from './clock.js';
import { showJoin, showOtherTab, tellModerator, tellState } from './join-form.js';
import { encryptionSupported, keyTextValid } from './meeting-key.js';
import { shownName } from './names.js';
import { findSeat } from './other-tab.js';
import { byId, setHidden, setText, showScreen } from './page.js';
import { permissionHelp, questionOf } from './permission-help.js';
import { Preview } from './preview.js';
import { meetingRecordings } from './recordings-panel.js';
import { CANNOT_DECRYPT, DAMAGED, KEY_MISSING, KEY_USELESS, REFUSED, refusalOf } from './refusals.js';
import { keep, kept, recall, remember } from './storage.js';
import { renderBranding, renderVisit } from './visit.js';
import { Waiting } from './waiting.js';

/** @import { Access } from './api.js' */
/** @import { App } from './main.js' */
/** @import { Meeting } from './meeting.js' */
/** @import { Taken } from './other-tab.js' */
/** @import { Left } from './reentry.js' */
/** @import { Refusal } from './refusals.js' */

/**
 * @typedef {object} Options
 * @property {string} [message]  why an earlier call could not be joined
 * @property {Left} [again]  how the devices were: the person was in the call, and must wait for a moderator now, or has loaded
 *   the page again
 */

const ROLES = {
  moderator: 'You moderate this meeting.',
  publisher: 'Check your camera and microphone, then join.',
  subscriber: 'You join to watch and listen. Nobody sees or hears you.',
};
const QUESTIONS = {
  asking: 'Your browser asks whether this page may use your camera and microphone.',
  granted: 'Your camera and microphone are being opened…',
  unknown: 'Your browser may be asking for your camera and microphone.',
};
const BACK = 'You go back into the call…';
const MUTED = 'A moderator has muted you: your microphone is off until you switch it on.';
const COUNTED_MS = 14 * 86400000; // before a meeting opens, the time until then is shown
// The guests who wait for a meeting to open do not all ask in the same moment.
const SPREAD_MS = 3000;

class PrejoinScreen {
  #app;
  /** @type {Preview | null} */
  #preview = null;
  /** @type {Left | undefined} */
  #wasIn; // until the person has gone back
  /** @type {number | undefined} */
  #opensAt;
  /** @type {Waiting | null} */
  #waiting = null;
  /** @type {ReturnType<typeof meetingRecordings>} */
  #recordings = null;
  /** @type {CallTestButton | null} */
  #callTest = null;
  /** @type {Taken | null} */
  #otherTab = null;
  /** @type {number | undefined} */
  #timer;
  #checks = 0; // only the answer to the last one counts
  #listening = new AbortController();

  /**
   * @param {App} app
   * @param {Meeting | null} meeting  null: the link was damaged
   * @param {Options} [options]
   */
  constructor(app, meeting, { message = '', again } = {}) {
    this.#app = app;
    this.#wasIn = again;
    this.meeting = meeting;
    const { signal } = this.#listening;
    byId('prejoin-retry').addEventListener('click', () => this.#check(), { signal });
    byId('prejoin-test').addEventListener('click', () => this.#showTest(), { signal });
    byId('prejoin-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    }, { signal });
    byId('waiting-stop').addEventListener('click', () => this.#leaveWaiting(), { signal });
    byId('join-without').addEventListener('click', () => this.#joinWithout(), { signal });
    byId('devices-pending').hidden = true;
    byId('join-error').textContent = message;
    this.#showJoin('ready');
    byId('prejoin-form').hidden = true;
    byId('prejoin-notice').hidden = true;
    this.#showRecordings();
    byId('visit').hidden = true;
    showOtherTab(false);
    renderBranding();
    showScreen('prejoin-screen', 'Join');
    this.#check();
  }

  close() {
    this.#listening.abort();
    clearTimeout(this.#timer);
    this.#waiting?.close();
    this.#preview?.close();
    this.#recordings?.close();
    this.#callTest?.close();
    this.#otherTab?.close();
  }

  async #check() {
    clearTimeout(this.#timer);
    if (!this.meeting) {
      this.#refuse(DAMAGED);
      return;
    }
    const check = ++this.#checks;
    const isLast = () => check === this.#checks && !this.#listening.signal.aborted;
    try {
      const answer = await this.meeting.requestToken();
      if (isLast())
        this.#allow(this.meeting, answer);
    } catch (error) {
      if (isLast())
        this.#refuse(refusalOf(error));
    }
    if (isLast())
      this.#showVisit(this.meeting);
    if (isLast())
      this.#showRecordings();
  }

  /** Only the answer to the check says what role a short link is for. */
  #showRecordings() {
    this.#recordings ??= this.meeting && meetingRecordings('prejoin-recordings', this.#app, this.meeting);
  }

  /** @param {Meeting} meeting */
  #showVisit({ visit }) {
    renderVisit(visit, serviceNow());
    renderBranding(visit?.branding);
  }

  /**
   * @param {Meeting} meeting
   * @param {Access} answer
   */
  #allow(meeting, { endToEndEncryption: encrypted }) {
    if (encrypted && !keyTextValid(meeting.key))
      this.#refuse(KEY_MISSING);
    else if (encrypted && !encryptionSupported())
      this.#refuse(CANNOT_DECRYPT);
    else if (!encrypted && meeting.promisesEncryption)
      this.#refuse(KEY_USELESS);
    else
      this.#showForm(meeting, encrypted);
  }

  /** @param {Refusal} refusal */
  #refuse({ icon = 'notice', title, text, opensAt, retryIn, again = false }) {
    byId('prejoin-notice-icon', SVGUseElement).setAttribute('href', `#icon-${icon}`);
    setText(byId('prejoin-notice-title'), title);
    setText(byId('prejoin-notice-text'), text);
    byId('prejoin-retry').hidden = !again;
    if (opensAt === undefined)
      this.#endTest();
    byId('prejoin-test').hidden = opensAt === undefined || this.#testing || Boolean(this.meeting?.watching);
    if (byId('prejoin-notice').hidden) {
      byId('prejoin-notice').hidden = false;
      byId('prejoin-notice-title').focus();
    }
    this.#opensAt = opensAt;
    if (retryIn)
      this.#timer = setTimeout(() => this.#check(), retryIn * 1000);
    this.#countDown();
  }

  // The meeting is not open yet: camera and microphone can be tried.

  get #testing() {
    return this.#preview !== null && byId('prejoin-form').classList.contains('testing');
  }

  #showTest() {
    byId('prejoin-test').hidden = true;
    byId('prejoin-form').className = 'prejoin testing';
    byId('prejoin-form').hidden = false;
    this.#openPreview({ microphone: true, camera: true });
    byId('test-title').focus();
  }

  #endTest() {
    byId('prejoin-form').hidden = true;
    this.#preview?.close();
    this.#preview = null;
  }

  /** @param {{microphone?: boolean, camera?: boolean}} [switches]  others than usual */
  #openPreview({ microphone = !this.meeting?.muted, camera = true } = {}) {
    this.#showDevices(true);
    this.#preview ??= new Preview((pending) => this.#devicesPending(pending), { microphone, camera });
  }

  /** @param {boolean} shown  whether there is anything to see of camera and microphone */
  #showDevices(shown) {
    byId('preview').hidden = !shown;
    byId('device-fields').hidden = !shown;
    if (!shown)
      setHidden('devices-pending', true, 'join-button');
  }

  #countDown() {
    const waits = this.#opensAt !== undefined;
    const left = (this.#opensAt ?? 0) - serviceNow();
    // Long before, the date says more.
    setText(byId('prejoin-countdown'), left > 0 && left < COUNTED_MS ? `Opens in ${wait(left / 1000)}` : '');
    if (left > 0)
      this.#timer = setTimeout(() => this.#countDown(), 1000);
    else if (waits)
      this.#timer = setTimeout(() => this.#check(), Math.random() * SPREAD_MS + 500);
  }

  /**
   * @param {Meeting} meeting
   * @param {boolean} encrypted
   */
  #showForm(meeting, encrypted) {
    byId('prejoin-notice').hidden = true;
    byId('prejoin-form').hidden = false;
    byId('prejoin-form').className = 'prejoin';
    byId('call-test').hidden = meeting.watching;
    this.#callTest ??= new CallTestButton({
      stream: () => this.#preview?.stream ?? null, requestAccess: (participantId) => meeting.requestToken(undefined, participantId),
    });
    byId('prejoin-encrypted').hidden = !encrypted;
    this.#showRole(meeting);
    const input = byId('name-input', HTMLInputElement);
    input.value = meeting.fixedName ?? recall('name') ?? kept('name') ?? '';
    byId('keep-name-field').hidden = meeting.fixedName !== null || kept('name') === undefined;
    byId('keep-name', HTMLInputElement).checked = Boolean(kept('name'));
    const looked = this.#lookForTab(meeting);
    this.#showJoin('ready');
    byId('name-hint').textContent = meeting.fixedName
      ? 'The invitation is for you by name.' : 'The others see it.';
    if (meeting.watching || this.#wasIn?.none)
      this.#showDevices(false);
    else
      this.#openPreview(this.#wasIn);
    (input.value ? byId('join-button') : input).focus({ preventScroll: true });
    if (this.#wasIn)
      this.#goBack(meeting, looked, this.#wasIn);
    this.#wasIn = undefined;
  }

  /** @param {Meeting} meeting */
  #showRole({ muted, role }) {
    byId('prejoin-role').textContent = muted ? MUTED : role ? ROLES[role] : '';
  }

  /**
   * Back into the call, unless the person has gone on in another tab.
   * @param {Meeting} meeting
   * @param {Promise<void>} looked  for that tab
   * @param {Left} left
   */
  async #goBack(meeting, looked, { none = false }) {
    byId('prejoin-role').textContent = BACK;
    await looked;
    if (this.#listening.signal.aborted)
      return;
    if (this.#otherTab)
      this.#stay(meeting);
    else if (none)
      this.#joinWithout();
    else
      this.#submit();
  }

  /**
   * The same person may be in the call in another tab.
   * @param {Meeting} meeting
   */
  async #lookForTab(meeting) {
    const other = await findSeat(meeting);
    if (this.#listening.signal.aborted || this.#waiting) {
      other?.close();
      return;
    }
    this.#otherTab?.close();
    this.#otherTab = other;
    showOtherTab(other !== null);
  }

  /**
   * A question of the browser is easily missed: the page says what to press.
   * @param {boolean} pending
   */
  async #devicesPending(pending) {
    setHidden('devices-pending', !pending, 'join-button');
    if (!pending)
      return;
    const question = await questionOf();
    setText(byId('pending-title'), QUESTIONS[question]);
    setText(byId('pending-help'), question === 'granted' ? '' : permissionHelp(navigator).ask);
  }

  async #submit() {
    if (this.#waiting)
      return;
    this.#showJoin('opening');
    await this.#preview?.settled();
    if (this.#listening.signal.aborted || this.#waiting)
      return;
    this.#showJoin('ready');
    this.#knock();
  }

  /** Takes no device, also none that is open already or opens later. */
  #joinWithout() {
    if (this.#name() === null)
      return;
    this.#preview?.close();
    this.#preview = null;
    this.#showDevices(false);
    this.#knock();
  }

  /** The name; null: it is missing, and the page has said so. */
  #name() {
    const name = shownName(byId('name-input', HTMLInputElement).value);
    if (name)
      return name;
    byId('name-input', HTMLInputElement).value = '';
    byId('name-input', HTMLInputElement).reportValidity();
    return null;
  }

  // The waiting room. The preview stays, so that devices can be set up.

  /** Joins, after waiting for a moderator if that is needed. */
  #knock() {
    const { meeting } = this;
    const name = this.#name();
    if (name === null || !meeting || this.#waiting)
      return;
    if (!meeting.fixedName)
      this.#rememberName(name);
    if (this.#otherTab?.guest)
      meeting.guest = this.#otherTab.guest;
    this.#showJoin('asking');
    const waiting = new Waiting({ base: api.base, request: () => meeting.requestToken(name) });
    let waited = false;
    this.#waiting = waiting;
    waiting.addEventListener('waiting', ({ detail: { answer } }) => {
      this.#showJoin('waiting', answer);
      if (!waited)
        byId('waiting').focus();
      waited = true;
    });
    waiting.addEventListener('moderator', ({ detail: { isThere } }) => tellModerator(isThere));
    waiting.addEventListener('admitted', () => {
      if (waited)
        chime();
      this.#otherTab?.take();
      this.#otherTab = null;
      this.#join(meeting, name);
    });
    waiting.addEventListener('trying', ({ detail: { error } }) => {
      const { title, text } = refusalOf(error);
      tellState(`${title}. ${text}`);
    });
    waiting.addEventListener('refused', () => this.#giveUp(REFUSED));
    waiting.addEventListener('failed', ({ detail: { error } }) => this.#giveUp(refusalOf(error)));
    waiting.start();
  }

  #leaveWaiting() {
    this.#stopWaiting();
    if (this.meeting)
      this.#stay(this.meeting);
  }

  /**
   * The person does not go on into the call.
   * @param {Meeting} meeting
   */
  #stay(meeting) {
    this.#showRole(meeting);
    if (!meeting.watching)
      this.#openPreview();
  }

  /** @param {string} name */
  #rememberName(name) {
    remember('name', name);
    keep('name', byId('keep-name', HTMLInputElement).checked ? name : undefined);
  }

  #stopWaiting() {
    this.#waiting?.close();
    this.#waiting = null;
    this.#showJoin('ready');
    byId('join-button').focus();
  }

  /** @param {Refusal} reason */
  #giveUp(reason) {
    this.#stopWaiting();
    this.#refuse(reason);
  }

  /**
   * @param {'ready' | 'opening' | 'asking' | 'waiting'} state
   * @param {Access} [answer]
   */
  #showJoin(state, answer) {
    showJoin(state, { fixedName: Boolean(this.meeting?.fixedName), waitingSince: answer?.waitingSince });
  }

  /**
   * @param {Meeting} meeting
   * @param {string} name
   */
  #join(meeting, name) {
    this.#showJoin('asking'); // also while the call screen is fetched
    const devices = this.#preview?.release() ?? { stream: null, otherDevices: {} };
    this.#preview = null;
    this.#app.call(meeting, { name, ...devices });
  }
}

/**
 * @param {App} app
 * @param {Meeting | null} meeting
 * @param {Options} [options]
 */
export function openPrejoin(app, meeting, options) {
  return new PrejoinScreen(app, meeting, options);
}
