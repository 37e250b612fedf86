// Waiting for a moderator: asks the service for a token, and keeps a WebSocket to the gate until a moderator decides.
//
//   const waiting = new Waiting({ base, request });
//     base       the page's folder
//     request    () -> Promise of the answer of POST session/{link}/token; rejects with a ServiceError
//   waiting.start() · waiting.close()
//
// Events: 'waiting' (detail: { answer }) we wait; 'moderator' (detail: { isThere }) whether a moderator is in the meeting,
//         at first and when that changes; 'trying' (detail: { error }) the service does not answer, and is asked again;
//         'admitted' there is nothing to wait for (any more); 'refused' by a
//         moderator; 'failed' (detail: { error }) the service gives no token.
import { Backoff } from './backoff.js';
import { Emitter } from './emitter.js';
import { Signalling, signallingUrl } from './signalling.js';
import { finalState } from './token.js';

/** @import { Access, ServiceError } from './api.js' */
/** @import { Reason } from './signalling.js' */

/**
 * @typedef {object} Events
 * @property {{answer: Access}} waiting
 * @property {{isThere: boolean}} moderator
 * @property {{error: ServiceError}} trying
 * @property {undefined} admitted
 * @property {undefined} refused
 * @property {{error: ServiceError}} failed
 */

/** @extends {Emitter<Events>} */
export class Waiting extends Emitter {
  #base;
  #request;
  /** @type {Signalling | null} */
  #signalling = null;
  #backoff = new Backoff();
  #closed = false;

  /** @param {{base: string | URL, request: () => Promise<Access>}} options */
  constructor({ base, request }) {
    super();
    this.#base = base;
    this.#request = request;
  }

  async start() {
    while (!this.#closed && !(await this.#try())) await this.#backoff.wait();
  }

  close() {
    this.#closed = true;
    this.#backoff.skip();
    this.#signalling?.close();
  }

  /** Resolves to whether it is decided. */
  async #try() {
    let answer;
    try {
      answer = await this.#request();
    } catch (error) {
      const isFinal = finalState(error) !== null;
      if (!this.#closed) this.emit(isFinal ? 'failed' : 'trying', { error });
      return isFinal;
    }
    if (this.#closed) return true;
    if (!answer.waiting) {
      this.emit('admitted');
      return true;
    }
    this.emit('waiting', { answer });
    return this.#untilDecided(answer);
  }

  /** @param {Access} answer */
  async #untilDecided(answer) {
    const signalling = new Signalling(signallingUrl(this.#base, answer.url), answer.token);
    this.#signalling = signalling;
    signalling.addEventListener('waiting', ({ detail }) => {
      this.#backoff.reset();
      this.emit('moderator', { isThere: detail.moderator });
    });
    /** @type {Reason | 'admitted'} */
    const outcome = await signalling.open().then(() => 'admitted', (reason) => reason);
    signalling.close();
    if (this.#closed) return true;
    if (outcome === 'admitted') this.emit('admitted');
    if (outcome === 'removed') this.emit('refused');
    return outcome === 'admitted' || outcome === 'removed'; // else the next answer of the service says why
  }
}
