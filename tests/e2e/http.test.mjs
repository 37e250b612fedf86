// What all operations have in common: paths, methods, bodies, JSON, errors that nginx makes, CORS, limits.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { CgiClient } from './lib/cgi.mjs';
import { Client, assertError, assertFaults } from './lib/client.mjs';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);

test('checks come in the order route, credentials, permission, body', async () => {
  assertError(await client.call('POST', '/nowhere', { auth: null, body: '{' }), 404, 'NotFoundError');
  assertError(await client.call('DELETE', '/session', { auth: null, body: '{', check: false }), 405, 'MethodNotAllowedError');
  assertError(await client.call('POST', '/session', { auth: null, body: '{' }), 401, 'UnauthorizedError');
  assertError(await client.call('POST', '/session', { auth: { permissions: ['*'] }, body: '{' }), 403, 'ForbiddenError');
  assertError(await client.call('POST', '/session', { body: '{' }), 400, 'BadRequestError');
  assertError(await client.call('POST', '/session/nowhere000/token', { body: '{' }), 400, 'BadRequestError');
});

test('405 lists the methods that the path takes', async () => {
  const allow = async (method, path) => {
    const answer = await client.call(method, path, { check: false });
    assertError(answer, 405, 'MethodNotAllowedError');
    return answer.headers.allow;
  };
  assert.equal(await allow('PUT', '/session'), 'GET, HEAD, POST');
  assert.equal(await allow('POST', '/archives'), 'GET, HEAD');
  assert.equal(await allow('POST', '/archives/x'), 'GET, HEAD, DELETE');
  assert.equal(await allow('POST', '/archives/storage-target'), 'PUT, DELETE');
  assert.equal(await allow('POST', '/session/x'), 'GET, HEAD, PATCH');
  assert.equal(await allow('OPTIONS', '/session'), 'GET, HEAD, POST');
});

test('slashes at the end and repeated slashes do not matter, letter case does', async () => {
  for (const path of ['/session/', '//session', '/session//', '//session///'])
    assert.equal((await client.call('POST', path, { check: false })).status, 200, path);
  assert.equal((await client.call('POST', '/Session', { check: false })).status, 404);
  assert.equal((await client.call('POST', '/%73ession', { check: false })).status, 200);
});

test('the join page and its files are served under a strict policy, and nothing else is', async () => {
  const get = (path) => client.call('GET', path, { auth: null, check: false });
  const page = await get('/?x=1');
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'], /^text\/html/);
  const policy = page.headers['content-security-policy'];
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
  assert.doesNotMatch(policy, /unsafe|\*|http/);
  assert.match(page.headers['permissions-policy'], /camera=\(self\)/);
  assert.equal(page.headers['cross-origin-opener-policy'], 'same-origin');
  const files = [...page.text.matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].map(([, path]) => path);
  assert.ok(files.length >= 4, files.join());
  for (const path of files) {
    const file = await get(`/${path}`);
    assert.equal(file.status, 200, path);
    assert.equal(file.headers['x-content-type-options'], 'nosniff');
    assert.match(file.headers['content-type'], /javascript|css|svg/, path);
    assert.equal((await client.call('GET', `/${path}`, { auth: null, check: false, headers: { 'if-none-match': file.headers.etag } })).status, 304);
  }
  assert.doesNotMatch(page.text, /<script(?![^>]*src=)|\son\w+=|style=|https?:\/\//, 'inline code, or a foreign host');
  const folder = files[0].split('/')[1];
  assert.match(folder, /^[0-9a-f]{12}$/);
  assert.equal((await get(`/assets/${folder}/main.js`)).headers['cache-control'], 'public, max-age=31536000, immutable');
  for (const path of ['/assets/main.js', '/assets/0123456789ab/main.js']) assert.equal((await get(path)).headers['cache-control'], 'no-cache', path);
  for (const name of ['encryption-worker.js', 'icon.svg'])
    assert.match((await get(`/assets/${folder}/${name}`)).headers['content-security-policy'], /^default-src 'none'/, name);
  for (const path of ['/assets/nothing.js', `/assets/${folder}/nothing.js`, '/assets/0123456789ab/nothing.js', '/assets/main.js/x']) {
    const missing = await get(path);
    assertError(missing, 404, 'NotFoundError');
    assert.equal(missing.headers['cache-control'], 'no-store', path);
  }
  assertError(await get('/link.html'), 404, 'NotFoundError');
  assertError(await get('/assets/'), 403, 'ForbiddenError');
  assertError(await get('/index.html'), 404, 'NotFoundError');
});

test('a path is decoded once, and an invalid path is 400', async () => {
  assertError(await client.call('GET', '/archives/a%2Fb'), 404, 'NotFoundError');
  assertError(await client.call('GET', '/archives/%2541'), 404, 'NotFoundError');
  for (const path of ['/archives/%', '/archives/%4', '/archives/%zz', '/archives/%00', '/archives/%ff', '/archives/%c0%80', '/archives/%ed%a0%80', '/archives/%2e%2e', '/archives/..', '/archives/./x', '/../x', '/x/..', '/x/../assets/style.css', '/assets/./style.css', '/assets/./adapter.js', '/assets/0123456789ab/../0123456789ab/main.js', '/assets/0123456789ab/%2e/main.js', '/assets/%2e%2E/']) {
    const answer = await client.raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${await client.bearer()}\r\nConnection: close\r\n\r\n`);
    assertError(answer, 400, 'BadRequestError');
    assert.match(answer.head, /X-Request-Id: [0-9a-f]{32}/i);
  }
});

test('nginx\' own errors have the same form and a request id', async () => {
  const host = 'Host: x\r\nConnection: close\r\n';
  const big = await client.call('POST', '/session', { body: Buffer.alloc(1024 * 1024 + 1, 32) });
  assertError(big, 413, 'PayloadTooLargeError');
  /** @type {[request: string, status: number, name: string][]} */
  const refused = [
    [`GET /${'x'.repeat(40000)} HTTP/1.1\r\n${host}\r\n`, 414, 'URITooLongError'],
    [`GET / HTTP/1.1\r\nX: ${'x'.repeat(40000)}\r\n${host}\r\n`, 431, 'RequestHeaderFieldsTooLargeError'],
    [`TRACE / HTTP/1.1\r\n${host}\r\n`, 405, 'MethodNotAllowedError'],
    [`GET / HTTP/7.1\r\n${host}\r\n`, 505, 'HTTPVersionNotSupportedError'],
    [`GET /health HTTP/1.1\r\nAuthorization: a\r\nAuthorization: b\r\n${host}\r\n`, 400, 'BadRequestError'],
    [`nonsense\r\n\r\n`, 400, 'BadRequestError'],
  ];
  for (const [request, status, name] of refused) {
    const answer = await client.raw(request);
    assertError(answer, status, name);
    assert.match(answer.head, /X-Request-Id: [0-9a-f]{32}/i);
    assert.match(answer.head, /X-Content-Type-Options: nosniff/i);
  }
});

test('headers of any kind, as large as nginx takes, reach the worker and are no 500', async () => {
  const host = 'Host: x\r\nConnection: close\r\n';
  for (const length of [12 * 1024, 16 * 1024, 30 * 1024])
    assertError(await client.raw(`GET /session HTTP/1.1\r\nAuthorization: Bearer ${'x'.repeat(length)}\r\n${host}\r\n`), 401, 'UnauthorizedError', /malformed|token/i);
  const large = 'x'.repeat(30000);
  for (const names of [['X-A', 'X-B', 'X-C'], ['Accept', 'Origin', 'Content-Type'], ['Idempotency-Key', 'Content-Type', 'Cookie']])
    assertError(await client.raw(`GET /nowhere HTTP/1.1\r\n${names.map((name) => `${name}: ${large}\r\n`).join('')}${host}\r\n`), 404, 'NotFoundError');
  // Some versions of nginx limit their number.
  const many = Array.from({ length: 8000 }, (_, i) => `${i}:\r\n`).join('');
  const answer = await client.raw(`GET /nowhere HTTP/1.1\r\n${many}${host}\r\n`);
  assert.ok([404, 431].includes(answer.status), answer.text);
  assertError(await client.raw(`GET /x?${large} HTTP/1.1\r\nAuthorization: Bearer ${large}\r\nAccept: ${large}\r\n${host}\r\n`), 400, 'BadRequestError', /too long/);
});

test('nginx hands on every header that the worker reads', () => {
  const folder = new URL('../../src/', import.meta.url);
  const sources = readdirSync(folder, { recursive: true }).map(String).filter((name) => name.endsWith('.c')).map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const read = new Set(sources.flatMap((text) => [...text.matchAll(/request_param\([^;]*?"(HTTP_[A-Z_]+)"/g)].map(([, name]) => name)));
  const site = readFileSync(new URL('../../nginx/confab.conf.in', import.meta.url), 'utf8');
  const passed = [...site.matchAll(/fastcgi_param (HTTP_[A-Z_]+)/g)].map(([, name]) => name);
  assert.ok(read.size >= 5, [...read].join());
  // nginx itself sends the range of a file; a worker without nginx reads these.
  const ranges = ['HTTP_RANGE', 'HTTP_IF_RANGE'];
  assert.deepEqual([...read].filter((name) => !passed.includes(name) && !ranges.includes(name)), []);
});

test('no header comes twice', async () => {
  for (const path of ['/health', '/nowhere', '/session/x/attendees']) {
    const answer = await client.raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const names = answer.head.split('\r\n').slice(1).map((line) => line.split(':')[0].toLowerCase());
    assert.equal(new Set(names).size, names.length, answer.head);
  }
});

test('JSON is read to the letter of RFC 8259 and RFC 3629', async () => {
  const post = (body) => client.call('POST', '/session', { body });
  for (const bad of [
    '{', '}', '{"a":}', "{'a':1}", '{"a":1,}', '[1,]', '{"a":NaN}', '{"a":-Infinity}', '{"a":1.}', '{"a":.5}', '{"a":01}', '{"a":+1}',
    '{"a":1e}', '{"a":"\n"}', '{"a":"\t"}', '{"a":"\\x"}', '{"a":"\\u12"}', '{"a":tru}', '{}x', '{}{}', '{} \u0000', '{}\u0000garbage', '\uFEFF',
    '{"a\\u0000b":1}', '{"a":"\\ud800"}', '{"a":"\\udc00\\ud800"}', '/*c*/{}', '{"a" 1}', '{"a":1 "b":2}', '{a:1}',
    Buffer.from([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d]), Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]),
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), `${'['.repeat(33)}${']'.repeat(33)}`, `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`,
  ]) {
    const answer = await post(bad);
    assertError(answer, 400, 'BadRequestError');
    assert.match(answer.body.error.message, /line \d+, column \d+/, String(bad));
  }
  assert.match((await post('{\n "a": nul}')).body.error.message, /line 2, column 7/);
  assert.equal((await post(' \r\n\t{"a":[1e5,-0.5E-2,"\\ud83d\\ude00"]} ')).status, 200);
  assert.equal((await post('{"extId":1,"extId":"last"}')).status, 200);
  assertFaults(await post('{"extId":"first","extId":2}'), '/extId');
  assertFaults(await post('{"x":9007199254740993}'), '/x');
  assertFaults(await post('{"x":123456789012345678901234567890}'), '/x');
  assertFaults(await post('{"x":1e999}'), '/x');
  assert.equal((await post('{"x":9007199254740992,"y":-9007199254740992}')).status, 200);
});

test('a body with another type is 415, without one it is JSON', async () => {
  const post = (type, body = '{}') => client.call('POST', '/session', { body, headers: { 'content-type': type } });
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'multipart/form-data; boundary=x'])
    assertError(await post(type), 415, 'UnsupportedMediaTypeError');
  for (const type of ['application/json', 'APPLICATION/JSON; charset=utf-8', 'application/json;x', null]) assert.equal((await post(type)).status, 200, type);
});

// Every operation that takes a body: use(method, path, credentials) for each, on a meeting of its own.
async function eachWithBody(use) {
  const link = await client.meeting({});
  await client.token(link, { data: 'ann' });
  const operations = [
    ['POST', '/session'], ['PATCH', `/session/${link}`], ['POST', `/session/${link}/token`], ['POST', `/session/${link}/invites`], ['POST', `/j/${link}`],
    ['POST', `/session/${link}/attendees/ann/mute`], ['POST', `/session/${link}/archives`], ['PUT', '/archives/storage-target'],
    ['POST', '/webhooks/session', `Basic ${Buffer.from(`${stack.conf.JANUS_EVENT_USER}:${stack.conf.JANUS_EVENT_PASSWORD}`).toString('base64')}`],
  ];
  try {
    for (const operation of operations) await use(...operation);
  } finally {
    await client.call('PATCH', `/session/${link}/end`);
  }
}

test('a compressed body is 415 in every operation; identity is no compression', async () => {
  await eachWithBody(async (method, path, auth = {}) => {
    /** @type {(encoding: string, body?: string | Buffer) => Promise<any>} */
    const send = (encoding, body = gzipSync('{}')) => client.call(method, path, { body, auth, headers: { 'content-encoding': encoding } });
    for (const encoding of ['gzip', 'br', 'GZIP', 'identity, gzip']) assertError(await send(encoding), 415, 'UnsupportedMediaTypeError', /Content-Encoding/);
    assert.notEqual((await send('Identity', '{}')).status, 415, path);
  });
});

test('a byte order mark in front of JSON is skipped in every operation', async () => {
  await eachWithBody(async (method, path, auth = {}) => {
    const marked = await client.call(method, path, { body: '\uFEFF{}', auth });
    assert.doesNotMatch(marked.text, /Malformed JSON/, `${method} ${path}`);
  });
  assert.equal((await client.call('POST', '/session', { body: '\uFEFF{"extId":"x"}' })).status, 200);
  assertError(await client.call('POST', '/session', { body: '\uFEFF\uFEFF{}' }), 400, 'BadRequestError');
  assertError(await client.call('POST', '/session', { body: '{"extId":\uFEFF"x"}' }), 400, 'BadRequestError');
});

test('a chunked body is read whole', async () => {
  const answer = await client.raw(
    `POST /session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: bEaReR ${await client.bearer()}\r\n` +
      'Transfer-Encoding: chunked\r\n\r\n9\r\n{"extId":\r\n4\r\n"x"}\r\n0\r\n\r\n',
  );
  assert.equal(answer.status, 200, answer.text);
});

test('what one caller sends never comes back in another\'s error, nor is it run', async () => {
  await client.call('POST', '/session', { body: { extId: 'SECRET-TEXT'.repeat(30) } });
  for (const path of ['/{{constructor}}', '/session/{{7*7}}/attendees', '/archives/%7B%7B7*7%7D%7D']) {
    const answer = await client.call('GET', path, { check: false });
    assert.ok([404].includes(answer.status));
    assert.ok(!answer.text.includes('49') && !answer.text.includes('SECRET-TEXT'));
  }
});

test('the metrics are for loopback alone, count over all workers, and no other path leads to them', async () => {
  const read = async () => {
    const answer = await client.call('GET', '/metrics', { auth: null });
    assert.equal(answer.status, 200);
    const match = answer.text.match(/confab_requests_total\{method="GET",route="\/health\/live",status="200"\} (\d+)/);
    return Number(match?.[1] ?? 0);
  };
  const before = await read();
  await Promise.all(Array.from({ length: 40 }, () => client.call('GET', '/health/live', { auth: null })));
  assert.equal(await read(), before + 40);
  const text = (await client.call('GET', '/metrics', { auth: null })).text;
  assert.match(text, /confab_workers [1-9]/);
  assert.match(text, /confab_request_duration_seconds_bucket\{method="GET",route="\/health\/live",le="\+Inf"\}/);
  for (const name of ['confab_database_retries_total', 'confab_provider_calls_total', 'confab_provider_errors_total', 'confab_webhook_events_total'])
    assert.match(text, new RegExp(`^# TYPE ${name} counter$`, 'm'));
});

test('health names what is wrong; live needs nothing', async () => {
  const answer = await client.call('GET', '/health', { auth: null });
  assert.deepEqual({ ...answer.body, version: 0 }, { status: 'ok', database: 'ok', provider: 'ok', providerSoftware: 'ok', recordings: 'ok', version: 0 });
  assert.equal((await client.call('HEAD', '/health/live', { auth: null })).status, 200);
});

test('the description is complete and holds the route table', async () => {
  const answer = await client.call('GET', '/openapi.json', { auth: null });
  assert.equal(answer.body.openapi, '3.1.0');
  const table = readFileSync(new URL('../../src/api/routes.c', import.meta.url), 'utf8');
  const rows = [...table.matchAll(/\{METHOD_(\w+), "([^"]+)", ACCESS_(\w+),\s+\{([^}]*)\}/g)];
  assert.ok(rows.length >= 14);
  const described = Object.entries(answer.body.paths).flatMap(([path, item]) =>
    Object.keys(item).filter((key) => ['get', 'post', 'put', 'patch', 'delete'].includes(key)).map((method) => `${method.toUpperCase()} ${path}`));
  assert.deepEqual(rows.map(([, method, path]) => `${method} ${path}`).sort(), described.sort());
  for (const [, method, path, access, list] of rows) {
    const operation = answer.body.paths[path][method.toLowerCase()];
    const permissions = [...list.matchAll(/"(\w+)"/g)].map(([, permission]) => permission);
    if (permissions.length > 0) {
      assert.deepEqual([operation['x-permission']].flat(), permissions, path);
      const others = { BEARER: [], INVITED: [{ invite: [] }], ATTENDEE: [{ invite: [] }, { join: [] }], MODERATOR: [{ invite: [] }, { join: [] }], LINK: [{ invite: [] }, { join: [] }, { link: [] }] };
      assert.deepEqual(operation.security, [...permissions.map((permission) => ({ bearer: [permission] })), ...others[access]], path);
      for (const status of [401, 403, 500, 503]) assert.ok(operation.responses[status], `${method} ${path} ${status}`);
    }
    assert.ok(operation.summary && operation.operationId);
  }
});

test('every request has one line in the log, without secrets', async () => {
  const bearer = await client.bearer({ sub: 'log-"reader"' });
  const answer = await client.call('POST', '/session', { auth: `Bearer ${bearer}`, body: { extId: 'not-in-the-log' } });
  const lines = stack.log('pool').split('\n').filter((line) => line.includes(answer.headers['x-request-id']));
  assert.equal(lines.length, 1);
  const line = JSON.parse(lines[0]);
  assert.equal(line.route, '/session');
  assert.equal(line.status, 200);
  assert.equal(line.actor, 'log-"reader"');
  assert.equal(typeof line.durationMs, 'number');
  assert.ok(!stack.log('pool').includes('not-in-the-log') && !stack.log('pool').includes(bearer));
});

test('CORS is off unless origins are listed, and then for these alone', async () => {
  const there = new CgiClient(stack, { CORS_ORIGINS: 'https://a.example https://b.example' });
  /** @type {(origin: string, path?: string, on?: Client) => Promise<any>} */
  const preflight = (origin, path = '/session', on = there) =>
    on.call('OPTIONS', path, { auth: null, check: false, headers: { origin, 'access-control-request-method': 'POST' } });
  const good = await preflight('https://a.example');
  assert.equal(good.status, 204);
  assert.equal(good.headers['access-control-allow-origin'], 'https://a.example');
  assert.equal(good.headers['access-control-allow-methods'], 'GET, HEAD, POST');
  assert.match(good.headers['access-control-allow-headers'], /Authorization/);
  assert.equal(good.headers['access-control-allow-credentials'], undefined);
  assert.equal(good.headers.vary, 'Origin');
  for (const origin of ['https://evil.example', 'https://a.example.evil', 'https://a.exampl', 'HTTPS://A.EXAMPLE', 'null', '*', 'https://a.example https://b.example'])
    assert.equal((await preflight(origin)).headers['access-control-allow-origin'], undefined, origin);
  assert.equal((await preflight('https://a.example', '/nowhere')).status, 404);
  const posted = await there.call('POST', '/session', { headers: { origin: 'https://b.example' } });
  assert.equal(posted.headers['access-control-allow-origin'], 'https://b.example');
  const failed = await there.call('POST', '/session', { auth: null, headers: { origin: 'https://b.example' } });
  assert.equal(failed.status, 401);
  assert.equal(failed.headers['access-control-allow-origin'], 'https://b.example');
  assert.equal((await there.call('POST', '/session')).headers.vary, 'Origin');
  const off = await client.call('POST', '/session', { headers: { origin: 'https://a.example' } });
  assert.equal(off.headers['access-control-allow-origin'], undefined);
  assert.equal((await preflight('https://a.example', '/session', client)).status, 405);
});

after(() => client.agent.destroy());
