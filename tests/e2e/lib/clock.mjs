// A clock that only the test advances: for timers, Date.now and performance.now.
import { settled } from './modules.mjs';

// Node.js 18 has performance.now as a property that cannot be assigned.
function setNow(dateNow, now) {
  Date.now = dateNow;
  Object.defineProperty(performance, 'now', { value: now, configurable: true, writable: true });
}

export class Clock {
  #now = 1_800_000_000_000;
  #timers = new Map(); // id -> { at, act, every }
  #count = 0;
  #real = { setTimeout, clearTimeout, setInterval, clearInterval, dateNow: Date.now, now: performance.now };

  constructor() {
    const add = (act, delay = 0, every = null) => {
      this.#timers.set(++this.#count, { at: this.#now + delay, act, every });
      return this.#count;
    };
    const remove = (id) => this.#timers.delete(id);
    Object.assign(globalThis, {
      setTimeout: (act, delay) => add(act, delay), clearTimeout: remove,
      setInterval: (act, delay) => add(act, delay, delay), clearInterval: remove,
    });
    setNow(() => this.#now, () => this.#now);
  }

  restore() {
    const { dateNow, now, ...timers } = this.#real;
    Object.assign(globalThis, timers);
    setNow(dateNow, now);
  }

  // Runs everything that is due until then, in order.
  async advance(ms) {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      const [due] = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
      if (!due) break;
      const [id, timer] = due;
      this.#now = timer.at;
      if (timer.every) timer.at += timer.every;
      else this.#timers.delete(id);
      timer.act();
      await settled();
    }
    this.#now = end;
  }
}
