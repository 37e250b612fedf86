// Tiles: what is known of a participant becomes a picture with a name, and all of them fit without scrolling.

import { fitTiles } from './layout.js';
import { fromTemplate, part, setText } from './page.js';
import { initials, nameInText, toneOf } from './roster.js';

/** @import { Participant } from './participants.js' */
/** @import { Room } from './room.js' */
/** @import { Person } from './roster.js' */

/**
 * What a tile shows.
 * @typedef {object} Tile
 * @property {string} id  the participant's, or 'local'
 * @property {boolean} self
 * @property {string} name  the person's
 * @property {string} label  what stands on the tile
 * @property {boolean} verified
 * @property {string} tone  text that chooses the colour
 * @property {MediaStream | null} stream
 * @property {boolean} picture  the stream's picture is shown
 * @property {boolean} microphoneOff
 * @property {boolean} speaking
 * @property {boolean} active  the one who speaks now
 * @property {boolean} poor  the connection
 * @property {string} note
 */

/** @typedef {(participant: Participant) => {name: string, verified: boolean}} PersonOf  what to show of somebody */
/** @typedef {{room: Room, self: Person, personOf: PersonOf}} Shown */

const GAP = 8;
const TONES = 6;

/**
 * What a tile says beside the name, for those who do not see the icons.
 * @param {Tile} tile
 */
function stateText({ verified, microphoneOff, speaking, poor }) {
  return [verified && 'verified', microphoneOff && 'microphone off', speaking && 'speaking', poor && 'poor connection']
    .filter(Boolean).map((word) => `, ${word}`).join('');
}

/**
 * Our own tile; null for those who only watch.
 * @param {Pick<Shown, 'room' | 'self'>} shown
 * @returns {Tile | null}
 */
function ownTile({ room, self }) {
  if (self.role === 'subscriber')
    return null;
  const { local } = room;
  return {
    id: 'local', self: true, name: self.name, label: 'You', verified: self.verified, tone: self.key, stream: local.stream,
    picture: local.camera, microphoneOff: self.microphone === 'off', speaking: Boolean(local.speaking),
    active: room.activeSpeaker === 'local', poor: room.quality === 'poor', note: '',
  };
}

/** @param {Participant} participant */
function noteOf(participant) {
  if (participant.undecryptable)
    return 'Cannot be decrypted: another key';
  return participant.isScreen && !participant.videoStream ? 'The screen is coming…' : '';
}

/**
 * @param {Participant} participant
 * @param {Pick<Shown, 'room' | 'personOf'>} shown
 * @returns {Tile}
 */
function participantTile(participant, { room, personOf }) {
  const { name, verified } = personOf(participant);
  const label = participant.isScreen ? `${nameInText(name)}'s screen` : name;
  return {
    id: participant.id, self: false, name, label, verified, tone: participant.prefix,
    stream: participant.videoStream,
    picture: participant.hasVideo && !participant.videoMuted && !participant.undecryptable,
    microphoneOff: !participant.isScreen && (!participant.hasAudio || participant.audioMuted),
    speaking: participant.speaking, active: room.activeSpeaker === participant.id,
    poor: participant.quality === 'poor', note: noteOf(participant),
  };
}

/**
 * What the two grids show.
 * @param {Shown} shown
 * @returns {{cameras: Tile[], screens: Tile[]}}
 */
export function tilesOf({ room, self, personOf }) {
  const others = [...room.participants.values()];
  /** @param {Participant} participant */
  const tile = (participant) => participantTile(participant, { room, personOf });
  const own = ownTile({ room, self });
  return {
    cameras: [...(own ? [own] : []), ...others.filter((other) => !other.isScreen).map(tile)],
    screens: others.filter((other) => other.isScreen).map(tile),
  };
}

/**
 * A list element that holds tiles. Tiles show pictures and are mute: sound.js plays the sound. A tile is never moved:
 * that would interrupt its picture.
 */
export class TileGrid {
  #list;
  /** @type {Map<string, HTMLElement>} */
  #tiles = new Map(); // by id
  #onHeld;
  #resized = new ResizeObserver(() => this.#fit());

  /**
   * @param {HTMLElement} list
   * @param {() => void} onHeld  the browser plays nothing before the person has touched the page
   */
  constructor(list, onHeld) {
    this.#list = list;
    this.#onHeld = onHeld;
    list.replaceChildren();
    this.#resized.observe(list);
  }

  close() {
    this.#resized.disconnect();
    this.render([]);
  }

  /** @param {Tile[]} models */
  render(models) {
    const wanted = new Set(models.map((model) => model.id));
    for (const [id, tile] of this.#tiles) {
      if (!wanted.has(id)) {
        part(tile, 'video', HTMLVideoElement).srcObject = null;
        tile.remove();
        this.#tiles.delete(id);
      }
    }
    for (const model of models)
      this.#renderTile(this.#tileOf(model.id), model);
    this.#fit();
  }

  /** Starts everything that the browser has held back; to be called while it handles a click. */
  play() {
    for (const tile of this.#tiles.values())
      this.#play(part(tile, 'video', HTMLVideoElement));
  }

  /** @param {string} id */
  #tileOf(id) {
    let tile = this.#tiles.get(id);
    if (!tile) {
      tile = fromTemplate('tile-template');
      tile.dataset.participant = id;
      part(tile, 'video', HTMLVideoElement).muted = true; // the attribute alone does not count in a clone of a template
      this.#tiles.set(id, tile);
      this.#list.append(tile);
    }
    return tile;
  }

  /**
   * @param {HTMLElement} tile
   * @param {Tile} model
   */
  #renderTile(tile, model) {
    tile.classList.toggle('own', model.self);
    tile.classList.toggle('pictured', model.picture);
    tile.classList.toggle('speaking', model.speaking && !model.microphoneOff);
    tile.classList.toggle('active', model.active);
    setText(part(tile, '.tile-name'), model.label);
    part(tile, '.tile-name').title = model.name;
    setText(part(tile, '.tile-state'), stateText(model));
    setText(part(tile, '.avatar'), initials(model.name));
    part(tile, '.avatar').dataset.tone = String(toneOf(model.tone, TONES));
    part(tile, '.tile-verified', SVGElement).toggleAttribute('hidden', !model.verified);
    part(tile, '.tile-microphone', SVGElement).toggleAttribute('hidden', !model.microphoneOff);
    part(tile, '.tile-quality', SVGElement).toggleAttribute('hidden', !model.poor);
    part(tile, '.tile-note').hidden = !model.note;
    setText(part(tile, '.tile-note'), model.note);
    this.#attach(part(tile, 'video', HTMLVideoElement), model);
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {Tile} model
   */
  #attach(video, { stream, label }) {
    video.setAttribute('aria-label', label);
    if (video.srcObject === stream)
      return;
    video.srcObject = stream;
    if (stream)
      this.#play(video);
  }

  /** @param {HTMLVideoElement} video */
  #play(video) {
    video.play().catch((error) => {
      // AbortError: another stream took its place meanwhile.
      if (error.name === 'NotAllowedError')
        this.#onHeld();
    });
  }

  #fit() {
    const { clientWidth, clientHeight } = this.#list;
    const { width, height } = fitTiles(this.#tiles.size, clientWidth, clientHeight, GAP);
    this.#list.style.setProperty('--tile-width', `${width}px`);
    this.#list.style.setProperty('--tile-height', `${height}px`);
    this.#list.classList.toggle('small', height < 110 || width < 150);
  }
}
