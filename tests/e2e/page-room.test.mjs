// Staying in a call, without a browser: the page's room.js with a service, a Janus and devices that do as the test says.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Clock } from './lib/clock.mjs';
import { FakeStream, FakeTrack, deferred, fakeDevices, pageModule, settled } from './lib/modules.mjs';

const TOKEN_LIFE = 7200_000; // ms

let clock;
let room;
let calls; // those that were made, oldest first
let asked; // times at which the service was asked for a token
let answer; // () => what it answers
let opening; // what the next calls wait for while they open
let burying;
let sharing; // (call) => what becomes of a screen that is shared
let devices;
let states;
let inviteEnd; // epoch ms
let heard; // ids of those whose sound is played

// A call as call.js makes it.
class FakeCall extends EventTarget {
  isOver = false;
  published = true;
  full = false;
  quality = 'good';
  participants = { map: new Map() };
  received = new Map();
  screens = [];
  session = Object.assign(new EventTarget(), { id: 1, token: undefined, probe() {} });

  constructor({ access }) {
    super();
    this.session.token = access.token;
    calls.push(this);
  }

  async open() {
    await opening;
    if (this.isOver) throw new Error('the call is over');
    this.opened = true;
  }

  close() {
    this.isOver = true;
  }

  async setTrack() {}

  declare(display) {
    this.display = JSON.parse(display);
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
    this.tell('lost', { reason: 'socket' });
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

const token = () => ({
  token: `token ${asked.length}`, participantId: `participant-${asked.length}-of-somebody`, role: 'publisher',
  expiresAt: new Date(Date.now() + TOKEN_LIFE).toISOString(), endToEndEncryption: false,
});
const refused = (status) => () => {
  throw Object.assign(new Error(`status ${status}`), { status });
};
const screenOf = () => new FakeStream([new FakeTrack('video')]);
const isStopped = (stream) => stream.getTracks().every(({ readyState }) => readyState === 'ended');

beforeEach(async () => {
  clock = new Clock();
  calls = [];
  asked = [];
  states = [];
  answer = token;
  inviteEnd = null;
  heard = new Set();
  opening = null;
  burying = null;
  sharing = () => {};
  devices = fakeDevices();
  Object.assign(globalThis, { addEventListener() {}, removeEventListener() {} });
  const { Room } = await pageModule('room.js', {
    'call.js': { Call: FakeCall },
    'devices.js': devices.module,
    'janus.js': { JanusSession: { bury: async () => burying } },
    'encryption.js': { Encryption: class {}, encryptionSupported: () => true },
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
  calls[0].tell('moderated', { muted: true });
  assert.deepEqual([room.local.microphone, room.local.forcedMute, sound().enabled], [false, true, false]);
  calls[0].tell('moderated', { muted: false });
  assert.deepEqual([room.local.microphone, room.local.forcedMute, sound().enabled], [false, false, false]);
  await room.setMicrophone(true);
  assert.deepEqual([room.local.microphone, sound().enabled, calls[0].display.audio], [true, true, true]);
});

test('who was muted does not begin to speak by reconnecting, also while the browser asks about a camera', async () => {
  await join();
  await room.setCamera(false);
  room.setCamera(true).catch(() => {});
  calls[0].tell('moderated', { muted: true });
  await clock.advance(20000);
  calls[0].lose();
  await settled();
  assert.equal(calls.length, 2, 'the browser is waited for');
  assert.deepEqual([room.state, room.local.microphone, sound().enabled], ['joined', false, false]);
});

test('who leaves while the lost session is being ended does not come back', async () => {
  await join();
  const buried = deferred();
  burying = buried.promise;
  await clock.advance(20000);
  calls[0].lose();
  await settled();
  await room.leave();
  buried.resolve();
  await clock.advance(20000);
  assert.equal(calls.filter(({ isOver }) => !isOver).length, 0);
  assert.equal(calls.length, 1, 'another call was made');
  assert.equal(room.state, 'idle');
});

test('who leaves while the call opens is not left in it', async () => {
  const opened = deferred();
  opening = opened.promise;
  join();
  await settled();
  calls[0].close = function close() {}; // one that is just through
  await room.leave();
  delete calls[0].close;
  opened.resolve();
  await settled();
  assert.ok(calls[0].opened && calls[0].isOver);
});

test('a call that is closed while it connects takes no part in the room', async () => {
  const connected = deferred();
  const { Call } = await pageModule('call.js', { 'janus.js': { JanusSession: { open: () => connected.promise }, UNAUTHORIZED: 403 } });
  const done = [];
  const session = Object.assign(new EventTarget(), { attach: () => done.push('attach'), close: () => done.push('close') });
  const call = new Call({ access: token(), encryption: null, isOwn: () => false });
  const opened = call.open('ws://127.0.0.1/rtc', '', {});
  call.close();
  connected.resolve(session);
  await assert.rejects(opened);
  assert.deepEqual(done, ['close']);
});

test('who leaves while the service is asked does not come in', async () => {
  const { promise, resolve } = deferred();
  answer = () => promise;
  join();
  await settled();
  await room.leave();
  resolve(token());
  await settled();
  assert.equal(calls.length, 0);
});

test('a screen that cannot be shared is captured no longer, and is not shared later', async () => {
  await join();
  sharing = () => Promise.reject(Object.assign(new Error('full'), { code: 432 }));
  const screen = screenOf();
  await assert.rejects(room.shareScreen(screen));
  assert.ok(isStopped(screen));
  assert.equal(room.local.screen, null);
  sharing = () => {};
  await clock.advance(20000);
  calls[0].lose();
  await settled();
  assert.deepEqual(calls[1].screens, []);
});

test('a screen whose connection is lost meanwhile is shared on the next one', async () => {
  await join();
  sharing = (call) => {
    if (call !== calls[0]) return;
    call.lose();
    throw new Error('the call is over');
  };
  const screen = screenOf();
  await clock.advance(20000);
  await room.shareScreen(screen);
  await settled();
  assert.deepEqual(calls[1].screens, [screen]);
  assert.ok(!isStopped(screen));
});

test('a screen that was chosen after the end, or while it came, is let go of', async () => {
  await join();
  const [during, late] = [screenOf(), screenOf()];
  const shared = deferred();
  sharing = () => shared.promise;
  const first = room.shareScreen(during);
  const second = room.shareScreen(late);
  await settled();
  await room.leave();
  shared.reject(new Error('the call is over'));
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
  assert.equal(calls[0].session.token, 'token 2');
});

test('just before the invite ends the token is renewed once more, and lives a whole life from then on', async () => {
  inviteEnd = Date.now() + TOKEN_LIFE / 2;
  await join();
  await clock.advance(TOKEN_LIFE / 2);
  assert.equal(asked.length, 2);
  assert.ok(asked[1] < inviteEnd && inviteEnd - asked[1] <= 120_000, `${inviteEnd - asked[1]} ms before`);
});

test('an invite that is no longer taken throws nobody out while Janus takes the token', async () => {
  await join();
  answer = refused(401);
  const end = Date.now() + TOKEN_LIFE;
  await clock.advance(TOKEN_LIFE * 0.9);
  assert.equal(room.state, 'joined');
  assert.equal(room.lastsUntil, end);
  assert.equal(asked.length, 2, 'it goes on asking');
  await clock.advance(TOKEN_LIFE * 0.1);
  assert.equal(room.state, 'joined');
  calls[0].tell('unauthorized');
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
  assert.deepEqual([room.state, calls.length, calls[0].session.token], ['joined', 1, 'token 3']);
});

test('a meeting that was ended meanwhile is over at the renewal', async () => {
  await join();
  answer = () => {
    throw Object.assign(new Error('ended'), { status: 400, code: 'MEETING_ENDED' });
  };
  await clock.advance(TOKEN_LIFE);
  assert.equal(room.state, 'ended');
});

test('a Janus that refuses every token does not make the page ask the service all the time', async () => {
  await join();
  calls[0].session.probe = () => calls[0].tell('unauthorized');
  calls[0].tell('unauthorized');
  calls[0].tell('unauthorized');
  await clock.advance(60_000);
  assert.ok(asked.length >= 10 && asked.length <= 13, `${asked.length} times in a minute`);
});

// Somebody whose packets say that they speak.
function speaker(id, about = {}) {
  const participant = { id, audioMuted: false, undecryptable: false, speaking: false, ...about };
  calls[0].participants.map.set(id, participant);
  calls[0].received.set(id, { audio: { getSynchronizationSources: () => [{ audioLevel: 0.9, timestamp: Date.now() }] } });
  return participant;
}

test('only people who are heard are said to speak', async () => {
  await join();
  const [silent, locked] = [speaker('silent'), speaker('locked', { undecryptable: true })];
  heard = new Set(['locked']);
  await clock.advance(1000);
  assert.deepEqual([silent.speaking, locked.speaking, room.activeSpeaker], [false, false, null]);
  heard.add('silent');
  await clock.advance(1000);
  assert.deepEqual([silent.speaking, locked.speaking, room.activeSpeaker], [true, false, 'silent']);
});
