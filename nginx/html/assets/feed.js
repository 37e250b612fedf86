// What the service says about the meeting while we are in it: who is in it, who waits, who may come in, and whether it
// is being recorded. Events come through the signalling gate as they happen. What is missing is fetched: after a gap,
// after a moment that is random, so that not all pages ask at once; and every 30 s, should the gate tell nothing.
//
//   const feed = new MeetingFeed({ meeting, room });
//   feed.attendees · feed.recording · feed.access      as the service said last; access: '' until it is known
//   feed.waiting                         Waiter[]: the people who wait; only a moderator's page knows them
//   feed.lost                            Map: the pages that have lost their connection, participant id -> attendee
//   feed.refresh()                       asks for the list now
//   feed.refreshSoon(unlisted)           asks soon if a person in the room is not among the attendees (unlisted: true)
//   feed.setRecording(recording)         this page has started or stopped the recording, or an event says so
//   feed.close()
//
// Events: 'list' (detail: { first }) the attendees have changed; first: a list came since we have joined or rejoined.
//         'waiting' (detail: { came }) who waits has changed; came: a person who waits now. The page asks for a
//                   name after the first request: without one a person is not yet told of.
//         'recording' it has started or stopped. 'recordings' there is news of a recording. 'access' it is known, or has changed.
//         'recordingFault' (detail: { reason }) a recording does not work, for moderators; null: it works again.
import * as api from './api.js';
import { Emitter } from './emitter.js';
import { LiveList } from './live-list.js';

/** @import { Attendee } from './api.js' */
/** @import { Meeting } from './meeting.js' */
/** @import { Room } from './room.js' */
/** @import { MeetingEvent } from './signalling.js' */

/** @typedef {{attendee: string, name: string | null, verified: boolean, since: string}} Waiter */
/** @typedef {{list: {first: boolean}, waiting: {came: Waiter | null}, recording: undefined, recordings: undefined, access: undefined,
 *   recordingFault: {reason: string | null}}} Events */

const SAFETY = 30000; // ms between two looks for events that the gate has not told
const GAP_SPREAD = 2000; // ms
const RETRY = 3000; // ms after a failed request for the list
// The service hears of a new person a moment after this page does. The page asks soon, then later and later.
const SOON = 300; // ms
const SOON_MAX = 3000; // ms

/**
 * The list after a person has come. Of people who send, the service's list alone says which pictures are theirs: they are not added.
 * @param {Attendee[]} list
 * @param {{attendee: string, name: string | null, verified: boolean, role: Attendee['role']}} person
 * @param {string} at
 */
function listWith(list, { attendee, name, verified, role }, at) {
  const known = list.find((one) => one.attendee === attendee);
  if (!known && role !== 'subscriber') return list;
  const person = { joinedOn: at, connections: 1, ...known, attendee, name, verified, role };
  return [...list.filter((one) => one !== known), person];
}

/**
 * The list after a person has come to wait, or has said their name while they wait.
 * @param {Waiter[]} list
 * @param {Waiter} person
 */
function waitersWith(list, person) {
  const known = list.find(({ attendee }) => attendee === person.attendee);
  return known ? list.map((one) => (one === known ? { ...one, ...person, since: one.since } : one)) : [...list, person];
}

/**
 * @param {{attendee: string}[]} list
 * @param {string} attendee
 */
const has = (list, attendee) => list.some((one) => one.attendee === attendee);

/**
 * @template {{attendee: string}} Person
 * @param {Person[]} list
 * @param {string} attendee
 */
const listWithout = (list, attendee) => (has(list, attendee) ? list.filter((one) => one.attendee !== attendee) : list);

/** @extends {Emitter<Events>} */
export class MeetingFeed extends Emitter {
  /** @type {Map<string, string>} */
  lost = new Map();
  recording = false;
  access = '';
  #meeting;
  #room;
  #seen = -1; // seq of the last event that was for us; -1: none yet
  #first = true; // no list has come since we have joined or rejoined
  #asking = false;
  #askAgain = false; // refresh() came while an answer was on its way
  /** @type {LiveList<Attendee>} */
  #attendees = new LiveList();
  /** @type {LiveList<Waiter>} */
  #waiting = new LiveList();
  #fetching = false;
  #closed = false;
  #recordingChanges = 0; // by this page and by events: an answer to an earlier request does not know of them
  #safety;
  /** @type {number | undefined} */
  #gap;
  /** @type {number | undefined} */
  #soon;
  #delay = SOON;
  /** @type {number | undefined} */
  #waitingRetry;

  /** @param {{meeting: Meeting, room: Room}} options */
  constructor({ meeting, room }) {
    super();
    this.#meeting = meeting;
    this.#room = room;
    this.#safety = setInterval(() => this.#fetch(), SAFETY);
    room.addEventListener('event', ({ detail }) => this.#take(detail.event));
    room.addEventListener('back', () => this.#fetchSoon());
    room.addEventListener('state', ({ detail: { state } }) => state === 'joined' && this.#joined());
  }

  get attendees() {
    return this.#attendees.items;
  }

  get waiting() {
    return this.#waiting.items;
  }

  close() {
    this.#closed = true;
    clearInterval(this.#safety);
    clearTimeout(this.#gap);
    clearTimeout(this.#soon);
    clearTimeout(this.#waitingRetry);
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
    this.#askIn(this.#delay * (0.5 + Math.random()));
    this.#delay = Math.min(this.#delay * 2, SOON_MAX);
  }

  /** @param {boolean} recording */
  setRecording(recording) {
    this.#recordingChanges++;
    this.#showRecording(recording);
  }

  get #isIn() {
    return !this.#closed && this.#room.state === 'joined' && this.#room.lastsUntil === null;
  }

  #joined() {
    this.#first = true;
    this.#seen = Math.max(this.#seen, this.#room.eventSeq);
    this.refresh();
    this.#setAccess(this.#room.access);
    if (this.#meeting.moderator) this.#askModerator();
  }

  // ---- the list ----

  /** @param {number} delay  ms */
  #askIn(delay) {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.refresh();
    }, delay);
  }

  // One request at a time: with several, an old answer could come after a newer one.
  async #ask() {
    if (this.#asking || !this.#isIn) return;
    this.#asking = true;
    try {
      await this.#load();
    } catch (error) {
      await this.#failed(error);
    } finally {
      this.#asking = false;
    }
    if (!this.#askAgain) return;
    this.#askAgain = false;
    this.#ask();
  }

  async #load() {
    const changes = this.#recordingChanges;
    let recording = false;
    await this.#attendees.load(async () => {
      const answer = await api.activeAttendees(this.#room.bearer, this.#meeting.link);
      ({ recording } = answer);
      return this.#closed ? null : answer.attendees;
    });
    if (this.#closed) return;
    this.emit('list', { first: this.#first });
    this.#first = false;
    if (changes === this.#recordingChanges) this.#showRecording(recording);
  }

  /** @param {{status?: number}} error  the room itself notices the end of the meeting */
  async #failed({ status }) {
    if (this.#closed) return;
    if (status === 401) await this.#room.renew();
    else this.#askIn(RETRY * (0.5 + Math.random() / 2));
  }

  /** @param {(list: Attendee[]) => Attendee[]} change */
  #change(change) {
    if (this.#attendees.change(change)) this.emit('list', { first: false });
  }

  /** @param {boolean} recording */
  #showRecording(recording) {
    if (recording === this.recording) return;
    this.recording = recording;
    this.emit('recording');
  }

  // Moderators alone see who waits.
  async #askModerator() {
    const { bearer, link } = this.#meeting;
    const known = new Set(this.waiting.map(({ attendee }) => attendee));
    clearTimeout(this.#waitingRetry);
    try {
      await this.#waiting.load(async () => {
        const waiting = await api.waitingAttendees(bearer, link);
        return waiting.map(({ attendee, name, verified, waitingSince: since = '' }) => ({ attendee, name, verified, since }));
      });
    } catch {
      if (!this.#closed) this.#waitingRetry = setTimeout(() => this.#askModerator(), RETRY);
      return;
    }
    if (this.#closed) return;
    const came = this.waiting.find(({ attendee, name }) => name && !known.has(attendee)) ?? null;
    this.emit('waiting', { came });
  }

  /** @param {string} access */
  #setAccess(access) {
    this.access = access;
    this.emit('access');
  }

  // ---- events ----

  /**
   * An event may come after a gap: then all since the last one are fetched, with it among them.
   * @param {MeetingEvent} event
   */
  #take(event) {
    const { seq, after } = event;
    if (seq === undefined || (after !== undefined && this.#seen >= 0 && after > this.#seen)) {
      if (seq !== undefined) this.#fetchSoon();
      return;
    }
    if (seq <= this.#seen) return;
    this.#seen = seq;
    this.#apply(event);
  }

  #fetchSoon() {
    this.#gap ??= setTimeout(() => {
      this.#gap = undefined;
      this.#fetch();
    }, Math.random() * GAP_SPREAD);
  }

  async #fetch() {
    if (this.#fetching || !this.#isIn || this.#seen < 0) return;
    this.#fetching = true;
    const after = this.#seen;
    try {
      const { events, upTo } = await api.events(this.#meeting.bearer, this.#meeting.link, after);
      for (const event of events) this.#take({ ...event, after: undefined });
      this.#seen = Math.max(this.#seen, upTo);
      if (upTo > after) this.#fetchSoon(); // there may be more
    } catch (error) {
      if (error.status === 401 && !this.#closed) await this.#room.renew();
    } finally {
      this.#fetching = false;
    }
  }

  /** @param {MeetingEvent} event */
  #apply({ type, data, at = '' }) {
    if (type.startsWith('recording.'))
      this.emit('recordings');
    switch (type) {
      case 'attendee.joined':
        this.#came(data, at);
        break;
      case 'attendee.lost':
        this.#pageChanged(() => this.lost.set(data.participantId, data.attendee));
        break;
      case 'attendee.back':
        this.#pageChanged(() => this.lost.delete(data.participantId));
        break;
      case 'attendee.left':
      case 'attendee.removed':
        this.#gone(data.attendee);
        this.#decided(data.attendee);
        break;
      case 'attendee.waiting':
        this.#waits({ attendee: data.attendee, name: data.name, verified: data.verified, since: at });
        break;
      case 'attendee.admitted':
      case 'attendee.refused':
        this.#decided(data.attendee);
        break;
      case 'meeting.edited':
        this.#setAccess(data.access);
        break;
      case 'recording.started':
      case 'recording.stopped':
        this.setRecording(type === 'recording.started');
        break;
      case 'recording.failed':
        this.emit('recordingFault', { reason: data.reason });
        break;
      case 'recording.recovered':
        this.emit('recordingFault', { reason: null });
        break;
      default:
    }
  }

  /**
   * @param {{attendee: string, name: string | null, verified: boolean, role: Attendee['role']}} person
   * @param {string} at
   */
  #came(person, at) {
    if (person.role !== 'subscriber' && !has(this.attendees, person.attendee)) this.#askIn(Math.random() * SOON);
    this.#change((list) => listWith(list, person, at));
  }

  /** @param {() => void} change  of the lost pages */
  #pageChanged(change) {
    change();
    this.emit('list', { first: false });
  }

  /** @param {string} attendee */
  #gone(attendee) {
    for (const [participantId, of] of this.lost)
      if (of === attendee) this.lost.delete(participantId);
    this.#change((list) => listWithout(list, attendee));
  }

  /** @param {Waiter} person */
  #waits(person) {
    const known = this.waiting.find(({ attendee }) => attendee === person.attendee);
    this.#waiting.change((list) => waitersWith(list, person));
    this.emit('waiting', { came: person.name && !known?.name ? person : null });
  }

  /** @param {string} attendee  who waits no more */
  #decided(attendee) {
    if (this.#waiting.change((list) => listWithout(list, attendee))) this.emit('waiting', { came: null });
  }
}
