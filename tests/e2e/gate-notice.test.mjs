// What the gate itself tells the pages of a meeting: that something has changed in the room, and whether a moderator is there.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { GateStack } from './lib/gate.mjs';
import { until } from './lib/stack.mjs';

/** @type {GateStack} */
let stack;
let waits; // the attendees who wait
let rooms = 0;

before(async () => {
  stack = await GateStack.start();
});
after(() => stack?.stop());
beforeEach(() => {
  waits = [];
  stack.pool.verdict = (claims) => (waits.includes(claims.sub) ? { state: 'waiting' } : { state: 'admitted', role: claims.role, seq: 0 });
});

const room = (...senders) => stack.room(`room-${(rooms += 1)}`, ...senders);
const hints = (page) => page.messages.filter((message) => message.room === 'changed').length;

// The watcher is told of what this does.
async function told(watcher, what, act) {
  const before = hints(watcher);
  await act();
  await until(() => hints(watcher) > before, `the watcher to be told: ${what}`, 2000);
}

test('who watches is told that others come, change what they show, and go; also when nobody else is there', async () => {
  const name = await room('ann', 'bob');
  const wim = await stack.member({ room: name, attendee: 'wim', role: 'subscriber' });
  let ann;
  let bob;
  await told(wim, 'the first one joins', async () => {
    ann = await stack.member({ room: name, attendee: 'ann' });
    ann.handle = await ann.join();
  });
  await told(wim, 'a microphone is off', () => (
    ann.plugin(ann.handle, { request: 'configure', display: JSON.stringify({ audio: false, video: true }) })));
  await told(wim, 'another one joins', async () => {
    bob = await stack.member({ room: name, attendee: 'bob' });
    await bob.join();
  });
  await told(wim, 'one leaves', () => bob.leave());
  await told(wim, 'one stays away', async () => {
    assert.equal((await ann.request({ janus: 'destroy' })).janus, 'success');
  });
  assert.deepEqual(await stack.participants(name), []);
  assert.equal(hints(ann) + hints(bob), 0, 'those who send hear of it from Janus');
});

test('who watches is told twice a second at most, and nothing while nothing happens', async () => {
  const name = await room('ann');
  const wim = await stack.member({ room: name, attendee: 'wim', role: 'subscriber' });
  const ann = await stack.member({ room: name, attendee: 'ann' });
  const handle = await ann.join();
  await until(() => hints(wim) > 0, 'the joining');
  const [start, before] = [Date.now(), hints(wim)];
  for (let i = 0; i < 15; i += 1)
    await ann.plugin(handle, { request: 'configure', display: JSON.stringify({ audio: i % 2 === 0, video: true }) });
  await until(() => hints(wim) > before, 'the changes');
  assert.ok(hints(wim) - before <= 2 + (Date.now() - start) / 500, `${hints(wim) - before} hints in ${Date.now() - start} ms`);
  const reader = await wim.attach();
  const quiet = hints(wim);
  for (let i = 0; i < 15; i += 1) await wim.plugin(reader, { request: 'listparticipants', room: name });
  assert.ok(hints(wim) - quiet <= 1, 'the list itself is no change');
});

test('who waits is told whether a moderator is there, and nothing of who it is', async () => {
  const name = await room('mo', 'ann');
  const waiting = (page) => page.messages.filter(({ state }) => state === 'waiting').map(({ moderator }) => moderator);
  waits = ['ann'];
  const ann = await stack.page({ room: name, attendee: 'ann', access: 'waitingRoom' });
  assert.equal((await ann.confab()).moderator, false);
  const mo = await stack.member({ room: name, attendee: 'mo', role: 'moderator', name: 'Dr Meyer' });
  await until(() => waiting(ann).at(-1) === true, 'ann to be told');
  waits.push('bob');
  const bob = await stack.page({ room: name, attendee: 'bob', access: 'waitingRoom' });
  assert.equal((await bob.confab()).moderator, true);
  mo.kill();
  await mo.back();
  mo.leave();
  for (const page of [ann, bob]) await until(() => waiting(page).at(-1) === false, 'the moderator to be gone');
  assert.deepEqual(waiting(ann), [false, true, false], 'a lost WebSocket is no leaving');
  assert.ok(!JSON.stringify([...ann.messages, ...bob.messages]).includes('mo-1') && !JSON.stringify(ann.messages).includes('Meyer'));
});
