// Keeps a phone's screen on during a call. The browser ends the lock whenever the page is hidden.

export class WakeLock {
  /** @type {WakeLockSentinel | null} */
  #lock = null;
  #closed = false;

  constructor() {
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#request();
  }

  close() {
    this.#closed = true;
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.#lock?.release();
  }

  #onVisibility = () => this.#request();

  async #request() {
    if (document.hidden)
      return;
    // Not in every browser, and refused when the battery is low: the call goes on without.
    const lock = await navigator.wakeLock?.request('screen').catch(() => null) ?? null;
    this.#lock = lock;
    if (this.#closed)
      lock?.release();
  }
}
