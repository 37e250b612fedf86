// Whether a call is encrypted, and with which key. Once encrypted, always: no later answer of the service can turn that
// off.
//
//   const encryption = new CallEncryption(keyText, onChange);
//     keyText     null: none. A key makes the call encrypted even if the service says it is not.
//     onChange    whose frames can be decrypted has changed
//   encryption.forConnection(access)   the Encryption (encryption.js), or null; throws { code: 'ENCRYPTION_UNSUPPORTED' }
//   encryption.setKey(keyText)         throws a TypeError if it is no key, and changes nothing then
//   encryption.isOn                    known after the first forConnection()
//   encryption.hasKey · encryption.isUndecryptable(id)
//   encryption.maySend                 without the key of an encrypted call nothing is sent
//   encryption.close()

import { Encryption } from './encryption.js';
import { encryptionSupported, keyBytes } from './meeting-key.js';

/** @import { Access } from './api.js' */

export class CallEncryption {
  /** @type {Encryption | null} */
  #encryption = null;
  #keyText;
  #onChange;

  /**
   * @param {string | null} keyText
   * @param {() => void} onChange
   */
  constructor(keyText, onChange) {
    this.#keyText = keyText;
    this.#onChange = onChange;
  }

  get isOn() {
    return this.#encryption !== null;
  }

  get hasKey() {
    return this.#encryption?.hasKey ?? false;
  }

  get maySend() {
    return !this.isOn || this.hasKey;
  }

  /** @param {Access} access */
  forConnection({ endToEndEncryption }) {
    if (this.#encryption || (!endToEndEncryption && this.#keyText === null)) return this.#encryption;
    if (!encryptionSupported())
      throw Object.assign(new Error('this browser cannot encrypt frames'), { code: 'ENCRYPTION_UNSUPPORTED' });
    this.#encryption = new Encryption(this.#keyText);
    this.#encryption.addEventListener('change', () => this.#onChange());
    return this.#encryption;
  }

  /** @param {string} keyText */
  setKey(keyText) {
    keyBytes(keyText);
    this.#keyText = keyText;
    this.#encryption?.setKey(keyText);
  }

  /** @param {string} id  of a participant */
  isUndecryptable(id) {
    return this.#encryption?.isUndecryptable(id) ?? false;
  }

  close() {
    this.#encryption?.close();
    this.#encryption = null;
  }
}
