// Who is in the room and what they send, put together from what Janus says.
//
// Janus does not say that a microphone or a camera is off: the track is still there, silent or black. So each page says
// it itself, in the participant's display text: {"name":"Ann","audio":true,"video":false}. Only this text reaches
// everybody: participants get an event when it changes; people who join later, and viewers, find it in the list. It is
// a hint and no more, like the name in it. A moderator's mute is enforced by Janus and comes from Janus: as the event
// `moderation`, or as `moderated` in the list.

/** @import { Kind } from './frame-crypto.js' */
/** @import { Quality } from './quality.js' */
/** @import { Receivers } from './subscription.js' */

/** @typedef {{name: string, audio: boolean, video: boolean}} Display  what a page says about itself */
/** @typedef {{mid: string, type: Kind | 'data', disabled?: boolean, moderated?: boolean}} Stream  in Janus' words */
/** @typedef {{id: string, display?: string, publisher?: boolean, streams?: Stream[]}} Listed  by Janus */

/**
 * What Janus tells participants.
 * @typedef {object} RoomEvent
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
const PREFIX_LENGTH = 17; // characters of the id that all connections of a person have in common
const NAME_MAX = 255; // characters of a name in a display text that are used

/** @param {string} participantId */
export const screenId = (participantId) => participantId + SCREEN_SUFFIX;
/** @param {string} id */
export const isScreenId = (id) => id.endsWith(SCREEN_SUFFIX);
/**
 * The participant id of the page whose camera, or screen, this is.
 * @param {string} id
 */
export const pageId = (id) => (isScreenId(id) ? id.slice(0, -SCREEN_SUFFIX.length) : id);
/** @param {string} participantId */
export const personPrefix = (participantId) => participantId.slice(0, PREFIX_LENGTH);

/** @param {Display} display */
export function displayText({ name, audio, video }) {
  return JSON.stringify({ name, audio, video });
}

/** @type {(name: string, audio: boolean, video: boolean) => Display} */
const displayOf = (name, audio, video) => ({ name: name.slice(0, NAME_MAX), audio, video });

// The text can be anything. Text that is not from this page is a name, and both devices count as on.
export function readDisplay(text = '') {
  try {
    const { name, audio, video } = JSON.parse(text);
    if (typeof name === 'string') return displayOf(name, audio !== false, video !== false);
  } catch {
    // not JSON
  }
  return displayOf(text, true, true);
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
  #display = readDisplay();
  /** @type {Set<string>} */
  #moderated = new Set(); // mids
  /** @type {Map<string, Stream['type']>} */
  #kinds = new Map(); // by mid
  /** @type {MediaStream | null} */
  audioStream = null;
  /** @type {MediaStream | null} */
  videoStream = null; // null also while nobody wants to see it
  publishing = false;
  speaking = false;
  /** @type {Quality} */
  quality = 'unknown';
  undecryptable = false;
  pictureComes = false; // it is wanted, and not paused
  silent = false; // they say that they send, and nothing arrives: their network has died

  /** @param {string} id */
  constructor(id) {
    this.id = id;
    this.prefix = personPrefix(id);
    this.isScreen = isScreenId(id);
  }

  get display() {
    return this.#display.name;
  }

  get hasAudio() {
    return this.audioStream !== null;
  }

  get hasVideo() {
    return this.videoStream !== null;
  }

  /** Whether they send a picture, also one that we do not receive: pages publish both kinds, with a device or without. */
  get sendsVideo() {
    return this.hasVideo || (this.#kinds.size > 0 ? [...this.#kinds.values()].includes('video') : this.publishing);
  }

  /** Whether their page says that the camera is off, or a moderator has switched it off. */
  get cameraOff() {
    return !this.#display.video || this.#isModerated('video');
  }

  get audioMuted() {
    return !this.hasAudio || !this.#display.audio || this.audioModerated;
  }

  // Muted by a moderator: Janus enforces it while this connection lasts, until a moderator ends it.
  get audioModerated() {
    return this.#isModerated('audio');
  }

  get videoMuted() {
    return !this.hasVideo || this.cameraOff;
  }

  /** Whether sound or a picture is to come. A shared screen that stands still sends next to nothing. */
  get isSending() {
    return !this.isScreen && !(this.audioMuted && !this.isPictureDue);
  }

  /** Whether packets of a picture are to come. */
  get isPictureDue() {
    return this.pictureComes && !this.videoMuted;
  }

  /** What Janus calls their streams: kinds by mid. Empty: not known, as in the list that viewers get. */
  get kinds() {
    return this.#kinds;
  }

  /** @param {string} display */
  setDisplay(display) {
    this.#display = readDisplay(display);
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
   * Sound and picture are two streams: as one stream, the sound would not play before the first picture.
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
  #isOwn; // (id) -> whether it is or was ours, or our screen's

  /** @param {(id: string) => boolean} isOwn */
  constructor(isOwn) {
    this.#isOwn = isOwn;
  }

  get publishing() {
    return [...this.map.values()].filter((participant) => participant.publishing);
  }

  /**
   * Takes Janus' answer to `join`, and each event after it.
   * @param {RoomEvent} event
   */
  update({ publishers = [], attendees = [], joining, display, id = '', mid = '', moderation, ...left }) {
    for (const publisher of publishers) {
      this.#findOrAdd(publisher)?.publish(publisher.streams ?? []);
    }
    for (const attendee of attendees) this.#findOrAdd(attendee);
    if (joining) this.#findOrAdd(joining);
    const subject = this.map.get(id);
    if (subject && display !== undefined) subject.setDisplay(display);
    if (subject && moderation) subject.moderate(mid, moderation === 'muted');
    this.map.get(left.unpublished ?? '')?.unpublish();
    this.map.delete(left.leaving ?? '');
    this.map.delete(left.kicked ?? '');
  }

  /**
   * Takes the whole list, which is what viewers get.
   * @param {Listed[]} list
   */
  replace(list) {
    const here = new Set(list.map(({ id }) => id));
    for (const id of this.map.keys()) if (!here.has(id)) this.map.delete(id);
    for (const one of list) {
      const participant = this.#findOrAdd(one);
      if (participant) participant.publishing = one.publisher === true;
    }
  }

  /** @param {Map<string, Receivers>} received */
  receive(received) {
    for (const [id, participant] of this.map) participant.receive(received.get(id));
  }

  /** @param {(id: string) => boolean} isShown  whether we have asked for their picture */
  expect(isShown) {
    for (const [id, participant] of this.map) participant.pictureComes = isShown(id);
  }

  /**
   * Null: it is one of ours.
   * @param {Listed} one
   */
  #findOrAdd({ id, display }) {
    if (this.#isOwn(id)) return null;
    const participant = this.map.get(id) ?? new Participant(id);
    this.map.set(id, participant);
    if (display !== undefined) participant.setDisplay(display);
    return participant;
  }
}
