// The test before the call lets the devices go, without a browser: when it is aborted, when something throws, and when the person
// switches a device off during it.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Clock } from './lib/clock.mjs';
import { FakeStream, FakeTrack, deferred, pageModule, settled } from './lib/modules.mjs';

const browser = /** @type {any} */ (globalThis);
let clock;
let clones;
let stream;
let abort;
let opening; // the session
let testCall;

class Track extends FakeTrack {
  clone() {
    const clone = new Track(this.kind);
    clones.push(clone);
    return clone;
  }
}

const live = () => clones.filter(({ readyState }) => readyState === 'live').map(({ kind }) => kind);

beforeEach(async () => {
  clock = new Clock();
  clones = [];
  stream = new FakeStream([new Track('audio'), new Track('video')]);
  abort = new AbortController();
  opening = deferred();
  browser.AudioContext = class {
    destination = {};
    createMediaStreamDestination() {
      return { stream: new FakeStream([new FakeTrack('audio')]) };
    }

    close() {}
  };
  browser.ConstantSourceNode = class {
    connect() {}
    start() {}
  };
  ({ testCall } = await pageModule('precall-test.js', {
    'devices.js': { levelMeter: () => () => {} },
    'janus.js': { JanusSession: class extends EventTarget {
      open() {
        return opening.promise;
      }

      attach() {
        return deferred().promise;
      }

      close() {}
    } },
    'peer.js': { Peer: class {} },
    'signalling.js': { signallingUrl: () => 'ws://127.0.0.1/' },
  }));
});
afterEach(() => {
  clock.restore();
  delete browser.AudioContext;
  delete browser.ConstantSourceNode;
});

const start = (access = {}) =>
  testCall({ requestAccess: async () => ({ url: 'ws://127.0.0.1/', token: 'token', iceServers: [], ...access }), base: 'http://127.0.0.1/', stream, signal: abort.signal });

test('a test that is aborted lets the devices go at once, whatever it waits for', async () => {
  const running = start();
  await settled();
  assert.deepEqual(live(), ['audio', 'video']);
  abort.abort();
  await running;
  assert.deepEqual(live(), []);
});

test('a camera that is switched off during the test closes, and the verdict expects no picture', async () => {
  const running = start();
  stream.removeTrack(stream.getVideoTracks()[0]);
  await clock.advance(300);
  assert.deepEqual(live(), ['audio']);
  await clock.advance(10000);
  assert.equal((await running).sentPicture, false);
});

test('an answer that makes no sense ends the test with an error, and nothing is left open', async () => {
  const running = assert.rejects(start({ iceServers: undefined }), TypeError);
  opening.resolve();
  await running;
  assert.deepEqual(live(), []);
});

test('a browser that refuses a sound takes no device', async () => {
  browser.AudioContext = class {
    constructor() {
      throw new DOMException('too many', 'NotSupportedError');
    }
  };
  await assert.rejects(start());
  assert.deepEqual(live(), []);
});
