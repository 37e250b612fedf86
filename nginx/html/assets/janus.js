// A client of Janus' WebSocket protocol: one session with its handles, transactions and keepalive. Its token can be
// replaced while the session goes on.
//
//   const session = await JanusSession.open(url, token);
//   session.token = …                          is sent with every message from now on
//   const handle = await session.attach('janus.plugin.videoroom');
//   const { data, jsep } = await handle.request({ request: 'join', … }, jsep);   throws a JanusError
//   handle.trickle(candidate or null)          null: there are no more
//   await handle.detach()
//   await session.probe()                      is Janus still there? closes the session if it does not answer soon
//   session.close()                            tells Janus, and does not wait for the answer
//   await JanusSession.end(url, token, id)     ends a session whose connection was lost, before Janus notices the loss
//
// Events of a session: 'closed' (detail: { reason }), once:
//   'closed' by us · 'socket' the WebSocket ended · 'silent' no answer in time · 'timeout' Janus has ended the session
//   · 'gone' Janus does not know the session (any more)
// and 'unauthorized': Janus refused the token; a new one is needed within the session's 60 s.
// Events of a handle: 'event' (detail: { data, jsep? }) what the plugin says unasked; 'hangup' (detail: { reason }) its
// peer connection has ended; 'detached'; 'closed' with its session.

import { Emitter } from './emitter.js';

/**
 * A message of Janus: the fields that the page uses.
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
// ms between keepalives. One a minute would keep the session. But when the service ends a session, as it does when a
// moderator removes a person, Janus does not tell the page: only the next answer shows it.
const KEEPALIVE_INTERVAL = 2000;

// Codes of Janus' core
export const UNAUTHORIZED = 403;
const NO_SESSION = 458;

// An error that Janus answered (`code` as in its documentation); without an answer the code is 'closed' or 'silent'.
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
  #keepaliveAnswered = true; // the last one
  #closed = false;

  /**
   * @param {WebSocket} socket
   * @param {string} token
   */
  constructor(socket, token) {
    super();
    this.#socket = socket;
    this.token = token;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = () => this.#end('socket');
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
    session.#keepalive = setInterval(() => session.#sendKeepalive(), KEEPALIVE_INTERVAL);
    return session;
  }

  /**
   * Janus notices a lost network after 24 s only: until then the person would be in the room twice.
   * @param {string} url
   * @param {string} token
   * @param {number} id
   */
  static async end(url, token, id) {
    const session = new JanusSession(await connect(url), token);
    session.id = id;
    try {
      await session.request({ janus: 'claim' });
      await session.request({ janus: 'destroy' });
    } finally {
      session.close();
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
      const timer = setTimeout(() => this.#settle(transaction, new JanusError('silent', 'no answer')), limit);
      this.#waiting.set(transaction, { resolve, reject, timer, acknowledged: message.janus !== 'message' });
      this.#send({ ...message, transaction });
    });
  }

  async probe(limit = PROBE_LIMIT) {
    try {
      await this.request({ janus: 'keepalive' }, limit);
    } catch (error) {
      if (error.code === 'silent') this.#end('silent');
    }
  }

  async #sendKeepalive() {
    if (!this.#keepaliveAnswered) return;
    this.#keepaliveAnswered = false;
    await this.probe(ANSWER_LIMIT);
    this.#keepaliveAnswered = true;
  }

  close() {
    if (!this.#closed) this.#send({ janus: 'destroy', transaction: 'destroy' });
    this.#end('closed');
  }

  /** @param {object} message */
  #send(message) {
    this.#socket.send(JSON.stringify({ ...message, session_id: this.id ?? undefined, token: this.token }));
  }

  /** @param {Message} message */
  #receive(message) {
    const waiter = this.#waiting.get(message.transaction);
    if (waiter && (message.janus !== 'ack' || waiter.acknowledged)) {
      const { code = 0, reason = '' } = message.error ?? {};
      this.#settle(message.transaction, message.janus === 'error' ? new JanusError(code, reason) : null, message);
      if (code === NO_SESSION) this.#end('gone');
      if (code === UNAUTHORIZED) this.emit('unauthorized');
    } else if (message.janus === 'timeout') {
      this.#end('timeout');
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
  #end(reason) {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#keepalive);
    this.#socket.onclose = null;
    this.#socket.close();
    for (const transaction of [...this.#waiting.keys()])
      this.#settle(transaction, new JanusError('closed', 'the session has ended'));
    this.emit('closed', { reason });
    for (const handle of this.#handles.values()) handle.emit('closed');
  }
}
