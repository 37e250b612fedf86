// What we receive of the others: one handle and one peer connection for the streams of everybody. Streams are added and
// removed as people come and go, and as their pictures are shown.
//
//   const subscription = new Subscription(session, { access, encryption });
//   await subscription.attach();
//   subscription.want(wishes)    of each participant the sound, and the picture as it is wished; other streams are
//                                removed
//   subscription.retry()         tries again what has failed
//   subscription.look(pictures, now)   asks again for a size of a picture that does not come, and for a key frame of one that stands
//                                still; twice a second. pictures: of cameras, participant id -> { received, frames } (stills.js)
//   subscription.received        Map of participant id -> { audio?, video? }: their RTCRtpReceivers
//   await subscription.list()    who is in the room: Janus tells viewers nothing, they have to ask
//   await subscription.untilShown(limit)   pictures of everybody who is wanted have come; or `limit` ms are over
//   subscription.leave()         closes it, while the session goes on
//   subscription.close()
//
// Events: 'received', 'lost' (detail: { reason }).
//
// Janus makes the offers, also unasked when a publisher leaves. They are answered one after the other; Janus holds the
// next offer back until the last one is answered. Janus gives the m-line of a person who has left to the next person
// who comes: its list says each time to which participant a receiver belongs.
import { Emitter } from './emitter.js';
import { isScreenId } from './participants.js';
import { Peer } from './peer.js';
import { Sizes } from './sizes.js';
import { Stills } from './stills.js';

/** @import { Access } from './api.js' */
/** @import { Encryption } from './encryption.js' */
/** @import { Kind } from './frame-crypto.js' */
/** @import { Answer, JanusHandle, JanusSession } from './janus.js' */
/** @import { Picture } from './layers.js' */
/** @import { Listed, Stream } from './participants.js' */
/** @import { Count } from './stills.js' */

/** @typedef {Partial<Record<Kind, RTCRtpReceiver>>} Receivers  of one participant */
/** @typedef {Map<string, Stream['type']>} Kinds  by mid of the sender; empty: not known */
/** @typedef {{id: string, kinds: Kinds, picture?: Picture}} Wish  of one participant; without a picture: the sound alone */
/** @typedef {{mid: string, type: Kind, active: boolean, feed_id?: string, feed_mid?: string}} Subscribed  a stream, in Janus' words */
/** @typedef {{mid: string, type: Kind, feed: string, feedMid: string}} Active */
/** @typedef {{feed: string, mid?: string} & Partial<Picture>} Added */
/** @typedef {{mid: string} & Partial<Picture>} Configured */
/** @typedef {{subscribe: Added[], unsubscribe: {sub_mid: string}[], configure: Configured[]}} Change */

const PLUGIN = 'janus.plugin.videoroom';
const NO_SUCH_FEED = 428;
const FAILURES_MAX = 3;
const STREAMS_MAX = 50; // of a request: the gate takes 8 KiB
/** @type {Picture} */
const UNASKED = { send: true, substream: 2, temporal: 2 }; // what Janus sends if nothing else is said

/**
 * The fields of a picture that are not as Janus was told.
 * @param {Picture} wished
 * @param {Picture} told
 */
function difference({ send, substream, temporal }, told) {
  return {
    ...(send !== told.send && { send }), ...(substream !== told.substream && { substream }),
    ...(temporal !== told.temporal && { temporal }),
  };
}

/** @param {{feed: string, mid?: string}} stream */
const keyOf = ({ feed, mid }) => `${feed} ${mid}`;
const SHOWN_INTERVAL = 50; // ms

/** @extends {Emitter<{received: undefined, lost: {reason: string}}>} */
export class Subscription extends Emitter {
  /** @type {Map<string, Receivers>} */
  received = new Map(); // by the participant's id
  isClosed = false;
  #session;
  #access;
  #encryption;
  /** @type {JanusHandle | null} */
  #handle = null;
  /** @type {Peer | null} */
  #peer = null;
  /** @type {Subscribed[]} */
  #streams = []; // as Janus lists them
  /** @type {Map<string, Wish>} */
  #wanted = new Map(); // by id
  /** @type {Map<string, Kinds>} */
  #learned = new Map(); // the kinds of the streams of people, where the list of people does not have them
  /** @type {Map<string, Picture>} */
  #told = new Map(); // how Janus sends each picture, by keyOf()
  #sizes = new Sizes(); // by keyOf()
  /** @type {Set<string>} */
  #again = new Set(); // pictures whose size is to be asked for once more, by keyOf()
  #stills = new Stills();
  /** @type {Set<string>} */
  #keyless = new Set(); // ids of people of whose picture a key frame is to be asked for
  /** @type {Set<string>} */
  #refused = new Set(); // Janus did not know them when we asked
  #failures = 0; // times in a row that all were refused
  #updating = false;
  /** @type {Promise<void>} */
  #answering = Promise.resolve();

  /**
   * @param {JanusSession} session
   * @param {{access: Access, encryption: Encryption | null}} options
   */
  constructor(session, { access, encryption }) {
    super();
    this.#session = session;
    this.#access = access;
    this.#encryption = encryption;
  }

  async attach() {
    this.#handle = await this.#session.attach(PLUGIN);
    this.#handle.addEventListener('event', ({ detail }) => this.#receive(detail));
  }

  /** @param {Wish[]} wishes */
  want(wishes) {
    this.#wanted = new Map(wishes.map((wish) => [wish.id, wish]));
    for (const id of this.#learned.keys()) if (!this.#wanted.has(id)) this.#learned.delete(id);
    this.#update();
  }

  retry() {
    if (this.#isInOldRoom()) this.#lost('the room was created anew');
    this.#refused.clear();
    this.#update();
  }

  /**
   * @param {Map<string, Count>} pictures
   * @param {number} now  ms
   */
  look(pictures, now) {
    const wanted = this.#active().filter(({ type }) => type === 'video').map(({ feed, feedMid }) => {
      const key = keyOf({ feed, mid: feedMid });
      const { send, substream } = this.#told.get(key) ?? UNASKED;
      return /** @type {const} */ ([key, { substream: send ? substream : null, isScreen: isScreenId(feed) }]);
    });
    for (const key of this.#sizes.late(new Map(wanted), now)) this.#again.add(key);
    for (const id of this.#stills.late(pictures, now)) if (this.#wanted.get(id)?.picture?.send) this.#keyless.add(id);
    if (this.#again.size + this.#keyless.size > 0) this.#update();
  }

  /** @returns {Promise<Listed[]>} */
  async list() {
    const { data } = await this.#attached.request({ request: 'listparticipants', room: this.#access.sessionId });
    return data.participants;
  }

  stats() {
    return this.#peer ? this.#peer.connection.getStats() : new Map();
  }

  // m-line -> participant id
  get participantsByMid() {
    return new Map(this.#active().map(({ mid, feed }) => [mid, feed]));
  }

  /** @param {number} limit  ms */
  async untilShown(limit) {
    const end = performance.now() + limit;
    while (!this.isClosed && performance.now() < end && !(await this.#isShown()))
      await new Promise((resolve) => setTimeout(resolve, SHOWN_INTERVAL));
  }

  async #isShown() {
    if ([...this.#wanted.keys()].some((id) => !this.received.has(id) && !this.#refused.has(id))) return false;
    const reports = [...(await this.stats()).values()];
    const shown = new Set(reports.filter(({ framesDecoded = 0 }) => framesDecoded > 0).map(({ mid }) => mid));
    const sent = reports.filter(({ type, kind, packetsReceived = 0 }) => (
      type === 'inbound-rtp' && kind === 'video' && packetsReceived > 0));
    const anything = reports.some(({ type, packetsReceived = 0 }) => type === 'inbound-rtp' && packetsReceived > 0);
    return (this.#wanted.size === 0 || anything) && sent.every(({ mid }) => shown.has(mid));
  }

  leave() {
    this.close();
    this.#handle?.detach().catch(() => {}); // it ends with the session at the latest
  }

  close() {
    this.isClosed = true;
    if (!this.#peer) return;
    this.#encryption?.forget(this.#peer.receivers);
    this.#peer.close();
  }

  get #attached() {
    if (!this.#handle) throw new Error('attach() comes first');
    return this.#handle;
  }

  /** @returns {Active[]} */
  #active() {
    return this.#streams.flatMap(({ active, mid, type, feed_id: feed, feed_mid: feedMid = '' }) => (
      active && feed !== undefined ? [{ mid, type, feed, feedMid }] : []));
  }

  // When the room was created anew, this handle is still in the old one, which is empty.
  #isInOldRoom() {
    const all = this.#wanted.size > 0 && [...this.#wanted.keys()].every((id) => this.#refused.has(id));
    this.#failures = all ? this.#failures + 1 : 0;
    return this.#failures >= FAILURES_MAX;
  }

  // One change at a time, until the streams are those that are wanted.
  async #update() {
    if (this.#updating) return;
    this.#updating = true;
    try {
      let change = this.#change();
      while (change && (await this.#apply(change))) change = this.#change();
    } catch (error) {
      this.#lost(error.message);
    } finally {
      this.#updating = false;
    }
  }

  /** @returns {Change | null} */
  #change() {
    const active = this.#active();
    const here = new Set(active.map(({ feed, feedMid }) => keyOf({ feed, mid: feedMid })));
    const missing = [...this.#wanted.values()].flatMap((wish) => this.#streamsOf(wish))
      .filter(({ feed, mid }) => !this.#refused.has(feed) && !here.has(keyOf({ feed, mid })));
    const unsubscribe = active.filter((stream) => !this.#isWanted(stream)).map(({ mid }) => ({ sub_mid: mid }));
    const configure = active.flatMap((stream) => this.#correction(stream));
    if (missing.length + unsubscribe.length + configure.length === 0) return null;
    return { subscribe: missing.slice(0, STREAMS_MAX), unsubscribe, configure: configure.slice(0, STREAMS_MAX) };
  }

  /** @param {string} id */
  #kindsOf(id) {
    const { kinds } = this.#wanted.get(id) ?? {};
    return kinds?.size ? kinds : this.#learned.get(id);
  }

  /**
   * Without knowing the kinds: all streams of a participant. The answer tells the kinds.
   * @param {Wish} wish
   * @returns {Added[]}
   */
  #streamsOf({ id: feed, picture }) {
    const kinds = this.#kindsOf(feed);
    if (!kinds) return [{ feed }];
    return [...kinds].flatMap(([mid, kind]) => {
      if (kind === 'audio') return [{ feed, mid }];
      return kind === 'video' && picture ? [{ feed, mid, ...picture }] : [];
    });
  }

  /** @param {Active} stream */
  #isWanted({ feed, type }) {
    const wish = this.#wanted.get(feed);
    return wish !== undefined && (type !== 'video' || wish.picture !== undefined);
  }

  /**
   * @param {Active} stream
   * @returns {Configured[]}  one, or none
   */
  #correction({ mid, feed, feedMid, type }) {
    const picture = this.#wanted.get(feed)?.picture;
    if (type !== 'video' || !picture) return [];
    const key = keyOf({ feed, mid: feedMid });
    const fields = difference(picture, this.#told.get(key) ?? UNASKED);
    if (this.#again.has(key)) fields.substream = picture.substream;
    // Janus asks the sender for a key frame when the picture goes on; that is the next change.
    if (this.#keyless.has(feed) && picture.send) fields.send = false;
    return Object.keys(fields).length > 0 ? [{ mid, ...fields }] : [];
  }

  /**
   * Resolves to whether the next change can be tried now. If not, an offer of Janus has to come first.
   * @param {Change} change
   * @returns {Promise<boolean>}
   */
  async #apply({ subscribe, unsubscribe, configure }) {
    if (configure.length > 0) await this.#configure(configure);
    if (subscribe.length + unsubscribe.length === 0) return true;
    try {
      return await this.#request(subscribe, unsubscribe);
    } catch (error) {
      if (error.code !== NO_SUCH_FEED) throw error;
      // Janus refuses all of them when one has just left: ask for them one by one.
      if (subscribe.length === 1) this.#refused.add(subscribe[0].feed);
      else for (const one of subscribe) await this.#apply({ subscribe: [one], unsubscribe: [], configure: [] });
      return true;
    }
  }

  /** @param {Configured[]} streams */
  async #configure(streams) {
    for (const { mid, ...fields } of streams) {
      const stream = this.#active().find((one) => one.mid === mid);
      if (!stream) continue;
      const key = keyOf({ feed: stream.feed, mid: stream.feedMid });
      this.#told.set(key, { ...UNASKED, ...this.#told.get(key), ...fields });
      this.#again.delete(key);
      this.#keyless.delete(stream.feed);
    }
    await this.#attached.request({ request: 'configure', streams });
  }

  /**
   * @param {Added[]} subscribe
   * @param {{sub_mid: string}[]} unsubscribe
   */
  async #request(subscribe, unsubscribe) {
    const { sessionId: room } = this.#access;
    const request = this.#peer
      ? { request: 'update', ...(subscribe.length > 0 && { subscribe }), ...(unsubscribe.length > 0 && { unsubscribe }) }
      : { request: 'join', ptype: 'subscriber', room, streams: subscribe };
    for (const { feed, mid, ...picture } of subscribe)
      if (mid !== undefined) this.#told.set(keyOf({ feed, mid }), { ...UNASKED, ...picture });
    const answer = await this.#attached.request(request);
    await this.#receive(answer);
    return Boolean(answer.jsep);
  }

  /** @param {Answer} answer */
  #receive({ data, jsep }) {
    if (typeof data?.substream === 'number') this.#note(data);
    if (jsep) {
      this.#answering = this.#answering
        .then(() => this.#answer(data.streams, jsep))
        .catch((error) => this.#lost(error.message));
    }
    return this.#answering;
  }

  /**
   * Janus tells which size of a picture comes from now on.
   * @param {{mid?: string, substream: number}} event
   */
  #note({ mid, substream }) {
    const stream = this.#active().find((one) => one.mid === mid);
    if (stream) this.#sizes.note(keyOf({ feed: stream.feed, mid: stream.feedMid }), substream);
  }

  /**
   * @param {Subscribed[] | undefined} streams
   * @param {RTCSessionDescriptionInit} offer
   */
  async #answer(streams, offer) {
    const peer = this.#peer ?? this.#connect();
    const { connection } = peer;
    await connection.setRemoteDescription(offer);
    this.#assign(connection, streams ?? this.#streams); // an ICE restart comes without a list
    await connection.setLocalDescription(await connection.createAnswer());
    const jsep = { ...peer.description, e2ee: Boolean(this.#encryption) };
    await this.#attached.request({ request: 'start' }, jsep);
    this.emit('received');
    this.#update();
  }

  #connect() {
    const peer = new Peer(this.#attached, this.#access.iceServers);
    this.#peer = peer;
    peer.addEventListener('restart', () => this.#restart());
    peer.addEventListener('lost', ({ detail }) => this.#lost(detail.reason));
    return peer;
  }

  /**
   * Called before the answer: no frame comes yet, so that none gets past the decryption.
   * @param {RTCPeerConnection} connection
   * @param {Subscribed[]} streams
   */
  #assign(connection, streams) {
    const transceivers = connection.getTransceivers();
    this.#streams = streams;
    this.received = new Map();
    this.#learn();
    for (const { mid, type, feed: id } of this.#active()) {
      const receiver = transceivers.find((one) => one.mid === mid)?.receiver;
      if (!receiver) throw new Error(`Janus' offer has no m-line ${mid}`);
      this.#encryption?.protectReceiver(receiver, id, type);
      this.received.set(id, { ...this.received.get(id), [type]: receiver });
    }
  }

  #learn() {
    const active = this.#active();
    const keys = new Set(active.map(({ feed, feedMid }) => keyOf({ feed, mid: feedMid })));
    for (const known of [this.#told, this.#again])
      for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    this.#keyless.clear();
    for (const { feed, feedMid, type } of active)
      this.#learned.set(feed, new Map([...(this.#learned.get(feed) ?? []), [feedMid, type]]));
  }

  async #restart() {
    await this.#answering; // Janus does not answer a restart while an offer is open
    await this.#attached.request({ request: 'configure', restart: true }).then((answer) => this.#receive(answer))
      .catch((error) => this.#lost(error.message));
  }

  /** @param {string} reason */
  #lost(reason) {
    this.emit('lost', { reason });
  }
}
