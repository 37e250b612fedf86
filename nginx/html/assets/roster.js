// Who is in the call: the service's list of attendees and Janus' participants brought together. Pure functions.

// The start of a Janus id that is the same for all devices of a person.
const PREFIX_LENGTH = 17;

const NAME_IN_TEXT_MAX = 40; // letters as people count them
// Characters that turn the direction of the text around them, and controls: the service lets none into a name any more.
const TURNING = /[\u202A-\u202E\u2066-\u206F\p{Cc}\p{Zl}\p{Zp}]/gu;
const UNSEEN = /^[\s\p{Default_Ignorable_Code_Point}\u2800]*$/u;
const ISOLATE = '\u2068';
const END_OF_ISOLATE = '\u2069';

/** The name of somebody whom the service's list does not have yet: what they call themselves proves nothing. Below it, of
 * somebody whom it has without a name. */
export const UNLISTED = 'New participant';
export const UNNAMED = 'Guest';

/** @import { Attendee, Role } from './api.js' */
/** @import { Participant } from './participants.js' */
/** @import { Local } from './room.js' */

/**
 * Somebody in the meeting, as the list of people shows them.
 * @typedef {object} Person
 * @property {string} key  the same for as long as the row is the same person's
 * @property {string | null} attendee  null: the service's list does not have them yet
 * @property {string | null} prefix  what all their devices' ids in the room begin with
 * @property {string} name
 * @property {boolean} verified  the name is vouched for
 * @property {Role | null | undefined} role
 * @property {boolean} self
 * @property {number} devices
 * @property {'on' | 'off' | null} microphone  null: they send no sound
 * @property {'on' | 'off' | null} camera
 * @property {boolean} sharing  their screen
 * @property {boolean} muted  by a moderator
 */

/** @typedef {{local: Local, name: string, role: Role | undefined, attendee: string | null}} Own  ourselves */

/** @param {Attendee} attendee */
const prefixOf = (attendee) => (
  attendee.extMetadata?.webhookPayload?.participantId?.slice(0, PREFIX_LENGTH) ?? null);

/**
 * The first signs of the first and the last word: "Dr Ann Meyer" -> "DM".
 * @param {string} name
 */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  /** @param {string | undefined} word */
  const first = (word = '') => [...new Intl.Segmenter(undefined).segment(word)][0]?.segment ?? '';
  const signs = words.length > 1 ? first(words[0]) + first(words.at(-1)) : first(words[0]);
  return signs.toLocaleUpperCase();
}

/**
 * A name as it is shown on its own: without what turns the text around it; '' when nothing of it can be seen.
 * @param {string | null | undefined} name
 */
export function shownName(name) {
  const shown = (name ?? '').replace(TURNING, '').trim();
  return UNSEEN.test(shown) ? '' : shown;
}

/**
 * A name as part of a sentence: not too long, and isolated, so that it cannot turn the sentence's direction.
 * @param {string} name
 */
export function nameInText(name) {
  const shown = shownName(name);
  const signs = [...new Intl.Segmenter().segment(shown)].map(({ segment }) => segment);
  const short = signs.length > NAME_IN_TEXT_MAX ? `${signs.slice(0, NAME_IN_TEXT_MAX).join('')}…` : shown;
  return `${ISOLATE}${short}${END_OF_ISOLATE}`;
}

/**
 * One of `count` colours, always the same for the same text.
 * @param {string} text
 * @param {number} count
 */
export function toneOf(text, count) {
  let sum = 0;
  for (const character of text)
    sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % count;
}

/**
 * Microphone or camera of somebody's devices: 'on' if any is, 'off' if all are off, null if they send none.
 * @param {Participant[]} devices
 * @param {'hasAudio' | 'hasVideo'} has
 * @param {'audioMuted' | 'videoMuted'} muted
 * @returns {'on' | 'off' | null}
 */
function switchOf(devices, has, muted) {
  const sending = devices.filter((device) => device[has]);
  if (sending.length === 0)
    return null;
  return sending.some((device) => !device[muted]) ? 'on' : 'off';
}

/**
 * Whether a moderator has muted all of somebody's devices.
 * @param {Participant[]} devices
 */
const mutedOn = (devices) => devices.length > 0 && devices.every((device) => device.audioModerated);

/** @param {Participant[]} devices */
function switchesOf(devices) {
  const cameras = devices.filter((device) => !device.isScreen);
  return {
    microphone: switchOf(cameras, 'hasAudio', 'audioMuted'),
    camera: switchOf(cameras, 'hasVideo', 'videoMuted'),
    sharing: devices.some((device) => device.isScreen),
    muted: mutedOn(cameras),
  };
}

/**
 * @param {Attendee} attendee
 * @param {Participant[]} devices
 * @returns {Person}
 */
function listedPerson(attendee, devices) {
  const prefix = prefixOf(attendee);
  return {
    key: prefix ?? attendee.attendee, attendee: attendee.attendee, prefix,
    name: shownName(attendee.name) || UNNAMED, verified: attendee.verified === true, role: attendee.role, self: false,
    devices: attendee.connections ?? 1, ...switchesOf(devices),
  };
}

/**
 * Somebody whom the service's list does not have yet.
 * @param {string} prefix
 * @param {Participant[]} devices
 * @returns {Person}
 */
function earlyPerson(prefix, devices) {
  return {
    key: prefix, attendee: null, prefix, name: UNLISTED, verified: false, role: null, self: false, devices: 1,
    ...switchesOf(devices),
  };
}

/**
 * Ourselves, for whom this page knows better than any list.
 * @param {Own} own
 * @param {Person | undefined} listed
 * @returns {Person}
 */
function selfOf(own, listed) {
  const { local, name, role, attendee } = own;
  return {
    ...listed,
    key: 'self', attendee, prefix: local.prefix, name: listed?.name || shownName(name), role, self: true,
    verified: listed?.verified ?? false,
    devices: listed?.devices ?? 1,
    microphone: role === 'subscriber' ? null : local.microphone && !local.forcedMute ? 'on' : 'off',
    camera: role === 'subscriber' ? null : local.camera ? 'on' : 'off',
    sharing: local.screen !== null,
    muted: listed?.muted ?? false,
  };
}

/**
 * Everybody in the meeting, ourselves first, then in the order of joining. own: {local, name, role, attendee}. Those
 * whom Janus shows before the service's list has them come last, and without the name that they give themselves.
 * @param {{attendees: Attendee[], participants: Participant[], own: Own}} known
 * @returns {Person[]}
 */
export function peopleOf({ attendees, participants, own }) {
  /** @type {Map<string | null, Participant[]>} */
  const byPrefix = new Map();
  for (const participant of participants)
    byPrefix.set(participant.prefix, [...(byPrefix.get(participant.prefix) ?? []), participant]);
  const listed = [...attendees].sort((a, b) => a.joinedOn.localeCompare(b.joinedOn))
    .map((attendee) => listedPerson(attendee, byPrefix.get(prefixOf(attendee)) ?? []));
  /** @param {Person} person */
  const isSelf = (person) => person.attendee === own.attendee;
  const known = new Set([own.local.prefix, ...listed.map((person) => person.prefix)]);
  const early = [...byPrefix].flatMap(([prefix, devices]) => (
    prefix === null || known.has(prefix) ? [] : [earlyPerson(prefix, devices)]));
  return [selfOf(own, listed.find(isSelf)), ...listed.filter((person) => !isSelf(person)), ...early];
}

/**
 * Who came and who went between two lists of people.
 * @param {Person[]} before
 * @param {Person[]} after
 */
export function changesOf(before, after) {
  /** @param {Person[]} list */
  const missingIn = (list) => {
    const keys = new Set(list.map((person) => person.attendee));
    return (/** @type {Person} */ person) => !person.self && person.attendee !== null && !keys.has(person.attendee);
  };
  return { came: after.filter(missingIn(before)), went: before.filter(missingIn(after)) };
}
