// Credentials: each way a token can be wrong, and each kind of key.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { CgiClient } from './lib/cgi.mjs';
import { Client, PERMISSIONS, assertError } from './lib/client.mjs';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const now = () => Math.floor(Date.now() / 1000);
const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const good = () => ({ iss: 'confab', sub: 'x', exp: now() + 60, permissions: PERMISSIONS });

function sign(header, payload, secret = stack.conf.JWT_SECRET) {
  const data = `${part(header)}.${part(payload)}`;
  return `${data}.${createHmac('sha256', secret).update(data).digest('base64url')}`;
}

async function refused(auth, description, on = client) {
  const answer = await on.call('POST', '/session', { auth });
  assertError(answer, 401, 'UnauthorizedError');
  const challenge = answer.headers['www-authenticate'];
  if (description === null) assert.equal(challenge, 'Bearer');
  else assert.equal(challenge, `Bearer error="invalid_token", error_description="${description}"`, answer.text);
}

const HEADER = { alg: 'HS256', typ: 'JWT' };

test('no credentials', async () => {
  await refused(null, null);
  await refused('Basic eDp5', null);
  await refused('', null);
  const answer = await client.call('POST', `/session?access_token=${sign(HEADER, good())}`, { auth: null, check: false });
  assert.equal(answer.status, 401);
});

test('the scheme in any case', async () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) assert.equal((await client.call('POST', '/session', { auth: `${scheme} ${sign(HEADER, good())}` })).status, 200);
});

test('malformed tokens', async () => {
  const long = sign(HEADER, { ...good(), x: 'y'.repeat(16384) });
  for (const token of ['', 'x', 'a.b', 'a.b.c.d', '..', `${part('[]')}.${part(good())}.x`, long, sign(HEADER, '[1]'), sign(HEADER, 'null'), `${sign(HEADER, good())}.`, sign(HEADER, '{"iss":"confab"'), sign(HEADER, good()).replace('.', '.=')])
    await refused(`Bearer ${token}`, 'malformed');
  for (const claims of [{ exp: '9' }, { nbf: 'x' }, { permissions: 'CreateMeetingSession' }, { permissions: [1] }, { sub: 7.5 }, { sub: '' }, { sub: undefined }, { id: {} }, { sub: 'x'.repeat(256) }, { tenantId: '' }, { tenantId: 'x'.repeat(256) }, { tenantId: [] }, { meetingRole: 'king' }, { meetingLinkId: 5.5 }, { meetingLinkId: '' }, { passwordExpiryTime: 'x' }])
    await refused(`Bearer ${sign(HEADER, { ...good(), ...claims })}`, 'malformed');
});

test('tokens as identity providers make them', async () => {
  const taken = async (header, claims) => {
    const answer = await client.call('POST', '/session', { auth: `Bearer ${sign(header, { ...good(), ...claims })}` });
    assert.equal(answer.status, 200, answer.text);
    const [row] = await stack.rows('SELECT created_by FROM meetings WHERE meeting_link = ?', [answer.text]);
    return String(row.created_by);
  };
  for (const typ of ['at+jwt', 'application/at+jwt', 'application/jwt', 'AT+JWT', undefined]) assert.equal(await taken({ alg: 'HS256', typ }, {}), 'x');
  await refused(`Bearer ${sign({ alg: 'HS256', typ: 'logout+jwt' }, good())}`, 'malformed');
  assert.equal(await taken(HEADER, { userTenantId: 'u', id: 42, nbf: null, aud: ['a'], groups: [1e300, null] }), 'u');
  assert.equal(await taken(HEADER, { id: 42 }), '42');
  // 200 groups are about 11 kB, and 16 KiB are the most.
  const groups = (count) => ({ groups: Array.from({ length: count }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`) });
  assert.equal(await taken(HEADER, groups(200)), 'x');
  assert.ok(sign(HEADER, { ...good(), ...groups(300) }).length > 15600);
  assert.equal(await taken(HEADER, groups(300)), 'x');
  await refused(`Bearer ${sign(HEADER, { ...good(), ...groups(330) })}`, 'malformed');
});

test('a refusal names the claim that is wrong', async () => {
  for (const claims of [{ exp: '9' }, { nbf: [] }, { id: {} }, { tenantId: '' }, { permissions: [1] }, { meetingLinkId: '' }, { meetingRole: 'king' }, { passwordExpiryTime: 'x' }, { iss: 5 }]) {
    const answer = await client.call('POST', '/session', { auth: `Bearer ${sign(HEADER, { ...good(), ...claims })}` });
    assertError(answer, 401, 'UnauthorizedError', new RegExp(` ${Object.keys(claims)[0]} `));
  }
});

test('other algorithms', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await refused(`Bearer ${part({ alg: 'none' })}.${part(good())}.`, 'algorithm');
  for (const alg of ['none', 'hs256', 'HS384', 'HS512', 'RS256', 'ES256', '', 5]) await refused(`Bearer ${sign({ alg, typ: 'JWT' }, good())}`, 'algorithm');
  await refused(`Bearer ${sign({}, good())}`, 'algorithm');
  await refused(`Bearer ${sign({ ...HEADER, crit: ['exp'] }, good())}`, 'algorithm');
  await refused(`Bearer ${await client.bearer({}, { alg: 'RS256', key: privateKey })}`, 'algorithm');
});

test('signature, issuer and times', async () => {
  await refused(`Bearer ${sign(HEADER, good(), 'another secret of many many bytes')}`, 'signature');
  await refused(`Bearer ${sign(HEADER, good()).slice(0, -3)}AAA`, 'signature');
  for (const iss of ['other', 'Confab', 'confab ', undefined]) await refused(`Bearer ${sign(HEADER, { ...good(), iss })}`, 'issuer');
  await refused(`Bearer ${sign(HEADER, { ...good(), exp: now() - 31 })}`, 'expired');
  await refused(`Bearer ${sign(HEADER, { ...good(), exp: undefined })}`, 'no_expiry');
  await refused(`Bearer ${sign(HEADER, { ...good(), nbf: now() + 60 })}`, 'not_yet_valid');
  await refused(`Bearer ${sign(HEADER, { ...good(), passwordExpiryTime: Date.now() - 1000 })}`, 'password_expired');
  for (const claims of [{ exp: now() - 20 }, { nbf: now() + 20 }, { exp: now() + 10.5 }, { passwordExpiryTime: Date.now() + 60000 }])
    assert.equal((await client.call('POST', '/session', { auth: `Bearer ${sign(HEADER, { ...good(), ...claims })}` })).status, 200);
});

test('the actor is userTenantId, else id, else sub', async () => {
  const actor = async (claims) => {
    const link = await client.meeting({}, { auth: claims });
    return String((await stack.rows('SELECT created_by FROM meetings WHERE meeting_link = ?', [link]))[0].created_by);
  };
  assert.equal(await actor({ userTenantId: 'a', id: 'b', sub: 'c' }), 'a');
  assert.equal(await actor({ id: 'b', sub: 'c' }), 'b');
  assert.equal(await actor({ sub: 'c' }), 'c');
});

test('permissions are compared letter for letter', async () => {
  for (const permissions of [[], undefined, ['*'], ['createmeetingsession'], ['CreateMeetingSession ']])
    assertError(await client.call('POST', '/session', { auth: { permissions } }), 403, 'ForbiddenError');
});

const KEY_PAIRS = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
for (const [alg, generate] of Object.entries(KEY_PAIRS)) {
  test(`${alg} with a public key, and not HS256 with that key's text`, async (context) => {
    const { publicKey, privateKey } = generate();
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    const folder = mkdtempSync(path.join(tmpdir(), 'cf-key-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'key.pem');
    writeFileSync(file, pem);
    const there = new CgiClient(stack, { JWT_SECRET: '', JWT_PUBLIC_KEY_FILE: file });
    assert.equal((await there.call('POST', '/session', { auth: `Bearer ${await there.bearer({}, { alg, key: privateKey })}` })).status, 200);
    await refused(`Bearer ${sign(HEADER, good(), pem)}`, 'algorithm', there);
    await refused(`Bearer ${sign(HEADER, good())}`, 'algorithm', there);
    await refused(`Bearer ${sign({ alg, typ: 'JWT' }, good(), pem)}`, 'signature', there);
    await refused(`Bearer ${part({ alg: 'none' })}.${part(good())}.`, 'algorithm', there);
    const stranger = generate().privateKey;
    await refused(`Bearer ${await there.bearer({}, { alg, key: stranger })}`, 'signature', there);
    await refused(`Bearer ${await there.bearer({ exp: now() - 60 }, { alg, key: privateKey })}`, 'expired', there);
  });
}

test('settings for old issuers: without exp, with a short secret', async () => {
  const without = new CgiClient(stack, { JWT_REQUIRE_EXP: 'no' });
  assert.equal((await without.call('POST', '/session', { auth: { exp: undefined } })).status, 200);
  await refused(`Bearer ${sign(HEADER, { ...good(), exp: now() - 60 })}`, 'expired', without);
  const short = new CgiClient(stack, { JWT_SECRET: 'short', JWT_ALLOW_SHORT_SECRET: 'yes' });
  assert.equal((await short.call('POST', '/session', { auth: `Bearer ${sign(HEADER, good(), 'short')}` })).status, 200);
});

test('a wrong or missing setting stops the start with one line that names it', async () => {
  const { execFile } = await import('node:child_process');
  const start = (env, ...options) =>
    new Promise((resolve) =>
      execFile(`${stack.build}/confabctl`, ['check', ...options], { env: { ...process.env, CONFAB_CONF: `${stack.var}/confab.conf`, ...env } }, (error, out, err) => resolve({ code: error?.code ?? 0, err, out })));
  for (const [name, value] of [['JWT_SECRET', 'short'], ['JWT_SECRET', ''], ['JWT_ISSUER', ''], ['SERVICE_SECRET', 'short'], ['PROVIDER', 'nobody'], ['DB_PORT', '0'], ['TIME_TO_START', '-1'], ['JWT_REQUIRE_EXP', 'perhaps'], ['GATE_CONTROL', ''], ['BASE_PATH', 'x'], ['PUBLIC_URL', 'ftp://x'], ['PUBLIC_URL', 'https://x/y'], ['JWT_PUBLIC_KEY_FILE', '/nowhere']]) {
    const found = await start({ [name]: value });
    assert.equal(found.code, 1, `${name}=${value}`);
    assert.deepEqual(await start({ [name]: value }, '--settings'), found);
    assert.match(found.err, new RegExp(`^confabctl(?: check)?: ${name === 'JWT_PUBLIC_KEY_FILE' ? 'JWT_SECRET' : name}: [^\\n]+\\n$`));
  }
  // The settings alone: nothing is there, and nothing is made.
  const nothing = { DB_SOCKET: '/nowhere', GATE_CONTROL: '127.0.0.1:1', METRICS_FILE: '/nowhere/metrics' };
  assert.deepEqual(await start(nothing, '--settings'), { code: 0, err: '', out: 'ok    settings\n' });
  const fine = await start({});
  assert.equal(fine.code, 0, fine.out + fine.err);
  assert.match(fine.out, /max_connections/);
  const newest = readdirSync(new URL('../../sql', import.meta.url)).sort().pop().replace('.sql', '');
  assert.match(fine.out, new RegExp(`^ok    database: tables at ${newest}$`, 'm'));
  const many = await start({ CONFAB_WORKERS: '1000' });
  assert.equal(many.code, 1);
  assert.match(many.out, /FAULT database: 1000 workers/);
});
