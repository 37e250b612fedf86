// The screen that stays on during a call, without a browser.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { deferred, pageModule, settled } from './lib/modules.mjs';

let requests; // promises that the browser has given: { resolve, reject }
let page; // the document
let WakeLock;

const lockOf = () => ({
  released: false,
  release() {
    this.released = true;
  },
});
const visible = async (isVisible) => {
  page.hidden = !isVisible;
  page.dispatchEvent(new Event('visibilitychange'));
  await settled();
};

beforeEach(async () => {
  requests = [];
  page = Object.assign(new EventTarget(), { hidden: false });
  const request = () => {
    const asked = deferred();
    requests.push(asked);
    return asked.promise;
  };
  Object.defineProperty(globalThis, 'document', { value: page, configurable: true });
  Object.defineProperty(globalThis, 'navigator', { value: { wakeLock: { request } }, configurable: true });
  ({ WakeLock } = await pageModule('wake-lock.js'));
});

test('the screen stays on, also after the page was hidden, until the call ends', async () => {
  const wakeLock = new WakeLock();
  requests[0].resolve(lockOf());
  await visible(false);
  assert.equal(requests.length, 1, 'a hidden page asks');
  await visible(true);
  assert.equal(requests.length, 2);
  const lock = lockOf();
  requests[1].resolve(lock);
  await settled();
  assert.equal(lock.released, false);
  wakeLock.close();
  assert.equal(lock.released, true);
  await visible(true);
  assert.equal(requests.length, 2, 'it asks after the end');
});

test('a lock that comes after the end of the call is released', async () => {
  const wakeLock = new WakeLock();
  wakeLock.close();
  const lock = lockOf();
  requests[0].resolve(lock);
  await settled();
  assert.equal(lock.released, true);
});

test('a browser that refuses does no harm', async () => {
  const wakeLock = new WakeLock();
  requests[0].reject(new Error('low battery'));
  await settled();
  wakeLock.close();
});
