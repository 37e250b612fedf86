// Whether anything still arrives, and who sends it, by what WebRTC counts (getStats). A person whose network dies says
// nothing any more: their picture stands still, and only the missing packets tell.
//
//   const arrivals = new Arrivals();
//   arrivals.look({ receiving, sending, participantsByMid, now })
//     receiving, sending   getStats of the peer connections
//     participantsByMid    m-line -> participant id
//     now                  ms
//   arrivals.silence(id)   ms since the last packet of a participant; 0 before the first one
//   arrivals.excuse(id)    the participant sends nothing by choice: counts anew from now on
//   arrivals.ownSilence    ms since anything came from the media server: packets, or answers to our checks; 0 where the
//                          browser does not count answers, or there is no connection: a lone watcher receives nothing

/** @import { Report } from './quality.js' */

/**
 * @typedef {object} Look
 * @property {Report} receiving
 * @property {Report} sending
 * @property {Map<string, string>} participantsByMid
 * @property {number} now
 */

export class Arrivals {
  #now = 0;
  #ownAt = 0;
  /** @type {Map<string, number>} */
  #at = new Map(); // time of the last packet, by participant id
  /** @type {Map<string, number>} */
  #counts = new Map(); // at the last look, by the id of the stats

  /** @param {Look} look */
  look({ receiving, sending, participantsByMid, now }) {
    this.#now = now;
    this.#ownAt ||= now;
    const all = [...receiving.values(), ...sending.values()];
    if (!all.some(({ nominated, responsesReceived }) => nominated && responsesReceived !== undefined)) this.#ownAt = now;
    const counts = new Map();
    for (const stats of all) {
      const count = countOf(stats);
      if (count === undefined) continue;
      counts.set(stats.id, count);
      if (count <= (this.#counts.get(stats.id) ?? 0)) continue;
      this.#ownAt = now;
      const id = stats.type === 'inbound-rtp' ? participantsByMid.get(stats.mid) : undefined;
      if (id !== undefined) this.#at.set(id, now);
    }
    this.#counts = counts;
    const here = new Set(participantsByMid.values());
    for (const id of this.#at.keys()) if (!here.has(id)) this.#at.delete(id);
  }

  /** @param {string} id */
  silence(id) {
    return this.#now - (this.#at.get(id) ?? this.#now);
  }

  /** @param {string} id */
  excuse(id) {
    if (this.#at.has(id)) this.#at.set(id, this.#now);
  }

  get ownSilence() {
    return this.#now - this.#ownAt;
  }
}

/**
 * What grows whenever something comes in.
 * @param {any} stats
 * @returns {number | undefined}
 */
function countOf({ type, packetsReceived, nominated, responsesReceived, bytesReceived = 0 }) {
  if (type === 'inbound-rtp') return packetsReceived;
  if (type === 'candidate-pair' && nominated) return (responsesReceived ?? 0) + bytesReceived;
  return undefined;
}
