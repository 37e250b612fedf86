// Which pictures stand still although packets of them come: a packet was lost for good, and what comes needs it. The browser itself
// asks for a key frame after 3 s only. Pure: the time comes from outside, in ms.
//
//   const stills = new Stills();
//   stills.late(pictures, now)   pictures: Map of id -> { received, frames }: packets, and decoded frames, so far. Gives the ids of
//                                those that need a key frame; twice a second

/** @typedef {{received: number, frames: number}} Count */

const STILL = 900; // ms without a frame; doubled each time
const COMES = 5; // packets in that time, at least
const ASKED_MAX = 4; // times: each costs key frames in all sizes

export class Stills {
  /** @type {Map<string, Count & {askAt: number, asked: number}>} */
  #known = new Map(); // of each: the counts at its last frame

  /**
   * @param {Map<string, Count>} pictures
   * @param {number} now
   */
  late(pictures, now) {
    for (const id of this.#known.keys()) if (!pictures.has(id)) this.#known.delete(id);
    return [...pictures].filter(([id, count]) => this.#isLate(id, count, now)).map(([id]) => id);
  }

  /** @type {(id: string, count: Count, now: number) => boolean} */
  #isLate(id, count, now) {
    const known = this.#known.get(id);
    if (!known || known.frames !== count.frames) {
      this.#known.set(id, { ...count, askAt: now + STILL, asked: 0 });
      return false;
    }
    // Before the first frame the browser itself asks, five times a second.
    if (count.frames === 0 || count.received - known.received < COMES || now < known.askAt || known.asked === ASKED_MAX) return false;
    known.asked += 1;
    known.askAt = now + STILL * 2 ** known.asked;
    return true;
  }
}
