// The service and its signalling gate together, through nginx: who waits, who is admitted, who is removed, and events.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import WebSocket from 'ws';
import { Client } from './lib/client.mjs';
import { Admin, Page, connections } from './lib/janus.mjs';
import { patience, sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);
after(() => client.agent.destroy());

const done = async (method, path, body) => assert.equal((await client.call(method, path, { body })).status, 204, path);
// What the gate has told a page of itself: "waiting", "admitted" …, and events "type attendee".
const told = (page) => page.messages.filter((one) => one.janus === 'confab');
const events = (page) => told(page).filter((one) => one.event).map(({ event }) => `${event.seq} ${event.type} ${event.data.attendee ?? ''}`.trim());
const stateOf = async (page) => (await connections(page.answer.url)).find((one) => one.participantId === page.answer.participantId)?.state;

// A page that has said who it is, and may wait.
async function knock(answer) {
  const page = new Page(answer);
  const opening = page.open();
  opening.catch(() => {}); // while the person waits there is no answer
  await until(() => stateOf(page), 'the gate to know the page');
  return Object.assign(page, { opening });
}

test('a person who waits has nothing of the meeting, and comes in with the same token once admitted', async () => {
  const link = await client.meeting({ access: 'waitingRoom' });
  const moderator = await Page.join(await client.token(link, { data: 'mo', role: 'moderator', name: 'Dr Meyer' }));
  const answer = await client.token(link, { data: 'ann', name: 'Ann' });
  assert.equal(answer.waiting, true);
  const ann = await knock(answer);
  await until(async () => (await stateOf(ann)) === 'waiting', 'ann to wait');
  await until(() => events(moderator).some((one) => one.endsWith('attendee.waiting ann')), 'the moderator to hear of ann');
  assert.ok(!JSON.stringify(ann.messages).includes('Meyer'));
  await done('POST', `/session/${link}/attendees/ann/admit`);
  await until(async () => (await stateOf(ann)) === 'in', 'the gate to admit ann', 2000);
  ann.kill();
  const again = await Page.join(answer);
  assert.equal(again.joined.videoroom, 'joined', JSON.stringify(again.joined));
});

test('a page that has lost its connection is told of as lost within 2 s, and has left since the loss if it does not come back', async () => {
  const link = await client.meeting();
  const mo = await Page.join(await client.token(link, { data: 'mo', role: 'moderator' }));
  const ann = await Page.join(await client.token(link, { data: 'ann', name: 'Ann' }));
  const watches = await Page.watch(await client.token(link, { data: 'bob', role: 'subscriber' }));
  await until(() => ['ann', 'bob'].every((name) => events(mo).some((one) => one.endsWith(`attendee.joined ${name}`))), 'both to be in');
  const killed = Date.now();
  ann.kill();
  watches.kill();
  for (const name of ['ann', 'bob']) {
    await until(() => events(mo).some((one) => one.endsWith(`attendee.lost ${name}`)), `${name} to be lost`, 2000);
    await until(() => events(mo).some((one) => one.endsWith(`attendee.left ${name}`)), `${name} to have left`);
  }
  const of = (name) => told(mo).map(({ event }) => event).filter((event) => event?.data.attendee === name && /lost|left/.test(event.type));
  const [lost, left] = of('ann');
  assert.deepEqual(lost.data, { attendee: 'ann', name: 'Ann', verified: true, role: 'publisher', participantId: ann.answer.participantId });
  assert.ok(Math.abs(Date.parse(lost.at) - killed) < patience(1000), lost.at);
  assert.equal(left.at, lost.at);
  const stays = (await client.call('GET', `/session/${link}/attendance`)).body;
  assert.deepEqual(stays.filter((one) => one.left).map((one) => [one.identity, one.left, one.reason]).sort(),
    [['ann', lost.at, 'left'], ['bob', of('bob')[0].at, 'left']]);
});

test('a page that comes back in time is told of as back, and its stay goes on', async () => {
  const link = await client.meeting();
  const mo = await Page.join(await client.token(link, { data: 'mo', role: 'moderator' }));
  const ann = new Page(await client.token(link, { data: 'ann' }));
  const { data } = await ann.open();
  await ann.attach();
  await ann.join();
  await until(() => events(mo).some((one) => one.endsWith('attendee.joined ann')), 'ann to be in');
  ann.kill();
  const socket = new WebSocket(ann.answer.url, 'janus-protocol');
  after(() => socket.close());
  socket.on('open', () => socket.send(JSON.stringify({ janus: 'confab', transaction: 'again', token: ann.token, ticket: data.ticket, seen: 0 })));
  await until(() => events(mo).some((one) => one.endsWith('attendee.back ann')), 'ann to be back', 2000);
  assert.deepEqual(events(mo).filter((one) => one.endsWith(' ann')).map((one) => one.split(' ')[1]), ['attendee.joined', 'attendee.lost', 'attendee.back']);
  assert.equal((await client.call('GET', `/session/${link}/attendance`)).body.find((one) => one.identity === 'ann').left, null);
});

test('removing ends all connections of a person at once, also one that only listens and one that waits', async () => {
  const link = await client.meeting();
  const sends = await Page.join(await client.token(link, { data: 'ann' }));
  const watches = await Page.watch(await client.token(link, { data: 'ann', role: 'subscriber' }));
  const bob = await Page.join(await client.token(link, { data: 'bob' }));
  await done('DELETE', `/session/${link}/attendees/ann`);
  const sessions = await admin.sessions();
  assert.deepEqual([sends, watches, bob].map((page) => sessions.includes(page.session)), [false, false, true]);
  await until(() => sends.closed && watches.closed, 'both to be told');
  await done('PATCH', `/session/${link}`, { access: 'waitingRoom' });
  const cid = await knock(await client.token(link, { data: 'cid' }));
  await done('DELETE', `/session/${link}/attendees/cid`);
  await until(() => cid.closed, 'the refused one to be told', 2000);
  assert.equal(bob.closed, false);
});

test('the end for all ends every connection', async () => {
  const link = await client.meeting({ access: 'waitingRoom' });
  const mo = await Page.join(await client.token(link, { data: 'mo', role: 'moderator' }));
  const ann = await knock(await client.token(link, { data: 'ann' }));
  await done('PATCH', `/session/${link}/end`);
  await until(() => mo.closed && ann.closed, 'both to be out', 2000);
});

test('what happens while the gate does not answer reaches pages soon after, without another event', async () => {
  const link = await client.meeting();
  const mo = await Page.join(await client.token(link, { data: 'mo', role: 'moderator' }));
  const quiet = await client.meeting();
  const ann = await Page.join(await client.token(quiet, { data: 'ann', role: 'moderator' }));
  const edits = (page) => told(page).filter(({ event }) => event?.type === 'meeting.edited').map(({ event }) => event.data.access);
  const [gate] = stack.children('gate');
  process.kill(gate, 'SIGSTOP');
  try {
    for (const access of ['waitingRoom', 'locked', 'open', 'locked']) await done('PATCH', `/session/${link}`, { access });
    await done('PATCH', `/session/${quiet}`, { access: 'locked' });
  } finally {
    process.kill(gate, 'SIGCONT');
  }
  await until(() => edits(mo).length === 4 && edits(ann).length === 1, 'all edits to be told');
  assert.deepEqual(edits(mo), ['waitingRoom', 'locked', 'open', 'locked']);
  await until(async () => (await stack.rows("SELECT id FROM jobs WHERE kind = 'events'")).length === 0, 'the job to be done');
});

test('events reach those whom they are for, in order', async () => {
  const link = await client.meeting();
  const mo = await Page.join(await client.token(link, { data: 'mo', role: 'moderator' }));
  const ann = await Page.join(await client.token(link, { data: 'ann' }));
  for (const access of ['waitingRoom', 'locked', 'open']) await done('PATCH', `/session/${link}`, { access });
  await client.token(link, { data: 'bob' });
  await done('DELETE', `/session/${link}/attendees/bob`);
  await until(() => events(mo).some((one) => one.endsWith('removed bob')), 'the moderator to hear of bob');
  const seqs = events(mo).map((one) => Number(one.split(' ')[0]));
  assert.deepEqual(seqs, [...seqs].sort((a, b) => a - b));
  assert.equal(events(mo).filter((one) => one.includes('meeting.edited')).length, 3);
  await until(() => events(ann).filter((one) => one.includes('meeting.edited')).length === 3, 'ann to hear of the edits');
  assert.ok(!JSON.stringify(events(ann)).includes('removed'));
});

test('without the gate requests go on, and are not held up', async () => {
  const link = await client.meeting();
  await client.token(link, { data: 'ann' });
  await stack.without(['gate'], async () => {
    const started = Date.now();
    for (let i = 0; i < 20; i++) await done('PATCH', `/session/${link}`, { extId: `x${i}` });
    await done('DELETE', `/session/${link}/attendees/ann`);
    await done('PATCH', `/session/${link}/end`);
    assert.ok(Date.now() - started < patience(4000), `it took ${Date.now() - started} ms`);
  });
});

test('/health and confabctl check say that the gate is away', async () => {
  await stack.without(['gate'], async () => {
    await until(async () => (await client.call('GET', '/health', { auth: null })).status === 503, 'the health to be bad');
    const { stdout } = await stack.ctl('check').catch((error) => error);
    assert.match(stdout, /^FAULT +provider janus: The media server is out of reach/m);
  });
  await until(async () => (await client.call('GET', '/health', { auth: null })).status === 200, 'the health to be good');
});
