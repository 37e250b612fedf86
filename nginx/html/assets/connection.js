// One connection to Janus' room, from its opening to its loss: the signalling session, ourselves as a publisher, our
// screen as another one, what we receive, and who is there. It repairs nothing: connection-keeper.js opens the next
// one.
//
//   const connection = new Connection({ access, encryption, isOwn });   access: answer of POST session/{link}/token
//   await connection.open(url, display, { audio, video })               tracks or null; a subscriber sends nothing
//   await connection.setTrack('video', track)                           another device, or null
//   connection.setDisplay(display)                                      what the others see beside our picture
//   await connection.shareScreen(stream, display) · stopScreen()
//   connection.view(views)                                              what the stage shows (layers.js)
//   connection.useToken(token)                                          a renewed one
//   connection.close()
//   connection.participants · received · quality · published · full · isClosed
//
// Events: 'participants'; 'moderated' (detail: { muted }) a moderator has (un)muted our microphone; 'quality';
//         'event' (detail: { event }) of the meeting; 'back' events may be missing;
//         'unauthorized' a new token is needed; 'waiting' a moderator must admit us, so that this connection is over;
//         'lost' (detail: { reason }), once.
import { Arrivals } from './arrivals.js';
import { Emitter } from './emitter.js';
import { JanusSession } from './janus.js';
import { Participants, screenId } from './participants.js';
import { Publisher } from './publisher.js';
import { QualityMeter } from './quality.js';
import { Reception } from './reception.js';
import { CAMERA_LAYERS, CROWD, SCREEN_LAYERS, SCREEN_SOUND, VOICE } from './send-limits.js';

/** @import { Access } from './api.js' */
/** @import { Encryption } from './encryption.js' */
/** @import { Kind } from './frame-crypto.js' */
/** @import { View } from './layers.js' */
/** @import { RoomEvent } from './participants.js' */
/** @import { Limits, Tracks } from './publisher.js' */
/** @import { Quality, Report } from './quality.js' */
/** @import { MeetingEvent } from './signalling.js' */
/** @import { Receivers } from './subscription.js' */

/**
 * @typedef {object} Events
 * @property {undefined} participants
 * @property {{muted: boolean}} moderated
 * @property {undefined} quality
 * @property {{event: MeetingEvent}} event
 * @property {undefined} back
 * @property {undefined} unauthorized
 * @property {undefined} waiting
 * @property {{reason: string}} lost
 */

const TICK = 500; // ms between two looks at what arrives
const MEASURED_EACH = 4; // looks: how often quality is measured
const SILENT = 2000; // ms without a packet after which the sender's network is taken for dead
const OWN_SILENT = 3500; // ms without a packet or an answer: then it is ours; answers come every 2.5 s
const PUBLISHERS_FULL = 432; // Janus' code

/** @extends {Emitter<Events>} */
export class Connection extends Emitter {
  full = false; // the room takes no more senders
  /** @type {Quality} */
  quality = 'unknown';
  /** @type {JanusSession | null} */
  session = null; // until it is open
  #access;
  #encryption;
  /** @type {Publisher | null} */
  #publisher = null;
  /** @type {Publisher | null} */
  #screen = null;
  /** @type {Reception | null} */
  #reception = null;
  #meter = new QualityMeter();
  #arrivals = new Arrivals();
  #looks = 0;
  /** @type {number | undefined} */
  #timer;
  /** @type {Map<string, View> | null} */
  #views = null;
  #closed = false;
  #rejectWork = () => {};
  /** @type {Promise<never>} */
  #closing = new Promise((resolve, reject) => {
    this.#rejectWork = () => reject(new Error('the connection is closed'));
  });

  /** @param {{access: Access, encryption: Encryption | null, isOwn: (id: string) => boolean}} options */
  constructor({ access, encryption, isOwn }) {
    super();
    this.#access = access;
    this.#encryption = encryption;
    this.participants = new Participants(isOwn);
    this.#closing.catch(() => {}); // mostly nothing waits for it
  }

  /**
   * @param {string} url
   * @param {string} display
   * @param {Tracks} tracks
   */
  async open(url, display, tracks) {
    const session = new JanusSession(url, this.#access.token);
    this.session = session;
    session.addEventListener('closed', ({ detail }) => this.#lost(detail.reason));
    session.addEventListener('unauthorized', () => this.emit('unauthorized'));
    session.addEventListener('waiting', () => this.emit('waiting'));
    session.addEventListener('event', ({ detail }) => this.emit('event', detail));
    session.addEventListener('changed', () => this.#reception?.listAgain());
    session.addEventListener('back', ({ detail }) => {
      if (!detail.complete) this.#reception?.catchUp();
      this.emit('back');
    });
    try {
      await this.#unlessClosed(session.open());
      await this.#unlessClosed(this.#joinRoom(session, display, tracks));
    } catch (error) {
      this.close();
      throw error;
    }
    this.#schedule();
  }

  close() {
    this.#closed = true;
    this.#rejectWork();
    clearTimeout(this.#timer);
    for (const part of [this.#publisher, this.#screen, this.#reception]) part?.close();
    this.session?.close();
  }

  get isClosed() {
    return this.#closed;
  }

  get published() {
    return this.#publisher !== null && !this.full;
  }

  /** @returns {Map<string, Receivers>} */
  get received() {
    return this.#reception?.received ?? new Map();
  }

  /** @param {string} token */
  useToken(token) {
    if (!this.session) return;
    this.session.token = token;
    this.session.probe(); // the gate gets it at once, and may refuse it
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  async setTrack(kind, track) {
    if (this.#closed || !this.#publisher) return;
    await this.#unlessClosed(this.#publisher.setTrack(kind, track)).catch((error) => {
      // The next connection starts with the track.
      if (!this.#closed) throw error;
    });
  }

  /** @param {Map<string, View>} views */
  view(views) {
    this.#views = views;
    this.#reception?.view(views);
  }

  /** @param {string} display */
  setDisplay(display) {
    this.#publisher?.setDisplay(display);
  }

  /**
   * @param {MediaStream} stream
   * @param {string} display
   */
  shareScreen(stream, display) {
    return this.#unlessClosed(this.#publishScreen(stream, display));
  }

  async stopScreen() {
    const screen = this.#screen;
    this.#screen = null;
    await screen?.leave();
  }

  /**
   * A peer connection that is closed answers no request that is still open.
   * @param {Promise<void>} work
   */
  #unlessClosed(work) {
    return Promise.race([work, this.#closing]);
  }

  /**
   * @param {JanusSession} session
   * @param {string} display
   * @param {Tracks} tracks
   */
  async #joinRoom(session, display, tracks) {
    const reception = this.#receive(session);
    await reception.open();
    if (this.#access.role === 'subscriber') await reception.list();
    else await this.#enter(session, display, tracks);
  }

  /**
   * @param {MediaStream} stream
   * @param {string} display
   */
  async #publishScreen(stream, display) {
    if (!this.session) throw new Error('open() comes first');
    const limits = { video: SCREEN_LAYERS, audio: [SCREEN_SOUND] };
    const screen = this.#publish(this.session, screenId(this.#access.participantId), limits);
    this.#screen = screen;
    await screen.join(display);
    const [video] = stream.getVideoTracks();
    await screen.publish({ video, audio: stream.getAudioTracks()[0] });
  }

  /** @param {JanusSession} session */
  #receive(session) {
    const { participants } = this;
    const reception = new Reception(session, { access: this.#access, encryption: this.#encryption, participants });
    reception.addEventListener('changed', () => this.#changed());
    reception.addEventListener('lost', ({ detail }) => this.#lost(detail.reason));
    this.#reception = reception;
    if (this.#views) reception.view(this.#views);
    return reception;
  }

  /**
   * @param {JanusSession} session
   * @param {string} id  of the participant
   * @param {Limits} limits
   */
  #publish(session, id, limits) {
    const publisher = new Publisher(session, { access: this.#access, id, encryption: this.#encryption, limits });
    publisher.addEventListener('lost', ({ detail }) => this.#lost(detail.reason));
    return publisher;
  }

  /**
   * @param {JanusSession} session
   * @param {string} display
   * @param {Tracks} tracks
   */
  async #enter(session, display, tracks) {
    const publisher = this.#publish(session, this.#access.participantId, { video: CAMERA_LAYERS, audio: [VOICE] });
    this.#publisher = publisher;
    publisher.addEventListener('event', ({ detail }) => this.#handle(publisher, detail.data));
    this.#reception?.update(await publisher.join(display));
    try {
      await publisher.publish(tracks);
    } catch (error) {
      if (error.code !== PUBLISHERS_FULL) throw error;
      this.full = true;
    }
  }

  /**
   * Janus tells participants what happens in the room.
   * @param {Publisher} publisher
   * @param {RoomEvent & {videoroom: string}} data
   */
  #handle(publisher, data) {
    if (data.videoroom === 'destroyed') this.#lost('the room was destroyed');
    if (data.moderation && data.id === this.#access.participantId && data.mid === publisher.mid('audio'))
      this.emit('moderated', { muted: data.moderation === 'muted' });
    this.#reception?.update(data);
  }

  #changed() {
    if (this.#closed) return;
    if (this.participants.map.size >= CROWD) this.#publisher?.saveSound();
    this.emit('participants');
  }

  #schedule() {
    if (!this.#closed) this.#timer = setTimeout(() => this.#tick(), TICK);
  }

  async #tick() {
    if (!this.#reception) return;
    try {
      if (++this.#looks % MEASURED_EACH === 0) this.#reception.retry();
      await this.#look(this.#reception);
    } catch (error) {
      this.#lost(error.message);
    }
    this.#schedule();
  }

  /** @param {Reception} reception */
  async #look(reception) {
    const [receiving, sending] = await Promise.all([reception.stats(), this.#publisher?.stats() ?? new Map()]);
    const { participantsByMid } = reception;
    const now = performance.now();
    reception.look(receiving, now);
    this.#arrivals.look({ receiving, sending, participantsByMid, now });
    if (this.#looks % MEASURED_EACH === 0) this.#measure(receiving, sending, participantsByMid);
    this.#markSilent();
    this.emit('quality');
  }

  /**
   * @param {Report} receiving
   * @param {Report} sending
   * @param {Map<string, string>} participantsByMid
   */
  #measure(receiving, sending, participantsByMid) {
    const { own, participants } = this.#meter.measure(receiving, sending, participantsByMid);
    this.quality = own;
    for (const [id, participant] of this.participants.map) participant.quality = participants.get(id) ?? 'unknown';
  }

  #markSilent() {
    const ownFails = this.#arrivals.ownSilence >= OWN_SILENT;
    const senders = [];
    for (const [id, participant] of this.participants.map) {
      if (participant.isSending) senders.push(participant);
      else this.#arrivals.excuse(id);
      participant.silent = !ownFails && participant.isSending && this.#arrivals.silence(id) >= SILENT;
    }
    if (ownFails) this.quality = 'poor';
    else if (senders.length > 0 && senders.every(({ silent }) => silent)) this.quality = 'unknown';
  }

  /** @param {string} reason */
  #lost(reason) {
    if (this.#closed) return;
    this.close();
    this.emit('lost', { reason });
  }
}
