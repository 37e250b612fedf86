// Load in the background: requests in loops, and their results. It ends with its test, also when the test fails.
import { afterEach } from 'node:test';

const running = new Set();

export class Load {
  constructor() {
    running.add(this);
    this.results = [];
    this.running = true;
    this.loops = [];
  }

  // `count` loops of `request`, which gives { status, ... }.
  add(count, request) {
    for (let i = 0; i < count; i++) this.loops.push(this.loop(request));
    return this;
  }

  async loop(request) {
    while (this.running) {
      let result;
      try {
        result = await request();
      } catch (error) {
        result = { status: 0, error: String(error) };
      }
      this.results.push(result);
    }
  }

  get done() {
    return this.results.length;
  }

  async stop() {
    this.running = false;
    running.delete(this);
    await Promise.all(this.loops);
    return this.results;
  }
}

// How often each status came.
export function tally(results) {
  const counts = {};
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

afterEach(() => Promise.all([...running].map((load) => load.stop())));
