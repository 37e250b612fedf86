// What is deleted by age: meetings with all that belongs to them, and the audit log.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { Client } from './lib/client.mjs';
import { DatabaseProxy } from './lib/database.mjs';
import { Admin, joinedEvent, participantEvent, publishedEvent } from './lib/janus.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);
const program = path.join(stack.build, 'confabctl');
const environment = (settings) => ({ ...process.env, CONFAB_CONF: path.join(stack.var, 'confab.conf'), ...settings });

// The stack's own worker keeps everything, and has to leave the job to this file's.
before(() => stack.forgetJanus());
after(async () => {
  client.agent.destroy();
  await stack.up('work');
});
beforeEach(() => stack.rows("UPDATE jobs SET due = UTC_TIMESTAMP(3), leased_until = NULL, leased_by = NULL WHERE kind = 'retention'"));

/**
 * Runs the due jobs of a lane.
 * @param {string} lane
 * @param {Record<string, string>} [settings]
 */
const work = (lane, settings = { RETENTION_DAYS: '30' }) => promisify(execFile)(program, ['work', '--once', '--lane', lane], { env: environment(settings) });

const age = (link, column, days) => stack.rows(`UPDATE meetings SET ${column} = UTC_TIMESTAMP(3) - INTERVAL ? MINUTE WHERE meeting_link = ?`, [Math.round(days * 1440), link]);
const there = async (link) => (await stack.rows('SELECT id FROM meetings WHERE meeting_link = ?', [link])).length > 0;

// A meeting with rows in every table that has rows of meetings, and a file.
async function full() {
  const link = await client.meeting({ enableArchiving: true });
  await client.token(link, { data: 'ann', name: 'Ann' });
  await client.call('POST', `/session/${link}/invites`, { body: {} });
  const [row] = await stack.rows('SELECT session_id, archive_id FROM meetings WHERE meeting_link = ?', [link]);
  const [room, archive] = [String(row.session_id), String(row.archive_id)];
  const at = (Date.now() - 60000) * 1000;
  const joined = joinedEvent(stack.conf.JANUS_TOKEN_SECRET, { room, attendee: 'ann', id: 'ann-1', at });
  assert.equal((await client.events([joined, publishedEvent({ room, at }), participantEvent('leaving', { room, id: 'ann-1', at: at + 1e6 })])).status, 204);
  const folder = path.join(stack.conf.RECORDINGS_DIR, archive);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o2770);
  const { uid, gid } = statSync(stack.conf.RECORDINGS_DIR);
  if (process.getuid() === 0) chownSync(folder, uid, gid);
  writeFileSync(path.join(folder, 'a.mjr'), 'x');
  return { link, room, archive, folder };
}

// The tables that have rows of a session.
async function tablesOf(room) {
  const found = [];
  const columns = await stack.rows("SELECT table_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name = 'session_id' ORDER BY table_name");
  for (const { name } of columns) if ((await stack.rows(`SELECT 1 FROM ${name} WHERE session_id = ? LIMIT 1`, [room])).length > 0) found.push(name);
  return found;
}

test('a meeting that ended longer ago than meetings are kept is deleted with all that belongs to it', async () => {
  const { link, room, archive, folder } = await full();
  await client.call('PATCH', `/session/${link}/end`);
  await stack.rows("INSERT INTO erasures (session_id, pseudonym, created_on) VALUES (?, 'erased-x', UTC_TIMESTAMP(3))", [room]);
  const before = await tablesOf(room);
  for (const table of ['archives', 'attendees', 'connection_ends', 'connections', 'erasures', 'grants', 'invite_codes', 'meeting_events', 'meetings']) assert.ok(before.includes(table), table);
  await age(link, 'end_time', 30.1);
  await work('upkeep');
  assert.equal((await client.call('GET', `/session/${link}`)).status, 404);
  assert.equal((await client.call('GET', `/archives/${archive}`)).status, 404);
  await work('media');
  assert.ok(!existsSync(folder), 'the files are there');
  assert.deepEqual(await tablesOf(room), []);
});

test('meetings are kept until their time has come', async () => {
  const ended = await client.meeting({});
  await client.call('PATCH', `/session/${ended}/end`);
  await age(ended, 'end_time', 29.9);
  const future = await client.meeting({ isScheduled: true, scheduleTime: new Date(Date.now() + 864e5).toISOString() });
  await age(future, 'created_on', 100);
  const open = await client.meeting({});
  await age(open, 'created_on', 100);
  await age(open, 'token_until', 29.9);
  const deleted = await client.meeting({});
  await client.call('PATCH', `/session/${deleted}`, { body: { deleted: true } });
  await age(deleted, 'created_on', 100);
  await work('upkeep');
  for (const link of [ended, future, open, deleted]) assert.ok(await there(link));
  await age(deleted, 'deleted_on', 30.1);
  await age(deleted, 'end_time', 30.1);
  await work('upkeep', {});
  assert.ok(await there(deleted), 'it was deleted though meetings are kept for ever');
  await stack.hurry('retention');
  await work('upkeep');
  assert.ok(!(await there(deleted)));
});

test('a call that goes on for longer than its tokens live is not deleted', async () => {
  const link = await client.meeting({});
  const { sessionId: room } = await client.token(link, { data: 'ann' });
  await client.events([joinedEvent(stack.conf.JANUS_TOKEN_SECRET, { room, attendee: 'ann', id: 'ann-1', at: Date.now() * 1000 })]);
  await age(link, 'created_on', 100);
  await age(link, 'token_until', 31);
  await work('upkeep');
  assert.equal((await client.attendees(link, '?active=true')).length, 1);
  assert.equal((await client.call('GET', `/session/${link}`)).body.status, 'active');
});

test('a meeting that nobody has ended is deleted too, and its room is ended', async () => {
  const link = await client.meeting({});
  const { sessionId: room } = await client.token(link, { data: 'ann' });
  assert.ok(await admin.room(room));
  await age(link, 'created_on', 100);
  await age(link, 'token_until', 30.1);
  await work('upkeep');
  assert.ok(!(await there(link)));
  await work('control');
  assert.ok(!(await admin.room(room)), 'the room is there');
});

test('a run that is killed in the middle is taken up by the next one', async () => {
  const { link, room } = await full();
  await client.call('PATCH', `/session/${link}/end`);
  await stack.rows(
    `INSERT INTO connections (session_id, connection_id, device, participant, attendee, role, event, joined_at, left_at, left_event, created_on, modified_on)
     SELECT ?, seq, seq, seq, 'ann', 2, 'joined', '2026-01-01', '2026-01-02', 'leaving', '2026-01-01', '2026-01-01' FROM seq_1_to_2500`,
    [room],
  );
  await age(link, 'end_time', 30.1);
  const proxy = await DatabaseProxy.open(stack);
  try {
    // A batch ends among the connections; the ends are not reached before the third one.
    const hold = proxy.hold('DELETE FROM connection_ends');
    const worker = spawn(program, ['work', '--once', '--lane', 'upkeep'], { env: environment({ RETENTION_DAYS: '30', DB_SOCKET: proxy.socket, DB_DEADLINE_MS: '60000' }), stdio: 'ignore' });
    const ended = new Promise((resolve) => worker.on('exit', resolve));
    await hold.held;
    worker.kill('SIGKILL');
    await ended;
  } finally {
    await proxy.close();
  }
  const [{ left }] = await stack.rows('SELECT COUNT(*) AS `left` FROM connections WHERE session_id = ?', [room]);
  assert.ok(left > 0 && left < 1000, `${left} connections are left`);
  assert.equal((await client.call('GET', `/session/${link}`)).status, 404, 'half a meeting is shown');
  await stack.rows("UPDATE jobs SET due = UTC_TIMESTAMP(3), leased_until = NULL, leased_by = NULL WHERE kind = 'retention'");
  await work('upkeep');
  await work('media');
  assert.deepEqual(await tablesOf(room), []);
});

test('the audit log has a time of its own', async () => {
  const entry = (id, days) =>
    stack.rows(
      "INSERT INTO audit_logs (entity, entity_id, action, actor, request_id, acted_at) VALUES ('meeting', ?, 'create', 'ann', ?, UTC_TIMESTAMP(3) - INTERVAL ? MINUTE)",
      [id, id, Math.round(days * 1440)],
    );
  const left = async () => (await stack.rows("SELECT CAST(entity_id AS CHAR) AS id FROM audit_logs WHERE entity_id IN ('retention-old', 'retention-new')")).map(({ id }) => id);
  await entry('retention-old', 10.1);
  await entry('retention-new', 9.9);
  await work('upkeep', { RETENTION_DAYS: '1' });
  assert.deepEqual((await left()).sort(), ['retention-new', 'retention-old']);
  await stack.hurry('retention');
  await work('upkeep', { AUDIT_RETENTION_DAYS: '10' });
  assert.deepEqual(await left(), ['retention-new']);
});

test('a run costs what it deletes, however many meetings are kept', async () => {
  await stack.rows(
    `INSERT INTO meetings (meeting_link, session_id, provider, created_on, end_time, modified_on, created_by, modified_by)
     SELECT CONCAT('kept-', seq), CONCAT('kept-', seq), 'janus', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), 'test', 'test' FROM seq_1_to_20000`,
  );
  try {
    const reads = async () => (await stack.rows("SHOW GLOBAL STATUS LIKE 'Handler_read%'")).reduce((sum, one) => sum + Number(one.Value), 0);
    let least = Infinity;
    await until(async () => {
      const link = await client.meeting({});
      await client.call('PATCH', `/session/${link}/end`);
      await age(link, 'end_time', 31);
      await stack.rows("UPDATE jobs SET due = UTC_TIMESTAMP(3), leased_until = NULL, leased_by = NULL WHERE kind = 'retention'");
      const before = await reads();
      await work('upkeep');
      least = Math.min(least, (await reads()) - before);
      assert.ok(!(await there(link)));
      return least < 2000;
    }, 'a run that reads less than 2000 rows');
  } finally {
    await stack.rows("DELETE FROM meetings WHERE meeting_link LIKE 'kept-%'");
  }
});
