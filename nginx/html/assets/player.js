// Plays a recording in a dialog over the page: the composed file, or the people's tracks together while there is none.
// Links end, and networks break: the player then asks for new links and goes on at the same place.

import { serviceNow } from './api.js';
import { ChapterList } from './chapter-list.js';
import { localTime } from './clock.js';
import { openDialog } from './dialog.js';
import { Film } from './film.js';
import { downloadAddress, linksEnd } from './media-links.js';
import { byId, setText } from './page.js';
import { PlayerControls } from './player-controls.js';
import { nameOf } from './recording-text.js';
import { renderFiles } from './track-files.js';
import { TrackGrid } from './track-grid.js';

/** @import { Recording, Track } from './recordings.js' */

const BEFORE_END_MS = 60000; // before the end of its links the player asks for new ones
const SOONEST_MS = 10000;
const ASK_MS = 5000; // between two looks for the composed file
const STEADY_MS = 10000; // a second failure within this time is shown
const WAIT_MS = 400; // a shorter wait is not shown

const BEING_MADE = new Set(['stopped', 'processing']);
const NOTHING = 'There is nothing to watch in this recording.';
const LEFT = 'Not all people can be seen and heard here at once. The whole recording has everybody.';
const UNPLAYABLE = 'The recording cannot be played now: its file could not be loaded, or this browser cannot decode it.';

export class Player {
  #find;
  #onClose;
  #dialog = byId('player-dialog', HTMLDialogElement);
  #controls = new PlayerControls();
  #chapters;
  /** @type {Recording | null} */
  #recording = null;
  /** @type {Film | TrackGrid | null} */
  #playback = null;
  #broken = false; // a file could not be loaded, and there is no new link yet
  #failedAt = -Infinity;
  #linksEnd = Infinity; // of the links in use, by the service's clock
  /** @type {number | undefined} */
  #timer;
  /** @type {number | undefined} */
  #waitTimer;
  #listening = new AbortController();

  /**
   * Opens the dialog and plays.
   * @param {() => Promise<Recording>} find  asks for the recording, with new links
   * @param {() => void} onClose
   */
  constructor(find, onClose) {
    this.#find = find;
    this.#onClose = onClose;
    this.#chapters = new ChapterList((time) => this.#playback?.seek(time));
    const { signal } = this.#listening;
    byId('close-player').addEventListener('click', () => this.#dialog.close(), { signal });
    byId('player-retry').addEventListener('click', () => this.#retry(), { signal });
    byId('player-switch').addEventListener('click', () => this.#useFilm(), { signal });
    this.#dialog.addEventListener('close', () => this.close(), { signal });
    setText(byId('player-title'), 'Recording');
    setText(byId('player-facts'), '');
    byId('player-ready').hidden = true;
    byId('player-download').hidden = true;
    renderFiles(null);
    this.#renderLeft();
    this.#renderFault('');
    this.#renderWaiting();
    openDialog(this.#dialog);
    byId('player-title').focus();
    this.#load();
  }

  close() {
    if (this.#listening.signal.aborted)
      return;
    this.#listening.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#waitTimer);
    this.#playback?.close();
    this.#controls.close();
    this.#dialog.close();
    this.#onClose();
  }

  // What the service says

  async #load() {
    clearTimeout(this.#timer);
    const { signal } = this.#listening;
    try {
      const recording = await this.#find();
      if (!signal.aborted)
        this.#use(recording);
    } catch (error) {
      if (signal.aborted)
        return;
      if (this.#playback && !this.#broken)
        this.#timer = setTimeout(() => this.#load(), ASK_MS);
      else
        this.#stop(`The recording could not be loaded: ${error.message}`);
    }
  }

  /** @param {Recording} recording */
  #use(recording) {
    this.#recording = recording;
    this.#renderHead(recording);
    const { media, tracks } = recording;
    const playback = this.#playback;
    if (media && !(playback instanceof TrackGrid && tracks))
      this.#useFilm();
    else if (tracks && tracks.length > 0)
      this.#useTracks(tracks);
    else
      this.#stop(NOTHING);
    byId('player-ready').hidden = !(media && this.#playback instanceof TrackGrid);
    this.#askLater();
  }

  #useFilm() {
    const { media, duration = 0 } = this.#recording ?? {};
    if (!media)
      return;
    byId('player-ready').hidden = true;
    if (!(this.#playback instanceof Film)) {
      this.#start(new Film(media, duration));
      this.#chapters.load(media.chapters);
    } else if (this.#mustRenew) {
      this.#renewed();
      this.#playback.renew(media);
    }
  }

  /** @param {Track[]} tracks */
  #useTracks(tracks) {
    if (!(this.#playback instanceof TrackGrid)) {
      this.#start(new TrackGrid(tracks));
    } else if (this.#mustRenew) {
      this.#renewed();
      this.#playback.renew(tracks);
    }
  }

  /** Asks again before the links end; sooner where a composed file may come. */
  #askLater() {
    clearTimeout(this.#timer);
    const left = this.#linksEnd - BEFORE_END_MS - serviceNow();
    const comes = this.#playback instanceof TrackGrid && BEING_MADE.has(this.#recording?.status ?? '');
    const delay = comes ? ASK_MS : Math.max(SOONEST_MS, left);
    if (this.#playback && Number.isFinite(delay))
      this.#timer = setTimeout(() => this.#load(), delay);
  }

  // What plays

  /**
   * Replaces what plays now, and goes on at its place.
   * @param {Film | TrackGrid} playback
   */
  #start(playback) {
    const before = this.#playback;
    const time = before?.time ?? 0;
    const plays = before?.playing ?? true;
    before?.close();
    this.#playback = playback;
    this.#renewed();
    playback.addEventListener('change', () => this.#changed());
    playback.addEventListener('failed', () => this.#failed());
    byId('player-picture').prepend(playback.element);
    this.#controls.use(playback, this.#recording?.media ?? null);
    playback.seek(time);
    if (plays)
      playback.play();
  }

  get #mustRenew() {
    const end = (this.#recording && linksEnd(this.#recording)) ?? Infinity;
    return this.#broken || (end > this.#linksEnd && serviceNow() > this.#linksEnd - BEFORE_END_MS);
  }

  #renewed() {
    this.#broken = false;
    this.#linksEnd = (this.#recording && linksEnd(this.#recording)) ?? Infinity;
    this.#renderFault('');
  }

  #changed() {
    this.#controls.render();
    this.#chapters.render(this.#playback?.time ?? 0);
    this.#renderWaiting();
    this.#renderLeft();
  }

  /** A file could not be loaded: perhaps its link has ended. */
  #failed() {
    if (this.#broken)
      return;
    this.#broken = true;
    const now = performance.now();
    const again = now - this.#failedAt < STEADY_MS;
    this.#failedAt = now;
    if (again)
      this.#stop(UNPLAYABLE);
    else
      this.#load();
  }

  /** @param {string} text */
  #stop(text) {
    clearTimeout(this.#timer);
    this.#playback?.pause();
    this.#renderFault(text);
    this.#renderWaiting();
  }

  #retry() {
    this.#renderFault('');
    this.#broken = true;
    this.#failedAt = -Infinity;
    this.#playback?.play();
    this.#renderWaiting();
    this.#load();
    byId('player-play').focus();
  }

  // What is shown

  /** @param {Recording} recording */
  #renderHead(recording) {
    const { createdAt, media, status, progress } = recording;
    const making = !media && status === 'processing' ? `the whole recording is being made: ${progress ?? 0} %` : '';
    setText(byId('player-title'), nameOf(recording));
    setText(byId('player-facts'), [localTime(createdAt), making].filter(Boolean).join(' · '));
    byId('player-download').hidden = !media;
    if (media)
      byId('player-download', HTMLAnchorElement).href = downloadAddress(media.url);
    renderFiles(recording);
  }

  /** @param {string} text */
  #renderFault(text) {
    byId('player-fault').hidden = !text;
    setText(byId('player-fault-text'), text);
  }

  #renderLeft() {
    const left = this.#playback instanceof TrackGrid ? this.#playback.left : 0;
    byId('player-left').hidden = left === 0;
    setText(byId('player-left'), left > 0 ? LEFT : '');
  }

  #renderWaiting() {
    const waits = byId('player-fault').hidden && (this.#playback?.waiting ?? true);
    if (!waits) {
      clearTimeout(this.#waitTimer);
      this.#waitTimer = undefined;
      byId('player-loading').hidden = true;
    } else {
      this.#waitTimer ??= setTimeout(() => { byId('player-loading').hidden = false; }, WAIT_MS);
    }
  }
}
