// The choice of camera and microphone: the lists, and the dialog during a call.

import { listDevices } from './devices.js';
import { openDialog } from './dialog.js';
import { byId } from './page.js';
import { recall, remember } from './storage.js';

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
  const inUse = track?.getSettings().deviceId ?? chosen;
  if (inUse && known.some(({ id }) => id === inUse))
    select.value = inUse;
}

export class CallDevices {
  #room;
  #listening = new AbortController();

  /** @param {Room} room */
  constructor(room) {
    this.#room = room;
    const { signal } = this.#listening;
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
    byId('devices-error').textContent = '';
    remember('devices', { ...recall('devices'), [kind]: id });
    try {
      await this.#room.replaceDevices({ [kind]: id });
    } catch {
      byId('devices-error').textContent = 'That device cannot be opened. Choose another one.';
    }
  }
}
