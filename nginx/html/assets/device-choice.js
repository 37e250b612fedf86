// Choosing among several cameras and microphones: the lists of them, and the dialog for that during a call.

import { listDevices } from './devices.js';
import { byId, openDialog } from './page.js';
import { recall, remember } from './storage.js';

const NONE = { audio: 'No microphone', video: 'No camera' };

/** Fills a select with devices of one kind; the one that the stream uses (else the chosen one) is selected. */
export function fillDeviceSelect(select, kind, devices, stream, chosen) {
  const known = devices[kind];
  const options = known.map(({ id, label }) => new Option(label, id));
  select.replaceChildren(...(options.length ? options : [new Option(NONE[kind], '')]));
  select.disabled = options.length === 0;
  const track = stream?.getTracks().find((one) => one.kind === kind);
  const inUse = track?.getSettings().deviceId ?? chosen;
  if (known.some(({ id }) => id === inUse))
    select.value = inUse;
}

export class CallDevices {
  #room;
  #listening = new AbortController();

  constructor(room) {
    this.#room = room;
    const on = (id, type, action) => byId(id).addEventListener(type, action, { signal: this.#listening.signal });
    on('close-devices', 'click', () => byId('devices-dialog').close());
    on('call-microphone-select', 'change', (event) => this.#choose('audio', event.target.value));
    on('call-camera-select', 'change', (event) => this.#choose('video', event.target.value));
  }

  close() {
    this.#listening.abort();
  }

  async open() {
    byId('devices-error').textContent = '';
    openDialog(byId('devices-dialog'));
    const devices = await listDevices();
    const chosen = recall('devices') ?? {};
    for (const [id, kind] of [['call-microphone-select', 'audio'], ['call-camera-select', 'video']])
      fillDeviceSelect(byId(id), kind, devices, this.#room.local.stream, chosen[kind]);
  }

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
