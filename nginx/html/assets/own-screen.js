// The screen that we share: shown on the connection that there is, and shared again on the next one.
//
//   const screen = new OwnScreen({ connection, display, onChange });
//     connection   () -> the connection of a joined room; null: there is none now
//     display      (stream) -> what the others see beside the screen
//     onChange     (lost) a screen is shared or no longer; lost: it cannot be shared any more
//   await screen.share(stream)   the stream of openScreen(), which is ours from then on; throws when it cannot be
//                                shared
//   await screen.stop()
//   await screen.resume()        there is another connection
//   screen.close()               the call has ended: the capture stops, also of a stream that comes later
//   screen.stream                null: no screen is shared
//
// Each change waits for the one before it.
import { stopTracks } from './devices.js';

/** @import { Connection } from './connection.js' */

export class OwnScreen {
  /** @type {MediaStream | null} */
  stream = null;
  #connection;
  #display;
  #onChange;
  /** @type {Promise<void>} */
  #last = Promise.resolve(); // the last change in the queue
  #closed = false;

  /**
   * @param {object} options
   * @param {() => Connection | null} options.connection
   * @param {(stream: MediaStream) => string} options.display
   * @param {(lost: boolean) => void} options.onChange
   */
  constructor({ connection, display, onChange }) {
    this.#connection = connection;
    this.#display = display;
    this.#onChange = onChange;
  }

  /** @param {MediaStream} stream */
  async share(stream) {
    const [track] = stream.getVideoTracks();
    track.contentHint = 'detail'; // text has to stay sharp, at the cost of motion
    track.onended = () => this.stop(); // the person ended it in the browser's own bar
    await this.#replace(stream);
  }

  async stop() {
    await this.#replace(null);
  }

  async resume() {
    await this.#queue(() => this.#send()).catch(() => this.#onChange(true));
  }

  close() {
    this.#closed = true;
    stopTracks(this.stream);
    this.stream = null;
  }

  /** @param {MediaStream | null} stream */
  #replace(stream) {
    return this.#queue(async () => {
      const before = this.stream;
      stopTracks(before);
      // An error means that the connection is lost, and the shared screen with it.
      if (before) await this.#connection()?.stopScreen().catch(() => {});
      if (this.#closed) {
        stopTracks(stream);
        return;
      }
      this.stream = stream;
      await this.#send();
      this.#onChange(false);
    });
  }

  /** @param {() => Promise<void>} act */
  #queue(act) {
    const change = this.#last.then(act);
    this.#last = change.catch(() => {}); // the caller gets the error
    return change;
  }

  // Without a connection the screen waits for the next one.
  async #send() {
    const { stream } = this;
    const connection = this.#connection();
    if (!stream || !connection) return;
    try {
      await connection.shareScreen(stream, this.#display(stream));
    } catch (error) {
      if (connection.isClosed) return;
      // Nobody sees it, so it is not captured either.
      stopTracks(stream);
      this.stream = null;
      await connection.stopScreen().catch(() => {}); // a part of it may be there
      this.#onChange(false);
      throw error;
    }
  }
}
