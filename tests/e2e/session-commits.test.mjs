// A COMMIT whose answer is lost: the service runs the transaction again, and must recognise its own work.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CgiClient } from './lib/cgi.mjs';
import { Client, assertError, assertFaults } from './lib/client.mjs';
import { DatabaseProxy } from './lib/database.mjs';
import { publishedEvent } from './lib/janus.mjs';
import { sharedStack, source } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
let proxy;
let losing;

before(async () => {
  proxy = await DatabaseProxy.open(stack);
  proxy.loseFirstCommits();
  losing = new CgiClient(stack, { DB_SOCKET: proxy.socket, ADD_AUDIT_LOG_MIXIN: 'yes' });
});

after(() => proxy.close());

const row = async (link) => (await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [link]))[0];

// One request, each of whose transactions is committed twice.
async function lost(status, ...request) {
  const count = proxy.lost;
  const answer = await losing.call(...request);
  assert.ok(proxy.lost > count, 'no COMMIT was lost');
  assert.equal(answer.status, status, answer.text);
  return answer;
}

async function logged(...ids) {
  const rows = await stack.rows('SELECT action FROM audit_logs WHERE entity_id IN (?) ORDER BY id', [ids]);
  return rows.map(({ action }) => action);
}

test('a change is made once, although its own result looks like a conflict', async () => {
  const link = await client.meeting({ extId: 'before' });
  const { modifiedOn } = (await client.call('GET', `/session/${link}`)).body;
  await lost(204, 'PATCH', `/session/${link}`, { body: { modifiedOn, extId: 'after' } });
  assert.equal((await row(link)).ext_id, 'after');
  assertFaults(await client.call('PATCH', `/session/${link}`, { body: { modifiedOn, extId: 'late' } }), '/modifiedOn');
  assert.deepEqual(await logged(link), ['edit']);
});

test('a deleted meeting is answered as deleted, and another request finds none', async () => {
  const link = await client.meeting({});
  const { sessionId } = await client.token(link);
  await lost(204, 'PATCH', `/session/${link}`, { body: { deleted: true } });
  const found = await row(link);
  assert.ok(found.deleted && found.end_time);
  assert.equal((await stack.rows('SELECT * FROM jobs WHERE dedup = ?', [`room-end:${sessionId}`])).length, 1);
  assertError(await client.call('PATCH', `/session/${link}`, { body: { deleted: true } }), 404, 'NotFoundError');
  assert.deepEqual(await logged(link), ['delete']);
});

test('a deleted archive is answered as deleted, and another request finds none', async () => {
  const link = await client.meeting({ enableArchiving: true });
  const { session_id: room, archive_id: archive } = await row(link);
  assert.equal((await client.events([publishedEvent({ room: String(room), at: Date.now() * 1000 })])).status, 204);
  await client.call('PATCH', `/session/${link}/end`);
  assert.equal((await lost(200, 'DELETE', `/archives/${archive}`)).text, 'null');
  assertError(await client.call('DELETE', `/archives/${archive}`), 404, 'NotFoundError');
  assert.deepEqual(await logged(String(archive)), ['delete']);
});

test('the audit log has each action of a request once', async () => {
  const link = (await lost(200, 'POST', '/session', { body: {} })).text;
  await lost(200, 'POST', `/session/${link}/token`, { body: { data: 'ann' } });
  const { id } = (await lost(200, 'POST', `/session/${link}/archives`)).body.metaData;
  await lost(200, 'PATCH', `/archives/${id}/stop`);
  await lost(204, 'DELETE', `/session/${link}/attendees/ann`);
  await lost(204, 'POST', `/session/${link}/attendees/ann/readmit`);
  await lost(204, 'PATCH', `/session/${link}/end`);
  assert.deepEqual(await logged(link, id), ['create', 'publisher', 'start', 'stop', 'remove', 'readmit', 'end']);
});

test('entries that an older version logged twice are there once afterwards', async () => {
  const statements = readFileSync(path.join(source, 'sql/0002-moderation.sql'), 'utf8').replace(/^--.*/gm, '').split(/;\n/);
  const folder = mkdtempSync(path.join(tmpdir(), 'cf-sql-'));
  writeFileSync(path.join(folder, '9999-audit.sql'), statements.filter((one) => one.includes('audit_logs')).join(';\n'));
  await stack.rows('ALTER TABLE audit_logs DROP KEY audit_logs_once');
  try {
    const entry = (entity, action, request) =>
      stack.rows('INSERT INTO audit_logs (entity, entity_id, action, actor, request_id, acted_at) VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(3))', [entity, 'twice', action, 'x', request]);
    for (const one of [['a', 'b', '1'], ['a', 'b', '1'], ['a', 'c', '1'], ['a', 'b', '2'], ['a', 'b', '1'], ['z', 'b', '1']]) await entry(...one);
    await stack.ctl('migrate', '--dir', folder);
    const rows = await stack.rows("SELECT CONCAT(entity, action, request_id) AS one FROM audit_logs WHERE entity_id = 'twice' ORDER BY id");
    assert.deepEqual(rows.map(({ one }) => String(one)), ['ab1', 'ac1', 'ab2', 'zb1']);
    await assert.rejects(entry('z', 'b', '1'), /audit_logs_once/);
  } finally {
    await stack.rows("DELETE FROM schema_migrations WHERE version = '9999-audit'");
    rmSync(folder, { recursive: true });
  }
});
