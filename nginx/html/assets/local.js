// Our own microphone and camera during a call: on and off, another device, one that is pulled out, and how loud we are.
//
//   const media = new LocalMedia(stream, { onTrack, onLost });
//     onTrack(kind, track or null)   async; from now on this is what is to be sent
//     onLost(kind)                   a device was pulled out, and its switch is off
//   await media.setMicrophone(on) · setCamera(on) · replace({ audio, video })   they throw a DeviceError
//   media.stream · microphone · camera · level (0..1) · track(kind)
//   media.close()
//
// Off is done at once, also while the browser asks whether a device may be opened: what is wished then decides what
// becomes of the device.
import { levelMeter, openDevices, stopTracks } from './devices.js';

/** @import { Kind } from './frame-crypto.js' */

/**
 * @typedef {object} Listeners
 * @property {(kind: Kind, track: MediaStreamTrack | null) => Promise<void> | undefined} onTrack
 * @property {(kind: Kind) => void} onLost
 */

/** @type {Kind[]} */
const KINDS = ['audio', 'video'];

export class LocalMedia {
  level = 0;
  #wished = { audio: false, video: false }; // on?
  /** @type {Partial<Record<Kind, string>>} */
  #chosen = {}; // ids of devices
  #onTrack;
  #onLost;
  /** @type {Record<Kind, Promise<void>>} */
  #turns = { audio: Promise.resolve(), video: Promise.resolve() }; // a device that is asked for holds up its kind only
  #stopMeter = () => {};
  #closed = false;

  /**
   * @param {MediaStream | null} stream
   * @param {Listeners} listeners
   */
  constructor(stream, { onTrack, onLost }) {
    this.stream = stream ?? new MediaStream();
    this.#onTrack = onTrack;
    this.#onLost = onLost;
    for (const track of this.stream.getTracks()) this.#watch(track);
    this.#wished = { audio: this.track('audio')?.enabled ?? false, video: this.track('video') !== null };
    this.#meter();
  }

  get microphone() {
    return this.#wished.audio && this.track('audio') !== null;
  }

  get camera() {
    return this.#wished.video && this.track('video') !== null;
  }

  /**
   * One that has ended (its device is unplugged, or no longer allowed) is none.
   * @param {Kind} kind
   */
  track(kind) {
    return this.stream.getTracks().find((track) => track.kind === kind && track.readyState === 'live') ?? null;
  }

  /**
   * The device stays open while it is off: it is back at once, and others hear silence.
   * @param {boolean} on
   */
  async setMicrophone(on) {
    this.#wished.audio = on;
    const track = this.track('audio');
    if (track) track.enabled = on;
    if (on) await this.#openWished('audio');
  }

  /**
   * Off means that the device's light goes out.
   * @param {boolean} on
   */
  async setCamera(on) {
    this.#wished.video = on;
    await (on ? this.#openWished('video') : this.#drop('video'));
  }

  /** @param {Partial<Record<Kind, string>>} chosen */
  async replace(chosen) {
    await Promise.all(KINDS.map((kind) => {
      const id = chosen[kind];
      return id && this.#inTurn(kind, () => this.#choose(kind, id));
    }));
  }

  close() {
    this.#closed = true;
    this.#stopMeter();
    stopTracks(this.stream);
  }

  /**
   * @param {Kind} kind
   * @param {() => Promise<void>} act
   */
  #inTurn(kind, act) {
    const turn = this.#turns[kind].then(act);
    this.#turns[kind] = turn.catch(() => {}); // whoever asked for it is told
    return turn;
  }

  /** @param {Kind} kind */
  #openWished(kind) {
    return this.#inTurn(kind, async () => {
      if (this.#wished[kind] && !this.track(kind) && !this.#closed) await this.#open(kind);
    });
  }

  /**
   * The old one goes first: many machines cannot open a second camera.
   * @param {Kind} kind
   */
  async #open(kind) {
    await this.#drop(kind);
    let stream;
    try {
      stream = await openDevices({ [kind]: this.#chosen[kind] ?? true });
    } catch (error) {
      this.#wished[kind] = false;
      throw error;
    }
    // The call has ended meanwhile, or the camera was switched off again.
    if (this.#closed || (kind === 'video' && !this.#wished.video)) return stopTracks(stream);
    const [track] = stream.getTracks();
    track.enabled = this.#wished[kind]; // before anybody gets it: not a sound of somebody who is muted
    this.stream.addTrack(track);
    this.#watch(track);
    if (kind === 'audio') this.#meter();
    await this.#onTrack(kind, track);
  }

  /** @param {Kind} kind */
  async #drop(kind) {
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

  /** @param {MediaStreamTrack} track */
  #watch(track) {
    const kind = /** @type {Kind} */ (track.kind);
    track.onended = async () => {
      if (!this.stream.getTracks().includes(track)) return;
      this.#wished[kind] = false;
      await this.#drop(kind);
      this.#onLost(kind);
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
