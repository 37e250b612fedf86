// Encrypts what the page sends and decrypts what it receives, frame by frame, beside the page's own thread. What is
// not authentic is dropped: nothing clear leaves, and nothing clear or foreign is ever shown.
//
// Messages in:   { type: 'key', bytes }                        from now on this meeting key; null: none
//                { type: 'participant', name, participantId }  the named receiver gets this participant's frames
// Messages out:  { type: 'working', name, working }            the named receiver's frames can (not) be decrypted
import { FrameDecryptor, FrameEncryptor, importMeetingKey } from './frame-crypto.js';

/** @import { Bytes, Kind } from './frame-crypto.js' */

/** @typedef {TransformStreamDefaultController} Controller */
/** @typedef {RTCEncodedVideoFrame | RTCEncodedAudioFrame} Frame */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const PATIENCE = 500; // ms of frames that all fail before this is told
const DECRYPTORS_MAX = 512; // kept so that no frame is taken twice, not even when its sender has left meanwhile

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
  // New encryptors make new salts: no counter goes on under another key, and none starts again under the same.
  encryptors = new Map();
  decryptors = new Map();
  for (const receiver of receivers.values()) receiver.reset();
}

/**
 * For a whole page's life and key: a republished track goes on counting where it was.
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
 * One for all receivers of a sender's frames, so that none of them takes a frame that another has taken. When there
 * are too many, those go first whose sender has never had the key: Janus can name senders as it likes.
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
  participantId = ''; // whose frames come; '' until that is told
  /** @type {FrameDecryptor | null} */
  #decryptor = null;
  /** @type {number | null} */
  #failingSince = null;
  #working = true;

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  // A new key, or another participant: nothing is known of their frames yet.
  reset() {
    this.#decryptor = null;
    this.#failingSince = null;
    this.#tell(true);
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
      // A frame that comes twice is the network's doing, or an attacker's: the others can still be shown.
      if (error.code !== 'replay') this.#failed();
      return;
    }
    // The participant or the key may have changed meanwhile: then it is nobody's frame.
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
    if (performance.now() - this.#failingSince >= PATIENCE) this.#tell(false);
  }

  /**
   * @param {RTCRtpScriptTransformer} transformer
   * @param {Frame} frame
   */
  #worked(transformer, frame) {
    // Frames are missing: the decoder needs one that stands for itself.
    if (this.#failingSince !== null && 'type' in frame && frame.type === 'delta')
      transformer.sendKeyFrameRequest?.().catch(() => {});
    this.#failingSince = null;
    this.#tell(true);
  }

  /** @param {boolean} working */
  #tell(working) {
    if (working === this.#working) return;
    this.#working = working;
    scope.postMessage({ type: 'working', name: this.name, working });
  }
}

/**
 * Whichever comes first makes it: the message that says whose frames they are, or the frames.
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
  // The streams end with the connection, which is no failure.
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
