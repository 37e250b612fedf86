// The choice of camera and microphone: the lists, and the dialog during a call.

import { sourceOf } from './blur.js';
import { blurSwitch } from './blur-switch.js';
import { callProblemText } from './device-problems.js';
import { listDevices, noiseSuppressed, suppressNoise } from './devices.js';
import { openDialog } from './dialog.js';
import { byId } from './page.js';
import { chooseSpeaker } from './speaker.js';
import { SpeakerChoice } from './speaker-choice.js';
import { recall, remember } from './storage.js';

/** @import { Offered } from './device-offer.js' */
/** @import { DeviceLists } from './devices.js' */
/** @import { Kind } from './frame-crypto.js' */
/** @import { Room } from './room.js' */

const NONE = { audio: 'No microphone', video: 'No camera' };

/**
 * Fills a select with the devices of one kind. The device that the stream uses is selected, else the chosen one.
 * @param {HTMLSelectElement} select
 * @param {Kind} kind
 * @param {DeviceLists} devices
 * @param {MediaStream | null} stream
 * @param {string | null} [chosen]
 */
export function fillDeviceSelect(select, kind, devices, stream, chosen) {
  const known = devices[kind];
  const options = known.map(({ id, label }) => new Option(label, id));
  select.replaceChildren(...(options.length ? options : [new Option(NONE[kind], '')]));
  select.disabled = options.length === 0;
  const track = stream?.getTracks().find((one) => one.kind === kind);
  const inUse = (track && sourceOf(track).getSettings().deviceId) ?? chosen;
  if (inUse && known.some(({ id }) => id === inUse))
    select.value = inUse;
}

export class CallDevices {
  #room;
  #speaker;
  #onSpeaker;
  #listening = new AbortController();

  /**
   * @param {Room} room
   * @param {{watching: boolean, onSpeaker: () => void}} options  onSpeaker: another speaker was chosen
   */
  constructor(room, { watching, onSpeaker }) {
    this.#room = room;
    this.#onSpeaker = onSpeaker;
    const { signal } = this.#listening;
    this.#speaker = new SpeakerChoice('call-', signal, onSpeaker);
    byId('sending-devices').hidden = watching;
    const noise = byId('noise-option', HTMLInputElement);
    noise.checked = noiseSuppressed();
    noise.addEventListener('change', () => this.#suppressNoise(noise.checked), { signal });
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#list(), { signal });
    blurSwitch('', signal, {
      reopen: () => this.#tell(() => this.#room.reopenDevice('video')), cameraOff: () => this.#room.setCamera(false),
    });
    const dialog = byId('devices-dialog', HTMLDialogElement);
    byId('close-devices').addEventListener('click', () => dialog.close(), { signal });
    for (const { select, kind } of this.#selects())
      select.addEventListener('change', () => this.#choose(kind, select.value), { signal });
  }

  close() {
    this.#listening.abort();
  }

  /** @returns {{select: HTMLSelectElement, kind: Kind}[]} */
  #selects() {
    return [
      { select: byId('call-microphone-select', HTMLSelectElement), kind: 'audio' },
      { select: byId('call-camera-select', HTMLSelectElement), kind: 'video' },
    ];
  }

  async open() {
    byId('devices-error').textContent = '';
    openDialog(byId('devices-dialog', HTMLDialogElement));
    await this.#list();
  }

  /**
   * Takes a device that has just come.
   * @param {Offered} offered
   */
  async use({ audio, video, speaker }) {
    if (speaker) {
      chooseSpeaker(speaker);
      this.#onSpeaker();
    }
    for (const [kind, id] of /** @type {[Kind, string | undefined][]} */ ([['audio', audio], ['video', video]])) {
      if (id)
        await this.#choose(kind, id);
    }
    await this.#list();
  }

  /** @param {boolean} on */
  async #suppressNoise(on) {
    suppressNoise(on);
    // Browsers change this of an open microphone too seldom: it is opened anew.
    await this.#tell(() => this.#room.reopenDevice('audio'));
  }

  async #list() {
    this.#speaker.refresh();
    const devices = await listDevices();
    const chosen = recall('devices') ?? {};
    for (const { select, kind } of this.#selects())
      fillDeviceSelect(select, kind, devices, this.#room.local.stream, chosen[kind]);
  }

  /**
   * @param {Kind} kind
   * @param {string} id  of a device
   */
  async #choose(kind, id) {
    remember('devices', { ...recall('devices'), [kind]: id });
    await this.#tell(() => this.#room.replaceDevices({ [kind]: id }));
  }

  /** @param {() => Promise<void>} act  opens a device */
  async #tell(act) {
    byId('devices-error').textContent = '';
    try {
      await act();
    } catch (error) {
      byId('devices-error').textContent = callProblemText(error);
    }
  }
}
