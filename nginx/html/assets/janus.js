// A client of Janus' protocol: one session with its handles, transactions and keepalive. The WebSocket below it may be
// lost and come back (signalling.js): requests without an answer are sent again then, and their time stands still.
//
//   const session = new JanusSession(url, token, { echo });   echo: as in signalling.js
//   await session.open()                       throws a JanusError
//   session.token = …                          is sent with every message from now on
//   const handle = await session.attach('janus.plugin.videoroom');
//   const { data, jsep } = await handle.request({ request: 'join', … }, jsep);   throws a JanusError
//   handle.trickle(candidate or null)          null: there are no more
//   await handle.detach()
//   await session.probe()                      is the gate still there? tries another WebSocket if it does not answer
//   session.close()                            tells Janus, and does not wait for the answer
//   session.remains                            what JanusSession.end() needs; null: nothing is left to end
//   await JanusSession.end(remains)            ends a session whose connection was lost, before the gate does
//
// Events of a session: 'closed' (detail: { reason }), once: a reason of signalling.js, or 'timeout' Janus has ended the
// session; 'waiting' for a moderator; 'away' the WebSocket is lost; 'back' (detail: { complete }): false: messages may
// have been lost; 'event' (detail: { event }) of the meeting; 'changed' the list of participants, for people who only
// watch; 'unauthorized': the gate refused the token.
// Events of a handle: 'event' (detail: { data, jsep? }) what the plugin says unasked; 'hangup' (detail: { reason }) its
// peer connection has ended; 'detached'; 'closed' with its session.

import { Emitter } from './emitter.js';
import { Signalling } from './signalling.js';

/** @import { MeetingEvent, Message, Reason, Stay } from './signalling.js' */

/** @typedef {{data: any, jsep?: RTCSessionDescriptionInit}} Answer  of a plugin */
/** @typedef {Reason | 'timeout'} Cause  of a session's end */
/** @typedef {{url: string, token: string, ticket: string}} Remains  of a session whose connection was lost */

/**
 * A request that has no answer yet.
 * @typedef {object} Waiter
 * @property {(answer: any) => void} resolve
 * @property {(error: JanusError) => void} reject
 * @property {{janus: string, [field: string]: any}} message
 * @property {number} limit  ms
 * @property {number | undefined} timer  stands still while the WebSocket is lost
 */

/**
 * @typedef {object} Events
 * @property {{reason: Cause}} closed
 * @property {undefined} waiting
 * @property {undefined} away
 * @property {{complete: boolean}} back
 * @property {{event: MeetingEvent}} event
 * @property {undefined} changed
 * @property {undefined} unauthorized
 */

const ANSWER_LIMIT = 10000; // ms
const PROBE_LIMIT = 4000; // ms
const KEEPALIVE_INTERVAL = 5000; // ms: after so long, and PROBE_LIMIT, a dead WebSocket is seen

// Codes of Janus' core
export const UNAUTHORIZED = 403;
const NO_SESSION = 458;

// An error that Janus answered (`code` as in its documentation); without an answer the code is 'closed', 'silent'
// or 'away'.
export class JanusError extends Error {
  /**
   * @param {number | 'closed' | 'silent' | 'away'} code
   * @param {string} reason
   */
  constructor(code, reason) {
    super(`Janus: ${reason} (${code})`);
    this.name = 'JanusError';
    this.code = code;
    this.reason = reason;
  }
}

/**
 * @extends {Emitter<{event: Answer, hangup: {reason: string}, detached: undefined, closed: undefined}>}
 */
export class JanusHandle extends Emitter {
  /**
   * @param {JanusSession} session
   * @param {number} id
   */
  constructor(session, id) {
    super();
    this.session = session;
    this.id = id;
  }

  /**
   * @param {object} body
   * @param {object} [jsep]
   * @returns {Promise<Answer>}
   */
  async request(body, jsep) {
    const answer = await this.session.request({ janus: 'message', handle_id: this.id, body, ...(jsep && { jsep }) });
    const data = answer.plugindata.data;
    if (data.error_code) throw new JanusError(data.error_code, data.error);
    return { data, jsep: answer.jsep };
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  trickle(candidate) {
    this.session
      .request({ janus: 'trickle', handle_id: this.id, candidate: candidate ?? { completed: true } })
      .catch(() => {}); // without the candidate the connection may still work; if it does not, its state says so
  }

  async detach() {
    this.session.forget(this);
    await this.session.request({ janus: 'detach', handle_id: this.id });
  }

  /** @param {Message} message */
  receive(message) {
    const { janus, plugindata, jsep, reason = '' } = message;
    if (janus === 'event') this.emit('event', { data: plugindata?.data, jsep });
    if (janus === 'hangup') this.emit('hangup', { reason });
    if (janus === 'detached') this.emit('detached');
  }
}

/** @extends {Emitter<Events>} */
export class JanusSession extends Emitter {
  #url;
  #signalling;
  /** @type {Map<string | undefined, Waiter>} */
  #waiting = new Map(); // by transaction, in the order of sending
  /** @type {Map<number | undefined, JanusHandle>} */
  #handles = new Map(); // by id
  #count = 0;
  /** @type {number | undefined} */
  #keepalive;
  #probing = false;
  #closed = false;
  #gone = false; // Janus has no session of ours any more

  /**
   * @param {string} url
   * @param {string} token
   * @param {{echo?: boolean}} [options]
   */
  constructor(url, token, options) {
    super();
    this.#url = url;
    this.#signalling = new Signalling(url, token, options);
    this.#signalling.addEventListener('message', ({ detail }) => this.#receive(detail.message));
    this.#signalling.addEventListener('event', ({ detail }) => this.emit('event', detail));
    this.#signalling.addEventListener('changed', () => this.emit('changed'));
    this.#signalling.addEventListener('waiting', () => this.emit('waiting'));
    this.#signalling.addEventListener('away', () => this.#away());
    this.#signalling.addEventListener('admitted', ({ detail }) => this.#admitted(detail.stay));
    this.#signalling.addEventListener('closed', ({ detail }) => this.#end(detail.reason));
  }

  get eventSeq() {
    return this.#signalling.eventSeq;
  }

  get token() {
    return this.#signalling.token;
  }

  set token(token) {
    this.#signalling.token = token;
  }

  /** @returns {Remains | null} */
  get remains() {
    const { ticket, token } = this.#signalling;
    return ticket === undefined || this.#gone ? null : { url: this.#url, token, ticket };
  }

  async open() {
    try {
      await this.#signalling.open().catch((reason) => {
        throw new JanusError('closed', reason);
      });
      this.#signalling.ticket = (await this.request({ janus: 'create' })).data.ticket;
    } catch (error) {
      this.close();
      throw error;
    }
    this.#keepalive = setInterval(() => this.probe(), KEEPALIVE_INTERVAL);
  }

  /**
   * The gate keeps a lost session for a minute: until then the person would be in the room twice.
   * @param {Remains} remains
   */
  static async end({ url, token, ticket }) {
    const signalling = new Signalling(url, token);
    signalling.ticket = ticket;
    try {
      await signalling.open();
      signalling.send({ janus: 'destroy', transaction: 'destroy' });
    } catch (reason) {
      if (reason === 'socket') throw new JanusError('closed', 'no connection');
      // With any other reason the session has ended already.
    } finally {
      signalling.close();
    }
  }

  /**
   * A detached handle gets no events any more.
   * @param {JanusHandle} handle
   */
  forget(handle) {
    this.#handles.delete(handle.id);
  }

  /** @param {string} plugin */
  async attach(plugin) {
    const { id } = (await this.request({ janus: 'attach', plugin })).data;
    const handle = new JanusHandle(this, id);
    this.#handles.set(id, handle);
    return handle;
  }

  /**
   * Sends a message and resolves to its answer, which may come after an acknowledgement.
   * @param {{janus: string, [field: string]: any}} message
   * @param {number} [limit]  ms
   * @returns {Promise<any>}
   */
  request(message, limit = ANSWER_LIMIT) {
    if (this.#closed) return Promise.reject(new JanusError('closed', 'the session has ended'));
    const transaction = String(++this.#count);
    return new Promise((resolve, reject) => {
      this.#waiting.set(transaction, { resolve, reject, message, limit, timer: undefined });
      if (this.#signalling.isIn) this.#send(transaction);
    });
  }

  // A connection that is away comes back by itself; this is only sooner.
  async probe(limit = PROBE_LIMIT) {
    if (this.#closed || this.#probing) return;
    if (!this.#signalling.isIn) {
      this.#signalling.renew();
      return;
    }
    this.#probing = true;
    await this.request({ janus: 'keepalive' }, limit).catch((error) => {
      if (error.code === 'silent') this.#signalling.renew();
    });
    this.#probing = false;
  }

  close() {
    if (this.#signalling.isIn) {
      this.#signalling.send({ janus: 'destroy', transaction: 'destroy' });
      this.#gone = true;
    }
    this.#end('closed');
  }

  /** @param {string} transaction */
  #send(transaction) {
    const waiter = this.#waiting.get(transaction);
    if (!waiter) return;
    clearTimeout(waiter.timer);
    waiter.timer = setTimeout(() => this.#settle(transaction, new JanusError('silent', 'no answer')), waiter.limit);
    this.#signalling.send({ ...waiter.message, transaction });
  }

  #away() {
    for (const [transaction, { message, timer }] of [...this.#waiting]) {
      clearTimeout(timer);
      if (message.janus === 'keepalive') this.#settle(transaction, new JanusError('away', 'no connection'));
    }
    this.emit('away');
  }

  /**
   * What has no answer is sent again: the gate drops what it has seen.
   * @param {Stay} stay
   */
  #admitted(stay) {
    for (const transaction of [...this.#waiting.keys()]) this.#send(/** @type {string} */ (transaction));
    if (stay !== 'new') this.emit('back', { complete: stay === 'kept' });
  }

  /** @param {Message} message */
  #receive(message) {
    const waiter = this.#waiting.get(message.transaction);
    if (waiter && (message.janus !== 'ack' || waiter.message.janus !== 'message')) {
      const { code = 0, reason = '' } = message.error ?? {};
      this.#settle(message.transaction, message.janus === 'error' ? new JanusError(code, reason) : null, message);
      if (code === NO_SESSION) this.#ended('gone');
      if (code === UNAUTHORIZED) this.emit('unauthorized');
    } else if (message.janus === 'timeout') {
      this.#ended('timeout');
    } else {
      this.#handles.get(message.sender)?.receive(message);
    }
  }

  /**
   * @param {string | undefined} transaction
   * @param {JanusError | null} error
   * @param {Message} [answer]
   */
  #settle(transaction, error, answer) {
    const waiter = this.#waiting.get(transaction);
    if (!waiter) return;
    this.#waiting.delete(transaction);
    clearTimeout(waiter.timer);
    if (error) waiter.reject(error);
    else waiter.resolve(answer);
  }

  /** @param {Cause} reason */
  #ended(reason) {
    this.#gone = true;
    this.#end(reason);
  }

  /** @param {Cause} reason */
  #end(reason) {
    if (this.#closed) return;
    this.#closed = true;
    if (reason !== 'socket' && reason !== 'closed') this.#gone = true;
    clearInterval(this.#keepalive);
    this.#signalling.close();
    for (const transaction of [...this.#waiting.keys()])
      this.#settle(transaction, new JanusError('closed', 'the session has ended'));
    this.emit('closed', { reason });
    for (const handle of this.#handles.values()) handle.emit('closed');
  }
}
