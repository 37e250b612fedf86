// Picture in picture: the large picture of the call in a small window over other programs. Where the browser has it,
// the window is a document that shows a name too, and the initials while there is no picture; else it is a video's.
//
//   const pip = new PictureInPicture(onChange);    onChange   () it was opened or closed
//   pip.supported
//   pip.open                whether it is there
//   await pip.toggle()      in a click only
//   pip.view                { id, width, height } of the picture that it shows, in device pixels; null: it shows none
//   pip.render(model)       the tile that is to be seen in it; null: nobody else is there
//   pip.close()

import { initials, toneOf } from './names.js';
import { notify } from './notices.js';
import { byId, fromTemplate, part, setText } from './page.js';

/** @import { Tile } from './tiles.js' */

/** @typedef {{requestWindow(size: {width: number, height: number}): Promise<Window>}} DocumentPictures */

/** @typedef {{tile: HTMLElement, video: HTMLVideoElement, avatar: HTMLElement, name: HTMLElement, note: HTMLElement}} Parts */

const SIZE = { width: 384, height: 216 }; // pixels of a new window
const TONES = 6;
const PICTURELESS = 3000; // ms without a picture after which a video's window closes: it can show nothing else

/** The browser's windows for documents: only for a page that is in no frame. */
function documents() {
  const found = /** @type {{documentPictureInPicture?: DocumentPictures}} */ (window).documentPictureInPicture;
  return window.top === window ? found : undefined;
}

export class PictureInPicture {
  #onChange;
  /** @type {Window | null} */
  #window = null;
  /** @type {Parts | null} */
  #parts = null; // in the window
  /** @type {Tile | null} */
  #model = null;
  /** @type {number | undefined} */
  #timer; // the end of a video's window
  #video = byId('pip-video', HTMLVideoElement);
  #listening = new AbortController();

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    this.#video.muted = true;
    this.#video.addEventListener('leavepictureinpicture', () => this.#left(), { signal: this.#listening.signal });
  }

  get supported() {
    return documents() !== undefined || document.pictureInPictureEnabled === true;
  }

  get open() {
    return this.#window !== null || document.pictureInPictureElement === this.#video;
  }

  get view() {
    if (!this.open || !this.#model || this.#model.self)
      return null;
    const ratio = this.#window?.devicePixelRatio ?? devicePixelRatio;
    const { innerWidth, innerHeight } = this.#window ?? { innerWidth: SIZE.width, innerHeight: SIZE.height };
    return { id: this.#model.id, width: Math.round(innerWidth * ratio), height: Math.round(innerHeight * ratio) };
  }

  async toggle() {
    if (this.open) {
      this.#end();
      return;
    }
    try {
      const pictures = documents();
      await (pictures ? this.#openDocument(pictures) : this.#openVideo());
    } catch {
      this.#left();
      notify('Picture in picture cannot be opened now.');
    }
    this.#onChange();
  }

  /** @param {Tile | null} model */
  render(model) {
    this.#model = model;
    if (this.#parts)
      this.#renderDocument(this.#parts, model);
    else if (document.pictureInPictureElement === this.#video)
      this.#renderVideo(model);
  }

  close() {
    this.#end();
    this.#listening.abort();
  }

  /** @param {DocumentPictures} pictures */
  async #openDocument(pictures) {
    const opened = await pictures.requestWindow(SIZE);
    if (this.#listening.signal.aborted) {
      opened.close();
      return;
    }
    const sheet = opened.document.createElement('link');
    sheet.rel = 'stylesheet';
    sheet.href = part(document, 'link[rel=stylesheet]', HTMLLinkElement).href;
    opened.document.head.append(sheet);
    opened.document.title = document.title;
    this.#window = opened;
    // The parts are looked up here: in the other window they would be of that window's classes.
    const tile = fromTemplate('pip-template');
    this.#parts = {
      tile, video: part(tile, 'video', HTMLVideoElement), avatar: part(tile, '.avatar'), name: part(tile, '.tile-name'), note: part(tile, '.tile-note'),
    };
    opened.document.body.append(tile);
    opened.addEventListener('pagehide', () => this.#left());
    this.render(this.#model);
  }

  async #openVideo() {
    const stream = this.#model?.picture ? this.#model.stream : null;
    if (!stream) {
      notify('Nobody shows a picture now.');
      return;
    }
    this.#video.srcObject = stream;
    await this.#video.play();
    await this.#video.requestPictureInPicture();
  }

  #end() {
    this.#window?.close();
    if (document.pictureInPictureElement === this.#video)
      document.exitPictureInPicture().catch(() => {}); // it has just been closed
    this.#left();
  }

  #left() {
    this.#stopTimer();
    if (this.#parts)
      this.#parts.video.srcObject = null;
    this.#video.srcObject = null;
    this.#parts = null;
    this.#window = null;
    this.#onChange();
  }

  /**
   * @param {Parts} parts
   * @param {Tile | null} model
   */
  #renderDocument({ tile, video, avatar, name, note }, model) {
    const text = model ? model.note : 'Nobody else is here.';
    tile.classList.toggle('pictured', model?.picture ?? false);
    tile.classList.toggle('own', model?.self ?? false);
    setText(name, model?.label ?? '');
    setText(avatar, initials(model?.name ?? ''));
    avatar.dataset.tone = String(toneOf(model?.tone ?? '', TONES));
    avatar.hidden = model === null;
    note.hidden = !text;
    setText(note, text);
    this.#show(video, model?.stream ?? null);
  }

  /**
   * Without a stream the browser would close the window at once: the last picture stays for a moment.
   * @param {Tile | null} model
   */
  #renderVideo(model) {
    if (model?.picture) {
      this.#stopTimer();
      this.#show(this.#video, model.stream);
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#end();
      notify('Nobody shows a picture now.');
    }, PICTURELESS);
  }

  #stopTimer() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {MediaStream | null} stream
   */
  #show(video, stream) {
    if (video.srcObject === stream)
      return;
    video.muted = true;
    video.srcObject = stream;
    video.play().catch(() => {}); // another stream has replaced this one
  }
}
