// Devices that come during a call: a new headset, microphone or camera is offered.
//
//   const offer = new DeviceOffer({ use, sends });
//     use     ({ audio, video, speaker }) ids: the person takes the offer
//     sends   whether the person has a microphone and a camera here
//   offer.close()

import { byId, setHidden, setText } from './page.js';

/** @typedef {{audio?: string, video?: string, speaker?: string}} Offered  ids of one new thing */

const WORDS = /** @type {const} */ ([['audioinput', 'audio'], ['videoinput', 'video'], ['audiooutput', 'speaker']]);

// The browser's names for the device's own choice, which are no devices.
/** @param {MediaDeviceInfo} device */
const isReal = ({ deviceId }) => !['', 'default', 'communications'].includes(deviceId);

export class DeviceOffer {
  #use;
  #sends;
  /** @type {Set<string> | null} */
  #known = null; // ids with their kind; null: not listed yet
  /** @type {Set<string>} */
  #unnamed = new Set(); // kinds of devices that the browser does not tell apart yet, as the person has not allowed them
  /** @type {Offered | null} */
  #offered = null;
  #group = ''; // of what is offered
  #listening = new AbortController();

  /** @param {{use: (offered: Offered) => void, sends: boolean}} options */
  constructor({ use, sends }) {
    this.#use = use;
    this.#sends = sends;
    const { signal } = this.#listening;
    byId('use-device').addEventListener('click', () => this.#take(), { signal });
    byId('keep-device').addEventListener('click', () => this.#show(null, ''), { signal });
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#look(), { signal });
    this.#show(null, '');
    this.#look();
  }

  close() {
    this.#listening.abort();
    this.#show(null, '');
  }

  async #look() {
    const listed = await navigator.mediaDevices?.enumerateDevices().catch(() => []) ?? [];
    if (this.#listening.signal.aborted)
      return;
    const all = listed.filter(isReal);
    const before = this.#known;
    const unnamed = this.#unnamed;
    this.#unnamed = new Set(listed.filter(({ deviceId }) => deviceId === '').map(({ kind }) => kind));
    this.#known = new Set(all.map(({ kind, deviceId }) => `${kind} ${deviceId}`));
    // What was offered is gone again.
    const gone = Object.values(this.#offered ?? {}).some((id) => !all.some(({ deviceId }) => deviceId === id));
    if (gone)
      this.#show(null, '');
    // Before the first answer of the person the browser lists devices without names: then nothing is new.
    if (!before?.size)
      return;
    const fresh = all.filter(({ kind, deviceId }) => !unnamed.has(kind) && !before.has(`${kind} ${deviceId}`));
    this.#offer(this.#sends ? fresh : fresh.filter(({ kind }) => kind === 'audiooutput'));
  }

  /** @param {MediaDeviceInfo[]} fresh */
  #offer(fresh) {
    const [first] = fresh;
    if (!first)
      return;
    const thing = fresh.filter(({ groupId }) => groupId === first.groupId);
    // The parts of one thing may come one after the other.
    const goesOn = this.#offered !== null && first.groupId !== '' && first.groupId === this.#group;
    /** @type {Offered} */
    const offered = goesOn ? { ...this.#offered } : {};
    for (const [kind, name] of WORDS) {
      const device = thing.find((one) => one.kind === kind);
      if (device)
        offered[name] = device.deviceId;
    }
    if (goesOn)
      this.#offered = offered;
    else
      this.#show(offered, first.label || 'A new device');
    this.#group = first.groupId;
  }

  #take() {
    const offered = this.#offered;
    this.#show(null, '');
    if (offered)
      this.#use(offered);
  }

  /**
   * @param {Offered | null} offered
   * @param {string} label
   */
  #show(offered, label) {
    this.#offered = offered;
    setText(byId('device-offer-text'), offered ? `${label} was connected.` : '');
    setHidden('device-offer', offered === null, 'more-button');
  }
}
