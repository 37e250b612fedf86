// Tenants: what belongs to one does not exist for another, in any operation, list, key or invite.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CgiClient } from './lib/cgi.mjs';
import { Client, assertError } from './lib/client.mjs';
import { folderMake } from './lib/made-archive.mjs';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const document = JSON.parse(readFileSync(new URL('../../src/api/openapi.json', import.meta.url), 'utf8'));

// Two tenants whose people have the same names, and an operator.
const ACME = { tenantId: 'acme', sub: 'pat' };
const GLOBEX = { tenantId: 'globex', sub: 'pat' };
const OPERATOR = { sub: 'pat' };

// Every operation that takes a bearer token, as [method, path].
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item)
    .filter(([, operation]) => operation.security?.some((scheme) => 'bearer' in scheme))
    .map(([method]) => /** @type {const} */ ([method.toUpperCase(), path])),
);
// Operations without a meeting or archive: each has its own test below.
const GENERAL = ['GET /session', 'POST /session', 'GET /archives', 'PUT /archives/storage-target', 'DELETE /archives/storage-target'];
const BODIES = { 'PATCH /session/{meetingLinkId}': { extId: 'changed' } };

let count = 0;

// A meeting in which a person has a role, with an archive that can be deleted.
async function made(auth, body = {}) {
  const link = await client.meeting(body, { auth });
  const [row] = await stack.rows('SELECT session_id, tenant FROM meetings WHERE meeting_link = ?', [link]);
  const archive = `tenants-${process.pid}-${(count += 1)}`;
  await stack.rows(
    "INSERT INTO archives (archive_id, session_id, status, created_at, created_on, modified_on) VALUES (?, ?, 'stopped', UTC_TIMESTAMP(6), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))",
    [archive, String(row.session_id)],
  );
  await stack.rows(
    "INSERT INTO archive_files (archive_id, path, kind, content_type, size, created_on, modified_on) VALUES (?, 'a.mp4', 'composed', 'video/mp4', 4, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))",
    [archive],
  );
  folderMake(stack, archive);
  writeFileSync(join(stack.conf.RECORDINGS_DIR, archive, 'a.mp4'), 'film');
  return { link, archive, session: String(row.session_id), tenant: row.tenant === null ? null : String(row.tenant) };
}

const fill = (path, { link, archive }) => path.replace('{meetingLinkId}', link).replace('{archiveId}', archive).replace('{attendee}', 'somebody');

/** @type {(operation: readonly [string, string], place: {link: string, archive: string}, auth: object) => Promise<any>} */
async function ask([method, path], place, auth) {
  const body = BODIES[`${method} ${path}`] ?? (method === 'GET' || method === 'DELETE' ? undefined : {});
  return client.call(method, fill(path, place), { body, auth });
}

// All links of a list of meetings, page by page.
async function listed(auth, query) {
  const links = [];
  let cursor = '';
  do {
    const answer = await client.call('GET', `/session?limit=2&${query}${cursor}`, { auth });
    assert.equal(answer.status, 200, answer.text);
    links.push(...answer.body.items.map((item) => item.meetingLink));
    cursor = answer.body.nextCursor === null ? null : `&cursor=${answer.body.nextCursor}`;
  } while (cursor !== null);
  return links;
}

const audited = new CgiClient(stack, { ADD_AUDIT_LOG_MIXIN: 'yes' });

test('in every operation another tenant\'s meeting does not exist', async () => {
  const place = await made(ACME);
  await client.token(place.link, { data: 'somebody' }, ACME);
  const before = await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [place.link]);
  for (const operation of operations) {
    const name = operation.join(' ');
    if (!operation[1].includes('{')) {
      assert.ok(GENERAL.includes(name), `${name} has no test for tenants`);
      continue;
    }
    const foreign = await ask(operation, place, GLOBEX);
    const unknown = await ask(operation, { link: 'AAAAAAAAAA', archive: 'unknown' }, GLOBEX);
    assertError(foreign, 404, 'NotFoundError');
    assert.equal(foreign.text, unknown.text, name);
    assert.deepEqual(Object.keys(foreign.headers).sort(), Object.keys(unknown.headers).sort(), name);
  }
  assert.deepEqual(await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [place.link]), before);
  assert.equal((await client.call('GET', `/archives/${place.archive}`, { auth: ACME })).status, 200);
});

test('the tenant itself and an operator can do everything with it', async () => {
  // Each with a meeting of its own, so that the order does not matter.
  for (const auth of [ACME, OPERATOR]) {
    for (const operation of operations.filter(([, path]) => path.includes('{'))) {
      const place = await made(ACME);
      await client.token(place.link, { data: 'somebody' }, ACME);
      const answer = await ask(operation, place, auth);
      const gone = answer.status === 404 && !/not in the meeting now/.test(answer.body.error.message);
      assert.ok(!gone && answer.status !== 403, `${operation.join(' ')}: ${answer.text}`);
    }
  }
});

test('a meeting belongs to the tenant whose token created it; one without a tenant is visible to all', async () => {
  assert.equal((await made(ACME)).tenant, 'acme');
  assert.equal((await made({ ...ACME, tenantId: 42 })).tenant, '42');
  const open = await made(OPERATOR);
  assert.equal(open.tenant, null);
  for (const auth of [ACME, GLOBEX, OPERATOR]) {
    const answer = await client.call('GET', `/session/${open.link}`, { auth });
    assert.equal(answer.body.tenantId, null);
    assert.equal((await client.call('GET', `/archives/${open.archive}`, { auth })).status, 200);
    await client.token(open.link, {}, auth);
  }
  const own = await made(ACME);
  assert.equal((await client.call('GET', `/session/${own.link}`, { auth: OPERATOR })).body.tenantId, 'acme');
  for (const tenantId of ['ACME', 'acme ', 'acm', 'acme%', '_cme'])
    assertError(await client.call('GET', `/session/${own.link}`, { auth: { ...ACME, tenantId } }), 404, 'NotFoundError');
});

test('PATCH does not change the tenant, but accepts its present value', async () => {
  const { link } = await made(ACME);
  assert.equal((await client.call('PATCH', `/session/${link}`, { body: { tenantId: 'acme' }, auth: ACME })).status, 204);
  assertError(await client.call('PATCH', `/session/${link}`, { body: { tenantId: 'globex' }, auth: OPERATOR }), 422, 'UnprocessableEntityError');
});

test('lists of meetings hold a tenant\'s own and those without a tenant, in pages and in order', async () => {
  const year = 2900 + Math.floor(Math.random() * 90);
  const made_ = [];
  for (let i = 0; i < 4; i++) {
    for (const [name, auth] of [['acme', ACME], ['globex', GLOBEX], ['none', OPERATOR]]) {
      const scheduleTime = `${year}-01-0${i + 1}T0${i % 2}:00:00Z`;
      made_.push({ name, scheduleTime, link: await client.meeting({ isScheduled: true, scheduleTime }, { auth }) });
    }
  }
  const expected = (...names) => made_.filter(({ name }) => names.includes(name)).reverse().map(({ link }) => link);
  const window = `from=${year}-01-01T00:00:00Z&to=${year}-02-01T00:00:00Z`;
  for (const query of [window, `${window}&status=scheduled`]) {
    assert.deepEqual(await listed(ACME, query), expected('acme', 'none'));
    assert.deepEqual(await listed(GLOBEX, query), expected('globex', 'none'));
    assert.deepEqual(await listed({ tenantId: 'new', sub: 'pat' }, query), expected('none'));
    assert.deepEqual(await listed(OPERATOR, query), expected('acme', 'globex', 'none'));
  }
  assert.deepEqual(await listed(ACME, `${window}&status=ended`), []);
  // A cursor of one tenant's list is a place in another's, and no way to its meetings.
  const first = await client.call('GET', `/session?limit=1&${window}`, { auth: GLOBEX });
  const rest = await client.call('GET', `/session?${window}&cursor=${first.body.nextCursor}`, { auth: ACME });
  assert.ok(rest.body.items.every((item) => item.tenantId !== 'globex'));
});

test('lists of archives and their counts hold no other tenant\'s, however they are asked for', async () => {
  const acme = await made(ACME);
  const globex = await made(GLOBEX);
  const open = await made(OPERATOR);
  // An archive whose meeting is gone is for operators.
  const orphan = { archive: `orphan-${process.pid}` };
  await stack.rows(
    "INSERT INTO archives (archive_id, session_id, status, created_at, created_on, modified_on) VALUES (?, 'nowhere', 'stopped', UTC_TIMESTAMP(6), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))",
    [orphan.archive],
  );
  const ids = async (auth, query) => {
    const answer = await client.call('GET', `/archives?limit=1000&${query}`, { auth });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.count, answer.body.items.length);
    return answer.body.items.map((item) => item.metaData.id);
  };
  for (const query of ['', 'status=stopped']) {
    const seen = await ids(ACME, query);
    assert.deepEqual([acme, globex, open, orphan].map(({ archive }) => seen.includes(archive)), [true, false, true, false]);
    const all = await ids(OPERATOR, query);
    assert.ok([acme, globex, open, orphan].every(({ archive }) => all.includes(archive)));
  }
  assert.deepEqual(await ids(ACME, `meetingLinkId=${globex.link}`), []);
  assert.deepEqual(await ids(ACME, `sessionId=${globex.session}`), []);
  assert.deepEqual(await ids(ACME, `meetingLinkId=${globex.link}&sessionId=${globex.session}`), []);
  assert.deepEqual(await ids(ACME, 'sessionId=nowhere'), []);
  assert.deepEqual(await ids(ACME, `meetingLinkId=${acme.link}`), [acme.archive]);
  assert.deepEqual(await ids(ACME, `sessionId=${open.session}`), [open.archive]);
  assertError(await client.call('GET', `/archives/${orphan.archive}`, { auth: ACME }), 404, 'NotFoundError');
  assert.equal((await client.call('GET', `/archives/${orphan.archive}`, { auth: OPERATOR })).status, 200);
});

test('a tenant cannot set the storage target', async () => {
  const body = { name: 'AWSS3', bucket: 'recordings', region: 'eu-1' };
  const answer = await client.call('PUT', '/archives/storage-target', { body, auth: ACME });
  assertError(answer, 403, 'ForbiddenError', /tenant/);
  assert.notEqual((await client.call('PUT', '/archives/storage-target', { body, auth: OPERATOR })).status, 403);
  assertError(await client.call('DELETE', '/archives/storage-target', { auth: ACME }), 403, 'ForbiddenError', /tenant/);
});

test('the same Idempotency-Key of two tenants\' callers of one name makes two meetings', async () => {
  const headers = { 'idempotency-key': `tenants-${process.pid}` };
  const links = [];
  for (const auth of [ACME, GLOBEX, OPERATOR]) {
    const link = await client.meeting({}, { auth, headers });
    assert.equal(await client.meeting({}, { auth, headers }), link);
    links.push(link);
  }
  assert.equal(new Set(links).size, 3);
});

test('an invite of a tenant\'s meeting works, also when the meeting is given to a tenant later', async () => {
  const invite = async (link, auth) => {
    const answer = await client.call('POST', `/session/${link}/invites`, { body: { role: 'moderator' }, auth });
    assert.equal(answer.status, 200, answer.text);
    return `Bearer ${answer.body.token}`;
  };
  const own = await made(ACME);
  const claims = (auth) => JSON.parse(Buffer.from(auth.split('.')[1], 'base64url').toString());
  const creator = `tenants-invite-${process.pid}`;
  const open = await made({ sub: creator });
  const held = [{ ...own, auth: await invite(own.link, ACME) }, { ...own, auth: await invite(own.link, OPERATOR) }, { ...open, auth: await invite(open.link, ACME) }];
  for (const { link, archive, auth } of held) {
    assert.equal(claims(auth).tenantId, link === own.link ? 'acme' : undefined);
    if (link === open.link) await stack.ctl('tenants', 'assign', 'globex', '--created-by', creator);
    await client.token(link, {}, auth);
    for (const target of [`/session/${link}/attendees`, `/session/${link}/attendance`, `/archives/${archive}`, `/archives?meetingLinkId=${link}`])
      assert.equal((await client.call('GET', target, { auth })).status, 200, target);
    assertError(await client.call('GET', `/session/${(await made(GLOBEX)).link}/attendees`, { auth }), 403, 'ForbiddenError');
  }
  assertError(await client.call('GET', `/session/${open.link}`, { auth: ACME }), 404, 'NotFoundError');
});

test('the code of a short link gives an invite of the meeting\'s tenant, and only for that meeting', async () => {
  const [own, foreign] = [await made(ACME), await made(GLOBEX)];
  const { url, token } = (await client.call('POST', `/session/${own.link}/invites`, { body: {}, auth: OPERATOR })).body;
  const redeem = (link) => client.call('POST', `/j/${link}`, { body: { code: new URL(url).hash.slice(1) }, auth: null });
  const { body } = await redeem(own.link);
  assert.equal(body.token, token);
  assert.equal(JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString()).tenantId, 'acme');
  assertError(await redeem(foreign.link), 404, 'NotFoundError');
  const unknown = await client.call('POST', `/session/${foreign.link}/invites`, { body: {}, auth: ACME });
  assertError(unknown, 404, 'NotFoundError');
});

test('a join token carries its meeting\'s tenant', async () => {
  const tenantIn = ({ token }) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).tenant;
  for (const [auth, tenant] of [[ACME, 'acme'], [OPERATOR, undefined]]) {
    const link = await client.meeting({}, { auth });
    for (const caller of [auth, OPERATOR]) assert.equal(tenantIn(await client.token(link, {}, caller)), tenant);
  }
});

test('the audit log names the caller\'s tenant', async () => {
  const tenants = [];
  for (const auth of [ACME, OPERATOR]) {
    const link = await audited.meeting({}, { auth });
    assert.equal((await audited.call('PATCH', `/session/${link}/end`, { auth })).status, 204);
    const rows = await stack.rows('SELECT tenant FROM audit_logs WHERE entity_id = ? ORDER BY id', [link]);
    tenants.push(rows.map(({ tenant }) => tenant && String(tenant)));
  }
  assert.deepEqual(tenants, [['acme', 'acme'], [null, null]]);
});

test('confabctl tenants assign gives a tenant the meetings of one creator that have no tenant', async () => {
  const creator = `tenants-ctl-${process.pid}`;
  const links = [];
  for (let i = 0; i < 3; i++) links.push(await client.meeting({}, { auth: { sub: creator } }));
  const taken = await client.meeting({}, { auth: { ...GLOBEX, sub: creator } });
  const other = await client.meeting({}, { auth: { sub: `${creator}x` } });
  const tenantOf = async (link) => (await client.call('GET', `/session/${link}`)).body.tenantId;
  const assign = async (...args) => (await stack.ctl('tenants', 'assign', ...args)).stdout;
  assert.equal(await assign('acme', '--created-by', creator, '--dry-run'), 'would assign 3 meetings to the tenant acme\n');
  assert.equal(await tenantOf(links[0]), null);
  assert.equal(await assign('acme', '--created-by', creator), 'assigned 3 meetings to the tenant acme\n');
  for (const link of links) assert.equal(await tenantOf(link), 'acme');
  assert.equal(await tenantOf(taken), 'globex');
  assert.equal(await tenantOf(other), null);
  assert.equal(await assign('globex', '--created-by', creator), 'assigned 0 meetings to the tenant globex\n');
  for (const wrong of [['assign', 'acme'], ['assign', '--created-by', creator], ['assign', '', '--created-by', creator], ['assign', 'x'.repeat(256), '--created-by', creator], ['assign', 'a', 'b', '--created-by', creator], ['list'], []])
    await assert.rejects(stack.ctl('tenants', ...wrong), { code: 2 });
});

test('confabctl token --tenant makes a token of that tenant', async () => {
  const { stdout } = await stack.ctl('token', '--all', '--tenant', 'acme');
  const auth = `Bearer ${stdout.trim()}`;
  const own = await made(ACME);
  const foreign = await made(GLOBEX);
  assert.equal((await client.call('GET', `/session/${own.link}`, { auth })).status, 200);
  assertError(await client.call('GET', `/session/${foreign.link}`, { auth }), 404, 'NotFoundError');
});

test('the cost of a page of a tenant\'s list does not depend on the number of meetings', async () => {
  const year = 2800 + Math.floor(Math.random() * 90);
  const big = `big-${process.pid}`;
  for (const [letter, tenant] of [['o', big], ['n', null], ['f', 'globex']])
    await stack.rows(
      `INSERT INTO meetings (meeting_link, session_id, provider, created_on, end_time, modified_on, created_by, modified_by, tenant)
       SELECT CONCAT('${letter}${year}-', seq), CONCAT('${letter}${year}-', seq), 'janus', '${year}-01-01' + INTERVAL seq SECOND,
       IF(seq MOD 1000 = 0, NULL, '${year}-02-01'), '2026-01-01', 'test', 'test', ? FROM seq_1_to_10000`,
      [tenant],
    );
  const reads = async () =>
    (await stack.rows("SHOW GLOBAL STATUS LIKE 'Handler_read%'")).reduce((sum, one) => sum + Number(one.Value), 0);
  // What the whole server reads meanwhile: other parts may be at work, so the least of some tries counts.
  const cost = async (query) => {
    let least = Infinity;
    for (let i = 0; i < 5; i++) {
      const before = await reads();
      const answer = await client.call('GET', `/session?${query}`, { auth: { tenantId: big, sub: 'pat' } });
      assert.equal(answer.body.items.length, 5);
      least = Math.min(least, (await reads()) - before);
    }
    return least;
  };
  for (const status of ['', '&status=active', '&status=ended'])
    for (const window of ['', `&from=${year}-01-01T00:00:00Z`, `&to=${year}-01-01T01:23:20Z`])
      assert.ok((await cost(`limit=5${status}${window}`)) < 500, `${status}${window}`);
});

test('in every operation another meeting is forbidden to a token for one meeting, before the body is read', async () => {
  const place = await made(ACME);
  const only = { ...ACME, meetingLinkId: (await made(ACME)).link };
  for (const [method, path] of operations) {
    if (!path.includes('{')) continue;
    const answer = await client.call(method, fill(path, place), { body: method === 'GET' || method === 'DELETE' ? undefined : '{', auth: only });
    assertError(answer, 403, 'ForbiddenError', /another meeting/);
  }
  const archives = await client.call('GET', '/archives', { auth: only });
  assert.ok(archives.body.items.every((item) => item.sessionId !== place.session));
  for (const [method, path] of [['GET', '/session'], ['POST', '/session'], ['PUT', '/archives/storage-target'], ['DELETE', '/archives/storage-target']])
    assertError(await client.call(method, path, { body: method === 'GET' || method === 'DELETE' ? undefined : {}, auth: only }), 403, 'ForbiddenError');
});
