// The way to the signalling gate: the messages of one stay in a meeting, over as many WebSockets as it takes. A lost
// WebSocket is no lost call: the gate keeps the stay for a minute. When the page is back, the gate sends what the page
// has not got.
//
//   const signalling = new Signalling(url, token, { echo });   token: the join token; echo: only to test the call, outside
//                                    of the meeting and its waiting room
//   await signalling.open()          we are admitted, maybe after waiting for a moderator; throws when we are not
//   signalling.ticket = …            of the session, from the answer to `create`: the page comes back with it
//   signalling.token = …             is sent with every message from now on
//   signalling.send(message)         only while signalling.isIn
//   signalling.renew()               tries another WebSocket now: this one seems dead, or the network is back
//   signalling.close()
//
// Events: 'message' (detail: { message }) of Janus
//         'event' (detail: { event }) of the meeting
//         'waiting' for a moderator (detail: { moderator }): whether one is in the meeting
//         'changed' the list of people in Janus' room has changed; only watchers get this
//         'away' the WebSocket is lost, and another one is on its way
//         'admitted' (detail: { stay }) to the meeting, or back: stay is 'new'; 'kept', with all messages; or 'claimed':
//                    the session is the same, but messages may be lost
//         'closed' (detail: { reason }), once:
//           'closed' by us · 'socket' no WebSocket, or none for too long · 'refused' the token · 'removed' · 'ended' ·
//           'replaced' by a newer WebSocket · 'limit' too many connections · 'gone' the session has ended ·
//           'no-echo' the gate is of an older version, which has no echo
import { Backoff } from './backoff.js';
import { Emitter } from './emitter.js';

/** @typedef {'closed' | 'socket' | 'refused' | 'removed' | 'ended' | 'replaced' | 'limit' | 'gone' | 'no-echo'} Reason */
/** @typedef {'new' | 'kept' | 'claimed'} Stay */

/**
 * A message of Janus or of the gate: the fields that the page uses.
 * @typedef {object} Message
 * @property {string} janus
 * @property {string} [transaction]
 * @property {number} [n]  its number: the page says which it has when it comes back
 * @property {number} [sender]  a handle's id
 * @property {any} [data]
 * @property {{data: any}} [plugindata]
 * @property {RTCSessionDescriptionInit} [jsep]
 * @property {string} [reason]
 * @property {{code: number, reason: string}} [error]
 * @property {string} [state]  of the stay: the gate says it
 * @property {boolean} [resumed]
 * @property {number} [session_id]
 * @property {number} [last]  number of the last message that was sent
 * @property {number} [seq]  of the meeting's last event
 * @property {boolean} [moderator]  is in the meeting
 * @property {'changed'} [room]  Janus' room
 * @property {MeetingEvent} [event]
 */

/**
 * What has happened in the meeting.
 * @typedef {object} MeetingEvent
 * @property {number} [seq]  its number; none: it is not stored
 * @property {number} [after]  number of the last event before it that was for us
 * @property {string} type
 * @property {any} data
 * @property {string} [at]
 */

const PROTOCOL = 'janus-protocol';
const CONNECT_LIMIT = 5000; // ms
const HELLO_LIMIT = 10000; // ms until the gate says whether we are admitted or wait
const HELLO = 'confab'; // the transaction of the first message
const UNKNOWN_FIELD = 405; // the gate's code for it
const KEPT = 60000; // ms that the gate and Janus keep a session without a page

/**
 * Numbers of close frames after which another WebSocket is useless.
 * @type {Record<number, Reason>}
 */
const FINAL = {
  1000: 'gone', 4401: 'refused', 4403: 'removed', 4409: 'replaced', 4410: 'ended', 4429: 'limit',
};

/**
 * The address of the gate. The service's own gate is beside the page, also when that was reached by another name than the
 * one that the service knows itself by; other media servers have their own name in the path.
 * @param {string | URL} base  the page's folder
 * @param {string} url  as the service gives it
 */
export function signallingUrl(base, url) {
  const own = new URL('rtc', base);
  own.protocol = own.protocol === 'https:' ? 'wss:' : 'ws:';
  return new URL(url).pathname === own.pathname ? own.href : url;
}

/**
 * @typedef {object} Events
 * @property {{message: Message}} message
 * @property {{event: MeetingEvent}} event
 * @property {{moderator: boolean}} waiting
 * @property {undefined} changed
 * @property {undefined} away
 * @property {{stay: Stay}} admitted
 * @property {{reason: Reason}} closed
 */

/** @extends {Emitter<Events>} */
export class Signalling extends Emitter {
  /** @type {string | undefined} */
  ticket;
  isIn = false;
  eventSeq = -1; // of the meeting's last event when we were admitted; -1: not known
  #url;
  #echo;
  /** @type {WebSocket | null} */
  #socket = null;
  #seen = 0; // number of the last message that came
  #known = false; // the gate has said that we are admitted, or wait
  #awaySince = 0;
  #closed = false;
  #backoff = new Backoff();
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {string} url
   * @param {string} token
   * @param {{echo?: boolean}} [options]
   */
  constructor(url, token, { echo = false } = {}) {
    super();
    this.#url = url;
    this.#echo = echo;
    this.token = token;
  }

  /** @returns {Promise<Stay>} */
  open() {
    this.#awaySince = performance.now();
    this.#connect();
    return new Promise((resolve, reject) => {
      this.addEventListener('admitted', ({ detail }) => resolve(detail.stay));
      this.addEventListener('closed', ({ detail }) => reject(detail.reason));
    });
  }

  /** @param {object} message */
  send(message) {
    this.#socket?.send(JSON.stringify({ ...message, token: this.token }));
  }

  renew() {
    if (this.#closed || (this.#socket && !this.isIn)) return;
    this.#backoff.skip();
    if (!this.isIn) return;
    this.#drop();
    this.#away();
    this.#connect();
  }

  close() {
    this.#end('closed');
  }

  #connect() {
    const socket = new WebSocket(this.#url, PROTOCOL);
    this.#socket = socket;
    this.#limit(CONNECT_LIMIT);
    socket.onopen = () => {
      this.#limit(HELLO_LIMIT);
      const back = this.ticket && { ticket: this.ticket, seen: this.#seen };
      this.send({ janus: 'confab', transaction: HELLO, ...(this.#echo && { echo: true }), ...back });
    };
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => this.#lost(code);
  }

  /** @param {number} time  ms until this WebSocket is given up */
  #limit(time) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#drop();
      this.#lost(0);
    }, time);
  }

  #drop() {
    clearTimeout(this.#timer);
    if (!this.#socket) return;
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  /** @param {number} code  of the close frame */
  async #lost(code) {
    this.#drop();
    this.#away();
    if (code in FINAL || !this.#known) {
      this.#end(FINAL[code] ?? 'socket');
      return;
    }
    await this.#backoff.wait();
    if (this.#closed) return;
    if (this.ticket && performance.now() - this.#awaySince > KEPT) this.#end('socket');
    else this.#connect();
  }

  #away() {
    if (!this.isIn) return;
    this.isIn = false;
    this.#awaySince = performance.now();
    this.emit('away');
  }

  /** @param {Message} message */
  #receive(message) {
    if (message.n !== undefined) this.#seen = message.n;
    if (this.#echo && message.transaction === HELLO && message.error?.code === UNKNOWN_FIELD) this.#end('no-echo');
    else if (message.janus !== 'confab') this.emit('message', { message });
    else if (message.event) this.emit('event', { event: message.event });
    else if (message.room) this.emit('changed');
    else this.#stateChanged(message);
  }

  /** @param {Message} message */
  #stateChanged({ state, resumed, session_id: session, last, seq, moderator = false }) {
    clearTimeout(this.#timer);
    if (state === 'waiting') {
      this.#known = true;
      this.#backoff.reset();
      this.emit('waiting', { moderator });
    }
    if (state !== 'admitted') return; // the close frame says the rest
    this.#known = true;
    this.#backoff.reset();
    if (this.ticket && session === undefined) {
      this.#end('gone');
      return;
    }
    this.isIn = true;
    this.eventSeq = seq ?? this.eventSeq;
    if (!resumed && last !== undefined) this.#seen = last;
    this.emit('admitted', { stay: session === undefined ? 'new' : resumed ? 'kept' : 'claimed' });
  }

  /** @param {Reason} reason */
  #end(reason) {
    if (this.#closed) return;
    this.#closed = true;
    this.isIn = false;
    this.#drop();
    this.#backoff.skip();
    this.emit('closed', { reason });
  }
}
