// Which pictures we receive, and in which size. Cameras send their picture in three sizes at once (send-limits.js), and
// Janus hands on the one that we ask for, with all of its frames or with fewer (temporal layers). Pure: the time comes
// from outside, in ms.
//
//   const layers = new Layers();
//   layers.view(views, ids)   what the stage shows: Map of participant id -> { width, height } in device pixels, or
//                             { paused: true } for the pages beside the shown one; ids: of all that the stage knows.
//                             Others get a picture of a usual size.
//   layers.look({ now, streams, isSending })   what has come; twice a second
//     streams     Stream[]: the counts of all that we receive
//     isSending   (id) -> whether a picture of this participant is to come
//   layers.choose(ids, now)   Map of id -> Picture: those of `ids` whose picture is to be subscribed. Ask after each
//                             view() and look(), and when people come or go.
//   layers.isShown(id)        whether a picture of this participant is chosen, and not paused
//
// A change of layer makes a key frame in all layers of the sender: each picture changes at most once a second.

import { Bandwidth } from './bandwidth.js';
import { CAMERA, SCREEN, bitsOf, fit, liftedTiers, tierOfSize } from './layer-tiers.js';
import { isScreenId } from './participants.js';
import { CROWD } from './send-limits.js';

/** @import { Wish } from './layer-tiers.js' */

/** @typedef {{send: boolean, substream: number, temporal: number}} Picture  as Janus is asked for it */
/** @typedef {{width?: number, height?: number, paused?: boolean}} View */
/** @typedef {{key: string, id: string, isPicture: boolean, received: number, lost: number, bytes: number}} Stream  key: of the counts */
/** @typedef {Omit<Stream, 'key'>} Arrived  since the last look */

/**
 * A picture that is subscribed.
 * @typedef {object} Known
 * @property {Picture} picture
 * @property {number} size  the tier for the size of its tile
 * @property {number} changedAt  its layer
 * @property {number} shownAt  the last time that a page near the shown one had it
 * @property {boolean} hasCome  packets of it
 * @property {number} arrivedAt  its last packet
 * @property {number} lift  substreams above the chosen one, because the sender does not send the lower ones
 * @property {number} liftedAt
 * @property {number} heardAt  the last packet of the same person's sound; 0: none has come, or it ended while the picture went on
 */

const SPACING = 1000; // ms between two changes of one picture
const KEPT = 10000; // ms that a hidden picture stays subscribed, so that paging back is cheap
const STUCK = 2000; // ms without a packet after which a layer is taken for one that is not sent
const LIFTED = 60000; // ms until the lower layer is tried again
const QUIET = 1000; // ms without a packet of sound after which nothing comes from its sender
const BEST = 2; // substream

const USUAL_BITS = 4000000; // a second, for all pictures
const CROWD_BITS = 2400000; // the same with the sound, in a crowd
const SILENT_BITS = 8000; // a second, of a person who says nothing

// Before the stage says what it shows.
const FEW = 4;
const SHOWN_MAX = 16;
const LARGE = { width: 640, height: 360 };
const SMALL = { width: 320, height: 180 };

/** @type {(one: Picture, other: Picture) => boolean} */
const isSameLayer = (one, other) => one.substream === other.substream && one.temporal === other.temporal;

export class Layers {
  /** @type {Map<string, View>} */
  #views = new Map();
  /** @type {Set<string>} */
  #laidOut = new Set();
  /** @type {Map<string, Known>} */
  #known = new Map();
  /** @type {Map<string, Stream>} */
  #counts = new Map(); // at the last look
  #bandwidth = new Bandwidth();

  /**
   * @param {Map<string, View>} views
   * @param {Iterable<string>} ids
   */
  view(views, ids) {
    this.#views = views;
    this.#laidOut = new Set(ids);
  }

  /** @param {{now: number, streams: Stream[], isSending: (id: string) => boolean}} look */
  look({ now, streams, isSending }) {
    const arrived = this.#arrived(streams);
    const sum = { now, received: 0, lost: 0, pictureBits: 0 };
    for (const { id, isPicture, received, lost, bytes } of arrived) {
      sum.received += received;
      sum.lost += lost;
      if (isPicture) sum.pictureBits += bytes * 8;
      const known = this.#known.get(id);
      if (known && received > 0) this.#came(known, isPicture, now);
    }
    this.#bandwidth.look(sum);
    if (this.#bandwidth.wentDown) this.#endLifts(now);
    if (sum.received > 0) this.#lift(now, isSending);
  }

  /**
   * @param {string[]} ids
   * @param {number} now
   * @returns {Map<string, Picture>}
   */
  choose(ids, now) {
    const views = this.#viewsOf(ids);
    let { wishes, above } = this.#fitted(views, ids.length);
    // A picture for which there is no room in any size that is sent would cost all the others.
    if (bitsOf(wishes.values()) > this.#bandwidth.budget && this.#endLifts(now)) ({ wishes, above } = this.#fitted(views, ids.length));
    this.#bandwidth.use({ used: bitsOf(wishes.values()), above });
    for (const [id, wish] of wishes) this.#show(id, wish, now);
    for (const [id, view] of views) if (view.paused) this.#pause(id, now);
    this.#hide(new Set(ids), views, now);
    return new Map([...this.#known].map(([id, { picture }]) => [id, picture]));
  }

  /**
   * What fits of what is to be seen, and the bits a second with one step more.
   * @param {Map<string, View>} views
   * @param {number} count  of people
   */
  #fitted(views, count) {
    /** @type {Map<string, Wish & {size: number}>} */
    const wishes = new Map();
    for (const [id, { width = 0, height = 0, paused }] of views)
      if (!paused) wishes.set(id, this.#wish(id, Math.max(1, width * height)));
    const all = [...wishes.values()];
    fit(all, count > CROWD ? CROWD_BITS - count * SILENT_BITS : USUAL_BITS);
    return { wishes, above: fit(all, this.#bandwidth.budget) };
  }

  /** @param {string} id */
  isShown(id) {
    const known = this.#known.get(id);
    return known !== undefined && known.picture.send;
  }

  /**
   * @param {Stream[]} streams
   * @returns {Arrived[]}
   */
  #arrived(streams) {
    const before = this.#counts;
    this.#counts = new Map(streams.map((stream) => [stream.key, stream]));
    return streams.map((stream) => {
      const last = before.get(stream.key) ?? { received: 0, lost: 0, bytes: 0 };
      // The browser takes back what was lost when it comes late.
      const lost = Math.max(0, stream.lost - last.lost);
      return { ...stream, lost, received: Math.max(0, stream.received - last.received), bytes: Math.max(0, stream.bytes - last.bytes) };
    });
  }

  /**
   * What is shown of them, or will be.
   * @param {string[]} ids
   */
  #viewsOf(ids) {
    /** @type {Map<string, View>} */
    const views = new Map();
    for (const id of ids) {
      const view = this.#views.get(id);
      if (view) views.set(id, view);
      else if (!this.#laidOut.has(id) && views.size < SHOWN_MAX) views.set(id, ids.length <= FEW ? LARGE : SMALL);
    }
    return views;
  }

  /**
   * @param {string} id
   * @param {number} pixels
   * @returns {Wish & {size: number}}
   */
  #wish(id, pixels) {
    const source = isScreenId(id) ? SCREEN : CAMERA;
    const known = this.#known.get(id);
    const size = tierOfSize(source, pixels, known?.size);
    return { tiers: liftedTiers(source, known?.lift ?? 0), tier: size, size, weight: pixels * source.weight };
  }

  /**
   * @param {string} id
   * @param {Wish & {size: number}} wish
   * @param {number} now
   */
  #show(id, { tiers, tier, size }, now) {
    const { substream, temporal } = tiers[tier];
    const known = this.#known.get(id);
    const picture = { send: true, substream, temporal };
    if (!known) {
      this.#known.set(id, {
        picture, size, changedAt: now, shownAt: now, hasCome: false, arrivedAt: now, lift: 0, liftedAt: 0, heardAt: 0,
      });
      return;
    }
    known.shownAt = now;
    if (!known.picture.send) known.arrivedAt = now;
    known.size = size;
    if (!isSameLayer(picture, known.picture)) {
      if (now - known.changedAt < SPACING) Object.assign(picture, { ...known.picture, send: true });
      else Object.assign(known, { changedAt: now, arrivedAt: now });
    }
    known.picture = picture;
  }

  /**
   * A page beside the shown one: subscribed, and quiet.
   * @param {string} id
   * @param {number} now
   */
  #pause(id, now) {
    const known = this.#known.get(id);
    if (!known) {
      this.#show(id, this.#wish(id, SMALL.width * SMALL.height), now);
      this.#pause(id, now);
      return;
    }
    Object.assign(known, { shownAt: now, picture: { ...known.picture, send: false } });
  }

  /**
   * @param {Set<string>} ids
   * @param {Map<string, View>} views
   * @param {number} now
   */
  #hide(ids, views, now) {
    for (const [id, known] of this.#known) {
      if (views.has(id)) continue;
      if (!ids.has(id) || now - known.shownAt >= KEPT) this.#known.delete(id);
      else known.picture = { ...known.picture, send: false };
    }
  }

  /**
   * @param {Known} known
   * @param {boolean} isPicture
   * @param {number} now
   */
  #came(known, isPicture, now) {
    if (!isPicture) known.heardAt = now;
    else Object.assign(known, { hasCome: true, arrivedAt: now, heardAt: now - known.heardAt < STUCK ? known.heardAt : 0 });
  }

  /**
   * A camera with a small picture, or on a slow machine, does not send all layers. Janus begins with any layer, and finds
   * the next lower one by itself; but when the one that it sends ends, it never takes a higher one. Where the sound has ended
   * with the picture, the sender's network has.
   * @param {number} now
   * @param {(id: string) => boolean} isSending
   */
  #lift(now, isSending) {
    for (const [id, known] of this.#known) {
      if (known.lift > 0 && now - known.liftedAt >= LIFTED) known.lift = 0;
      if (!known.picture.send || !isSending(id)) known.arrivedAt = now;
      if (!known.hasCome || now - known.arrivedAt < STUCK || known.picture.substream === BEST) continue;
      if (known.heardAt > 0 && now - known.heardAt > QUIET) continue;
      Object.assign(known, { lift: known.lift + 1, liftedAt: now, arrivedAt: now });
    }
  }

  /**
   * Asks for the lower layers again. Gives whether any picture was lifted.
   * @param {number} now
   */
  #endLifts(now) {
    const lifted = [...this.#known.values()].filter(({ lift }) => lift > 0);
    for (const known of lifted) Object.assign(known, { lift: 0, arrivedAt: now });
    return lifted.length > 0;
  }
}
