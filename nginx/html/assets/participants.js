// Who is in the room and what they do, put together from what Janus tells.
//
// Janus does not tell that somebody's microphone or camera is off: the track is still there, silent or black. So each
// page says it itself, in the participant's display text: {"name":"Ann","audio":true,"video":false}. That is the one
// thing which reaches everybody: participants get an event when it changes, those who join later find it in the list,
// and so do viewers, who get no events and ask for the list every 2 s. It is a hint and no more, like the name in it;
// what a moderator enforces is told by Janus (event `moderation`, or `moderated` in the list) and counts as well.

const SCREEN_SUFFIX = '-screen';
const PREFIX_LENGTH = 17; // characters that all devices of a person have in common
const NAME_MAX = 255; // characters of a self-declared name that are looked at

export const screenId = (participantId) => participantId + SCREEN_SUFFIX;
export const personPrefix = (participantId) => participantId.slice(0, PREFIX_LENGTH);

export function displayText({ name, audio, video }) {
  return JSON.stringify({ name, audio, video });
}

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

// The stream of a track: the same object while the track is the same, null without one.
function streamOf(track, before) {
  if (!track) return null;
  return before?.getTracks()[0] === track ? before : new MediaStream([track]);
}

class Participant {
  #declared = readDisplay();
  #moderated = new Set(); // mids
  #kinds = new Map(); // mid -> audio or video
  audioStream = null;
  videoStream = null;
  publishing = false;
  speaking = false;
  quality = 'unknown';
  undecryptable = false;

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

  declare(display) {
    this.#declared = readDisplay(display);
  }

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

  moderate(mid, muted) {
    if (muted) this.#moderated.add(mid);
    else this.#moderated.delete(mid);
  }

  // Sound and picture are two streams, so that neither waits for the other where they are played.
  receive({ audio, video } = {}) {
    this.audioStream = streamOf(audio?.track, this.audioStream);
    this.videoStream = streamOf(video?.track, this.videoStream);
  }

  #isModerated(kind) {
    return [...this.#moderated].some((mid) => this.#kinds.get(mid) === kind);
  }
}

export class Participants {
  map = new Map(); // id -> Participant
  #isOwn; // (id) -> is it ourselves, our screen, or what we were before a reconnection?

  constructor(isOwn) {
    this.#isOwn = isOwn;
  }

  get publishing() {
    return [...this.map.values()].filter((participant) => participant.publishing).map(({ id }) => id);
  }

  // What Janus answers to `join`, and what it tells participants from then on.
  heard({ publishers = [], attendees = [], joining, display, id, mid, moderation, ...left }) {
    for (const publisher of publishers) {
      this.#meet(publisher)?.publish(publisher.streams ?? []);
    }
    for (const attendee of attendees) this.#meet(attendee);
    if (joining) this.#meet(joining);
    const subject = this.map.get(id);
    if (subject && display !== undefined) subject.declare(display);
    if (subject && moderation) subject.moderate(mid, moderation === 'muted');
    this.map.get(left.unpublished)?.unpublish();
    this.map.delete(left.leaving);
    this.map.delete(left.kicked);
  }

  // The list, for viewers.
  listed(list) {
    const here = new Set(list.map(({ id }) => id));
    for (const id of this.map.keys()) if (!here.has(id)) this.map.delete(id);
    for (const one of list) {
      const participant = this.#meet(one);
      if (participant) participant.publishing = one.publisher === true;
    }
  }

  receive(received) {
    for (const [id, participant] of this.map) participant.receive(received.get(id));
  }

  #meet({ id, display }) {
    if (this.#isOwn(id)) return null;
    if (!this.map.has(id)) this.map.set(id, new Participant(id));
    const participant = this.map.get(id);
    if (display !== undefined) participant.declare(display);
    return participant;
  }
}
