// The list of people in the call, made from the service's list of attendees and Janus' participants. Pure functions.

import { UNLISTED, UNNAMED, shownName } from './names.js';
import { personPrefix } from './participants.js';

/** @import { Attendee, Role } from './api.js' */
/** @import { Participant } from './participants.js' */
/** @import { Local } from './room.js' */

/**
 * A person in the meeting, as the list of people shows them.
 * @typedef {object} Person
 * @property {string} key  the same as long as the person is in the list
 * @property {string | null} attendee  null: the service's list does not have them yet
 * @property {string | null} prefix  the start of all their participant ids in the room
 * @property {string} name
 * @property {boolean} verified  the service vouches for the name
 * @property {Role | null | undefined} role
 * @property {boolean} self
 * @property {number} connections  devices in the meeting
 * @property {'on' | 'off' | null} microphone  null: they send no sound
 * @property {'on' | 'off' | null} camera
 * @property {boolean} sharing  their screen
 * @property {boolean} muted  by a moderator
 * @property {boolean} lost  all their pages have lost the connection
 */

/** @typedef {{local: Local, name: string, role: Role | undefined, attendee: string | null}} Own  ourselves */

/** @param {Attendee} attendee */
function prefixOf({ extMetadata }) {
  const participantId = extMetadata?.webhookPayload?.participantId;
  return typeof participantId === 'string' ? personPrefix(participantId) : null;
}

/**
 * Microphone or camera of a person: 'on' on one connection at least, 'off' on all, or null: they send none.
 * @param {Participant[]} participants  of the person
 * @param {'hasAudio' | 'sendsVideo'} has
 * @param {'audioMuted' | 'cameraOff'} muted
 * @returns {'on' | 'off' | null}
 */
function switchOf(participants, has, muted) {
  const sending = participants.filter((participant) => participant[has]);
  if (sending.length === 0)
    return null;
  return sending.some((participant) => !participant[muted]) ? 'on' : 'off';
}

/** @param {Participant[]} participants */
const camerasOf = (participants) => participants.filter((participant) => !participant.isScreen);

/** @param {Participant[]} participants  of one person */
function switchesOf(participants) {
  const cameras = camerasOf(participants);
  return {
    microphone: switchOf(cameras, 'hasAudio', 'audioMuted'),
    camera: switchOf(cameras, 'sendsVideo', 'cameraOff'),
    sharing: participants.some((participant) => participant.isScreen),
    muted: cameras.length > 0 && cameras.every((camera) => camera.audioModerated),
  };
}

/**
 * @param {Attendee} attendee
 * @param {Participant[]} participants  the attendee's
 * @param {Map<string, string>} lost
 */
function isLost({ attendee, connections }, participants, lost) {
  const cameras = camerasOf(participants);
  const ofAttendee = [...lost.values()].filter((of) => of === attendee).length;
  return cameras.length > 0 ? cameras.every(({ id }) => lost.has(id)) : ofAttendee > 0 && ofAttendee >= (connections ?? 1);
}

/**
 * @param {Attendee} attendee
 * @param {Participant[]} participants  the attendee's
 * @param {Map<string, string>} lost
 * @returns {Person}
 */
function listedPerson(attendee, participants, lost) {
  const prefix = prefixOf(attendee);
  return {
    key: prefix ?? attendee.attendee, attendee: attendee.attendee, prefix,
    name: shownName(attendee.name) || UNNAMED, verified: attendee.verified === true, role: attendee.role, self: false,
    connections: camerasOf(participants).length || (attendee.connections ?? 1), ...switchesOf(participants),
    lost: isLost(attendee, participants, lost),
  };
}

/**
 * A person who is not in the service's list yet.
 * @param {string} prefix
 * @param {Participant[]} participants  the person's
 * @returns {Person}
 */
function unlistedPerson(prefix, participants) {
  return {
    key: prefix, attendee: null, prefix, name: UNLISTED, verified: false, role: null, self: false, connections: 1,
    ...switchesOf(participants), lost: false,
  };
}

/**
 * Ourselves: of our own switches this page knows more than any list.
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
    connections: listed?.connections ?? 1,
    microphone: role === 'subscriber' ? null : local.microphone && !local.forcedMute ? 'on' : 'off',
    camera: role === 'subscriber' ? null : local.camera ? 'on' : 'off',
    sharing: local.screen !== null,
    muted: listed?.muted ?? false,
    lost: false, // our own connection has a mark of its own
  };
}

/**
 * Everybody in the meeting: ourselves first, then the others in the order of joining. People in Janus' list
 * who are not in the service's list yet come last, without the name that their page sends.
 * @param {{attendees: Attendee[], participants: Participant[], own: Own, lost: Map<string, string>}} known
 * lost: the pages that have lost their connection, participant id -> attendee
 * @returns {Person[]}
 */
export function peopleOf({ attendees, participants, own, lost }) {
  /** @type {Map<string | null, Participant[]>} */
  const byPrefix = new Map();
  for (const participant of participants)
    byPrefix.set(participant.prefix, [...(byPrefix.get(participant.prefix) ?? []), participant]);
  const listed = [...attendees].sort((a, b) => a.joinedOn.localeCompare(b.joinedOn))
    .map((attendee) => listedPerson(attendee, byPrefix.get(prefixOf(attendee)) ?? [], lost));
  /** @param {Person} person */
  const isSelf = (person) => person.attendee === own.attendee;
  const known = new Set([own.local.prefix, ...listed.map((person) => person.prefix)]);
  const unlisted = [...byPrefix].flatMap(([prefix, ofPerson]) => (
    prefix === null || known.has(prefix) ? [] : [unlistedPerson(prefix, ofPerson)]));
  return [selfOf(own, listed.find(isSelf)), ...listed.filter((person) => !isSelf(person)), ...unlisted];
}

/**
 * Who has joined and who has left between two lists of people.
 * @param {Person[]} before
 * @param {Person[]} after
 */
export function changesOf(before, after) {
  /** @param {Person[]} list */
  const missingIn = (list) => {
    const keys = new Set(list.map((person) => person.attendee));
    return (/** @type {Person} */ person) => !person.self && person.attendee !== null && !keys.has(person.attendee);
  };
  return { joined: after.filter(missingIn(before)), left: before.filter(missingIn(after)) };
}
