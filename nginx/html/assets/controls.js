// The call's toolbar, its keyboard shortcuts, the panel of people and the question before leaving.

import { screenSupported } from './devices.js';
import { byId, openDialog, setIcon } from './page.js';
import { recall, remember } from './storage.js';

/** Whether a key press is meant for something else than the call. */
function elsewhere(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.repeat
    || event.target.closest?.('input, select, textarea, [contenteditable]') !== null
    || document.querySelector('dialog[open]') !== null;
}

export class Controls {
  #meeting;
  #actions;
  #listening = new AbortController();

  /** actions: {microphone, camera, screen, invite, record, leave, end, render}, each without arguments. */
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
    for (const dialog of document.querySelectorAll('dialog[open]'))
      dialog.close();
  }

  #listen() {
    const on = (target, type, action) => target.addEventListener(type, action, { signal: this.#listening.signal });
    const click = (id, action) => on(byId(id), 'click', action);
    const actions = this.#actions;
    click('microphone-button', actions.microphone);
    click('camera-button', actions.camera);
    click('screen-button', actions.screen);
    click('stop-sharing', actions.screen);
    click('invite-button', actions.invite);
    click('record-button', actions.record);
    click('people-button', () => this.#showPeople(byId('people-panel').hidden));
    click('close-people', () => this.#showPeople(false));
    click('leave-button', () => (this.#meeting.moderator ? this.askToLeave() : actions.leave()));
    click('leave-cancel', () => byId('leave-dialog').close());
    click('leave-accept', actions.leave);
    click('end-for-all', actions.end);
    on(document, 'keydown', (event) => this.#key(event));
    // Who speaks to the machine, or hits keys by accident, must be able to switch single-key shortcuts off.
    const shortcuts = byId('shortcuts-option');
    shortcuts.checked = recall('shortcuts') ?? true;
    on(shortcuts, 'change', () => remember('shortcuts', shortcuts.checked));
    byId('shortcuts-field').hidden = this.#meeting.watching;
  }

  /** The question before leaving; moderators may also end the meeting. */
  askToLeave() {
    byId('end-for-all').hidden = !this.#meeting.moderator;
    if (!byId('leave-dialog').open)
      openDialog(byId('leave-dialog'));
  }

  #key(event) {
    if (elsewhere(event))
      return;
    if (event.key === 'Escape' && !byId('people-panel').hidden) {
      this.#showPeople(false);
      return;
    }
    const action = { m: this.#actions.microphone, v: this.#actions.camera }[event.key.toLowerCase()];
    if (action && !this.#meeting.watching && byId('shortcuts-option').checked)
      action();
  }

  #showPeople(open) {
    const panel = byId('people-panel');
    const hadFocus = panel.contains(document.activeElement);
    panel.hidden = !open;
    byId('people-button').setAttribute('aria-expanded', open);
    if (open)
      byId('people-title').focus();
    else if (hadFocus)
      byId('people-button').focus();
  }

  /** Shows what is on and off. */
  render({ local, recording, recordable, recordingBusy }) {
    this.#renderSwitch('microphone', local.microphone, `Microphone is ${local.microphone ? 'on' : 'off'} (M)`);
    const forced = local.forcedMute && !local.microphone;
    byId('microphone-button').setAttribute('aria-disabled', forced);
    if (forced)
      byId('microphone-button').title = 'A moderator has muted you';
    this.#renderSwitch('camera', local.camera, `Camera is ${local.camera ? 'on' : 'off'} (V)`);
    byId('screen-button').setAttribute('aria-pressed', local.screen !== null);
    const record = byId('record-button');
    record.hidden = !this.#meeting.moderator || !recordable;
    record.setAttribute('aria-pressed', recording);
    record.setAttribute('aria-disabled', recordingBusy);
    record.title = recording ? 'Stop recording' : 'Record this meeting';
  }

  #renderSwitch(name, on, title) {
    const button = byId(`${name}-button`);
    button.setAttribute('aria-pressed', on);
    button.title = title;
    setIcon(button, on ? name : `${name}-off`);
  }
}
