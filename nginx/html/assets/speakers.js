// Who is speaking, from how loud everybody is.

const SPEAKING = 0.4; // loudness (devices.js), -36 dB
const HOLD = 800; // ms: the pause between two words is not the end
const LOUDER = 0.1; // by how much somebody else has to be louder to take over

export class Speakers {
  /** @type {string | null} */
  active = null; // id of the one to look at
  /** @type {Map<string | null, {level: number, at: number}>} */
  #heard = new Map(); // by id

  /**
   * True if anything has changed.
   * @param {Map<string | null, number>} levels  loudness by id
   * @param {number} now  ms
   */
  update(levels, now) {
    const before = this.#summary();
    for (const id of this.#heard.keys()) if (!levels.has(id)) this.#heard.delete(id);
    for (const [id, level] of levels) if (level >= SPEAKING) this.#heard.set(id, { level, at: now });
    for (const [id, { at }] of this.#heard) if (now - at > HOLD) this.#heard.delete(id);
    this.#choose();
    return this.#summary() !== before;
  }

  /** @param {string} id */
  isSpeaking(id) {
    return this.#heard.has(id);
  }

  #choose() {
    const [loudest] = [...this.#heard].sort(([, one], [, other]) => other.level - one.level);
    const current = this.#heard.get(this.active);
    if (!loudest) this.active = null;
    else if (!current || loudest[1].level > current.level + LOUDER) [this.active] = loudest;
  }

  #summary() {
    return `${this.active} ${[...this.#heard.keys()].sort()}`;
  }
}
