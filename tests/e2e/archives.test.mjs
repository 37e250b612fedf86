// Recordings: rows that follow Janus' events, the list and its filters, and deleting with the raw files.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { CgiClient } from './lib/cgi.mjs';
import { Client, assertError } from './lib/client.mjs';
import { Admin, Page, publishedEvent } from './lib/janus.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);
const T = 1790000000000000; // microseconds
let tick = 0;

async function post(...events) {
  const answer = await client.events(events);
  assert.equal(answer.status, 204, answer.text);
}

// A meeting whose recording has started.
async function recorded({ at = T + (tick += 1e6) } = {}) {
  const link = await client.meeting({ enableArchiving: true });
  const [row] = await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [link]);
  const room = String(row.session_id);
  await post(publishedEvent({ room, at }));
  return { link, room, archive: String(row.archive_id) };
}

// What Janus leaves: a folder of the group that both belong to.
function raw(archive, ...names) {
  const folder = path.join(stack.conf.RECORDINGS_DIR, archive);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o2770);
  const { uid, gid } = statSync(stack.conf.RECORDINGS_DIR);
  if (process.getuid() === 0) chownSync(folder, uid, gid);
  for (const name of names) writeFileSync(path.join(folder, name), 'x'.repeat(1000));
  return folder;
}

const tracks = (room) => ['17-audio-0', '18-video-1'].map((end) => `videoroom-${room}-user-abcdefghijklmnop-12345678-${end}.mjr`);

const list = async (query) => {
  const answer = await client.call('GET', `/archives?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};

test('a row appears when the recording starts, once, and can be fetched', async () => {
  const link = await client.meeting({ enableArchiving: true });
  assert.deepEqual(await list(`meetingLinkId=${link}`), { count: 0, items: [] });
  const [row] = await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [link]);
  const event = publishedEvent({ room: String(row.session_id), at: T });
  await post(event);
  await post(event, { ...event, timestamp: T + 5e6 });
  const found = await list(`meetingLinkId=${link}`);
  assert.equal(found.count, 1);
  const [item] = found.items;
  assert.equal(item.sessionId, String(row.session_id));
  assert.equal(item.metaData.id, String(row.archive_id));
  assert.equal(item.metaData.status, 'started');
  assert.equal(item.metaData.createdAt, new Date(T / 1000).toISOString());
  assert.deepEqual((await client.call('GET', `/archives/${item.metaData.id}`)).body, item);
  const head = await client.call('HEAD', `/archives/${item.metaData.id}`);
  assert.equal(head.status, 200);
  assert.equal(head.text, '');
});

test('the room records when archiving is asked for, into the archive\'s own folder', async () => {
  const link = await client.meeting({ enableArchiving: true });
  const plain = await client.meeting({});
  const answer = await client.token(link);
  const other = await client.token(plain);
  const rooms = (await admin.plugin({ request: 'list', admin_key: stack.conf.JANUS_ADMIN_KEY })).list;
  const room = rooms.find((one) => one.room === answer.sessionId);
  const [row] = await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [link]);
  assert.equal(room.record, true);
  assert.equal(room.lock_record, true);
  assert.equal(room.rec_dir, path.join(stack.conf.RECORDINGS_DIR, String(row.archive_id)));
  assert.equal(rooms.find((one) => one.room === other.sessionId).record, false);
});

test('no row for a meeting that is not recorded, or that is not known', async () => {
  const link = await client.meeting({});
  const [row] = await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [link]);
  await post(publishedEvent({ room: String(row.session_id), at: T }), publishedEvent({ room: 'no-such-room', at: T }));
  assert.equal((await list(`sessionId=${row.session_id}`)).count, 0);
  assert.equal((await list('sessionId=no-such-room')).count, 0);
});

test('the list: newest first, filters, pages, and the count of all that match', async () => {
  const made = [];
  for (let i = 0; i < 3; i++) made.push(await recorded({ at: T + 900e6 + i * 1e6 }));
  assert.equal((await list(`sessionId=${made[0].room}`)).items[0].metaData.id, made[0].archive);
  assert.equal((await list(`meetingLinkId=${made[1].link}&status=started`)).count, 1);
  assert.equal((await list(`meetingLinkId=${made[1].link}&status=available`)).count, 0);
  assert.equal((await list('meetingLinkId=nowhere000')).count, 0);
  const all = await list('limit=1000');
  assert.equal(all.count, all.items.length);
  const order = all.items.map((item) => item.metaData.id).filter((id) => made.some((one) => one.archive === id));
  assert.deepEqual(order, made.map((one) => one.archive).reverse());
  const times = all.items.map((item) => item.metaData.createdAt);
  assert.deepEqual(times, [...times].sort().reverse());
  const page = await list('limit=2&offset=1');
  assert.equal(page.items.length, 2);
  assert.ok(page.count >= 3);
  assert.deepEqual((await list('offset=100000')).items, []);
  for (const query of ['status=nonsense', 'status=', 'limit=0', 'limit=1001', 'limit=x', 'offset=-1', 'limit=1&limit=2', 'sessionId=%ff', 'sessionId=a&sessionId=b'])
    assertError(await client.call('GET', `/archives?${query}`), 400, 'BadRequestError');
});

test('while recording it cannot be deleted; when stopped it can, once, with its raw files', async () => {
  const { link, room, archive } = await recorded();
  const folder = raw(archive, `videoroom-${room}-user-a-1-audio-0.mjr`, `videoroom-${room}-user-a-1-video-1.mjr.tmp`);
  assertError(await client.call('DELETE', `/archives/${archive}`), 409, 'ConflictError');
  assert.ok(existsSync(folder));
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  const stopped = await until(async () => {
    const { body } = await client.call('GET', `/archives/${archive}`);
    return body.metaData.status !== 'started' && body;
  }, 'the recording to be stopped');
  assert.ok(stopped.metaData.duration >= 0);
  assert.ok(stopped.metaData.stoppedAt);
  const deleted = await client.call('DELETE', `/archives/${archive}`);
  assert.equal(deleted.status, 200, deleted.text);
  assert.equal(deleted.headers['content-type'], 'text/plain; charset=utf-8');
  assert.equal(deleted.text, 'null');
  assert.ok(!existsSync(folder));
  assertError(await client.call('GET', `/archives/${archive}`), 404, 'NotFoundError');
  assertError(await client.call('DELETE', `/archives/${archive}`), 404, 'NotFoundError');
  assert.equal((await list(`meetingLinkId=${link}`)).count, 0);
  await post(publishedEvent({ room, at: T + 1 }));
  assertError(await client.call('GET', `/archives/${archive}`), 404, 'NotFoundError');
});

test('the size is known once the meeting has ended', async () => {
  const { link, room, archive } = await recorded();
  raw(archive, ...tracks(room));
  await client.call('PATCH', `/session/${link}/end`);
  await until(async () => {
    await stack.hurry('room-end');
    return (await client.call('GET', `/archives/${archive}`)).body.metaData.size === 2000;
  }, 'the size');
});

// A second host, with the settings that several hosts need; what Janus writes is not on its disk.
const elsewhere = { HOST_NAME: 'host-b', RECORDINGS_HOST: hostname(), RECORDINGS_DIR: path.join(stack.var, 'no-such-folder') };
const jobs = (archive) => stack.rows('SELECT * FROM jobs WHERE dedup = ?', [`recording-delete:${archive}`]);

test('with workers on several hosts any of them deletes a recording, on the host that has it', async () => {
  const second = new CgiClient(stack, elsewhere);
  const link = await client.meeting({});
  const begun = await new CgiClient(stack, { ...elsewhere, RECORDINGS_DIR: stack.conf.RECORDINGS_DIR }).call('POST', `/session/${link}/archives`);
  assert.equal(begun.status, 200, begun.text);
  const { id } = begun.body.metaData;
  const folder = raw(id, 'a.mjr');
  await client.call('PATCH', `/session/${link}/end`);
  assert.equal((await second.call('DELETE', `/archives/${id}`)).status, 200);
  await until(() => !existsSync(folder), 'the files to be removed where they are');
  await until(async () => (await jobs(id)).length === 0, 'the job to be done');
});

test('an archive without a host that begins with an event is deleted where its files are', async () => {
  const link = await client.meeting({ enableArchiving: true });
  const [row] = await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [link]);
  const id = String(row.archive_id);
  const without = new CgiClient(stack, { HOST_NAME: 'host-b', RECORDINGS_DIR: '' });
  assert.equal((await without.events([publishedEvent({ room: String(row.session_id), at: T })])).status, 204);
  const folder = raw(id, 'a.mjr');
  await client.call('PATCH', `/session/${link}/end`);
  assert.equal((await without.call('DELETE', `/archives/${id}`)).status, 200);
  await until(() => !existsSync(folder), 'the files to be removed where they are');
});

test('after the machine gets a new name its recordings can still be deleted', async () => {
  const { link, archive } = await recorded();
  const folder = raw(archive, 'a.mjr');
  await client.call('PATCH', `/session/${link}/end`);
  await stack.rows("UPDATE archives SET host = 'as-it-was-named' WHERE archive_id = ?", [archive]);
  assert.equal((await client.call('DELETE', `/archives/${archive}`)).status, 200);
  assert.ok(!existsSync(folder));
  assert.deepEqual(await jobs(archive), []);
});

test('a host without an archive\'s files leaves the deletion to the host that has them, but not for ever', async () => {
  const { link, archive } = await recorded();
  await client.call('PATCH', `/session/${link}/end`);
  await stack.rows("UPDATE archives SET host = 'another-one' WHERE archive_id = ?", [archive]);
  assert.equal((await client.call('DELETE', `/archives/${archive}`)).status, 200);
  await until(async () => /another-one/.test((await jobs(archive))[0]?.last_error ?? ''), 'the job to be left');
  const folder = raw(archive, 'a.mjr');
  await until(async () => {
    await stack.hurry('recording-delete');
    return !existsSync(folder);
  }, 'the files, which are there by now, to be removed');
  const gone = await recorded();
  await client.call('PATCH', `/session/${gone.link}/end`);
  await stack.rows("UPDATE archives SET host = 'another-one' WHERE archive_id = ?", [gone.archive]);
  assert.equal((await client.call('DELETE', `/archives/${gone.archive}`)).status, 200);
  await until(async () => {
    await stack.rows('UPDATE jobs SET attempts = 1000, due = UTC_TIMESTAMP(3) WHERE dedup = ?', [`recording-delete:${gone.archive}`]);
    return (await jobs(gone.archive)).length === 0;
  }, 'the job to be given up');
});

test('with workers on several hosts the size is counted where the recording is', async () => {
  const { link, room, archive } = await recorded();
  raw(archive, ...tracks(room));
  await client.call('PATCH', `/session/${link}/end`);
  const key = `room-end:${room}`;
  await stack.rows("UPDATE jobs SET host = 'host-b', due = UTC_TIMESTAMP(3) WHERE dedup = ?", [key]);
  await until(async () => {
    const env = { ...process.env, ...elsewhere, CONFAB_CONF: path.join(stack.var, 'confab.conf') };
    await promisify(execFile)(path.join(stack.build, 'confabctl'), ['work', '--once'], { env });
    return (await stack.rows('SELECT * FROM jobs WHERE dedup = ?', [key])).length === 0;
  }, 'the other host to end the room');
  await until(async () => (await client.call('GET', `/archives/${archive}`)).body.metaData.size === 2000, 'the size');
});

test('deleting does not follow links out of the folder', async () => {
  const { link, archive } = await recorded();
  await client.call('PATCH', `/session/${link}/end`);
  const folder = raw(archive, 'a.mjr');
  const outside = path.join(stack.var, `outside-${archive}.mjr`);
  writeFileSync(outside, 'mine');
  symlinkSync(outside, path.join(folder, 'b.mjr'));
  assert.equal((await client.call('DELETE', `/archives/${archive}`)).status, 200);
  assert.ok(!existsSync(folder));
  assert.ok(existsSync(outside));
});

test('when files cannot be removed nothing changes', { skip: process.getuid() !== 0 && 'needs the service to be another user' }, async () => {
  const { link, archive } = await recorded();
  await client.call('PATCH', `/session/${link}/end`);
  const folder = raw(archive, 'a.mjr');
  chownSync(folder, 0, 0);
  chmodSync(folder, 0o700);
  const refused = await client.call('DELETE', `/archives/${archive}`);
  assertError(refused, 503, 'ServiceUnavailableError');
  assert.ok(refused.headers['retry-after']);
  assert.match((await client.call('GET', `/archives/${archive}`)).body.metaData.status, /^(stopped|failed)$/);
  const { uid, gid } = statSync(stack.conf.RECORDINGS_DIR);
  chownSync(folder, uid, gid);
  chmodSync(folder, 0o2770);
  assert.equal((await client.call('DELETE', `/archives/${archive}`)).status, 200);
});

test('unknown ids and paths in ids are 404', async () => {
  for (const id of ['nothing', '..%2Fx', 'a%2Fb', '%2Fetc%2Fpasswd', 'a%20b', 'x'.repeat(300)]) {
    assertError(await client.call('GET', `/archives/${id}`), 404, 'NotFoundError');
    assertError(await client.call('DELETE', `/archives/${id}`), 404, 'NotFoundError');
  }
});

test('of twenty deletes at once one succeeds', async () => {
  const { link, archive } = await recorded();
  await client.call('PATCH', `/session/${link}/end`);
  raw(archive, 'a.mjr');
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.call('DELETE', `/archives/${archive}`)));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
  for (const answer of answers.filter((one) => one.status !== 200)) assertError(answer, 404, 'NotFoundError');
});

test('a token for one meeting sees and deletes that meeting\'s archives only', async () => {
  const mine = await recorded();
  const theirs = await recorded();
  const auth = { meetingLinkId: mine.link };
  const all = await client.call('GET', '/archives', { auth });
  assert.deepEqual(all.body.items.map((item) => item.metaData.id), [mine.archive]);
  assert.equal((await client.call('GET', `/archives/${mine.archive}`, { auth })).status, 200);
  for (const id of [theirs.archive, 'nothing'])
    for (const method of ['GET', 'DELETE']) assertError(await client.call(method, `/archives/${id}`, { auth }), 403, 'ForbiddenError');
});

test('the recording stops when everybody has left and the room is gone', async () => {
  const link = await client.meeting({ enableArchiving: true });
  const page = await Page.join(await client.token(link));
  const room = page.answer.sessionId;
  await post(publishedEvent({ room, id: page.answer.participantId, at: Date.now() * 1000 }));
  assert.equal((await list(`sessionId=${room}`)).items[0].metaData.status, 'started');
  await client.call('PATCH', `/session/${link}/end`);
  await until(async () => (await list(`sessionId=${room}`)).items[0].metaData.status !== 'started', 'it to stop');
});
