// The same binary as a plain CGI program under other web servers, below a path of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client, assertError, assertFaults } from './lib/client.mjs';
import { Page } from './lib/janus.mjs';
import { freePort, sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const here = new Client(stack);
const BASE = '/confab';
// Each gives its configuration, and the command that runs it in the foreground.
const SERVERS = {
  lighttpd: ({ folder, port, program, env }) => ({
    file: `server.modules = ("mod_alias", "mod_setenv", "mod_cgi")
server.document-root = "${folder}/htdocs"
server.bind = "127.0.0.1"
server.port = ${port}
server.errorlog = "${folder}/error.log"
server.upload-dirs = ("${folder}")
server.http-parseopts = ("url-normalize" => "disable", "url-path-2f-decode" => "disable")
alias.url = ("${BASE}" => "${program}")
setenv.add-environment = (${Object.entries(env).map(([name, value]) => `"${name}" => "${value}"`).join(', ')})
$HTTP["url"] =~ "^${BASE}" { cgi.assign = ("" => "") }
`,
    command: ['lighttpd', '-D', '-f'],
  }),
  // Started by root it serves as somebody else, who has to read the settings.
  apache: ({ folder, port, program, env, uid, gid }) => ({
    file: `ServerName 127.0.0.1
ServerRoot ${folder}
Listen 127.0.0.1:${port}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
User #${uid}
Group #${gid}
${['mpm_prefork', 'authz_core', 'alias', 'env', 'cgi'].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
DocumentRoot ${folder}/htdocs
AllowEncodedSlashes NoDecode
ScriptAlias ${BASE} ${program}
${Object.entries(env).map(([name, value]) => `SetEnv ${name} "${value}"`).join('\n')}
<Location ${BASE}>
	CGIPassAuth On
	Require all granted
</Location>
`,
    command: ['apache2', '-D', 'FOREGROUND', '-f'],
  }),
};

for (const [name, describeServer] of Object.entries(SERVERS)) {
  describe(name, () => withServer(describeServer));
}

function withServer(describeServer) {
  let server;
  let folder;
  let client;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'cf-'));
    chmodSync(folder, 0o755);
    mkdirSync(path.join(folder, 'htdocs'));
    const port = await freePort();
    const conf = path.join(folder, 'server.conf');
    const settings = `${stack.var}/confab.conf`;
    const { file, command: [command, ...options] } = describeServer({
      folder, port, program: stack.program, env: { CONFAB_CONF: settings, METRICS_FILE: '', BASE_PATH: BASE }, ...statSync(settings),
    });
    writeFileSync(conf, file);
    // In a process group of its own: Apache ends all of its group.
    server = spawn(command, [...options, conf], { detached: true, env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }, stdio: 'ignore' });
    client = new Client({ ...stack, base: `http://127.0.0.1:${port}` });
    await until(() => client.call('GET', `${BASE}/health/live`, { auth: null, check: false }).then((answer) => answer.status === 200, () => false), 'the web server');
  });

  after(() => {
    client.agent.destroy();
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const call = (method, target, options) => client.call(method, BASE + target, { check: false, ...options });

  test('health and the description', async () => {
    assert.equal((await call('GET', '/health', { auth: null })).body.status, 'ok');
    assert.equal((await call('GET', '/openapi.json', { auth: null })).body.openapi, '3.1.0');
  });

  test('a meeting from its creation to its end', async () => {
    const created = await call('POST', '/session', { body: { extId: 'cgi' } });
    assert.equal(created.status, 200, created.text);
    assert.match(created.text, /^[A-Za-z0-9_-]{10}$/); // and not what Apache makes of a Location
    const link = created.text;
    assert.equal((await call('PATCH', `/session/${link}`, { body: { extId: 'two' } })).status, 204);
    const token = await call('POST', `/session/${link}/token`, { body: { role: 'moderator', data: 'ann' } });
    assert.equal(token.status, 200, token.text);
    const page = await Page.join({ ...token.body, url: `${here.base.replace('http', 'ws')}/rtc` });
    assert.equal(page.joined.videoroom, 'joined');
    await until(async () => (await call('GET', `/session/${link}/attendees?active=true`)).body.length === 1, 'her to be in');
    assert.equal((await here.attendees(link))[0].attendee, 'ann');
    assert.equal((await call('PATCH', `/session/${link}/end`)).status, 204);
    assertError(await call('PATCH', `/session/${link}/end`), 400, 'BadRequestError');
  });

  test('the body is read to its length, also a large one, and faults in it are named', async () => {
    const large = await call('POST', '/session', { body: { extMetadata: { a: 'x'.repeat(60000) } } });
    assert.equal(large.status, 200, large.text);
    assertFaults(await call('POST', '/session', { body: { extId: 7 } }), '/extId');
    assertError(await call('POST', '/session', { body: '{' }), 400, 'BadRequestError');
    assertError(await call('POST', '/session', { body: '{}', headers: { 'content-type': 'text/plain' } }), 415, 'UnsupportedMediaTypeError');
    assertError(await call('POST', '/session', { body: Buffer.alloc(1024 * 1024 + 1, 32) }), 413, 'PayloadTooLargeError');
  });

  test('Authorization reaches the program', async () => {
    assertError(await call('POST', '/session', { auth: null }), 401, 'UnauthorizedError');
    assertError(await call('POST', '/session', { auth: { permissions: [] } }), 403, 'ForbiddenError');
  });

  test('paths come undecoded, and a query without = is a query', async () => {
    assertError(await call('GET', '/archives/a%2Fb'), 404, 'NotFoundError');
    assertError(await call('GET', '/archives/%2541'), 404, 'NotFoundError');
    assert.equal((await call('GET', '/archives?-h')).status, 200);
    assert.equal((await call('GET', '/archives?limit=1')).status, 200);
    assertError(await call('GET', '/nowhere'), 404, 'NotFoundError');
    assertError(await call('PUT', '/session'), 405, 'MethodNotAllowedError');
  });

  test('HEAD has the headers and no body; every answer has a request id', async () => {
    const get = await call('GET', '/health', { auth: null });
    const head = await call('HEAD', '/health', { auth: null });
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
    assert.equal(head.headers['content-type'], get.headers['content-type']);
    assert.match(get.headers['x-request-id'], /^[A-Za-z0-9_-]{32}$/);
    assert.equal(get.headers['x-content-type-options'], 'nosniff');
    assert.equal(get.headers['cache-control'], 'no-store');
  });

  test('metrics are not for the public here either', async () => {
    assertError(await call('GET', '/metrics', { auth: null, headers: { 'confab-local': '1' } }), 404, 'NotFoundError');
  });

  test('events are accepted with the provider\'s proof', async () => {
    const basic = `Basic ${Buffer.from(`${stack.conf.JANUS_EVENT_USER}:${stack.conf.JANUS_EVENT_PASSWORD}`).toString('base64')}`;
    assert.equal((await call('POST', '/webhooks/session', { auth: basic, body: [] })).status, 204);
    assertError(await call('POST', '/webhooks/session', { auth: 'Basic eDp5', body: [] }), 401, 'UnauthorizedError');
  });
}
