// What moderators do: mute, remove, readmit, record, end. Each is a request to the service; a failed one is shown here.

import * as api from './api.js';
import { ask } from './dialog.js';
import { nameInText } from './names.js';
import { notify, worked } from './notices.js';

/** @import { Meeting } from './meeting.js' */

/** @typedef {'mute' | 'unmute' | 'remove' | 'readmit' | 'admit' | 'refuse'} Action  on a person */
/** @typedef {{attendee: string, name: string}} Subject */

export class Moderation {
  #meeting;
  #onChange;
  #busy = false;

  /**
   * @param {Meeting} meeting
   * @param {() => void} onChange  something here has changed and must be rendered
   */
  constructor(meeting, onChange) {
    this.#meeting = meeting;
    this.#onChange = onChange;
  }

  /** Whether a recording is just being started or stopped. */
  get recordingBusy() { return this.#busy; }

  /**
   * One of the list's actions on a person.
   * @param {Action} action
   * @param {Subject} person
   */
  act(action, person) {
    switch (action) {
      case 'mute': return this.#mute(person, true);
      case 'unmute': return this.#mute(person, false);
      case 'remove': return this.#remove(person);
      default: return this.#readmit(person);
    }
  }

  /**
   * @param {Subject} person
   * @param {boolean} muted
   */
  async #mute(person, muted) {
    const { attendee } = person;
    const name = nameInText(person.name);
    const { bearer, link } = this.#meeting;
    const what = muted ? `Muting ${name}` : `Letting ${name} speak`;
    if (!await worked(what, () => api.muteAttendee(bearer, link, attendee, muted)))
      return;
    notify(muted ? `You have muted ${name}.` : `${name} may speak again.`);
  }

  /** @param {Subject} person */
  async #remove(person) {
    const { attendee } = person;
    const name = nameInText(person.name);
    const sure = await ask({
      title: 'Remove this person?', accept: 'Remove', danger: true,
      text: `${name} leaves the meeting at once and cannot come back until you readmit them.`,
    });
    const { bearer, link, removed } = this.#meeting;
    if (!sure || !await worked(`Removing ${name}`, () => api.removeAttendee(bearer, link, attendee)))
      return;
    this.#meeting.removed = { ...removed, [attendee]: person.name };
    notify(`${name} was removed.`);
    this.#onChange();
  }

  /** @param {Subject} person */
  async #readmit(person) {
    const { attendee } = person;
    const name = nameInText(person.name);
    const { bearer, link } = this.#meeting;
    if (!await worked(`Readmitting ${name}`, () => api.readmitAttendee(bearer, link, attendee)))
      return;
    this.#meeting.removed = Object.fromEntries(
      Object.entries(this.#meeting.removed).filter(([other]) => other !== attendee));
    notify(`${name} may join again.`);
    this.#onChange();
  }

  /**
   * Starts or stops recording; resolves to whether it was done.
   * @param {boolean} on
   */
  async record(on) {
    if (this.#busy)
      return false;
    const { bearer, link } = this.#meeting;
    this.#busy = true;
    this.#onChange();
    const done = await worked(on ? 'Recording' : 'Stopping the recording', async () => {
      try {
        await (on ? api.startRecording(bearer, link) : api.stopRecording(bearer, link));
      } catch (error) {
        // Another moderator was faster: the meeting is being recorded.
        if (!on || error.status !== 409)
          throw error;
      }
    });
    this.#busy = false;
    this.#onChange();
    return done;
  }

  /**
   * Ends the meeting for everybody, after asking; resolves to whether it was done.
   * @param {number} count  people in the meeting
   */
  async end(count) {
    const others = count - 1;
    const sure = await ask({
      title: 'End the meeting for everybody?', accept: 'End for all', danger: true,
      text: `${others > 0 ? `You and ${others} other${others > 1 ? 's' : ''} leave the meeting. ` : ''}`
        + 'Its links stop working for good.',
    });
    const { bearer, link } = this.#meeting;
    return sure && worked('Ending the meeting', async () => {
      try {
        await api.endMeeting(bearer, link);
      } catch (error) {
        if (error.code !== 'MEETING_ENDED')
          throw error;
      }
    });
  }
}
