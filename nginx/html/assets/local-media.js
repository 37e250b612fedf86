// Our own microphone and camera during a call: switched on and off, exchanged, unplugged; and how loud we are.
//
//   const media = new LocalMedia(stream, { onTrack, onReplaced, onLost });
//     onTrack(kind, track or null)   async; this track is to be sent from now on
//     onReplaced(kind, label)        a microphone was unplugged, and another one took its place; label: its name
//     onLost(kind)                   a device was unplugged, nothing took its place, and its switch is off
//   await media.setMicrophone(on) · setCamera(on) · replace({ audio, video })   they throw a DeviceError
//   await media.reopen(kind)         the open device with the settings of now; throws likewise
//   media.stream · microphone · camera · level (0..1; also while the microphone is off) · track(kind)
//   media.wants(kind)              the last choice: also true while the device is being opened
//   media.close()
//
// "Off" acts at once, also while the browser asks the person whether the page may open the device. When the device then
// opens, the last choice decides.
import { levelMeter, openDevices, stopTracks } from './devices.js';

/** @import { Kind } from './frame-crypto.js' */

/**
 * @typedef {object} Listeners
 * @property {(kind: Kind, track: MediaStreamTrack | null) => Promise<void> | undefined} onTrack
 * @property {(kind: Kind, label: string) => void} onReplaced
 * @property {(kind: Kind) => void} onLost
 */

/** @type {Kind[]} */
const KINDS = ['audio', 'video'];

export class LocalMedia {
  level = 0;
  #wanted = { audio: false, video: false }; // on?
  /** @type {Partial<Record<Kind, string>>} */
  #chosen = {}; // ids of devices
  #onTrack;
  #onReplaced;
  #onLost;
  /** @type {Record<Kind, Promise<void>>} */
  #last = { audio: Promise.resolve(), video: Promise.resolve() }; // the last change in each kind's queue
  #stopMeter = () => {};
  #closed = false;
  #off = new AbortController(); // aborted when the camera that is being opened is not wanted any more

  /**
   * @param {MediaStream | null} stream
   * @param {Listeners} listeners
   */
  constructor(stream, { onTrack, onReplaced, onLost }) {
    this.stream = stream ?? new MediaStream();
    this.#onTrack = onTrack;
    this.#onReplaced = onReplaced;
    this.#onLost = onLost;
    for (const track of this.stream.getTracks()) this.#watch(track);
    this.#wanted = { audio: this.track('audio')?.enabled ?? false, video: this.track('video') !== null };
    this.#meter();
  }

  get microphone() {
    return this.#wanted.audio && this.track('audio') !== null;
  }

  get camera() {
    return this.#wanted.video && this.track('video') !== null;
  }

  /** @param {Kind} kind */
  wants(kind) {
    return this.#wanted[kind];
  }

  /**
   * The live track of a kind, or null. A track ends when its device is unplugged or no longer allowed.
   * @param {Kind} kind
   */
  track(kind) {
    return this.stream.getTracks().find((track) => track.kind === kind && track.readyState === 'live') ?? null;
  }

  /**
   * The device stays open while it is off: others hear silence, and "on" acts at once.
   * @param {boolean} on
   */
  async setMicrophone(on) {
    this.#wanted.audio = on;
    const track = this.track('audio');
    if (track) track.enabled = on;
    if (on) await this.#openWanted('audio');
  }

  /**
   * Off closes the device, so that its light goes out.
   * @param {boolean} on
   */
  async setCamera(on) {
    this.#wanted.video = on;
    if (!on) this.#cancelCamera();
    await (on ? this.#openWanted('video') : this.#drop('video'));
  }

  /** @param {Partial<Record<Kind, string>>} chosen */
  async replace(chosen) {
    await Promise.all(KINDS.map((kind) => {
      const id = chosen[kind];
      return id && this.#queue(kind, () => this.#choose(kind, id));
    }));
  }

  /** @param {Kind} kind */
  async reopen(kind) {
    await this.#queue(kind, async () => {
      if (this.track(kind)) await this.#open(kind);
    });
  }

  close() {
    this.#closed = true;
    this.#cancelCamera();
    this.#stopMeter();
    stopTracks(this.stream);
  }

  #cancelCamera() {
    this.#off.abort();
    this.#off = new AbortController();
  }

  /**
   * Each change waits for the one before it of the same kind.
   * @param {Kind} kind
   * @param {() => Promise<void>} act
   */
  #queue(kind, act) {
    const change = this.#last[kind].then(act);
    this.#last[kind] = change.catch(() => {}); // the caller gets the error
    return change;
  }

  /** @param {Kind} kind */
  #openWanted(kind) {
    return this.#queue(kind, async () => {
      if (this.#wanted[kind] && !this.track(kind) && !this.#closed) await this.#open(kind);
    });
  }

  /**
   * Whether the device is not to be opened any more. A microphone that is off stays open.
   * @param {Kind} kind
   */
  #isOver(kind) {
    return this.#closed || (kind === 'video' && !this.#wanted.video);
  }

  /**
   * Closes the old device first: many machines cannot open a second camera.
   * @param {Kind} kind
   */
  async #open(kind) {
    await this.#drop(kind);
    if (this.#isOver(kind)) return;
    let stream;
    try {
      stream = await openDevices({ [kind]: this.#chosen[kind] ?? true }, this.#off.signal);
    } catch (error) {
      this.#wanted[kind] = false;
      throw error;
    }
    // Meanwhile the call has ended, or the camera was switched off again.
    if (this.#isOver(kind)) return stopTracks(stream);
    const [track] = stream.getTracks();
    if (!track) return; // it was switched off and on again: the next change in the queue opens it
    track.enabled = this.#wanted[kind]; // before it is sent: no sound of a person who is muted
    this.stream.addTrack(track);
    this.#watch(track);
    if (kind === 'audio') this.#meter();
    await this.#onTrack(kind, track);
  }

  /** @param {Kind} kind */
  async #drop(kind) {
    if (kind === 'audio') this.#stopMeter(); // it has the device open, too
    const tracks = this.stream.getTracks().filter((track) => track.kind === kind);
    for (const track of tracks) {
      track.onended = null;
      track.stop();
      this.stream.removeTrack(track);
    }
    if (tracks.length) await this.#onTrack(kind, null);
  }

  /**
   * @param {Kind} kind
   * @param {string} id  of a device
   */
  async #choose(kind, id) {
    this.#chosen[kind] = id;
    if (this.track(kind)) await this.#open(kind);
  }

  /**
   * Takes another microphone in place of one that was unplugged; one that was off stays off. A camera is only switched
   * off: nobody expects the picture of another one.
   * @param {Kind} kind
   * @param {MediaStreamTrack} track
   */
  async #replaceLost(kind, track) {
    if (!this.stream.getTracks().includes(track)) return; // something else has replaced it
    if (kind === 'audio') {
      delete this.#chosen[kind];
      await this.#open(kind).catch(() => {});
    }
    const found = this.track(kind);
    if (found) {
      this.#onReplaced(kind, found.label);
      return;
    }
    this.#wanted[kind] = false;
    await this.#drop(kind);
    if (!this.#closed) this.#onLost(kind);
  }

  /** @param {MediaStreamTrack} track */
  #watch(track) {
    const kind = /** @type {Kind} */ (track.kind);
    track.onended = async () => {
      if (!this.stream.getTracks().includes(track)) return;
      await this.#queue(kind, () => this.#replaceLost(kind, track)).catch(() => {});
    };
  }

  #meter() {
    this.#stopMeter();
    this.level = 0;
    this.#stopMeter = levelMeter(this.stream, (level) => {
      this.level = level;
    });
  }
}
