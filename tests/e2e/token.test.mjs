// POST /session/{id}/token: roles, limits, times, and what the answer holds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, assertError, assertFaults } from './lib/client.mjs';
import { Admin } from './lib/janus.mjs';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);
const row = async (link) => (await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [link]))[0];
const GENERATE = ['GenerateMeetingToken'];

test('the answer holds what the client needs', async () => {
  const link = await client.meeting({});
  const before = Date.now();
  const answer = await client.token(link);
  assert.equal(answer.provider, 'janus');
  assert.equal(answer.role, 'publisher');
  assert.equal(answer.url, `${stack.conf.PUBLIC_URL.replace('http', 'ws')}/rtc`);
  assert.equal(answer.endToEndEncryption, false);
  assert.deepEqual(answer.iceServers, []);
  assert.match(answer.participantId, /^[A-Za-z0-9_-]{25}$/);
  assert.ok(Math.abs(Date.parse(answer.expiresAt) - before - 7200_000) < 5000);
  assert.equal(answer.sessionId, String((await row(link)).session_id));
});

test('the participant id begins with the person, and ends with the device', async () => {
  const link = await client.meeting({});
  const one = await client.token(link, { data: 'a' });
  const two = await client.token(link, { data: 'a' });
  assert.notEqual(one.participantId, two.participantId);
  assert.equal(one.participantId.slice(0, 17), two.participantId.slice(0, 17));
});

test('participantId: a device renews its token; ids of others, other meetings and other lengths are not used', async () => {
  const link = await client.meeting({});
  const ask = async (body) => (await client.token(link, body)).participantId;
  const own = await ask({ data: 'a' });
  assert.equal(await ask({ data: 'a', participantId: own }), own);
  const elsewhere = (await client.token(await client.meeting({}), { data: 'a' })).participantId;
  for (const participantId of [await ask({ data: 'b' }), elsewhere, `${own}x`, own.slice(0, -1), `${own.slice(0, -1)}"`, `${own.slice(0, -1)}/`]) {
    const given = await ask({ data: 'a', participantId });
    assert.notEqual(given, participantId);
    assert.equal(given.slice(0, 17), own.slice(0, 17));
  }
  for (const participantId of ['', 'x'.repeat(256), 7, {}])
    assertFaults(await client.call('POST', `/session/${link}/token`, { body: { participantId } }), '/participantId');
});

test('Janus\' allowed list never has more than one entry for a person', async () => {
  const link = await client.meeting({});
  const answer = await client.token(link, { data: 'a' });
  for (const role of ['publisher', 'moderator', 'subscriber', 'publisher']) await client.token(link, { data: 'a', role, name: `n-${role}` });
  await client.token(link, { data: 'b' });
  const conf = stack.conf;
  const found = await admin.plugin({ request: 'listparticipants', room: answer.sessionId });
  assert.equal(found.videoroom, 'participants');
  // Adding nothing answers with the whole list; the room's secret is derived as the service does.
  const { createHmac } = await import('node:crypto');
  const secret = createHmac('sha256', conf.SERVICE_SECRET).update(`room-secret\0${answer.sessionId}`).digest('base64url');
  const list = await admin.plugin({ request: 'allowed', room: answer.sessionId, secret, action: 'add', allowed: [] });
  assert.equal(list.allowed.length, 2, JSON.stringify(list));
});

test('roles are bounded by the claim, and by StopMeeting', async () => {
  const link = await client.meeting({});
  const ask = (role, auth) => client.call('POST', `/session/${link}/token`, { body: { role }, auth });
  assert.equal((await ask('moderator', {})).status, 200);
  assertError(await ask('moderator', { permissions: GENERATE }), 403, 'ForbiddenError');
  assert.equal((await ask('publisher', { permissions: GENERATE })).status, 200);
  assert.equal((await ask('moderator', { permissions: GENERATE, meetingRole: 'moderator' })).status, 200);
  assertError(await ask('publisher', { meetingRole: 'subscriber' }), 403, 'ForbiddenError');
  assert.equal((await ask('subscriber', { meetingRole: 'subscriber' })).status, 200);
  const without = await client.call('POST', `/session/${link}/token`, { auth: { meetingRole: 'subscriber' } });
  assert.equal(without.body.role, 'subscriber');
});

test('a token for one meeting cannot be used for another, nor say who the attendee is', async () => {
  const link = await client.meeting({});
  const other = await client.meeting({});
  const auth = { meetingLinkId: link };
  assert.equal((await client.call('POST', `/session/${link}/token`, { auth })).status, 200);
  assertError(await client.call('POST', `/session/${link}/token`, { auth, body: { data: 'x' } }), 403, 'ForbiddenError');
  assertError(await client.call('POST', `/session/${other}/token`, { auth }), 403, 'ForbiddenError');
  assertError(await client.call('GET', `/session/${other}/attendees`, { auth }), 403, 'ForbiddenError');
  assertError(await client.call('PATCH', `/session/${other}/end`, { auth }), 403, 'ForbiddenError');
  assertError(await client.call('POST', '/session', { auth }), 403, 'ForbiddenError');
  assertError(await client.call('GET', `/archives?meetingLinkId=${other}`, { auth }), 403, 'ForbiddenError');
  assert.equal((await client.call('GET', '/archives', { auth })).body.count, 0);
});

test('expireTime: text and milliseconds, not in the past, not beyond 30 days', async () => {
  const link = await client.meeting({});
  const ask = (expireTime) => client.call('POST', `/session/${link}/token`, { body: { expireTime } });
  const at = new Date(Date.now() + 600_000);
  assert.equal((await ask(at.toISOString())).body.expiresAt, at.toISOString());
  assert.equal((await ask(at.getTime())).body.expiresAt, at.toISOString());
  for (const bad of ['2020-01-01T00:00:00Z', 1000, new Date(Date.now() + 31 * 86400_000).toISOString()]) {
    const answer = await ask(bad);
    assertError(answer, 400, 'BadRequestError');
    assert.equal(answer.body.error.code, 'EXPIRE_TIME');
  }
  assertError(await ask('soon'), 400, 'BadRequestError');
  assertFaults(await ask([]), '/expireTime');
  assertFaults(await ask(1.5), '/expireTime');
  assertFaults(await ask(null), '/expireTime');
});

test('unknown role, long data and wrong types are 422, all at once', async () => {
  const link = await client.meeting({});
  const ask = (body) => client.call('POST', `/session/${link}/token`, { body });
  assertFaults(await ask({ role: 'king', data: 'é'.repeat(501), name: 'x'.repeat(256) }), '/role', '/data', '/name');
  assertFaults(await ask({ role: 1, data: {}, name: false }), '/role', '/data', '/name');
  for (const data of ['', '.', '..']) assertFaults(await ask({ data }), '/data'); // no path can name these
  assert.equal((await ask({ data: 'é'.repeat(500), name: 'ü'.repeat(255) })).status, 200);
});

test('a scheduled meeting opens TIME_TO_START before its time, and says when', async () => {
  const time = new Date(Date.now() + 3600_000);
  const link = await client.meeting({ isScheduled: true, scheduleTime: time.toISOString() });
  const answer = await client.call('POST', `/session/${link}/token`);
  assertError(answer, 400, 'BadRequestError');
  assert.equal(answer.body.error.code, 'MEETING_NOT_OPEN');
  assert.equal(answer.body.error.details[0].info.opensAt, new Date(time.getTime() - 1800_000).toISOString());
  assert.equal((await row(link)).start_time, null);
  const near = await client.meeting({ isScheduled: true, scheduleTime: new Date(Date.now() + 60_000).toISOString() });
  await client.token(near);
});

test('startTime is set once, by the first success, under concurrency too', async () => {
  const link = await client.meeting({});
  assertFaults(await client.call('POST', `/session/${link}/token`, { body: { role: 'king' } }), '/role');
  assert.equal((await row(link)).start_time, null);
  await Promise.all(Array.from({ length: 20 }, (_, i) => client.token(link, { data: `p${i}` })));
  const started = (await row(link)).start_time;
  assert.ok(started);
  await client.token(link, { data: 'late' });
  assert.equal((await row(link)).start_time, started);
});

test('a token request that overlaps the end leaves no room behind', async () => {
  for (let i = 0; i < 25; i++) {
    const link = await client.meeting({});
    const session = String((await row(link)).session_id);
    const asked = Promise.all(
      ['subscriber', 'publisher', 'moderator'].map((role) =>
        client.call('POST', `/session/${link}/token`, { body: { role, data: role } })),
    );
    const ended = client.call('PATCH', `/session/${link}/end`);
    for (const answer of await asked) assert.ok([200, 400].includes(answer.status), answer.text);
    assert.equal((await ended).status, 204);
    assert.ok(!(await admin.rooms()).includes(session), 'a room was left behind');
  }
});
