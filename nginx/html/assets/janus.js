// A client of Janus' WebSocket protocol: one session with its handles, transactions, keepalive, and a token that can be
// exchanged while the session goes on.
//
//   const session = await JanusSession.open(url, token);
//   session.token = …                          from now on sent with every message
//   const handle = await session.attach('janus.plugin.videoroom');
//   const { data, jsep } = await handle.request({ request: 'join', … }, jsep);   throws a JanusError
//   handle.trickle(candidate or null)          null: there are no more
//   await session.probe()                      is Janus still there? closes the session if it does not answer soon
//   session.close()                            tidy: tells Janus, does not wait
//   await JanusSession.bury(url, token, id)    ends a session whose connection was lost before Janus notices by itself
//
// Events of a session: 'closed' (detail: { reason }), once, whatever the cause:
//   'closed' by us · 'socket' the WebSocket ended · 'silent' no answer in time · 'timeout' Janus gave the session up
//   · 'gone' Janus does not know it (any more)
// and 'unauthorized': the token was refused; a fresh one is needed within the session's 60 s.
// Events of a handle: 'event' (detail: { data, jsep? }) what the plugin says by itself; 'hangup' (detail: { reason })
// its peer connection is over; 'detached'; 'closed' with its session.

import { Emitter } from './emitter.js';

/**
 * A message of Janus, of which the page uses these fields.
 * @typedef {object} Message
 * @property {string} janus
 * @property {string} [transaction]
 * @property {number} [sender]  a handle's id
 * @property {any} [data]
 * @property {{data: any}} [plugindata]
 * @property {RTCSessionDescriptionInit} [jsep]
 * @property {string} [reason]
 * @property {{code: number, reason: string}} [error]
 */

/** @typedef {{data: any, jsep?: RTCSessionDescriptionInit}} Answer  of a plugin */
/** @typedef {'closed' | 'socket' | 'silent' | 'timeout' | 'gone'} Cause  of a session's end */

/**
 * A request that has no answer yet.
 * @typedef {object} Waiter
 * @property {(answer: any) => void} resolve
 * @property {(error: JanusError) => void} reject
 * @property {number} timer
 * @property {boolean} acknowledged  an acknowledgement is its answer
 */

const PROTOCOL = 'janus-protocol';
const CONNECT_LIMIT = 5000; // ms
const ANSWER_LIMIT = 10000; // ms
const PROBE_LIMIT = 4000; // ms
// ms between keepalives. Janus gives a session up after 60 s of silence only, but tells nobody of one that was ended
// from outside, as when somebody is put out: the next answer shows it.
const KEEPALIVE_INTERVAL = 2000;

// Codes of Janus' core
export const UNAUTHORIZED = 403;
const NO_SESSION = 458;

// An error that Janus answered (`code` as in its documentation), or 'closed' and 'silent' when there was no answer.
export class JanusError extends Error {
  /**
   * @param {number | 'closed' | 'silent'} code
   * @param {string} reason
   */
  constructor(code, reason) {
    super(`Janus: ${reason} (${code})`);
    this.name = 'JanusError';
    this.code = code;
  }
}

/**
 * @param {string} url
 * @returns {Promise<WebSocket>}
 */
function connect(url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, PROTOCOL);
    const fail = () => {
      socket.close();
      reject(new JanusError('closed', 'no connection'));
    };
    const timer = setTimeout(fail, CONNECT_LIMIT);
    socket.onopen = () => {
      clearTimeout(timer);
      resolve(socket);
    };
    socket.onerror = fail;
  });
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
      .catch(() => {}); // a hint to Janus, no more; what goes wrong shows in the connection itself
  }

  async detach() {
    await this.session.request({ janus: 'detach', handle_id: this.id });
  }

  /** @param {Message} message */
  heard(message) {
    const { janus, plugindata, jsep, reason = '' } = message;
    if (janus === 'event') this.tell('event', { data: plugindata?.data, jsep });
    if (janus === 'hangup') this.tell('hangup', { reason });
    if (janus === 'detached') this.tell('detached');
  }
}

/** @extends {Emitter<{closed: {reason: Cause}, unauthorized: undefined}>} */
export class JanusSession extends Emitter {
  /** @type {number | null} */
  id = null; // until Janus has made it
  #socket;
  /** @type {Map<string | undefined, Waiter>} */
  #waiting = new Map(); // by transaction
  /** @type {Map<number | undefined, JanusHandle>} */
  #handles = new Map(); // by id
  #count = 0;
  /** @type {number | undefined} */
  #keepalive;
  #kept = true; // the last keepalive has been answered
  #closed = false;

  /**
   * @param {WebSocket} socket
   * @param {string} token
   */
  constructor(socket, token) {
    super();
    this.#socket = socket;
    this.token = token;
    socket.onmessage = ({ data }) => this.#heard(JSON.parse(data));
    socket.onclose = () => this.#over('socket');
  }

  /**
   * @param {string} url
   * @param {string} token
   */
  static async open(url, token) {
    const session = new JanusSession(await connect(url), token);
    try {
      session.id = (await session.request({ janus: 'create' })).data.id;
    } catch (error) {
      session.close();
      throw error;
    }
    session.#keepalive = setInterval(() => session.#keep(), KEEPALIVE_INTERVAL);
    return session;
  }

  /**
   * Janus sees that a network is gone after 24 s only: until then the person would be there twice.
   * @param {string} url
   * @param {string} token
   * @param {number} id
   */
  static async bury(url, token, id) {
    const session = new JanusSession(await connect(url), token);
    session.id = id;
    try {
      await session.request({ janus: 'claim' });
      await session.request({ janus: 'destroy' });
    } finally {
      session.close();
    }
  }

  /** @param {string} plugin */
  async attach(plugin) {
    const { id } = (await this.request({ janus: 'attach', plugin })).data;
    const handle = new JanusHandle(this, id);
    this.#handles.set(id, handle);
    return handle;
  }

  /**
   * Sends a message; its answer, which may come after an acknowledgement.
   * @param {{janus: string, [field: string]: any}} message
   * @param {number} [limit]  ms
   * @returns {Promise<any>}
   */
  request(message, limit = ANSWER_LIMIT) {
    if (this.#closed) return Promise.reject(new JanusError('closed', 'the session is over'));
    const transaction = String(++this.#count);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(transaction, new JanusError('silent', 'no answer')), limit);
      this.#waiting.set(transaction, { resolve, reject, timer, acknowledged: message.janus !== 'message' });
      this.#send({ ...message, transaction });
    });
  }

  async probe(limit = PROBE_LIMIT) {
    try {
      await this.request({ janus: 'keepalive' }, limit);
    } catch (error) {
      if (error.code === 'silent') this.#over('silent');
    }
  }

  async #keep() {
    if (!this.#kept) return;
    this.#kept = false;
    await this.probe(ANSWER_LIMIT);
    this.#kept = true;
  }

  close() {
    if (!this.#closed) this.#send({ janus: 'destroy', transaction: 'destroy' });
    this.#over('closed');
  }

  /** @param {object} message */
  #send(message) {
    this.#socket.send(JSON.stringify({ ...message, session_id: this.id ?? undefined, token: this.token }));
  }

  /** @param {Message} message */
  #heard(message) {
    const waiter = this.#waiting.get(message.transaction);
    if (waiter && (message.janus !== 'ack' || waiter.acknowledged)) {
      const { code = 0, reason = '' } = message.error ?? {};
      this.#settle(message.transaction, message.janus === 'error' ? new JanusError(code, reason) : null, message);
      if (code === NO_SESSION) this.#over('gone');
      if (code === UNAUTHORIZED) this.tell('unauthorized');
    } else if (message.janus === 'timeout') {
      this.#over('timeout');
    } else {
      this.#handles.get(message.sender)?.heard(message);
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
  #over(reason) {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#keepalive);
    this.#socket.onclose = null;
    this.#socket.close();
    for (const transaction of [...this.#waiting.keys()])
      this.#settle(transaction, new JanusError('closed', 'the session is over'));
    this.tell('closed', { reason });
    for (const handle of this.#handles.values()) handle.tell('closed');
  }
}
