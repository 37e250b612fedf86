// The dialog with the links to share, one's own link, and the renewal of an encrypted meeting's key. A moderator who
// was invited has no link for guests: they share only the new end of everybody's link.

import { copyFrom } from './copy.js';
import { ask, openDialog } from './dialog.js';
import { newKeyText } from './meeting-key.js';
import { byId } from './page.js';

/** @import { Meeting } from './meeting.js' */

const RENEWED_LINK = 'The key is renewed. Send the new link for guests to everybody who should stay. They open it in '
  + 'the tab of the call. Your own link has also changed.';
const RENEWED_ENDING = 'The key is renewed. Send the new ending to everybody who should stay. Your own link has '
  + 'also changed.';

export class InviteDialog {
  #meeting;
  #onNewKey;
  #renewed = false;
  #listening = new AbortController();

  /**
   * @param {Meeting} meeting
   * @param {(key: string) => void} onNewKey  this is the meeting's key from now on
   */
  constructor(meeting, onNewKey) {
    this.#meeting = meeting;
    this.#onNewKey = onNewKey;
    /** @type {(id: string, action: () => void) => void} */
    const on = (id, action) => byId(id).addEventListener('click', action, { signal: this.#listening.signal });
    on('copy-share-link', () => copyFrom('share-link', 'copy-share-link'));
    on('copy-share-watch-link', () => copyFrom('share-watch-link', 'copy-share-watch-link'));
    on('copy-own-link', () => copyFrom('own-link', 'copy-own-link'));
    on('copy-link-ending', () => copyFrom('link-ending', 'copy-link-ending'));
    on('renew-key', () => this.#renew());
    on('close-invite', () => byId('invite-dialog', HTMLDialogElement).close());
  }

  close() {
    this.#listening.abort();
    byId('invite-dialog', HTMLDialogElement).close();
  }

  open() {
    this.#renewed = false;
    this.#render();
    openDialog(byId('invite-dialog', HTMLDialogElement));
  }

  #render() {
    const { shareLink, watchLink, ownLink, linkEnding, moderator, mayRenewKey } = this.#meeting;
    const renewed = this.#renewed;
    byId('invite-title').textContent = shareLink === null ? 'Links and key' : 'Invite people';
    byId('share-field').hidden = shareLink === null;
    byId('share-link', HTMLInputElement).value = shareLink ?? '';
    byId('share-watch-field').hidden = watchLink === null;
    byId('share-watch-link', HTMLInputElement).value = watchLink ?? '';
    byId('link-ending-field').hidden = shareLink !== null || !renewed;
    byId('link-ending', HTMLInputElement).value = linkEnding;
    byId('own-link-field').hidden = !moderator;
    byId('own-link', HTMLInputElement).value = ownLink;
    byId('renew-section').hidden = !mayRenewKey;
    byId('renewed').hidden = !renewed;
    byId('renewed').textContent = shareLink === null ? RENEWED_ENDING : RENEWED_LINK;
  }

  async #renew() {
    const sure = await ask({
      title: 'Renew the key?', accept: 'Renew the key',
      text: 'The others see and hear nothing until they open a link with the new key.',
    });
    if (!sure)
      return;
    this.#onNewKey(newKeyText());
    this.#renewed = true;
    this.#render();
    const field = byId(this.#meeting.shareLink === null ? 'link-ending' : 'share-link', HTMLInputElement);
    field.focus();
    field.select();
  }
}
