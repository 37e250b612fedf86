// One attendee: mute, remove, readmit; and a banned person can do nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, PERMISSIONS, assertError, assertFaults } from './lib/client.mjs';
import { Admin, Page, attachedEvent, coreToken, joinedEvent } from './lib/janus.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);
const secret = stack.conf.JANUS_TOKEN_SECRET;
const ODD = 'dr/ä %2F"x"?#&';

const target = (link, attendee, rest = '') => `/session/${link}/attendees/${encodeURIComponent(attendee)}${rest}`;
const mute = (link, attendee, body, more) => client.call('POST', target(link, attendee, '/mute'), { body, ...more });
const remove = (link, attendee, more) => client.call('DELETE', target(link, attendee), more);
const readmit = (link, attendee, more) => client.call('POST', target(link, attendee, '/readmit'), more);
const OPERATIONS = { mute: (link, attendee, more) => mute(link, attendee, undefined, more), remove, readmit };
const active = async (link) => (await client.attendees(link, '?active=true')).map((one) => one.attendee).sort();
const here = (link, ...names) => until(async () => (await active(link)).join() === names.sort().join(), `${names} to be in`);
const ask = (link, data, role = 'publisher') => client.call('POST', `/session/${link}/token`, { body: { data, role } });
const there = async (page) => (await admin.sessions()).includes(page.session);
const gone = (page, limit = 1000) => until(async () => !(await there(page)), 'the session to be destroyed', limit);
const bans = (room) => stack.rows('SELECT * FROM grants WHERE session_id = ? AND banned_on IS NOT NULL', [room]);

async function enter(link, data, role = 'publisher') {
  const answer = await client.token(link, { data, role });
  const page = role === 'subscriber' ? await Page.watch(answer) : await Page.join(answer);
  if (role !== 'subscriber') assert.equal(page.joined.videoroom, 'joined', JSON.stringify(page.joined));
  return page;
}

function assertPutOut(answer) {
  assertError(answer, 403, 'ForbiddenError');
  assert.equal(answer.body.error.code, 'PUT_OUT');
}

for (const [name, operation] of Object.entries(OPERATIONS)) {
  test(`${name}: who may not, what is not there, what is over`, async () => {
    const link = await client.meeting({});
    const other = await client.meeting({});
    await client.token(link, { data: 'ann' });
    assertError(await operation(link, 'ann', { auth: null }), 401, 'UnauthorizedError');
    assertError(await operation(link, 'ann', { auth: { permissions: PERMISSIONS.filter((one) => one !== 'StopMeeting') } }), 403, 'ForbiddenError');
    assertError(await operation(link, 'ann', { auth: { meetingLinkId: other } }), 403, 'ForbiddenError');
    assertError(await operation('nowhere000', 'ann'), 404, 'NotFoundError');
    assertError(await operation('nowhere000', 'ann', { auth: { meetingLinkId: other } }), 403, 'ForbiddenError');
    assertError(await operation(link, 'nobody'), 404, 'NotFoundError');
    assertError(await operation(other, 'ann'), 404, 'NotFoundError');
    assertError(await operation(link, 'Ann'), 404, 'NotFoundError');
    assertError(await operation(link, 'ann '), 404, 'NotFoundError');
    assertError(await operation(link, 'é'.repeat(501)), 404, 'NotFoundError');
    const deleted = await client.meeting({});
    await client.token(deleted, { data: 'ann' });
    assert.equal((await client.call('PATCH', `/session/${deleted}`, { body: { deleted: true } })).status, 204);
    assertError(await operation(deleted, 'ann'), 404, 'NotFoundError');
    assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
    for (const who of ['ann', 'nobody']) {
      const ended = await operation(link, who);
      assertError(ended, 400, 'BadRequestError');
      assert.equal(ended.body.error.code, 'MEETING_ENDED');
    }
    assert.deepEqual(await stack.rows("SELECT g.id FROM grants g JOIN meetings m USING (session_id) WHERE m.meeting_link IN (?) AND banned_on IS NOT NULL", [[link, other, deleted]]), []);
  });
}

test('the paths take these methods, and refuse an identity that is not text', async () => {
  const link = await client.meeting({});
  const allow = async (method, path) => (await client.call(method, path, { check: false })).headers.allow;
  assert.equal(await allow('GET', target(link, 'ann')), 'DELETE');
  assert.equal(await allow('GET', target(link, 'ann', '/mute')), 'POST');
  assert.equal(await allow('DELETE', target(link, 'ann', '/readmit')), 'POST');
  for (const bad of ['%ff', '%zz', '%00', '%2e%2e'])
    assertError(await client.call('DELETE', `/session/${link}/attendees/${bad}`), 400, 'BadRequestError');
});

test('mute: the body', async () => {
  const link = await client.meeting({});
  await enter(link, 'ann');
  await here(link, 'ann');
  for (const muted of ['true', 1, null, [], {}]) assertFaults(await mute(link, 'ann', { muted }), '/muted');
  assertError(await mute(link, 'ann', '{'), 400, 'BadRequestError');
  assertError(await mute(link, 'ann', '[]'), 422, 'UnprocessableEntityError');
  assertError(await mute(link, 'ann', 'x=1', { headers: { 'content-type': 'text/plain' } }), 415, 'UnsupportedMediaTypeError');
  for (const body of [undefined, {}, { muted: true }, { muted: false }, { else: 1 }]) assert.equal((await mute(link, 'ann', body)).status, 204);
});

test('mute: silences all devices of the person, everybody is told, and it can be undone', async () => {
  const link = await client.meeting({});
  const watcher = await enter(link, 'bob');
  const desk = await enter(link, ODD);
  const phone = await enter(link, ODD);
  await desk.publish('audio', 'video', 'audio');
  await phone.publish('video', 'audio');
  await watcher.publish('audio');
  await until(async () => (await client.attendees(link)).find((one) => one.attendee === ODD)?.connections === 2, 'both devices');
  assert.equal((await mute(link, ODD)).status, 204);
  const [deskId, phoneId] = [desk.answer.participantId, phone.answer.participantId];
  await until(() => watcher.moderation(deskId).length === 2 && watcher.moderation(phoneId).length === 1, 'all to be muted');
  assert.deepEqual(watcher.moderation(deskId).sort(), ['0 muted', '2 muted']);
  assert.deepEqual(watcher.moderation(phoneId), ['1 muted']);
  assert.deepEqual(desk.moderation(deskId).sort(), ['0 muted', '2 muted'], 'the muted are told too');
  assert.deepEqual(watcher.moderation(watcher.answer.participantId), []);
  assert.equal((await mute(link, ODD, { muted: false })).status, 204);
  await until(() => watcher.moderation(phoneId).length === 2 && watcher.moderation(deskId).length === 4, 'all to be unmuted');
  assert.equal(watcher.moderation(phoneId)[1], '1 unmuted');
});

test('mute: a second publishing handle of the same page, a screen, is muted too', async () => {
  const link = await client.meeting({});
  const watcher = await enter(link, 'bob');
  const page = await enter(link, 'ann');
  await page.publish('audio');
  await page.attach();
  const id = `${page.answer.participantId}-screen`;
  assert.equal((await page.join({ id })).videoroom, 'joined');
  await page.publish('audio', 'video');
  await until(async () => (await stack.rows('SELECT id FROM connections WHERE session_id = ?', [page.answer.sessionId])).length === 3, 'all handles');
  assert.equal((await mute(link, 'ann')).status, 204);
  await until(() => watcher.moderation(id).join() === '0 muted' && watcher.moderation(page.answer.participantId).join() === '0 muted', 'both');
});

test('mute: subscribers have nothing to mute, and absent people cannot be muted', async () => {
  const link = await client.meeting({});
  await client.token(link, { data: 'late' });
  assertError(await mute(link, 'late'), 404, 'NotFoundError');
  const viewer = await enter(link, 'vic', 'subscriber');
  const page = await enter(link, 'ann');
  await here(link, 'ann', 'vic');
  assert.equal((await mute(link, 'vic')).status, 204);
  page.kill();
  viewer.kill();
  await here(link);
  for (const who of ['ann', 'vic']) assertError(await mute(link, who), 404, 'NotFoundError');
});

test('mute: a connection that is only in the table is not in the meeting', async () => {
  const link = await client.meeting({});
  const { sessionId: room } = await client.token(link, { data: 'ann' });
  const event = joinedEvent(secret, { room, attendee: 'ann', id: 'x', session: 4711, handle: 4712, at: Date.now() * 1000 });
  await client.events([event]);
  await here(link, 'ann');
  assertError(await mute(link, 'ann'), 404, 'NotFoundError');
});

test('remove: all devices of the person at once, also of subscribers, with the reason, and nobody else', async () => {
  const link = await client.meeting({});
  const before = Date.now();
  const desk = await enter(link, ODD, 'moderator');
  const phone = await enter(link, ODD);
  const viewer = await enter(link, ODD, 'subscriber');
  const bob = await enter(link, 'bob');
  const room = bob.answer.sessionId;
  await until(async () => (await client.attendees(link)).find((one) => one.attendee === ODD)?.connections === 3, 'three devices');
  assert.equal((await remove(link, ODD)).status, 204);
  for (const page of [desk, phone, viewer]) assert.ok(!(await there(page)), 'a session is left');
  assert.ok(await there(bob));
  const one = (await client.attendees(link)).find(({ attendee }) => attendee === ODD);
  assert.equal(one.isDeleted, true);
  assert.equal(one.connections, 0);
  assert.ok(Date.parse(one.leftOn) >= before && Date.parse(one.leftOn) <= Date.now() + 1000);
  const rows = await stack.rows('SELECT left_event FROM connections WHERE session_id = ? AND attendee = ?', [room, ODD]);
  assert.deepEqual(rows.map((row) => row.left_event), ['removed', 'removed', 'removed']);
  await here(link, 'bob');
  assert.deepEqual(await admin.allowed(room), ['bob']);
  const attendance = await client.call('GET', `/session/${link}/attendance`, { headers: { accept: 'application/json' } });
  assert.deepEqual(attendance.body.filter((stay) => stay.identity === ODD).map((stay) => stay.reason), ['removed']);
  // The events that follow say nothing new.
  await until(async () => (await stack.rows("SELECT id FROM connection_ends WHERE session_id = ? AND event = 'detached'", [room])).length >= 3, 'the events');
  const after = await stack.rows('SELECT left_event FROM connections WHERE session_id = ? AND attendee = ?', [room, ODD]);
  assert.deepEqual(after, rows);
});

test('remove: the person gets no token in any role in this meeting, and a second removal changes nothing', async () => {
  const link = await client.meeting({});
  const other = await client.meeting({});
  const { sessionId: room } = await client.token(link, { data: 'ann' });
  await client.token(link, { data: 'anna' });
  assert.equal((await remove(link, 'ann')).status, 204);
  const first = await bans(room);
  for (const role of ['subscriber', 'publisher', 'moderator']) assertPutOut(await ask(link, 'ann', role));
  assertPutOut(await client.call('POST', `/session/${link}/token`, { auth: { sub: 'ann', meetingLinkId: link } }));
  assert.equal((await ask(link, 'anna')).status, 200);
  assert.equal((await ask(other, 'ann')).status, 200);
  assert.equal((await remove(link, 'ann')).status, 204);
  assert.deepEqual((await bans(room)).map((row) => row.banned_on), first.map((row) => row.banned_on));
  assert.deepEqual(await admin.allowed(room), ['anna']);
});

test('remove: a person who is known from events only', async () => {
  const link = await client.meeting({});
  const { sessionId: room } = await client.token(link, { data: 'bob' });
  await client.events([attachedEvent(secret, { room, attendee: 'ghost', at: Date.now() * 1000 })]);
  assert.equal((await remove(link, 'ghost')).status, 204);
  assert.ok(!(await active(link)).includes('ghost'));
  assertPutOut(await ask(link, 'ghost', 'moderator'));
});

test('a token for that meeting alone, with the permission, may remove people', async () => {
  const link = await client.meeting({});
  await client.token(link, { data: 'ann' });
  assert.equal((await remove(link, 'ann', { auth: { meetingLinkId: link, permissions: ['StopMeeting'] } })).status, 204);
});

test('a moderator\'s invite mutes, removes and readmits in its meeting; other invites do not', async () => {
  const link = await client.meeting({});
  const other = await client.meeting({});
  for (const one of [link, other]) await client.token(one, { data: 'ann' });
  const page = await enter(link, 'ann');
  await here(link, 'ann');
  const invite = async (role) => `Bearer ${(await client.call('POST', `/session/${link}/invites`, { body: { role } })).body.token}`;
  const moderator = await invite('moderator');
  for (const auth of [await invite('publisher'), await invite('subscriber')])
    for (const operation of Object.values(OPERATIONS)) assertError(await operation(link, 'ann', { auth }), 403, 'ForbiddenError');
  for (const operation of Object.values(OPERATIONS)) {
    assertError(await operation(other, 'ann', { auth: moderator }), 403, 'ForbiddenError');
    assert.equal((await operation(link, 'ann', { auth: moderator })).status, 204);
  }
  assert.ok(!(await there(page)));
});

test('a removed guest cannot come back with the same invite or guest value', async () => {
  const link = await client.meeting({});
  const { token } = (await client.call('POST', `/session/${link}/invites`, { body: { role: 'publisher', name: 'Ms Meyer' } })).body;
  const named = await client.call('POST', `/session/${link}/token`, { auth: `Bearer ${token}` });
  assert.equal((await remove(link, named.body.attendee)).status, 204);
  assertPutOut(await client.call('POST', `/session/${link}/token`, { auth: `Bearer ${token}` }));
  const open = `Bearer ${(await client.call('POST', `/session/${link}/invites`, { body: { role: 'publisher' } })).body.token}`;
  const guest = (await client.call('POST', `/session/${link}/token`, { auth: open })).body;
  assert.equal((await remove(link, guest.attendee)).status, 204);
  assertPutOut(await client.call('POST', `/session/${link}/token`, { auth: open, body: { guest: guest.guest } }));
});

test('a banned person with valid tokens comes in no more, by any of them', async () => {
  const link = await client.meeting({});
  const sends = await client.token(link, { data: 'ann' });
  const watches = await client.token(link, { data: 'ann', role: 'subscriber' });
  assert.equal((await remove(link, 'ann')).status, 204);
  for (const token of [sends, watches]) {
    const page = new Page(token);
    assert.notEqual((await page.open()).janus, 'success');
    await until(() => page.closed, 'the connection to be ended');
  }
  // A token that nobody gave them, signed with Janus' own key.
  const sly = new Page({ ...sends, token: coreToken(secret, { room: sends.sessionId, attendee: 'ann', role: 'moderator' }) });
  assert.equal((await sly.open()).error?.code, 403);
  assert.deepEqual(await active(link), []);
});

test('a banned person who attached and never joined loses the session too', async () => {
  const link = await client.meeting({});
  const page = await Page.watch(await client.token(link, { data: 'ann' }));
  const bystander = await Page.watch(await client.token(link, { data: 'bob' }));
  assert.ok(await there(page));
  assert.equal((await remove(link, 'ann')).status, 204);
  await gone(page, 5000);
  assert.ok(await there(bystander));
});

test('attaching without joining is no attendance', async () => {
  const link = await client.meeting({});
  const page = await Page.watch(await client.token(link, { data: 'ann', role: 'moderator' }));
  await stack.hurry('reconcile');
  await until(async () => (await stack.rows("SELECT id FROM jobs WHERE kind = 'reconcile' AND due > UTC_TIMESTAMP(3)")).length === 1, 'the reconciler');
  assert.ok(await there(page));
  assert.deepEqual(await client.attendees(link), []);
});

test('readmit: a new token works at once, in the role given and in others', async () => {
  const link = await client.meeting({});
  const old = await client.token(link, { data: 'ann' });
  for (let round = 0; round < 3; round++) {
    assert.equal((await remove(link, 'ann')).status, 204);
    assertPutOut(await ask(link, 'ann'));
    assert.equal((await readmit(link, 'ann', { body: 'ignored' })).status, 204);
    assert.deepEqual(await bans(old.sessionId), []);
    const page = await enter(link, 'ann', ['publisher', 'moderator', 'publisher'][round]);
    await here(link, 'ann');
    assert.ok(await there(page));
    page.kill();
    await here(link);
  }
  const viewer = await enter(link, 'ann', 'subscriber');
  await here(link, 'ann');
  assert.ok(await there(viewer));
});

test('readmit: changes nothing for a person who was not removed', async () => {
  const link = await client.meeting({});
  const page = await enter(link, 'ann');
  const rows = () => stack.rows('SELECT * FROM grants WHERE session_id = ?', [page.answer.sessionId]);
  const before = await rows();
  assert.equal((await readmit(link, 'ann')).status, 204);
  assert.deepEqual(await rows(), before);
  assert.ok(await there(page));
});

test('twenty requests at once remove a person, and twenty readmit the person', async () => {
  const link = await client.meeting({});
  const page = await enter(link, 'ann');
  const room = page.answer.sessionId;
  for (const answer of await Promise.all(Array.from({ length: 20 }, () => remove(link, 'ann')))) assert.equal(answer.status, 204);
  await gone(page); // the event of her coming may have been later than all of them
  assert.deepEqual(await admin.allowed(room), []);
  for (const answer of await Promise.all(Array.from({ length: 20 }, () => readmit(link, 'ann')))) assert.equal(answer.status, 204);
  assert.deepEqual(await bans(room), []);
  await enter(link, 'ann');
});
