// One publisher of the room, which is a participant that may send: ourselves, and once more for our screen.
//
//   const publisher = new Publisher(session, { access, id, encryption, limits });
//   const joined = await publisher.join(display);    Janus' answer: who is in the room
//   await publisher.publish({ audio, video });       tracks; null sends nothing for now, undefined leaves it out
//   await publisher.setTrack('video', track)         another device, or null
//   publisher.setDisplay(display)                    what the others see beside the picture
//   await publisher.saveSound()                      from now on silence is hardly sent
//   await publisher.leave()                          out of the room, while the session goes on
//   publisher.close()
//
// Events: 'event' (detail: { data }) what Janus tells participants; 'lost' (detail: { reason }).
import { Emitter } from './emitter.js';
import { Peer } from './peer.js';
import { withoutSilence } from './send-limits.js';

/** @import { Access } from './api.js' */
/** @import { Encryption } from './encryption.js' */
/** @import { Kind } from './frame-crypto.js' */
/** @import { JanusHandle, JanusSession } from './janus.js' */

/** @typedef {Partial<Record<Kind, MediaStreamTrack | null>>} Tracks */
/** @typedef {Record<Kind, RTCRtpEncodingParameters[]>} Limits  of each layer */

const PLUGIN = 'janus.plugin.videoroom';

/** @extends {Emitter<{event: {data: any}, lost: {reason: string}}>} */
export class Publisher extends Emitter {
  #session;
  #access;
  #encryption;
  /** @type {JanusHandle | null} */
  #handle = null;
  /** @type {Peer | null} */
  #peer = null;
  /** @type {Partial<Record<Kind, RTCRtpSender>>} */
  #senders = {};
  #display = ''; // as it should be
  #sentDisplay = ''; // as Janus has it
  #sending = false; // a display
  #limits;
  #savesSound = false;
  /** @type {RTCSessionDescriptionInit | null} */
  #answer = null; // the last one of Janus
  /** @type {Promise<void>} */
  #negotiating = Promise.resolve();

  /**
   * @param {JanusSession} session
   * @param {{access: Access, id: string, encryption: Encryption | null, limits: Limits}} options  id: of the participant
   */
  constructor(session, { access, id, encryption, limits }) {
    super();
    this.#session = session;
    this.#access = access;
    this.#encryption = encryption;
    this.#limits = limits;
    this.id = id;
  }

  /** @param {string} display */
  async join(display) {
    const { sessionId: room } = this.#access;
    this.#display = display;
    this.#sentDisplay = display;
    const handle = await this.#session.attach(PLUGIN);
    this.#handle = handle;
    handle.addEventListener('event', ({ detail }) => this.emit('event', { data: detail.data }));
    const request = { request: 'join', ptype: 'publisher', room, id: this.id, display };
    return (await handle.request(request)).data;
  }

  /**
   * Negotiates both kinds at once, also those whose device is off: a device that is opened later needs no further
   * negotiation, neither here nor at the receivers.
   * @param {Tracks} tracks
   */
  async publish(tracks) {
    const peer = new Peer(this.#joined, this.#access.iceServers);
    this.#peer = peer;
    peer.addEventListener('restart', () => this.#restart(peer));
    peer.addEventListener('lost', ({ detail }) => this.emit('lost', detail));
    for (const kind of /** @type {Kind[]} */ (Object.keys(tracks))) {
      const track = tracks[kind];
      if (track !== undefined) this.#add(peer, kind, track);
    }
    await this.#negotiate(peer, 'publish');
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  async setTrack(kind, track) {
    await this.#senders[kind]?.replaceTrack(track);
  }

  /**
   * The mid of a kind, as Janus names it when a moderator mutes it.
   * @param {Kind} kind
   */
  mid(kind) {
    return this.#peer?.connection.getTransceivers().find(({ sender }) => sender === this.#senders[kind])?.mid;
  }

  /**
   * One request at a time; then only the newest display is sent.
   * @param {string} display
   */
  async setDisplay(display) {
    this.#display = display;
    if (this.#sending) return;
    this.#sending = true;
    while (this.#sentDisplay !== this.#display) {
      this.#sentDisplay = this.#display;
      // An error means that the session is lost. The next one starts with the display of that moment.
      await this.#handle?.request({ request: 'configure', display: this.#sentDisplay }).catch(() => {});
    }
    this.#sending = false;
  }

  /**
   * The encoder goes by Janus' answer. Nothing else changes, so Janus need not be asked again.
   */
  async saveSound() {
    if (this.#savesSound) return;
    this.#savesSound = true;
    const peer = this.#peer;
    if (!peer || !this.#answer) return; // the first answer is changed when it comes
    await this.#queue(async () => {
      await peer.connection.setLocalDescription(await peer.connection.createOffer());
      await this.#useAnswer(peer);
    }).catch(() => {}); // sending more than is needed is no fault
  }

  stats() {
    return this.#peer ? this.#peer.connection.getStats() : new Map();
  }

  close() {
    this.#peer?.close();
  }

  async leave() {
    this.close();
    await this.#joined.detach();
  }

  get #joined() {
    if (!this.#handle) throw new Error('join() comes first');
    return this.#handle;
  }

  /**
   * @param {Peer} peer
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  #add(peer, kind, track) {
    const { sender } = this.#transceiver(peer, track ?? kind, this.#limits[kind]);
    this.#encryption?.protectSender(sender, this.id, kind);
    this.#senders[kind] = sender;
  }

  /**
   * @param {Peer} peer
   * @param {MediaStreamTrack | Kind} what
   * @param {RTCRtpEncodingParameters[]} sendEncodings
   */
  #transceiver({ connection }, what, sendEncodings) {
    try {
      return connection.addTransceiver(what, { direction: 'sendonly', sendEncodings });
    } catch {
      // A browser without temporal layers.
      const plain = sendEncodings.map((encoding) => ({ ...encoding, scalabilityMode: undefined }));
      return connection.addTransceiver(what, { direction: 'sendonly', sendEncodings: plain });
    }
  }

  /**
   * @param {Peer} peer
   * @param {'publish' | 'configure'} request
   * @param {RTCOfferOptions} [options]
   */
  #negotiate(peer, request, options) {
    return this.#queue(async () => {
      const { connection } = peer;
      await connection.setLocalDescription(await connection.createOffer(options));
      const jsep = { ...peer.description, e2ee: Boolean(this.#encryption) };
      const answer = await this.#joined.request({ request }, jsep);
      if (!answer.jsep) throw new Error('Janus does not answer an offer');
      this.#answer = answer.jsep;
      await this.#useAnswer(peer);
    });
  }

  /** @param {Peer} peer */
  async #useAnswer({ connection }) {
    const { type = 'answer', sdp = '' } = this.#answer ?? {};
    await connection.setRemoteDescription({ type, sdp: this.#savesSound ? withoutSilence(sdp) : sdp });
  }

  /**
   * One negotiation at a time.
   * @param {() => Promise<void>} act
   */
  #queue(act) {
    const done = this.#negotiating.then(act);
    this.#negotiating = done.catch(() => {}); // the caller gets the error
    return done;
  }

  /** @param {Peer} peer */
  async #restart(peer) {
    await this.#negotiate(peer, 'configure', { iceRestart: true })
      .catch((error) => this.emit('lost', { reason: error.message }));
  }
}
