// A media server on a host of its own: the service reaches its gate through that host's nginx, over TLS, and so do browsers.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { Admin, Page, connections } from './lib/janus.mjs';
import { MediaHost, makeCertificate } from './lib/media-host.mjs';
import { SecondJanus } from './lib/second-janus.mjs';
import { startStack, until } from './lib/stack.mjs';

const NORTH = hostname().replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 64); // the stack's own
const SOUTH = 'south';
const SLOW = 20000; // ms
let stack;
let client;
let admins; // by the server's name
let south;
let host;
let folder;
let certificate;

before(async () => {
  folder = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR ?? tmpdir(), 'tls-'));
  chmodSync(folder, 0o755); // the service reads the certificate
  certificate = makeCertificate(folder);
  stack = await startStack({ settings: { GATE_TLS_CA: certificate.cert, PROVIDER_TIMEOUT_MS: '2000' } });
  client = new Client(stack);
  south = await SecondJanus.make(stack, SOUTH);
  host = await MediaHost.start(south, certificate);
  await south.start();
  admins = { [NORTH]: new Admin(stack), [SOUTH]: south.admin };
  await stack.ctl('media-servers', 'add', SOUTH, '--control-url', host.controlUrl, '--public-url', host.publicUrl);
});
afterEach(async () => {
  if (south && !south.gate) await south.startGate();
  await stack?.rows("UPDATE media_servers SET state = 'active', failures = 0");
});
after(async () => {
  await host?.stop();
  await south?.remove();
  await stack?.stop();
  if (folder) rmSync(folder, { recursive: true });
});

// A meeting on this server, with its moderator in it.
async function meetingOn(name, body = {}) {
  await stack.rows("UPDATE media_servers SET state = IF(name = ?, 'active', 'draining')", [name]);
  const link = await client.meeting(body);
  const answer = await client.token(link, { data: 'mo', role: 'moderator', name: 'Dr Meyer' });
  await stack.rows("UPDATE media_servers SET state = 'active'");
  assert.equal(answer.url, name === SOUTH ? host.publicUrl : `${stack.conf.PUBLIC_URL.replace('http', 'ws')}/rtc`);
  return { name, link, answer, mo: await Page.join(answer) };
}

const both = async (work, body) => {
  const meetings = [await meetingOn(NORTH, body), await meetingOn(SOUTH, body)];
  for (const meeting of meetings) await work(meeting);
  for (const { mo } of meetings) mo.kill();
};
const done = async (method, target, body) => assert.equal((await client.call(method, target, { body })).status, 204, target);
const events = (page) => page.messages.filter((one) => one.janus === 'confab' && one.event).map(({ event }) => event);
const hears = (page, type, attendee, limit = SLOW) => until(
  () => events(page).some((event) => event.type === type && (attendee === undefined || event.data.attendee === attendee)),
  `${type} ${attendee ?? ''} to be heard`, limit,
);
const stateOf = async (page) => (await connections(page.answer.url)).find((one) => one.participantId === page.answer.participantId)?.state;
const stateIs = (page, state) => until(async () => (await stateOf(page)) === state, `${page.answer.participantId} to be ${state}`, SLOW);
const active = async (link) => (await client.attendees(link, '?active=true')).map((one) => one.attendee).sort().join();

// A page that has said who it is, and waits.
async function knock(answer) {
  const page = new Page(answer);
  const opening = page.open();
  opening.catch(() => {}); // while the person waits there is no answer
  await stateIs(page, 'waiting');
  return Object.assign(page, { opening });
}

// A request with this source address. Gives the status.
async function statusFrom(localAddress, url, options = {}) {
  const { request } = url.startsWith('https:') ? https : http;
  const call = request(url, { localAddress, ca: readFileSync(certificate.cert), agent: false, ...options });
  call.end(options.method === 'POST' ? '[]' : undefined);
  const [response] = await once(call, 'response');
  response.resume();
  return response.statusCode;
}

test('people meet on each of the two, and attendance shows them', async () => {
  await both(async ({ name, link, answer }) => {
    const ann = await Page.join(await client.token(link, { data: 'ann' }));
    assert.equal(ann.joined.videoroom, 'joined', JSON.stringify(ann.joined));
    await until(async () => (await active(link)) === 'ann,mo', 'both to be in', SLOW);
    for (const [server, admin] of Object.entries(admins))
      assert.equal((await admin.rooms()).includes(answer.sessionId), server === name, server);
    ann.kill();
  });
});

test('somebody who waits is admitted through the gate of that meeting', async () => {
  await both(async ({ link, mo }) => {
    const ann = await knock(await client.token(link, { data: 'ann' }));
    await hears(mo, 'attendee.waiting', 'ann');
    await done('POST', `/session/${link}/attendees/ann/admit`);
    await stateIs(ann, 'in');
    assert.equal((await ann.opening).janus, 'success');
    const bob = await knock(await client.token(link, { data: 'bob' }));
    await done('DELETE', `/session/${link}/attendees/bob`);
    await until(() => bob.closed, 'the refused one to be told', SLOW);
    ann.kill();
  }, { access: 'waitingRoom' });
});

test('events are pushed to the gate of their meeting', async () => {
  await both(async ({ link, mo }) => {
    await done('PATCH', `/session/${link}`, { extId: 'seen' });
    await hears(mo, 'meeting.edited');
  });
});

test('removing and ending reach the gate of the meeting, and nobody elsewhere', async () => {
  const meetings = [await meetingOn(NORTH), await meetingOn(SOUTH)];
  for (const { link, mo } of meetings) {
    const ann = await Page.join(await client.token(link, { data: 'ann' }));
    const watches = await Page.watch(await client.token(link, { data: 'ann', role: 'subscriber' }));
    await done('DELETE', `/session/${link}/attendees/ann`);
    await until(() => ann.closed && watches.closed, 'all devices of ann to be out', SLOW);
    assert.equal(mo.closed, false);
  }
  await done('PATCH', `/session/${meetings[1].link}/end`);
  await until(() => meetings[1].mo.closed, 'the meeting on the other host to end', SLOW);
  assert.equal(meetings[0].mo.closed, false);
  await done('PATCH', `/session/${meetings[0].link}/end`);
  await until(() => meetings[0].mo.closed, 'the meeting on this host to end', SLOW);
});

// A call on `name` goes on: signalling, events, newcomers.
async function goesOn({ link, mo }, newcomer) {
  assert.equal(mo.closed, false);
  assert.equal((await mo.plugin({ request: 'listparticipants', room: mo.answer.sessionId })).videoroom, 'participants');
  const page = await Page.join(await client.token(link, { data: newcomer }));
  assert.equal(page.joined.videoroom, 'joined', JSON.stringify(page.joined));
  await hears(mo, 'attendee.joined', newcomer);
  page.kill();
}

test('a gate that is killed changes nothing for the calls of the other one', async () => {
  const [north, other] = [await meetingOn(NORTH), await meetingOn(SOUTH)];
  await south.killGate();
  await until(() => other.mo.closed, 'its own pages to notice', SLOW);
  await goesOn(north, 'ann');
  const refused = await client.call('POST', `/session/${other.link}/token`, { body: { data: 'ann' } });
  assert.equal(refused.status, 503, refused.text);
  assert.match((await stack.ctl('check').catch((error) => error)).stdout, new RegExp(`^FAULT provider janus at ${SOUTH}: The media server is out of reach: its gate or Janus does not answer`, 'm'));
  await goesOn(north, 'bob');
  await south.startGate();
  const back = await meetingOn(SOUTH);
  process.kill(stack.children('gate')[0], 'SIGKILL');
  await until(() => north.mo.closed, 'the pages of this host to notice', SLOW);
  // The service tells a gate that failed nothing for 2 s.
  await until(async () => {
    await done('PATCH', `/session/${back.link}`, { extId: `${Math.random()}` });
    return events(back.mo).some(({ type }) => type === 'meeting.edited');
  }, 'events to be pushed again', SLOW);
  await goesOn(back, 'cid');
  back.mo.kill();
});

test('confabctl check says whether control URL and public address lead to the gate', async () => {
  const check = async () => (await stack.ctl('check').catch((error) => error)).stdout;
  const add = (control, shown) => stack.ctl('media-servers', 'add', SOUTH, '--control-url', control, '--public-url', shown);
  const line = (level, words) => new RegExp(`^${level} +provider janus at ${SOUTH}: ${words}`, 'm');
  const good = await check();
  assert.match(good, line('ok', 'reached'));
  assert.match(good, line('ok', `browsers reach it at ${host.publicUrl}`));
  try {
    await add(host.controlUrl.replace('gate-control', 'elsewhere'), host.publicUrl);
    assert.match(await check(), line('FAULT', 'The media server is out of reach: its control URL does not lead to a gate'));
    await add(host.controlUrl.replace('https://', 'https://localhost@').replace('127.0.0.1', 'localhost'), host.publicUrl);
    assert.match(await check(), line('FAULT', 'The media server is out of reach: .*(SSL|certificate)'));
    await add(host.controlUrl, host.publicUrl.replace('/rtc/', '/other/'));
    assert.match(await check(), line('warn', 'browsers may not reach it at .*: there is no media server south'));
  } finally {
    await add(host.controlUrl, host.publicUrl);
  }
});

test('the media host lets only the service reach the gate, and only with its secret', async () => {
  const authorization = `Bearer ${stack.conf.GATE_SECRET}`;
  const status = (from, name, headers = {}) => statusFrom(from, `${host.controlUrl}${name}`, { headers });
  assert.equal(await status('127.0.0.1', '/connections', { authorization }), 200);
  assert.equal(await status('127.0.0.1', '/connections'), 401);
  assert.equal(await status('127.0.0.2', '/connections', { authorization }), 403);
  for (const name of ['', '/', '/events', '/connections/x', '/admin/x', '/../events', '//connections'])
    assert.equal(await status('127.0.0.1', name, { authorization }), 404, name);
  // Another name is no media server there, and what is no WebSocket is refused.
  const shown = host.publicUrl.replace('ws:', 'http:');
  assert.equal(await statusFrom('127.0.0.1', shown), 400);
  assert.equal(await statusFrom('127.0.0.1', shown.replace(SOUTH, 'north')), 404);
});

test('the stack\'s own nginx lets hosts that are named reach its gate, and takes Janus\' events from them', async () => {
  const { GATE_SECRET: secret, JANUS_EVENT_USER: user, JANUS_EVENT_PASSWORD: password } = stack.conf;
  const control = (from) => statusFrom(from, `${stack.base}/gate-control/connections`, { headers: { authorization: `Bearer ${secret}` } });
  const post = (from) => statusFrom(from, `${stack.base}/webhooks/janus`, { method: 'POST', auth: `${user}:${password}` });
  assert.deepEqual([await control('127.0.0.2'), await post('127.0.0.2'), await post('127.0.0.1')], [403, 403, 204]);
  stack.env.CONFAB_SERVICE_HOSTS = '127.0.0.2, 10.0.0.0/8';
  try {
    await stack.up('nginx');
    // For a moment processes with the old settings take requests as well.
    await until(async () => (await control('127.0.0.2')) === 200 && (await post('127.0.0.2')) === 204, '127.0.0.2 to be let in');
    assert.deepEqual([await control('127.0.0.3'), await post('127.0.0.3')], [403, 403]);
  } finally {
    stack.env.CONFAB_SERVICE_HOSTS = 'off';
    await stack.up('nginx');
  }
});

test('the page may connect to each media server, also when the database is away while nginx gets its settings', async () => {
  const policy = async () => (await fetch(`${stack.base}/`)).headers.get('content-security-policy').match(/connect-src ([^;]*)/)[1];
  const { origin } = new URL(host.publicUrl.replace('ws:', 'http:'));
  const expected = `'self' ${origin.replace('http:', 'ws:')}`;
  await stack.up('nginx');
  await until(async () => (await policy()) === expected, 'the page to be allowed');
  await stack.without(['mariadb'], () => stack.up('nginx'));
  assert.equal(await policy(), expected);
});
