// People whose network has died: their tile stays for a while, and then the page says that they have not come back yet.
//
//   const absent = new Absent(onChange);      onChange   () a tile has gone
//   absent.update({ lost, here })
//     lost   Absentee[]: the people in the room who have lost the connection
//     here   the prefixes of everybody in the room
//   absent.tiles     Absentee[]: who has left the room since, and keeps a tile
//   absent.missing   Absentee[]: who has not come back for longer than that
//   absent.has(attendee)
//   absent.close()
//
// Absentee: { id, prefix, attendee, name, verified }

/**
 * @typedef {object} Absentee
 * @property {string} id  of the participant
 * @property {string} prefix  of the person
 * @property {string | null} attendee
 * @property {string} name
 * @property {boolean} verified
 */

/** @typedef {Absentee & {since: number}} Lost */

const STAY = 30000; // ms that a tile stays, from the loss on

export class Absent {
  #onChange;
  /** @type {Map<string, Lost>} */
  #known = new Map(); // by prefix
  /** @type {Lost[]} */
  tiles = [];
  /** @type {Absentee[]} */
  missing = [];
  /** @type {number | undefined} */
  #timer;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {{lost: Absentee[], here: Set<string>}} room */
  update({ lost, here }) {
    const now = performance.now();
    const lostNow = new Set(lost.map(({ prefix }) => prefix));
    for (const prefix of here)
      if (!lostNow.has(prefix))
        this.#known.delete(prefix); // is back
    for (const one of lost)
      this.#known.set(one.prefix, { ...one, since: this.#known.get(one.prefix)?.since ?? now });
    const gone = [...this.#known.values()].filter(({ prefix }) => !here.has(prefix));
    this.tiles = gone.filter(({ since }) => now - since < STAY);
    this.missing = gone.filter(({ since }) => now - since >= STAY);
    clearTimeout(this.#timer);
    const next = Math.min(...this.tiles.map(({ since }) => since + STAY - now));
    if (Number.isFinite(next))
      this.#timer = setTimeout(() => this.#onChange(), next);
  }

  /** @param {string | null} attendee */
  has(attendee) {
    return [...this.#known.values()].some((one) => one.attendee === attendee);
  }

  close() {
    clearTimeout(this.#timer);
  }
}
