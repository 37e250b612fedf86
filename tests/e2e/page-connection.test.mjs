// One connection to Janus' room, without a browser: the page's connection.js, janus.js and signalling.js, closed or lost at the
// wrong moment.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from './lib/clock.mjs';
import { FakeTrack, deferred, pageModule, settled } from './lib/modules.mjs';

const LIMIT = 5000; // ms
const access = { url: 'wss://meet.example/rtc', token: 'token', sessionId: 'room', participantId: 'me', role: 'publisher', iceServers: [] };

// What a promise resolves to, or 'too late'.
async function inTime(promise) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(() => resolve('too late'), LIMIT)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// As `new JanusSession()`: this one.
const only = (session) => function JanusSession() {
  return session;
};

// connection.js with a session, a publisher and a subscription that do nothing but what `changes` says.
async function connectionWith({ session = {}, publisher = {}, subscription = {}, role = 'publisher' }) {
  const made = Object.assign(new EventTarget(), { async open() {}, close() {}, probe() {}, ...session });
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

    retry() {}

    look() {}

    async stats() {
      return new Map();
    }

    close() {}
  }
  Object.assign(Subscription.prototype, subscription);
  const { Connection } = await pageModule('connection.js', {
    'janus.js': { JanusSession: only(made), UNAUTHORIZED: 403 },
    'publisher.js': { Publisher },
    'subscription.js': { Subscription },
  });
  return new Connection({ access: /** @type {any} */ ({ ...access, role }), encryption: null, isOwn: () => false });
}

test('a connection that is closed while it opens does not enter the room', async () => {
  const connected = deferred();
  const done = [];
  const session = Object.assign(new EventTarget(), {
    open: () => connected.promise, attach: () => done.push('attach'), close: () => done.push('close'),
  });
  const { Connection } = await pageModule('connection.js', { 'janus.js': { JanusSession: only(session), UNAUTHORIZED: 403 } });
  const connection = new Connection({ access, encryption: null, isOwn: () => false });
  const opened = connection.open('ws://127.0.0.1/rtc', '', {});
  connection.close();
  connected.resolve(undefined);
  await assert.rejects(opened);
  await settled();
  assert.equal(done[0], 'close');
  assert.ok(!done.includes('attach'));
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

// connection.js of a person who only watches. `lists` holds the requests for the list; say() is an event of Janus' session.
async function watching(t) {
  const lists = [];
  const subscription = {
    list() {
      const request = deferred();
      lists.push(request);
      return request.promise;
    },
  };
  const connection = await connectionWith({ subscription, role: 'subscriber' });
  const opened = connection.open('ws://127.0.0.1/rtc', '', {});
  await settled();
  lists[0].resolve([{ id: 'ann' }]);
  await opened;
  t.after(() => connection.close());
  return { connection, lists, say: (type) => connection.session?.dispatchEvent(new Event(type)) };
}

test('who only watches asks for the list when the gate says that it has changed, and at no other time', async (t) => {
  const clock = new Clock();
  try {
    const { connection, lists, say } = await watching(t);
    await clock.advance(20000);
    assert.equal(lists.length, 1);
    say('changed');
    await settled();
    say('changed');
    say('changed');
    await settled();
    assert.equal(lists.length, 2, 'one request at a time');
    lists[1].resolve([{ id: 'ann' }]);
    await settled();
    assert.equal(lists.length, 3, 'and one more, because the answer may be old');
    lists[2].resolve([{ id: 'ann' }, { id: 'bob' }]);
    await settled();
    assert.deepEqual([...connection.participants.map.keys()], ['ann', 'bob']);
    await clock.advance(20000);
    assert.equal(lists.length, 3);
    connection.close();
  } finally {
    clock.restore();
  }
});

test('a list that Janus refuses is a lost connection: the room is gone', async (t) => {
  const { connection, lists, say } = await watching(t);
  const lost = [];
  connection.addEventListener('lost', ({ detail }) => lost.push(detail.reason));
  say('changed');
  await settled();
  lists[1].reject(Object.assign(new Error('no such room'), { code: 426 }));
  await settled();
  assert.deepEqual(lost, ['no such room']);
  assert.ok(connection.isClosed);
});

test('a gate that lets us wait during the call is told as such', async (t) => {
  const { connection, say } = await watching(t);
  let told = 0;
  connection.addEventListener('waiting', () => { told += 1; });
  say('waiting');
  assert.equal(told, 1);
  connection.close();
});

// A WebSocket whose other end is the test: `sent` holds the messages, reply() sends one.
class FakeSocket {
  static last;
  static count = 0;
  sent = [];
  onmessage = /** @type {any} */ (null);
  onclose = /** @type {any} */ (null);

  constructor() {
    FakeSocket.last = this;
    FakeSocket.count += 1;
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

  // As a network that breaks, or with the number of a close frame.
  lose(code = 1006) {
    this.onclose({ code });
  }
}

// The next WebSocket of the page, with its first message sent.
async function nextSocket(clock) {
  const { count } = FakeSocket;
  for (let i = 0; i < 100 && FakeSocket.count === count; i += 1) await clock.advance(100);
  await settled();
  await settled();
  return FakeSocket.last;
}

async function openSession() {
  const { JanusSession } = await pageModule('janus.js');
  /** @type {any} */ (globalThis).WebSocket = FakeSocket;
  const session = new JanusSession('ws://127.0.0.1/rtc', 'token');
  const opening = session.open();
  await settled();
  await settled();
  await FakeSocket.last.answer({ janus: 'confab', state: 'admitted', resumed: false, claimed: false, n: 1 });
  await FakeSocket.last.answer({ janus: 'success', data: { id: 1, ticket: 'ticket' }, n: 2 });
  await opening;
  return { session, socket: FakeSocket.last };
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
  const { signallingUrl } = await pageModule('signalling.js');
  assert.equal(signallingUrl('https://other-name.example/', 'wss://meet.example/rtc'), 'wss://other-name.example/rtc');
  assert.equal(signallingUrl('http://127.0.0.1:3000/confab/', 'wss://meet.example/confab/rtc'), 'ws://127.0.0.1:3000/confab/rtc');
  assert.equal(signallingUrl('https://meet.example/', 'wss://media2.example/rtc/media2'), 'wss://media2.example/rtc/media2');
});

// A session whose clock the test moves on.
const lossTest = (name, work) => test(name, async () => {
  const clock = new Clock();
  const { session, socket } = await openSession();
  const told = [];
  for (const type of ['away', 'back', 'closed'])
    session.addEventListener(type, ({ detail }) => told.push([type, ...Object.values(detail ?? {})].join(' ')));
  try {
    await work({ session, socket, clock, told });
  } finally {
    session.close();
    clock.restore();
  }
});
const resumed = { janus: 'confab', state: 'admitted', resumed: true, session_id: 1, last: 3 };

lossTest('a session whose WebSocket is lost comes back with its ticket and what it has seen', async ({ session, socket, clock, told }) => {
  socket.reply({ janus: 'event', n: 3 });
  socket.lose();
  const next = await nextSocket(clock);
  const [{ transaction, ...hello }] = next.sent;
  assert.deepEqual(hello, { janus: 'confab', ticket: 'ticket', seen: 3, token: 'token' });
  next.reply({ ...resumed, transaction });
  session.attach('x').catch(() => {});
  assert.equal(next.sent.at(-1).janus, 'attach');
  assert.deepEqual(told, ['away', 'back true']);
});

lossTest('requests without an answer wait while the WebSocket is lost, and are sent again under the same transaction', async ({ session, socket, clock }) => {
  const before = session.attach('x');
  socket.lose();
  const meanwhile = session.attach('y');
  const next = await nextSocket(clock);
  await clock.advance(9000); // the gate does not answer yet
  const last = next.sent.length > 0 ? FakeSocket.last : next;
  last.reply({ ...resumed, transaction: last.sent[0].transaction });
  const [first, second] = last.sent.slice(1);
  assert.deepEqual([first.plugin, first.transaction], ['x', socket.sent.at(-1).transaction]);
  assert.equal(second.plugin, 'y');
  await clock.advance(3000); // the time for an answer begins anew
  last.reply({ janus: 'success', transaction: first.transaction, data: { id: 7 } });
  last.reply({ janus: 'success', transaction: second.transaction, data: { id: 8 } });
  assert.deepEqual([(await before).id, (await meanwhile).id], [7, 8]);
});

lossTest('a session that the gate has claimed says that messages may be lost', async ({ socket, clock, told }) => {
  socket.lose(1012);
  const next = await nextSocket(clock);
  next.reply({ janus: 'confab', transaction: next.sent[0].transaction, state: 'admitted', resumed: false, claimed: true, session_id: 1, n: 1 });
  assert.deepEqual(told, ['away', 'back false']);
  next.lose();
  const last = await nextSocket(clock);
  assert.equal(last.sent[0].seen, 1, 'numbers begin anew');
});

lossTest('a session that is gone, or cannot be reached for a minute, is closed', async ({ socket, clock, told }) => {
  socket.lose();
  for (let i = 0; i < 70; i += 1) {
    FakeSocket.last.onclose?.({ code: 1006 });
    await clock.advance(1000);
  }
  assert.deepEqual(told, ['away', 'closed socket']);
});

for (const [code, reason] of /** @type {const} */ ([[4401, 'refused'], [4403, 'removed'], [4409, 'replaced'], [4410, 'ended']]))
  lossTest(`a gate that closes with ${code} ends the session: ${reason}`, async ({ socket, clock, told }) => {
    const { count } = FakeSocket;
    socket.lose(code);
    await clock.advance(10000);
    assert.equal(FakeSocket.count, count, 'no other WebSocket');
    assert.deepEqual(told, ['away', `closed ${reason}`]);
  });

lossTest('a WebSocket that is silent is replaced', async ({ clock, told }) => {
  const { count } = FakeSocket;
  await clock.advance(5000);
  await clock.advance(4500);
  assert.equal(FakeSocket.count, count + 1);
  assert.deepEqual(told, ['away']);
});
