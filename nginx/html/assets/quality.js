// How good a connection is, in a word, from what WebRTC measures (getStats).

const POOR = { loss: 0.1, roundTrip: 0.8 }; // share of packets; s
const FAIR = { loss: 0.03, roundTrip: 0.4 };

const exceeds = (measured, limit) => measured.loss >= limit.loss || measured.roundTrip >= limit.roundTrip;

export function qualityWord({ loss, roundTrip = 0 }) {
  if (loss === undefined) return 'unknown';
  if (exceeds({ loss, roundTrip }, POOR)) return 'poor';
  return exceeds({ loss, roundTrip }, FAIR) ? 'fair' : 'good';
}

export class QualityMeter {
  #before = new Map(); // id of a received track's stats -> packets until then

  // reports: what getStats gave of the receiving and of the sending connection; participantsByMid: whose track is on
  // which m-line. Gives { own, participants: Map of id -> word }.
  measure(receiving, sending, participantsByMid) {
    const before = this.#before;
    this.#before = new Map();
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

function add(sums, id, received, lost) {
  if (id === undefined) return;
  const sum = sums.get(id) ?? { received: 0, lost: 0 };
  sums.set(id, { received: sum.received + received, lost: sum.lost + Math.max(0, lost) });
}

function share({ received, lost }) {
  return received + lost > 0 ? lost / (received + lost) : undefined;
}
