// The join token of a call: asks the service for it, and renews it while the call goes on.
//
//   const token = new JoinToken({ request, inviteEnd });
//     request     (participantId) -> Promise of the answer of POST session/{link}/token; rejects with { status, code, message };
//                 participantId: of the connection whose token is renewed
//     inviteEnd   () -> until when the service answers that, in epoch milliseconds; null: unknown
//   await token.ask()      the answer; rejects when none comes in time
//   token.use(access)      this answer's token is in use: it is renewed when it has lived two thirds of its life
//   token.refused()        Janus refuses the token: it is renewed soon
//   await token.renew()    renews it now: there is another invite
//   token.stop()           the connection is lost or the call has ended: no renewal any more until use()
//   token.text             the token in use; '' before the first one
//   token.lastsUntil       null; or the end of the token in epoch milliseconds, when the service gives no further one
//
// Events: 'renewed' (detail: the answer)
//         'denied' (detail: { state, error }) the service gives no token any more, and the call cannot go on
//         'lasting' lastsUntil has changed
//
// An invite that has expired ends no call: the token goes on as long as Janus takes it. Just before the invite's end
// the token is renewed once more, so that the call outlives the invite by a token's whole life.
import { REMOVED, WAITING } from './api.js';
import { Emitter } from './emitter.js';

/** @import { Access } from './api.js' */

/** @typedef {{status?: number, code?: string | number | null, message?: string}} Failure  why we are not in the call */
/** @typedef {'ended' | 'removed' | 'waiting' | 'failed'} FinalState  of a room */

const ASK_LIMIT = 15000; // ms for the service's answer
const RENEW_AT = 2 / 3; // of a token's life
const RENEW_LAST = 60000; // ms before the invite's end: time to try more than once
const RENEW_MIN = 5000; // ms from one time to the next
const RENEW_MAX = 6 * 3600 * 1000; // ms; setTimeout takes 24 days at most
const RENEW_BLIND = 60000; // ms, when the token seems to have expired before it came: some clock is wrong

const UNAUTHORIZED = 401;
const TRY_AGAIN = [408, 425, 429];

/**
 * The state in which a failed request for a token leaves the room; null: it may be tried again.
 * @param {Failure} error
 * @returns {FinalState | null}
 */
export function finalState({ status = 0, code }) {
  if (code === 'MEETING_ENDED') return 'ended';
  if (code === REMOVED) return 'removed';
  if (code === WAITING) return 'waiting';
  if (code === 'ENCRYPTION_UNSUPPORTED') return 'failed';
  return status >= 400 && status < 500 && !TRY_AGAIN.includes(status) ? 'failed' : null;
}

/** @extends {Emitter<{renewed: Access, denied: {state: FinalState, error: Failure}, lasting: undefined}>} */
export class JoinToken extends Emitter {
  text = '';
  /** @type {number | null} */
  lastsUntil = null;
  #request;
  /** @type {string | undefined} */
  #participantId; // of the token in use
  #inviteEnd;
  #askedAt = 0; // last
  #end = 0; // of the token in use, in epoch milliseconds
  /** @type {number | undefined} */
  #timer;
  /** @type {Promise<Access> | null} */
  #renewing = null;
  #count = 0; // of use() and stop(): an answer that was asked for before the last of them is dropped

  /** @param {{request: (participantId?: string) => Promise<Access>, inviteEnd: () => number | null}} options */
  constructor({ request, inviteEnd }) {
    super();
    this.#request = request;
    this.#inviteEnd = inviteEnd;
  }

  /** @param {string} [participantId]  of the connection that goes on; without one it is a new connection */
  ask(participantId) {
    this.#askedAt = performance.now();
    /** @type {number | undefined} */
    let timer;
    /** @type {Promise<never>} */
    const silence = new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('the service does not answer')), ASK_LIMIT);
    });
    return Promise.race([this.#request(participantId), silence]).finally(() => clearTimeout(timer));
  }

  /** @param {Access} access */
  use({ token, expiresAt, participantId }) {
    this.#participantId = participantId;
    this.#count++;
    this.text = token;
    this.#end = Date.parse(expiresAt);
    this.#setLastsUntil(null);
    const life = this.#end - Date.now();
    const next = life > 0 ? life * RENEW_AT : RENEW_BLIND;
    const last = (this.#inviteEnd() ?? 0) - RENEW_LAST - Date.now();
    const delay = last > 0 ? Math.min(next, last) : next;
    this.#renewIn(Math.min(RENEW_MAX, Math.max(RENEW_MIN, delay)));
  }

  // Janus refuses each message, and may refuse each token: the service is not asked every time.
  refused() {
    this.#renewIn(Math.max(0, this.#askedAt + RENEW_MIN - performance.now()), { refused: true });
  }

  stop() {
    this.#count++;
    clearTimeout(this.#timer);
  }

  /**
   * A wrong clock makes this early or late, no more: a token that Janus refuses leads here as well.
   * @param {{refused?: boolean}} [options]  refused: Janus does not take the token in use
   */
  async renew({ refused = false } = {}) {
    clearTimeout(this.#timer);
    this.#renewing ??= this.ask(this.#participantId).finally(() => {
      this.#renewing = null;
    });
    const count = this.#count;
    const answer = await this.#renewing.catch((error) => ({ error }));
    if (count !== this.#count) return;
    if ('error' in answer) {
      this.#notRenewed(answer.error, refused);
      return;
    }
    this.use(answer);
    this.emit('renewed', answer);
  }

  /**
   * @param {number} delay  ms
   * @param {{refused: boolean}} [options]
   */
  #renewIn(delay, options) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.renew(options), delay);
  }

  /**
   * @param {Failure} error
   * @param {boolean} refused
   */
  #notRenewed(error, refused) {
    const state = finalState(error);
    if (error.status === UNAUTHORIZED && !refused) this.#setLastsUntil(this.#end);
    else if (state) this.emit('denied', { state, error });
    else this.#renewIn(RENEW_MIN, { refused });
  }

  /** @param {number | null} time */
  #setLastsUntil(time) {
    this.lastsUntil = time;
    this.emit('lasting');
  }
}
