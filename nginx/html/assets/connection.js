// One connection to Janus' room, from its opening to its loss: the signalling session, ourselves as a publisher, our
// screen as another one, what we receive, and who is there. It repairs nothing: connection-keeper.js opens the next
// one.
//
//   const connection = new Connection({ access, encryption, isOwn });   access: answer of POST session/{link}/token
//   await connection.open(url, display, { audio, video })               tracks or null; a subscriber sends nothing
//   await connection.setTrack('video', track)                           another device, or null
//   connection.setDisplay(display)                                      what the others see beside our picture
//   await connection.shareScreen(stream, display) · stopScreen()
//   connection.useToken(token)                                          a renewed one
//   connection.close()
//   connection.participants · received · quality · published · full · isClosed
//
// Events: 'participants'; 'moderated' (detail: { muted }) a moderator has (un)muted our microphone; 'quality';
//         'event' (detail: { event }) of the meeting; 'back' events may be missing;
//         'unauthorized' a new token is needed; 'lost' (detail: { reason }), once.
import { Emitter } from './emitter.js';
import { JanusSession, UNAUTHORIZED } from './janus.js';
import { Participants, screenId } from './participants.js';
import { Publisher } from './publisher.js';
import { QualityMeter } from './quality.js';
import { SCREEN_LIMIT, cameraLimit } from './send-limits.js';
import { Subscription } from './subscription.js';

/** @import { Access } from './api.js' */
/** @import { Encryption } from './encryption.js' */
/** @import { Kind } from './frame-crypto.js' */
/** @import { RoomEvent } from './participants.js' */
/** @import { Tracks } from './publisher.js' */
/** @import { Quality } from './quality.js' */
/** @import { Limit } from './send-limits.js' */
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
 * @property {{reason: string}} lost
 */

const TICK = 2000; // ms between two measurements; for viewers, also between two requests for the list
// The same for viewers while a connection is new: after a restart of Janus all the others come back as well.
const EARLY_TICK = 500; // ms
const EARLY = 5000; // ms
const TAKEOVER_LIMIT = 5000; // ms until another subscription takes over, also without all pictures
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
  /** @type {Subscription | null} */
  #subscription = null;
  #meter = new QualityMeter();
  /** @type {number | undefined} */
  #timer;
  #openedAt = 0;
  /** @type {Limit | null} */
  #limit = null;
  #closed = false;
  #catchingUp = false;
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
    session.addEventListener('event', ({ detail }) => this.emit('event', detail));
    session.addEventListener('back', ({ detail }) => {
      if (!detail.complete) this.#catchUp(session);
      this.emit('back');
    });
    try {
      await this.#unlessClosed(session.open());
      await this.#unlessClosed(this.#joinRoom(session, display, tracks));
    } catch (error) {
      this.close();
      throw error;
    }
    this.#openedAt = performance.now();
    this.#schedule();
  }

  close() {
    this.#closed = true;
    this.#rejectWork();
    clearTimeout(this.#timer);
    for (const part of [this.#publisher, this.#screen, this.#subscription]) part?.close();
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
    return this.#subscription?.received ?? new Map();
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
    const subscription = await this.#subscribe(session);
    if (this.#access.role === 'subscriber') await this.#list(subscription);
    else await this.#enter(session, display, tracks);
  }

  /**
   * @param {MediaStream} stream
   * @param {string} display
   */
  async #publishScreen(stream, display) {
    if (!this.session) throw new Error('open() comes first');
    const screen = this.#publish(this.session, screenId(this.#access.participantId));
    this.#screen = screen;
    await screen.limit(SCREEN_LIMIT);
    await screen.join(display);
    const [video] = stream.getVideoTracks();
    await screen.publish({ video, audio: stream.getAudioTracks()[0] });
  }

  /** @param {JanusSession} session */
  async #subscribe(session) {
    const subscription = new Subscription(session, { access: this.#access, encryption: this.#encryption });
    subscription.addEventListener('received', () => subscription === this.#subscription && this.#changed());
    subscription.addEventListener('lost', ({ detail }) => {
      if (!subscription.isClosed) this.#lost(detail.reason);
    });
    this.#subscription ??= subscription;
    await subscription.attach();
    return subscription;
  }

  /**
   * Messages of Janus may have been lost. People may have come and gone, and an offer may never have come. So the list
   * is asked for, and a new subscription takes over when its pictures are there.
   * @param {JanusSession} session
   */
  async #catchUp(session) {
    const before = this.#subscription;
    if (!before || this.#catchingUp) return;
    this.#catchingUp = true;
    try {
      const next = await this.#subscribe(session);
      this.participants.replace(await next.list());
      next.want(this.participants.publishing);
      await next.untilShown(TAKEOVER_LIMIT);
      this.#subscription = next;
      this.#changed();
      before.leave();
    } catch (error) {
      this.#lost(error.message);
    } finally {
      this.#catchingUp = false;
    }
  }

  /**
   * @param {JanusSession} session
   * @param {string} id  of the participant
   */
  #publish(session, id) {
    const publisher = new Publisher(session, { access: this.#access, id, encryption: this.#encryption });
    publisher.addEventListener('lost', ({ detail }) => this.#lost(detail.reason));
    return publisher;
  }

  /**
   * @param {JanusSession} session
   * @param {string} display
   * @param {Tracks} tracks
   */
  async #enter(session, display, tracks) {
    const publisher = this.#publish(session, this.#access.participantId);
    this.#publisher = publisher;
    publisher.addEventListener('event', ({ detail }) => this.#handle(publisher, detail.data));
    this.participants.update(await publisher.join(display));
    this.#changed();
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
    this.participants.update(data);
    this.#changed();
  }

  /**
   * Janus tells viewers nothing: they have to ask for the list.
   * @param {Subscription} subscription
   */
  async #list(subscription) {
    this.participants.replace(await subscription.list());
    this.#changed();
  }

  #changed() {
    if (this.#closed || !this.#subscription) return;
    this.#subscription.want(this.participants.publishing);
    this.participants.receive(this.#subscription.received);
    const others = [...this.participants.map.values()].filter(({ hasVideo, isScreen }) => hasVideo && !isScreen);
    const limit = cameraLimit(others.length + 1);
    if (limit !== this.#limit) this.#publisher?.limit(limit);
    this.#limit = limit;
    this.emit('participants');
  }

  #schedule() {
    const early = !this.#publisher && performance.now() - this.#openedAt < EARLY;
    if (!this.#closed) this.#timer = setTimeout(() => this.#tick(), early ? EARLY_TICK : TICK);
  }

  async #tick() {
    const subscription = this.#subscription;
    if (!subscription) return;
    try {
      if (this.#publisher) subscription.want(this.participants.publishing);
      else await this.#list(subscription);
      await this.#measure(subscription);
    } catch (error) {
      // For a viewer this is the only way to see that the room was destroyed.
      if (error.code !== UNAUTHORIZED) this.#lost(error.message);
    }
    this.#schedule();
  }

  /** @param {Subscription} subscription */
  async #measure(subscription) {
    const [receiving, sending] = await Promise.all([subscription.stats(), this.#publisher?.stats() ?? new Map()]);
    const { own, participants } = this.#meter.measure(receiving, sending, subscription.participantsByMid);
    this.quality = own;
    for (const [id, participant] of this.participants.map) participant.quality = participants.get(id) ?? 'unknown';
    this.emit('quality');
  }

  /** @param {string} reason */
  #lost(reason) {
    if (this.#closed) return;
    this.close();
    this.emit('lost', { reason });
  }
}
