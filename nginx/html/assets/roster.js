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

const prefixOf = (attendee) => (
  attendee.extMetadata?.webhookPayload?.participantId?.slice(0, PREFIX_LENGTH) ?? null);

/** The first signs of the first and the last word: "Dr Ann Meyer" -> "DM". */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const first = (word) => [...new Intl.Segmenter(undefined).segment(word)][0]?.segment ?? '';
  const signs = words.length > 1 ? first(words[0]) + first(words.at(-1)) : first(words[0]);
  return signs.toLocaleUpperCase();
}

/** A name as it is shown on its own: without what turns the text around it; '' when nothing of it can be seen. */
export function shownName(name) {
  const shown = (name ?? '').replace(TURNING, '').trim();
  return UNSEEN.test(shown) ? '' : shown;
}

/** A name as part of a sentence: not too long, and isolated, so that it cannot turn the sentence's direction. */
export function nameInText(name) {
  const shown = shownName(name);
  const signs = [...new Intl.Segmenter().segment(shown)].map(({ segment }) => segment);
  const short = signs.length > NAME_IN_TEXT_MAX ? `${signs.slice(0, NAME_IN_TEXT_MAX).join('')}…` : shown;
  return `${ISOLATE}${short}${END_OF_ISOLATE}`;
}

/** One of `count` colours, always the same for the same text. */
export function toneOf(text, count) {
  let sum = 0;
  for (const character of text)
    sum = (sum * 31 + character.codePointAt(0)) % 9973;
  return sum % count;
}

/** Microphone or camera of somebody's devices: 'on' if any is, 'off' if all are off, null if they send none. */
function switchOf(devices, has, muted) {
  const sending = devices.filter((device) => device[has]);
  if (sending.length === 0)
    return null;
  return sending.some((device) => !device[muted]) ? 'on' : 'off';
}

/** Whether a moderator has muted all of somebody's devices. */
const mutedOn = (devices) => devices.length > 0 && devices.every((device) => device.audioModerated);

function personOf(attendee, devices) {
  const cameras = devices.filter((device) => !device.isScreen);
  const prefix = prefixOf(attendee);
  return {
    key: prefix ?? attendee.attendee,
    attendee: attendee.attendee, prefix,
    name: shownName(attendee.name) || UNNAMED,
    verified: attendee.verified === true,
    role: attendee.role,
    self: false,
    devices: attendee.connections ?? 1,
    microphone: switchOf(cameras, 'hasAudio', 'audioMuted'),
    camera: switchOf(cameras, 'hasVideo', 'videoMuted'),
    sharing: devices.some((device) => device.isScreen),
    muted: mutedOn(cameras),
  };
}

/** Ourselves, for whom this page knows better than any list. */
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
  };
}

/**
 * Everybody in the meeting, ourselves first, then in the order of joining. own: {local, name, role, attendee}. Those
 * whom Janus shows before the service's list has them come last, and without the name that they give themselves.
 */
export function peopleOf({ attendees, participants, own }) {
  const byPrefix = new Map();
  for (const participant of participants)
    byPrefix.set(participant.prefix, [...(byPrefix.get(participant.prefix) ?? []), participant]);
  const listed = [...attendees].sort((a, b) => a.joinedOn.localeCompare(b.joinedOn))
    .map((attendee) => personOf(attendee, byPrefix.get(prefixOf(attendee)) ?? []));
  const isSelf = (person) => person.attendee === own.attendee;
  const known = new Set([own.local.prefix, ...listed.map((person) => person.prefix)]);
  const early = [...byPrefix].filter(([prefix]) => !known.has(prefix)).map(([prefix, devices]) => ({
    ...personOf({ attendee: null, role: null }, devices), key: prefix, prefix, name: UNLISTED,
  }));
  return [selfOf(own, listed.find(isSelf)), ...listed.filter((person) => !isSelf(person)), ...early];
}

/** Who came and who went between two lists of people. */
export function changesOf(before, after) {
  const missingIn = (list) => {
    const keys = new Set(list.map((person) => person.attendee));
    return (person) => !person.self && person.attendee !== null && !keys.has(person.attendee);
  };
  return { came: after.filter(missingIn(before)), went: before.filter(missingIn(after)) };
}
