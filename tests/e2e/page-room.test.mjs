// Staying in a call, without a browser: the page's room.js with a fake service, Janus and devices, which the tests control.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Clock } from './lib/clock.mjs';
import { FakeStream, FakeTrack, deferred, fakeDevices, pageModule, settled } from './lib/modules.mjs';

const TOKEN_LIFE = 7200_000; // ms

let clock;
let room;
let connections; // all of them, the oldest first
let asked; // times of requests for a token
let answer; // () => the service's answer
let opening; // a promise that the next connections wait for while they open
let ending; // a promise that the end of a lost session waits for
let sharing; // (connection) => runs when a screen is shared; throws when that fails
let devices;
let states;
let inviteEnd; // epoch ms
let windowEvents; // the window, as far as its events go
let heard; // ids of the people whose sound is played

// As in connection.js.
class FakeConnection extends EventTarget {
  isClosed = false;
  published = true;
  full = false;
  quality = 'good';
  participants = { map: new Map() };
  received = new Map();
  screens = [];
  session = Object.assign(new EventTarget(), { remains: { url: 'ws://127.0.0.1/rtc', token: 'token', ticket: 'ticket' }, token: undefined, probe() {} });

  constructor({ access }) {
    super();
    this.session.token = access.token;
    connections.push(this);
  }

  async open() {
    await opening;
    if (this.isClosed) throw new Error('the connection is closed');
    this.opened = true;
  }

  close() {
    this.isClosed = true;
  }

  async setTrack() {}

  setDisplay(display) {
    this.display = JSON.parse(display);
  }

  useToken(renewed) {
    this.session.token = renewed;
    this.session.probe();
  }

  async shareScreen(stream) {
    await sharing(this);
    this.screens.push(stream);
  }

  async stopScreen() {
    this.screens = [];
  }

  lose() {
    this.close();
    this.emit('lost', { reason: 'socket' });
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

const token = () => ({
  url: 'ws://127.0.0.1/rtc', token: `token ${asked.length}`, participantId: `participant-${asked.length}-of-somebody`, role: 'publisher',
  expiresAt: new Date(Date.now() + TOKEN_LIFE).toISOString(), endToEndEncryption: false,
});
const refused = (status) => () => {
  throw Object.assign(new Error(`status ${status}`), { status });
};
const screenOf = () => new FakeStream([new FakeTrack('video')]);
const isStopped = (stream) => stream.getTracks().every(({ readyState }) => readyState === 'ended');

beforeEach(async () => {
  clock = new Clock();
  connections = [];
  asked = [];
  states = [];
  answer = token;
  inviteEnd = null;
  heard = new Set();
  opening = null;
  ending = null;
  sharing = () => {};
  devices = fakeDevices();
  windowEvents = new EventTarget();
  for (const name of ['addEventListener', 'removeEventListener']) globalThis[name] = windowEvents[name].bind(windowEvents);
  const { Room } = await pageModule('room.js', {
    'api.js': { REMOVED: 'PUT_OUT', WAITING: 'WAITING' },
    'connection.js': { Connection: FakeConnection },
    'devices.js': devices.module,
    'janus.js': { JanusSession: { end: async () => ending } },
    'encryption.js': { Encryption: class {} },
    'meeting-key.js': { encryptionSupported: () => true, keyBytes: () => {} },
  });
  room = new Room({
    base: 'http://127.0.0.1/', displayName: 'Ann', inviteEnd: () => inviteEnd, isHeard: (id) => heard.has(id),
    requestToken: async () => {
      asked.push(Date.now());
      return answer();
    },
  });
  room.addEventListener('state', ({ detail }) => states.push(detail.state));
});
afterEach(async () => {
  await room.leave();
  clock.restore();
});

const join = () => room.join(new FakeStream([new FakeTrack('audio'), new FakeTrack('video')]));
const sound = () => room.local.stream.getAudioTracks()[0];

test('a mute by a moderator switches the microphone off, and its end does not switch it on', async () => {
  await join();
  connections[0].emit('moderated', { muted: true });
  assert.deepEqual([room.local.microphone, room.local.forcedMute, sound().enabled], [false, true, false]);
  connections[0].emit('moderated', { muted: false });
  assert.deepEqual([room.local.microphone, room.local.forcedMute, sound().enabled], [false, false, false]);
  await room.setMicrophone(true);
  assert.deepEqual([room.local.microphone, sound().enabled, connections[0].display.audio], [true, true, true]);
});

test('while another camera is being opened the others know that no picture comes', async () => {
  await join();
  const changing = room.replaceDevices({ video: 'another' });
  await settled();
  assert.deepEqual([connections[0].display.video, room.local.camera, room.wants('video')], [false, false, true]);
  devices.asked[0].resolve();
  await changing;
  assert.deepEqual([connections[0].display.video, room.local.camera], [true, true]);
});

test('a muted person is still silent after a reconnection, also while the browser asks about a camera', async () => {
  await join();
  await room.setCamera(false);
  room.setCamera(true).catch(() => {});
  connections[0].emit('moderated', { muted: true });
  await clock.advance(20000);
  connections[0].lose();
  await settled();
  assert.equal(connections.length, 2, 'the page waits for the browser');
  assert.deepEqual([room.state, room.local.microphone, sound().enabled], ['joined', false, false]);
});

test('a person who leaves while the lost session is being ended does not come back', async () => {
  await join();
  const ended = deferred();
  ending = ended.promise;
  await clock.advance(20000);
  connections[0].lose();
  await settled();
  await room.leave();
  ended.resolve();
  await clock.advance(20000);
  assert.equal(connections.filter(({ isClosed }) => !isClosed).length, 0);
  assert.equal(connections.length, 1, 'another connection was opened');
  assert.equal(room.state, 'idle');
});

test('a person who leaves while the connection opens is not in the room', async () => {
  const opened = deferred();
  opening = opened.promise;
  join();
  await settled();
  connections[0].close = function close() {}; // it opens in the same moment
  await room.leave();
  delete connections[0].close;
  opened.resolve();
  await settled();
  assert.ok(connections[0].opened && connections[0].isClosed);
});

test('a page that goes away leaves at once, also while its connection opens, and comes back from the cache of pages', async () => {
  const opened = deferred();
  opening = opened.promise;
  join();
  await settled();
  windowEvents.dispatchEvent(new Event('pagehide'));
  assert.ok(connections[0].isClosed);
  opened.resolve();
  opening = null;
  await clock.advance(1000); // as if the page was shown again
  assert.deepEqual([room.state, connections.length], ['joined', 2]);
  windowEvents.dispatchEvent(new Event('pagehide'));
  assert.ok(connections[1].isClosed);
  windowEvents.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  await clock.advance(1000);
  assert.deepEqual([room.state, connections.length], ['joined', 3]);
  await room.leave();
  windowEvents.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  await clock.advance(10000);
  assert.equal(connections.length, 3, 'the page comes back after the person has left');
});

test('a person who leaves while the service is asked for a token does not come in', async () => {
  const { promise, resolve } = deferred();
  answer = () => promise;
  join();
  await settled();
  await room.leave();
  resolve(token());
  await settled();
  assert.equal(connections.length, 0);
});

test('a screen that cannot be shared is no longer captured, and is not shared later', async () => {
  await join();
  sharing = () => Promise.reject(Object.assign(new Error('full'), { code: 432 }));
  const screen = screenOf();
  await assert.rejects(room.shareScreen(screen));
  assert.ok(isStopped(screen));
  assert.equal(room.local.screen, null);
  sharing = () => {};
  await clock.advance(20000);
  connections[0].lose();
  await settled();
  assert.deepEqual(connections[1].screens, []);
});

test('a screen whose connection is lost is shared on the next one', async () => {
  await join();
  sharing = (connection) => {
    if (connection !== connections[0]) return;
    connection.lose();
    throw new Error('the connection is closed');
  };
  const screen = screenOf();
  await clock.advance(20000);
  await room.shareScreen(screen);
  await settled();
  assert.deepEqual(connections[1].screens, [screen]);
  assert.ok(!isStopped(screen));
});

test('a screen that is chosen at or after the end of the call is not captured', async () => {
  await join();
  const [during, late] = [screenOf(), screenOf()];
  const shared = deferred();
  sharing = () => shared.promise;
  const first = room.shareScreen(during);
  const second = room.shareScreen(late);
  await settled();
  await room.leave();
  shared.reject(new Error('the connection is closed'));
  await Promise.allSettled([first, second]);
  const last = screenOf();
  await room.shareScreen(last);
  for (const screen of [during, late, last]) assert.ok(isStopped(screen));
  assert.equal(room.local.screen, null);
});

test('a token is renewed when it has lived two thirds of its life', async () => {
  await join();
  await clock.advance(TOKEN_LIFE * 0.66);
  assert.equal(asked.length, 1);
  await clock.advance(TOKEN_LIFE * 0.01);
  assert.equal(connections[0].session.token, 'token 2');
});

test('just before the invite ends the token is renewed once more, and lives a whole life from then on', async () => {
  inviteEnd = Date.now() + TOKEN_LIFE / 2;
  await join();
  await clock.advance(TOKEN_LIFE / 2);
  assert.equal(asked.length, 2);
  assert.ok(asked[1] < inviteEnd && inviteEnd - asked[1] <= 120_000, `${inviteEnd - asked[1]} ms before`);
});

test('an expired invite ends no call while Janus accepts the token', async () => {
  await join();
  answer = refused(401);
  const end = Date.now() + TOKEN_LIFE;
  await clock.advance(TOKEN_LIFE * 0.9);
  assert.equal(room.state, 'joined');
  assert.equal(room.lastsUntil, end);
  assert.equal(asked.length, 2, 'the page asks again');
  await clock.advance(TOKEN_LIFE * 0.1);
  assert.equal(room.state, 'joined');
  connections[0].emit('unauthorized');
  await clock.advance(10000);
  assert.equal(room.state, 'failed');
});

test('with another invite the call goes on', async () => {
  await join();
  answer = refused(401);
  await clock.advance(TOKEN_LIFE * 0.9);
  answer = token;
  await room.renew();
  assert.equal(room.lastsUntil, null);
  assert.deepEqual([room.state, connections.length, connections[0].session.token], ['joined', 1, 'token 3']);
});

test('when the meeting has ended, the renewal of the token ends the call', async () => {
  await join();
  answer = () => {
    throw Object.assign(new Error('ended'), { status: 400, code: 'MEETING_ENDED' });
  };
  await clock.advance(TOKEN_LIFE);
  assert.equal(room.state, 'ended');
});

test('a moderator must admit us anew: the call is over, nothing is tried again, and the page is told that one waits', async () => {
  await join();
  connections[0].emit('waiting');
  assert.deepEqual([room.state, connections[0].isClosed], ['waiting', true]);
  await clock.advance(20000);
  assert.equal(connections.length, 1);
});

test('a token with which one waits opens no connection', async () => {
  answer = () => ({ ...token(), waiting: true });
  await join();
  assert.deepEqual(states, ['connecting', 'waiting']);
  assert.equal(connections.length, 0);
});

test('a Janus that refuses every token does not make the page ask the service all the time', async () => {
  await join();
  connections[0].session.probe = () => connections[0].emit('unauthorized');
  connections[0].emit('unauthorized');
  connections[0].emit('unauthorized');
  await clock.advance(60_000);
  assert.ok(asked.length >= 10 && asked.length <= 13, `${asked.length} times in a minute`);
});

// A participant whose packets say that they speak.
function speaker(id, about = {}) {
  const participant = { id, audioMuted: false, undecryptable: false, speaking: false, ...about };
  connections[0].participants.map.set(id, participant);
  connections[0].received.set(id, { audio: { getSynchronizationSources: () => [{ audioLevel: 0.9, timestamp: Date.now() }] } });
  return participant;
}

test('only people who are heard are shown as speaking', async () => {
  await join();
  const [silent, locked] = [speaker('silent'), speaker('locked', { undecryptable: true })];
  heard = new Set(['locked']);
  await clock.advance(1000);
  assert.deepEqual([silent.speaking, locked.speaking, room.activeSpeaker], [false, false, null]);
  heard.add('silent');
  await clock.advance(1000);
  assert.deepEqual([silent.speaking, locked.speaking, room.activeSpeaker], [true, false, 'silent']);
});
