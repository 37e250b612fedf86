// The program that scripts/bench compares the service with has the service's statements. Else the ratios mean nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { CgiClient } from './lib/cgi.mjs';
import { DatabaseProxy } from './lib/database.mjs';
import * as janus from './lib/janus.mjs';
import { sharedStack, source } from './lib/stack.mjs';

const stack = sharedStack();
// A worker keeps what it has read of these for a while, or has it from its settings.
const KEPT = /^SELECT [^(]* FROM (media_servers|settings)\b/;
let proxy;
let there;

before(async () => {
  proxy = await DatabaseProxy.open(stack);
  there = new CgiClient(stack, { DB_SOCKET: proxy.socket });
});
after(() => proxy?.close());

const plain = (sql) => sql.replaceAll(/\s+/g, ' ').replaceAll(/ (?=\))/g, '').trim();

// The text of a C literal that may have macros in it.
const joined = (parts, macros = {}) => [...parts.matchAll(/"([^"]*)"|([A-Z_]+)/g)].map(([, part, macro]) => part ?? macros[macro]).join('');

// The statements of the reference by the names that they have there.
function referenceStatements() {
  const text = readFileSync(`${source}tests/bench/reference.c`, 'utf8');
  const macros = Object.fromEntries([...text.matchAll(/#define (\w+)((?:\s|\\\n|"[^"]*")+)/g)].map(([, name, parts]) => [name, joined(parts)]));
  const found = [...text.matchAll(/static struct statement (\w+) = \{\s*\.sql = (.*?)\};/gs)];
  return Object.fromEntries(found.map(([, name, parts]) => [name, plain(joined(parts, macros))]));
}

// The statements of the service in a request.
async function statementsOf(request) {
  const before_ = proxy.prepared.length;
  const result = await request();
  return { result, statements: proxy.prepared.slice(before_).map(plain).filter((sql) => !KEPT.test(sql)) };
}

test('each statement of the reference is one of the service, and a webhook has no other ones', async () => {
  const { first_server: _, ...reference } = referenceStatements();
  const created = await statementsOf(() => there.meeting({}));
  const link = created.result;
  const answered = await statementsOf(() => there.token(link, { data: 'ann' }));
  const listed = await statementsOf(() => there.attendees(link));
  const { sessionId: room, participantId: id } = answered.result;
  const event = janus.joinedEvent(stack.conf.JANUS_TOKEN_SECRET, { room, attendee: 'ann', id, at: Date.now() * 1000 });
  const kept = await statementsOf(() => there.events([event]));
  assert.equal(kept.result.status, 204, kept.result.text);
  const all = new Set([created, answered, listed, kept].flatMap(({ statements }) => statements));
  assert.deepEqual(Object.entries(reference).filter(([, sql]) => !all.has(sql)).map(([name]) => name), []);
  const known = new Set(Object.values(reference));
  assert.deepEqual(kept.statements.filter((sql) => !known.has(sql)), []);
});
