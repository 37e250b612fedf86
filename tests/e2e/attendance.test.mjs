// GET /session/{id}/attendance: who was in a meeting from when to when, from events as Janus posts them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, assertError } from './lib/client.mjs';
import * as janus from './lib/janus.mjs';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const secret = stack.conf.JANUS_TOKEN_SECRET;
const T = Math.floor(Date.now() / 1000 - 3600) * 1e6; // microseconds
const iso = (seconds) => new Date(T / 1000 + seconds * 1000).toISOString();
before(() => stack.forgetJanus());
after(() => stack.up('work'));

const HEADER = '\uFEFF"identity","name","role","joined","left","seconds","reason"\r\n';
// A row of the file: text in quotes, nothing for null.
const line = (...cells) => `${cells.map((cell) => (typeof cell === 'string' ? `"${cell}"` : cell ?? '')).join()}\r\n`;

async function meeting() {
  const link = await client.meeting({});
  const [found] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  return { link, room: String(found.session_id) };
}

async function post(...events) {
  const answer = await client.events(events);
  assert.equal(answer.status, 204, answer.text);
}

const attendance = async (link, accept, auth = {}) => {
  const answer = await client.call('GET', `/session/${link}/attendance`, { auth, headers: accept === undefined ? {} : { accept } });
  assert.equal(answer.status, 200, answer.text);
  return answer;
};
const rows = async (link) => (await attendance(link)).body;
// The seconds of people who are in count up: write 0.
const still = (list) => list.map((one) => (one.left === null ? { ...one, seconds: 0 } : one));
const csv = async (link) => (await attendance(link, 'text/csv')).text.replaceAll(/,,\d+,\r/g, ',,0,\r');

// Events of one room, times in seconds after T.
const story = (room) => ({
  joined: (attendee, second, { id = attendee, session = 1, handle = 1 } = {}) =>
    janus.joinedEvent(secret, { room, attendee, id, session, handle, at: T + second * 1e6 }),
  attached: (attendee, second, { session = 1, handle = 1 } = {}) =>
    janus.attachedEvent(secret, { room, attendee, session, handle, at: T + second * 1e6 }),
  detached: (attendee, second, { session = 1, handle = 1 } = {}) =>
    janus.detachedEvent(secret, { room, attendee, session, handle, at: T + second * 1e6 }),
  leaving: (id, second) => janus.participantEvent('leaving', { room, id, at: T + second * 1e6 }),
  kicked: (id, second) => janus.participantEvent('kicked', { room, id, at: T + second * 1e6 }),
  destroyed: (second) => janus.destroyedEvent({ room, at: T + second * 1e6 }),
});

test('the list while nobody is in, somebody is in, and everybody has left', async () => {
  const { link, room } = await meeting();
  const { joined, leaving } = story(room);
  assert.deepEqual(await rows(link), []);
  assert.equal(await csv(link), HEADER);
  await post(joined('ann', 0));
  assert.deepEqual(still(await rows(link)), [{ identity: 'ann', name: null, role: 'publisher', joined: iso(0), left: null, seconds: 0, reason: null }]);
  assert.equal(await csv(link), HEADER + line('ann', null, 'publisher', iso(0), null, 0, null));
  await post(leaving('ann', 61.9));
  assert.deepEqual(await rows(link), [{ identity: 'ann', name: null, role: 'publisher', joined: iso(0), left: iso(61.9), seconds: 61, reason: 'left' }]);
  assert.equal(await csv(link), HEADER + line('ann', null, 'publisher', iso(0), iso(61.9), 61, 'left'));
});

test('seconds count up while somebody is in', async () => {
  const { link, room } = await meeting();
  await post(janus.joinedEvent(secret, { room, attendee: 'ann', at: Date.now() * 1000 }));
  await stack.rows("UPDATE connections SET joined_at = UTC_TIMESTAMP(6) - INTERVAL 100 SECOND WHERE session_id = ?", [room]);
  const [ann] = await rows(link);
  assert.ok(ann.seconds >= 100 && ann.seconds < 130, String(ann.seconds));
});

test('devices that overlap are one stay; coming back is another one', async () => {
  const { link, room } = await meeting();
  const { joined, leaving, detached } = story(room);
  await post(
    joined('ann', 0, { id: 'phone', session: 1 }),
    joined('ann', 10, { id: 'laptop', session: 2 }),
    leaving('phone', 20),
    detached('ann', 30, { session: 2 }),
    joined('ann', 100, { id: 'phone', session: 1 }),
    leaving('phone', 130),
    joined('ann', 200, { id: 'laptop', session: 3 }),
  );
  const found = await rows(link);
  assert.deepEqual(still(found).map(({ joined: from, left, seconds, reason }) => [from, left, seconds, reason]), [
    [iso(0), iso(30), 30, 'left'],
    [iso(100), iso(130), 30, 'left'],
    [iso(200), null, 0, null],
  ]);
  const [ann] = await client.attendees(link);
  assert.equal(ann.activeSeconds, found.reduce((sum, one) => sum + one.seconds, 0));
});

test('why a stay ended: left, removed, room destroyed, ended by the service', async () => {
  const { link, room } = await meeting();
  const { joined, leaving, kicked, destroyed } = story(room);
  await post(
    joined('ann', 0, { session: 1 }), joined('bob', 1, { session: 2 }), joined('cem', 2, { session: 3 }),
    leaving('ann', 10), kicked('bob', 20), destroyed(30),
    joined('dan', 40, { session: 4 }),
  );
  const reasons = async () => Object.fromEntries((await rows(link)).map(({ identity, reason }) => [identity, reason]));
  assert.deepEqual(await reasons(), { ann: 'left', bob: 'removed', cem: 'ended', dan: null });

  const other = await meeting();
  await post(janus.joinedEvent(secret, { room: other.room, attendee: 'eve', at: Date.now() * 1000 }));
  assert.equal((await client.call('PATCH', `/session/${other.link}/end`)).status, 204);
  assert.deepEqual((await rows(other.link)).map((one) => one.reason), ['ended']);
});

test('everybody left when Janus started or stopped', async () => {
  // A day ago, so that it concerns no other test's people.
  const past = T - 86400e6;
  for (const { status, second } of [{ status: 'shutdown', second: 50 }, { status: 'started', second: 150 }]) {
    const { link, room } = await meeting();
    await post(janus.joinedEvent(secret, { room, attendee: 'ann', at: past + (second - 10) * 1e6 }));
    await post(janus.coreEvent(status, past + second * 1e6));
    const [ann] = await rows(link);
    assert.deepEqual([ann.left, ann.seconds, ann.reason], [iso(second - 86400), 10, 'restarted']);
  }
});

test('of two devices removed one after the other the last one says why', async () => {
  const { link, room } = await meeting();
  const { joined, leaving, kicked } = story(room);
  await post(
    joined('ann', 0, { id: 'phone', session: 1 }), joined('ann', 1, { id: 'laptop', session: 2 }), leaving('phone', 10), kicked('laptop', 11),
    joined('bob', 0, { id: 'b1', session: 3 }), joined('bob', 1, { id: 'b2', session: 4 }), kicked('b1', 10), leaving('b2', 11),
  );
  assert.deepEqual((await rows(link)).map(({ identity, reason }) => [identity, reason]), [['ann', 'removed'], ['bob', 'left']]);
});

test('viewers are there too, and the highest role of a stay counts', async () => {
  const { link, room } = await meeting();
  const { joined, leaving, attached, detached } = story(room);
  await client.token(link, { data: 'ann', role: 'moderator', name: 'Dr Ann' });
  await post(
    attached('ann', 0, { session: 1 }), joined('ann', 5, { session: 2, id: 'a' }), leaving('a', 10), detached('ann', 20, { session: 1 }),
    attached('ann', 50, { session: 5 }), detached('ann', 60, { session: 5 }),
    attached('zoe', 0, { session: 3 }), detached('zoe', 7, { session: 3 }),
  );
  assert.deepEqual(await rows(link), [
    { identity: 'ann', name: 'Dr Ann', role: 'moderator', joined: iso(0), left: iso(20), seconds: 20, reason: 'left' },
    { identity: 'zoe', name: null, role: 'subscriber', joined: iso(0), left: iso(7), seconds: 7, reason: 'left' },
    { identity: 'ann', name: 'Dr Ann', role: 'subscriber', joined: iso(50), left: iso(60), seconds: 10, reason: 'left' },
  ]);
});

test('any order of the same events gives the same rows', async () => {
  let expected;
  for (let turn = 0; turn < 6; turn++) {
    const { link, room } = await meeting();
    const { joined, leaving, kicked, attached, detached, destroyed } = story(room);
    const events = [
      joined('ann', 0, { id: 'a1', session: 1 }), attached('ann', 5, { session: 2 }), leaving('a1', 10), joined('ann', 10, { id: 'a2', session: 1 }),
      kicked('a2', 15), detached('ann', 12, { session: 2 }), joined('ann', 20, { id: 'a3', session: 3 }), destroyed(30),
    ];
    for (let i = events.length - 1; i > 0; i--) {
      const j = (i * 7 + turn * 3) % (i + 1);
      if (turn > 0) [events[i], events[j]] = [events[j], events[i]];
    }
    for (const event of events) await post(event);
    const text = await csv(link);
    expected ??= text;
    assert.equal(text, expected);
  }
  assert.equal(expected, HEADER + line('ann', null, 'publisher', iso(0), iso(15), 15, 'removed') + line('ann', null, 'publisher', iso(20), iso(30), 10, 'ended'));
});

test('the form follows Accept: JSON on a tie, CSV when it is preferred, 406 for neither', async () => {
  const { link } = await meeting();
  const form = async (accept) => (await attendance(link, accept)).headers['content-type'];
  const JSON_TYPE = 'application/json; charset=utf-8';
  const CSV_TYPE = 'text/csv; charset=utf-8; header=present';
  for (const accept of [undefined, '*/*', 'text/csv, application/json', 'text/csv;q=0.5, */*;q=0.5', 'application/json', 'text/csv;q=0, */*'])
    assert.equal(await form(accept), JSON_TYPE, accept);
  for (const accept of ['text/csv', 'text/csv; header=present', 'TEXT/*', 'text/csv, */*;q=0.1', 'application/json;q=0.4, text/csv;q=0.5'])
    assert.equal(await form(accept), CSV_TYPE, accept);
  for (const accept of ['text/html', 'image/png, text/plain', 'text/csv;q=0']) {
    const refused = await client.call('GET', `/session/${link}/attendance`, { headers: { accept } });
    assertError(refused, 406, 'NotAcceptableError');
    assert.equal(refused.headers.vary, 'Accept');
  }
  const json = await attendance(link, 'application/json');
  assert.equal(json.headers.vary, 'Accept');
  assert.equal(json.headers['content-disposition'], undefined);
  const table = await attendance(link, 'text/csv');
  assert.equal(table.headers.vary, 'Accept');
  assert.equal(table.headers['content-disposition'], `attachment; filename="attendance-${link}.csv"`);
  assert.equal(Number(table.headers['content-length']), Buffer.byteLength(table.text));
  const head = await client.call('HEAD', `/session/${link}/attendance`, { headers: { accept: 'text/csv' } });
  assert.equal(head.status, 200);
  assert.equal(head.headers['content-type'], CSV_TYPE);
  assert.equal(head.text, '');
});

test('CSV: text in quotes, UTF-8, and nothing that a spreadsheet runs; JSON as it is', async () => {
  const { link, room } = await meeting();
  const people = [
    ['=cmd|"/c calc"!A1', '=1+1'], ['+49 30', '-1'], ['\rx;@sum', 'Meyer, "Zoë" 😀'], ['two\n=lines', 'x;＝1'], ['plain', "'quoted'"],
  ];
  const { joined } = story(room);
  for (const [i, [data, name]] of people.entries()) {
    await client.token(link, { data, name });
    await post(joined(data, i, { id: `p${i}`, session: i + 1 }));
  }
  const found = await rows(link);
  assert.deepEqual(found.map(({ identity, name }) => [identity, name]), people);
  const rest = (i) => ['publisher', iso(i), null, 0, null];
  assert.equal(
    await csv(link),
    HEADER +
      line(`'=cmd|""/c calc""!A1`, "'=1+1", ...rest(0)) +
      line("'+49 30", "'-1", ...rest(1)) +
      line("\rx;'@sum", 'Meyer, ""Zoë"" 😀', ...rest(2)) +
      line("two\n'=lines", "x;'＝1", ...rest(3)) +
      line('plain', "'quoted'", ...rest(4)),
  );
});

test('who may see it: the permission or a moderator\'s invite, of this meeting', async () => {
  const { link } = await meeting();
  const other = await meeting();
  const get = (path, auth) => client.call('GET', `/session/${path}/attendance`, { auth });
  const invite = async (role) => `Bearer ${(await client.call('POST', `/session/${link}/invites`, { body: { role } })).body.token}`;
  assert.equal((await get(link, { permissions: ['GetMeetingAttendees'] })).status, 200);
  assert.equal((await get(link, { permissions: ['GetMeetingAttendees'], meetingLinkId: link })).status, 200);
  assert.equal((await get(link, await invite('moderator'))).status, 200);
  assertError(await get(other.link, await invite('moderator')), 403, 'ForbiddenError');
  for (const role of ['publisher', 'subscriber']) assertError(await get(link, await invite(role)), 403, 'ForbiddenError');
  assertError(await get(link, { permissions: ['EditMeeting', 'StopMeeting'] }), 403, 'ForbiddenError');
  assertError(await get(link, null), 401, 'UnauthorizedError');
  for (const path of [other.link, 'doesNotExi']) assertError(await get(path, { meetingLinkId: link }), 403, 'ForbiddenError');
  assertError(await get('doesNotExi', {}), 404, 'NotFoundError');
  await client.call('PATCH', `/session/${link}`, { body: { deleted: true } });
  assertError(await get(link, {}), 404, 'NotFoundError');
});

test('a thousand people with five stays each come in under 300 ms', async () => {
  const { link, room } = await meeting();
  await stack.rows(
    `INSERT INTO connections (session_id, connection_id, device, participant, attendee, role, event, joined_at, left_at, left_event, created_on, modified_on)
     SELECT ?, CONCAT(p.seq, '/', s.seq), p.seq, CONCAT('p', p.seq), CONCAT('person-', p.seq), 2, 'joined', '2026-01-01' + INTERVAL s.seq * 1000 + p.seq SECOND,
     '2026-01-01' + INTERVAL s.seq * 1000 + p.seq + 500 SECOND, 'leaving', '2026-01-01', '2026-01-01' FROM seq_1_to_1000 p JOIN seq_1_to_5 s`,
    [room],
  );
  await stack.rows(
    `INSERT INTO attendees (session_id, attendee, name, role, joined_on, is_active, created_on, modified_on)
     SELECT ?, CONCAT('person-', seq), CONCAT('Person ', seq), 2, '2026-01-01', 0, '2026-01-01', '2026-01-01' FROM seq_1_to_1000`,
    [room],
  );
  for (const accept of ['application/json', 'text/csv']) {
    const times = [];
    for (let i = 0; i < 5; i++) {
      const before = performance.now();
      const { body, text } = await attendance(link, accept);
      times.push(performance.now() - before);
      assert.equal(body ? body.length : text.split('\r\n').length - 2, 5000);
    }
    assert.ok(Math.min(...times) < 300, `${accept}: ${times.map(Math.round)} ms`);
  }
});
