// The gate and the service: who may come in, who waits, what happens while the service is away; removals; and events both ways.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { GateStack } from './lib/gate.mjs';
import { patience, sleep, until } from './lib/stack.mjs';

const admit = (claims) => ({ state: 'admitted', role: claims.role, seq: 0 });
/** @type {GateStack} */
let stack;

before(async () => {
  stack = await GateStack.start();
});
afterEach(async () => {
  if (!stack) return;
  stack.pool.verdict = admit;
  stack.pool.failing = () => 0;
  if (stack.pool.away) await back();
});
after(() => stack?.stop());

let rooms = 0;
const room = (...senders) => stack.room(`room-${(rooms += 1)}`, ...senders);
const told = async (page, state) => until(() => page.messages.find((message) => message.janus === 'confab' && message.state === state), `${state} to be told`);

// The service answers again, and the gate knows.
async function back() {
  stack.pool.away = false;
  await until(async () => {
    const page = await stack.page({ room: 'probe', attendee: 'probe' });
    await page.confab();
    page.leave();
    return !(await stack.control('GET', '/connections')).body.poolIsAway;
  }, 'the gate to know that the service is back', 12000);
}

// The service does not answer, and the gate knows.
async function away() {
  stack.pool.away = true;
  const page = await stack.page({ room: 'probe', attendee: 'probe' });
  await page.confab();
  page.leave();
  assert.equal((await stack.control('GET', '/connections')).body.poolIsAway, true);
}

test('who waits has no session with Janus, and comes in when a moderator admits them', async () => {
  const name = await room('ann');
  let admitted = false;
  stack.pool.verdict = (claims) => (claims.sub === 'ann' && !admitted ? { state: 'waiting' } : admit(claims));
  const sessions = (await stack.admin({ janus: 'list_sessions' })).sessions.length;
  const ann = await stack.page({ room: name, attendee: 'ann', access: 'waitingRoom' });
  assert.equal((await ann.confab()).state, 'waiting');
  assert.equal((await ann.request({ janus: 'keepalive' })).janus, 'ack');
  assert.equal((await ann.request({ janus: 'attach', plugin: 'janus.plugin.videoroom' })).error.code, 403);
  assert.equal((await stack.admin({ janus: 'list_sessions' })).sessions.length, sessions);
  await stack.push(
    { sessionId: name, seq: 1, type: 'message.posted', audience: 'everybody', data: { text: 'secret' } },
    { sessionId: name, seq: 2, type: 'hint', audience: ['ann'], data: {} },
  );
  await until(() => ann.events.length > 0, 'the event that is for ann');
  assert.deepEqual(ann.events.map(({ type }) => type), ['hint']);
  admitted = true;
  await stack.push({ sessionId: name, seq: 3, type: 'attendee.admitted', audience: ['ann'], data: {} });
  await told(ann, 'admitted');
  await ann.create();
  await ann.join();
  assert.equal(ann.joined.videoroom, 'joined');
});

test('who waits and begins with create gets its answer when they are admitted', async () => {
  const name = await room('ann');
  let state = 'waiting';
  stack.pool.verdict = (claims) => (state === 'admitted' ? admit(claims) : { state });
  const ann = await stack.page({ room: name, attendee: 'ann' });
  const created = ann.request({ janus: 'create', token: ann.token });
  await told(ann, 'waiting');
  state = 'admitted';
  await stack.push({ sessionId: name, type: 'attendee.admitted', audience: ['ann'] });
  assert.equal((await created).janus, 'success');
});

test('who is refused while waiting is told, and closed', async () => {
  const name = await room();
  let state = 'waiting';
  stack.pool.verdict = () => ({ state });
  const ann = await stack.page({ room: name, attendee: 'ann' });
  await ann.confab();
  state = 'removed';
  await stack.push({ sessionId: name, type: 'attendee.refused', audience: ['ann'] });
  await told(ann, 'removed');
  assert.equal(await ann.closed(), 4403);
});

test('a banned person and an ended meeting are told apart', async () => {
  for (const [state, code] of [['removed', 4403], ['ended', 4410]]) {
    stack.pool.verdict = () => ({ state });
    const page = await stack.page({ room: 'r', attendee: 'ann' });
    assert.equal((await page.confab()).state, state);
    assert.equal(await page.closed(), code);
    const other = await stack.page({ room: 'r', attendee: 'ann' });
    assert.equal((await other.request({ janus: 'create', token: other.token })).error.code, 403);
    assert.equal(await other.closed(), code);
  }
});

test('fifty who come at once are asked for in few requests', async () => {
  const name = await room();
  const asked = stack.pool.asked.length;
  const pages = await Promise.all(Array.from({ length: 50 }, (_, i) => stack.page({ room: name, attendee: `p${i}` })));
  const answers = await Promise.all(pages.map((page) => page.confab()));
  assert.ok(answers.every(({ state }) => state === 'admitted'));
  assert.ok(stack.pool.asked.length - asked < 30, `${stack.pool.asked.length - asked} requests`);
  pages.forEach((page) => page.leave());
});

test('three hundred with the longest tokens are asked for in requests that the service takes', async () => {
  const name = await room();
  const long = 'x'.repeat(2650);
  await away();
  const pages = await Promise.all(Array.from({ length: 300 }, (_, i) => stack.page({ room: name, attendee: `p${i}`, access: 'waitingRoom', name: long })));
  assert.ok(pages.every(({ token }) => token.length > 3700 && token.length <= 4000), `${pages[0].token.length} bytes`);
  try {
    await Promise.all(pages.map((page) => page.confab()));
    await back();
    await Promise.all(pages.map((page) => told(page, 'admitted')));
  } finally {
    pages.forEach((page) => page.leave());
  }
});

test('removing ends all connections of the person at once, those who only listen too', async () => {
  const name = await room('ann', 'bob');
  const sender = await stack.member({ room: name, attendee: 'ann' });
  await sender.join();
  const listener = await stack.member({ room: name, attendee: 'ann', participant: 'ann-2', role: 'subscriber' });
  const bob = await stack.member({ room: name, attendee: 'bob' });
  const lost = await stack.member({ room: name, attendee: 'ann', participant: 'ann-3' });
  lost.kill();
  await until(async () => (await stack.connections(name)).some(({ state }) => state === 'lost'), 'the loss');
  const sessions = (await stack.connections(name)).filter(({ attendee }) => attendee === 'ann').map(({ janusSession }) => Number(janusSession));
  assert.equal((await stack.control('POST', '/remove', { sessionId: name, attendee: 'ann' })).body.connections, 3);
  assert.equal(await sender.closed(), 4403);
  assert.equal(await listener.closed(), 4403);
  await until(async () => {
    const alive = (await stack.admin({ janus: 'list_sessions' })).sessions;
    return sessions.every((id) => !alive.includes(id));
  }, 'their sessions to be gone');
  assert.equal((await bob.request({ janus: 'keepalive' })).janus, 'ack');
});

test('a removal wins over an admission that is still open', async () => {
  const name = await room('ann');
  /** @type {(value?: any) => void} */
  let release = () => {};
  const held = new Promise((resolve) => { release = resolve; });
  stack.pool.verdict = async (claims) => {
    await held;
    return admit(claims);
  };
  const ann = await stack.page({ room: name, attendee: 'ann' });
  const answer = ann.confab();
  await until(async () => (await stack.connections(name)).length === 1, 'ann to be asked for');
  await stack.control('POST', '/remove', { sessionId: name, attendee: 'ann' });
  release();
  assert.equal((await answer).state, 'removed');
  assert.equal(await ann.closed(), 4403);
  assert.equal((await stack.connections(name)).length, 0);
});

test('the end of a meeting ends all its connections', async () => {
  const name = await room('ann', 'bob');
  const pages = [await stack.member({ room: name, attendee: 'ann' }), await stack.member({ room: name, attendee: 'bob' })];
  await stack.control('POST', '/end', { sessionId: name });
  for (const page of pages) assert.equal(await page.closed(), 4410);
});

test('while the service is away those come in whom it has admitted before, and strangers where anybody may', async () => {
  const name = await room('ann', 'eve');
  const closed = { room: name, access: 'waitingRoom' };
  (await stack.member({ ...closed, attendee: 'ann' })).leave();
  (await stack.member({ ...closed, attendee: 'eve' })).leave();
  await stack.control('POST', '/remove', { sessionId: name, attendee: 'eve' });
  const stays = await stack.member({ ...closed, attendee: 'bob' });
  await away();
  const state = async (person) => (await (await stack.page(person)).confab()).state;
  assert.equal(await state({ ...closed, attendee: 'ann' }), 'admitted');
  assert.equal(await state({ ...closed, attendee: 'eve' }), 'removed');
  assert.equal(await state({ ...closed, attendee: 'new' }), 'waiting');
  assert.equal(await state({ room: name, attendee: 'guest', access: 'open' }), 'admitted');
  assert.equal((await stays.request({ janus: 'keepalive' })).janus, 'ack');
  // The same is known after a restart.
  await stack.endGate('SIGKILL');
  await stack.startGate();
  await away();
  assert.equal(await state({ ...closed, attendee: 'ann' }), 'admitted');
  assert.equal(await state({ ...closed, attendee: 'eve' }), 'removed');
  assert.equal(await state({ ...closed, attendee: 'new' }), 'waiting');
});

test('who waits and was removed is told while the service is away', async () => {
  const name = await room();
  stack.pool.verdict = () => ({ state: 'waiting' });
  const ann = await stack.page({ room: name, attendee: 'ann' });
  await ann.confab();
  const bob = await stack.page({ room: name, attendee: 'bob' });
  await bob.confab();
  await away();
  // The gate knows of the end of the meeting only from its own notes, and asks itself because of the event.
  await stack.control('POST', '/end', { sessionId: name });
  const late = await stack.page({ room: name, attendee: 'late' });
  assert.equal((await late.confab()).state, 'ended');
  assert.equal(await ann.closed(), 4410);
  assert.equal(await bob.closed(), 4410);
});

test('when the service is back it decides about those who came meanwhile, in one request', async () => {
  const name = await room('guest');
  await away();
  const guest = await stack.page({ room: name, attendee: 'guest' });
  await guest.confab();
  const bad = await stack.page({ room: name, attendee: 'bad' });
  assert.equal((await bad.confab()).state, 'admitted');
  const late = await stack.page({ room: name, attendee: 'late', access: 'waitingRoom' });
  assert.equal((await late.confab()).state, 'waiting');
  const asked = stack.pool.asked.length;
  stack.pool.verdict = (claims) => (claims.sub === 'bad' ? { state: 'removed' } : admit(claims));
  stack.pool.away = false;
  assert.equal(await bad.closed(), 4403);
  await told(late, 'admitted');
  const request = stack.pool.asked.slice(asked).find((claims) => claims.some(({ sub }) => sub === 'bad'));
  assert.deepEqual(request.filter(({ meeting }) => meeting === name).map(({ sub }) => sub).sort(), ['bad', 'guest', 'late']);
  assert.equal((await guest.create()).janus, 'success');
});

test('events of a meeting come to its pages in order, and what is not for somebody is no gap', async () => {
  const name = await room();
  const ann = await stack.member({ room: name, attendee: 'ann' });
  const mod = await stack.member({ room: name, attendee: 'mod', role: 'moderator' });
  const event = (seq, audience) => ({ sessionId: name, seq, type: 'test', audience, at: '2026-11-22T12:00:00.000Z', data: { seq } });
  await stack.push(event(1, 'everybody'), event(3, 'moderators'));
  await stack.push(event(2, 'moderators'));
  await stack.push(event(4, ['ann']), event(5, 'everybody'), event(5, 'everybody'));
  await until(() => ann.events.length === 3 && mod.events.length === 4, 'the events');
  assert.deepEqual(ann.events.map(({ after, seq }) => [after, seq]), [[0, 1], [1, 4], [4, 5]]);
  assert.deepEqual(mod.events.map(({ after, seq }) => [after, seq]), [[0, 1], [1, 2], [2, 3], [3, 5]]);
  assert.deepEqual(ann.events[0], { after: 0, seq: 1, type: 'test', at: '2026-11-22T12:00:00.000Z', data: { seq: 1 } });
  assert.deepEqual(stack.pool.gaps.filter(({ sessionId }) => sessionId === name), []);
});

test('what is missing the gate asks for once, and what stays missing the page can see', async () => {
  const name = await room();
  const ann = await stack.member({ room: name, attendee: 'ann' });
  const event = (seq) => ({ sessionId: name, seq, type: 'test', audience: 'everybody' });
  stack.pool.rooms.set(name, [event(1), event(2)]);
  await stack.push(event(3));
  await until(() => ann.events.length === 3, 'the three events');
  assert.deepEqual(ann.events.map(({ after, seq }) => [after, seq]), [[0, 1], [1, 2], [2, 3]]);
  assert.deepEqual(stack.pool.gaps.filter(({ sessionId }) => sessionId === name), [{ sessionId: name, after: 0 }]);
  await stack.push(event(6));
  await until(() => ann.events.length === 4, 'the event behind the gap');
  assert.deepEqual([ann.events[3].after, ann.events[3].seq], [5, 6]); // the page has 3
});

test('what is not stored comes without a number', async () => {
  const name = await room();
  const ann = await stack.member({ room: name, attendee: 'ann' });
  await stack.push({ sessionId: name, type: 'reaction', audience: 'everybody', data: { emoji: '👏' } });
  await until(() => ann.events.length === 1, 'the reaction');
  assert.deepEqual(ann.events, [{ type: 'reaction', data: { emoji: '👏' } }]);
});

test('Janus\' events are handed on in order, whatever happens to the service and the gate meanwhile', async () => {
  const name = await room('ann');
  stack.pool.away = true;
  const ann = await stack.member({ room: name, attendee: 'ann' });
  await ann.join();
  ann.leave();
  await until(async () => (await stack.participants(name)).length === 0, 'ann to be gone');
  await until(async () => (await stack.control('GET', '/connections')).body.eventsWaiting > 2, 'events to wait');
  await stack.endGate('SIGKILL');
  await stack.startGate();
  assert.ok((await stack.control('GET', '/connections')).body.eventsWaiting > 2);
  stack.pool.away = false;
  await until(async () => (await stack.control('GET', '/connections')).body.eventsWaiting === 0, 'the events to be handed on');
  const seen = stack.pool.events.filter(({ event }) => event.data?.room === name).map(({ event }) => event.data.event);
  assert.deepEqual(seen.filter((event) => ['created', 'joined', 'leaving'].includes(event)), ['created', 'joined', 'leaving']);
});

test('an event that the service cannot take is passed over and counted, and those that came with it are not', async () => {
  const counted = async () => (await stack.control('GET', '/connections')).body.eventsSkipped;
  const skipped = await counted();
  const authorization = `Basic ${Buffer.from(`janus:${stack.eventPassword}`).toString('base64')}`;
  const event = (name) => ({ emitter: 'x', type: 64, timestamp: 1, event: { data: { event: name } } });
  stack.pool.failing = (events) => (events.some(({ event: { data } }) => data?.event === 'bad') ? 500 : 0);
  await stack.control('POST', '/events', [event('first'), event('bad'), event('third')], authorization);
  await stack.control('POST', '/events', [event('bad')], authorization);
  await stack.control('POST', '/events', [event('last')], authorization);
  await until(() => stack.pool.events.some(({ event: { data } }) => data?.event === 'last'), 'the event after them');
  const seen = stack.pool.events.map(({ event: { data } }) => data?.event).filter((name) => ['first', 'bad', 'third', 'last'].includes(name));
  assert.deepEqual(seen, ['first', 'third', 'last']);
  assert.equal(await counted(), skipped + 2);
});

test('a status that passes has the events sent again, a second later, and in order', async () => {
  const authorization = `Basic ${Buffer.from(`janus:${stack.eventPassword}`).toString('base64')}`;
  const event = (name) => [{ emitter: 'x', type: 64, timestamp: 1, event: { data: { event: name } } }];
  const names = () => stack.pool.events.map(({ event: { data } }) => data?.event).filter((name) => /-\d/.test(name));
  const skipped = (await stack.control('GET', '/connections')).body.eventsSkipped;
  for (const status of [429, 502, 503, 504]) {
    const tries = [];
    stack.pool.failing = ([{ event: { data } }]) => {
      if (data?.event !== `first-${status}`) return 0;
      tries.push(Date.now());
      return tries.length < 3 ? status : 0;
    };
    await stack.control('POST', '/events', event(`first-${status}`), authorization);
    await stack.control('POST', '/events', event(`second-${status}`), authorization);
    await until(() => names().includes(`second-${status}`), `the events after ${status}`);
    assert.deepEqual(names().slice(-2), [`first-${status}`, `second-${status}`]);
    assert.equal(tries.length, 3);
    for (const gap of [tries[1] - tries[0], tries[2] - tries[1]]) assert.ok(gap >= 900 && gap < patience(2000), `${gap} ms`);
    assert.match(stack.log, new RegExp(`the service takes no events now \\(status ${status}\\)`));
  }
  assert.equal((await stack.control('GET', '/connections')).body.eventsSkipped, skipped);
});

test('an event of a session that no page has is counted', async () => {
  const counted = (await stack.control('GET', '/connections')).body.eventsUnknown;
  const authorization = `Basic ${Buffer.from(`janus:${stack.eventPassword}`).toString('base64')}`;
  const attached = { emitter: 'x', type: 2, timestamp: Date.now() * 1000, session_id: 4711, handle_id: 1, event: { name: 'attached' } };
  assert.equal((await stack.control('POST', '/events', [attached], authorization)).status, 200);
  assert.equal((await stack.control('GET', '/connections')).body.eventsUnknown, counted + 1);
});

test('a body of events may be large', async () => {
  const authorization = `Basic ${Buffer.from(`janus:${stack.eventPassword}`).toString('base64')}`;
  const large = [{ emitter: 'x', type: 64, timestamp: 1, event: { data: { event: 'large', text: 'x'.repeat(9e6) } } }];
  assert.equal((await stack.control('POST', '/events', large, authorization)).status, 200);
  await until(() => stack.pool.events.some(({ event }) => event.data?.event === 'large'), 'it to be handed on');
});

test('an expired join token ends the connection a minute later, unless the service cannot be asked', async () => {
  const expired = await GateStack.start();
  try {
    const exp = Math.floor(Date.now() / 1000) + 3;
    const person = { room: 'r', attendee: 'ann', exp };
    const ann = await expired.member(person);
    const bob = await expired.member({ ...person, attendee: 'bob' });
    assert.equal((await bob.request({ janus: 'keepalive', token: expired.token({ ...person, attendee: 'bob', exp: exp + 1000 }) })).janus, 'ack');
    expired.pool.away = true;
    while (Date.now() / 1000 < exp + 62) {
      for (const page of [ann, bob]) assert.equal((await page.request({ janus: 'keepalive' })).janus, 'ack');
      await sleep(2000);
    }
    expired.pool.away = false;
    await until(() => ann.code !== undefined, 'the connection to end', 10000);
    assert.equal(ann.code, 4401);
    assert.equal((await bob.request({ janus: 'keepalive' })).janus, 'ack');
  } finally {
    await expired.stop();
  }
});

test('the gate is ready at once', async () => {
  await stack.endGate();
  const started = Date.now();
  await stack.startGate();
  assert.ok(Date.now() - started < patience(200), `${Date.now() - started} ms, a look every 25 ms`);
});
