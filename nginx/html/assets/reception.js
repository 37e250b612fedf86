// What we receive over one connection: who is in the room, and their streams.
//
//   const reception = new Reception(session, { access, encryption, participants });
//   await reception.open()
//   reception.update(event)          Janus tells people who send what happens in the room
//   await reception.list()           Janus tells people who only watch nothing: asks for the list
//   reception.listAgain()            the gate says that the list has changed
//   reception.catchUp()              messages may be lost: takes the list, and everything anew
//   reception.retry()                tries again what has failed
//   reception.view(views)            what the stage shows (layers.js)
//   reception.look(report, now)      what getStats says, twice a second: chooses layers
//   reception.received               Map of participant id -> { audio?, video? }: their RTCRtpReceivers
//   await reception.stats() · reception.participantsByMid
//   reception.close()
//
// Events: 'changed' participants or received; 'lost' (detail: { reason }).
import { Emitter } from './emitter.js';
import { UNAUTHORIZED } from './janus.js';
import { Layers } from './layers.js';
import { isScreenId } from './participants.js';
import { Subscription } from './subscription.js';

/** @import { Access } from './api.js' */
/** @import { Encryption } from './encryption.js' */
/** @import { JanusSession } from './janus.js' */
/** @import { View } from './layers.js' */
/** @import { Participants, RoomEvent } from './participants.js' */
/** @import { Report } from './quality.js' */
/** @import { Count } from './stills.js' */
/** @import { Receivers } from './subscription.js' */

const TAKEOVER_LIMIT = 5000; // ms until another subscription takes over, also without all pictures

/** @extends {Emitter<{changed: undefined, lost: {reason: string}}>} */
export class Reception extends Emitter {
  #session;
  #access;
  #encryption;
  #participants;
  #layers = new Layers();
  /** @type {Subscription | null} */
  #subscription = null;
  #catchingUp = false;
  #listing = false;
  #listAgain = false; // the list has changed since it was asked for
  #closed = false;

  /**
   * @param {JanusSession} session
   * @param {{access: Access, encryption: Encryption | null, participants: Participants}} options
   */
  constructor(session, { access, encryption, participants }) {
    super();
    this.#session = session;
    this.#access = access;
    this.#encryption = encryption;
    this.#participants = participants;
  }

  async open() {
    await this.#subscribe();
  }

  close() {
    this.#closed = true;
    this.#subscription?.close();
  }

  /** @returns {Map<string, Receivers>} */
  get received() {
    return this.#subscription?.received ?? new Map();
  }

  /** @returns {Map<string, string>} */
  get participantsByMid() {
    return this.#subscription?.participantsByMid ?? new Map();
  }

  async stats() {
    return this.#subscription?.stats() ?? new Map();
  }

  /** @param {RoomEvent} event */
  update(event) {
    this.#participants.update(event);
    this.#changed();
  }

  async list() {
    if (!this.#subscription) return;
    this.#participants.replace(await this.#subscription.list());
    this.#changed();
  }

  // One request at a time: with several, an old answer could come after a newer one.
  async listAgain() {
    this.#listAgain = true;
    if (this.#listing) return;
    this.#listing = true;
    try {
      while (this.#listAgain && !this.#closed) {
        this.#listAgain = false;
        await this.list();
      }
    } catch (error) {
      // For a viewer this is the only way to see that the room was destroyed.
      if (error.code !== UNAUTHORIZED) this.#lost(error.message);
    } finally {
      this.#listing = false;
    }
  }

  retry() {
    this.#subscription?.retry();
  }

  /** @param {Map<string, View>} views */
  view(views) {
    this.#layers.view(views, this.#participants.map.keys());
    this.#want(this.#subscription);
  }

  /**
   * @param {Report} report
   * @param {number} now  ms
   */
  look(report, now) {
    const { participantsByMid } = this;
    /** @type {Map<string, Count>} */
    const pictures = new Map();
    const streams = [...report.values()].flatMap((stats) => {
      const { type, id: key, mid, kind, packetsReceived, packetsLost = 0, bytesReceived = 0, framesDecoded = 0 } = stats;
      const id = type === 'inbound-rtp' ? participantsByMid.get(mid) : undefined;
      if (id === undefined) return [];
      // A screen that does not change has few frames.
      if (kind === 'video' && !isScreenId(id)) pictures.set(id, { received: packetsReceived, frames: framesDecoded });
      return [{ key, id, isPicture: kind === 'video', received: packetsReceived, lost: packetsLost, bytes: bytesReceived }];
    });
    const isSending = (/** @type {string} */ id) => {
      const participant = this.#participants.map.get(id);
      return participant !== undefined && !participant.isScreen && participant.isPictureDue;
    };
    this.#layers.look({ now, streams, isSending });
    this.#want(this.#subscription);
    this.#subscription?.look(pictures, now);
  }

  /**
   * People may have come and gone, and an offer may never have come. So the list is asked for, and a new subscription
   * takes over when its pictures are there.
   */
  async catchUp() {
    const before = this.#subscription;
    if (!before || this.#catchingUp) return;
    this.#catchingUp = true;
    try {
      const next = await this.#subscribe();
      this.#participants.replace(await next.list());
      this.#want(next);
      await next.untilShown(TAKEOVER_LIMIT);
      if (this.#closed) {
        next.close();
        return;
      }
      this.#subscription = next;
      this.#changed();
      before.leave();
    } catch (error) {
      this.#lost(error.message);
    } finally {
      this.#catchingUp = false;
    }
  }

  async #subscribe() {
    const subscription = new Subscription(this.#session, { access: this.#access, encryption: this.#encryption });
    subscription.addEventListener('received', () => subscription === this.#subscription && this.#changed());
    subscription.addEventListener('lost', ({ detail }) => {
      if (!subscription.isClosed) this.#lost(detail.reason);
    });
    this.#subscription ??= subscription;
    await subscription.attach();
    return subscription;
  }

  #changed() {
    if (this.#closed || !this.#subscription) return;
    this.#want(this.#subscription);
    this.#subscription.retry();
    this.#participants.receive(this.#subscription.received);
    this.emit('changed');
  }

  /** @param {Subscription | null} subscription */
  #want(subscription) {
    const { publishing } = this.#participants;
    const pictures = this.#layers.choose(publishing.map(({ id }) => id), performance.now());
    this.#participants.expect((id) => this.#layers.isShown(id));
    subscription?.want(publishing.map(({ id, kinds }) => ({ id, kinds, picture: pictures.get(id) })));
  }

  /** @param {string} reason */
  #lost(reason) {
    if (!this.#closed) this.emit('lost', { reason });
  }
}
