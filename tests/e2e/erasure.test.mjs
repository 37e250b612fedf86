// Erasing a person's identity from meetings that are over.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Client, PERMISSIONS, assertError } from './lib/client.mjs';
import { joinedEvent, participantEvent, publishedEvent, randomId } from './lib/janus.mjs';
import { startStack } from './lib/stack.mjs';

const SECOND = 1e6; // microseconds, as all times of events
let stack, client, secret;

before(async () => {
  stack = await startStack({ settings: { ADD_AUDIT_LOG_MIXIN: 'yes' } });
  client = new Client(stack);
  secret = stack.conf.JANUS_TOKEN_SECRET;
  await stack.forgetJanus();
});
after(async () => {
  client?.agent.destroy();
  await stack?.stop();
});

// A person whom no other test has, with what the service may know of them.
function person() {
  const id = randomUUID().slice(0, 8);
  return { id: `ann-${id}@example.org`, name: `Ann Name-${id}` };
}

const erase = (link, attendee, options = {}) => client.call('DELETE', `/session/${link}/attendees/${encodeURIComponent(attendee)}/data`, options);
const work = (lane) => stack.ctl('work', '--once', '--lane', lane);

async function post(...events) {
  const answer = await client.events(events);
  assert.equal(answer.status, 204, answer.text);
}

// The lines of a dump of the whole database that hold one of these texts, also as JSON or base64 may write them.
async function dumped(...texts) {
  const { DB_SOCKET: socket, DB_USER: user, DB_PASSWORD: password, DB_DATABASE: database } = stack.conf;
  const { stdout } = await promisify(execFile)('mariadb-dump', [`--socket=${socket}`, `--user=${user}`, '--skip-extended-insert', '--no-tablespaces', database], {
    env: { ...process.env, MYSQL_PWD: password },
    maxBuffer: 1 << 28,
  });
  const forms = texts.flatMap((text) => [text, text.replace('@', '\\u0040'), Buffer.from(text).toString('base64url')]);
  return stdout.split('\n').filter((line) => forms.some((form) => line.toLowerCase().includes(form.toLowerCase())));
}

// A meeting that `ann` has made, was in twice, with a name, and was removed from; `bob` was there too.
async function met(ann, { auth = {}, body = {} } = {}) {
  const as = { ...auth, sub: ann.id };
  const link = await client.meeting({ enableArchiving: true, ...body }, { auth: as, headers: { 'idempotency-key': randomUUID() } });
  const [row] = await stack.rows('SELECT session_id, archive_id FROM meetings WHERE meeting_link = ?', [link]);
  const [room, archive] = [String(row.session_id), String(row.archive_id)];
  const { participantId } = await client.token(link, { name: ann.name, role: 'moderator' }, as);
  await client.token(link, { name: ann.name }, as);
  const { participantId: bobs } = await client.token(link, { data: 'bob', name: 'Bob' }, as);
  const at = (Date.now() - 60000) * 1000;
  const [session, handle] = [randomId(), randomId()];
  const joined = joinedEvent(secret, { room, attendee: ann.id, id: participantId, session, handle, at, display: ann.name });
  const left = participantEvent('leaving', { room, id: participantId, at: at + 10 * SECOND });
  await post(joined, joinedEvent(secret, { room, attendee: 'bob', id: bobs, at: at + SECOND }), publishedEvent({ room, at }));
  // Of the second stay the end has come, and the opening is lost.
  await post(left, participantEvent('leaving', { room, id: participantId.replace(/.{4}$/, 'lost'), at: at + 20 * SECOND }));
  const call = async (method, place, options) => {
    const answer = await client.call(method, `/session/${link}${place}`, { auth: as, ...options });
    assert.ok(answer.status < 300, answer.text);
  };
  await call('DELETE', `/attendees/${encodeURIComponent(ann.id)}`, {});
  await call('POST', '/invites', { body: { name: 'Cem' } });
  await call('PATCH', '', { body: { extId: ann.id, extMetadata: { host: ann.id, people: [{ name: ann.name }, 'bob'] } } });
  await call('PATCH', '/end', {});
  return { link, room, archive, participantId, bobs, joined, left, at, session };
}

const over = (link) => stack.rows('UPDATE meetings SET end_time = end_time - INTERVAL 61 MINUTE WHERE meeting_link = ?', [link]);

test('nothing of a person who was erased is left in the database', async () => {
  const ann = person();
  const { link, participantId } = await met(ann);
  await over(link);
  const tables = (lines) => [...new Set(lines.map((line) => line.match(/^INSERT INTO `(\w+)`/)?.[1]))].sort();
  assert.deepEqual(tables(await dumped(ann.id, ann.name)), ['attendees', 'audit_logs', 'connections', 'grants', 'idempotency', 'meeting_events', 'meetings']);
  assert.deepEqual(tables(await dumped(participantId.slice(0, 17))), ['attendees', 'connection_ends', 'connections']);
  const answer = await erase(link, ann.id);
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.body.attendee, /^erased-[\w-]{16}$/);
  assert.deepEqual(await dumped(ann.id, ann.name), []);
  // The prefix of the participant's ids is left only in the job that deletes the files, until that has run.
  const prefix = participantId.slice(0, 17);
  assert.ok((await dumped(prefix)).every((line) => line.includes('tracks-delete')));
  await work('media');
  assert.deepEqual(await dumped(prefix), []);
});

test('what happened stays, told of the pseudonym', async () => {
  const ann = person();
  const { link } = await met(ann);
  await over(link);
  const lists = async () => [(await client.attendees(link)), (await client.call('GET', `/session/${link}/attendance`)).body];
  const before = await lists();
  const { body: { attendee } } = await erase(link, ann.id);
  const told = JSON.parse(JSON.stringify(before).replaceAll(ann.id, attendee).replaceAll(ann.name, attendee));
  const plain = (lists_) => JSON.parse(JSON.stringify(lists_), (key, value) => (['participantId', 'modifiedOn'].includes(key) ? undefined : value));
  assert.deepEqual(plain(await lists()), plain(told));
  const [{ bans }] = await stack.rows('SELECT COUNT(banned_on) AS bans FROM grants JOIN meetings USING (session_id) WHERE meeting_link = ? AND attendee = ?', [link, attendee]);
  assert.ok(bans > 0, 'the ban is gone');
  const meeting = (await client.call('GET', `/session/${link}`)).body;
  assert.equal(meeting.createdBy, attendee);
  assert.deepEqual(meeting.extMetadata, { host: attendee, people: [{ name: attendee }, 'bob'] });
});

// An invite by name, the person that it is for, and how to open its short link.
async function invited(link, name) {
  const { url, token } = (await client.call('POST', `/session/${link}/invites`, { body: { name } })).body;
  const { sub } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  const open = () => client.call('POST', `/j/${link}`, { auth: null, body: { code: new URL(url).hash.slice(1) } });
  const come = () => client.call('POST', `/session/${link}/token`, { auth: `Bearer ${token}`, body: {} });
  return { id: sub, token, open, come };
}

test("an invited person's codes go with them, and those of others of the same name stay", async () => {
  const { name } = person();
  const link = await client.meeting({});
  const [ann, other] = [await invited(link, name), await invited(link, name)];
  for (const { come } of [ann, other]) assert.equal((await come()).status, 200);
  // A second code of the same invite.
  await stack.rows("INSERT INTO invite_codes (code, session_id, invite, role, name, created_on, expires_at) SELECT UNHEX(SHA2('second', 256)), session_id, invite, role, name, created_on, expires_at FROM invite_codes WHERE invite = ?", [ann.id]);
  await client.call('PATCH', `/session/${link}/end`);
  await over(link);
  assert.equal((await erase(link, ann.id)).status, 200);
  assert.equal((await ann.open()).status, 404);
  assert.deepEqual(await stack.rows('SELECT 1 FROM invite_codes WHERE invite = ?', [ann.id]), []);
  assert.deepEqual(await dumped(ann.id), []);
  assert.equal((await other.open()).body.token, other.token);
  assert.equal((await erase(link, other.id)).status, 200);
  assert.equal((await other.open()).status, 404);
  assert.deepEqual(await dumped(name, other.id), []);
});

test('an invited person who never came can be erased', async () => {
  const { name } = person();
  const link = await client.meeting({});
  const ann = await invited(link, name);
  await client.call('PATCH', `/session/${link}/end`);
  await over(link);
  assert.equal((await erase(link, ann.id)).status, 200);
  assert.equal((await ann.open()).status, 404);
  assert.deepEqual(await dumped(name, ann.id), []);
});

test('names that a collation takes for one, and tables of several collations, hide no name', async () => {
  const ann = person();
  const { link, room } = await met(ann);
  const other = ann.name.replace('Ann', 'Änn'); // the same for a collation that ignores accents
  await stack.rows('UPDATE attendees SET name = ? WHERE session_id = ? AND attendee = ?', [other, room, ann.id]);
  await stack.rows('UPDATE meetings SET ext_metadata = ? WHERE session_id = ?', [JSON.stringify({ people: [ann.name, other] }), room]);
  await over(link);
  const [{ collation }] = await stack.rows("SELECT collation_name AS collation FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'invite_codes' AND column_name = 'name'");
  const alter = (to) => stack.rows(`ALTER TABLE invite_codes MODIFY name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE ${to} NULL`);
  // As on a database that a newer server has taken over, whose new tables have another collation.
  await alter(collation === 'utf8mb4_unicode_ci' ? 'utf8mb4_general_ci' : 'utf8mb4_unicode_ci');
  try {
    const answer = await erase(link, ann.id);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual((await client.call('GET', `/session/${link}`)).body.extMetadata, { people: [answer.body.attendee, answer.body.attendee] });
    assert.deepEqual(await dumped(ann.id, ann.name, other), []);
  } finally {
    await alter(collation);
  }
});

test('it is audited by the pseudonym, also when people erase themselves', async () => {
  const ann = person();
  const { link } = await met(ann);
  await over(link);
  const { body: { attendee } } = await erase(link, ann.id, { auth: { sub: ann.id } });
  const entries = await stack.rows("SELECT action, CAST(actor AS CHAR) AS actor, after_value FROM audit_logs WHERE entity_id = ? AND action IN ('create', 'erase') ORDER BY id", [link]);
  assert.deepEqual(entries.map(({ action, actor }) => [action, actor]), [['create', attendee], ['erase', attendee]]);
  assert.deepEqual(JSON.parse(entries[1].after_value), { attendee });
  assert.deepEqual(await dumped(ann.id), []);
});

test('events that come late do not bring the person back, and others are kept', async () => {
  const ann = person();
  const { link, room, bobs, joined, left, at, session } = await met(ann);
  await over(link);
  await stack.rows('UPDATE meetings SET end_time = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE meeting_link = ?', [link]); // what comes now is not after its end
  await stack.rows('UPDATE meetings SET deleted = TRUE, deleted_on = UTC_TIMESTAMP(3) - INTERVAL 2 HOUR, end_time = end_time - INTERVAL 2 HOUR WHERE meeting_link = ?', [link]);
  const { body: { attendee } } = await erase(link, ann.id);
  await stack.rows('UPDATE meetings SET deleted = FALSE, deleted_on = NULL, end_time = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE meeting_link = ?', [link]);
  const count = async () => (await stack.rows('SELECT COUNT(*) AS n FROM connections WHERE session_id = ? AND attendee = ?', [room, attendee]))[0].n;
  const connections = await count();
  await post(joined, left); // once more
  const again = joined.event.data.id.replace(/.{4}$/, 'more');
  await post(joinedEvent(secret, { room, attendee: ann.id, id: again, session, at: at + 30 * SECOND }), participantEvent('leaving', { room, id: again, at: at + 40 * SECOND }));
  await post(joinedEvent(secret, { room, attendee: 'cat', id: 'cat-1', at: at + 30 * SECOND }), participantEvent('leaving', { room, id: bobs, at: at + 50 * SECOND }));
  assert.deepEqual(await dumped(ann.id, ann.name), []);
  assert.deepEqual((await dumped(joined.event.data.id.slice(0, 17))).filter((line) => !line.includes('tracks-delete')), []);
  assert.equal(await count(), connections);
  assert.deepEqual((await client.attendees(link)).map((one) => one.attendee).sort(), ['bob', 'cat', attendee].sort());
  const [bob] = (await client.call('GET', `/session/${link}/attendance`)).body.filter((one) => one.identity === 'bob');
  assert.equal(bob.reason, 'left', JSON.stringify(bob));
});

test('a meeting must have ended an hour ago', async () => {
  const ann = person();
  const link = await client.meeting({});
  await client.token(link, { data: ann.id });
  assertError(await erase(link, ann.id), 409, 'ConflictError');
  await client.call('PATCH', `/session/${link}/end`);
  await stack.rows('UPDATE meetings SET end_time = UTC_TIMESTAMP(3) - INTERVAL 58 MINUTE WHERE meeting_link = ?', [link]);
  const early = await erase(link, ann.id);
  assertError(early, 409, 'ConflictError', /one hour after the meeting/);
  assert.equal(early.body.error.code, 'MEETING_NOT_OVER');
  assert.equal((await client.attendees(link)).length, 0);
  await stack.rows('UPDATE meetings SET end_time = UTC_TIMESTAMP(3) - INTERVAL 61 MINUTE WHERE meeting_link = ?', [link]);
  assert.equal((await erase(link, ann.id)).status, 200);
  assert.deepEqual(await dumped(ann.id), []);
});

test('who may erase, and what is not there', async () => {
  const ann = person();
  const { link } = await met(ann, { auth: { tenantId: 'clinic' } });
  await over(link);
  assertError(await erase(link, ann.id, { auth: null }), 401, 'UnauthorizedError');
  assertError(await erase(link, ann.id, { auth: { permissions: PERMISSIONS.filter((one) => one !== 'EraseAttendee') } }), 403, 'ForbiddenError', /EraseAttendee/);
  assertError(await erase(link, ann.id, { auth: { meetingLinkId: 'another' } }), 403, 'ForbiddenError');
  assertError(await erase(link, ann.id, { auth: { tenantId: 'other' } }), 404, 'NotFoundError');
  assertError(await erase('nothing', ann.id), 404, 'NotFoundError');
  assertError(await erase(link, 'nobody'), 404, 'NotFoundError', /no such attendee/);
  const first = await erase(link, ann.id, { auth: { tenantId: 'clinic' } });
  assert.equal(first.status, 200);
  assert.deepEqual((await erase(link, ann.id)).body, first.body, 'the second time is another answer');
});

test("a person's own track files are deleted, composed files are listed and stay", async () => {
  const ann = person();
  const { link, room, archive, participantId, bobs } = await met(ann);
  const folder = path.join(stack.conf.RECORDINGS_DIR, archive);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o2770);
  const { uid, gid } = statSync(stack.conf.RECORDINGS_DIR);
  if (process.getuid() === 0) chownSync(folder, uid, gid);
  const files = [`videoroom-${room}-user-${participantId}-17-audio-0.mjr`, `videoroom-${room}-user-${participantId}-screen-18-video-0.mjr`, `videoroom-${room}-user-${bobs}-17-audio-0.mjr`, 'composed.webm'];
  for (const name of files) writeFileSync(path.join(folder, name), 'x'.repeat(100));
  await stack.rows("UPDATE archives SET status = 'available', size = 400 WHERE archive_id = ?", [archive]);
  await over(link);
  assert.deepEqual((await erase(link, ann.id)).body.composedArchives, [archive]);
  await work('media');
  assert.deepEqual(files.map((name) => existsSync(path.join(folder, name))), [false, false, true, true]);
  assert.equal((await client.call('GET', `/archives/${archive}`)).body.metaData.size, 400, 'the size of the composed file');
});

test("a person's tracks are not in the archive any more, nor their files; others' stay", async () => {
  const ann = person();
  const { link, archive, participantId, bobs } = await met(ann);
  const folder = path.join(stack.conf.RECORDINGS_DIR, archive);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o2777);
  const files = [`${participantId}.webm`, `${participantId}-2.webm`, `${participantId}-screen.mkv`, `${bobs}.webm`];
  const tracks = files.map((file) => ({ file, attendee: file.startsWith(bobs) ? 'bob' : ann.id, screen: false, from: 0, to: SECOND, audio: 'opus', video: null, sizes: [], orientations: [], pictures: [], size: 4 }));
  for (const file of files) {
    writeFileSync(path.join(folder, file), 'webm');
    await stack.rows("INSERT INTO archive_files (archive_id, path, kind, content_type, size, created_on, modified_on) VALUES (?, ?, 'track', 'video/webm', 4, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))", [archive, file]);
  }
  await stack.rows("UPDATE archives SET status = 'available', output_mode = 'individual', tracks = ? WHERE archive_id = ?", [JSON.stringify(tracks), archive]);
  await over(link);
  assert.equal((await erase(link, ann.id)).status, 200);
  await work('media');
  assert.deepEqual(readdirSync(folder), [`${bobs}.webm`]);
  const [row] = await stack.rows('SELECT tracks FROM archives WHERE archive_id = ?', [archive]);
  assert.deepEqual(JSON.parse(row.tracks), [tracks[3]]);
  assert.deepEqual((await stack.rows('SELECT CONVERT(path USING utf8mb4) path FROM archive_files WHERE archive_id = ?', [archive])).map((file) => file.path), [`${bobs}.webm`]);
});

test('confabctl erase takes a person out of all meetings of a tenant, and of no other', async () => {
  const ann = person();
  const tenant = `clinic-${randomUUID()}`;
  const meetings = [await met(ann, { auth: { tenantId: tenant } }), await met(ann, { auth: { tenantId: tenant } })];
  const other = await met(ann);
  for (const { link } of [meetings[0], other]) await over(link);
  await stack.rows("UPDATE archives SET status = 'uploaded' WHERE archive_id = ?", [meetings[0].archive]);
  // Of a meeting that is gone.
  await stack.rows(
    "INSERT INTO audit_logs (entity, entity_id, action, actor, tenant, request_id, acted_at, after_value) VALUES ('meeting', 'gone', 'remove', ?, ?, ?, UTC_TIMESTAMP(3), ?)",
    [ann.id, tenant, ann.id.slice(0, 12), JSON.stringify({ attendee: ann.id })],
  );
  await assert.rejects(stack.ctl('erase', ann.id, '--tenant', tenant), { code: 1, stdout: `not changed: the composed files of the archive ${meetings[0].archive}\nerased from 1 meeting\n`, stderr: /1 more meeting has not ended an hour ago or earlier/ });
  await over(meetings[1].link);
  assert.match((await stack.ctl('erase', ann.id, '--tenant', tenant)).stdout, /erased from 1 meeting\n/);
  assert.match((await stack.ctl('erase', ann.id, '--tenant', tenant)).stdout, /erased from 0 meetings\n/);
  const left = await dumped(ann.id);
  assert.ok(left.length > 0, 'the meeting without a tenant is another one');
  assert.ok(left.every((line) => !line.includes(meetings[0].room) && !line.includes(meetings[1].room) && !line.includes("'gone'")), left.join('\n'));
  assert.match((await stack.ctl('erase', ann.id, '--no-tenant')).stdout, /erased from 1 meeting\n/);
  await stack.rows('UPDATE meetings SET tenant = NULL WHERE tenant = ?', [tenant]);
  for (const args of [[ann.id], [ann.id, '--tenant', 'a', '--no-tenant'], ['--no-tenant'], [ann.id, '--tenant', '']])
    await assert.rejects(stack.ctl('erase', ...args), { code: 2 });
});
