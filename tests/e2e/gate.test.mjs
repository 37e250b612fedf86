// The signalling gate with a real Janus behind it: who comes in, what is let through, and what is not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GateStack } from './lib/gate.mjs';
import { until } from './lib/stack.mjs';

/** @type {GateStack} */
let stack;

before(async () => {
  stack = await GateStack.start();
});
after(() => stack?.stop());

let rooms = 0;
// A room in which these may send; a name that no other test uses.
const room = (...senders) => stack.room(`room-${(rooms += 1)}`, ...senders);

test('a person with a join token joins their room and is seen there under their name', async () => {
  const name = await room('ann');
  const ann = await stack.member({ room: name, attendee: 'ann', name: 'Ann' });
  await ann.join({ display: JSON.stringify({ name: 'Somebody else', audio: true, video: 'yes', more: 1 }) });
  assert.equal(ann.joined.videoroom, 'joined', JSON.stringify(ann.joined));
  const [participant] = await stack.participants(name);
  assert.equal(participant.id, 'ann-1');
  assert.deepEqual(JSON.parse(participant.display), { name: 'Ann', audio: true, video: false });
});

test('a page that begins with create needs no other hello', async () => {
  const name = await room('ann');
  const page = await stack.page({ room: name, attendee: 'ann' });
  const created = await page.request({ janus: 'create', token: page.token });
  assert.equal(created.janus, 'success', JSON.stringify(created));
  await page.join({ token: 'anything' });
  assert.equal(page.joined.videoroom, 'joined', JSON.stringify(page.joined));
  page.leave();
  await until(async () => (await stack.participants(name)).length === 0, 'the page to have left');
});
