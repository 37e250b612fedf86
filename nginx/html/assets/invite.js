// The dialog with the links to share, and with the renewal of an encrypted meeting's key.

import { newKeyText } from './encryption.js';
import { ask, byId, copyFrom, openDialog } from './page.js';

export class InviteDialog {
  #meeting;
  #onNewKey;
  #listening = new AbortController();

  /** onNewKey(key): this page's own call has to use it from now on. */
  constructor(meeting, onNewKey) {
    this.#meeting = meeting;
    this.#onNewKey = onNewKey;
    const on = (id, action) => byId(id).addEventListener('click', action, { signal: this.#listening.signal });
    on('copy-share-link', () => copyFrom(byId('share-link'), byId('copy-share-link')));
    on('copy-share-watch-link', () => copyFrom(byId('share-watch-link'), byId('copy-share-watch-link')));
    on('renew-key', () => this.#renew());
    on('close-invite', () => byId('invite-dialog').close());
  }

  close() {
    this.#listening.abort();
    byId('invite-dialog').close();
  }

  open() {
    byId('renewed').hidden = true;
    this.#render();
    openDialog(byId('invite-dialog'));
  }

  #render() {
    const { shareLink, watchLink, key } = this.#meeting;
    byId('share-link').value = shareLink;
    byId('share-watch-field').hidden = watchLink === null;
    byId('share-watch-link').value = watchLink ?? '';
    byId('renew-section').hidden = key === null;
  }

  async #renew() {
    const sure = await ask({
      title: 'Renew the key?', accept: 'Renew the key',
      text: 'The others see and hear nothing more until they open the new link.',
    });
    if (!sure)
      return;
    const key = newKeyText();
    this.#meeting.key = key;
    this.#onNewKey(key);
    this.#render();
    byId('renewed').hidden = false;
    byId('share-link').focus();
    byId('share-link').select();
  }
}
