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
let renewals;

class FakeRoom extends EventTarget {
  state = 'joined';
  lastsUntil = null;

  async renew() {
    renewals++;
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
  renewals = 0;
  room = new FakeRoom();
  const activeAttendees = () => {
    const request = deferred();
    requests.push(request);
    return request.promise;
  };
  const { MeetingFeed } = await pageModule('feed.js', { 'api.js': { activeAttendees } });
  feed = new MeetingFeed({ meeting: { invite: 'invite', link: 'link' }, room });
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
    await clock.advance(3000);
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
