// Encrypts what the page sends and decrypts what it receives, frame by frame, beside the page's own thread. What is
// not authentic is dropped: nothing clear leaves, and nothing clear or foreign is ever shown.
//
// Messages in:   { type: 'key', bytes }                        from now on this meeting key; null: none
//                { type: 'participant', name, participantId }  the named receiver gets this participant's frames
// Messages out:  { type: 'working', name, working }            the named receiver's frames can (not) be decrypted
import { FrameDecryptor, FrameEncryptor, importMeetingKey } from './frame-crypto.js';

const PATIENCE = 500; // ms of frames that all fail before this is told
const DECRYPTORS_MAX = 512; // kept so that no frame is taken twice, not even when its sender has left meanwhile

let meetingKey = Promise.resolve(null);
let encryptors = new Map(); // participant and kind -> promise of an encryptor
let decryptors = new Map(); // participant and kind -> decryptor
const receivers = new Map(); // name -> receiver

function useKey(bytes) {
  meetingKey = bytes === null ? Promise.resolve(null) : importMeetingKey(bytes);
  // New encryptors make new salts: no counter goes on under another key, and none starts again under the same.
  encryptors = new Map();
  decryptors = new Map();
  for (const receiver of receivers.values()) receiver.reset();
}

// For a whole page's life and key: a republished track goes on counting where it was.
function encryptorOf(participantId, kind) {
  const owner = `${participantId} ${kind}`;
  if (!encryptors.has(owner))
    encryptors.set(owner, meetingKey.then((key) => key && FrameEncryptor.create(key, participantId, kind)));
  return encryptors.get(owner);
}

async function encrypt({ participantId, kind }, frame, controller) {
  const encryptor = await encryptorOf(participantId, kind);
  if (!encryptor) return;
  frame.data = (await encryptor.encrypt(new Uint8Array(frame.data))).buffer;
  controller.enqueue(frame);
}

// One for all receivers of a sender's frames, so that none of them takes a frame that another has taken. When there
// are too many, those go first whose sender has never had the key: Janus can name senders as it likes.
function decryptorOf(key, participantId, kind) {
  const owner = `${participantId} ${kind}`;
  if (!decryptors.has(owner)) {
    if (decryptors.size >= DECRYPTORS_MAX) {
      const [[oldest]] = decryptors;
      decryptors.delete([...decryptors].find(([, decryptor]) => !decryptor.proven)?.[0] ?? oldest);
    }
    decryptors.set(owner, new FrameDecryptor(key, participantId, kind));
  }
  return decryptors.get(owner);
}

class Receiver {
  #decryptor = null;
  #failingSince = null;
  #working = true;

  constructor(name) {
    this.name = name;
  }

  // A new key, or another participant: nothing is known of their frames yet.
  reset() {
    this.#decryptor = null;
    this.#failingSince = null;
    this.#tell(true);
  }

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

  #worked(transformer, frame) {
    // Frames are missing: the decoder needs one that stands for itself.
    if (this.#failingSince !== null && frame.type === 'delta') transformer.sendKeyFrameRequest?.().catch(() => {});
    this.#failingSince = null;
    this.#tell(true);
  }

  #tell(working) {
    if (working === this.#working) return;
    this.#working = working;
    self.postMessage({ type: 'working', name: this.name, working });
  }
}

// Whichever comes first makes it: the message that says whose frames they are, or the frames.
function receiverOf(name) {
  if (!receivers.has(name)) receivers.set(name, new Receiver(name));
  return receivers.get(name);
}

function pipe(transformer, transform) {
  // The streams end with the connection, which is no failure.
  return transformer.readable.pipeThrough(new TransformStream({ transform })).pipeTo(transformer.writable)
    .catch(() => {});
}

self.onrtctransform = ({ transformer }) => {
  const { direction, name } = transformer.options;
  if (direction === 'send') {
    pipe(transformer, (frame, controller) => encrypt(transformer.options, frame, controller));
    return;
  }
  const receiver = receiverOf(name);
  pipe(transformer, (frame, controller) => receiver.decrypt(transformer, frame, controller))
    .finally(() => receivers.delete(name));
};

self.onmessage = ({ data }) => {
  if (data.type === 'key') useKey(data.bytes);
  if (data.type === 'participant') {
    const receiver = receiverOf(data.name);
    receiver.participantId = data.participantId;
    receiver.reset();
  }
};
