// End-to-end encryption as the page sees it: the meeting's key, and a worker that encrypts and decrypts every frame.
//
//   newKeyText()            16 random bytes as base64url, for the link's fragment (`&key=…`)
//   keyTextValid(text)      whether this is such a key; a key that was cut off is none
//   encryptionSupported()   whether this browser can do it (RTCRtpScriptTransform)
import { Emitter } from './emitter.js';
import { KEY_BYTES, keyBytes, keyText } from './frame-crypto.js';

/** @import { Kind } from './frame-crypto.js' */

/** @typedef {{name: string, participantId: string, working: boolean}} Received  whose frames a receiver gets */

export function newKeyText() {
  return keyText(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/**
 * @param {unknown} text
 * @returns {text is string}
 */
export function keyTextValid(text) {
  try {
    keyBytes(text);
    return true;
  } catch {
    return false;
  }
}

export function encryptionSupported() {
  return isSecureContext && typeof RTCRtpScriptTransform === 'function'; // crypto.subtle needs a secure context
}

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

  // Throws a FrameError if the text is no key. The same key again changes nothing: its record of received frames is
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
