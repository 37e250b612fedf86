// What the service says about the meeting while we are in it: who is in it, and whether it is being recorded. The feed
// asks every 3 s while the room is joined, and sooner while a person in the room is not in the last answer.
//
//   const feed = new MeetingFeed({ meeting, room });
//   feed.attendees · feed.recording      as the service said last
//   feed.refresh()                       asks now
//   feed.refreshSoon(unlisted)           asks soon if a person in the room is not among the attendees (unlisted: true)
//   feed.setRecording(recording)         this page has started or stopped the recording
//   feed.close()
//
// Events: 'list' (detail: { first }) there is a new list of attendees; first: since we have joined or rejoined.
//         'recording' it has started or stopped.
import * as api from './api.js';
import { Emitter } from './emitter.js';

/** @import { Attendee } from './api.js' */
/** @import { Meeting } from './meeting.js' */
/** @import { Room } from './room.js' */

const INTERVAL = 3000; // ms
// The service hears of a new person a moment after this page does. The page asks soon, then later and later.
const SOON = 300; // ms

/** @extends {Emitter<{list: {first: boolean}, recording: undefined}>} */
export class MeetingFeed extends Emitter {
  /** @type {Attendee[]} */
  attendees = [];
  recording = false;
  #meeting;
  #room;
  #first = true; // no list has come since we have joined or rejoined
  #asking = false;
  #askAgain = false; // refresh() came while an answer was on its way
  #closed = false;
  #recordingChanges = 0; // by this page: an answer to an earlier request does not know of them
  #interval;
  /** @type {number | undefined} */
  #soon;
  #delay = SOON;

  /** @param {{meeting: Meeting, room: Room}} options */
  constructor({ meeting, room }) {
    super();
    this.#meeting = meeting;
    this.#room = room;
    this.#interval = setInterval(() => this.#ask(), INTERVAL);
    room.addEventListener('state', ({ detail: { state } }) => {
      if (state !== 'joined') return;
      this.#first = true;
      this.refresh();
    });
  }

  close() {
    this.#closed = true;
    clearInterval(this.#interval);
    clearTimeout(this.#soon);
  }

  refresh() {
    if (this.#asking) this.#askAgain = true;
    else this.#ask();
  }

  /** @param {boolean} unlisted */
  refreshSoon(unlisted) {
    if (!unlisted) {
      this.#delay = SOON;
      return;
    }
    if (this.#soon !== undefined) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.refresh();
    }, this.#delay * (0.5 + Math.random()));
    this.#delay = Math.min(this.#delay * 2, INTERVAL);
  }

  /** @param {boolean} recording */
  setRecording(recording) {
    this.#recordingChanges++;
    this.#useRecording(recording);
  }

  // One request at a time: with several, an old answer could come after a newer one.
  async #ask() {
    if (this.#asking || this.#closed || this.#room.state !== 'joined' || this.#room.lastsUntil !== null) return;
    this.#asking = true;
    const changes = this.#recordingChanges;
    try {
      const { attendees, recording } = await api.activeAttendees(this.#room.bearer, this.#meeting.link);
      if (!this.#closed) this.#use(attendees, changes === this.#recordingChanges ? recording : this.recording);
    } catch (error) {
      // Other errors pass, and the room itself notices the end of the meeting.
      if (error.status === 401 && !this.#closed) await this.#room.renew();
    } finally {
      this.#asking = false;
    }
    if (!this.#askAgain) return;
    this.#askAgain = false;
    this.#ask();
  }

  /**
   * @param {Attendee[]} attendees
   * @param {boolean} recording
   */
  #use(attendees, recording) {
    const first = this.#first;
    this.#first = false;
    this.attendees = attendees;
    this.emit('list', { first });
    this.#useRecording(recording);
  }

  /** @param {boolean} recording */
  #useRecording(recording) {
    if (recording === this.recording) return;
    this.recording = recording;
    this.emit('recording');
  }
}
