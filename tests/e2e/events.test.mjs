// Events that are bad, late, early or out of order: the lists are still true.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { Client } from './lib/client.mjs';
import * as janus from './lib/janus.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const secret = stack.conf.JANUS_TOKEN_SECRET;
const HOUR = 3600e6; // microseconds, as all times of events

before(() => stack.forgetJanus());
after(() => stack.up('work'));

async function meeting() {
  const link = await client.meeting({});
  const [row] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  return { link, room: String(row.session_id) };
}

async function post(...events) {
  const answer = await client.events(events);
  assert.equal(answer.status, 204, answer.text);
}

const now = () => Date.now() * 1000;
const stays = async (link) => (await client.call('GET', `/session/${link}/attendance`)).body;
const active = async (link) => (await client.attendees(link, '?active=true')).map((one) => one.attendee).sort();
const joined = (room, attendee, at, session = 1, handle = 1) => janus.joinedEvent(secret, { room, attendee, id: attendee, session, handle, at });
const leaving = (room, id, at) => janus.participantEvent('leaving', { room, id, at });
const close = (text, at, tolerance = 2000) => assert.ok(Math.abs(Date.parse(text) - at / 1000) <= tolerance, `${text} is not about ${new Date(at / 1000).toISOString()}`);
const metric = async (name) => Number((await client.call('GET', '/metrics', { auth: null })).text.match(new RegExp(`^${name} (\\S+)`, 'm'))?.[1]);

// Runs `act` while the database refuses everything about one person.
async function withFault(attendee, act) {
  await stack.rows(`CREATE TRIGGER fault_of_test BEFORE INSERT ON connections FOR EACH ROW IF NEW.attendee = '${attendee}' THEN SIGNAL SQLSTATE '45000'; END IF`);
  try {
    await act();
  } finally {
    await stack.rows('DROP TRIGGER fault_of_test');
  }
}

// Posts events where Janus does; resolves with the status, or with undefined when the connection is closed.
function postAsJanus(events) {
  const { hostname, port } = new URL(stack.base);
  const { JANUS_EVENT_USER: user, JANUS_EVENT_PASSWORD: password } = stack.conf;
  return new Promise((resolve) => {
    const request = http.request({ hostname, port, method: 'POST', path: '/webhooks/janus', auth: `${user}:${password}`, headers: { 'content-type': 'application/json' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', () => resolve(undefined));
    request.end(JSON.stringify(events));
  });
}

test('an unreadable event does not lose the others in its body', async () => {
  const { link, room } = await meeting();
  const at = now() - HOUR;
  const answer = await client.events([joined(room, 'ann', at), leaving(room, { neq: 'x' }, at + 1e6), { type: 'x' }, 5, joined(room, 'bob', at + 2e6, 2)]);
  assert.equal(answer.status, 400, answer.text);
  assert.deepEqual(await active(link), ['ann', 'bob']);
});

test('an event that hits a fault of the service is counted, and no other one is lost', async () => {
  const { link, room } = await meeting();
  const other = await meeting();
  const at = now() - HOUR;
  const failed = (await metric('confab_webhook_events_failed_total')) || 0;
  await withFault('poison', async () => {
    const answer = await client.events([joined(room, 'ann', at), joined(room, 'poison', at, 2), joined(room, 'bob', at, 3), joined(other.room, 'cem', at, 4)]);
    assert.equal(answer.status, 500, answer.text);
  });
  assert.deepEqual(await active(link), ['ann', 'bob']);
  assert.deepEqual(await active(other.link), ['cem']);
  assert.equal(await metric('confab_webhook_events_failed_total'), failed + 1);
  assert.match(stack.log('pool'), /an event \(joined\) could not be kept/);
});

test('an event that hits a fault of the service does not delay Janus\' later events', async () => {
  const { room } = await meeting();
  await withFault('poison', async () => {
    assert.equal(await postAsJanus([joined(room, 'poison', now())]), 500, 'a closed connection has Janus send it again');
  });
});

test('an arrival with a time in the future counts from its receipt, and ends when the person leaves', async () => {
  const { link, room } = await meeting();
  const [come, go] = [joined(room, 'ann', now() + HOUR), leaving(room, 'ann', now() + HOUR + 10e6)];
  await post(come);
  const received = now();
  await post(come); // sent again
  const [ann] = await stays(link);
  close(ann.joined, received);
  assert.equal(ann.left, null);
  assert.equal((await client.attendees(link))[0].connections, 1);
  await post(go);
  await post(go);
  const [out, ...others] = await stays(link);
  assert.deepEqual(others, []);
  assert.equal(out.joined, ann.joined);
  close(out.left, now());
  assert.equal(out.reason, 'left');
});

test('joins and leaves with times in the future, in one body or in the wrong order, still end', async () => {
  const { link, room } = await meeting();
  const at = now() + HOUR;
  await post(leaving(room, 'ann', at + 5e6));
  await post(joined(room, 'ann', at));
  await post(joined(room, 'bob', at, 2), leaving(room, 'bob', at + 1e6), joined(room, 'bob', at + 2e6, 2));
  assert.deepEqual(await active(link), ['bob']);
  await post(leaving(room, 'bob', at + 3e6));
  assert.deepEqual(await active(link), []);
  await post(joined(room, 'cem', at, 3), joined(room, 'dan', at + 9e6, 4));
  await post(janus.destroyedEvent({ room, at: at + 5e6 }));
  assert.deepEqual(await active(link), ['dan'], 'who came after the end of the room is in');
});

test('the end of the meeting, and a removal, end an arrival with a time in the future', async () => {
  const { link, room } = await meeting();
  await post(joined(room, 'ann', now() + HOUR), joined(room, 'bob', now() + HOUR, 2));
  assert.equal((await client.call('DELETE', `/session/${link}/attendees/ann`)).status, 204);
  assert.deepEqual(await active(link), ['bob']);
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  assert.deepEqual(await active(link), []);
  for (const stay of await stays(link)) close(stay.left, now(), 5000);
});

test('the reconciler ends an arrival with a time in the future', async () => {
  const { link, room } = await meeting();
  await post(joined(room, 'ann', now() + HOUR));
  await stack.rows('UPDATE connections SET created_on = created_on - INTERVAL 1 MINUTE WHERE session_id = ?', [room]); // long ago
  await stack.rows("UPDATE jobs SET due = UTC_TIMESTAMP(3), leased_until = NULL WHERE kind = 'reconcile'");
  await until(async () => {
    await stack.hurry('reconcile');
    await stack.ctl('work', '--once');
    return (await active(link)).length === 0;
  }, 'her to be out', 30000);
});

test('a clock that is ahead is logged once, shown as a metric, and confabctl check warns of it', async () => {
  const { room } = await meeting();
  const warnings = () => stack.log('pool').split('\n').filter((line) => /clock is ahead/.test(line)).length;
  for (let i = 0; i < 5; i++) await post(joined(room, `p${i}`, now() + HOUR + i, 10 + i));
  assert.equal(warnings(), 1);
  assert.ok(Math.abs((await metric('confab_provider_clock_ahead_seconds')) - 3600) < 10);
  const { stdout } = await stack.ctl('check');
  assert.match(stdout, /^warn .*clock.* ahead .*3[56]\d\d s/m);
  await stack.rows('DELETE FROM connections WHERE session_id = ?', [room]);
});

test('a connection that the reconciler found and its late event are one connection, from the event\'s time on', async () => {
  const { link } = await meeting();
  const page = await janus.Page.join(await client.token(link, { data: 'ann' }));
  const [session_id, connection] = [page.answer.sessionId, `${page.session}/${page.handle}`];
  await until(async () => (await active(link)).length === 1, 'ann to be in');
  const [event] = await stack.rows('SELECT joined_at FROM connections WHERE session_id = ?', [session_id]);
  await stack.rows('DELETE FROM connections WHERE session_id = ?', [session_id]);
  await stack.rows('DELETE FROM attendees WHERE session_id = ?', [session_id]);
  await until(async () => {
    await stack.hurry('reconcile');
    await stack.ctl('work', '--once');
    return (await active(link)).length === 1;
  }, 'her to be found', 30000);
  const at = Date.parse(`${event.joined_at.replace(' ', 'T').slice(0, 23)}Z`) * 1000 - 60e6;
  await post(janus.joinedEvent(secret, { room: session_id, attendee: 'ann', id: page.answer.participantId, session: page.session, handle: page.handle, at }));
  const [ann, ...others] = await stays(link);
  assert.deepEqual(others, []);
  assert.equal(ann.joined, new Date(at / 1000).toISOString());
  const [listed] = await client.attendees(link);
  assert.deepEqual([listed.joinedOn, listed.connections, listed.extMetadata.webhookPayload.event], [ann.joined, 1, 'joined'], connection);
  page.kill();
  await until(async () => (await active(link)).length === 0, 'her to be out');
  assert.equal((await stays(link)).length, 1);
});

test('a loss that the reconciler noted is replaced by the earlier true end', async () => {
  const { link, room } = await meeting();
  const at = now() - 600e6;
  await post(joined(room, 'ann', at, 71));
  await stack.rows('UPDATE connections SET created_on = created_on - INTERVAL 1 MINUTE WHERE session_id = ?', [room]);
  await until(async () => {
    await stack.hurry('reconcile');
    await stack.ctl('work', '--once');
    return (await active(link)).length === 0;
  }, 'her to be lost', 30000);
  assert.deepEqual((await stays(link)).map((one) => one.reason), ['lost']);
  await post(leaving(room, 'ann', at + 60e6));
  const [ann] = await stays(link);
  assert.deepEqual([ann.left, ann.seconds, ann.reason], [new Date((at + 60e6) / 1000).toISOString(), 60, 'left']);
  assert.equal((await client.attendees(link))[0].extMetadata.webhookPayload.event, 'leaving');
});

// Random stories, told in several orders and with repetitions: each telling in a room of its own.
test('any order and any repetition of events give the same attendance', async () => {
  let state = 7;
  const below = (bound) => {
    state = (state * 48271) % 2147483647;
    return state % bound;
  };
  const people = ['ann', 'bob', 'Bob'];
  const story = (at) => Array.from({ length: 4 + below(12) }, () => {
    const [person, handle, time] = [below(people.length), 1 + below(2), at + below(20) * 1e6];
    const which = below(10);
    if (which < 5) return (room) => joined(room, people[person], time, 10 + person, handle);
    if (which < 8) return (room) => leaving(room, people[person], time);
    if (which < 9) return (room) => janus.detachedEvent(secret, { room, attendee: people[person], session: 10 + person, handle, at: time });
    return (room) => janus.destroyedEvent({ room, at: time });
  });
  const shuffled = (list) => list.map((value) => [below(1 << 20), value]).sort(([a], [b]) => a - b).map(([, value]) => value);
  for (let round = 0; round < 12; round++) {
    const tellings = [];
    const events = story(now() - HOUR);
    for (let telling = 0; telling < 4; telling++) {
      const { link, room } = await meeting();
      const order = telling === 0 ? events : shuffled([...events, ...events.filter(() => below(2) === 0)]);
      for (let i = 0; i < order.length;) {
        const count = 1 + below(3);
        await post(...order.slice(i, i + count).map((make) => make(room)));
        i += count;
      }
      const people_ = (await client.attendees(link)).map(({ attendee, role, joinedOn, leftOn, activeSeconds, connections, extMetadata }) => {
        const { event, timestamp } = extMetadata.webhookPayload;
        return { attendee, role, joinedOn, leftOn, seconds: leftOn === null ? null : activeSeconds, connections, event, timestamp };
      });
      const rows = await stack.rows('SELECT connection_id, attendee, joined_at, left_at, left_event FROM connections WHERE session_id = ? ORDER BY connection_id, joined_at', [room]);
      tellings.push(JSON.stringify([people_, (await stays(link)).map((one) => ({ ...one, seconds: one.left && one.seconds })), rows]));
    }
    for (const telling of tellings.slice(1)) assert.equal(telling, tellings[0], `round ${round}`);
  }
});
