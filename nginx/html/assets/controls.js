// The call's toolbar, the panel of people and the question before leaving. What is rarely needed is in the menu (more-menu.js).

import { screenSupported } from './devices.js';
import { openDialog } from './dialog.js';
import { byId, setIcon, setText } from './page.js';
import { recall, remember } from './storage.js';

/** @import { Meeting } from './meeting.js' */
/** @import { Local } from './room.js' */

/** @typedef {Record<'microphone' | 'camera' | 'screen' | 'invite' | 'record' | 'leave' | 'end', () => void>} Actions */

export class Controls {
  #meeting;
  #actions;
  #listening = new AbortController();

  /**
   * @param {Meeting} meeting
   * @param {Actions} actions
   */
  constructor(meeting, actions) {
    this.#meeting = meeting;
    this.#actions = actions;
    this.#listen();
    this.#showPeople(false);
    const send = !meeting.watching;
    byId('microphone-button').hidden = !send;
    byId('camera-button').hidden = !send;
    byId('screen-button').hidden = !send || !screenSupported();
    byId('invite-button').hidden = meeting.shareLink === null;
  }

  close() {
    this.#listening.abort();
    for (const dialog of document.querySelectorAll('dialog'))
      dialog.close();
  }

  #listen() {
    const { signal } = this.#listening;
    /** @type {(id: string, action: () => void) => void} */
    const click = (id, action) => byId(id).addEventListener('click', action, { signal });
    const actions = this.#actions;
    click('microphone-button', actions.microphone);
    click('camera-button', actions.camera);
    click('screen-button', actions.screen);
    click('stop-sharing', actions.screen);
    click('invite-button', actions.invite);
    click('record-button', actions.record);
    click('people-button', () => this.#showPeople(byId('people-panel').hidden !== false));
    click('close-people', () => this.#showPeople(false));
    click('leave-button', () => (this.#meeting.moderator ? this.askToLeave() : actions.leave()));
    click('leave-cancel', () => byId('leave-dialog', HTMLDialogElement).close());
    click('leave-accept', actions.leave);
    click('end-for-all', actions.end);
    // People who dictate, or who hit keys by accident, need a way to switch single-key shortcuts off.
    const shortcuts = byId('shortcuts-option', HTMLInputElement);
    shortcuts.checked = recall('shortcuts') ?? true;
    shortcuts.addEventListener('change', () => remember('shortcuts', shortcuts.checked), { signal });
  }

  /** Asks before leaving. Moderators can also end the meeting. */
  askToLeave() {
    byId('end-for-all').hidden = !this.#meeting.moderator;
    if (!byId('leave-dialog', HTMLDialogElement).open)
      openDialog(byId('leave-dialog', HTMLDialogElement));
  }

  /** Whether the person wants single keys to do something. */
  get keysAreOn() {
    return byId('shortcuts-option', HTMLInputElement).checked;
  }

  /** Closes the panel of people. */
  hidePeople() {
    this.#showPeople(false);
  }

  /** Opens the panel of people. */
  showPeople() {
    this.#showPeople(true);
  }

  /** @param {boolean} open */
  #showPeople(open) {
    const panel = byId('people-panel');
    const hadFocus = panel.contains(document.activeElement);
    panel.hidden = !open;
    byId('people-button').setAttribute('aria-expanded', String(open));
    if (open)
      byId('people-title').focus();
    else if (hadFocus)
      byId('people-button').focus();
  }

  /**
   * Shows what is on and off.
   * @param {{local: Local, recording: boolean, recordable: boolean, recordingBusy: boolean}} call
   */
  render({ local, recording, recordable, recordingBusy }) {
    this.#renderSwitch('microphone', local.microphone, `Microphone is ${local.microphone ? 'on' : 'off'} (M)`);
    const forced = local.forcedMute && !local.microphone;
    byId('microphone-button').setAttribute('aria-disabled', String(forced));
    if (forced)
      byId('microphone-button').title = 'A moderator has muted you';
    this.#renderSwitch('camera', local.camera, `Camera is ${local.camera ? 'on' : 'off'} (V)`);
    byId('screen-button').setAttribute('aria-pressed', String(local.screen !== null));
    const record = byId('record-button');
    record.hidden = !this.#meeting.moderator || !recordable;
    record.setAttribute('aria-disabled', String(recordingBusy));
    setText(byId('record-text'), recording ? 'Stop recording' : 'Record');
  }

  /**
   * @param {'microphone' | 'camera'} name
   * @param {boolean} on
   * @param {string} title
   */
  #renderSwitch(name, on, title) {
    const button = byId(`${name}-button`);
    button.setAttribute('aria-pressed', String(on));
    button.title = title;
    setIcon(button, on ? name : `${name}-off`);
  }
}
