// How long to wait before trying again: 0.2 s, doubling up to 5 s, each shortened at random by up to half so that
// all who lost the same server do not come back at the same moment.

const FIRST = 200; // ms
const LAST = 5000; // ms

export class Backoff {
  #next = FIRST;
  #hurry = () => {};

  async wait() {
    const delay = this.#next * (0.5 + Math.random() / 2);
    this.#next = Math.min(LAST, this.#next * 2);
    await /** @type {Promise<void>} */ (new Promise((resolve) => {
      const timer = setTimeout(resolve, delay);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    }));
  }

  // Whoever waits need not wait any longer.
  hurry() {
    this.#hurry();
  }

  reset() {
    this.#next = FIRST;
  }
}
