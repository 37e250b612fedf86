// Camera and microphone before the call: the preview, the level meter, and the choice of devices.

import { blurSwitch } from './blur-switch.js';
import { fillDeviceSelect } from './device-choice.js';
import { openAvailable, problemText } from './device-problems.js';
import { levelMeter, listDevices, noiseSuppressed, suppressNoise } from './devices.js';
import { byId, setIcon, setText } from './page.js';
import { SpeakerChoice } from './speaker-choice.js';
import { recall, remember } from './storage.js';

/** @import { Trouble } from './device-problems.js' */
/** @import { DeviceLists } from './devices.js' */
/** @import { Kind } from './frame-crypto.js' */

/**
 * What the person has chosen.
 * @typedef {object} Choice
 * @property {boolean} microphone  on?
 * @property {boolean} camera
 * @property {string | null} audio  a device's id
 * @property {string | null} video
 */

/** @type {Kind[]} */
const KINDS = ['audio', 'video'];

export class Preview {
  #stream = new MediaStream();
  /** @type {Choice} */
  #choice = { microphone: true, camera: true, audio: null, video: null, ...recall('devices') };
  /** @type {DeviceLists} */
  #devices = { audio: [], video: [] };
  /** @type {Trouble | null} */
  #problem = null;
  #stopMeter = () => {};
  /** @type {Set<Promise<void>>} */
  #openings = new Set(); // that go on
  #opening = { audio: 0, video: 0 }; // how many of them are for each kind
  #off = new AbortController(); // aborted when the camera that is being opened is not wanted any more
  #onOpening;
  #speaker;
  #listening = new AbortController();

  /**
   * onOpening(pending): whether the browser is still opening devices, or asking whether it may. microphone, camera:
   * false: it starts switched off, whatever the person has chosen before.
   * @param {(pending: boolean) => void} onOpening
   * @param {{microphone: boolean, camera: boolean}} options
   */
  constructor(onOpening, { microphone, camera }) {
    this.#onOpening = onOpening;
    this.#choice.microphone &&= microphone;
    this.#choice.camera &&= camera;
    this.#speaker = new SpeakerChoice('', this.#listening.signal);
    this.#listen();
    this.#render();
    this.#open({ audio: true, video: this.#choice.camera });
  }

  /** The open devices. */
  get stream() {
    return this.#stream;
  }

  /** Stops the devices, also those that are being opened. */
  close() {
    this.#drop('audio');
    this.#drop('video');
    this.#finish();
  }

  /**
   * Gives the devices to the call: {stream, otherDevices}. A microphone that is off has a disabled track. otherDevices
   * are the ids of chosen devices that are not open, for when they are switched on later.
   */
  release() {
    this.#finish();
    for (const track of this.#stream.getTracks()) {
      // It has ended, but its event has not come yet.
      if (track.readyState !== 'live')
        this.#stream.removeTrack(track);
    }
    const tracks = this.#stream.getTracks();
    /** @type {Partial<Record<Kind, string>>} */
    const otherDevices = {};
    for (const kind of KINDS) {
      const id = this.#choice[kind];
      if (id && !tracks.some((track) => track.kind === kind))
        otherDevices[kind] = id;
    }
    return { stream: tracks.length ? this.#stream : null, otherDevices };
  }

  #finish() {
    this.#listening.abort();
    this.#stopMeter();
    byId('preview-video', HTMLVideoElement).srcObject = null;
  }

  #listen() {
    const { signal } = this.#listening;
    /** @type {(id: string, type: 'click' | 'change', action: () => void) => void} */
    const on = (id, type, action) => byId(id).addEventListener(type, action, { signal });
    /** @param {string} id */
    const chosen = (id) => byId(id, HTMLSelectElement).value;
    on('preview-microphone', 'click', () => this.#toggleMicrophone());
    on('preview-camera', 'click', () => this.#toggleCamera());
    on('microphone-select', 'change', () => this.#choose('audio', chosen('microphone-select')));
    on('camera-select', 'change', () => this.#choose('video', chosen('camera-select')));
    const noise = byId('preview-noise-option', HTMLInputElement);
    noise.checked = noiseSuppressed();
    on('preview-noise-option', 'change', () => {
      suppressNoise(noise.checked);
      this.#open({ audio: true });
    });
    blurSwitch('preview-', signal, {
      reopen: () => this.#choice.camera && this.#open({ video: true }), cameraOff: () => this.#switchCameraOff(),
    });
    on('device-retry', 'click', () => this.#open({ audio: true, video: this.#choice.camera }));
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#list(), { signal });
  }

  /** @param {Partial<Choice>} changes */
  #change(changes) {
    Object.assign(this.#choice, changes);
    remember('devices', this.#choice);
  }

  #toggleMicrophone() {
    const isThere = this.#stream.getAudioTracks().length > 0 || this.#opening.audio > 0;
    this.#change({ microphone: !(isThere && this.#choice.microphone) });
    if (isThere)
      this.#render();
    else
      this.#open({ audio: true });
  }

  #toggleCamera() {
    if (this.#stream.getVideoTracks().length || this.#isOpening('camera')) {
      this.#switchCameraOff();
      return;
    }
    this.#change({ camera: true });
    this.#open({ video: true });
  }

  #switchCameraOff() {
    this.#change({ camera: false });
    this.#drop('video');
    this.#render();
  }

  /**
   * @param {Kind} kind
   * @param {string} id  of a device
   */
  #choose(kind, id) {
    this.#change(kind === 'video' ? { video: id, camera: true } : { audio: id });
    this.#open({ [kind]: true });
  }

  /** @param {string} kind */
  #drop(kind) {
    if (kind === 'audio')
      this.#stopMeter(); // it has the device open, too
    else
      this.#cancelCamera();
    for (const track of this.#stream.getTracks()) {
      if (track.kind === kind) {
        track.stop();
        this.#stream.removeTrack(track);
      }
    }
  }

  /**
   * Whether a device is being opened that is to be on. Another click means off.
   * @param {'microphone' | 'camera'} name
   */
  #isOpening(name) {
    return this.#choice[name] && this.#opening[name === 'camera' ? 'video' : 'audio'] > 0;
  }

  #cancelCamera() {
    this.#off.abort();
    this.#off = new AbortController();
  }

  /** Resolves when no device is being opened. */
  async settled() {
    while (this.#openings.size > 0)
      await Promise.all(this.#openings);
  }

  /** @param {Partial<Record<Kind, boolean>>} kinds */
  #open(kinds) {
    const count = (/** @type {number} */ by) => KINDS.forEach((kind) => {
      this.#opening[kind] += kinds[kind] ? by : 0;
    });
    count(1);
    const opening = this.#openNow(kinds).finally(() => {
      count(-1);
      this.#openings.delete(opening);
      if (this.#listening.signal.aborted)
        return;
      this.#onOpening(this.#openings.size > 0);
      this.#render();
    });
    this.#openings.add(opening);
    this.#onOpening(true);
    this.#render();
  }

  /**
   * Opens one kind of device or both, and closes first what is open of that kind.
   * @param {Partial<Record<Kind, boolean>>} kinds
   */
  async #openNow({ audio = false, video = false }) {
    const { signal } = this.#listening;
    for (const kind of KINDS) {
      if ({ audio, video }[kind])
        this.#drop(kind);
    }
    const off = this.#off.signal;
    const wanted = { audio: audio && (this.#choice.audio ?? true), video: video && (this.#choice.video ?? true) };
    const { tracks, problem } = await openAvailable(wanted, off);
    const isWanted = (/** @type {string} */ kind) => !signal.aborted && !(kind === 'video' && off.aborted);
    const taken = tracks.filter(({ kind }) => isWanted(kind));
    tracks.filter((track) => !taken.includes(track)).forEach((track) => track.stop());
    if (signal.aborted)
      return;
    if (!problem || isWanted(problem.device))
      this.#problem = problem;
    if (this.#problem?.kind === 'blur')
      byId('more-devices', HTMLDetailsElement).open = true; // there is the switch that its words name
    for (const track of taken) {
      this.#drop(track.kind);
      this.#stream.addTrack(track);
      track.addEventListener('ended', () => this.#lost(track), { signal });
    }
    this.#meter();
    this.#render();
    await this.#list();
  }

  /** @param {MediaStreamTrack} track */
  #lost(track) {
    if (!this.#stream.getTracks().includes(track))
      return;
    this.#drop(track.kind);
    this.#problem = { kind: 'lost', device: /** @type {Kind} */ (track.kind) };
    this.#meter();
    this.#render();
  }

  async #list() {
    const { signal } = this.#listening;
    /** @type {DeviceLists} */
    const none = { audio: [], video: [] };
    const devices = await listDevices().catch(() => none);
    if (signal.aborted)
      return;
    this.#devices = devices;
    this.#renderDevices();
    this.#speaker.refresh();
  }

  #meter() {
    this.#stopMeter();
    const level = byId('level');
    /** @param {number} heard */
    const show = (heard) => {
      const value = this.#choice.microphone ? heard : 0;
      level.style.setProperty('--level', value.toFixed(3));
      level.setAttribute('aria-valuenow', String(Math.round(value * 100)));
    };
    show(0);
    this.#stopMeter = this.#stream.getAudioTracks().length ? levelMeter(this.#stream, show) : () => {};
  }

  #render() {
    const microphone = this.#choice.microphone && this.#stream.getAudioTracks().length > 0;
    const camera = this.#stream.getVideoTracks().length > 0;
    for (const track of this.#stream.getAudioTracks())
      track.enabled = microphone;
    const video = byId('preview-video', HTMLVideoElement);
    video.hidden = !camera;
    if (video.srcObject !== this.#stream)
      video.srcObject = this.#stream;
    setText(byId('preview-off'), camera ? '' : this.#isOpening('camera') ? 'Waiting for your camera…' : 'Your camera is off');
    this.#renderToggle(byId('preview-microphone'), 'microphone', microphone);
    this.#renderToggle(byId('preview-camera'), 'camera', camera);
    byId('level').hidden = this.#stream.getAudioTracks().length === 0;
    byId('device-notice').hidden = !this.#problem;
    setText(byId('device-notice-text'), this.#problem ? problemText(this.#problem) : '');
  }

  /**
   * @param {HTMLElement} button
   * @param {'microphone' | 'camera'} name
   * @param {boolean} on
   */
  #renderToggle(button, name, on) {
    const opens = !on && this.#isOpening(name);
    button.setAttribute('aria-pressed', String(on));
    button.setAttribute('aria-busy', String(opens));
    button.title = `${name === 'camera' ? 'Camera' : 'Microphone'} is ${opens ? 'being opened' : on ? 'on' : 'off'}`;
    setIcon(button, on ? name : `${name}-off`);
  }

  #renderDevices() {
    const microphones = byId('microphone-select', HTMLSelectElement);
    const cameras = byId('camera-select', HTMLSelectElement);
    fillDeviceSelect(microphones, 'audio', this.#devices, this.#stream, this.#choice.audio);
    fillDeviceSelect(cameras, 'video', this.#devices, this.#stream, this.#choice.video);
  }
}
