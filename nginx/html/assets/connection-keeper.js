// Keeps a room connected: opens a connection, and another one whenever it is lost, until told to stop.
//
//   const keeper = new ConnectionKeeper({ base, token, encryptionFor, ownMedia });
//     base            the page's folder (URL or text): Janus is at `rtc` below it
//     token           a JoinToken (token.js); each connection asks it for a token
//     encryptionFor   (the service's answer) -> the call's Encryption, or null; throws
//                     { code: 'ENCRYPTION_UNSUPPORTED' }
//     ownMedia        () -> { display, tracks }: what we send now
//   await keeper.start()    resolves when there is a connection, or further tries are useless
//   keeper.stop()           ends the connection, also one that is opening
//   keeper.current          the connection, or the one that was lost last; null: none yet, or stopped
//
// Events: 'opening' (detail: { connection, participantId }) before anything is sent
//         'connected' keeper.current is joined
//         'lost' keeper.current is lost, and another one is on its way
//         'failed' (detail: { state, error }) the service gives no token any more, or a moderator must admit us
import { WAITING } from './api.js';
import { Backoff } from './backoff.js';
import { Connection } from './connection.js';
import { Emitter } from './emitter.js';
import { JanusSession } from './janus.js';
import { screenId } from './participants.js';
import { signallingUrl } from './signalling.js';
import { finalState } from './token.js';

/** @import { Access } from './api.js' */
/** @import { Encryption } from './encryption.js' */
/** @import { Remains } from './janus.js' */
/** @import { Tracks } from './publisher.js' */
/** @import { Failure, FinalState, JoinToken } from './token.js' */

/**
 * @typedef {object} Events
 * @property {{connection: Connection, participantId: string}} opening
 * @property {undefined} connected
 * @property {undefined} lost
 * @property {{state: FinalState, error: Failure}} failed
 */

const WAKE_TICK = 1000; // ms
const SLEPT = 5000; // ms between two ticks: the machine has slept
const WAKE_LIMIT = 1500; // ms for the gate's answer after that
const STEADY = 10000; // ms after which a connection counts as one that held

const mustWait = () => Object.assign(new Error('a moderator must admit us'), { code: WAITING });

/** @extends {Emitter<Events>} */
export class ConnectionKeeper extends Emitter {
  /** @type {Connection | null} */
  current = null;
  #base;
  #token;
  #encryptionFor;
  #ownMedia;
  /** @type {Connection | null} */
  #opening = null; // the next connection, while it opens
  /** @type {Set<string>} */
  #own = new Set(); // participant ids that are or were ours
  /** @type {Remains | null} */
  #lostSession = null; // one that Janus may still take for alive
  #running = false;
  /** @type {Promise<void> | null} */
  #connecting = null;
  #backoff = new Backoff();
  #connectedAt = 0;
  #awake = 0; // time of the last tick, by the clock that goes on while the machine sleeps
  /** @type {number | undefined} */
  #wakeTimer;

  /**
   * @param {object} options
   * @param {string | URL} options.base
   * @param {JoinToken} options.token
   * @param {(access: Access) => Encryption | null} options.encryptionFor
   * @param {() => {display: string, tracks: Tracks}} options.ownMedia
   */
  constructor({ base, token, encryptionFor, ownMedia }) {
    super();
    this.#base = base;
    this.#token = token;
    this.#encryptionFor = encryptionFor;
    this.#ownMedia = ownMedia;
    token.addEventListener('renewed', ({ detail }) => this.current?.useToken(detail.token));
  }

  async start() {
    this.#running = true;
    addEventListener('pagehide', this.#onPageHide);
    addEventListener('pageshow', this.#onPageShow);
    addEventListener('online', this.#onOnline);
    this.#awake = Date.now();
    this.#wakeTimer = setInterval(() => this.#stayAwake(), WAKE_TICK);
    await this.#connect();
  }

  stop() {
    this.#running = false;
    clearInterval(this.#wakeTimer);
    removeEventListener('pagehide', this.#onPageHide);
    removeEventListener('pageshow', this.#onPageShow);
    removeEventListener('online', this.#onOnline);
    this.#token.stop();
    this.#backoff.skip();
    this.#opening?.close();
    this.current?.close();
    this.current = null;
  }

  // The others see at once that we leave, not when Janus notices.
  #onPageHide = () => {
    this.#opening?.close();
    this.current?.close();
  };

  // The browser shows the page again from its cache of pages.
  #onPageShow = (/** @type {PageTransitionEvent} */ { persisted }) => {
    if (persisted && this.current?.isClosed) this.#lost(this.current);
  };

  #onOnline = () => {
    this.#backoff.skip();
    this.current?.session?.probe();
  };

  // A machine that slept was off the network, and nothing tells the page of it but the clock.
  #stayAwake() {
    const slept = Date.now() - this.#awake;
    this.#awake = Date.now();
    if (slept < SLEPT) return;
    this.#backoff.skip();
    this.current?.session?.probe(WAKE_LIMIT);
  }

  // `patient`: the first try waits, too.
  #connect(patient = false) {
    this.#connecting ??= this.#tryToConnect(patient).finally(() => {
      this.#connecting = null;
      if (this.#running && this.current?.isClosed) this.#lost(this.current);
    });
    return this.#connecting;
  }

  /** @param {boolean} patient */
  async #tryToConnect(patient) {
    if (patient) await this.#backoff.wait();
    while (this.#running) {
      try {
        const access = await this.#token.ask();
        if (access.waiting) throw mustWait();
        await this.#open(access);
        return;
      } catch (error) {
        const state = finalState(error);
        if (state && this.#running) this.emit('failed', { state, error });
        else if (this.#running) await this.#backoff.wait();
      }
    }
  }

  /** @param {Access} access */
  async #open(access) {
    if (!this.#running) return;
    const encryption = this.#encryptionFor(access);
    const url = signallingUrl(this.#base, access.url);
    await this.#endLostSession();
    if (!this.#running) return;
    const { participantId } = access;
    this.#own.add(participantId).add(screenId(participantId));
    const connection = new Connection({ access, encryption, isOwn: (id) => this.#own.has(id) });
    connection.addEventListener('unauthorized', () => connection === this.current && this.#token.refused());
    connection.addEventListener('lost', () => connection === this.current && this.#lost(connection));
    connection.addEventListener('waiting', () => this.emit('failed', { state: 'waiting', error: mustWait() }));
    this.#opening = connection;
    this.emit('opening', { connection, participantId });
    const { display, tracks } = this.#ownMedia();
    await connection.open(url, display, tracks);
    if (this.#running) await this.#opened(connection, access);
    else connection.close();
  }

  /** Otherwise we would be in the room twice until the gate ends the lost session. */
  async #endLostSession() {
    if (this.#lostSession === null) return;
    await JanusSession.end(this.#lostSession);
    this.#lostSession = null;
  }

  /**
   * Applies the device changes that were requested while connecting.
   * @param {Connection} connection
   * @param {Access} access
   */
  async #opened(connection, access) {
    this.#opening = null;
    this.current = connection;
    this.#connectedAt = performance.now();
    this.#token.use(access);
    const { audio = null, video = null } = this.#ownMedia().tracks;
    await Promise.all([connection.setTrack('audio', audio), connection.setTrack('video', video)]);
    if (this.#running && !connection.isClosed) this.emit('connected');
  }

  /**
   * A connection that held is replaced at once. One that did not may be lost again as quickly: the next one waits.
   * @param {Connection} connection
   */
  #lost(connection) {
    const held = performance.now() - this.#connectedAt >= STEADY;
    if (held) this.#backoff.reset();
    this.#token.stop();
    this.#lostSession = connection.session?.remains ?? null;
    this.emit('lost');
    this.#connect(!held);
  }
}
