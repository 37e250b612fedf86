// Who is in the room and what they do, put together from what Janus tells.
//
// Janus does not tell that somebody's microphone or camera is off: the track is still there, silent or black. So each
// page says it itself, in the participant's display text: {"name":"Ann","audio":true,"video":false}. That is the one
// thing which reaches everybody: participants get an event when it changes, those who join later find it in the list,
// and so do viewers, who get no events and ask for the list every 2 s. It is a hint and no more, like the name in it;
// what a moderator enforces is told by Janus (event `moderation`, or `moderated` in the list) and counts as well.

/** @import { Kind } from './frame-crypto.js' */
/** @import { Quality } from './quality.js' */
/** @import { Receivers } from './subscription.js' */

/** @typedef {{name: string, audio: boolean, video: boolean}} Display  what a page says of itself */
/** @typedef {{mid: string, type: Kind | 'data', disabled?: boolean, moderated?: boolean}} Stream  in Janus' words */
/** @typedef {{id: string, display?: string, publisher?: boolean, streams?: Stream[]}} Listed  by Janus */

/**
 * What Janus tells participants.
 * @typedef {object} Told
 * @property {Listed[]} [publishers]
 * @property {Listed[]} [attendees]
 * @property {Listed} [joining]
 * @property {string} [display]
 * @property {string} [id]
 * @property {string} [mid]
 * @property {'muted' | 'unmuted'} [moderation]
 * @property {string} [unpublished]
 * @property {string} [leaving]
 * @property {string} [kicked]
 */

const SCREEN_SUFFIX = '-screen';
const PREFIX_LENGTH = 17; // characters that all devices of a person have in common
const NAME_MAX = 255; // characters of a self-declared name that are looked at

/** @param {string} participantId */
export const screenId = (participantId) => participantId + SCREEN_SUFFIX;
/** @param {string} participantId */
export const personPrefix = (participantId) => participantId.slice(0, PREFIX_LENGTH);

/** @param {Display} display */
export function displayText({ name, audio, video }) {
  return JSON.stringify({ name, audio, video });
}

/** @type {(name: string, audio: boolean, video: boolean) => Display} */
const shown = (name, audio, video) => ({ name: name.slice(0, NAME_MAX), audio, video });

// Anything may stand there. Text that is not ours is a name, of somebody of whom nothing is known to be off.
export function readDisplay(text = '') {
  try {
    const { name, audio, video } = JSON.parse(text);
    if (typeof name === 'string') return shown(name, audio !== false, video !== false);
  } catch {
    // not JSON
  }
  return shown(text, true, true);
}

/**
 * The stream of a track: the same object while the track is the same, null without one.
 * @param {MediaStreamTrack | undefined} track
 * @param {MediaStream | null} before
 */
function streamOf(track, before) {
  if (!track) return null;
  return before?.getTracks()[0] === track ? before : new MediaStream([track]);
}

export class Participant {
  #declared = readDisplay();
  /** @type {Set<string>} */
  #moderated = new Set(); // mids
  /** @type {Map<string, Stream['type']>} */
  #kinds = new Map(); // by mid
  /** @type {MediaStream | null} */
  audioStream = null;
  /** @type {MediaStream | null} */
  videoStream = null;
  publishing = false;
  speaking = false;
  /** @type {Quality} */
  quality = 'unknown';
  undecryptable = false;

  /** @param {string} id */
  constructor(id) {
    this.id = id;
    this.prefix = personPrefix(id);
    this.isScreen = id.endsWith(SCREEN_SUFFIX);
  }

  get display() {
    return this.#declared.name;
  }

  get hasAudio() {
    return this.audioStream !== null;
  }

  get hasVideo() {
    return this.videoStream !== null;
  }

  get audioMuted() {
    return !this.hasAudio || !this.#declared.audio || this.audioModerated;
  }

  // By a moderator, as Janus enforces it: of this stay, and until it is undone.
  get audioModerated() {
    return this.#isModerated('audio');
  }

  get videoMuted() {
    return !this.hasVideo || !this.#declared.video || this.#isModerated('video');
  }

  /** @param {string} display */
  declare(display) {
    this.#declared = readDisplay(display);
  }

  /** @param {Stream[]} streams */
  publish(streams) {
    const enabled = streams.filter((stream) => !stream.disabled);
    this.publishing = true;
    this.#kinds = new Map(enabled.map(({ mid, type }) => [mid, type]));
    this.#moderated = new Set(enabled.filter((stream) => stream.moderated).map(({ mid }) => mid));
  }

  unpublish() {
    this.publishing = false;
    this.#kinds.clear();
    this.#moderated.clear();
  }

  /**
   * @param {string} mid
   * @param {boolean} muted
   */
  moderate(mid, muted) {
    if (muted) this.#moderated.add(mid);
    else this.#moderated.delete(mid);
  }

  /**
   * Sound and picture are two streams, so that neither waits for the other where they are played.
   * @param {Receivers} [receivers]
   */
  receive({ audio, video } = {}) {
    this.audioStream = streamOf(audio?.track, this.audioStream);
    this.videoStream = streamOf(video?.track, this.videoStream);
  }

  /** @param {Kind} kind */
  #isModerated(kind) {
    return [...this.#moderated].some((mid) => this.#kinds.get(mid) === kind);
  }
}

export class Participants {
  /** @type {Map<string, Participant>} */
  map = new Map(); // by id
  #isOwn; // (id) -> is it ourselves, our screen, or what we were before a reconnection?

  /** @param {(id: string) => boolean} isOwn */
  constructor(isOwn) {
    this.#isOwn = isOwn;
  }

  get publishing() {
    return [...this.map.values()].filter((participant) => participant.publishing).map(({ id }) => id);
  }

  /**
   * What Janus answers to `join`, and what it tells participants from then on.
   * @param {Told} told
   */
  heard({ publishers = [], attendees = [], joining, display, id = '', mid = '', moderation, ...left }) {
    for (const publisher of publishers) {
      this.#meet(publisher)?.publish(publisher.streams ?? []);
    }
    for (const attendee of attendees) this.#meet(attendee);
    if (joining) this.#meet(joining);
    const subject = this.map.get(id);
    if (subject && display !== undefined) subject.declare(display);
    if (subject && moderation) subject.moderate(mid, moderation === 'muted');
    this.map.get(left.unpublished ?? '')?.unpublish();
    this.map.delete(left.leaving ?? '');
    this.map.delete(left.kicked ?? '');
  }

  /**
   * The list, for viewers.
   * @param {Listed[]} list
   */
  listed(list) {
    const here = new Set(list.map(({ id }) => id));
    for (const id of this.map.keys()) if (!here.has(id)) this.map.delete(id);
    for (const one of list) {
      const participant = this.#meet(one);
      if (participant) participant.publishing = one.publisher === true;
    }
  }

  /** @param {Map<string, Receivers>} received */
  receive(received) {
    for (const [id, participant] of this.map) participant.receive(received.get(id));
  }

  /** @param {Listed} one */
  #meet({ id, display }) {
    if (this.#isOwn(id)) return null;
    const participant = this.map.get(id) ?? new Participant(id);
    this.map.set(id, participant);
    if (display !== undefined) participant.declare(display);
    return participant;
  }
}
