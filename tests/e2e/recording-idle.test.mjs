// The recording of an empty meeting stops by itself. If the meeting is recorded from its first media on, the next recording begins
// with the next media.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { Admin, Page, publishedEvent } from './lib/janus.mjs';
import { startStack, until } from './lib/stack.mjs';

const IDLE = 4; // s
const DEVICE = 'abcdefghijklmnop-12345678';
let stack, client, admin;

before(async () => {
  stack = await startStack({ settings: { RECORDING_IDLE: String(IDLE) } });
  client = new Client(stack);
  admin = new Admin(stack);
  await stack.rest('media'); // nothing reads what is no sound
});
after(async () => {
  client?.agent.destroy();
  await stack?.stop();
});

const folder = (id) => path.join(stack.conf.RECORDINGS_DIR, id);
const archives = async (link) => (await client.call('GET', `/archives?meetingLinkId=${link}`)).body.items;
const one = async (id) => (await client.call('GET', `/archives/${id}`)).body;
const meeting = async (link) => (await client.call('GET', `/session/${link}`)).body;
const events = async (link) => (await client.call('GET', `/session/${link}/events`)).body.events;
const start = async (link) => (await client.call('POST', `/session/${link}/archives`)).body.metaData.id;
const row = async (link) => (await stack.rows('SELECT session_id, archive_id, recording_id FROM meetings WHERE meeting_link = ?', [link]))[0];
const recorded = async (room) => {
  const { record, rec_dir: into } = await admin.room(room);
  return record ? path.basename(into) : null;
};

// As if Janus had written sound.
const written = (id, room) => writeFileSync(path.join(folder(id), `videoroom-${room}-user-${DEVICE}-1700000000000000-audio-0.mjr`), 'x'.repeat(5000));

// Somebody who may send, and who sends.
async function sender(link) {
  const page = await Page.join(await client.token(link));
  await until(async () => (await client.attendees(link, '?active=true')).length === 1, 'somebody to be in');
  await client.events([publishedEvent({ room: page.answer.sessionId, at: Date.now() * 1000 })]);
  return page;
}

const reconciled = (check, what) => until(async () => {
  await stack.hurry('reconcile');
  return check();
}, what, 30000);
const stopped = (id) => reconciled(async () => {
  const { metaData } = await one(id);
  return metaData.status !== 'started' && metaData;
}, 'the recording to stop');
const begun = (link, count) => until(async () => {
  const items = await archives(link);
  return items.length === count && items[0].metaData.id;
}, `recording ${count} to begin`);

async function assertRecordingFor(ms, id) {
  const until_ = Date.now() + ms;
  await reconciled(async () => {
    assert.equal((await one(id)).metaData.status, 'started');
    return Date.now() > until_;
  }, 'the time to pass');
}

test('a recording stops when everybody has left, and the next one begins when somebody comes back', async () => {
  const link = await client.meeting({ enableArchiving: true });
  const page = await sender(link);
  const room = page.answer.sessionId;
  const first = await begun(link, 1);
  written(first, room);
  await assertRecordingFor((IDLE + 3) * 1000, first); // somebody is there
  page.socket.close();
  const { status, stoppedAt, reason } = await stopped(first);
  assert.deepEqual([status, reason], ['stopped', null]);
  const left = (await events(link)).findLast(({ type }) => type === 'attendee.left').at;
  const told = (await events(link)).find(({ type }) => type === 'recording.stopped');
  assert.deepEqual(told.data, { archiveId: first });
  // It has stopped when the last person left, and not when that was noticed.
  assert.ok(Math.abs(Date.parse(stoppedAt) - Date.parse(left)) <= 1, `${stoppedAt} ${left}`);
  assert.ok(Math.abs(Date.parse(told.at) - Date.parse(left)) <= 1, `${told.at} ${left}`);
  const next = (await meeting(link)).archiveId;
  assert.notEqual(next, first);
  await until(async () => (await recorded(room)) === next, 'the room to be ready for the next recording');
  assert.equal((await archives(link)).length, 1, 'no media has come yet');
  // An event of the first recording that comes late does not begin the next one.
  await client.events([publishedEvent({ room, at: Date.parse(left) * 1000 - 1e6 })]);
  assert.equal((await archives(link)).length, 1);
  const again = await sender(link);
  assert.equal(await begun(link, 2), next);
  assert.equal((await one(next)).metaData.status, 'started');
  assert.deepEqual((await one(first)).metaData.stoppedAt, stoppedAt);
  again.socket.close();
});

test('a recording that was started by hand stops, and does not begin again by itself', async () => {
  const link = await client.meeting({});
  const page = await sender(link);
  const room = page.answer.sessionId;
  const id = await start(link);
  written(id, room);
  page.socket.close();
  assert.equal((await stopped(id)).status, 'stopped');
  await until(async () => (await recorded(room)) === null, 'the room not to be recorded');
  const again = await sender(link);
  assert.equal((await archives(link)).length, 1);
  assert.equal(await recorded(room), null);
  assert.notEqual(await start(link), id);
  again.socket.close();
});

test('people who only watch do not keep a recording going', async () => {
  const link = await client.meeting({});
  const page = await sender(link);
  const id = await start(link);
  written(id, page.answer.sessionId);
  const watcher = await Page.watch(await client.token(link, { data: 'watcher', role: 'subscriber' }));
  await until(async () => (await client.attendees(link, '?active=true')).length === 2, 'the watcher to be in');
  page.socket.close();
  await stopped(id);
  assert.equal((await client.attendees(link, '?active=true')).length, 1);
  watcher.socket.close();
});

test('a recording in a meeting to which nobody comes stops, with nothing in it', async () => {
  const link = await client.meeting({});
  const id = await start(link);
  const { status, reason } = await stopped(id);
  assert.equal(status, 'failed');
  assert.match(reason, /no sound and no picture/);
  assert.equal((await row(link)).recording_id, null);
});
