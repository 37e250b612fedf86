// Who comes into a meeting: open, with a waiting room, locked; and removing holds.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, assertError, assertFaults } from './lib/client.mjs';
import { Admin } from './lib/janus.mjs';
import { patience, sharedStack } from './lib/stack.mjs';
import { admitMany } from './lib/waiting.mjs';

const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);
after(() => client.agent.destroy());

const post = (link, path, more) => client.call('POST', `/session/${link}/attendees/${path}`, more);
const admit = (link, who) => post(link, `${who}/admit`);
const refuse = (link, who) => client.call('DELETE', `/session/${link}/attendees/${who}`);
const edit = (link, body) => client.call('PATCH', `/session/${link}`, { body });
const ask = (link, body, auth = {}) => client.call('POST', `/session/${link}/token`, { body, auth });

async function done(answer) {
  const { status, text } = await answer;
  assert.equal(status, 204, text);
}

async function invite(link, body = {}) {
  const answer = await client.call('POST', `/session/${link}/invites`, { body });
  assert.equal(answer.status, 200, answer.text);
  return `Bearer ${answer.body.token}`;
}

// "waits" or "comes in", or the code of the error.
async function entry(link, body, auth) {
  const { status, body: answer } = await ask(link, body, auth);
  if (status !== 200) return answer.error.code;
  assert.equal(typeof answer.waiting, 'boolean');
  assert.equal('waitingSince' in answer, answer.waiting);
  return answer.waiting ? 'waits' : 'comes in';
}

const waiting = async (link) => (await client.attendees(link)).filter((one) => one.status === 'waiting').map((one) => one.attendee);

// "attendee.waiting ann", in order.
async function events(link, auth = {}) {
  const answer = await client.call('GET', `/session/${link}/events`, { auth });
  assert.equal(answer.status, 200, answer.text);
  return answer.body.events.map(({ type, data }) => `${type} ${data.attendee ?? data.access ?? ''}`.trim());
}

test('access: open by default, set on create and by PATCH, told by GET and by meeting.edited', async () => {
  const link = await client.meeting();
  const read = async (path) => (await client.call('GET', path)).body;
  assert.equal((await read(`/session/${link}`)).access, 'open');
  assert.equal((await read(`/session/${await client.meeting({ access: 'waitingRoom' })}`)).access, 'waitingRoom');
  await done(edit(link, { access: 'locked' }));
  assert.equal((await read(`/session/${link}`)).access, 'locked');
  await done(edit(link, { extId: 'x' }));
  assert.equal((await read(`/session/${link}`)).access, 'locked');
  assert.deepEqual(await events(link), ['meeting.edited locked', 'meeting.edited locked']);
  for (const access of ['closed', '', 7, []]) {
    assertFaults(await client.call('POST', '/session', { body: { access } }), '/access');
    assertFaults(await edit(link, { access }), '/access');
  }
  assertFaults(await edit(link, { access: null }), '/access');
});

test('access by invite: a moderator changes access alone, others change nothing', async () => {
  const link = await client.meeting();
  const moderator = await invite(link, { role: 'moderator', name: 'Dr Meyer' });
  const change = (body, auth, place = link) => client.call('PATCH', `/session/${place}`, { body, auth });
  const before = (await client.call('GET', `/session/${link}`)).body;
  await done(change({ access: 'waitingRoom' }, moderator));
  assert.equal((await client.call('GET', `/session/${link}`)).body.access, 'waitingRoom');
  for (const body of [{ extId: 'x' }, { access: 'open', extId: 'x' }, { deleted: true }, { access: 'open', isArchived: true }, { unknown: 1 }])
    assertError(await change(body, moderator), 403, 'ForbiddenError');
  assertFaults(await change({ access: 'closed' }, moderator), '/access');
  for (const role of ['publisher', 'subscriber'])
    assertError(await change({ access: 'open' }, await invite(link, { role })), 403, 'ForbiddenError');
  assertError(await change({ access: 'open' }, moderator, await client.meeting()), 403, 'ForbiddenError');
  const { access, modifiedOn, modifiedBy, ...rest } = (await client.call('GET', `/session/${link}`)).body;
  assert.equal(access, 'waitingRoom');
  assert.match(modifiedBy, /^invite-/);
  for (const [name, value] of Object.entries(rest)) assert.deepEqual(value, before[name], name);
});

test('waiting room: a new person waits, is admitted, and comes back without waiting', async () => {
  const link = await client.meeting({ access: 'waitingRoom' });
  const moderator = await invite(link, { role: 'moderator', name: 'Dr Meyer' });
  const guest = await invite(link, { role: 'publisher' });
  assert.equal(await entry(link, {}, moderator), 'comes in');
  assert.equal(await entry(link, { data: 'ann', name: 'Ann' }), 'waits');
  assert.equal(await entry(link, { data: 'ann' }), 'waits'); // a reload
  assert.equal(await entry(link, { data: 'bob' }), 'waits');
  // Janus has not heard of them.
  const { session_id: room } = (await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]))[0];
  assert.equal((await admin.allowed(String(room))).length, 1);
  const [ann] = await client.attendees(link);
  assert.deepEqual(
    [ann.attendee, ann.name, ann.role, ann.status, ann.isDeleted, ann.joinedOn, ann.connections], ['ann', 'Ann', 'publisher', 'waiting', true, null, 0],
  );
  assert.ok(Math.abs(Date.parse(ann.waitingSince) - Date.now()) < 60000, ann.waitingSince);
  // The moderator sees who waits, the others do not.
  const seen = async (auth) => (await client.call('GET', `/session/${link}/attendees`, { auth })).body.map((one) => one.attendee);
  assert.deepEqual(await seen(moderator), ['ann', 'bob']);
  assert.equal((await client.call('GET', `/session/${link}/attendees`, { auth: guest })).body.error.code, 'WAITING');
  assert.deepEqual(await client.attendees(link, '?active=true'), []);

  await done(post(link, 'ann/admit', { auth: moderator }));
  assert.deepEqual(await waiting(link), ['bob']);
  assert.ok((await admin.allowed(String(room))).includes('ann'), 'Janus knows the admitted person');
  assert.equal(await entry(link, { data: 'ann' }), 'comes in');
  await done(admit(link, 'ann')); // who does not wait any more
  assert.deepEqual(
    await events(link), ['meeting.started', 'attendee.waiting ann', 'attendee.waiting bob', 'attendee.admitted ann'],
  );
  const admitted = `Bearer ${(await client.token(link, { data: 'ann' })).token}`;
  assert.deepEqual(await seen(admitted), []);
  assert.deepEqual((await events(link, admitted)).filter((text) => !text.endsWith(' ann')), ['meeting.started']);
  assert.deepEqual((await events(link, moderator)).length, 4);
});

test('waiting room: all at once are admitted, each once', async () => {
  const link = await client.meeting({ access: 'waitingRoom' });
  for (const who of ['ann', 'bob', 'cid']) assert.equal(await entry(link, { data: who }), 'waits');
  for (const answer of await Promise.all(Array.from({ length: 5 }, () => post(link, 'admit')))) assert.equal(answer.status, 204, answer.text);
  assert.deepEqual(await waiting(link), []);
  assert.deepEqual((await events(link)).filter((text) => text.includes('admitted')).sort(), ['ann', 'bob', 'cid'].map((who) => `attendee.admitted ${who}`));
  await done(post(link, 'admit')); // nobody waits
});

test('waiting room: a person who is refused is banned until they are readmitted', async () => {
  const link = await client.meeting({ access: 'waitingRoom' });
  assert.equal(await entry(link, { data: 'ann' }), 'waits');
  await done(refuse(link, 'ann'));
  assert.deepEqual(await waiting(link), []);
  assert.equal(await entry(link, { data: 'ann' }), 'PUT_OUT');
  await done(post(link, 'admit'));
  assert.equal(await entry(link, { data: 'ann' }), 'PUT_OUT');
  assert.deepEqual((await events(link)).slice(1).filter((text) => !text.startsWith('meeting')), ['attendee.refused ann']);
  await done(post(link, 'ann/readmit'));
  assert.equal(await entry(link, { data: 'ann' }), 'comes in');
});

test('waiting room: who waits comes in at once as a moderator', async () => {
  const link = await client.meeting({ access: 'waitingRoom' });
  assert.equal(await entry(link, { data: 'ann' }), 'waits');
  assert.equal(await entry(link, { data: 'ann', role: 'moderator' }), 'comes in');
  assert.deepEqual(await waiting(link), []);
  assert.equal(await entry(link, { data: 'ann' }), 'comes in');
});

test('who came in before the waiting room or the lock comes back; a locked meeting refuses others', async () => {
  const link = await client.meeting();
  assert.equal(await entry(link, { data: 'ann' }), 'comes in');
  await done(edit(link, { access: 'waitingRoom' }));
  assert.equal(await entry(link, { data: 'ann' }), 'comes in');
  assert.equal(await entry(link, { data: 'bob' }), 'waits');
  await done(edit(link, { access: 'locked' }));
  assert.equal(await entry(link, { data: 'ann' }), 'comes in');
  assert.equal(await entry(link, { data: 'bob' }), 'waits');
  assert.equal(await entry(link, { data: 'cid' }), 'MEETING_LOCKED');
  assert.equal(await entry(link, { data: 'cid', role: 'moderator' }), 'comes in');
  await done(edit(link, { access: 'open' }));
  assert.equal(await entry(link, { data: 'bob' }), 'waits'); // a moderator still decides
  assert.equal(await entry(link, { data: 'dan' }), 'comes in');
});

test('the list of attendees has the waiting first, in pages', async () => {
  const link = await client.meeting();
  await client.token(link, { data: 'zoe' });
  await done(edit(link, { access: 'waitingRoom' }));
  for (const who of ['ann', 'bob', 'cid']) assert.equal(await entry(link, { data: who }), 'waits');
  const page = async (query) => {
    const answer = await client.call('GET', `/session/${link}/attendees${query}`);
    assert.equal(answer.headers['x-total-count'], '3');
    return answer.body.map((one) => one.attendee);
  };
  assert.deepEqual(await page('?limit=2'), ['ann', 'bob']);
  assert.deepEqual(await page('?limit=2&offset=2'), ['cid']);
  assert.deepEqual(await page('?limit=2&offset=9'), []);
});

test('removing a guest: another guest of the same invite waits, in an open meeting too; those who were in stay', async () => {
  const link = await client.meeting();
  const [shared, other] = [await invite(link, { role: 'publisher' }), await invite(link, { role: 'publisher' })];
  const first = await client.token(link, { name: 'First' }, shared);
  const second = await client.token(link, { name: 'Second' }, shared);
  await done(refuse(link, first.attendee));
  assert.equal(await entry(link, { guest: first.guest }, shared), 'PUT_OUT');
  const again = await client.token(link, { name: 'First' }, shared);
  assert.equal(again.waiting, true);
  assert.equal(await entry(link, { guest: second.guest }, shared), 'comes in');
  assert.equal(await entry(link, {}, other), 'comes in');
  await done(admit(link, again.attendee));
  assert.equal(await entry(link, { guest: again.guest }, shared), 'comes in');
  await done(post(link, `${first.attendee}/readmit`));
  assert.equal(await entry(link, {}, shared), 'comes in');
});

test('removing a guest who was a moderator: another one of the same invite waits, and is no moderator until admitted', async () => {
  const link = await client.meeting();
  const [shared, publisher] = [await invite(link, { role: 'moderator' }), await invite(link, { role: 'publisher' })];
  const first = await client.token(link, { name: 'First' }, shared);
  const second = await client.token(link, { name: 'Second' }, shared);
  const member = await client.token(link, { name: 'Member' }, publisher);
  await done(client.call('PATCH', `/session/${link}`, { body: { access: 'open' }, auth: shared }));
  await done(refuse(link, first.attendee));
  assert.equal(await entry(link, { guest: first.guest }, shared), 'PUT_OUT');

  const again = await client.token(link, { name: 'First' }, shared);
  assert.deepEqual([again.waiting, again.role], [true, 'moderator']);
  assert.equal(await entry(link, { guest: again.guest }, shared), 'waits');
  const gate = await client.call('POST', '/internal/connections', { body: { tokens: [again.token] }, auth: `Bearer ${stack.conf.GATE_SECRET}` });
  assert.equal(gate.body.connections[0].state, 'waiting');
  // Neither their join token nor the invite alone, which does not say who asks, has a moderator's rights.
  for (const auth of [`Bearer ${again.token}`, shared]) {
    for (const answer of [
      await post(link, `${again.attendee}/admit`, { auth }), await post(link, 'admit', { auth }), await post(link, `${first.attendee}/readmit`, { auth }),
      await client.call('PATCH', `/session/${link}`, { body: { access: 'open' }, auth }), await client.call('PATCH', `/session/${link}/end`, { auth }),
      await client.call('GET', `/session/${link}/attendees`, { auth }), await client.call('GET', `/session/${link}/events`, { auth }),
    ]) assert.deepEqual([answer.status, answer.body?.error?.code], [403, 'WAITING']);
  }
  // Being in the meeting with another link is no way around it.
  assert.equal(await entry(link, { guest: member.guest }, shared), 'waits');
  // In a locked meeting a moderator who is there decides, too.
  await done(edit(link, { access: 'locked' }));
  const third = await client.token(link, { name: 'Third' }, shared);
  assert.equal(third.waiting, true);
  await done(refuse(link, third.attendee));

  // The other moderators stay what they are.
  assert.equal(await entry(link, { guest: second.guest }, shared), 'comes in');
  assert.equal(await entry(link, {}, await invite(link, { role: 'moderator' })), 'comes in');
  const moderator = `Bearer ${second.token}`;
  assert.ok((await client.call('GET', `/session/${link}/attendees`, { auth: moderator })).body.some((one) => one.attendee === again.attendee));
  assert.ok((await events(link, moderator)).includes(`attendee.waiting ${again.attendee}`));
  await done(post(link, `${again.attendee}/admit`, { auth: moderator }));
  assert.ok((await events(link, moderator)).includes(`attendee.admitted ${again.attendee}`));
  assert.equal(await entry(link, { guest: again.guest }, shared), 'comes in');
  await done(post(link, `${member.attendee}/admit`, { auth: `Bearer ${again.token}` }));
  for (const one of [first, third]) await done(post(link, `${one.attendee}/readmit`));
  assert.equal(await entry(link, {}, shared), 'comes in');
});

test('admit: only with StopMeeting or a moderator\'s invite; unknown people and meetings are 404, ended meetings 400', async () => {
  const link = await client.meeting({ access: 'waitingRoom' });
  const publisher = await invite(link, { role: 'publisher' });
  assert.equal(await entry(link, { data: 'ann' }), 'waits');
  for (const path of ['ann/admit', 'admit']) {
    assertError(await post(link, path, { auth: publisher }), 403, 'ForbiddenError');
    assertError(await post(link, path, { auth: { permissions: ['GenerateMeetingToken'] } }), 403, 'ForbiddenError');
    assertError(await post('AAAAAAAAAA', path), 404, 'NotFoundError');
  }
  assertError(await admit(link, 'nobody'), 404, 'NotFoundError');
  assert.deepEqual(await waiting(link), ['ann']);
  await done(client.call('PATCH', `/session/${link}/end`));
  assertError(await admit(link, 'ann'), 400, 'BadRequestError');
  assertError(await post(link, 'admit'), 400, 'BadRequestError');
});

test('twenty people who wait are admitted with one request, and all are in within a second', async () => {
  const times = await admitMany(client, 20);
  assert.ok(Math.max(...times) < patience(1000), `${times.map(Math.round).join(', ')} ms`);
});
