// The recordings of the meeting, during the call: a button for moderators, and the dialog that it opens.

import { openDialog } from './dialog.js';
import { byId } from './page.js';
import { RecordingsPanel } from './recordings-panel.js';

/** @import { MeetingFeed } from './feed.js' */
/** @import { App } from './main.js' */
/** @import { Meeting } from './meeting.js' */

export class RecordingsDialog {
  #dialog = byId('recordings-dialog', HTMLDialogElement);
  /** @type {RecordingsPanel | null} */
  #panel = null;
  #listening = new AbortController();

  /** @param {{app: App, meeting: Meeting, feed: MeetingFeed}} options */
  constructor({ app, meeting, feed }) {
    const { signal } = this.#listening;
    byId('recordings-button').addEventListener('click', () => {
      this.#panel?.close();
      this.#panel = new RecordingsPanel(byId('call-recordings'), {
        bearer: () => meeting.bearer, link: meeting.link, operator: app.bearer,
      });
      openDialog(this.#dialog);
    }, { signal });
    byId('close-recordings').addEventListener('click', () => this.#dialog.close(), { signal });
    this.#dialog.addEventListener('close', () => this.#closePanel(), { signal });
    feed.addEventListener('recordings', () => this.#panel?.refresh(), { signal });
    this.render(false);
  }

  /** @param {boolean} allowed  this person may see recordings, and there may be some */
  render(allowed) {
    byId('recordings-button').hidden = !allowed;
  }

  close() {
    this.#listening.abort();
    this.#dialog.close();
    this.#closePanel();
  }

  #closePanel() {
    this.#panel?.close();
    this.#panel = null;
  }
}
