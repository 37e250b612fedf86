// POST /session/{id}/invites: links for people without credentials, and what such a link allows.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { after, test } from 'node:test';
import { generateKeyPair, exportSPKI } from 'jose';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CgiClient } from './lib/cgi.mjs';
import { Client, assertError, assertFaults } from './lib/client.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const HOUR = 3600_000;
const payload = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
const invite = async (link, body = {}, options = {}) => {
  const answer = await client.call('POST', `/session/${link}/invites`, { body, ...options });
  assert.equal(answer.status, 200, answer.text);
  return { ...answer.body, auth: `Bearer ${answer.body.token}` };
};
const join = (link, auth, body = {}) => client.call('POST', `/session/${link}/token`, { body, auth });
// An invite as the service signs it, with other claims.
const forge = async (claims, secret = stack.conf.SERVICE_SECRET) =>
  `Bearer ${await client.bearer({ iss: 'confab:invite', sub: 'invite-x', permissions: undefined, ...claims }, { secret })}`;

test('an invite is a short link, and one with a token in its fragment, for this meeting and role', async () => {
  const link = await client.meeting({});
  const before = Date.now();
  const answer = await invite(link, { role: 'publisher', name: 'Ms Meyer' });
  assert.equal(answer.longUrl, `${stack.conf.PUBLIC_URL}/#invite=${answer.token}`);
  assert.match(answer.url.slice(stack.conf.PUBLIC_URL.length), new RegExp(`^/j/${link}#[0-9a-hjkmnp-tv-z]{16}$`));
  assert.ok(answer.url.length - stack.conf.PUBLIC_URL.length <= 36, answer.url);
  assert.ok(Math.abs(Date.parse(answer.expiresAt) - before - 24 * HOUR) < 5000, answer.expiresAt);
  const { iss, meetingLinkId, meetingRole, name, exp } = payload(answer.token);
  assert.deepEqual([iss, meetingLinkId, meetingRole, name], ['confab:invite', link, 'publisher', 'Ms Meyer']);
  assert.equal(exp, Math.floor(Date.parse(answer.expiresAt) / 1000));
});

test('an invite to a meeting in the future lives until after it', async () => {
  const at = new Date(Date.now() + 1000 * 24 * HOUR);
  const link = await client.meeting({ isScheduled: true, scheduleTime: at.toISOString() });
  const answer = await invite(link);
  assert.equal(Date.parse(answer.expiresAt) - at.getTime(), 24 * HOUR);
  assert.equal((await client.call('POST', `/session/${link}/invites`, { body: { expireTime: +at + 399 * 24 * HOUR } })).status, 200);
  const late = await client.call('POST', `/session/${link}/invites`, { body: { expireTime: +at + 401 * 24 * HOUR } });
  assertError(late, 400, 'BadRequestError');
  assert.equal(late.body.error.code, 'EXPIRE_TIME');
  const early = await join(link, answer.auth);
  assertError(early, 400, 'BadRequestError');
  assert.equal(early.body.error.code, 'MEETING_NOT_OPEN');
});

test('a wrong body is refused with all its faults at once', async () => {
  const link = await client.meeting({});
  const ask = (body) => client.call('POST', `/session/${link}/invites`, { body });
  assertFaults(await ask({ role: 'king', name: 7, expireTime: true }), '/role', '/name', '/expireTime');
  assertFaults(await ask({ name: '' }), '/name');
  assertFaults(await ask({ name: 'x'.repeat(256) }), '/name');
  assertFaults(await ask('[]'), '');
  assertError(await ask({ expireTime: Date.now() - 1000 }), 400, 'BadRequestError');
  assertError(await ask({ expireTime: 'soon' }), 400, 'BadRequestError');
  assertError(await ask({ name: 'a\u0000b' }), 400, 'BadRequestError');
  assert.equal((await client.call('POST', `/session/${link}/invites`)).status, 200);
});

test('unknown, deleted and ended meetings have no invites', async () => {
  assertError(await client.call('POST', '/session/nosuch/invites'), 404, 'NotFoundError');
  const link = await client.meeting({});
  const { auth } = await invite(link);
  await client.call('PATCH', `/session/${link}/end`);
  const ended = await client.call('POST', `/session/${link}/invites`);
  assertError(ended, 400, 'BadRequestError');
  assert.equal(ended.body.error.code, 'MEETING_ENDED');
  assert.equal((await join(link, auth)).body.error.code, 'MEETING_ENDED');
  const other = await client.meeting({});
  const guest = await invite(other);
  await client.call('PATCH', `/session/${other}`, { body: { deleted: true } });
  assertError(await client.call('POST', `/session/${other}/invites`), 404, 'NotFoundError');
  assertError(await join(other, guest.auth), 404, 'NotFoundError');
});

test('an invite cannot allow more than its creator may do', async () => {
  const link = await client.meeting({});
  const ask = (role, auth) => client.call('POST', `/session/${link}/invites`, { body: { role }, auth });
  assert.equal((await ask('moderator', {})).status, 200);
  assertError(await ask('moderator', { permissions: ['GenerateMeetingToken'] }), 403, 'ForbiddenError');
  assertError(await ask('publisher', { permissions: ['GenerateMeetingToken'], meetingRole: 'subscriber' }), 403, 'ForbiddenError');
  assertError(await ask('publisher', { permissions: ['StopMeeting'] }), 403, 'ForbiddenError');
  assertError(await ask('publisher', { meetingLinkId: 'another' }), 403, 'ForbiddenError');
  assertError(await ask('publisher', null), 401, 'UnauthorizedError');
});

test('what an invite allows', async () => {
  const link = await client.meeting({ enableArchiving: true });
  const roles = {};
  for (const role of ['subscriber', 'publisher', 'moderator']) roles[role] = (await invite(link, { role })).auth;
  for (const [role, auth] of Object.entries(roles)) {
    const answer = await join(link, auth);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.role, role);
    assert.equal((await client.call('GET', `/session/${link}/attendees`, { auth })).status, 200);
    const moderator = role === 'moderator' ? 200 : 403;
    assert.equal((await client.call('GET', '/archives', { auth })).status, moderator);
    assertError(await client.call('PATCH', `/session/${link}`, { auth, body: { extId: 'x' } }), 403, 'ForbiddenError');
    for (const [method, target] of [['POST', '/session'], ['POST', `/session/${link}/invites`], ['DELETE', '/archives/x'], ['PUT', '/archives/storage-target']])
      assertError(await client.call(method, target, { auth }), 403, 'ForbiddenError');
    const other = await client.meeting({});
    assertError(await join(other, auth), 403, 'ForbiddenError');
    assertError(await client.call('GET', `/session/${other}/attendees`, { auth }), 403, 'ForbiddenError');
    assertError(await client.call('PATCH', `/session/${other}/end`, { auth }), 403, 'ForbiddenError');
  }
  assertError(await join(link, roles.publisher, { role: 'moderator' }), 403, 'ForbiddenError');
  assertError(await join(link, roles.subscriber, { role: 'publisher' }), 403, 'ForbiddenError');
  assert.equal((await join(link, roles.moderator, { role: 'subscriber' })).body.role, 'subscriber');
  assertError(await join(link, roles.moderator, { data: 'somebody' }), 403, 'ForbiddenError');
  assertError(await client.call('PATCH', `/session/${link}/end`, { auth: roles.publisher }), 403, 'ForbiddenError');
  assert.equal((await client.call('PATCH', `/session/${link}/end`, { auth: roles.moderator })).status, 204);
});

test('an invite without a name gives each join an identity of its own, and the same one with the signed value', async () => {
  const link = await client.meeting({});
  const { auth } = await invite(link);
  const one = (await join(link, auth, { name: 'Ann' })).body;
  const other = (await join(link, auth, { name: 'Bob' })).body;
  assert.match(one.attendee, /^guest-[A-Za-z0-9_-]{16}$/);
  assert.notEqual(one.attendee, other.attendee);
  assert.equal(one.name, 'Ann');
  const again = (await join(link, auth, { guest: one.guest })).body;
  assert.equal(again.attendee, one.attendee);
  assert.equal(again.guest, one.guest);
  assert.equal(again.name, 'Ann', 'the name is kept');
  assert.equal(again.participantId.slice(0, 17), one.participantId.slice(0, 17));
  // Forged, of another meeting, of nobody.
  const elsewhere = await client.meeting({});
  const foreign = (await join(elsewhere, (await invite(elsewhere)).auth)).body.guest;
  const mac = createHmac('sha256', 'x'.repeat(32)).update(`guest\0${link}\0${one.attendee}`).digest('base64url');
  for (const guest of [foreign, one.attendee, `${one.attendee}.`, `${one.attendee}.${mac}`, `x${one.guest}`, '', '.']) {
    const answer = await join(link, auth, { guest });
    assertError(answer, 403, 'ForbiddenError');
    assert.equal(answer.body.error.code, 'GUEST_INVALID');
  }
  assertFaults(await join(link, auth, { guest: 5 }), '/guest');
  assertFaults(await join(link, auth, { guest: 'x'.repeat(256) }), '/guest');
});

test('an invite with a name is one person, under that name', async () => {
  const link = await client.meeting({});
  const { auth } = await invite(link, { name: 'Ms Meyer' });
  const one = (await join(link, auth)).body;
  const two = (await join(link, auth, { name: 'Ms Meyer' })).body;
  assert.equal(one.attendee, two.attendee);
  assert.match(one.attendee, /^invite-[A-Za-z0-9_-]{16}$/);
  assert.equal(one.name, 'Ms Meyer');
  assert.equal(one.guest, undefined);
  assertError(await join(link, auth, { name: 'Dr Meyer' }), 403, 'ForbiddenError');
  const other = (await join(link, (await invite(link, { name: 'Ms Meyer' })).auth)).body;
  assert.notEqual(other.attendee, one.attendee);
});

test('forged, expired and incomplete invites', async () => {
  const link = await client.meeting({});
  const claims = { meetingLinkId: link, meetingRole: 'moderator' };
  assert.equal((await join(link, await forge(claims))).status, 200);
  const expect = async (auth, word) => {
    const answer = await join(link, await auth);
    assertError(answer, 401, 'UnauthorizedError');
    assert.match(answer.headers['www-authenticate'], new RegExp(`error_description="${word}"`));
  };
  await expect(forge(claims, stack.conf.JWT_SECRET), 'signature');
  await expect(forge({ ...claims, exp: Math.floor(Date.now() / 1000) - 60 }), 'expired');
  await expect(forge({ ...claims, exp: undefined }), 'no_expiry');
  await expect(forge({ meetingLinkId: link }), 'malformed');
  await expect(forge({ meetingRole: 'moderator' }), 'malformed');
  await expect(forge({ ...claims, meetingRole: 'king' }), 'malformed');
  // Rights come from the role, not from what the token says.
  const sly = await forge({ ...claims, meetingRole: 'subscriber', permissions: ['StopMeeting', 'EditMeeting', 'CreateMeetingSession'] });
  assertError(await client.call('PATCH', `/session/${link}/end`, { auth: sly }), 403, 'ForbiddenError');
  assertError(await client.call('POST', '/session', { auth: sly }), 403, 'ForbiddenError');
  // The service's own key signs invites only.
  const api = await client.bearer({}, { secret: stack.conf.SERVICE_SECRET });
  assertError(await client.call('POST', '/session', { auth: `Bearer ${api}` }), 401, 'UnauthorizedError');
});

test('invites work beside API tokens that are RS256', async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const folder = mkdtempSync(path.join(tmpdir(), 'cf-key-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'key.pem');
  writeFileSync(file, await exportSPKI(publicKey), { mode: 0o644 });
  const cgi = new CgiClient(stack, { JWT_SECRET: '', JWT_PUBLIC_KEY_FILE: file });
  const link = await client.meeting({});
  const auth = `Bearer ${await client.bearer({}, { alg: 'RS256', key: privateKey })}`;
  const made = await cgi.call('POST', `/session/${link}/invites`, { auth });
  assert.equal(made.status, 200, made.text);
  assert.equal((await cgi.call('POST', `/session/${link}/token`, { auth: `Bearer ${made.body.token}` })).status, 200);
  assertError(await cgi.call('POST', `/session/${link}/token`, { auth: {} }), 401, 'UnauthorizedError');
});

test('TURN credentials live as long as the token and are coturn\'s', async () => {
  const cgi = new CgiClient(stack, { TURN_URLS: 'turn:turn.example:3478?transport=udp, stun:turn.example', TURN_SECRET: 'north' });
  const link = await client.meeting({});
  const { body } = await cgi.call('POST', `/session/${link}/token`);
  const [stun, turn] = body.iceServers;
  assert.deepEqual(stun, { urls: ['stun:turn.example'] });
  assert.deepEqual(turn.urls, ['turn:turn.example:3478?transport=udp']);
  assert.equal(turn.username, `${Math.floor(Date.parse(body.expiresAt) / 1000)}:${body.participantId}`);
  assert.equal(turn.credential, createHmac('sha1', 'north').update(turn.username).digest('base64'));
});

test('the audit log names who invites, and does not hold the token', async () => {
  const cgi = new CgiClient(stack, { ADD_AUDIT_LOG_MIXIN: 'yes' });
  const link = await client.meeting({});
  const { body } = await cgi.call('POST', `/session/${link}/invites`, { body: { role: 'moderator', name: 'Ann' } });
  const rows = await stack.rows('SELECT * FROM audit_logs WHERE entity_id = ?', [link]);
  assert.equal(rows.length, 1);
  assert.equal(rows[0].action, 'invite');
  assert.equal(String(rows[0].actor), 'tester');
  const after = JSON.parse(rows[0].after_value);
  assert.deepEqual(after, { invite: payload(body.token).sub, role: 'moderator', name: 'Ann' });
});

// Short links

const codeOf = (url) => new URL(url).hash.slice(1);
/** @type {(link: string, code: unknown, to?: Client, options?: object) => Promise<any>} */
const redeem = (link, code, to = client, options = {}) => to.call('POST', `/j/${link}`, { body: { code }, auth: null, ...options });

test('the code of a short link gives the token of the long one', async () => {
  const link = await client.meeting({});
  for (const body of [{}, { role: 'moderator' }, { role: 'subscriber', name: 'Ms Meyer' }]) {
    const { url, token, expiresAt } = await invite(link, body);
    const answer = await redeem(link, codeOf(url));
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.body, { token, expiresAt });
    const joined = await join(link, `Bearer ${answer.body.token}`);
    assert.equal(joined.body.role, body.role ?? 'publisher');
  }
});

test('a code may be written as people write it', async () => {
  const link = await client.meeting({});
  const { url, token } = await invite(link);
  const code = codeOf(url);
  const groups = code.match(/..../g);
  for (const written of [code.toUpperCase(), groups.join('-'), groups.join(' '), code.replaceAll('0', 'O').replaceAll('1', 'l')])
    assert.equal((await redeem(link, written)).body.token, token, written);
});

test('the database has the digest of a code, and no code', async () => {
  const link = await client.meeting({});
  const { url } = await invite(link);
  const digest = createHash('sha256').update(codeOf(url)).digest('hex');
  const rows = await stack.rows('SELECT invite_codes.*, HEX(code) AS hex FROM invite_codes JOIN meetings USING (session_id) WHERE meeting_link = ?', [link]);
  assert.deepEqual(rows.map(({ hex }) => String(hex).toLowerCase()), [digest]);
  assert.ok(!JSON.stringify(rows).includes(codeOf(url)));
});

test('a code is found by its key, and its meeting by that', async () => {
  const link = await client.meeting({});
  const { url } = await invite(link);
  const plan = await stack.rows(
    `EXPLAIN SELECT c.session_id, c.invite, c.role, c.name, c.created_on, c.expires_at, m.meeting_link, m.tenant FROM invite_codes c
     JOIN meetings m ON m.session_id = c.session_id AND m.deleted = FALSE WHERE c.code = ?`,
    [createHash('sha256').update(codeOf(url)).digest()],
  );
  assert.deepEqual(plan.map(({ table, type, rows }) => [String(table), String(type), Number(rows)]), [['c', 'const', 1], ['m', 'const', 1]]);
  assert.equal(String(plan[0].key), 'invite_codes_code');
});

test('a wrong code, a code of another meeting and an unknown meeting have the same answer', async () => {
  const [link, other, gone] = [await client.meeting({}), await client.meeting({}), await client.meeting({})];
  const code = codeOf((await invite(link)).url);
  const lost = codeOf((await invite(gone)).url);
  await client.call('PATCH', `/session/${gone}`, { body: { deleted: true } });
  const unknown = await client.call('POST', '/session/AAAAAAAAAA/token');
  for (const [place, text] of [[link, '0'.repeat(16)], [link, 'nonsense'], [link, `${code}0`], [other, code], ['AAAAAAAAAA', code], [gone, lost]]) {
    const answer = await redeem(place, text);
    assertError(answer, 404, 'NotFoundError');
    assert.equal(answer.text, unknown.text, `${place} ${text}`);
    assert.deepEqual(Object.keys(answer.headers).sort(), Object.keys(unknown.headers).sort());
  }
  assert.equal((await redeem(link, code)).status, 200);
  const left = await stack.rows('SELECT invite FROM invite_codes JOIN meetings USING (session_id) WHERE meeting_link = ?', [gone]);
  assert.deepEqual(left, [], 'a deleted meeting keeps codes');
});

test('what is no code is refused with its fault', async () => {
  const link = await client.meeting({});
  for (const code of [undefined, null, 7, '', ['x'], 'x'.repeat(65)]) assertFaults(await redeem(link, code), '/code');
  assertError(await client.call('POST', `/j/${link}`, { body: '{', auth: null }), 400, 'BadRequestError');
});

test('an ended meeting\'s short link goes on as its long link does', async () => {
  const link = await client.meeting({});
  const { url, token } = await invite(link, { role: 'moderator' });
  await client.call('PATCH', `/session/${link}/end`);
  const answer = await redeem(link, codeOf(url));
  assert.equal(answer.body.token, token);
  assert.equal((await join(link, `Bearer ${answer.body.token}`)).body.error.code, 'MEETING_ENDED');
});

test('an expired invite says so for a week, then its code is gone', async () => {
  const link = await client.meeting({});
  const code = codeOf((await invite(link)).url);
  const kept = codeOf((await invite(link)).url);
  const age = (text, days) => stack.rows('UPDATE invite_codes SET expires_at = UTC_TIMESTAMP(3) - INTERVAL ? MINUTE WHERE code = ?', [days * 1440 + 1, createHash('sha256').update(text).digest()]);
  await age(code, 0);
  const expired = await redeem(link, code);
  assertError(expired, 400, 'BadRequestError');
  assert.equal(expired.body.error.code, 'INVITE_EXPIRED');
  await age(code, 7);
  await age(kept, 6);
  await stack.rows("UPDATE jobs SET due = UTC_TIMESTAMP(3), leased_until = NULL, leased_by = NULL WHERE kind = 'expire'");
  await stack.ctl('work', '--once', '--lane', 'upkeep');
  await until(async () => (await redeem(link, code)).status === 404, 'the code to be gone');
  assert.equal((await redeem(link, kept)).body.error.code, 'INVITE_EXPIRED');
});

test('without a site of nginx that knows short links the link of an invite is the long one', async () => {
  const link = await client.meeting({});
  const make = async (settings) => (await new CgiClient(stack, settings).call('POST', `/session/${link}/invites`, { body: {} })).body;
  const bare = await make({});
  assert.equal(bare.url, bare.longUrl);
  assert.equal(bare.longUrl, `${stack.conf.PUBLIC_URL}/#invite=${bare.token}`);
  assert.match((await make({ CONFAB_SHORT_LINKS: '1' })).url, /\/j\/[^/#]+#\w{16}$/);
  assert.equal((await make({ HTTP_CONFAB_SHORT_LINKS: '1' })).url.includes('/j/'), false, 'a client can say it');
});

test('codes of a deleted meeting that an earlier version left are deleted', async () => {
  const [gone, removed, kept] = [await client.meeting({}), await client.meeting({}), await client.meeting({})];
  const codes = [];
  for (const link of [gone, removed, kept]) codes.push(codeOf((await invite(link)).url), codeOf((await invite(link, { name: 'Ann' })).url));
  // As an earlier version deletes a meeting, and removes an old one.
  await stack.rows('UPDATE meetings SET deleted = TRUE, deleted_on = UTC_TIMESTAMP(3) WHERE meeting_link = ?', [gone]);
  await stack.rows('DELETE FROM meetings WHERE meeting_link = ?', [removed]);
  await stack.rows("UPDATE jobs SET due = UTC_TIMESTAMP(3), leased_until = NULL, leased_by = NULL WHERE kind = 'expire'");
  await stack.ctl('work', '--once', '--lane', 'upkeep');
  const there = async (code) => (await stack.rows('SELECT 1 FROM invite_codes WHERE code = ?', [createHash('sha256').update(code).digest()])).length;
  await until(async () => (await Promise.all(codes.slice(0, 4).map(there))).every((n) => n === 0), 'the codes to be gone');
  assert.deepEqual(await Promise.all(codes.slice(4).map(there)), [1, 1]);
});

// All workers of a host count in one file. (A CGI program is a new worker each time.)
test('after many wrong codes a network must wait with the next wrong one, and right codes pass', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cf-codes-'));
  after(() => rmSync(folder, { recursive: true }));
  const from = (address) => new CgiClient(stack, { METRICS_FILE: path.join(folder, 'metrics'), REMOTE_ADDR: address });
  const link = await client.meeting({});
  const { url, token } = await invite(link);
  const attacker = from('2001:db8:0:1::1');
  const answers = [];
  for (let i = 0; i < 200 && answers.at(-1)?.status !== 429; i += 1) answers.push(await redeem(link, String(i).padStart(16, '0'), attacker));
  const refused = answers.at(-1);
  assertError(refused, 429, 'TooManyRequestsError');
  assert.ok(Number(refused.headers['retry-after']) >= 1, refused.headers['retry-after']);
  assert.ok(answers.length > 60, `only ${answers.length} tries`);
  const wrong = '0'.repeat(16);
  // Tries as fast as these: a slow one gives the network time for the next.
  await until(async () => (await redeem(link, wrong, from('2001:db8:0:1:ffff::2'))).status === 429, 'the other device of the network to be refused');
  for (const address of ['2001:db8:0:2::1', '192.0.2.1', '::ffff:192.0.2.2']) assert.equal((await redeem(link, wrong, from(address))).status, 404, address);
  for (const address of ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2']) assert.equal((await redeem(link, codeOf(url), from(address))).body.token, token, address);
  // Good codes are not counted.
  for (let i = 0; i < 70; i += 1) assert.equal((await redeem(link, codeOf(url), from('192.0.2.1'))).status, 200);
});

test('a short link opens the page, and its files are found from there', async () => {
  const link = await client.meeting({});
  const [page, root] = [await client.raw(`GET /j/${link} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), await client.raw('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')];
  assert.match(page.head, /^HTTP\/1.1 200 /);
  const header = (answer, name) => answer.head.match(new RegExp(`^${name}: (.*)$`, 'mi'))?.[1].trim();
  for (const name of ['Content-Type', 'Content-Security-Policy', 'Permissions-Policy', 'Cross-Origin-Opener-Policy', 'Cache-Control', 'Referrer-Policy'])
    assert.equal(header(page, name), header(root, name), name);
  const files = (text) => [...text.matchAll(/(?:src|href)="([^"#]*assets[^"]*)"/g)].map(([, file]) => file);
  const wanted = (text, place) => files(text).map((file) => new URL(file, `${client.base}${place}`).pathname);
  assert.deepEqual(wanted(page.text, `/j/${link}`), wanted(root.text, '/'));
  assert.ok(files(page.text).length > 10);
  assertError(await client.call('PUT', `/j/${link}`, { auth: null, check: false }), 405, 'MethodNotAllowedError');
});
