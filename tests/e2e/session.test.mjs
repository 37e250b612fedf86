// POST /session, PATCH /session/{id} and PATCH /session/{id}/end: the rows of the contract.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CgiClient } from './lib/cgi.mjs';
import { Client, assertError, assertFaults } from './lib/client.mjs';
import { DatabaseProxy } from './lib/database.mjs';
import { Admin, Page } from './lib/janus.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);
const soon = (ms) => new Date(Date.now() + ms).toISOString();
const row = async (link) => (await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [link]))[0];
const count = async () => Number((await stack.rows('SELECT COUNT(*) AS n FROM meetings'))[0].n);

test('a meeting is created by an empty, an absent and a filled body', async () => {
  for (const body of [undefined, '', {}, { extId: 'x', extMetadata: { a: [1, null, 'ä'] }, unknown: 1 }]) {
    const answer = await client.call('POST', '/session', { body });
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.text, /^[A-Za-z0-9_-]{10}$/);
    assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(answer.headers.location, `/session/${answer.text}`);
    assert.match(answer.headers['x-request-id'], /^[0-9a-f]{32}$/);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  }
});

test('the given values are kept', async () => {
  const scheduleTime = soon(3600_000);
  const link = await client.meeting({ isScheduled: true, scheduleTime, extId: 'é'.repeat(255), extMetadata: { n: 1.5, s: 'x\u0000y' } });
  const found = await row(link);
  assert.equal(found.is_scheduled, 1);
  assert.equal(found.schedule_time, scheduleTime.replace('T', ' ').replace('Z', ''));
  assert.equal(found.ext_id, 'é'.repeat(255));
  assert.deepEqual(JSON.parse(found.ext_metadata), { n: 1.5, s: 'x\u0000y' });
  assert.equal(String(found.created_by), 'tester');
  assert.equal(found.start_time, null);
});

test('the form follows Accept: text on a tie, JSON when it is preferred, 406 for neither', async () => {
  const form = async (accept) => {
    const answer = await client.call('POST', '/session', { headers: accept === undefined ? {} : { accept } });
    return answer.status === 200 ? answer.headers['content-type'].split(';')[0] : answer.status;
  };
  assert.equal(await form(undefined), 'text/plain');
  assert.equal(await form('*/*'), 'text/plain');
  assert.equal(await form('application/json, text/plain'), 'text/plain');
  assert.equal(await form('application/json'), 'application/json');
  assert.equal(await form('text/plain;q=0.4, application/json;q=0.5'), 'application/json');
  assert.equal(await form('text/*;q=0.9, application/json;q=0.8'), 'text/plain');
  assert.equal(await form('*/*;q=0.1, application/json'), 'application/json');
  assert.equal(await form('text/plain;q=0, */*'), 'application/json');
  assert.equal(await form('image/png'), 406);
  const before = await count();
  assertError(await client.call('POST', '/session', { headers: { accept: 'text/html' } }), 406, 'NotAcceptableError');
  assert.equal(await count(), before);
});

test('wrong types are 422, all faults at once, and nothing is created', async () => {
  const before = await count();
  assertFaults(
    await client.call('POST', '/session', {
      body: { isScheduled: 'false', scheduleTime: true, enableArchiving: 1, endToEndEncryption: null, extId: 7, extMetadata: [] },
    }),
    '/isScheduled', '/scheduleTime', '/enableArchiving', '/endToEndEncryption', '/extId', '/extMetadata',
  );
  assertFaults(await client.call('POST', '/session', { body: { extId: 'é'.repeat(256) } }), '/extId');
  assertFaults(await client.call('POST', '/session', { body: { extMetadata: { a: 'x'.repeat(65536) } } }), '/extMetadata');
  let deep = {};
  for (let i = 0; i < 16; i++) deep = { a: deep };
  assertFaults(await client.call('POST', '/session', { body: { extMetadata: deep } }), '/extMetadata');
  assertFaults(await client.call('POST', '/session', { body: { scheduleTime: soon(10000) } }), '/scheduleTime');
  assertFaults(await client.call('POST', '/session', { body: { isScheduled: true, scheduleTime: 1.5 } }), '/scheduleTime');
  assertFaults(await client.call('POST', '/session', { body: { extMetadata: { a: { b: [2 ** 60] } } } }), '/extMetadata/a/b/0');
  for (const body of ['null', '[]', '7', '"x"']) assertFaults(await client.call('POST', '/session', { body }), '');
  assert.equal(await count(), before);
});

test('a broken rule is 400', async () => {
  const bad = (body) => client.call('POST', '/session', { body });
  assertError(await bad({ isScheduled: true }), 400, 'BadRequestError');
  assertError(await bad({ isScheduled: true, scheduleTime: 'tomorrow' }), 400, 'BadRequestError');
  assertError(await bad({ isScheduled: true, scheduleTime: '2020-01-01T00:00:00Z' }), 400, 'BadRequestError');
  assertError(await bad({ isScheduled: true, scheduleTime: 1000 }), 400, 'BadRequestError');
  assertError(await bad({ endToEndEncryption: true, enableArchiving: true }), 400, 'BadRequestError');
  assertError(await bad({ extId: 'a\u0000b' }), 400, 'BadRequestError');
});

test('dates are RFC 3339 with any offset or epoch milliseconds, up to the year 9999', async () => {
  for (const [scheduleTime, kept] of [
    ['9999-12-31T23:59:59.999Z', '9999-12-31 23:59:59.999'],
    ['2099-01-01T02:00:00.1239+02:00', '2099-01-01 00:00:00.123'],
    ['2099-02-28t23:30:00-01:00', '2099-03-01 00:30:00.000'],
    [4102444800123, '2100-01-01 00:00:00.123'],
  ]) {
    const link = await client.meeting({ isScheduled: true, scheduleTime });
    assert.equal((await row(link)).schedule_time, kept);
  }
});

test('the same Idempotency-Key gets the same answer and creates nothing', async () => {
  const headers = { 'idempotency-key': `key-${Math.random()}` };
  const first = await client.call('POST', '/session', { body: { extId: 'once' }, headers });
  const before = await count();
  const again = await client.call('POST', '/session', { body: { extId: 'once' }, headers });
  assert.equal(again.status, 200);
  assert.equal(again.text, first.text);
  assertFaults(await client.call('POST', '/session', { body: { extId: 'other' }, headers }), '');
  assert.equal(await count(), before);
  const other = await client.call('POST', '/session', { body: { extId: 'once' }, headers, auth: { sub: 'somebody else' } });
  assert.notEqual(other.text, first.text);
  assertError(await client.call('POST', '/session', { headers: { 'idempotency-key': 'x'.repeat(256) } }), 400, 'BadRequestError');
});

test('twenty requests at once with one Idempotency-Key make one meeting', async () => {
  const headers = { 'idempotency-key': `key-${Math.random()}` };
  const extId = `one-${Math.random()}`;
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => client.call('POST', '/session', { body: { extId }, headers })),
  );
  const good = answers.filter((answer) => answer.status === 200);
  assert.ok(good.length >= 1);
  assert.equal(new Set(good.map((answer) => answer.text)).size, 1);
  for (const answer of answers.filter((answer) => answer.status !== 200)) {
    assertError(answer, 409, 'ConflictError');
    assert.equal(answer.headers['retry-after'], '1');
  }
  assert.equal((await stack.rows('SELECT * FROM meetings WHERE ext_id = ?', [extId])).length, 1);
});

test('a failed request frees its Idempotency-Key', async () => {
  const headers = { 'idempotency-key': `key-${Math.random()}` };
  const body = { isScheduled: true, scheduleTime: '2020-01-01T00:00:00Z' };
  assertError(await client.call('POST', '/session', { body, headers }), 400, 'BadRequestError');
  assert.equal((await client.call('POST', '/session', { body: {}, headers })).status, 200);
});

test('PATCH changes the given members and leaves the rest', async () => {
  const link = await client.meeting({ extId: 'old', extMetadata: { a: 1 } });
  const scheduleTime = soon(7200_000);
  const patch = (body) => client.call('PATCH', `/session/${link}`, { body });
  assert.equal((await patch({ isScheduled: true, scheduleTime, uploadTarget: 'there' })).status, 204);
  let found = await row(link);
  assert.equal(found.is_scheduled, 1);
  assert.equal(found.schedule_time, scheduleTime.replace('T', ' ').replace('Z', ''));
  assert.equal(found.upload_target, 'there');
  assert.equal(found.ext_id, 'old');
  assert.equal((await patch({ extId: 'new', extMetadata: { b: 2 } })).status, 204);
  assert.equal((await patch({})).status, 204);
  found = await row(link);
  assert.equal(found.ext_id, 'new');
  assert.equal(found.ext_metadata, '{"b":2}');
  assert.equal(found.is_scheduled, 1);
  assert.equal((await patch({ isScheduled: false })).status, 204);
  found = await row(link);
  assert.equal(found.is_scheduled, 0);
  assert.equal(found.schedule_time, null);
  assert.equal((await patch({ isScheduled: true })).status, 400);
  assert.equal((await patch({ isScheduled: true, scheduleTime: '2001-01-01T00:00:00Z' })).status, 400);
});

test('PATCH takes the present value of the service\'s own fields and names those with another one', async () => {
  const link = await client.meeting({});
  const found = await row(link);
  const iso = (text) => `${text.replace(' ', 'T')}Z`;
  const same = {
    id: Number(found.id), sessionId: String(found.session_id), meetingLink: link, createdOn: iso(found.created_on),
    modifiedOn: iso(found.modified_on), createdBy: 'tester', modifiedBy: 'tester', deleted: false, deletedOn: null, deletedBy: null,
  };
  assert.equal((await client.call('PATCH', `/session/${link}`, { body: same })).status, 204);
  assertFaults(
    await client.call('PATCH', `/session/${link}`, {
      body: { id: 0, sessionId: 'x', meetingLink: 'y', createdOn: soon(0), createdBy: 'z', startTime: soon(0), archiveId: 'a', deletedBy: 'me' },
    }),
    '/id', '/sessionId', '/meetingLink', '/createdOn', '/createdBy', '/startTime', '/archiveId', '/deletedBy',
  );
  assertFaults(await client.call('PATCH', `/session/${link}`, { body: { nonsense: 1, isScheduled: 'yes', extId: null } }), '/nonsense', '/isScheduled');
  assertFaults(await client.call('PATCH', `/session/${link}`, { body: { uploadTarget: 'x'.repeat(256) } }), '/uploadTarget');
});

test('isArchived: not on an encrypted meeting, not after the start', async () => {
  const encrypted = await client.meeting({ endToEndEncryption: true });
  assertError(await client.call('PATCH', `/session/${encrypted}`, { body: { isArchived: true } }), 400, 'BadRequestError');
  const link = await client.meeting({});
  assert.equal((await client.call('PATCH', `/session/${link}`, { body: { isArchived: true } })).status, 204);
  assert.ok((await row(link)).archive_id);
  await client.token(link);
  assertError(await client.call('PATCH', `/session/${link}`, { body: { isArchived: false } }), 400, 'BadRequestError');
});

test('deleted: true hides the meeting, and ends it when it runs', async () => {
  const link = await client.meeting({});
  const answer = await client.token(link, { data: 'somebody' });
  assert.ok((await admin.rooms()).includes(answer.sessionId));
  assert.equal((await client.call('PATCH', `/session/${link}`, { body: { deleted: true } })).status, 204);
  const found = await row(link);
  assert.equal(found.deleted, 1);
  assert.equal(String(found.deleted_by), 'tester');
  assert.ok(found.deleted_on && found.end_time);
  assert.ok(!(await admin.rooms()).includes(answer.sessionId));
  for (const [method, path] of [['PATCH', ''], ['PATCH', '/end'], ['POST', '/token'], ['GET', '/attendees']])
    assertError(await client.call(method, `/session/${link}${path}`), 404, 'NotFoundError');
});

test('a meeting that is deleted while its first token is made leaves no room', async () => {
  const proxy = await DatabaseProxy.open(stack);
  try {
    for (const statement of ['UPDATE meetings SET version = version + 1, start_time', 'INSERT INTO grants']) {
      const link = await client.meeting({});
      const hold = proxy.hold(statement);
      const token = new CgiClient(stack, { DB_SOCKET: proxy.socket }).call('POST', `/session/${link}/token`, { body: {} });
      await hold.held;
      const room = String((await row(link)).session_id);
      assert.ok((await admin.rooms()).includes(room));
      assert.equal((await client.call('PATCH', `/session/${link}`, { body: { deleted: true } })).status, 204);
      hold.release();
      const { status, text } = await token;
      assert.ok([400, 404].includes(status), text);
      await until(async () => {
        await stack.hurry('room-end');
        return !(await admin.rooms()).includes(room);
      }, 'the room to be gone');
      const { start_time, token_until, end_time } = await row(link);
      assert.deepEqual([start_time, token_until], [null, null]);
      assert.ok(end_time);
    }
  } finally {
    await proxy.close();
  }
});

test('unknown meetings are 404 everywhere', async () => {
  for (const [method, path] of [['PATCH', ''], ['PATCH', '/end'], ['POST', '/token'], ['GET', '/attendees']])
    assertError(await client.call(method, `/session/doesNotExi${path}`), 404, 'NotFoundError');
});

test('end destroys the room, closes all stays, and succeeds once', async () => {
  const link = await client.meeting({});
  const alice = await Page.join(await client.token(link, { data: 'alice', role: 'moderator' }));
  const bob = await Page.watch(await client.token(link, { data: 'bob', role: 'subscriber' }));
  await until(async () => (await client.attendees(link, '?active=true')).length === 2, 'both to be in');
  assert.equal((await client.call('PATCH', `/session/${link}/end`, { body: '{nonsense' })).status, 204);
  assert.ok(!(await admin.rooms()).includes(alice.answer.sessionId));
  assert.deepEqual(await client.attendees(link, '?active=true'), []);
  await until(async () => !(await admin.sessions()).includes(bob.session), 'the viewer to be out');
  await until(async () => !(await admin.sessions()).includes(alice.session), 'the sender to be out');
  const again = await client.call('PATCH', `/session/${link}/end`);
  assertError(again, 400, 'BadRequestError');
  assert.equal(again.body.error.code, 'MEETING_ENDED');
  const token = await client.call('POST', `/session/${link}/token`);
  assertError(token, 400, 'BadRequestError');
  assert.equal(token.body.error.code, 'MEETING_ENDED');
  assertError(await client.call('PATCH', `/session/${link}`, { body: { extId: 'x' } }), 400, 'BadRequestError');
});
