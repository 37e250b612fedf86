// End-to-end encryption as the page sees it: a worker that encrypts and decrypts every frame.

import { Emitter } from './emitter.js';
import { keyBytes, keyTextValid } from './meeting-key.js';

/** @import { Kind } from './frame-crypto.js' */

/** @typedef {{name: string, participantId: string, working: boolean}} Received  whose frames a receiver gets */

/**
 * The encryption of one call. It must get senders and receivers before any frame goes through them.
 * Event 'change': a participant's frames can no longer be decrypted, or can again.
 * @extends {Emitter<{change: undefined}>}
 */
export class Encryption extends Emitter {
  #worker = new Worker(new URL('encryption-worker.js', import.meta.url), { type: 'module' });
  /** @type {string | null} */
  #key = null; // text
  /** @type {Map<RTCRtpReceiver, Received>} */
  #receivers = new Map();
  #count = 0;

  /** @param {string | null} text  the key, if there is one */
  constructor(text) {
    super();
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    if (text !== null && keyTextValid(text)) this.setKey(text);
  }

  get hasKey() {
    return this.#key !== null;
  }

  // Throws a TypeError if the text is no key. The same key again changes nothing: its record of received frames is
  // kept.
  /** @param {string} text */
  setKey(text) {
    const bytes = keyBytes(text);
    if (text === this.#key) return;
    this.#key = text;
    this.#worker.postMessage({ type: 'key', bytes });
  }

  /**
   * @param {RTCRtpSender} sender
   * @param {string} participantId
   * @param {Kind} kind
   */
  protectSender(sender, participantId, kind) {
    sender.transform = new RTCRtpScriptTransform(this.#worker, { direction: 'send', participantId, kind });
  }

  /**
   * Call it again when the receiver gets another participant's track: Janus reuses receivers.
   * @param {RTCRtpReceiver} receiver
   * @param {string} participantId
   * @param {Kind} kind
   */
  protectReceiver(receiver, participantId, kind) {
    const known = this.#receivers.get(receiver);
    if (known?.participantId === participantId) return;
    const name = known?.name ?? `receiver ${++this.#count}`;
    this.#receivers.set(receiver, { name, participantId, working: true });
    this.#worker.postMessage({ type: 'participant', name, participantId });
    if (!known) receiver.transform = new RTCRtpScriptTransform(this.#worker, { direction: 'receive', name, kind });
  }

  /**
   * The receivers of a connection that is over.
   * @param {RTCRtpReceiver[]} receivers
   */
  forget(receivers) {
    for (const receiver of receivers) this.#receivers.delete(receiver);
  }

  /** @param {string} participantId */
  isUndecryptable(participantId) {
    for (const receiver of this.#receivers.values())
      if (receiver.participantId === participantId && !receiver.working) return true;
    return false;
  }

  close() {
    this.#worker.terminate();
  }

  /** @param {{name: string, working: boolean}} message */
  #receive({ name, working }) {
    for (const receiver of this.#receivers.values()) if (receiver.name === name) receiver.working = working;
    this.emit('change');
  }
}
