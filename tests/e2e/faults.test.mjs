// Twenty faults of a widely used service with the same interface: Confab has none of them.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';
import { CgiClient } from './lib/cgi.mjs';
import { Client, assertError, assertFaults } from './lib/client.mjs';
import * as janus from './lib/janus.mjs';
import { listen, patience, sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const admin = new janus.Admin(stack);
const secret = stack.conf.JANUS_TOKEN_SECRET;
const T = Date.now() * 1000;
const row = async (link) => (await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [link]))[0];
const roomOf = async (link) => String((await row(link)).session_id);
const patch = (link, body) => client.call('PATCH', `/session/${link}`, { body });

test('fault 1: webhooks that write answer 500, so attendees are never kept', async () => {
  const link = await client.meeting({});
  const answer = await client.events([janus.joinedEvent(secret, { room: await roomOf(link), attendee: 'a', id: 'a', at: T })]);
  assert.equal(answer.status, 204);
  assert.equal((await client.attendees(link)).length, 1);
});

// A server in the place of the Admin API, which answers wrongly or never.
async function peer(context, onRequest) {
  const server = http.createServer(onRequest);
  const port = await listen(server);
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return new CgiClient(stack, { GATE_CONTROL: `127.0.0.1:${port}`, PROVIDER_TIMEOUT_MS: '500' });
}

test('fault 2: an error from the provider while creating a meeting ends the process', async (context) => {
  for (const [status, body] of [[500, 'PRIVATE'], [200, 'PRIVATE'], [200, '{}'], [200, '[]'], [200, '{"janus":"error","error":{"code":403,"reason":"PRIVATE"}}'], [200, '{"janus":"success","response":{"error_code":499,"error":"PRIVATE"}}']]) {
    const there = await peer(context, (request, response) => response.writeHead(status).end(body));
    const link = await there.meeting({});
    const answer = await there.call('POST', `/session/${link}/token`);
    assert.ok([502, 503].includes(answer.status), `${status} ${body}: ${answer.status} ${answer.text}`);
    assertError(answer, answer.status, answer.status === 502 ? 'BadGatewayError' : 'ServiceUnavailableError');
    assert.ok(!answer.text.includes('PRIVATE'));
    assert.equal((await row(link)).start_time, null);
    assert.equal((await client.call('POST', `/session/${link}/token`)).status, 200);
  }
});

test('fault 3: webhooks are taken from anybody and for sessions that do not exist', async () => {
  const events = [janus.joinedEvent(secret, { room: 'nowhere', attendee: 'a', id: 'a', at: T })];
  assertError(await client.events(events, { password: 'x' }), 401, 'UnauthorizedError');
  assertError(await client.call('POST', '/webhooks/session', { auth: null, body: events }), 401, 'UnauthorizedError');
  assert.equal((await client.events(events)).status, 204);
  assert.equal((await stack.rows("SELECT * FROM attendees WHERE session_id = 'nowhere'")).length, 0);
});

test('fault 4: {"neq":"x"} or a missing field in a webhook marks other people as gone', async () => {
  const link = await client.meeting({});
  const room = await roomOf(link);
  await client.events([janus.joinedEvent(secret, { room, attendee: 'a', id: 'a', at: T })]);
  for (const id of [{ neq: 'x' }, ['a'], 5, null, undefined, true])
    assertError(await client.events([janus.participantEvent('leaving', { room, id, at: T + 1 })], { check: false }), 400, 'BadRequestError');
  for (const where of [{ neq: 'x' }, undefined, 7])
    assertError(await client.events([janus.destroyedEvent({ room: where, at: T + 1 })], { check: false }), 400, 'BadRequestError');
  assert.equal((await client.attendees(link, '?active=true')).length, 1);
});

test('fault 5: distinct bad requests grow memory and a file without bound', async () => {
  const { readFileSync, statSync } = await import('node:fs');
  const sanitized = readFileSync(`${stack.build}/confab.fcgi`).includes('__asan_init'); // it keeps freed memory
  const memory = () =>
    stack.children('pool').map((pid) => Number(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Private_Dirty: +(\d+)/m)[1])).reduce((a, b) => a + b, 0);
  const bad = async (count) => {
    for (let i = 0; i < count; i += 50)
      await Promise.all(Array.from({ length: 50 }, (_, k) => client.call('POST', '/session', { body: `{"${Math.random()}${k}${'x'.repeat(10000)}":${'['.repeat(40)}`, check: false })));
  };
  await bad(500);
  const start = memory();
  await bad(3000);
  assert.ok(sanitized || memory() < start + 4096, `private memory grew from ${start} to ${memory()} kB`);
  assert.ok(statSync(stack.conf.METRICS_FILE).size < 1 << 20);
});

test('fault 6: text from one caller\'s request comes back in another\'s error; {{x}} is run as a template', async () => {
  await client.call('POST', '/session', { body: { extId: 'PRIVATE'.repeat(50) } });
  for (const path of ['/%7B%7Bx%7D%7D', '/session/%7B%7B7*7%7D%7D/attendees'])
    for (let i = 0; i < 10; i++) {
      const answer = await client.call('GET', path, { check: false });
      assertError(answer, 404, 'NotFoundError');
      assert.ok(!/PRIVATE|49|\{\{/.test(answer.text), answer.text);
    }
});

test('fault 7: ISO expireTime is refused', async () => {
  const link = await client.meeting({});
  const expireTime = new Date(Date.now() + 3600_000).toISOString();
  assert.equal((await client.token(link, { expireTime })).expiresAt, expireTime);
});

test('fault 8: 500 on no body, null body, unknown role, long data, [] as time, dates after 2038, bad percent-encoding', async () => {
  const link = await client.meeting({});
  assert.equal((await client.call('POST', `/session/${link}/token`)).status, 200);
  assertFaults(await client.call('POST', `/session/${link}/token`, { body: 'null' }), '');
  assertFaults(await client.call('POST', `/session/${link}/token`, { body: { role: 'x', data: 'x'.repeat(1001), expireTime: [] } }), '/role', '/data', '/expireTime');
  assert.equal((await client.call('POST', '/session', { body: { isScheduled: true, scheduleTime: '2050-06-01T00:00:00Z' } })).status, 200);
  assertError(await client.call('GET', '/archives/%E0%A4%A'), 400, 'BadRequestError');
});

test('fault 9: archive ids are never stored, so an archive can be neither fetched nor deleted', async () => {
  const link = await client.meeting({ enableArchiving: true });
  await client.events([janus.publishedEvent({ room: await roomOf(link), at: Date.now() * 1000 })]);
  const id = (await client.call('GET', `/archives?meetingLinkId=${link}`)).body.items[0].metaData.id;
  assert.equal((await client.call('GET', `/archives/${id}`)).status, 200);
  await client.call('PATCH', `/session/${link}/end`);
  assert.equal((await client.call('DELETE', `/archives/${id}`)).status, 200);
});

test('fault 10: PATCH with {} moves the schedule to now, isScheduled is never stored, ended meetings can be edited', async () => {
  const scheduleTime = new Date(Date.now() + 3600_000).toISOString();
  const link = await client.meeting({});
  assert.equal((await patch(link, { isScheduled: true, scheduleTime })).status, 204);
  const before_ = await row(link);
  assert.equal(before_.is_scheduled, 1);
  assert.equal((await patch(link, {})).status, 204);
  const after_ = await row(link);
  assert.equal(after_.schedule_time, before_.schedule_time);
  assert.equal(after_.is_scheduled, 1);
  await client.call('PATCH', `/session/${link}/end`);
  assertError(await patch(link, { extId: 'x' }), 400, 'BadRequestError');
});

test('fault 11: twenty concurrent ends all succeed; twenty concurrent joins make twenty attendees', async () => {
  const link = await client.meeting({});
  const room = await roomOf(link);
  const joins = await Promise.all(Array.from({ length: 20 }, (_, i) => client.events([janus.joinedEvent(secret, { room, attendee: 'a', id: `a${i}`, at: T + i })])));
  assert.ok(joins.every((answer) => answer.status === 204));
  assert.equal((await client.attendees(link)).length, 1);
  const ends = await Promise.all(Array.from({ length: 20 }, () => client.call('PATCH', `/session/${link}/end`)));
  assert.deepEqual(ends.map((answer) => answer.status).sort(), [204, ...Array(19).fill(400)]);
});

test('fault 12: links match in another letter case and with a trailing blank', async () => {
  let link;
  do link = await client.meeting({});
  while (!/[a-z]/.test(link));
  for (const other of [link.toUpperCase(), `${link}%20`, `%20${link}`, `${link}%00`, link.slice(0, -1)]) {
    const answer = await client.call('GET', `/session/${other}/attendees`);
    assert.ok([400, 404].includes(answer.status), `${other}: ${answer.status}`);
  }
});

test('fault 13: a refused token request sets the start time; a failed create leaves a session at the provider', async () => {
  const link = await client.meeting({});
  await client.call('POST', `/session/${link}/token`, { body: { expireTime: 1 } });
  await client.call('POST', `/session/${link}/token`, { auth: { meetingRole: 'subscriber' }, body: { role: 'moderator' } });
  assert.equal((await row(link)).start_time, null);
  const rooms = (await admin.rooms()).length;
  assertError(await client.call('POST', '/session', { body: { isScheduled: true } }), 400, 'BadRequestError');
  await client.meeting({});
  assert.equal((await admin.rooms()).length, rooms);
});

test('fault 14: an unknown storage name is accepted and an empty configuration sent', async () => {
  assertFaults(await client.call('PUT', '/archives/storage-target', { body: { name: 'SOMETHING' } }), '/name');
  assertFaults(await client.call('PUT', '/archives/storage-target', { body: {} }), '/name');
});

test('fault 15: "false" counts as true', async () => {
  assertFaults(await client.call('POST', '/session', { body: { isScheduled: 'false' } }), '/isScheduled');
  assertFaults(await patch(await client.meeting({}), { deleted: 'false' }), '/deleted');
});

test('fault 16: an unknown meeting is 400 in one operation and 404 in the others', async () => {
  for (const [method, path] of [['PATCH', ''], ['PATCH', '/end'], ['POST', '/token'], ['GET', '/attendees']])
    assertError(await client.call(method, `/session/unknown000${path}`), 404, 'NotFoundError');
});

test('fault 17: anybody who may get a token may become moderator', async () => {
  const link = await client.meeting({});
  assertError(await client.call('POST', `/session/${link}/token`, { auth: { permissions: ['GenerateMeetingToken'] }, body: { role: 'moderator' } }), 403, 'ForbiddenError');
});

test('fault 18: events as the provider really sends them answer 500 or 415', async () => {
  const link = await client.meeting({});
  const page = await janus.Page.join(await client.token(link, { data: 'a' }));
  await until(async () => (await client.attendees(link)).length === 1, 'the real event to be kept');
  page.kill();
  await until(async () => (await client.attendees(link, '?active=true')).length === 0, 'the real end to be kept');
  assert.ok(!/"status":(5|415)/.test(stack.log('pool').split('\n').filter((line) => line.includes('/webhooks/session')).slice(-5).join('\n')));
});

test('fault 19: there is no time-out towards the provider', async (context) => {
  const there = await peer(context, () => {});
  const link = await there.meeting({});
  const started = Date.now();
  const answer = await there.call('POST', `/session/${link}/token`);
  assertError(answer, 503, 'ServiceUnavailableError');
  assert.ok(Number(answer.headers['retry-after']) >= 1);
  assert.ok(Date.now() - started < patience(3000), 'it waited too long');
  assert.equal((await row(link)).start_time, null);
  const health = await there.call('GET', '/health', { auth: null });
  assertError(health, 503, 'ServiceUnavailableError');
  assert.deepEqual(health.body.error.details.map((detail) => detail.path), ['/provider']);
});

test('fault 20: ending a meeting leaves everybody in it', async () => {
  const link = await client.meeting({});
  const sender = await janus.Page.join(await client.token(link, { data: 'a' }));
  const viewer = await janus.Page.watch(await client.token(link, { data: 'b', role: 'subscriber' }));
  await until(async () => (await client.attendees(link, '?active=true')).length === 2, 'both to be in');
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  assert.equal((await client.attendees(link, '?active=true')).length, 0);
  await until(async () => {
    const sessions = await admin.sessions();
    return !sessions.includes(sender.session) && !sessions.includes(viewer.session);
  }, 'both to be out');
  assert.ok((await sender.join().catch(() => ({ error_code: 1 }))).videoroom !== 'joined');
});

after(() => client.agent.destroy());
