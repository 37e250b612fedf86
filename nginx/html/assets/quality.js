// How good a connection is, in a word, from what WebRTC measures (getStats).

/** @typedef {'good' | 'fair' | 'poor' | 'unknown'} Quality  of a connection */
/** @typedef {Pick<Map<string, any>, 'values'>} Report  of getStats: the browsers' kinds of stats differ */
/** @typedef {{received: number, lost: number}} Packets */
/** @typedef {{loss: number, roundTrip: number}} Measured */

const POOR = { loss: 0.1, roundTrip: 0.8 }; // share of packets; s
const FAIR = { loss: 0.03, roundTrip: 0.4 };

/** @type {(measured: Measured, limit: Measured) => boolean} */
const exceeds = (measured, limit) => measured.loss >= limit.loss || measured.roundTrip >= limit.roundTrip;

/**
 * @param {{loss: number | undefined, roundTrip?: number}} measured
 * @returns {Quality}
 */
export function qualityWord({ loss, roundTrip = 0 }) {
  if (loss === undefined) return 'unknown';
  if (exceeds({ loss, roundTrip }, POOR)) return 'poor';
  return exceeds({ loss, roundTrip }, FAIR) ? 'fair' : 'good';
}

export class QualityMeter {
  /** @type {Map<string, Packets>} */
  #before = new Map(); // at the last measurement, by the id of a received track's stats

  /**
   * @param {Report} receiving  getStats of the receiving peer connection
   * @param {Report} sending  getStats of the sending one
   * @param {Map<string, string>} participantsByMid  m-line -> participant id
   * @returns {{own: Quality, participants: Map<string, Quality>}}  participants: by id
   */
  measure(receiving, sending, participantsByMid) {
    const before = this.#before;
    this.#before = new Map();
    /** @type {Map<string, Packets>} */
    const sums = new Map();
    for (const stats of receiving.values()) {
      if (stats.type !== 'inbound-rtp') continue;
      const { packetsReceived: received, packetsLost: lost } = stats;
      const last = before.get(stats.id) ?? { received, lost };
      this.#before.set(stats.id, { received, lost });
      add(sums, participantsByMid.get(stats.mid), received - last.received, lost - last.lost);
    }
    const participants = new Map([...sums].map(([id, sum]) => [id, qualityWord({ loss: share(sum) })]));
    return { own: this.#own(sums, receiving, sending), participants };
  }

  /**
   * @param {Map<string, Packets>} sums
   * @param {Report} receiving
   * @param {Report} sending
   */
  #own(sums, receiving, sending) {
    const all = { received: 0, lost: 0 };
    for (const { received, lost } of sums.values()) {
      all.received += received;
      all.lost += lost;
    }
    const reports = [...receiving.values(), ...sending.values()];
    const upwards = reports.filter(({ type }) => type === 'remote-inbound-rtp').map(({ fractionLost }) => fractionLost);
    const losses = [share(all), ...upwards].filter((loss) => loss !== undefined);
    const pairs = reports.filter(({ type, nominated }) => type === 'candidate-pair' && nominated);
    const trips = pairs.map(({ currentRoundTripTime }) => currentRoundTripTime ?? 0);
    if (losses.length + trips.length === 0) return 'unknown';
    return qualityWord({ loss: Math.max(0, ...losses), roundTrip: Math.max(0, ...trips) });
  }
}

/** @type {(sums: Map<string, Packets>, id: string | undefined, received: number, lost: number) => void} */
function add(sums, id, received, lost) {
  if (id === undefined) return;
  const sum = sums.get(id) ?? { received: 0, lost: 0 };
  sums.set(id, { received: sum.received + received, lost: sum.lost + Math.max(0, lost) });
}

/** @param {Packets} packets */
function share({ received, lost }) {
  return received + lost > 0 ? lost / (received + lost) : undefined;
}
