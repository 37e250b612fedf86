// What happened in a meeting, in order: GET /session/{id}/events, as clients, moderators and guests see it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CgiClient } from './lib/cgi.mjs';
import { Client, PERMISSIONS, assertError } from './lib/client.mjs';
import { DatabaseProxy } from './lib/database.mjs';
import * as janus from './lib/janus.mjs';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const secret = stack.conf.JANUS_TOKEN_SECRET;
const T = Math.floor(Date.now() / 1000 - 3600) * 1e6; // microseconds
const iso = (seconds) => new Date(T / 1000 + seconds * 1000).toISOString();
before(() => stack.forgetJanus());
after(() => stack.up('work'));

async function meeting(body = {}) {
  const link = await client.meeting(body);
  const [found] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  return { link, room: String(found.session_id) };
}

async function read(link, query = '', auth = {}) {
  const answer = await client.call('GET', `/session/${link}/events${query}`, { auth });
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

// All events, page by page.
async function all(link, auth = {}, limit = 1000) {
  const events = [];
  for (let after_ = 0; ;) {
    const page = await read(link, `?after=${after_}&limit=${limit}`, auth);
    events.push(...page.events);
    if (page.upTo === after_) return events;
    after_ = page.upTo;
  }
}

// One event a line: "2 attendee.left ann left".
const line = ({ seq, type, data }) => [seq, type, data.attendee, data.reason].filter((part) => part !== undefined && part !== null).join(' ');
const lines = async (link, auth) => (await all(link, auth)).map(line);

async function invite(link, body) {
  const answer = await client.call('POST', `/session/${link}/invites`, { body });
  assert.equal(answer.status, 200, answer.text);
  return `Bearer ${answer.body.token}`;
}

async function post(...events) {
  const answer = await client.events(events);
  assert.equal(answer.status, 204, answer.text);
}

// Events of one room as Janus posts them, times in seconds after T.
const story = (room) => ({
  joined: (attendee, second, session = 1) =>
    janus.joinedEvent(secret, { room, attendee, id: `${attendee}-${session}`, session, handle: 1, at: T + second * 1e6 }),
  leaving: (attendee, second, session = 1) => janus.participantEvent('leaving', { room, id: `${attendee}-${session}`, at: T + second * 1e6 }),
  published: (attendee, second) => janus.publishedEvent({ room, id: `${attendee}-1`, at: T + second * 1e6 }),
});

test('a person comes once, whatever the number of devices, and goes with the last one', async () => {
  const { link, room } = await meeting();
  const { joined, leaving } = story(room);
  assert.deepEqual(await read(link), { events: [], upTo: 0 });
  await post(joined('ann', 0, 1));
  await post(joined('ann', 5, 2), joined('bob', 6, 3));
  await post(leaving('ann', 10, 1));
  assert.deepEqual(await lines(link), ['1 attendee.joined ann', '2 attendee.joined bob']);
  await post(leaving('ann', 20, 2));
  await post(joined('ann', 30, 4));
  const events = await all(link);
  assert.deepEqual(events.map(line).slice(2), ['3 attendee.left ann left', '4 attendee.joined ann']);
  assert.deepEqual(events.map(({ at }) => at), [iso(0), iso(6), iso(20), iso(30)]);
});

test('an event tells who, by the name and role that others see', async () => {
  const { link, room } = await meeting();
  const { joined, leaving } = story(room);
  await client.token(link, { data: 'ann', role: 'moderator', name: 'Dr Ann' });
  await post(joined('ann', 0), joined('bob', 1, 2), leaving('ann', 9));
  const seen = (await all(link)).filter(({ type }) => type.startsWith('attendee.'));
  const ann = { attendee: 'ann', name: 'Dr Ann', verified: true, role: 'moderator' };
  assert.deepEqual(seen.map(({ data }) => data), [ann, { ...ann, reason: 'left' }, { attendee: 'bob', name: null, verified: false, role: 'publisher' }]);
});

test('what is told late, or out of order, is told with its own time, and the last word is who is in', async () => {
  const { link, room } = await meeting();
  const { joined, leaving } = story(room);
  await post(leaving('ann', 20, 1));
  assert.deepEqual(await lines(link), []);
  await post(joined('ann', 50, 2));
  await post(joined('ann', 10, 1));
  assert.deepEqual(await lines(link), ['1 attendee.joined ann', '2 attendee.joined ann', '3 attendee.left ann left', '4 attendee.joined ann']);
  assert.deepEqual((await all(link)).map(({ at }) => at), [iso(50), iso(10), iso(20), iso(50)]);
  // A stay that is found to have ended earlier is corrected.
  await post(leaving('ann', 70, 2));
  await post(leaving('ann', 60, 2));
  assert.deepEqual((await all(link)).slice(4).map(({ type, at }) => [type, at]), [['attendee.left', iso(70)], ['attendee.left', iso(60)]]);
});

test('the same bodies again, and in another order, tell nothing twice', async () => {
  const { link, room } = await meeting({ enableArchiving: true });
  const { joined, leaving, published } = story(room);
  const bodies = [[joined('ann', 0)], [joined('bob', 1, 2), published('ann', 2)], [leaving('ann', 10)], [joined('ann', 20, 3), leaving('bob', 21, 2)]];
  for (const body of bodies) await post(...body);
  const told = await all(link);
  assert.deepEqual(told.map(({ type }) => type), [
    'attendee.joined', 'attendee.joined', 'recording.started', 'attendee.left', 'attendee.joined', 'attendee.left',
  ]);
  for (const body of [...bodies, ...bodies.reverse(), bodies.flat()]) await post(...body);
  await Promise.all(bodies.map((body) => post(...body)));
  assert.deepEqual(await all(link), told);
});

test('after and limit give pages; wrong ones are refused', async () => {
  const { link, room } = await meeting();
  const { joined } = story(room);
  await post(...Array.from({ length: 7 }, (_, i) => joined(`p${i}`, i, i + 1)));
  const whole = await all(link);
  assert.deepEqual(whole.map(({ seq }) => seq), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(await all(link, {}, 3), whole);
  assert.deepEqual(await read(link), { events: whole, upTo: 7 });
  assert.deepEqual(await read(link, '?after=2&limit=2'), { events: whole.slice(2, 4), upTo: 4 });
  assert.deepEqual(await read(link, '?after=6'), { events: whole.slice(6), upTo: 7 });
  assert.deepEqual(await read(link, '?after=7'), { events: [], upTo: 7 });
  // A seq from elsewhere leads back to what there is.
  for (const after_ of [8, 9007199254740992]) assert.deepEqual(await read(link, `?after=${after_}`), { events: [], upTo: 7 });
  const refused = ['after=-1', 'after=x', 'after=', 'after=1.5', 'after=1e3', 'after=9007199254740993', 'after=99999999999999999999', 'after=1&after=2', 'limit=0', 'limit=1001', 'limit=x', 'limit=1&limit=1'];
  for (const query of refused) assertError(await client.call('GET', `/session/${link}/events?${query}`), 400, 'BadRequestError');
});

test('two hundred writers at once: no seq is left out or given twice, and nothing is lost', async () => {
  const { link, room } = await meeting();
  const { joined } = story(room);
  const people = Array.from({ length: 200 }, (_, i) => `p${i}`);
  await Promise.all(people.map((who, i) => post(joined(who, i, i + 1))));
  const events = await all(link, {}, 50);
  assert.deepEqual(events.map(({ seq }) => seq), people.map((_, i) => i + 1));
  assert.deepEqual(events.map(({ data }) => data.attendee).sort(), [...people].sort());
});

test('a transaction that runs again after its COMMIT was lost tells nothing twice', async () => {
  const proxy = await DatabaseProxy.open(stack);
  try {
    proxy.loseFirstCommits();
    const losing = new CgiClient(stack, { DB_SOCKET: proxy.socket });
    const { link, room } = await meeting({ enableArchiving: true });
    const { joined, leaving, published } = story(room);
    const lost = async (status, answer) => {
      assert.equal((await answer).status, status);
      assert.ok(proxy.lost > 0, 'no COMMIT was lost');
      proxy.lost = 0;
    };
    await lost(204, losing.events([joined('ann', 0), joined('bob', 1, 2), published('ann', 1)]));
    await lost(204, losing.events([leaving('bob', 2, 2), joined('bob', 3, 3)]));
    await lost(204, losing.call('PATCH', `/session/${link}/end`));
    assert.deepEqual(await lines(link), [
      '1 attendee.joined ann', '2 attendee.joined bob', '3 recording.started', '4 attendee.left bob left', '5 attendee.joined bob',
      '6 meeting.ended', '7 recording.stopped', '8 attendee.left ann ended', '9 attendee.left bob ended',
    ]);
  } finally {
    await proxy.close();
  }
});

test('a meeting that ends lets everybody know first, then what follows; it can be read afterwards', async () => {
  const { link, room } = await meeting();
  const { joined } = story(room);
  const auth = await invite(link, { role: 'subscriber' });
  await post(joined('ann', 0), joined('bob', 1, 2));
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  const told = ['1 attendee.joined ann', '2 attendee.joined bob', '3 meeting.ended', '4 attendee.left ann ended', '5 attendee.left bob ended'];
  assert.deepEqual(await lines(link), told);
  assert.deepEqual(await lines(link, auth), told);
  const [row] = await stack.rows('SELECT end_time FROM meetings WHERE meeting_link = ?', [link]);
  assert.equal((await all(link))[2].at, `${row.end_time.replace(' ', 'T')}Z`);
});

test('who may read: the permission or any invite, of this meeting', async () => {
  const { link } = await meeting();
  const other = await meeting();
  const get = (path, auth) => client.call('GET', `/session/${path}/events`, { auth });
  for (const role of ['subscriber', 'publisher', 'moderator']) {
    const auth = await invite(link, { role });
    assert.equal((await get(link, auth)).status, 200, role);
    assertError(await get(other.link, auth), 403, 'ForbiddenError');
  }
  assert.equal((await get(link, { permissions: ['GetMeetingAttendees'] })).status, 200);
  assert.equal((await get(link, { permissions: ['GetMeetingAttendees'], meetingLinkId: link })).status, 200);
  assertError(await get(link, { permissions: PERMISSIONS.filter((one) => one !== 'GetMeetingAttendees') }), 403, 'ForbiddenError');
  assertError(await get(other.link, { meetingLinkId: link }), 403, 'ForbiddenError');
  assertError(await get(link, null), 401, 'UnauthorizedError');
  assertError(await get('doesNotExi', {}), 404, 'NotFoundError');
  assert.equal((await client.call('PATCH', `/session/${link}`, { body: { deleted: true } })).status, 204);
  assertError(await get(link, {}), 404, 'NotFoundError');
});

test('an unknown meeting\'s events, and a deleted one\'s, are not written', async () => {
  const { link, room } = await meeting();
  assert.equal((await client.call('PATCH', `/session/${link}`, { body: { deleted: true } })).status, 204);
  const count = async () => (await stack.rows('SELECT COUNT(*) AS n FROM meeting_events WHERE session_id IN (?)', [[room, 'r-nowhere']]))[0].n;
  const written = await count();
  await post(story(room).joined('ann', 0), story('r-nowhere').joined('ann', 0));
  assert.equal(await count(), written);
});

test('a page costs what is on it, however many events there are', async () => {
  const { link, room } = await meeting();
  await stack.rows(
    `INSERT INTO meeting_events (session_id, seq, type, audience, data, at)
     SELECT ?, seq, 'attendee.joined', 'everybody', '{"attendee":"ann"}', UTC_TIMESTAMP(6) FROM seq_1_to_20000`,
    [room],
  );
  const reads = async () => (await stack.rows("SHOW GLOBAL STATUS LIKE 'Handler_read%'")).reduce((sum, one) => sum + Number(one.Value), 0);
  // What the whole server reads meanwhile: other parts may be at work, so the least of some tries counts.
  for (const after_ of [0, 10000, 19999, 20000]) {
    let least = Infinity;
    for (let i = 0; i < 5; i++) {
      const earlier = await reads();
      await read(link, `?after=${after_}&limit=5`);
      least = Math.min(least, (await reads()) - earlier);
    }
    assert.ok(least < 300, `${after_}: ${least}`);
  }
});
