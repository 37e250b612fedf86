// What the service says about the meeting, without a browser: the page's feed.js with a fake service, whose answers come when
// the test says so.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Clock } from './lib/clock.mjs';
import { deferred, pageModule, settled } from './lib/modules.mjs';

let clock;
let feed;
let room;
let requests; // for the list: { resolve, reject } of each, the oldest first
let looks; // for events: { after, resolve, reject } of each
let waitingRequests; // for the list of those who wait
let renewals;

class FakeRoom extends EventTarget {
  state = 'joined';
  lastsUntil = null;
  access = 'open';
  eventSeq = 10;

  async renew() {
    renewals++;
  }

  // An event of the meeting comes.
  tell(type, data, seq, after = seq - 1) {
    const event = { type, data, seq, after, at: '2026-11-25T09:00:00.000Z' };
    this.dispatchEvent(new CustomEvent('event', { detail: { event } }));
  }

  join() {
    this.dispatchEvent(new CustomEvent('state', { detail: { state: 'joined' } }));
  }
}

const list = (...names) => ({ attendees: names.map((attendee) => ({ attendee })), recording: false });
const listed = () => feed.attendees.map(({ attendee }) => attendee).join();

beforeEach(async () => {
  clock = new Clock();
  requests = [];
  looks = [];
  waitingRequests = [];
  renewals = 0;
  room = new FakeRoom();
  const activeAttendees = () => {
    const request = deferred();
    requests.push(request);
    return request.promise;
  };
  const events = (invite, link, after) => {
    const look = { ...deferred(), after };
    looks.push(look);
    return look.promise;
  };
  const waitingAttendees = () => {
    const request = deferred();
    waitingRequests.push(request);
    return request.promise;
  };
  const { MeetingFeed } = await pageModule('feed.js', { 'api.js': { activeAttendees, events, waitingAttendees } });
  feed = new MeetingFeed({ meeting: { invite: 'invite', link: 'link', moderator: true }, room });
});
afterEach(() => {
  feed.close();
  clock.restore();
});

test('a service that is slow is asked again after its answer only, so that no old answer comes last', async () => {
  room.join();
  await clock.advance(10000);
  feed.refresh();
  assert.equal(requests.length, 1);
  requests[0].resolve(list('ann'));
  await settled();
  assert.equal(listed(), 'ann');
  assert.equal(requests.length, 2, 'the request that had to wait');
  requests[1].resolve(list('ann', 'bob'));
  await settled();
  assert.equal(listed(), 'ann,bob');
  assert.equal(requests.length, 2);
});

test('the first list after joining and after rejoining is named as such', async () => {
  const firsts = [];
  feed.addEventListener('list', ({ detail: { first } }) => firsts.push(first));
  for (const expected of [1, 2]) {
    room.join();
    await settled();
    requests.at(-1).resolve(list('ann'));
    await settled();
    feed.refresh();
    requests.at(-1).resolve(list('ann'));
    await settled();
    assert.equal(firsts.length, 2 * expected);
  }
  assert.deepEqual(firsts, [true, false, true, false]);
});

test('an answer from before this page started the recording does not say that it has stopped', async () => {
  const changes = [];
  feed.addEventListener('recording', () => changes.push(feed.recording));
  room.join();
  await settled();
  feed.setRecording(true);
  requests[0].resolve(list('ann'));
  await settled();
  assert.deepEqual(changes, [true]);
});

test('while somebody is not in the list the page asks soon, then less and less often', async () => {
  room.join();
  const answer = async () => {
    requests.at(-1).resolve(list());
    await settled();
    feed.refreshSoon(true);
  };
  await answer();
  await clock.advance(500);
  assert.equal(requests.length, 2);
  for (let i = 0; i < 20; i++) {
    await answer();
    await clock.advance(500);
  }
  assert.ok(requests.length < 15, `${requests.length} requests in 10 s`);
});

test('an expired invite has the room renew its token, and then the page asks no more', async () => {
  room.join();
  await settled();
  requests[0].reject(Object.assign(new Error('expired'), { status: 401 }));
  await settled();
  assert.equal(renewals, 1);
  room.lastsUntil = Date.now() + 1000;
  await clock.advance(10000);
  assert.equal(requests.length, 1);
});

test('a failed request is followed by another one', async () => {
  room.join();
  await settled();
  requests[0].reject(Object.assign(new Error('away'), { status: 0 }));
  await clock.advance(3000);
  assert.equal(requests.length, 2);
  assert.equal(renewals, 0);
});

test('an answer that comes after the end of the call changes nothing', async () => {
  room.join();
  await settled();
  feed.close();
  requests[0].resolve(list('ann'));
  await clock.advance(10000);
  assert.equal(listed(), '');
  assert.equal(requests.length, 1);
});

const person = (attendee, role = 'publisher', name = attendee) => ({ attendee, name, verified: false, role });

async function joined(...names) {
  room.join();
  await settled();
  requests.at(-1).resolve(list(...names));
  await settled();
}

test('events change the list at once: without a request where the list is not needed', async () => {
  await joined('ann', 'bob');
  room.tell('attendee.joined', person('wim', 'subscriber'), 11);
  assert.equal(listed(), 'ann,bob,wim');
  room.tell('attendee.left', person('bob'), 12);
  assert.equal(listed(), 'ann,wim');
  await clock.advance(20000);
  assert.equal(requests.length, 1);
  room.tell('attendee.joined', person('cid'), 13); // whose picture it is the list says
  await clock.advance(400);
  assert.equal(requests.length, 2);
});

test('an answer that was made before an event came does not undo what the event has changed', async () => {
  await joined('ann', 'bob');
  feed.refresh();
  room.tell('attendee.joined', person('wim', 'subscriber'), 11);
  room.tell('attendee.left', person('bob'), 12);
  room.tell('recording.started', {}, 13);
  requests.at(-1).resolve(list('ann', 'bob'));
  await settled();
  assert.equal(listed(), 'ann,wim');
  assert.equal(feed.recording, true);
  feed.refresh();
  room.tell('attendee.joined', person('wim', 'subscriber'), 14); // as the answer, which is newer, says already
  requests.at(-1).resolve(list('ann', 'wim'));
  await settled();
  assert.equal(listed(), 'ann,wim');
  feed.refresh();
  requests.at(-1).resolve(list('ann')); // nothing came while it was on its way
  await settled();
  assert.equal(listed(), 'ann');
});

test('pages that have lost their connection, until they are back or their person has left', async () => {
  await joined('ann', 'bob');
  const lost = () => [...feed.lost].join(' ');
  room.tell('attendee.lost', { ...person('bob'), participantId: 'b-1' }, 11);
  room.tell('attendee.lost', { ...person('ann'), participantId: 'a-1' }, 12);
  assert.equal(lost(), 'b-1,bob a-1,ann');
  room.tell('attendee.back', { ...person('ann'), participantId: 'a-1' }, 13);
  assert.equal(lost(), 'b-1,bob');
  room.tell('attendee.left', person('bob'), 14);
  assert.equal(lost(), '');
});

test('an event that came already, and one from before, change nothing', async () => {
  await joined('ann', 'bob');
  room.tell('attendee.left', person('bob'), 10);
  assert.equal(listed(), 'ann,bob');
});

test('after a gap all that is missing is fetched once, within 2 s, and taken in order', async () => {
  await joined('ann');
  room.tell('attendee.left', person('wim', 'subscriber'), 13, 12);
  room.tell('recording.started', {}, 14, 13);
  assert.equal(looks.length, 0);
  await clock.advance(2000);
  assert.deepEqual(looks.map(({ after }) => after), [10]);
  looks[0].resolve({ upTo: 14, events: [
    { type: 'attendee.joined', data: person('wim', 'subscriber'), seq: 11 }, { type: 'attendee.left', data: person('wim', 'subscriber'), seq: 13 },
    { type: 'recording.started', data: {}, seq: 14 },
  ] });
  await settled();
  assert.equal(listed(), 'ann');
  assert.equal(feed.recording, true);
  room.tell('recording.stopped', {}, 15, 14);
  assert.equal(feed.recording, false);
});

test('every 30 s the page looks for events that were not told, and after a lost WebSocket', async () => {
  await joined('ann');
  await clock.advance(29000);
  assert.equal(looks.length, 0);
  await clock.advance(2000);
  assert.equal(looks.length, 1);
  looks[0].resolve({ events: [], upTo: 10 });
  await settled();
  room.dispatchEvent(new Event('back'));
  await clock.advance(2000);
  assert.equal(looks.length, 2);
  assert.equal(requests.length, 1, 'the list was asked for');
});

test('who waits, and who may come in', async () => {
  await joined('mo');
  const came = [];
  feed.addEventListener('waiting', ({ detail }) => detail.came && came.push(detail.came.name));
  const waits = () => feed.waiting.map(({ attendee, name }) => `${attendee} ${name}`).join();
  room.tell('attendee.waiting', person('a', 'publisher', null), 11);
  assert.deepEqual([waits(), came], ['a null', []]);
  room.tell('attendee.waiting', person('a', 'publisher', 'Ann'), 12);
  room.tell('attendee.waiting', person('b', 'publisher', 'Bob'), 13);
  assert.deepEqual([waits(), came], ['a Ann,b Bob', ['Ann', 'Bob']]);
  room.tell('attendee.admitted', person('a'), 14);
  room.tell('attendee.refused', person('b'), 15);
  assert.equal(waits(), '');
  assert.equal(feed.access, 'open');
  room.tell('meeting.edited', { access: 'locked' }, 16);
  assert.equal(feed.access, 'locked');
});

test('a list of those who wait, made before somebody came or was admitted, does not hide the one nor show the other', async () => {
  room.join();
  room.tell('attendee.waiting', person('b', 'publisher', 'Bob'), 11);
  room.tell('attendee.admitted', person('a'), 12);
  waitingRequests[0].resolve([{ attendee: 'a', name: 'Ann', verified: false, waitingSince: '2026-11-25T08:59:00.000Z' }]);
  await settled();
  assert.deepEqual(feed.waiting.map(({ name }) => name), ['Bob']);
});

test('a failed request for those who wait is followed by another one', async () => {
  room.join();
  waitingRequests[0].reject(Object.assign(new Error('away'), { status: 0 }));
  await clock.advance(3000);
  assert.equal(waitingRequests.length, 2);
  waitingRequests[1].resolve([{ attendee: 'a', name: 'Ann', verified: false, waitingSince: '2026-11-25T08:59:00.000Z' }]);
  await settled();
  assert.deepEqual(feed.waiting.map(({ name }) => name), ['Ann']);
});
