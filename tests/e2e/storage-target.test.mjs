// PUT /archives/storage-target: what is refused, what is sent to the storage, and to which addresses nothing is sent.
import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import http from 'node:http';
import { after, test } from 'node:test';
import aws4 from 'aws4';
import { CgiClient } from './lib/cgi.mjs';
import { Client, assertError, assertFaults } from './lib/client.mjs';
import { listen, patience, sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const AZURE_KEY = randomBytes(64).toString('base64');
const CREDENTIALS = { AWS_ACCESS_KEY: 'AKIDEXAMPLE', AWS_SECRET_KEY: 'a/secret+key', AZURE_ACCOUNT_KEY: AZURE_KEY };
const trusting = new CgiClient(stack, { ...CREDENTIALS, STORAGE_ALLOW_HTTP: 'yes', STORAGE_HOSTS: '127.0.0.1, localhost' });
const guarded = new CgiClient(stack, { ...CREDENTIALS, STORAGE_ALLOW_HTTP: 'yes' });
const put = (body, on = client, more = {}) => on.call('PUT', '/archives/storage-target', { body, ...more });
const kept = async () => (await stack.rows("SELECT value FROM settings WHERE name = 'storage.target'"))[0]?.value;

// A storage: records its requests, and answers as told.
const stores = [];
/** @param {(seen: {method: string, url: string, headers: object, body: Buffer}) => {status: number, headers?: http.OutgoingHttpHeaders, body?: string}} answer */
async function store(answer = () => ({ status: 200 })) {
  const seen = [];
  const server = http.createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      const one = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(pieces) };
      seen.push(one);
      const { status, headers = {}, body = '' } = answer(one);
      response.writeHead(status, headers).end(body);
    });
  });
  stores.push(server);
  const port = await listen(server);
  const close = () => new Promise((resolve) => server.close(resolve));
  const made = { seen, port, endpoint: `http://127.0.0.1:${port}`, connections: 0, close };
  server.on('connection', () => (made.connections += 1));
  return made;
}
after(() => stores.forEach((server) => server.close()));

const s3 = (server, more = {}) => ({ name: 'AWSS3', bucket: 'my.bucket-1', region: 'eu-central-1', endpoint: server.endpoint, fallback: 'none', ...more });
const azure = (server, more = {}) => ({ name: 'AZURE', accountName: 'myaccount', container: 'my-container', domain: server.endpoint, ...more });

// Is this request signed as AWS says? Another implementation signs what came and compares.
function signedForS3(seen) {
  const scope = seen.headers.authorization.match(/Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request/);
  const names = seen.headers.authorization.match(/SignedHeaders=([^,]+)/)[1].split(';');
  const headers = {};
  for (const name of names) headers[name] = seen.headers[name];
  const own = aws4.sign(
    { service: 's3', region: scope[3], method: seen.method, path: seen.url, headers, body: seen.body.length > 0 ? seen.body : undefined, extraHeadersToIgnore: { 'content-length': true } },
    { accessKeyId: CREDENTIALS.AWS_ACCESS_KEY, secretAccessKey: CREDENTIALS.AWS_SECRET_KEY },
  );
  const signature = (text) => text.match(/Signature=([0-9a-f]{64})/)[1];
  return signature(own.headers.Authorization) === signature(seen.headers.authorization);
}

// "Authorize with Shared Key", from Microsoft's document.
function signedForAzure(seen, account) {
  const standard = ['content-encoding', 'content-language', 'content-length', 'content-md5', 'content-type', 'date', 'if-modified-since', 'if-match', 'if-none-match', 'if-unmodified-since', 'range'];
  const ms = Object.keys(seen.headers).filter((name) => name.startsWith('x-ms-')).sort();
  const text = [
    seen.method,
    ...standard.map((name) => (name === 'content-length' && seen.headers[name] === '0' ? '' : (seen.headers[name] ?? ''))),
    ...ms.map((name) => `${name}:${seen.headers[name].trim()}`),
    `/${account}${seen.url}`,
  ].join('\n');
  const digest = createHmac('sha256', Buffer.from(AZURE_KEY, 'base64')).update(text).digest('base64');
  return seen.headers.authorization === `SharedKey ${account}:${digest}`;
}

test('all faults of a target are named at once', async () => {
  assertFaults(await put({}), '/name');
  assertFaults(await put({ name: 'FTP', bucket: 'b' }), '/name');
  assertFaults(await put({ name: 7 }), '/name');
  assertFaults(await put({ name: 'AWSS3', region: 'EU', endpoint: 'http://x.example', fallback: 'perhaps' }), '/bucket', '/region', '/endpoint', '/fallback');
  assertFaults(await put({ name: 'AWSS3', bucket: 7, region: [], endpoint: {}, fallback: null }), '/bucket', '/region', '/endpoint', '/fallback');
  assertFaults(await put({ name: 'AZURE', domain: 'example.com', fallback: 5 }), '/accountName', '/container', '/domain', '/fallback');
  for (const bucket of ['', 'ab', 'Upper', '-start', 'end-', 'under_score', 'a/b', 'x'.repeat(64), 'a?b', 'a\nb']) assertFaults(await put({ name: 'AWSS3', bucket }), '/bucket');
  for (const accountName of ['ab', 'has-dash', 'Upper', 'x'.repeat(25)]) assertFaults(await put({ name: 'AZURE', accountName, container: 'abc' }), '/accountName');
  for (const region of ['', 'eu.west', 'x'.repeat(33)]) assertFaults(await put({ name: 'AWSS3', bucket: 'abc', region }), '/region');
});

test('an endpoint is scheme, host and port, and https unless plain HTTP is allowed', async () => {
  for (const endpoint of ['http://s3.example', 'https://', 'https://a@s3.example', 'https://a:b@s3.example', 'https://s3.example/', 'https://s3.example/path', 'https://s3.example?x', 'https://s3.example#x', 'https://s3.example:0', 'https://s3.example:99999', 'https://s3.example:', 'ftp://s3.example', 'file:///etc/passwd', '//s3.example', 's3.example', 'https://s3 example', 'https://s3.example\\@evil', ' https://s3.example'])
    assertFaults(await put({ name: 'AWSS3', bucket: 'abc', endpoint }), '/endpoint');
});

test('missing credentials are 503 and name the setting; the caller cannot give them', async () => {
  const missing = async (body, name) => {
    const answer = await put(body);
    assertError(answer, 503, 'ServiceUnavailableError', new RegExp(`\\b${name}\\b`));
    assert.ok(answer.headers['retry-after']);
  };
  await missing({ name: 'AWSS3', bucket: 'my-bucket', AWS_ACCESS_KEY: 'x', accessKey: 'x', secretKey: 'y' }, 'AWS_ACCESS_KEY');
  await missing({ name: 'AZURE', accountName: 'account', container: 'container', accountKey: 'x' }, 'AZURE_ACCOUNT_KEY');
  const half = new CgiClient(stack, { AWS_ACCESS_KEY: 'x' });
  assertError(await put({ name: 'AWSS3', bucket: 'my-bucket' }, half), 503, 'ServiceUnavailableError', /AWS_SECRET_KEY/);
});

test('it needs the permission, and a token that is not for one meeting', async () => {
  assertError(await put({}, client, { auth: null }), 401, 'UnauthorizedError');
  assertError(await put({}, client, { auth: { permissions: ['GetMeetingArchives'] } }), 403, 'ForbiddenError');
  assertError(await put({ name: 'AWSS3', bucket: 'abc' }, client, { auth: { meetingLinkId: 'x' } }), 403, 'ForbiddenError');
});

test('S3: a small object is written and removed, signed, and the target is kept without a secret', async () => {
  const server = await store();
  const answer = await put(s3(server), trusting);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.text, 'null');
  assert.match(answer.headers['content-type'], /^text\/plain/);
  assert.deepEqual(server.seen.map((one) => one.method), ['PUT', 'DELETE']);
  assert.match(server.seen[0].url, /^\/my\.bucket-1\/[A-Za-z0-9_.-]+$/);
  assert.equal(server.seen[1].url, server.seen[0].url);
  assert.ok(server.seen[0].body.length > 0 && server.seen[0].body.length < 1000);
  for (const seen of server.seen) {
    assert.ok(signedForS3(seen), `${seen.method}: ${JSON.stringify(seen.headers)}`);
    assert.equal(seen.headers['x-amz-content-sha256'], createHash('sha256').update(seen.body).digest('hex'));
    assert.match(seen.headers.authorization, /SignedHeaders=[^,]*x-amz-content-sha256/);
    assert.equal(seen.headers.expect, undefined);
  }
  assert.deepEqual(JSON.parse(await kept()), { name: 'AWSS3', bucket: 'my.bucket-1', region: 'eu-central-1', endpoint: server.endpoint, fallback: 'none' });
  for (const secret of Object.values(CREDENTIALS)) assert.ok(!answer.log.includes(secret) && !(await kept()).includes(secret));
});

test('Azure: the same with the account\'s shared key', async () => {
  const server = await store(({ method }) => ({ status: method === 'PUT' ? 201 : 202 }));
  const answer = await put(azure(server), trusting);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(server.seen.map((one) => one.method), ['PUT', 'DELETE']);
  assert.match(server.seen[0].url, /^\/myaccount\/my-container\/[A-Za-z0-9_.-]+$/);
  assert.equal(server.seen[0].headers['x-ms-blob-type'], 'BlockBlob');
  for (const seen of server.seen) assert.ok(signedForAzure(seen, 'myaccount'), `${seen.method} ${seen.url}: ${JSON.stringify(seen.headers)}`);
  const { name, accountName, container, domain } = JSON.parse(await kept());
  assert.deepEqual({ name, accountName, container, domain }, { name: 'AZURE', accountName: 'myaccount', container: 'my-container', domain: server.endpoint });
});

test('a storage that refuses: 400 with its status and code, never its body, and nothing is kept', async () => {
  const before = await kept();
  const server = await store(() => ({ status: 403, body: '<Error><Code>InvalidAccessKeyId</Code><Message>INTERNAL-WORDS</Message></Error>' }));
  for (const body of [s3(server), azure(server)]) {
    const answer = await put(body, trusting);
    assertError(answer, 400, 'BadRequestError', /403/);
    assert.match(answer.body.error.message, /InvalidAccessKeyId/);
    assert.ok(!answer.text.includes('INTERNAL-WORDS'));
  }
  const odd = await store(() => ({ status: 500, body: '<Code>a b&lt;script&gt;</Code>' }));
  assertError(await put(s3(odd), trusting), 400, 'BadRequestError', /500/);
  const removing = await store(({ method }) => ({ status: method === 'PUT' ? 200 : 403 }));
  assertError(await put(s3(removing), trusting), 400, 'BadRequestError', /403/);
  assert.equal(await kept(), before);
});

test('redirects are not followed', async () => {
  const other = await store();
  const server = await store(({ url }) => ({ status: 307, headers: { location: other.endpoint + url } }));
  assertError(await put(s3(server), trusting), 400, 'BadRequestError', /307/);
  assert.equal(other.connections, 0);
});

test('an unreachable storage, and one with a too long answer, are 400', async () => {
  const closed = await store();
  await closed.close();
  const answer = await put(s3(closed), trusting);
  assertError(answer, 400, 'BadRequestError');
  const chatty = await store(() => ({ status: 200, body: 'x'.repeat(8 * 1024 * 1024) }));
  assertError(await put(s3(chatty), trusting), 400, 'BadRequestError');
});

test('a storage that does not answer holds up nobody for long', async () => {
  const server = await store();
  stores.at(-1).removeAllListeners('request');
  const started = Date.now();
  assertError(await put(s3(server), trusting), 400, 'BadRequestError', /cannot be reached/);
  assert.ok(Date.now() - started < 40000, `${Date.now() - started} ms`); // the limit is 10 s, and 60 s for uploads
});

test('addresses of this machine and of private networks are refused when connecting', async () => {
  const before = await kept();
  const server = await store();
  const { port } = server;
  for (const host of ['127.0.0.1', 'localhost', '127.1', '[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '0.0.0.0', '[::]', '2130706433', '0x7f.0.0.1', '10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.169.254', '100.64.0.1', '[fe80::1]', '[fd00::1]', '[64:ff9b::7f00:1]', '224.0.0.1', '[ff02::1]', '255.255.255.255']) {
    for (const scheme of ['http', 'https']) {
      const started = Date.now();
      const answer = await put({ name: 'AWSS3', bucket: 'my-bucket', endpoint: `${scheme}://${host}:${port}` }, guarded);
      assert.ok([400, 422].includes(answer.status), `${host}: ${answer.status} ${answer.text}`);
      assert.ok(Date.now() - started < patience(2000), `${host} was tried`);
    }
  }
  assert.equal(server.connections, 0);
  assert.equal(await kept(), before);
});

test('a listed host is the whole name, not a part of one', async () => {
  const server = await store();
  const listed = new CgiClient(stack, { ...CREDENTIALS, STORAGE_ALLOW_HTTP: 'yes', STORAGE_HOSTS: '127.0.0.10 localhost.example' });
  assertError(await put(s3(server), listed), 400, 'BadRequestError');
  assert.equal(server.connections, 0);
});
