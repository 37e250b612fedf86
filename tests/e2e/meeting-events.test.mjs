// What happened in a meeting, in order: GET /session/{id}/events, as clients, moderators and guests see it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CgiClient } from './lib/cgi.mjs';
import { Client, PERMISSIONS, assertError } from './lib/client.mjs';
import { DatabaseProxy } from './lib/database.mjs';
import * as janus from './lib/janus.mjs';
import { sharedStack, until } from './lib/stack.mjs';

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
const line = ({ seq, type, data }) => [seq, type, data.attendee, data.attendee && data.reason].filter((part) => part !== undefined && part !== null).join(' ');
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

const remove = (link, who) => client.call('DELETE', `/session/${link}/attendees/${who}`);
const readmit = (link, who) => client.call('POST', `/session/${link}/attendees/${who}/readmit`);

async function done(status, answer) {
  const { status: found, text } = await answer;
  assert.equal(found, status, text);
}

test('the story of a meeting, as a client, a moderator and a guest read it', async () => {
  const { link } = await meeting();
  const [moderator, guest] = [await invite(link, { role: 'moderator' }), await invite(link, { role: 'publisher' })];
  const comes = async (body) => {
    const page = await janus.Page.join(await client.token(link, body));
    await until(async () => (await client.attendees(link, '?active=true')).some((one) => one.attendee === body.data), `${body.data} to be in`);
    return page;
  };
  await comes({ data: 'ann', role: 'moderator', name: 'Dr Ann' });
  const bob = await comes({ data: 'bob' });
  await bob.publish('audio');
  for (const muted of [true, false]) await done(204, client.call('POST', `/session/${link}/attendees/bob/mute`, { body: { muted } }));
  const started = await client.call('POST', `/session/${link}/archives`);
  const { id } = started.body.metaData;
  await done(200, client.call('PATCH', `/archives/${id}/stop`));
  await done(204, remove(link, 'bob'));
  await done(204, readmit(link, 'bob'));
  await done(204, readmit(link, 'bob')); // who is no longer removed is not readmitted
  await done(204, client.call('PATCH', `/session/${link}`, { body: { extId: 'x' } }));
  await done(204, client.call('PATCH', `/session/${link}/end`));
  await done(200, client.call('DELETE', `/archives/${id}`));
  const told = [
    '1 meeting.started', '2 attendee.joined ann', '3 attendee.joined bob', '4 attendee.muted bob', '5 attendee.unmuted bob', '6 recording.started',
    '7 recording.stopped', '8 recording.failed', '9 attendee.removed bob', '10 attendee.left bob removed', '11 attendee.readmitted bob',
    '12 meeting.edited', '13 meeting.ended', '14 attendee.left ann ended', '15 recording.deleted',
  ];
  const forModerators = /removed bob$|readmitted|failed|deleted/;
  assert.deepEqual(await lines(link), told);
  assert.deepEqual(await lines(link, moderator), told);
  const forGuests = told.filter((text) => !forModerators.test(text) || text.includes('left'));
  assert.equal(forGuests.length, 11);
  assert.deepEqual(await lines(link, guest), forGuests);
  // What is for others is no gap.
  assert.equal((await read(link, '', guest)).upTo, 15);
  assert.deepEqual(await read(link, '?after=7&limit=2', guest), { events: [], upTo: 9 });
  const events = await all(link);
  assert.deepEqual(events.filter(({ type }) => type.startsWith('recording.')).map(({ data }) => data.archiveId), [id, id, id, id]);
  assert.match(events[7].data.reason, /^Nothing was recorded/);
  assert.deepEqual(events[8].data, { attendee: 'bob', name: null, verified: false, role: 'publisher' });
  assert.deepEqual(events[11].data, { isScheduled: false, scheduleTime: null, isArchived: false, access: 'open' });
  const { startTime } = (await client.call('GET', `/session/${link}`)).body;
  assert.equal(events[0].at, startTime);
});

test('an event has no token, and nothing that the list of attendees does not tell guests', async () => {
  const { link, room } = await meeting({ extId: 'the-ext-id', extMetadata: { key: 'the-metadata' } });
  const given = await client.token(link, { data: 'ann' }, { sub: 'the-actor' });
  await post(story(room).joined('ann', 0, 4711));
  await done(204, client.call('PATCH', `/session/${link}`, { body: { extId: 'another-ext-id' } }));
  await done(204, remove(link, 'ann'));
  const [rows] = [await stack.rows('SELECT * FROM meeting_events WHERE session_id = ?', [room])];
  const text = JSON.stringify(rows.map(({ data, cause }) => `${data} ${cause}`));
  for (const secret_ of [given.token, given.participantId, 'the-actor', 'ext-id', 'the-metadata', '4711', '12345']) assert.ok(!text.includes(secret_), secret_);
});

test('a deleted meeting has ended first', async () => {
  const { link, room } = await meeting();
  await client.token(link, { data: 'ann' });
  await done(204, client.call('PATCH', `/session/${link}`, { body: { deleted: true } }));
  const rows = await stack.rows('SELECT type FROM meeting_events WHERE session_id = ? ORDER BY seq', [room]);
  assert.deepEqual(rows.map(({ type }) => type), ['meeting.started', 'meeting.ended', 'meeting.deleted']);
});

test('of several first tokens one starts the meeting; a refused one does not', async () => {
  const { link } = await meeting();
  const proxy = await DatabaseProxy.open(stack);
  try {
    // A request that has found the meeting not started, and is overtaken.
    const hold = proxy.hold('start_time = COALESCE(start_time');
    const late = new CgiClient(stack, { DB_SOCKET: proxy.socket }).token(link, { data: 'ann' });
    await hold.held;
    await Promise.all(Array.from({ length: 10 }, (_, i) => client.token(link, { data: `p${i}` })));
    hold.release();
    await late;
  } finally {
    await proxy.close();
  }
  const [started, ...more] = await all(link);
  assert.deepEqual([started.type, more], ['meeting.started', []]);
  assert.equal(started.at, (await client.call('GET', `/session/${link}`)).body.startTime);
  const later = await meeting({ isScheduled: true, scheduleTime: new Date(Date.now() + 7200_000).toISOString() });
  await done(400, client.call('POST', `/session/${later.link}/token`, { body: {} }));
  assert.deepEqual(await all(later.link), []);
});

test('a recording that the provider does not start is told to have failed', async () => {
  const { link } = await meeting();
  const without = new CgiClient(stack, { GATE_CONTROL: '127.0.0.1:1' });
  assert.ok([502, 503].includes((await without.call('POST', `/session/${link}/archives`)).status));
  const told = ['recording.started', 'recording.stopped', 'recording.failed'];
  assert.deepEqual((await all(link)).map(({ type }) => type), told);
  assert.deepEqual((await all(link, await invite(link, { role: 'publisher' }))).map(({ type }) => type), told.slice(0, 2));
});

test('a person who was removed reads nothing until they are readmitted', async () => {
  const { link } = await meeting();
  const named = await invite(link, { role: 'moderator', name: 'Eve' });
  const { attendee } = await client.token(link, {}, named);
  const api = { sub: 'dan', meetingLinkId: link };
  await client.token(link, {}, api);
  const get = (auth) => client.call('GET', `/session/${link}/events`, { auth });
  for (const [who, auth] of [[attendee, named], ['dan', api]]) {
    await done(200, get(auth));
    await done(204, remove(link, who));
    const refused = await get(auth);
    assertError(refused, 403, 'ForbiddenError');
    assert.equal(refused.body.error.code, 'PUT_OUT');
    await done(200, get({ sub: 'dan' })); // an integrator is nobody in the meeting
    await done(204, readmit(link, who));
    await done(200, get(auth));
  }
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
  assert.deepEqual(await lines(link), [], 'nobody was there');
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

test('two hundred writers at once: no seq is left out or given twice, nothing is lost, and readers see no gap', async () => {
  const { link, room } = await meeting();
  const { joined } = story(room);
  const people = Array.from({ length: 150 }, (_, i) => `p${i}`);
  const banned = people.slice(0, 20);
  for (const who of banned) await client.token(link, { data: who });
  let writing = true;
  const seen = [];
  const reader = (async () => {
    for (let after_ = 0; writing; after_ = seen.length) {
      const page = await read(link, `?after=${after_}&limit=20`);
      seen.push(...page.events.map(({ seq }) => seq));
      assert.deepEqual(seen, seen.map((_, i) => i + 1));
    }
  })();
  const writers = [
    ...people.map((who, i) => post(joined(who, i, i + 1))),
    ...banned.map((who) => done(204, remove(link, who))),
    ...Array.from({ length: 30 }, (_, i) => done(204, client.call('PATCH', `/session/${link}`, { body: { extId: `e${i}` } }))),
  ];
  await Promise.all(writers).finally(() => { writing = false; });
  await reader;
  const events = await all(link, {}, 50);
  assert.deepEqual(events.map(({ seq }) => seq), events.map((_, i) => i + 1));
  const of = (type) => events.filter((event) => event.type === type);
  assert.deepEqual(of('attendee.joined').map(({ data }) => data.attendee).sort(), [...people].sort());
  assert.deepEqual(of('attendee.removed').map(({ data }) => data.attendee).sort(), [...banned].sort());
  assert.equal(of('meeting.edited').length, 30);
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
    await lost(200, losing.call('POST', `/session/${link}/token`, { body: { data: 'ann' } }));
    await lost(204, losing.events([joined('ann', 0), joined('bob', 1, 2), published('ann', 1)]));
    await lost(204, losing.events([leaving('bob', 2, 2), joined('bob', 3, 3)]));
    await lost(204, losing.call('DELETE', `/session/${link}/attendees/bob`));
    await lost(204, losing.call('POST', `/session/${link}/attendees/bob/readmit`));
    await lost(204, losing.call('PATCH', `/session/${link}`, { body: { extId: 'x' } }));
    const [archive] = (await client.call('GET', `/archives?meetingLinkId=${link}`)).body.items;
    await lost(200, losing.call('PATCH', `/archives/${archive.metaData.id}/stop`));
    await lost(200, losing.call('DELETE', `/archives/${archive.metaData.id}`));
    await lost(200, losing.call('POST', `/session/${link}/archives`));
    await lost(204, losing.call('PATCH', `/session/${link}/end`));
    assert.deepEqual(await lines(link), [
      '1 meeting.started', '2 attendee.joined ann', '3 attendee.joined bob', '4 recording.started', '5 attendee.left bob left', '6 attendee.joined bob',
      '7 attendee.removed bob', '8 attendee.left bob removed', '9 attendee.readmitted bob', '10 meeting.edited', '11 recording.stopped',
      '12 recording.failed', '13 recording.deleted', '14 recording.started', '15 meeting.ended', '16 recording.stopped',
      '17 attendee.left ann ended',
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
