// What each tile shows, made from the room and the people. Pure functions.

import { nameInText } from './names.js';
import { screenId } from './participants.js';

/** @import { Absentee } from './absent.js' */
/** @import { Participant } from './participants.js' */
/** @import { Room } from './room.js' */
/** @import { Person } from './roster.js' */

/**
 * What a tile shows.
 * @typedef {object} Tile
 * @property {string} id  the participant's, or 'local'
 * @property {string} key  the same for all ids that a person's camera, or screen, has in the call
 * @property {boolean} self
 * @property {boolean} screen
 * @property {string} name  the person's
 * @property {string} label  the text on the tile
 * @property {boolean} verified
 * @property {string} tone  the text that the colour is chosen by
 * @property {MediaStream | null} stream
 * @property {boolean} picture  the stream's picture is shown
 * @property {boolean} microphoneOff
 * @property {boolean} speaking
 * @property {boolean} active  the person to look at
 * @property {boolean} poor  the connection
 * @property {boolean} lost  their page has lost the connection: the picture stands still
 * @property {string} note
 */

/** @typedef {(participant: Participant) => {name: string, verified: boolean}} PersonOf  whose participant it is */
/** @typedef {(participant: Participant) => boolean} IsLost  their page has lost its connection */
/** @typedef {{room: Room, self: Person, personOf: PersonOf, isLost: IsLost, absent: Absentee[]}} Shown */

/**
 * Our own tile; null when we only watch.
 * @param {Pick<Shown, 'room' | 'self'>} shown
 * @returns {Tile | null}
 */
function ownTile({ room, self }) {
  if (self.role === 'subscriber')
    return null;
  const { local } = room;
  return {
    id: 'local', key: 'local', self: true, screen: false, name: self.name, label: 'You', verified: self.verified, tone: self.key, stream: local.stream,
    picture: local.camera, microphoneOff: self.microphone === 'off', speaking: Boolean(local.speaking),
    active: room.activeSpeaker === 'local', poor: room.quality === 'poor', lost: false, note: '',
  };
}

/** @param {string} name */
const lostNote = (name) => `${nameInText(name)} has lost the connection`;

/**
 * @param {Participant} participant
 * @param {string} name
 * @param {boolean} lost
 */
function noteOf(participant, name, lost) {
  if (lost)
    return lostNote(name);
  if (participant.undecryptable)
    return 'Cannot be decrypted: another key';
  return participant.isScreen && !participant.videoStream ? 'The screen is coming…' : '';
}

/**
 * @param {Participant} participant
 * @param {Pick<Shown, 'room' | 'personOf' | 'isLost'>} shown
 * @returns {Tile}
 */
function participantTile(participant, { room, personOf, isLost }) {
  const { name, verified } = personOf(participant);
  const lost = isLost(participant);
  const label = participant.isScreen ? `${nameInText(name)}'s screen` : name;
  return {
    id: participant.id, key: participant.isScreen ? screenId(participant.prefix) : participant.prefix,
    self: false, screen: participant.isScreen, name, label, verified, tone: participant.prefix,
    stream: participant.videoStream,
    picture: participant.hasVideo && !participant.videoMuted && !participant.undecryptable,
    microphoneOff: !participant.isScreen && (!participant.hasAudio || participant.audioMuted),
    speaking: participant.speaking, active: room.activeSpeaker === participant.id,
    poor: participant.quality === 'poor', lost, note: noteOf(participant, name, lost),
  };
}

/**
 * @param {Absentee} person
 * @returns {Tile}
 */
function absentTile({ id, prefix, name, verified }) {
  return {
    id, key: prefix, self: false, screen: false, name, label: name, verified, tone: prefix, stream: null, picture: false, microphoneOff: false,
    speaking: false, active: false, poor: false, lost: true, note: lostNote(name),
  };
}

/**
 * The tiles of cameras, and the tiles of shared screens.
 * @param {Shown} shown
 * @returns {{cameras: Tile[], screens: Tile[]}}
 */
export function tilesOf({ room, self, personOf, isLost, absent }) {
  const others = [...room.participants.values()];
  /** @param {Participant} participant */
  const tile = (participant) => participantTile(participant, { room, personOf, isLost });
  const cameras = others.filter((other) => !other.isScreen).map(tile);
  const own = ownTile({ room, self });
  return {
    cameras: [...(own ? [own] : []), ...cameras, ...absent.map(absentTile)],
    screens: others.filter((other) => other.isScreen).map(tile),
  };
}
