// A lost connection is not a lost call: what the gate keeps, what it sends again, and what ends.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GateStack } from './lib/gate.mjs';
import { patience, sleep, until } from './lib/stack.mjs';

const KEEP = 4; // s, in place of the usual 60
/** @type {GateStack} */
let stack;

before(async () => {
  stack = await GateStack.start({ GATE_KEEP_SECONDS: KEEP });
});
after(() => stack?.stop());

let rooms = 0;
const room = (...senders) => stack.room(`room-${(rooms += 1)}`, ...senders);

async function joined(person) {
  const page = await stack.member(person);
  page.handle = await page.join();
  assert.equal(page.joined.videoroom, 'joined', JSON.stringify(page.joined));
  return page;
}

const stateOf = async (name, attendee) => (await stack.connections(name)).find((one) => one.attendee === attendee)?.state;
const lost = (name, attendee) => until(async () => (await stateOf(name, attendee)) === 'lost', `${attendee} to be lost`);
const numbers = (page) => page.messages.map(({ n }) => n).filter((n) => n !== undefined);

test('a page that comes back in time goes on where it was, and gets what it has missed', async () => {
  const name = await room('ann', 'bob');
  const ann = await joined({ room: name, attendee: 'ann' });
  ann.kill();
  await lost(name, 'ann');
  const bob = await joined({ room: name, attendee: 'bob' });
  assert.deepEqual((await stack.participants(name)).map(({ id }) => id).sort(), ['ann-1', 'bob-1']);
  const answer = await ann.back();
  assert.equal(answer.resumed, true, JSON.stringify(answer));
  await until(() => ann.messages.some(({ plugindata }) => plugindata?.data?.joining?.id === 'bob-1'), 'bob\'s joining to be told');
  const told = numbers(ann);
  assert.deepEqual(told, told.map((_, i) => i + 1), 'each number once, in order');
  const configured = await ann.plugin(ann.handle, { request: 'configure', display: '{"audio":true}' });
  assert.equal(configured.configured, 'ok');
  await until(() => stack.pool.notes('ann-1').length >= 2, 'the service to be told');
  assert.deepEqual(stack.pool.notes('ann-1').map(({ event }) => event.name), ['lost', 'back']);
  bob.leave();
});

test('a page that does not come back has left when it was lost', async () => {
  const name = await room('ann');
  const ann = await joined({ room: name, attendee: 'ann', participant: 'ann-gone' });
  const before = Date.now() * 1000;
  ann.kill();
  await lost(name, 'ann');
  const noticed = Date.now() * 1000;
  await until(async () => (await stack.participants(name)).length === 0, 'the session to end', (KEEP + 5) * 1000);
  await until(() => stack.pool.notes('ann-gone').length === 2, 'the service to be told');
  const [gone, left] = stack.pool.notes('ann-gone');
  assert.deepEqual([gone.event.name, left.event.name], ['lost', 'left']);
  assert.equal(left.timestamp, gone.timestamp);
  assert.ok(gone.timestamp >= before - 1000 && gone.timestamp <= noticed);
  assert.equal((await ann.back()).resumed, false);
});

test('a newer connection wins over an older one that seems alive', async () => {
  const name = await room('ann');
  const ann = await joined({ room: name, attendee: 'ann' });
  const older = ann.socket;
  const closed = new Promise((resolve) => { older.on('close', resolve); });
  const answer = await ann.back();
  assert.equal(answer.resumed, true);
  assert.equal(await closed, 4409);
  assert.equal((await stack.connections(name)).length, 1);
  assert.equal((await ann.plugin(ann.handle, { request: 'listparticipants' })).participants.length, 1);
});

test('a request that is sent again after coming back is done once', async () => {
  const name = await room('ann', 'bob');
  const ann = await joined({ room: name, attendee: 'ann' });
  const bob = await joined({ room: name, attendee: 'bob' });
  const join = { janus: 'message', transaction: 'once', handle_id: await ann.attach(), body: { request: 'join', ptype: 'publisher', screen: true } };
  ann.say(join);
  await until(async () => (await stack.participants(name)).length === 3, 'the screen to be there');
  ann.kill();
  await lost(name, 'ann');
  await ann.back();
  const answer = ann.answerTo('once', false);
  ann.say(join);
  const data = (ann.messages.find(({ transaction, plugindata }) => transaction === 'once' && plugindata) ?? await answer).plugindata.data;
  assert.equal(data.videoroom, 'joined', JSON.stringify(data));
  await ann.plugin(ann.handle, { request: 'listparticipants' });
  assert.ok(!ann.messages.some(({ plugindata }) => plugindata?.data?.error_code), 'a second join of the same handle is an error');
  assert.equal(bob.messages.filter(({ plugindata }) => plugindata?.data?.joining?.id === 'ann-1-screen').length, 1);
  answer.catch(() => {});
});

test('a ticket is good for nobody else', async () => {
  const name = await room('ann', 'eve');
  const ann = await joined({ room: name, attendee: 'ann' });
  ann.kill();
  await lost(name, 'ann');
  for (const person of [{ room: name, attendee: 'eve' }, { room: 'another', attendee: 'ann' }, { room: name, attendee: 'ann', participant: 'ann-2' }]) {
    const eve = await stack.page(person);
    const answer = await eve.confab({ ticket: ann.ticket, seen: 0 });
    assert.deepEqual([answer.resumed, answer.claimed], [false, false], JSON.stringify(answer));
    assert.equal((await eve.request({ janus: 'attach', plugin: 'janus.plugin.videoroom' })).error.code, 458);
  }
  assert.equal((await ann.back()).resumed, true);
});

test('more than is kept is told as such', async () => {
  const name = await room('ann');
  const ann = await joined({ room: name, attendee: 'ann' });
  ann.kill();
  await lost(name, 'ann');
  for (let i = 0; i < 30; i += 1) await stack.push({ sessionId: name, type: 'test', audience: 'everybody', data: 'x'.repeat(10000) });
  const answer = await ann.back();
  assert.equal(answer.resumed, false);
  assert.equal(answer.state, 'admitted');
  assert.equal((await ann.plugin(ann.handle, { request: 'listparticipants' })).participants.length, 1);
});

test('what the browser has got is not kept', async () => {
  const name = await room('ann');
  const ann = await joined({ room: name, attendee: 'ann' });
  const seen = ann.last;
  await sleep(patience(1500)); // the gate's ping comes a second after a message
  await until(async () => (await ann.request({ janus: 'keepalive' })).janus === 'ack', 'an answer');
  ann.kill();
  await lost(name, 'ann');
  assert.equal((await ann.back({ seen: seen - 2 })).resumed, false);
});

test('leaving is leaving: close code 1001 ends at once', async () => {
  const name = await room('ann');
  const ann = await joined({ room: name, attendee: 'ann', participant: 'ann-leaves' });
  ann.leave(1001);
  await until(async () => (await stack.participants(name)).length === 0, 'ann to be gone', 2000);
  assert.deepEqual(stack.pool.notes('ann-leaves'), []);
});

test('after the gate has died a person who must wait loses the session with Janus, and waits', async () => {
  const name = await room('ann', 'bob');
  const ann = await joined({ room: name, attendee: 'ann' });
  const { verdict } = stack.pool;
  try {
    await stack.endGate('SIGKILL');
    stack.pool.verdict = () => ({ state: 'waiting' });
    await stack.startGate();
    assert.equal((await ann.back()).state, 'waiting');
    assert.equal(await ann.closed(), 1012);
    await until(async () => (await stack.participants(name)).length === 0, 'ann to be out of the room');
    // The session is gone: with the same ticket one waits, until one is admitted.
    assert.equal((await ann.back()).state, 'waiting');
    stack.pool.verdict = verdict;
    await stack.push({ sessionId: name, type: 'attendee.admitted', audience: ['ann'] });
    await until(() => ann.messages.some(({ state, claimed }) => state === 'admitted' && claimed === false), 'ann to be admitted');
    await ann.create();
    await ann.join();
    assert.equal(ann.joined.videoroom, 'joined', JSON.stringify(ann.joined));
  } finally {
    stack.pool.verdict = verdict;
  }
});

test('after the gate has died pages claim their sessions from Janus', async () => {
  const name = await room('ann', 'bob');
  const ann = await joined({ room: name, attendee: 'ann' });
  const bob = await joined({ room: name, attendee: 'bob' });
  const sessions = (await stack.connections(name)).map(({ janusSession }) => janusSession).sort();
  await stack.endGate('SIGKILL');
  await stack.startGate();
  const answer = await ann.back();
  assert.deepEqual([answer.state, answer.resumed, answer.claimed], ['admitted', false, true], JSON.stringify(answer));
  assert.deepEqual((await ann.plugin(ann.handle, { request: 'listparticipants' })).participants.map(({ id }) => id).sort(), ['ann-1', 'bob-1']);
  const subscriber = await ann.attach();
  assert.ok(subscriber > 1);
  await bob.back();
  assert.deepEqual((await stack.connections(name)).map(({ janusSession }) => janusSession).sort(), sessions);
  const eve = await stack.page({ room: name, attendee: 'eve' });
  assert.equal((await eve.confab({ ticket: ann.ticket, seen: 0 })).claimed, false);
  ann.leave();
  await until(async () => (await stack.participants(name)).length === 1, 'ann to be gone');
});

test('a ticket of a session that Janus has given up starts anew', async () => {
  const name = await room('ann');
  const ann = await joined({ room: name, attendee: 'ann' });
  const [{ janusSession }] = await stack.connections(name);
  await stack.endGate('SIGKILL');
  await stack.startGate();
  await stack.admin({ janus: 'destroy_session' }, `/${janusSession}`);
  const answer = await ann.back();
  assert.deepEqual([answer.state, answer.resumed, answer.claimed], ['admitted', false, false], JSON.stringify(answer));
  assert.equal((await ann.create()).janus, 'success');
});

test('when Janus ends the pages hear of it at once, and come in again when it is back', async () => {
  const name = await room('ann');
  const ann = await joined({ room: name, attendee: 'ann' });
  await stack.endJanus('SIGKILL');
  assert.equal(await ann.closed(), 1012);
  await stack.startJanus();
  await stack.room(name, 'ann');
  const answer = await ann.back();
  assert.deepEqual([answer.state, answer.claimed], ['admitted', false], JSON.stringify(answer));
  await ann.create();
  await ann.join();
  assert.equal(ann.joined.videoroom, 'joined');
});

test('a session that the service destroys by the Admin API ends for its page too', async () => {
  const name = await room('ann');
  await joined({ room: name, attendee: 'ann' });
  const [{ janusSession }] = await stack.connections(name);
  await stack.admin({ janus: 'destroy_session' }, `/${janusSession}`);
  await until(async () => (await stack.participants(name)).length === 0, 'ann to be gone');
});
