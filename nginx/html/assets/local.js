// Our own microphone and camera during a call: on and off, another device, one that is pulled out, and how loud we are.
//
//   const media = new LocalMedia(stream, { onTrack, onLost });
//     onTrack(kind, track or null)   async; from now on this is what is to be sent
//     onLost(kind)                   a device was pulled out, and its switch is off
//   await media.setMicrophone(on) · setCamera(on) · replace({ audio, video })   in turn; they throw a DeviceError
//   media.stream · microphone · camera · level (0..1) · track(kind)
//   media.close()
import { levelMeter, openDevices, stopTracks } from './devices.js';

export class LocalMedia {
  level = 0;
  #switches = { audio: false, video: false };
  #chosen = {}; // ids of devices
  #onTrack;
  #onLost;
  #turn = Promise.resolve();
  #stopMeter = () => {};
  #closed = false;

  constructor(stream, { onTrack, onLost }) {
    this.stream = stream ?? new MediaStream();
    this.#onTrack = onTrack;
    this.#onLost = onLost;
    for (const track of this.stream.getTracks()) this.#watch(track);
    this.#switches = { audio: this.track('audio')?.enabled ?? false, video: this.track('video') !== null };
    this.#meter();
  }

  get microphone() {
    return this.#switches.audio;
  }

  get camera() {
    return this.#switches.video;
  }

  track(kind) {
    return this.stream.getTracks().find((track) => track.kind === kind) ?? null;
  }

  // The device stays open while it is off: it is back at once, and others hear silence.
  setMicrophone(on) {
    return this.#inTurn(async () => {
      if (on && !this.track('audio')) await this.#open('audio');
      this.#switches.audio = on;
      if (this.track('audio')) this.track('audio').enabled = on;
    });
  }

  // Off means that the device's light goes out.
  setCamera(on) {
    return this.#inTurn(async () => {
      if (on && !this.track('video')) await this.#open('video');
      if (!on) await this.#drop('video');
      this.#switches.video = on;
    });
  }

  replace(chosen) {
    return this.#inTurn(async () => {
      for (const kind of ['audio', 'video']) {
        if (!chosen[kind]) continue;
        this.#chosen[kind] = chosen[kind];
        if (this.track(kind)) await this.#reopen(kind);
      }
    });
  }

  close() {
    this.#closed = true;
    this.#stopMeter();
    stopTracks(this.stream);
  }

  #inTurn(act) {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => {}); // whoever asked for it is told
    return turn;
  }

  async #open(kind) {
    const stream = await openDevices({ [kind]: this.#chosen[kind] ?? true });
    if (this.#closed) return stopTracks(stream); // the call has ended meanwhile
    const [track] = stream.getTracks();
    this.stream.addTrack(track);
    this.#watch(track);
    if (kind === 'audio') this.#meter();
    await this.#onTrack(kind, track);
  }

  async #drop(kind) {
    const track = this.track(kind);
    if (!track) return;
    track.onended = null;
    track.stop();
    this.stream.removeTrack(track);
    await this.#onTrack(kind, null);
  }

  // The old one goes first: many machines cannot open a second camera.
  async #reopen(kind) {
    const on = this.#switches[kind];
    this.#switches[kind] = false;
    await this.#drop(kind);
    await this.#open(kind);
    if (kind === 'audio' && this.track(kind)) this.track(kind).enabled = on;
    this.#switches[kind] = on;
  }

  #watch(track) {
    const { kind } = track;
    track.onended = () =>
      this.#inTurn(async () => {
        if (this.track(kind) !== track) return;
        this.#switches[kind] = false;
        await this.#drop(kind);
        this.#onLost(kind);
      });
  }

  #meter() {
    this.#stopMeter();
    this.level = 0;
    this.#stopMeter = levelMeter(this.stream, (level) => {
      this.level = level;
    });
  }
}
