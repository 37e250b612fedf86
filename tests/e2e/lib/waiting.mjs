// Many people in a waiting room, who are admitted at once.
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { Page, connections } from './janus.mjs';
import { until } from './stack.mjs';

const LIMIT = 20000; // ms until all are in
const AT_ONCE = 16; // connections that are opened at a time

// The page of somebody who waits; `joined`: when it has joined the room, once it is admitted.
class Waiter extends Page {
  joinedAt = Promise.resolve(0);

  static async open(answer) {
    assert.equal(answer.waiting, true);
    const page = new Waiter(answer);
    await page.connect();
    const admitted = new Promise((resolve) => {
      page.socket.on('message', (data) => {
        if (JSON.parse(String(data)).state === 'admitted') resolve(undefined);
      });
    });
    assert.equal((await page.request({ janus: 'confab' })).state, 'waiting');
    page.joinedAt = admitted.then(() => page.#enter());
    page.joinedAt.catch(() => {}); // looked at later
    return page;
  }

  // As the page does it: the first handle is for what it receives.
  async #enter() {
    await this.request({ janus: 'create' });
    await this.attach();
    await this.attach();
    this.joined = await this.join();
    assert.equal(this.joined.videoroom, 'joined', JSON.stringify(this.joined));
    return performance.now();
  }
}

/**
 * A moderator admits `count` people with one click. Gives for each the ms from the click until they have joined.
 * @param {import('./client.mjs').Client} client
 * @param {number} count
 */
export async function admitMany(client, count) {
  const link = await client.meeting({ access: 'waitingRoom' });
  const pages = [await Page.join(await client.token(link, { data: 'moderator', role: 'moderator' }))];
  /** @type {Waiter[]} */
  const waiters = [];
  try {
    for (let i = 0; i < count; i += AT_ONCE) {
      const names = Array.from({ length: Math.min(AT_ONCE, count - i) }, (_, k) => `waiter-${i + k}`);
      waiters.push(...(await Promise.all(names.map(async (data) => Waiter.open(await client.token(link, { data }))))));
    }
    const { url, sessionId } = pages[0].answer;
    const waiting = async () => (await connections(url)).filter((one) => one.sessionId === sessionId && one.state === 'waiting');
    await until(async () => (await waiting()).length === count, 'all to wait');
    const clicked = performance.now();
    const answer = await client.call('POST', `/session/${link}/attendees/admit`);
    assert.equal(answer.status, 204, answer.text);
    await until(() => waiters.every((one) => one.joined), 'all to be in', LIMIT);
    return (await Promise.all(waiters.map((one) => one.joinedAt))).map((at) => at - clicked);
  } finally {
    for (const page of [...pages, ...waiters]) page.kill();
  }
}
