// The list of recordings as people see it: in what state each is, and buttons to watch, download and delete it.

import { duration, localTime, stopwatch } from './clock.js';
import { ask } from './dialog.js';
import { downloadAddress, ownAddress } from './media-links.js';
import { nameInText } from './names.js';
import { worked, notify } from './notices.js';
import { byId, fromTemplate, part, setText } from './page.js';
import { isWatchable, nameOf, sizeText, stateText } from './recording-text.js';
import { Recordings, permits } from './recordings.js';

/** @import { App } from './main.js' */
/** @import { Meeting } from './meeting.js' */
/** @import { Player } from './player.js' */
/** @import { Recording } from './recordings.js' */

export class RecordingsPanel {
  #host;
  #panel = fromTemplate('recordings-template');
  #recordings;
  #deleteBearer;
  #hideEmpty;
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map(); // by the recording's id
  /** @type {Player | null} */
  #player = null;
  #closed = false;

  /**
   * Shows the panel in `host` and loads the list.
   * @param {HTMLElement} host
   * @param {object} options
   * @param {() => string} options.bearer  that may see the recordings
   * @param {string} [options.link]  the meeting's; without it all recordings are shown
   * @param {string} [options.operator]  the access token of this tab, which may have the permission to delete
   * @param {boolean} [options.hideEmpty]  there is no panel where there is no recording
   */
  constructor(host, { bearer, link, operator, hideEmpty = false }) {
    this.#host = host;
    this.#hideEmpty = hideEmpty;
    this.#deleteBearer = permits(operator, 'DeleteMeetingArchive') ? operator : undefined;
    this.#recordings = new Recordings({ bearer, link });
    this.#recordings.addEventListener('change', () => this.#render());
    part(this.#panel, '.recordings-more').addEventListener('click', () => this.#recordings.more());
    this.#panel.hidden = hideEmpty;
    host.replaceChildren(this.#panel);
    this.refresh();
  }

  close() {
    this.#closed = true;
    this.#player?.close();
    this.#recordings.close();
    this.#host.replaceChildren();
  }

  /** Asks the service again. */
  refresh() {
    this.#recordings.refresh();
  }

  #render() {
    const { items, count, loaded, fault } = this.#recordings;
    this.#panel.hidden = this.#hideEmpty && items.length === 0;
    const empty = loaded && items.length === 0 ? 'There are no recordings yet.' : '';
    setText(part(this.#panel, '.recordings-status'), fault ? `The list could not be loaded: ${fault.message}` : empty);
    part(this.#panel, '.recordings-more').hidden = count <= items.length;
    const list = part(this.#panel, 'ul');
    for (const [id, row] of this.#rows) {
      if (!items.some((item) => item.id === id)) {
        row.remove();
        this.#rows.delete(id);
      }
    }
    items.forEach((item, index) => {
      const row = this.#rowOf(item.id);
      this.#renderRow(row, item);
      if (list.children[index] !== row)
        list.insertBefore(row, list.children[index] ?? null);
    });
  }

  /** @param {string} id */
  #rowOf(id) {
    let row = this.#rows.get(id);
    if (!row) {
      row = fromTemplate('recording-template');
      row.dataset.recording = id;
      part(row, '.recording-watch').addEventListener('click', () => this.#watch(id));
      part(row, '.recording-download').addEventListener('click', () => this.#download(id));
      part(row, '.recording-delete').addEventListener('click', () => this.#delete(id));
      this.#rows.set(id, row);
    }
    return row;
  }

  /**
   * @param {HTMLElement} row
   * @param {Recording} recording
   */
  #renderRow(row, recording) {
    const { status, createdAt, duration: seconds, size, media, progress } = recording;
    const name = nameOf(recording);
    const running = status === 'started' || status === 'paused';
    setText(part(row, '.recording-name'), name);
    const facts = [localTime(createdAt), !running && seconds > 0 && duration(seconds), sizeText(size)];
    setText(part(row, '.recording-facts'), facts.filter(Boolean).join(' · '));
    setText(part(row, '.recording-state'), stateText(recording));
    part(row, '.recording-state').dataset.status = status;
    const bar = part(row, 'progress', HTMLProgressElement);
    bar.hidden = status !== 'processing';
    bar.value = progress ?? 0;
    this.#renderPoster(row, recording);
    /** @type {(selector: string, label: string, shown: boolean) => void} */
    const button = (selector, label, shown) => {
      part(row, selector).hidden = !shown;
      part(row, selector).setAttribute('aria-label', `${label}: ${nameInText(name)}, ${localTime(createdAt)}`);
    };
    button('.recording-watch', 'Watch', isWatchable(recording));
    button('.recording-download', 'Download', media !== null);
    button('.recording-delete', 'Delete', this.#deleteBearer !== undefined && !running);
  }

  /**
   * @param {HTMLElement} row
   * @param {Recording} recording
   */
  #renderPoster(row, { media, duration: seconds, status }) {
    const image = part(row, 'img', HTMLImageElement);
    const length = part(row, '.recording-length');
    image.hidden = !media?.poster;
    // Another link to the same picture would load it again.
    if (media?.poster && !image.src)
      image.src = ownAddress(media.poster);
    length.hidden = status === 'started' || seconds === 0;
    setText(length, stopwatch(seconds));
  }

  /** @param {string} id */
  async #watch(id) {
    const player = await import('./player.js').catch(() => null);
    if (!player)
      notify('The player could not be loaded. Check your connection and load this page again.');
    if (!player || this.#closed)
      return;
    this.#player?.close();
    this.#player = new player.Player(() => this.#recordings.find(id), () => {
      this.#player = null;
      if (!this.#closed)
        this.refresh();
    });
  }

  /** @param {string} id */
  async #download(id) {
    await worked('The download', async () => {
      const { media } = await this.#recordings.find(id); // its link has just been made
      if (!media)
        throw new Error('the file is not there any more.');
      const anchor = document.createElement('a');
      anchor.href = downloadAddress(media.url);
      anchor.download = '';
      anchor.click();
    });
  }

  /** @param {string} id */
  async #delete(id) {
    const recording = this.#recordings.items.find((item) => item.id === id);
    if (!recording || this.#deleteBearer === undefined)
      return;
    const bearer = this.#deleteBearer;
    const sure = await ask({
      title: 'Delete this recording?', accept: 'Delete', danger: true,
      text: `${nameInText(nameOf(recording))} of ${localTime(recording.createdAt)} is deleted for everybody, with all its `
        + 'files. This cannot be undone.',
    });
    if (sure && await worked('Deleting the recording', () => this.#recordings.remove(id, bearer))) {
      notify('The recording was deleted.');
      part(this.#panel, 'h2').focus();
    }
  }
}

/**
 * The recordings of a meeting, where there are some. Null: this person may not see them.
 * @param {string} hostId
 * @param {App} app
 * @param {Meeting} meeting
 */
export function meetingRecordings(hostId, app, meeting) {
  const { link } = meeting;
  if (!meeting.moderator)
    return null;
  return new RecordingsPanel(byId(hostId), { bearer: () => meeting.bearer, link, operator: app.bearer, hideEmpty: true });
}
