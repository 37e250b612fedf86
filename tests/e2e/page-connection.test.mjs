// One connection to Janus' room, without a browser: the page's connection.js and janus.js, closed at the wrong moment.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTrack, deferred, pageModule, settled } from './lib/modules.mjs';

const LIMIT = 5000; // ms
const access = { url: 'wss://meet.example/rtc', token: 'token', sessionId: 'room', participantId: 'me', role: 'publisher', iceServers: [] };

// What a promise resolves to, or 'too late'.
async function inTime(promise) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(() => resolve('too late'), LIMIT)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// connection.js with a session, a publisher and a subscription that do nothing but what `changes` says.
async function connectionWith({ session = {}, publisher = {} }) {
  const made = Object.assign(new EventTarget(), { close() {}, probe() {}, ...session });
  class Publisher extends EventTarget {
    async join() {
      return {};
    }

    async publish() {}

    async limit() {}

    close() {}
  }
  Object.assign(Publisher.prototype, publisher);
  class Subscription extends EventTarget {
    received = new Map();

    async attach() {}

    want() {}

    close() {}
  }
  const { Connection } = await pageModule('connection.js', {
    'janus.js': { JanusSession: { open: async () => made }, UNAUTHORIZED: 403 },
    'publisher.js': { Publisher },
    'subscription.js': { Subscription },
  });
  return new Connection({ access, encryption: null, isOwn: () => false });
}

test('a connection that is closed while it opens does not enter the room', async () => {
  const connected = deferred();
  const done = [];
  const session = Object.assign(new EventTarget(), { attach: () => done.push('attach'), close: () => done.push('close') });
  const { Connection } = await pageModule('connection.js', { 'janus.js': { JanusSession: { open: () => connected.promise }, UNAUTHORIZED: 403 } });
  const connection = new Connection({ access, encryption: null, isOwn: () => false });
  const opened = connection.open('ws://127.0.0.1/rtc', '', {});
  connection.close();
  connected.resolve(session);
  await assert.rejects(opened);
  assert.deepEqual(done, ['close']);
});

for (const what of ['is never answered', 'fails'])
  test(`a device that opens while the connection is lost is no error, if the replacement of its track ${what}`, async () => {
    const replacing = deferred();
    const connection = await connectionWith({ publisher: { setTrack: () => replacing.promise } });
    await connection.open('ws://127.0.0.1/rtc', '', { audio: null, video: null });
    const replaced = connection.setTrack('video', /** @type {any} */ (new FakeTrack('video')));
    connection.close();
    if (what === 'fails') replacing.reject(new Error('InvalidStateError'));
    assert.equal(await inTime(replaced), undefined);
  });

test('a track that cannot be replaced while the connection goes on is an error', async () => {
  const connection = await connectionWith({ publisher: { setTrack: () => Promise.reject(new Error('no')) } });
  await connection.open('ws://127.0.0.1/rtc', '', { audio: null, video: null });
  await assert.rejects(connection.setTrack('video', null), /no/);
  connection.close();
});

// A WebSocket whose other end is the test: `sent` holds the messages, reply() sends one.
class FakeSocket {
  static last;
  sent = [];
  onmessage = /** @type {any} */ (null);
  onclose = /** @type {any} */ (null);

  constructor() {
    FakeSocket.last = this;
    setImmediate(() => this.onopen?.());
  }

  onopen = /** @type {any} */ (null);

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  reply(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  // To the newest message.
  async answer(fields) {
    await settled();
    this.reply({ transaction: this.sent.at(-1).transaction, ...fields });
    await settled();
  }

  close() {}
}

async function openSession() {
  const { JanusSession } = await pageModule('janus.js');
  /** @type {any} */ (globalThis).WebSocket = FakeSocket;
  const opening = JanusSession.open('ws://127.0.0.1/rtc', 'token');
  await settled();
  await settled();
  await FakeSocket.last.answer({ janus: 'success', data: { id: 1 } });
  return { session: await opening, socket: FakeSocket.last };
}

test('a handle that was detached gets no events any more', async () => {
  const { session, socket } = await openSession();
  const attaching = session.attach('janus.plugin.videoroom');
  await socket.answer({ janus: 'success', data: { id: 7 } });
  const handle = await attaching;
  const events = [];
  for (const type of ['event', 'closed']) handle.addEventListener(type, () => events.push(type));
  socket.reply({ janus: 'event', sender: 7, plugindata: { data: {} } });
  const detaching = handle.detach();
  await socket.answer({ janus: 'success' });
  await detaching;
  socket.reply({ janus: 'event', sender: 7, plugindata: { data: {} } });
  session.close();
  assert.deepEqual(events, ['event']);
});

test('a session that Janus does not know any more is closed, and what waits for it fails', async () => {
  const { session, socket } = await openSession();
  const reasons = [];
  session.addEventListener('closed', ({ detail: { reason } }) => reasons.push(reason));
  const requests = Promise.allSettled([session.attach('x'), session.attach('y')]);
  await socket.answer({ janus: 'error', error: { code: 458, reason: 'No such session' } });
  const codes = (await requests).map((/** @type {any} */ { reason }) => reason.code);
  assert.deepEqual(codes, ['closed', 458]);
  await assert.rejects(session.attach('z'), { code: 'closed' });
  assert.deepEqual(reasons, ['gone']);
});

test('the service\'s own Janus is beside the page, whatever name that was reached by; another one is where the service says', async () => {
  globalThis.location = /** @type {any} */ (new URL('http://127.0.0.1/')); // api.js reads it
  const { signallingUrl } = await pageModule('connection-keeper.js');
  assert.equal(signallingUrl('https://other-name.example/', 'wss://meet.example/rtc'), 'wss://other-name.example/rtc');
  assert.equal(signallingUrl('http://127.0.0.1:3000/confab/', 'wss://meet.example/confab/rtc'), 'ws://127.0.0.1:3000/confab/rtc');
  assert.equal(signallingUrl('https://meet.example/', 'wss://media2.example/rtc/media2'), 'wss://media2.example/rtc/media2');
});
