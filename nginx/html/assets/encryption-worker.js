// Encrypts what the page sends and decrypts what it receives, frame by frame, outside the page's own thread. A frame
// that is not authentic is dropped: nothing unencrypted leaves, and nothing unencrypted or foreign is shown.
//
// Messages in:   { type: 'key', bytes }                        the meeting key from now on; null: none
//                { type: 'participant', name, participantId }  the named receiver gets this participant's frames
// Messages out:  { type: 'working', name, working }            whether the named receiver's frames can be decrypted
import { FrameDecryptor, FrameEncryptor, importMeetingKey } from './frame-crypto.js';

/** @import { Bytes, Kind } from './frame-crypto.js' */

/** @typedef {TransformStreamDefaultController} Controller */
/** @typedef {RTCEncodedVideoFrame | RTCEncodedAudioFrame} Frame */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const PATIENCE = 500; // ms; when all frames fail for this long, the page is told
const DECRYPTORS_MAX = 512; // kept after their sender has left, so that no frame is accepted twice

/** @type {Promise<CryptoKey | null>} */
let meetingKey = Promise.resolve(null);
/** @type {Map<string, Promise<FrameEncryptor | null>>} */
let encryptors = new Map(); // by participant and kind
/** @type {Map<string, FrameDecryptor>} */
let decryptors = new Map(); // by participant and kind
/** @type {Map<string, Receiver>} */
const receivers = new Map(); // by name

/** @param {Bytes | null} bytes */
function useKey(bytes) {
  meetingKey = bytes === null ? Promise.resolve(null) : importMeetingKey(bytes);
  // A new encryptor has a new salt, so that no counter is used twice with the same key.
  encryptors = new Map();
  decryptors = new Map();
  for (const receiver of receivers.values()) receiver.reset();
}

/**
 * One for the page's life and key: a track that is published again goes on with the old counter.
 * @param {string} participantId
 * @param {Kind} kind
 */
function encryptorOf(participantId, kind) {
  const owner = `${participantId} ${kind}`;
  const known = encryptors.get(owner);
  if (known) return known;
  const encryptor = meetingKey.then((key) => key && FrameEncryptor.create(key, participantId, kind));
  encryptors.set(owner, encryptor);
  return encryptor;
}

/** @type {(options: {participantId: string, kind: Kind}, frame: Frame, controller: Controller) => Promise<void>} */
async function encrypt({ participantId, kind }, frame, controller) {
  const encryptor = await encryptorOf(participantId, kind);
  if (!encryptor) return;
  frame.data = (await encryptor.encrypt(new Uint8Array(frame.data))).buffer;
  controller.enqueue(frame);
}

/**
 * One for all receivers of a sender's frames, so that no frame is accepted twice. When there are too many, the first to
 * go is one that has never decrypted a frame: Janus can invent senders.
 * @param {CryptoKey} key
 * @param {string} participantId
 * @param {Kind} kind
 */
function decryptorOf(key, participantId, kind) {
  const owner = `${participantId} ${kind}`;
  const known = decryptors.get(owner);
  if (known) return known;
  if (decryptors.size >= DECRYPTORS_MAX) {
    const [[oldest]] = decryptors;
    decryptors.delete([...decryptors].find(([, decryptor]) => !decryptor.proven)?.[0] ?? oldest);
  }
  const decryptor = new FrameDecryptor(key, participantId, kind);
  decryptors.set(owner, decryptor);
  return decryptor;
}

class Receiver {
  participantId = ''; // whose frames come; '': not known yet
  /** @type {FrameDecryptor | null} */
  #decryptor = null;
  /** @type {number | null} */
  #failingSince = null;
  #working = true;

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  // There is a new key, or another participant: nothing is known about the frames yet.
  reset() {
    this.#decryptor = null;
    this.#failingSince = null;
    this.#setWorking(true);
  }

  /**
   * @param {RTCRtpScriptTransformer} transformer
   * @param {Frame} frame
   * @param {Controller} controller
   */
  async decrypt(transformer, frame, controller) {
    const decryptor = await this.#find(transformer.options.kind);
    try {
      if (!decryptor) throw new Error('there is no key');
      frame.data = (await decryptor.decrypt(new Uint8Array(frame.data))).buffer;
    } catch (error) {
      // A frame that comes twice comes from the network, or from an attacker: the key still works.
      if (error.code !== 'replay') this.#failed();
      return;
    }
    // If the participant or the key has changed during the decryption, the frame is dropped.
    if (decryptor !== this.#decryptor) return;
    this.#worked(transformer, frame);
    controller.enqueue(frame);
  }

  /** @param {Kind} kind */
  async #find(kind) {
    if (this.#decryptor) return this.#decryptor;
    const { participantId } = this;
    const used = meetingKey;
    const key = await used;
    if (!key || participantId !== this.participantId || used !== meetingKey) return null;
    this.#decryptor = decryptorOf(key, participantId, kind);
    return this.#decryptor;
  }

  #failed() {
    this.#failingSince ??= performance.now();
    if (performance.now() - this.#failingSince >= PATIENCE) this.#setWorking(false);
  }

  /**
   * @param {RTCRtpScriptTransformer} transformer
   * @param {Frame} frame
   */
  #worked(transformer, frame) {
    // Frames are missing: the decoder needs a key frame.
    if (this.#failingSince !== null && 'type' in frame && frame.type === 'delta')
      transformer.sendKeyFrameRequest?.().catch(() => {});
    this.#failingSince = null;
    this.#setWorking(true);
  }

  /** @param {boolean} working */
  #setWorking(working) {
    if (working === this.#working) return;
    this.#working = working;
    scope.postMessage({ type: 'working', name: this.name, working });
  }
}

/**
 * Either the message with the participant or the first frame comes first.
 * @param {string} name
 */
function receiverOf(name) {
  const receiver = receivers.get(name) ?? new Receiver(name);
  receivers.set(name, receiver);
  return receiver;
}

/**
 * @param {RTCRtpScriptTransformer} transformer
 * @param {(frame: Frame, controller: Controller) => Promise<void>} transform
 */
function pipe(transformer, transform) {
  // The streams end with the connection: that is no error.
  return transformer.readable.pipeThrough(new TransformStream({ transform })).pipeTo(transformer.writable)
    .catch(() => {});
}

scope.onrtctransform = ({ transformer }) => {
  const { direction, name } = transformer.options;
  if (direction === 'send') {
    pipe(transformer, (frame, controller) => encrypt(transformer.options, frame, controller));
    return;
  }
  const receiver = receiverOf(name);
  pipe(transformer, (frame, controller) => receiver.decrypt(transformer, frame, controller))
    .finally(() => receivers.delete(name));
};

scope.onmessage = ({ data }) => {
  if (data.type === 'key') useKey(data.bytes);
  if (data.type === 'participant') {
    const receiver = receiverOf(data.name);
    receiver.participantId = data.participantId;
    receiver.reset();
  }
};
