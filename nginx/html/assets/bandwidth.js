// How many bits a second of pictures the network has room for, by the share of lost packets alone: freezes and dropped
// frames also come from a busy processor. Pure: the time comes from outside, in ms.
//
//   const bandwidth = new Bandwidth();
//   bandwidth.look({ now, received, lost, pictureBits })   what has come since the last look; twice a second
//   bandwidth.use({ now, used, above })                    the pictures have so many bits a second now; above: with the
//                                                          next step up (Infinity: no more are wanted)
//   bandwidth.budget                                       bits a second; Infinity: as many as one likes
//   bandwidth.wentDown                                     the last look has lowered the budget
//
// More than 5 % lost, or 20 % since the last look: down at once, to nine tenths of what arrives, and at least one step.
// Less than 1 % for a while: one step up. When a step up fails, that while is doubled.

/** @typedef {{now: number, received: number, lost: number, pictureBits: number}} Look  received, lost: packets */

const WINDOW = 1500; // ms over which the loss is counted
const SETTLED = 1000; // ms after a change before anything is judged
const ENOUGH = 20; // packets; fewer in the window say nothing
const LOSSY = 0.05; // share of packets
const SUDDEN = 0.2; // in one look
const CALM = 0.01;
const FITS = 0.9; // share of what arrives
const HOLD = 8000; // ms of calm before a step up
const HOLD_MAX = 120000;
const TRIAL = 12000; // ms in which loss means that the step up was wrong
const STEP = 1.5; // times the bits, at least

/**
 * The share of lost packets; null: too few have come to say it.
 * @param {Look[]} looks
 */
function lossOf(looks) {
  const lost = looks.reduce((sum, look) => sum + look.lost, 0);
  const packets = looks.reduce((sum, look) => sum + look.received, lost);
  return packets < ENOUGH ? null : lost / packets;
}

export class Bandwidth {
  budget = Infinity;
  wentDown = false;
  /** @type {(Look & {since: number})[]} */
  #window = [];
  #lookedAt = 0;
  #used = 0;
  #above = Infinity;
  #upAt = -Infinity;
  #calmSince = 0;
  #hold = HOLD;

  /** @param {Look} look */
  look(look) {
    const { now } = look;
    this.wentDown = false;
    if (this.#lookedAt > 0) this.#window.push({ ...look, since: this.#lookedAt });
    this.#lookedAt = now;
    this.#calmSince ||= now;
    while (this.#window.length > 0 && now - this.#window[0].since > WINDOW) this.#window.shift();
    this.#judge(now);
  }

  /** @param {{used: number, above: number}} use */
  use({ used, above }) {
    this.#used = used;
    this.#above = above;
  }

  /** @param {number} now */
  #judge(now) {
    const loss = lossOf(this.#window);
    if (loss === null || now - this.#window[0].since < SETTLED) return;
    // The window still holds what came before the network was too slow; the last look does not.
    const last = this.#window[this.#window.length - 1];
    if (loss > LOSSY || (lossOf([last]) ?? 0) > SUDDEN) this.#down(now, (last.pictureBits / (now - last.since)) * 1000);
    if (loss > CALM) this.#calmSince = now;
    else if (now - this.#calmSince >= this.#hold) this.#up(now);
  }

  /**
   * @param {number} now
   * @param {number} arriving  bits a second
   */
  #down(now, arriving) {
    if (now - this.#upAt < TRIAL) this.#hold = Math.min(this.#hold * 2, HOLD_MAX);
    else if (this.#upAt > 0) this.#hold = HOLD; // the last step up was right
    this.#upAt = -Infinity;
    this.budget = Math.min(arriving * FITS, this.#used - 1);
    this.wentDown = true;
    this.#window = [];
  }

  /** @param {number} now */
  #up(now) {
    if (this.budget === Infinity) return;
    this.budget = this.#above === Infinity ? Infinity : Math.max(this.#above, this.#used * STEP);
    this.#upAt = now;
    this.#calmSince = now;
    this.#window = [];
  }
}
