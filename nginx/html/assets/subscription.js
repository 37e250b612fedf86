// What we receive of the others: one handle and one peer connection, to which their streams are added and from which
// they are taken as they come and go.
//
//   const subscription = new Subscription(session, { access, encryption });
//   await subscription.attach();
//   subscription.want(ids)       the participants whose streams we want, all of each; the rest is dropped. Called again
//                                with the same ids it tries once more what has failed.
//   subscription.received        Map of participant id -> { audio?, video? }: their RTCRtpReceivers
//   await subscription.list()    who is in the room: a viewer is told nothing by Janus and has to ask
//
// Events: 'received', 'lost' (detail: { reason }).
//
// Janus makes the offers, also by itself when a publisher goes away. They are answered one after the other; Janus keeps
// the next one back until the last one is answered. It gives the m-line of somebody who has left to the next one who
// comes, so which participant a receiver belongs to is read from Janus' list each time.
import { Emitter } from './emitter.js';
import { Peer } from './peer.js';

/** @import { Access } from './api.js' */
/** @import { Encryption } from './encryption.js' */
/** @import { Kind } from './frame-crypto.js' */
/** @import { Answer, JanusHandle, JanusSession } from './janus.js' */
/** @import { Listed } from './participants.js' */

/** @typedef {Partial<Record<Kind, RTCRtpReceiver>>} Receivers  of one participant */
/** @typedef {{mid: string, type: Kind, active: boolean, feed_id?: string}} Subscribed  a stream, in Janus' words */
/** @typedef {{subscribe?: {feed: string}[], unsubscribe?: {sub_mid: string}[]}} Change */

const PLUGIN = 'janus.plugin.videoroom';
const NO_SUCH_FEED = 428;
const VAIN_MAX = 3;

/** @extends {Emitter<{received: undefined, lost: {reason: string}}>} */
export class Subscription extends Emitter {
  /** @type {Map<string, Receivers>} */
  received = new Map(); // by the participant's id
  #session;
  #access;
  #encryption;
  /** @type {JanusHandle | null} */
  #handle = null;
  /** @type {Peer | null} */
  #peer = null;
  /** @type {Subscribed[]} */
  #streams = []; // as Janus lists them
  /** @type {Set<string>} */
  #wanted = new Set();
  /** @type {Set<string>} */
  #refused = new Set(); // not there when they were asked for
  #vain = 0; // times in a row that all of them were refused
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
    this.#handle.addEventListener('event', ({ detail }) => this.#heard(detail));
  }

  /** @param {string[]} ids */
  want(ids) {
    if (this.#stranded()) this.#lost('the room is another one');
    this.#wanted = new Set(ids);
    this.#refused.clear();
    this.#update();
  }

  /** @returns {Promise<Listed[]>} */
  async list() {
    const { data } = await this.#attached.request({ request: 'listparticipants', room: this.#access.sessionId });
    return data.participants;
  }

  stats() {
    return this.#peer ? this.#peer.connection.getStats() : new Map();
  }

  // Whose stream is on which m-line
  get participantsByMid() {
    return new Map(this.#active().map(({ mid, feed }) => [mid, feed]));
  }

  close() {
    if (!this.#peer) return;
    this.#encryption?.forget(this.#peer.receivers);
    this.#peer.close();
  }

  get #attached() {
    if (!this.#handle) throw new Error('attach() comes first');
    return this.#handle;
  }

  #active() {
    return this.#streams.flatMap(({ active, mid, type, feed_id: feed }) => (
      active && feed !== undefined ? [{ mid, type, feed }] : []));
  }

  // When the room was made anew, this handle is still in the old one, where nobody is.
  #stranded() {
    const all = this.#wanted.size > 0 && [...this.#wanted].every((id) => this.#refused.has(id));
    this.#vain = all ? this.#vain + 1 : 0;
    return this.#vain >= VAIN_MAX;
  }

  // One change at a time, until what there is is what is wanted.
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
    const here = new Set(active.map(({ feed }) => feed));
    const unsubscribe = active
      .filter(({ feed }) => !this.#wanted.has(feed))
      .map(({ mid }) => ({ sub_mid: mid }));
    const subscribe = [...this.#wanted]
      .filter((feed) => !here.has(feed) && !this.#refused.has(feed))
      .map((feed) => ({ feed }));
    if (subscribe.length + unsubscribe.length === 0) return null;
    return { ...(subscribe.length > 0 && { subscribe }), ...(unsubscribe.length > 0 && { unsubscribe }) };
  }

  /**
   * Has that led to a new offer, or may another try? If not, it is Janus' turn.
   * @param {Change} change
   * @returns {Promise<boolean>}
   */
  async #apply({ subscribe = [], unsubscribe }) {
    try {
      return await this.#request(subscribe, unsubscribe);
    } catch (error) {
      if (error.code !== NO_SUCH_FEED) throw error;
      // Janus refuses all because of one who has just left: then one by one.
      if (subscribe.length === 1) this.#refused.add(subscribe[0].feed);
      else for (const one of subscribe) await this.#apply({ subscribe: [one] });
      return true;
    }
  }

  /**
   * @param {{feed: string}[]} subscribe
   * @param {{sub_mid: string}[]} [unsubscribe]
   */
  async #request(subscribe, unsubscribe) {
    const { sessionId: room, roomToken: token } = this.#access;
    const request = this.#peer
      ? { request: 'update', ...(subscribe.length > 0 && { subscribe }), ...(unsubscribe && { unsubscribe }) }
      : { request: 'join', ptype: 'subscriber', room, token, streams: subscribe };
    const answer = await this.#attached.request(request);
    await this.#heard(answer);
    return Boolean(answer.jsep);
  }

  /** @param {Answer} answer */
  #heard({ data, jsep }) {
    if (jsep) {
      this.#answering = this.#answering
        .then(() => this.#answer(data.streams, jsep))
        .catch((error) => this.#lost(error.message));
    }
    return this.#answering;
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
    this.tell('received');
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
   * Before the answer: nothing flows yet, so no frame gets past the decryption.
   * @param {RTCPeerConnection} connection
   * @param {Subscribed[]} streams
   */
  #assign(connection, streams) {
    const transceivers = connection.getTransceivers();
    this.#streams = streams;
    this.received = new Map();
    for (const { mid, type, feed: id } of this.#active()) {
      const receiver = transceivers.find((one) => one.mid === mid)?.receiver;
      if (!receiver) throw new Error(`Janus' offer has no m-line ${mid}`);
      this.#encryption?.protectReceiver(receiver, id, type);
      this.received.set(id, { ...this.received.get(id), [type]: receiver });
    }
  }

  async #restart() {
    await this.#answering; // to a restart in between Janus does not answer
    await this.#attached.request({ request: 'configure', restart: true }).then((answer) => this.#heard(answer))
      .catch((error) => this.#lost(error.message));
  }

  /** @param {string} reason */
  #lost(reason) {
    this.tell('lost', { reason });
  }
}
