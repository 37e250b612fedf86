// The layers of a picture as tiers, from the best one down, and how pictures share what there is room for. Pure
// functions.

import { CAMERA_BITS, SCREEN_BITS } from './send-limits.js';

/** @typedef {{substream: number, temporal: number, bits: number}} Tier  in Janus' numbers; bits: a second, at most */
/**
 * @typedef {object} Source
 * @property {Tier[]} tiers
 * @property {number[]} heights  of a 16:9 tile, up to which the next tier is good enough
 * @property {number} weight  of a pixel: the text of a screen has to stay sharp
 */
/** @typedef {{tiers: Tier[], tier: number, weight: number}} Wish  tier: index; weight: of all of its pixels */

// Of the bits, with a quarter of the frames and with half of them (measured).
const TEMPORAL_SHARES = [0.5, 0.7];
const BORDER = 0.1; // share of a height

/** @type {Source} */
export const CAMERA = { tiers: tiersOf([2, 1, 0], CAMERA_BITS), heights: [504, 252], weight: 1 };
// Of two layers, 2 is the larger one for Janus as well.
/** @type {Source} */
export const SCREEN = { tiers: tiersOf([2, 0], SCREEN_BITS), heights: [400], weight: 4 };

/**
 * After the smallest picture come those with fewer frames.
 * @param {number[]} substreams  from the best one down
 * @param {number[]} bits  of each
 * @returns {Tier[]}
 */
function tiersOf(substreams, bits) {
  const whole = substreams.map((substream, i) => ({ substream, temporal: 2, bits: bits[i] }));
  const smallest = whole[whole.length - 1];
  const fewer = [1, 0].map((temporal) => ({ ...smallest, temporal, bits: smallest.bits * TEMPORAL_SHARES[temporal] }));
  return [...whole, ...fewer];
}

/**
 * The tier for a tile of this size. A tile near a border keeps what it has.
 * @param {Source} source
 * @param {number} pixels  of the tile
 * @param {number} [before]  its tier until now
 */
export function tierOfSize({ heights }, pixels, before) {
  const height = Math.sqrt((pixels * 9) / 16);
  const tierFor = (/** @type {number} */ factor) => heights.filter((limit) => height <= limit * factor).length;
  if (before !== undefined && before <= tierFor(1 + BORDER) && before >= tierFor(1 - BORDER)) return before;
  return tierFor(1);
}

/**
 * The tiers of a sender who does not send the lowest sizes: in each place what takes the place of that tier.
 * @param {Source} source
 * @param {number} lift  sizes
 */
export function liftedTiers({ tiers }, lift) {
  if (lift === 0) return tiers;
  return tiers.map(({ substream, temporal, bits }) => {
    const place = tiers.findIndex((tier) => tier.substream === substream); // with all of its frames
    const larger = tiers[Math.max(0, place - lift)];
    return { substream: larger.substream, temporal, bits: larger.bits * (bits / tiers[place].bits) };
  });
}

/** @param {Iterable<Wish>} wishes */
export const bitsOf = (wishes) => [...wishes].reduce((sum, { tiers, tier }) => sum + tiers[tier].bits, 0);

/**
 * The next picture to make worse: the one with the most bits for its weight.
 * @param {Wish[]} wishes
 */
function dearest(wishes) {
  const price = (/** @type {Wish} */ { tiers, tier, weight }) => tiers[tier].bits / weight;
  const left = wishes.filter(({ tiers, tier }) => tier < tiers.length - 1);
  return left.reduce((/** @type {Wish | null} */ worst, one) => (worst && price(worst) >= price(one) ? worst : one), null);
}

/**
 * Makes pictures worse, one step each time, until all together have at most so many bits a second; changes their tiers.
 * Gives the sum of bits before the last step; Infinity: no step was needed.
 * @param {Wish[]} wishes
 * @param {number} budget
 */
export function fit(wishes, budget) {
  let above = Infinity;
  for (let sum = bitsOf(wishes); sum > budget; sum = bitsOf(wishes)) {
    const wish = dearest(wishes);
    if (!wish) break;
    above = sum;
    wish.tier++;
  }
  return above;
}
