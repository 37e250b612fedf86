// The service where there is only a web server with CGI, a database and cron; Janus and its gate are on a media host elsewhere.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Client } from './lib/client.mjs';
import { Page } from './lib/janus.mjs';
import { MediaHost, makeCertificate } from './lib/media-host.mjs';
import { SecondJanus } from './lib/second-janus.mjs';
import { freePort, startStack, until } from './lib/stack.mjs';

const BASE = '/confab';
const SERVER = 'media1';
const SLOW = 20000; // ms
let stack; // of which only the database runs
let folder;
let conf; // file with the service's settings
let web;
let janus;
let host;
let client;
let port;

const ctl = (...args) => promisify(execFile)(path.join(stack.build, 'confabctl'), args, { env: { ...process.env, CONFAB_CONF: conf } });
const cron = () => ctl('work', '--once');

async function startWeb() {
  const file = path.join(folder, 'lighttpd.conf');
  mkdirSync(path.join(folder, 'htdocs'), { recursive: true });
  writeFileSync(file, `server.modules = ("mod_alias", "mod_setenv", "mod_cgi")
server.document-root = "${folder}/htdocs"
server.bind = "127.0.0.1"
server.port = ${port}
server.errorlog = "${folder}/error.log"
server.upload-dirs = ("${folder}")
server.http-parseopts = ("url-normalize" => "disable", "url-path-2f-decode" => "disable")
alias.url = ("${BASE}" => "${stack.program}")
setenv.add-environment = ("CONFAB_CONF" => "${conf}", "BASE_PATH" => "${BASE}")
$HTTP["url"] =~ "^${BASE}" { cgi.assign = ("" => "") }
`);
  web = spawn('setpriv', ['--pdeathsig', 'TERM', 'lighttpd', '-D', '-f', file], { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }, stdio: 'ignore' });
  web.gone = once(web, 'exit');
  await until(() => call('GET', '/health', { auth: null }).then(({ status }) => [200, 503].includes(status), () => false), 'the web server', SLOW);
}

async function stopWeb() {
  web?.kill();
  await web?.gone;
}

before(async () => {
  folder = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR ?? tmpdir(), 'cgi-'));
  chmodSync(folder, 0o755);
  const certificate = makeCertificate(folder);
  stack = await startStack({ settings: { MEDIA_SERVER: SERVER, GATE_TLS_CA: certificate.cert } });
  port = await freePort();
  janus = await SecondJanus.make(stack, SERVER, { GATE_POOL_URL: `http://127.0.0.1:${port}${BASE}` });
  await stack.rest('nginx', 'work', 'pool', 'janus', 'gate');
  host = await MediaHost.start(janus, certificate);
  conf = path.join(folder, 'confab.conf');
  const settings = readFileSync(path.join(stack.var, 'confab.conf'), 'utf8').replace(/^METRICS_FILE=.*\n/m, '');
  writeFileSync(conf, settings.replace(/^GATE_CONTROL=.*/m, `GATE_CONTROL=${host.controlUrl}`));
  client = new Client({ ...stack, base: `http://127.0.0.1:${port}`, ctl: (...args) => ctl(...args) }, { keepAlive: false });
  await startWeb();
  await ctl('media-servers', 'add', SERVER, '--control-url', host.controlUrl, '--public-url', host.publicUrl);
  await janus.start();
  await until(() => call('GET', '/health', { auth: null }).then(({ status }) => status === 200, () => false), 'the service to be well', SLOW);
});
after(async () => {
  client?.agent.destroy();
  await stopWeb();
  await host?.stop();
  await janus?.remove();
  await stack?.stop();
  if (folder) rmSync(folder, { recursive: true });
});

const call = (method, target, options) => client.call(method, BASE + target, { check: false, ...options });
async function good(method, target, body) {
  const answer = await call(method, target, { body });
  assert.ok(answer.status < 300, answer.text);
  return answer;
}
const tokenOf = async (link, body) => (await good('POST', `/session/${link}/token`, body)).body;
const active = async (link) => (await good('GET', `/session/${link}/attendees?active=true`)).body.map((one) => one.attendee).sort().join();
const isActive = (link, people) => until(async () => (await active(link)) === people, `${people || 'nobody'} to be in`, SLOW);
const hears = (page, type) => until(() => page.messages.some(({ event }) => event?.type === type), `${type} to be heard`, SLOW);

test('a call: tokens lead to the media host, its gate asks the CGI program, and attendance follows', async () => {
  const { text: link } = await good('POST', '/session', {});
  const answer = await tokenOf(link, { data: 'mo', role: 'moderator' });
  assert.equal(answer.url, host.publicUrl);
  const mo = await Page.join(answer);
  assert.equal(mo.joined.videoroom, 'joined', JSON.stringify(mo.joined));
  const ann = await Page.join(await tokenOf(link, { data: 'ann' }));
  await isActive(link, 'ann,mo');
  ann.kill();
  await isActive(link, 'mo');
  await good('PATCH', `/session/${link}/end`);
  await until(() => mo.closed, 'the moderator to be out', SLOW);
});

test('events, the waiting room and removal reach the gate', async () => {
  const { text: link } = await good('POST', '/session', { access: 'waitingRoom' });
  const mo = await Page.join(await tokenOf(link, { data: 'mo', role: 'moderator' }));
  const ann = new Page(await tokenOf(link, { data: 'ann' }));
  assert.equal(ann.answer.waiting, true);
  const opening = ann.open();
  await hears(mo, 'attendee.waiting');
  await good('POST', `/session/${link}/attendees/ann/admit`);
  assert.equal((await opening).janus, 'success');
  await good('DELETE', `/session/${link}/attendees/ann`);
  await until(() => ann.closed, 'ann to be out', SLOW);
  assert.equal((await call('POST', `/session/${link}/token`, { body: { data: 'ann' } })).status, 403);
  mo.kill();
});

test('a large body of events arrives in parts, and a bad proof is refused', async () => {
  const { text: link } = await good('POST', '/session', {});
  const mo = await Page.join(await tokenOf(link, { data: 'mo' }));
  const { JANUS_EVENT_USER: user, JANUS_EVENT_PASSWORD: password } = stack.conf;
  const post = (secret, body) => fetch(`${janus.controlUrl}/events`, {
    method: 'POST', headers: { authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` }, body: JSON.stringify(body),
  });
  const padding = { emitter: SERVER, type: 64, timestamp: Date.now() * 1000, event: { plugin: 'janus.plugin.videoroom', data: { event: 'talking', text: 'x'.repeat(600000) } } };
  const ended = { emitter: SERVER, type: 64, timestamp: (Date.now() + 1000) * 1000, event: { plugin: 'janus.plugin.videoroom', data: { event: 'destroyed', room: mo.answer.sessionId } } };
  await isActive(link, 'mo');
  assert.equal((await post(password, [padding, padding, ended])).status, 200);
  await isActive(link, '');
  assert.equal((await post('wrong', [ended])).status, 401);
  assert.equal((await call('POST', '/webhooks/janus', { auth: 'Basic eDp5', body: [] })).status, 401);
  mo.kill();
});

test('cron\'s confabctl work --once ends the stay of somebody whose end was lost', async () => {
  const { text: link } = await good('POST', '/session', {});
  const ann = await Page.join(await tokenOf(link, { data: 'ann' }));
  await isActive(link, 'ann');
  // The gate cannot hand the end on, and then loses what it has kept.
  const kept = path.join(janus.folder, 'gate/events');
  await stopWeb();
  ann.kill();
  await until(() => readFileSync(kept, 'utf8').includes('"destroyed"'), 'the end of her session to wait', SLOW);
  await janus.killGate();
  rmSync(kept);
  await janus.startGate();
  await startWeb();
  await isActive(link, 'ann');
  await stack.rows('UPDATE connections SET created_on = created_on - INTERVAL 1 MINUTE WHERE left_at IS NULL');
  // Not the first time: a gate that has just started waits for its pages to come back.
  await until(async () => {
    await stack.hurry('reconcile');
    await cron();
    return (await active(link)) === '';
  }, 'her stay to end', SLOW);
});
