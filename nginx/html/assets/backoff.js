// The waits between tries: 0.2 s, doubling up to 5 s. Each is shortened at random by up to half, so that the pages that
// lost the same server do not all come back at the same moment.

const FIRST = 200; // ms
const LAST = 5000; // ms

export class Backoff {
  #next = FIRST;
  #endWait = () => {};

  async wait() {
    const delay = this.#next * (0.5 + Math.random() / 2);
    this.#next = Math.min(LAST, this.#next * 2);
    await /** @type {Promise<void>} */ (new Promise((resolve) => {
      const timer = setTimeout(resolve, delay);
      this.#endWait = () => {
        clearTimeout(timer);
        resolve();
      };
    }));
  }

  // Ends a wait that goes on.
  skip() {
    this.#endWait();
  }

  reset() {
    this.#next = FIRST;
  }
}
