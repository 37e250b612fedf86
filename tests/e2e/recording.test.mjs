// Recording at will: starting and stopping, what Janus then does, and that there is one at a time.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { CgiClient } from './lib/cgi.mjs';
import { Client, PERMISSIONS, assertError, assertFaults } from './lib/client.mjs';
import { Admin, Page, publishedEvent } from './lib/janus.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);

const start = (link, body, more) => client.call('POST', `/session/${link}/archives`, { body, ...more });
const stop = (id, more) => client.call('PATCH', `/archives/${id}/stop`, more);
const folder = (id) => path.join(stack.conf.RECORDINGS_DIR, id);
const list = async (link) => (await client.call('GET', `/archives?meetingLinkId=${link}`)).body;
const row = async (link) => (await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [link]))[0];
const state = async (room) => {
  const found = await admin.room(room);
  return { record: found.record, into: found.record ? found.rec_dir : undefined };
};
const idle = { record: false, into: undefined };
const into = (id) => ({ record: true, into: folder(id) });

// As if Janus had written a track of this room.
const written = (id, room, bytes) => writeFileSync(path.join(folder(id), `videoroom-${room}-user-abcdefghijklmnop-12345678-1700000000000000-audio-0.mjr`), 'x'.repeat(bytes));

async function started(link, body) {
  const answer = await start(link, body);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

async function stopped(id) {
  const answer = await stop(id);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

test('start, stop, start: each recording has its own folder, and the answers say so', async () => {
  const link = await client.meeting({ extId: 'visit-17' });
  const before = Date.now();
  const page = await Page.join(await client.token(link));
  await page.publish('audio', 'video');
  const room = page.answer.sessionId;
  assert.deepEqual(await state(room), idle);
  const one = await started(link);
  assert.equal(one.name, 'visit-17');
  assert.equal(one.sessionId, room);
  assert.equal(one.metaData.status, 'started');
  assert.match(one.metaData.id, /^[A-Za-z0-9_-]{22}$/);
  assert.ok(Date.parse(one.metaData.createdAt) >= before - 1000 && Date.parse(one.metaData.createdAt) <= Date.now() + 1000);
  assert.equal(one.metaData.stoppedAt, null);
  assert.deepEqual((await client.call('GET', `/archives/${one.metaData.id}`)).body, one);
  assert.deepEqual(await state(room), into(one.metaData.id));
  assert.ok(statSync(folder(one.metaData.id)).mode & 0o2000, 'the folder is shared');
  assertError(await start(link), 409, 'ConflictError');
  assertError(await client.call('DELETE', `/archives/${one.metaData.id}`), 409, 'ConflictError');
  written(one.metaData.id, room, 100);
  const over = await stopped(one.metaData.id);
  assert.equal(over.metaData.status, 'stopped');
  assert.ok(new Date(over.metaData.stoppedAt) >= new Date(one.metaData.createdAt));
  assert.equal(over.metaData.duration, 0);
  assert.deepEqual(await state(room), idle);
  assertError(await stop(one.metaData.id), 409, 'ConflictError');
  const two = await started(link, { name: 'Zweiter Teil' });
  assert.equal(two.name, 'Zweiter Teil');
  assert.notEqual(two.metaData.id, one.metaData.id);
  assert.deepEqual(await state(room), into(two.metaData.id));
  const all = await list(link);
  assert.deepEqual(all.items.map((item) => [item.metaData.id, item.metaData.status === 'started']), [[two.metaData.id, true], [one.metaData.id, false]]);
  assert.equal((await client.call('DELETE', `/archives/${one.metaData.id}`)).status, 200);
  assert.deepEqual(await state(room), into(two.metaData.id));
  await stopped(two.metaData.id);
});

test('duration and size are known when it stops', async () => {
  const link = await client.meeting({});
  const { sessionId: room } = await client.token(link);
  const one = await started(link);
  await stack.rows('UPDATE archives SET created_at = created_at - INTERVAL 90 SECOND WHERE archive_id = ?', [one.metaData.id]);
  written(one.metaData.id, room, 1234);
  // What a participant may have made, another room's track, and a track without media do not count.
  for (const name of ['strange.mjr', `videoroom-${room}-user-me-1-audio-0.mjr`, 'videoroom-x-user-abcdefghijklmnop-12345678-17-audio-0.mjr'])
    writeFileSync(path.join(folder(one.metaData.id), name), 'x'.repeat(5000));
  writeFileSync(path.join(folder(one.metaData.id), `videoroom-${room}-user-abcdefghijklmnop-12345678-18-audio-0.mjr`), 'MJR00002');
  const over = await stopped(one.metaData.id);
  assert.equal(over.metaData.size, 1234);
  assert.ok(over.metaData.duration >= 90 && over.metaData.duration < 100, over.metaData.duration);
  assert.equal((await client.call('DELETE', `/archives/${one.metaData.id}`)).status, 200);
  assert.ok(!existsSync(folder(one.metaData.id)), 'the other files go with the folder');
});

test('a room that is created after the start is recorded, one that is created after the stop is not', async () => {
  const link = await client.meeting({});
  const one = await started(link);
  const { sessionId: room } = await client.token(link);
  assert.deepEqual(await state(room), into(one.metaData.id));
  await stopped(one.metaData.id);
  await admin.change(room, { request: 'destroy' });
  await until(async () => {
    await stack.hurry('reconcile');
    return admin.room(room);
  }, 'the room to be made again', 25000);
  assert.deepEqual(await state(room), idle);
});

test('the recording of the recording of a room that is gone can be stopped', async () => {
  const link = await client.meeting({});
  const one = await started(link);
  assert.equal((await stopped(one.metaData.id)).metaData.status, 'failed', 'nothing was recorded');
  assert.equal((await row(link)).recording_id, null);
});

test('of twenty starts at once one succeeds, and of twenty stops', async () => {
  const link = await client.meeting({});
  const { sessionId: room } = await client.token(link);
  for (let round = 1; round <= 15; round++) {
    const starts = await Promise.all(Array.from({ length: 20 }, () => start(link)));
    const [good, ...more] = starts.filter((answer) => answer.status === 200);
    assert.ok(good && more.length === 0, JSON.stringify(starts.map((answer) => answer.status)));
    for (const answer of starts.filter((one) => one !== good)) assertError(answer, 409, 'ConflictError');
    const { id } = good.body.metaData;
    assert.equal((await list(link)).count, round);
    assert.deepEqual(await state(room), into(id));
    const stops = await Promise.all(Array.from({ length: 20 }, () => stop(id)));
    assert.equal(stops.filter((answer) => answer.status === 200).length, 1);
    for (const answer of stops.filter((one) => one.status !== 200)) assertError(answer, 409, 'ConflictError');
    assert.deepEqual(await state(room), idle);
    assert.equal((await row(link)).recording_id, null);
  }
});

test('an archive begins only if it is the recording that the service started', async () => {
  const link = await client.meeting({ enableArchiving: true });
  const { sessionId: room } = await client.token(link);
  await stack.rows('UPDATE meetings SET recording_id = NULL WHERE meeting_link = ?', [link]);
  await client.events([publishedEvent({ room, at: Date.now() * 1000 })]);
  assert.equal((await list(link)).count, 0);
});

test('who may not start, what is not there, what cannot be recorded', async () => {
  const link = await client.meeting({});
  const other = await client.meeting({});
  const without = (permission) => ({ permissions: PERMISSIONS.filter((one) => one !== permission) });
  assertError(await start(link, {}, { auth: null }), 401, 'UnauthorizedError');
  assertError(await start(link, {}, { auth: without('StartMeetingArchive') }), 403, 'ForbiddenError');
  assertError(await start(link, {}, { auth: { meetingLinkId: other } }), 403, 'ForbiddenError');
  assertError(await start('nowhere000'), 404, 'NotFoundError');
  const encrypted = await client.meeting({ endToEndEncryption: true });
  const refused = await start(encrypted);
  assertError(refused, 400, 'BadRequestError', /encrypted/);
  const later = await client.meeting({ isScheduled: true, scheduleTime: new Date(Date.now() + 7200_000).toISOString() });
  const early = await start(later);
  assertError(early, 400, 'BadRequestError');
  assert.equal(early.body.error.code, 'MEETING_NOT_OPEN');
  await client.call('PATCH', `/session/${other}/end`);
  const ended = await start(other);
  assertError(ended, 400, 'BadRequestError');
  assert.equal(ended.body.error.code, 'MEETING_ENDED');
  for (const one of [link, other, encrypted, later]) assert.equal((await list(one)).count, 0);
  assert.equal((await start(link, {}, { auth: { meetingLinkId: link, permissions: ['StartMeetingArchive'] } })).status, 200);
});

test('who may not stop, and what is not there', async () => {
  const link = await client.meeting({});
  const other = await client.meeting({});
  const { id } = (await started(link)).metaData;
  assertError(await stop(id, { auth: null }), 401, 'UnauthorizedError');
  assertError(await stop(id, { auth: { permissions: PERMISSIONS.filter((one) => one !== 'StopMeetingArchive') } }), 403, 'ForbiddenError');
  for (const one of [id, 'nothing']) assertError(await stop(one, { auth: { meetingLinkId: other } }), 403, 'ForbiddenError');
  for (const one of ['nothing', 'a%2Fb', 'x'.repeat(300)]) assertError(await stop(one), 404, 'NotFoundError');
  assert.equal((await list(link)).items[0].metaData.status, 'started');
  assert.equal((await stop(id, { body: '{ignored', auth: { meetingLinkId: link, permissions: ['StopMeetingArchive'] } })).status, 200);
});

test('the name: text of 1 to 255 characters', async () => {
  const link = await client.meeting({ extId: 'x' });
  for (const name of ['x'.repeat(256), 5, null, {}, true]) assertFaults(await start(link, { name }), '/name');
  assertError(await start(link, '{'), 400, 'BadRequestError');
  assertError(await start(link, 'null'), 422, 'UnprocessableEntityError');
  assertError(await start(link, { name: 'a\u0000b' }), 400, 'BadRequestError');
  assertError(await start(link, 'a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }), 415, 'UnsupportedMediaTypeError');
  assert.equal((await list(link)).count, 0);
  const { metaData, name } = await started(link, { name: 'ü'.repeat(255) });
  assert.equal(name, 'ü'.repeat(255));
  await stopped(metaData.id);
  assertFaults(await start(link, { name: '' }), '/name');
});

test('the output mode: composed, unless the start says individual', async () => {
  const link = await client.meeting({});
  for (const outputMode of ['all', '', 'COMPOSED', 5, null, {}, 'x'.repeat(100)]) assertFaults(await start(link, { outputMode }), '/outputMode');
  assert.equal((await list(link)).count, 0);
  for (const [body, mode] of [[{}, 'composed'], [{ outputMode: 'composed' }, 'composed'], [{ outputMode: 'individual' }, 'individual']]) {
    const { metaData } = await started(link, body);
    assert.equal(metaData.outputMode, mode);
    assert.equal((await stopped(metaData.id)).metaData.outputMode, mode);
    assert.equal((await list(link)).items[0].metaData.outputMode, mode);
  }
});

test('a moderator\'s invite starts and stops a recording in its meeting, other invites do not, and everybody sees it', async () => {
  const link = await client.meeting({});
  const other = await client.meeting({});
  const invite = async (role) => `Bearer ${(await client.call('POST', `/session/${link}/invites`, { body: { role } })).body.token}`;
  const [auth, guest] = [await invite('moderator'), await invite('publisher')];
  const seen = async () => (await client.call('GET', `/session/${link}/attendees`, { auth: guest })).headers['x-recording'];
  assertError(await start(link, {}, { auth: guest }), 403, 'ForbiddenError');
  assertError(await start(other, {}, { auth }), 403, 'ForbiddenError');
  assert.equal(await seen(), 'false');
  const begun = await start(link, {}, { auth });
  assert.equal(begun.status, 200, begun.text);
  assert.equal(await seen(), 'true');
  assertError(await stop(begun.body.metaData.id, { auth: guest }), 403, 'ForbiddenError');
  assertError(await stop((await started(other)).metaData.id, { auth }), 403, 'ForbiddenError');
  assert.equal((await stop(begun.body.metaData.id, { auth })).status, 200);
  assert.equal(await seen(), 'false');
});

test('without RECORDINGS_DIR: 503 names the setting, and nothing is left', async () => {
  const without = new CgiClient(stack, { RECORDINGS_DIR: '' });
  const link = await client.meeting({});
  const answer = await without.call('POST', `/session/${link}/archives`);
  assertError(answer, 503, 'ServiceUnavailableError', /RECORDINGS_DIR/);
  assert.equal((await list(link)).count, 0);
  assert.equal((await row(link)).recording_id, null);
});

test('a meeting with archiving is recorded already; that can be stopped, and late events do not start it again', async () => {
  const link = await client.meeting({ enableArchiving: true });
  const { sessionId: room } = await client.token(link);
  assertError(await start(link), 409, 'ConflictError');
  const { archive_id: archive } = await row(link);
  const id = String(archive);
  const at = Date.now() * 1000;
  const published = (offset) => client.events([publishedEvent({ room, at: at + offset })]);
  await published(0);
  assert.deepEqual(await state(room), into(id));
  const over = await stopped(id);
  assert.equal(over.metaData.id, id);
  assert.deepEqual(await state(room), idle);
  await published(1000);
  await published(10e6);
  assert.deepEqual((await list(link)).items, [over]);
  const two = await started(link);
  await published(-60e6);
  await published(20e6);
  assert.deepEqual((await list(link)).items.find((item) => item.metaData.id === two.metaData.id), two);
  assert.equal((await list(link)).count, 2);
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  await published(1000);
  assert.match((await list(link)).items.map((item) => item.metaData.status).join(' '), /^(stopped|failed) failed$/, 'the first had nothing in it');
});

test('an event does not move the start of a recording that was started by hand', async () => {
  const link = await client.meeting({});
  const { sessionId: room } = await client.token(link);
  const one = await started(link);
  await client.events([publishedEvent({ room, at: Date.now() * 1000 - 3600e6 }), publishedEvent({ room, at: Date.now() * 1000 + 60e6 })]);
  assert.deepEqual((await list(link)).items, [one]);
});

test('archiving switched on while recorded by hand records nothing twice', async () => {
  const link = await client.meeting({ enableArchiving: true });
  const edit = (body) => client.call('PATCH', `/session/${link}`, { body });
  assert.equal((await edit({ isArchived: false })).status, 204);
  const one = await started(link);
  assert.equal((await edit({ isArchived: true })).status, 204);
  const { sessionId: room } = await client.token(link);
  assert.deepEqual(await state(room), into(one.metaData.id));
  await client.events([publishedEvent({ room, at: Date.now() * 1000 })]);
  assert.deepEqual((await list(link)).items, [one]);
  await stopped(one.metaData.id);
  await client.events([publishedEvent({ room, at: Date.now() * 1000 })]);
  await client.call('PATCH', `/session/${link}/end`);
  await client.events([publishedEvent({ room, at: Date.now() * 1000 - 1e6 })]);
  assert.equal((await list(link)).count, 1);
});

test('the end of a meeting, and its deletion, stop the recording', async () => {
  const ended = await client.meeting({});
  const deleted = await client.meeting({});
  const joined = await client.meeting({});
  await client.token(ended);
  await client.token(joined);
  const ids = [];
  for (const link of [ended, deleted, joined]) ids.push((await started(link)).metaData.id);
  assert.equal((await client.call('PATCH', `/session/${ended}/end`)).status, 204);
  for (const link of [deleted, joined]) assert.equal((await client.call('PATCH', `/session/${link}`, { body: { deleted: true } })).status, 204);
  for (const id of ids) {
    const { metaData } = (await client.call('GET', `/archives/${id}`)).body;
    assert.match(metaData.status, /^(stopped|failed)$/);
    assert.ok(metaData.stoppedAt);
    assertError(await stop(id), 409, 'ConflictError');
  }
  for (const link of [ended, deleted, joined]) assert.equal((await row(link)).recording_id, null);
});

test('a start that overlaps the end leaves nothing recording', async () => {
  for (let i = 0; i < 20; i++) {
    const link = await client.meeting({});
    const { sessionId: room } = await client.token(link);
    const [begun, ended] = await Promise.all([start(link), client.call('PATCH', `/session/${link}/end`)]);
    assert.ok([200, 400].includes(begun.status), begun.text);
    assert.equal(ended.status, 204);
    assert.equal((await row(link)).recording_id, null);
    assert.equal(await admin.room(room), undefined);
    // With nothing in it, it has failed as soon as somebody looks.
    for (const item of (await list(link)).items) assert.match(item.metaData.status, /^(stopped|failed)$/);
  }
});

test('the reconciler starts or stops the recording of a room that missed it', async () => {
  const link = await client.meeting({});
  const { sessionId: room } = await client.token(link);
  const follow = (wanted) =>
    until(async () => {
      await stack.hurry('reconcile');
      const now = await state(room);
      return now.record === wanted.record && now.into === wanted.into;
    }, JSON.stringify(wanted), 25000);
  await admin.change(room, { request: 'enable_recording', record: true });
  await follow(idle);
  const { id } = (await started(link)).metaData;
  await admin.change(room, { request: 'enable_recording', record: false });
  await follow(into(id));
  await admin.change(room, { request: 'edit', new_rec_dir: folder('elsewhere') });
  await follow(into(id));
  assert.ok(!existsSync(folder('elsewhere')));
});

test('the reconciler finds a recording whose start was not reported', async () => {
  const silent = await client.meeting({ enableArchiving: true });
  await (await Page.join(await client.token(silent))).publish('audio');
  const link = await client.meeting({ enableArchiving: true });
  const page = await Page.join(await client.token(link));
  const id = String((await row(link)).archive_id);
  const reported = () => client.call('GET', `/archives/${id}`);
  await page.publish('audio', 'video');
  // As if media had come and its event was lost. Janus' own files stay empty until media comes.
  written(id, page.answer.sessionId, 100);
  await until(async () => {
    await stack.hurry('reconcile');
    return (await reported()).status === 200;
  }, 'the archive', 25000);
  const { metaData } = (await reported()).body;
  assert.equal(metaData.status, 'started');
  assert.ok(Math.abs(Date.now() - Date.parse(metaData.createdAt)) < 60000);
  assert.equal((await list(silent)).count, 0, 'no media has come there');
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  assert.match((await reported()).body.metaData.status, /^(stopped|failed)$/);
});

test('the end of the meeting finds a recording whose start was not reported', async () => {
  const link = await client.meeting({ enableArchiving: true });
  const { sessionId: room } = await client.token(link);
  const id = String((await row(link)).archive_id);
  written(id, room, 100);
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  await until(async () => {
    await stack.hurry('room-end');
    return (await client.call('GET', `/archives/${id}`)).body.metaData?.size === 100;
  }, 'the archive');
  assert.match((await client.call('GET', `/archives/${id}`)).body.metaData.status, /^(stopped|failed)$/);
  assert.equal((await client.call('DELETE', `/archives/${id}`)).status, 200);
  assert.ok(!existsSync(folder(id)));
});

test('a reconciler on a host without the files finds it by the people who may send', async () => {
  const [link, empty] = [await client.meeting({ enableArchiving: true }), await client.meeting({ enableArchiving: true })];
  await client.token(empty);
  await Page.join(await client.token(link));
  await until(async () => (await client.attendees(link, '?active=true')).length === 1, 'somebody to be in');
  const env = { ...process.env, CONFAB_CONF: path.join(stack.var, 'confab.conf'), HOST_NAME: 'host-b', RECORDINGS_HOST: hostname() };
  try {
    await until(async () => {
      await stack.rows("UPDATE jobs SET host = 'host-b', due = UTC_TIMESTAMP(3) WHERE kind = 'reconcile'");
      await promisify(execFile)(path.join(stack.build, 'confabctl'), ['work', '--once'], { env });
      return (await list(link)).count === 1;
    }, 'the archive', 25000);
  } finally {
    await stack.rows("UPDATE jobs SET host = NULL WHERE kind = 'reconcile'");
  }
  const [archive] = await stack.rows('SELECT * FROM archives WHERE archive_id = ?', [(await row(link)).archive_id]);
  assert.equal(archive.host, hostname());
  assert.equal((await list(empty)).count, 0, 'nobody is there');
});
