// GET /session/{id}/attendees and POST /webhooks/session: attendance from events in any order.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, assertError } from './lib/client.mjs';
import * as janus from './lib/janus.mjs';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const secret = stack.conf.JANUS_TOKEN_SECRET;
const T = Math.floor(Date.now() / 1000 - 3600) * 1e6; // microseconds

before(() => stack.forgetJanus());
after(() => stack.up('work'));

async function meeting() {
  const link = await client.meeting({});
  const [found] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  return { link, room: String(found.session_id) };
}

async function post(...events) {
  const answer = await client.events(events);
  assert.equal(answer.status, 204, answer.text);
}

// All rows of a meeting's attendance without what may differ.
async function rowsOf(room) {
  const all = {};
  for (const table of ['attendees', 'connections', 'connection_ends']) {
    const rows = await stack.rows(`SELECT * FROM ${table} WHERE session_id = ?`, [room]);
    all[table] = rows
      .map(({ id, created_on, modified_on, version, ...rest }) =>
        JSON.stringify(Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, value === null ? null : String(value)]))))
      .sort();
  }
  return JSON.stringify(all);
}

const permutations = (list) =>
  list.length < 2 ? [list] : list.flatMap((one, i) => permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [one, ...rest]));

test('joining and leaving give times, seconds and devices', async () => {
  const { link, room } = await meeting();
  await post(janus.joinedEvent(secret, { room, attendee: 'ann', id: 'a-1', session: 11, handle: 12, at: T }));
  let [ann] = await client.attendees(link);
  assert.equal(ann.attendee, 'ann');
  assert.equal(ann.sessionId, room);
  assert.equal(ann.isDeleted, false);
  assert.equal(ann.leftOn, null);
  assert.equal(ann.connections, 1);
  assert.equal(ann.joinedOn, new Date(T / 1000).toISOString());
  await post(janus.joinedEvent(secret, { room, attendee: 'ann', id: 'a-2', session: 21, handle: 22, at: T + 5e6 }));
  [ann] = await client.attendees(link);
  assert.equal(ann.connections, 2);
  await post(janus.participantEvent('leaving', { room, id: 'a-1', at: T + 10e6 }));
  [ann] = await client.attendees(link);
  assert.equal(ann.connections, 1);
  assert.equal(ann.isDeleted, false);
  await post(janus.detachedEvent(secret, { room, attendee: 'ann', session: 21, handle: 22, at: T + 20e6 }));
  [ann] = await client.attendees(link);
  assert.equal(ann.isDeleted, true);
  assert.equal(ann.activeSeconds, 20);
  assert.equal(ann.connections, 0);
  assert.equal(ann.leftOn, new Date((T + 20e6) / 1000).toISOString());
  assert.equal(ann.extMetadata.webhookPayload.event, 'detached');
  await post(janus.joinedEvent(secret, { room, attendee: 'ann', id: 'a-3', session: 31, handle: 32, at: T + 100e6 }));
  [ann] = await client.attendees(link);
  assert.equal(ann.isDeleted, false);
  await post(janus.destroyedEvent({ room, at: T + 110e6 }));
  [ann] = await client.attendees(link);
  assert.equal(ann.activeSeconds, 30);
});

test('any order and any repetition of the same events gives the same rows', async () => {
  const story = (room) => [
    janus.joinedEvent(secret, { room, attendee: 'ann', id: 'a', session: 11, handle: 12, at: T }),
    janus.attachedEvent(secret, { room, attendee: 'viewer', session: 41, handle: 42, at: T + 1e6 }),
    janus.participantEvent('leaving', { room, id: 'a', at: T + 10e6 }),
    janus.joinedEvent(secret, { room, attendee: 'ann', id: 'a', session: 11, handle: 12, at: T + 20e6 }),
    janus.destroyedEvent({ room, at: T + 30e6 }),
  ];
  let expected;
  for (const order of permutations([0, 1, 2, 3, 4])) {
    const { room } = await meeting();
    const events = story(room);
    for (const i of order) await post(events[i]);
    await post(...order.filter((i) => i % 2 === 0).map((i) => events[i])); // some of them again
    const rows = (await rowsOf(room)).replaceAll(room, 'ROOM');
    expected ??= rows;
    assert.equal(rows, expected, `in the order ${order}`);
  }
  assert.match(expected, /viewer/);
});

test('twenty joins of one person at once make one attendee', async () => {
  const { link, room } = await meeting();
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      post(janus.joinedEvent(secret, { room, attendee: 'ann', id: `a-${i}`, session: 100 + i, handle: 1, at: T + i }))),
  );
  const list = await client.attendees(link);
  assert.equal(list.length, 1);
  assert.equal(list[0].connections, 20);
});

test('events that open and end at the same moment on different workers are merged', async () => {
  for (let i = 0; i < 10; i++) {
    const { link, room } = await meeting();
    await Promise.all([
      post(janus.joinedEvent(secret, { room, attendee: 'ann', id: 'a', session: 1, handle: 1, at: T })),
      post(janus.participantEvent('leaving', { room, id: 'a', at: T + 1e6 })),
    ]);
    const [ann] = await client.attendees(link);
    assert.equal(ann.isDeleted, true);
    assert.equal(ann.activeSeconds, 1);
  }
});

test('the list: active, paging, one value only', async () => {
  const { link, room } = await meeting();
  assert.deepEqual(await client.attendees(link), []);
  for (let i = 0; i < 5; i++)
    await post(janus.joinedEvent(secret, { room, attendee: `p${i}`, id: `p${i}`, session: i + 1, handle: 1, at: T + i }));
  await post(janus.participantEvent('kicked', { room, id: 'p0', at: T + 9e6 }));
  assert.equal((await client.attendees(link, '?active=true')).length, 4);
  assert.equal((await client.attendees(link, '?active=false')).length, 5);
  assert.equal((await client.attendees(link, '?active=nonsense')).length, 5);
  assertError(await client.call('GET', `/session/${link}/attendees?active=true&active=true`), 400, 'BadRequestError');
  const page = await client.call('GET', `/session/${link}/attendees?limit=2&offset=1`);
  assert.deepEqual(page.body.map((one) => one.attendee), ['p1', 'p2']);
  assert.equal(page.headers['x-total-count'], '5');
  assert.deepEqual((await client.call('GET', `/session/${link}/attendees?offset=99`)).body, []);
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'offset=-1', 'limit=1.5', 'limit='])
    assertError(await client.call('GET', `/session/${link}/attendees?${query}`), 400, 'BadRequestError');
  const head = await client.call('HEAD', `/session/${link}/attendees`);
  assert.equal(head.status, 200);
  assert.equal(head.text, '');
});

test('X-Recording says whether the meeting is being recorded, with people and without, on any page', async () => {
  const recording = async (link, query = '') => {
    const answer = await client.call('GET', `/session/${link}/attendees${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.headers['x-recording'];
  };
  const link = await client.meeting({ enableArchiving: true });
  const [{ session_id: room }] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  for (const query of ['', '?active=true', '?limit=1', '?offset=5']) assert.equal(await recording(link, query), 'true', query);
  await post(janus.joinedEvent(secret, { room: String(room), attendee: 'ann', id: 'a', at: T }), janus.joinedEvent(secret, { room: String(room), attendee: 'bob', id: 'b', at: T }));
  for (const query of ['', '?active=true', '?limit=1', '?offset=5']) assert.equal(await recording(link, query), 'true', query);
  assert.equal(await recording(await client.meeting({})), 'false');
  await stack.rows('UPDATE meetings SET recording_id = NULL WHERE meeting_link = ?', [link]); // was, and is no more
  assert.equal(await recording(link), 'false');
  await stack.rows("UPDATE meetings SET recording_id = 'again' WHERE meeting_link = ?", [link]);
  assert.equal(await recording(link), 'true');
  await client.call('PATCH', `/session/${link}/end`);
  for (const query of ['', '?limit=1', '?offset=5']) assert.equal(await recording(link, query), 'false', query);
});

test('only the verified token says who somebody is', async () => {
  const { link, room } = await meeting();
  const forged = janus.joinedEvent('another secret', { room, attendee: 'mallory', id: 'm', at: T });
  const elsewhere = janus.joinedEvent(secret, { room: 'other', attendee: 'eve', id: 'e', at: T });
  elsewhere.event.data.room = room;
  const without = janus.joinedEvent(secret, { room, attendee: 'x', at: T });
  delete without.event.data.token;
  await post(forged, elsewhere, without);
  assert.deepEqual(await client.attendees(link), []);
  await post(janus.joinedEvent(secret, { room, attendee: 'ann', id: 'a', display: 'The Doctor', at: T }));
  const [ann] = await client.attendees(link);
  assert.equal(ann.attendee, 'ann');
  assert.ok(!JSON.stringify(ann).includes('The Doctor'));
});

test('events of unknown meetings and unknown events are accepted, and nothing is written', async () => {
  const rowsBefore = await stack.rows('SELECT (SELECT COUNT(*) FROM connections) AS c, (SELECT COUNT(*) FROM connection_ends) AS e');
  await post(
    janus.joinedEvent(secret, { room: 'no-such-room', attendee: 'a', at: T }),
    janus.participantEvent('leaving', { room: 'no-such-room', id: 'a', at: T }),
    { type: 64, timestamp: T, event: { plugin: 'janus.plugin.videoroom', data: { event: 'subscribing', room: 'x' } } },
    { type: 9999, timestamp: T, event: {} },
    { type: 1, timestamp: T, session_id: 5, event: { name: 'created' } },
  );
  const rowsAfter = await stack.rows('SELECT (SELECT COUNT(*) FROM connections) AS c, (SELECT COUNT(*) FROM connection_ends) AS e');
  assert.deepEqual(rowsAfter, rowsBefore);
});

test('malformed events are 400, and are not written', async () => {
  const { link, room } = await meeting();
  const good = janus.joinedEvent(secret, { room, attendee: 'ann', id: 'a', at: T });
  for (const bad of [
    '', '{', 'null', '7', '"x"', [null], [[good]], [{}], [{ ...good, type: '64' }], [{ ...good, timestamp: 'now' }], [{ ...good, timestamp: -1 }],
    [{ ...good, session_id: { neq: 1 } }], [{ ...good, handle_id: 'x' }], [{ ...good, event: [] }],
    [{ ...good, event: { ...good.event, data: { ...good.event.data, id: { neq: 'x' } } } }],
    [{ ...good, event: { ...good.event, data: { ...good.event.data, room: 5 } } }],
    [{ ...good, event: { ...good.event, data: { ...good.event.data, id: 'a\u0000b' } } }],
  ]) {
    const answer = await client.events(bad, { check: false });
    assertError(answer, 400, 'BadRequestError');
  }
  assert.deepEqual(await client.attendees(link), []);
});

test('without the right user name and password nothing is written', async () => {
  const { link, room } = await meeting();
  const body = [janus.joinedEvent(secret, { room, attendee: 'ann', id: 'a', at: T })];
  assertError(await client.events(body, { password: 'wrong' }), 401, 'UnauthorizedError');
  assertError(await client.events(body, { user: 'wrong' }), 401, 'UnauthorizedError');
  assertError(await client.call('POST', '/webhooks/session', { body, auth: null }), 401, 'UnauthorizedError');
  assertError(await client.call('POST', '/webhooks/session', { body, auth: {} }), 401, 'UnauthorizedError');
  assertError(await client.call('POST', '/webhooks/session', { body, auth: 'Basic !!!' }), 401, 'UnauthorizedError');
  assert.deepEqual(await client.attendees(link), []);
});

test('no token is ever in tables, answers or logs', async () => {
  const { link } = await meeting();
  const page = await janus.Page.join(await client.token(link, { data: 'ann', role: 'moderator' }));
  const list = await client.attendees(link);
  page.kill();
  const secrets = [page.answer.token, page.answer.token.split('.')[2], stack.conf.GATE_SECRET, (await client.bearer({})).split('.')[2]];
  const tables = await stack.rows('SHOW TABLES');
  const texts = [JSON.stringify(list), ...['pool', 'work', 'media', 'gate', 'janus', 'nginx', 'mariadb'].map((part) => stack.log(part))];
  for (const table of tables) texts.push(JSON.stringify(await stack.rows(`SELECT * FROM ${Object.values(table)[0]}`)));
  for (const text of texts) for (const one of secrets) assert.ok(!text.includes(one), 'a token was kept');
});
