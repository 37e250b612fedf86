// One stay in Janus' room, from the connection's opening to its loss: the session, ourselves as a publisher, our screen
// as another, what we receive, and who is there. It does not repair what is lost: room.js makes a new one.
//
//   const call = new Call({ access, encryption, isOwn });   access: answer of POST session/{link}/token
//   await call.open(url, display, { audio, video })         tracks or null; a subscriber sends nothing
//   call.close()
//
// Events: 'participants'; 'moderated' (detail: { muted }) a moderator has (un)muted our microphone; 'quality';
//         'unauthorized' a fresh token is needed; 'lost' (detail: { reason }), once.
import { Emitter } from './emitter.js';
import { JanusSession, UNAUTHORIZED } from './janus.js';
import { Participants, screenId } from './participants.js';
import { Publisher } from './publisher.js';
import { QualityMeter } from './quality.js';
import { Subscription } from './subscription.js';

/** @import { Access } from './api.js' */
/** @import { Encryption } from './encryption.js' */
/** @import { Kind } from './frame-crypto.js' */
/** @import { Told } from './participants.js' */
/** @import { Limit, Tracks } from './publisher.js' */
/** @import { Quality } from './quality.js' */

/**
 * @typedef {object} Events
 * @property {undefined} participants
 * @property {{muted: boolean}} moderated
 * @property {undefined} quality
 * @property {undefined} unauthorized
 * @property {{reason: string}} lost
 */

const TICK = 2000; // ms between looks at the list (viewers) and at the connection
const EARLY_TICK = 500; // ms between those of viewers while a call is new: after a restart all the others come, too
const EARLY = 5000; // ms
const PUBLISHERS_FULL = 432;

// Bits and frames for one's camera, by how many cameras there are: 12 people have to fit into a small machine, which
// decodes what all the others send.
const CAMERA_LIMITS = [
  { cameras: 2, limit: { maxBitrate: 800000, maxFramerate: 24, scaleResolutionDownBy: 1 } },
  { cameras: 4, limit: { maxBitrate: 500000, maxFramerate: 24, scaleResolutionDownBy: 1 } },
  { cameras: 6, limit: { maxBitrate: 300000, maxFramerate: 20, scaleResolutionDownBy: 1 } },
  { cameras: 9, limit: { maxBitrate: 180000, maxFramerate: 15, scaleResolutionDownBy: 2 } },
];
const CROWD_LIMIT = { maxBitrate: 120000, maxFramerate: 12, scaleResolutionDownBy: 2 };
const SCREEN_LIMIT = { maxBitrate: 1500000, maxFramerate: 8 };

/**
 * @param {number} cameras
 * @returns {Limit}
 */
export function cameraLimit(cameras) {
  return CAMERA_LIMITS.find((tier) => cameras <= tier.cameras)?.limit ?? CROWD_LIMIT;
}

/** @extends {Emitter<Events>} */
export class Call extends Emitter {
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
  #over = false;
  #stop = () => {};
  /** @type {Promise<never>} */
  #stopped = new Promise((resolve, reject) => {
    this.#stop = () => reject(new Error('the call is over'));
  });

  /** @param {{access: Access, encryption: Encryption | null, isOwn: (id: string) => boolean}} options */
  constructor({ access, encryption, isOwn }) {
    super();
    this.#access = access;
    this.#encryption = encryption;
    this.participants = new Participants(isOwn);
    this.#stopped.catch(() => {}); // mostly nobody waits for it
  }

  /**
   * @param {string} url
   * @param {string} display
   * @param {Tracks} tracks
   */
  async open(url, display, tracks) {
    const session = await JanusSession.open(url, this.#access.token);
    this.session = session;
    if (this.#over) {
      session.close(); // nobody is to be there any more
      throw new Error('the call is over');
    }
    session.addEventListener('closed', ({ detail }) => this.#lost(detail.reason));
    session.addEventListener('unauthorized', () => this.tell('unauthorized'));
    try {
      await this.#unlessOver(this.#take(session, display, tracks));
    } catch (error) {
      this.close();
      throw error;
    }
    this.#openedAt = performance.now();
    this.#schedule();
  }

  close() {
    this.#over = true;
    this.#stop();
    clearTimeout(this.#timer);
    for (const part of [this.#publisher, this.#screen, this.#subscription]) part?.close();
    this.session?.close();
  }

  get isOver() {
    return this.#over;
  }

  get published() {
    return this.#publisher !== null && !this.full;
  }

  get received() {
    return this.#subscription?.received ?? new Map();
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  async setTrack(kind, track) {
    if (!this.#over) await this.#publisher?.setTrack(kind, track);
  }

  /** @param {string} display */
  declare(display) {
    this.#publisher?.declare(display);
  }

  /**
   * @param {MediaStream} stream
   * @param {string} display
   */
  shareScreen(stream, display) {
    return this.#unlessOver(this.#publishScreen(stream, display));
  }

  async stopScreen() {
    const screen = this.#screen;
    this.#screen = null;
    await screen?.leave();
  }

  /**
   * What is asked of a peer connection that is closed meanwhile is never answered.
   * @param {Promise<void>} work
   */
  #unlessOver(work) {
    return Promise.race([work, this.#stopped]);
  }

  /**
   * @param {JanusSession} session
   * @param {string} display
   * @param {Tracks} tracks
   */
  async #take(session, display, tracks) {
    const subscription = await this.#subscribe(session);
    if (this.#access.role === 'subscriber') await this.#look(subscription);
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
    this.#subscription = subscription;
    subscription.addEventListener('received', () => this.#changed());
    subscription.addEventListener('lost', ({ detail }) => this.#lost(detail.reason));
    await subscription.attach();
    return subscription;
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
    publisher.addEventListener('event', ({ detail }) => this.#heard(publisher, detail.data));
    this.participants.heard(await publisher.join(display));
    this.#changed();
    try {
      await publisher.publish(tracks);
    } catch (error) {
      if (error.code !== PUBLISHERS_FULL) throw error;
      this.full = true;
    }
  }

  /**
   * What a participant is told
   * @param {Publisher} publisher
   * @param {Told & {videoroom: string}} data
   */
  #heard(publisher, data) {
    if (data.videoroom === 'destroyed') this.#lost('the room is gone');
    if (data.moderation && data.id === this.#access.participantId && data.mid === publisher.mid('audio'))
      this.tell('moderated', { muted: data.moderation === 'muted' });
    this.participants.heard(data);
    this.#changed();
  }

  /**
   * What a viewer has to look at
   * @param {Subscription} subscription
   */
  async #look(subscription) {
    this.participants.listed(await subscription.list());
    this.#changed();
  }

  #changed() {
    if (this.#over || !this.#subscription) return;
    this.#subscription.want(this.participants.publishing);
    this.participants.receive(this.#subscription.received);
    const others = [...this.participants.map.values()].filter(({ hasVideo, isScreen }) => hasVideo && !isScreen);
    const limit = cameraLimit(others.length + 1);
    if (limit !== this.#limit) this.#publisher?.limit(limit);
    this.#limit = limit;
    this.tell('participants');
  }

  #schedule() {
    const early = !this.#publisher && performance.now() - this.#openedAt < EARLY;
    if (!this.#over) this.#timer = setTimeout(() => this.#tick(), early ? EARLY_TICK : TICK);
  }

  async #tick() {
    const subscription = this.#subscription;
    if (!subscription) return;
    try {
      if (this.#publisher) subscription.want(this.participants.publishing);
      else await this.#look(subscription);
      await this.#measure(subscription);
    } catch (error) {
      if (error.code !== UNAUTHORIZED) this.#lost(error.message); // a viewer's only sign that the room is gone
    }
    this.#schedule();
  }

  /** @param {Subscription} subscription */
  async #measure(subscription) {
    const [receiving, sending] = await Promise.all([subscription.stats(), this.#publisher?.stats() ?? new Map()]);
    const { own, participants } = this.#meter.measure(receiving, sending, subscription.participantsByMid);
    this.quality = own;
    for (const [id, participant] of this.participants.map) participant.quality = participants.get(id) ?? 'unknown';
    this.tell('quality');
  }

  /** @param {string} reason */
  #lost(reason) {
    if (this.#over) return;
    this.close();
    this.tell('lost', { reason });
  }
}
