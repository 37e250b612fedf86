// Who is speaking, from how loud everybody is: ourselves by our own meter, the others by their sound as it arrives.
//
//   const speakers = new Speakers({ ownLevel, received, isHeard, onChange });
//     ownLevel   () -> our own loudness (devices.js); null: our microphone is off
//     received   () -> Map of participant id -> { audio? }: their RTCRtpReceivers
//     isHeard    (id) -> whether this participant's sound is played
//     onChange   () a person has begun or stopped speaking
//   speakers.start() · stop()
//   speakers.reset()           the participants are those of another connection
//   speakers.isSpeaking(id)    id: a participant's, or 'local'
//   speakers.active            id of the person to look at; null: nobody speaks
import { loudness } from './devices.js';

/** @import { Receivers } from './subscription.js' */

const INTERVAL = 200; // ms
const SPEAKING = 0.4; // loudness, -36 dB
const HOLD = 800; // ms: a pause between two words is no end
const LOUDER = 0.1; // another person becomes the active one when they are louder by this

export class Speakers {
  /** @type {string | null} */
  active = null;
  #ownLevel;
  #received;
  #isHeard;
  #onChange;
  /** @type {Map<string | null, {level: number, at: number}>} */
  #speaking = new Map(); // by id
  /** @type {Map<string, number | undefined>} */
  #lastSound = new Map(); // by id: the time stamp of the last sound that was looked at
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {object} options
   * @param {() => number | null} options.ownLevel
   * @param {() => Map<string, Receivers>} options.received
   * @param {(id: string) => boolean} options.isHeard
   * @param {() => void} options.onChange
   */
  constructor({ ownLevel, received, isHeard, onChange }) {
    this.#ownLevel = ownLevel;
    this.#received = received;
    this.#isHeard = isHeard;
    this.#onChange = onChange;
  }

  start() {
    this.#timer = setInterval(() => this.#update(), INTERVAL);
  }

  stop() {
    clearInterval(this.#timer);
    this.#speaking.clear();
    this.active = null;
  }

  reset() {
    this.#lastSound.clear();
  }

  /** @param {string} id */
  isSpeaking(id) {
    return this.#speaking.has(id);
  }

  #update() {
    const before = this.#summary();
    const levels = this.#levels();
    const now = performance.now();
    for (const id of this.#speaking.keys()) if (!levels.has(id)) this.#speaking.delete(id);
    for (const [id, level] of levels) if (level >= SPEAKING) this.#speaking.set(id, { level, at: now });
    for (const [id, { at }] of this.#speaking) if (now - at > HOLD) this.#speaking.delete(id);
    this.#choose();
    if (this.#summary() !== before) this.#onChange();
  }

  #levels() {
    /** @type {Map<string | null, number>} */
    const levels = new Map();
    const own = this.#ownLevel();
    if (own !== null) levels.set('local', own);
    for (const [id, { audio }] of this.#received()) {
      const [source] = audio?.getSynchronizationSources() ?? [];
      // The last source of a person who has stopped sending stays for a while.
      const isNew = source && source.timestamp !== this.#lastSound.get(id);
      if (isNew && this.#isHeard(id)) levels.set(id, loudness(source.audioLevel ?? 0));
      this.#lastSound.set(id, source?.timestamp);
    }
    return levels;
  }

  #choose() {
    const [loudest] = [...this.#speaking].sort(([, one], [, other]) => other.level - one.level);
    const current = this.#speaking.get(this.active);
    if (!loudest) this.active = null;
    else if (!current || loudest[1].level > current.level + LOUDER) [this.active] = loudest;
  }

  #summary() {
    return `${this.active} ${[...this.#speaking.keys()].sort()}`;
  }
}
