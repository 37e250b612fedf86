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
import { Peer } from './peer.js';

const PLUGIN = 'janus.plugin.videoroom';
const NO_SUCH_FEED = 428;
const VAIN_MAX = 3;

export class Subscription extends EventTarget {
  received = new Map();
  #session;
  #access;
  #encryption;
  #handle;
  #peer = null;
  #streams = []; // as Janus lists them
  #wanted = new Set();
  #refused = new Set(); // not there when they were asked for
  #vain = 0; // times in a row that all of them were refused
  #updating = false;
  #answering = Promise.resolve();

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

  want(ids) {
    if (this.#stranded()) this.#lost('the room is another one');
    this.#wanted = new Set(ids);
    this.#refused.clear();
    this.#update();
  }

  async list() {
    const { data } = await this.#handle.request({ request: 'listparticipants', room: this.#access.sessionId });
    return data.participants;
  }

  stats() {
    return this.#peer ? this.#peer.connection.getStats() : new Map();
  }

  // Whose stream is on which m-line
  get participantsByMid() {
    return new Map(this.#active().map((stream) => [stream.mid, stream.feed_id]));
  }

  close() {
    if (!this.#peer) return;
    this.#encryption?.forget(this.#peer.receivers);
    this.#peer.close();
  }

  #active() {
    return this.#streams.filter((stream) => stream.active && stream.feed_id !== undefined);
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

  #change() {
    const active = this.#active();
    const here = new Set(active.map((stream) => stream.feed_id));
    const unsubscribe = active
      .filter((stream) => !this.#wanted.has(stream.feed_id))
      .map((stream) => ({ sub_mid: stream.mid }));
    const subscribe = [...this.#wanted]
      .filter((feed) => !here.has(feed) && !this.#refused.has(feed))
      .map((feed) => ({ feed }));
    if (subscribe.length + unsubscribe.length === 0) return null;
    return { ...(subscribe.length && { subscribe }), ...(unsubscribe.length && { unsubscribe }) };
  }

  // Has that led to a new offer, or may another try? If not, it is Janus' turn.
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

  async #request(subscribe, unsubscribe) {
    const { sessionId: room, roomToken: token } = this.#access;
    const request = this.#peer
      ? { request: 'update', ...(subscribe.length && { subscribe }), ...(unsubscribe && { unsubscribe }) }
      : { request: 'join', ptype: 'subscriber', room, token, streams: subscribe };
    const answer = await this.#handle.request(request);
    await this.#heard(answer);
    return Boolean(answer.jsep);
  }

  #heard({ data, jsep }) {
    if (jsep) {
      this.#answering = this.#answering
        .then(() => this.#answer(data.streams, jsep))
        .catch((error) => this.#lost(error.message));
    }
    return this.#answering;
  }

  async #answer(streams, offer) {
    if (!this.#peer) this.#connect();
    const { connection } = this.#peer;
    await connection.setRemoteDescription(offer);
    this.#assign(streams ?? this.#streams); // an ICE restart comes without a list
    await connection.setLocalDescription(await connection.createAnswer());
    const jsep = { ...this.#peer.description, e2ee: Boolean(this.#encryption) };
    await this.#handle.request({ request: 'start' }, jsep);
    this.dispatchEvent(new Event('received'));
    this.#update();
  }

  #connect() {
    this.#peer = new Peer(this.#handle, this.#access.iceServers);
    this.#peer.addEventListener('restart', () => this.#restart());
    this.#peer.addEventListener('lost', ({ detail }) => this.#lost(detail.reason));
  }

  // Before the answer: nothing flows yet, so no frame gets past the decryption.
  #assign(streams) {
    const transceivers = new Map(this.#peer.connection.getTransceivers().map((one) => [one.mid, one]));
    this.#streams = streams;
    this.received = new Map();
    for (const { mid, type, feed_id: id } of this.#active()) {
      const { receiver } = transceivers.get(mid);
      this.#encryption?.protectReceiver(receiver, id, type);
      this.received.set(id, { ...this.received.get(id), [type]: receiver });
    }
  }

  async #restart() {
    await this.#answering; // to a restart in between Janus does not answer
    await this.#handle.request({ request: 'configure', restart: true }).then((answer) => this.#heard(answer))
      .catch((error) => this.#lost(error.message));
  }

  #lost(reason) {
    this.dispatchEvent(new CustomEvent('lost', { detail: { reason } }));
  }
}
