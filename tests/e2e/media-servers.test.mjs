// Two real Janus with one service: each holds meetings, and what happens to one is nothing to the other.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { Admin, Page, coreEvent, randomId } from './lib/janus.mjs';
import { SecondJanus } from './lib/second-janus.mjs';
import { startStack, until } from './lib/stack.mjs';

const NORTH = hostname().replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 64); // the stack's own
const SOUTH = 'south';
const SLOW = 20000; // ms
let stack;
let client;
let north;
let south;
let southWork;

const rowOf = async (name) => (await stack.rows('SELECT * FROM media_servers WHERE name = ?', [name]))[0];
const stateIs = (name, state) => until(async () => String((await rowOf(name)).state) === state, `${name} to be ${state}`, SLOW);
// As if 15 s had passed. A look that goes on has begun before.
const southIsLost = () => until(async () => {
  await stack.rows('UPDATE media_servers SET heartbeat = heartbeat - INTERVAL 1 MINUTE WHERE name = ?', [SOUTH]);
  await stack.hurry('reconcile');
  return String((await rowOf(SOUTH)).state) === 'lost';
}, `${SOUTH} to be lost`, SLOW);
const active = async (link) => (await client.attendees(link, '?active=true')).map((one) => one.attendee).sort().join();
const isActive = (link, people) => until(async () => (await active(link)) === people, `${people || 'nobody'} to be in`, SLOW);
const stays = async (link) => (await client.call('GET', `/session/${link}/attendance`)).body;

// confabctl work as on the second server's host.
function workStart() {
  southWork = spawn('setpriv', ['--pdeathsig', 'KILL', path.join(stack.build, 'confabctl'), 'work'], {
    env: { ...process.env, CONFAB_CONF: path.join(stack.var, 'confab.conf'), MEDIA_SERVER: SOUTH, HOST_NAME: SOUTH },
    stdio: 'ignore',
  });
  southWork.gone = once(southWork, 'exit');
}

before(async () => {
  stack = await startStack({ settings: { PROVIDER_TIMEOUT_MS: '1000' } });
  client = new Client(stack);
  north = new Admin(stack);
  // Until the only server has used its name, events under any name are taken for its own.
  await until(async () => Number((await rowOf(NORTH)).named) === 1, 'Janus to tell its name', SLOW);
  south = await SecondJanus.make(stack, SOUTH);
});
// What a failing test left is put right for the next one.
afterEach(async () => {
  south.resume();
  if (!southWork) return;
  if (south.process.exitCode !== null || south.process.signalCode !== null) await south.start();
  await stateIs(SOUTH, 'active');
  await stateIs(NORTH, 'active');
});
after(async () => {
  southWork?.kill('SIGTERM');
  await southWork?.gone;
  await south?.remove();
  await stack?.stop();
});

// A meeting on this server, with its first token. The other one is said to be busy, until its next heartbeat.
async function meetingOn(name) {
  for (let i = 0; i < 60; i++) {
    await stack.rows('UPDATE media_servers SET load_permille = IF(name = ?, 0, 1000000)', [name]);
    const link = await client.meeting({});
    const answer = await client.token(link, { data: 'ann' });
    const [{ server }] = await stack.rows('SELECT server FROM meetings WHERE meeting_link = ?', [link]);
    if (String(server) === name) return { link, answer };
  }
  throw new Error(`no meeting was placed on ${name}`);
}

test('a second Janus that is started before it is added ends nobody\'s stay', async () => {
  const link = await client.meeting({});
  const ann = await Page.join(await client.token(link, { data: 'ann' }));
  await isActive(link, 'ann');
  const refused = () => (stack.log('pool').match(/an event cannot be read: An event comes from south/g) ?? []).length;
  await south.start();
  await until(() => refused() > 0, 'its events to be refused', SLOW);
  assert.deepEqual((await stays(link)).map(({ left }) => left), [null]);
  assert.ok((await north.sessions()).includes(ann.session));
  ann.kill();
});

test('confabctl media-servers add: it gets meetings from then on', async () => {
  await stack.ctl('media-servers', 'add', SOUTH, '--control-url', south.controlUrl, '--public-url', south.publicUrl);
  workStart();
  await until(async () => (await rowOf(SOUTH)).heartbeat !== null, 'its heartbeat', SLOW);
  const urls = new Set();
  for (let i = 0; i < 40; i++) urls.add((await client.token(await client.meeting({}), { data: 'ann' })).url);
  assert.equal(urls.size, 2, [...urls].join());
});

test('people meet on the server that their meeting is on, and are seen', async () => {
  const own = await meetingOn(NORTH);
  const other = await meetingOn(SOUTH);
  assert.equal(own.answer.url, `${stack.conf.PUBLIC_URL.replace('http', 'ws')}/rtc`);
  assert.equal(other.answer.url, south.publicUrl);
  for (const { link, answer } of [own, other]) {
    const ann = await Page.join(answer);
    const bob = await Page.join(await client.token(link, { data: 'bob' }));
    assert.equal(bob.joined.videoroom, 'joined', JSON.stringify(bob.joined));
    assert.equal(bob.joined.publishers.length + bob.joined.attendees.length, 1, JSON.stringify(bob.joined));
    await isActive(link, 'ann,bob');
    for (const page of [ann, bob]) page.kill();
    await isActive(link, '');
  }
  assert.ok(!(await north.rooms()).includes(other.answer.sessionId));
  assert.ok((await south.admin.rooms()).includes(other.answer.sessionId));
});

test('a meeting stays where its first token has put it', async () => {
  const { link, answer } = await meetingOn(SOUTH);
  const urls = await Promise.all(Array.from({ length: 8 }, (_, i) => client.token(link, { data: `p${i}` }).then(({ url }) => url)));
  assert.deepEqual(new Set(urls), new Set([answer.url]));
});

test('first tokens that are asked for at once lead to one server', async () => {
  for (let i = 0; i < 20; i++) {
    await stack.rows('UPDATE media_servers SET load_permille = 0');
    const link = await client.meeting({});
    const answers = await Promise.all(Array.from({ length: 6 }, (_, k) => client.token(link, { data: `p${k}` })));
    assert.equal(new Set(answers.map(({ url }) => url)).size, 1);
  }
});

test('the less busy server gets the meetings', async () => {
  await stack.rows('UPDATE media_servers SET load_permille = IF(name = ?, 1000000, 0)', [SOUTH]);
  const link = await client.meeting({});
  await client.token(link, { data: 'ann' });
  const [{ server }] = await stack.rows('SELECT server FROM meetings WHERE meeting_link = ?', [link]);
  assert.equal(String(server), NORTH);
});

test('a server that drains gets no new meetings, and keeps its own', async () => {
  const { link } = await meetingOn(SOUTH);
  await stack.rows("UPDATE media_servers SET state = 'draining' WHERE name = ?", [SOUTH]);
  try {
    for (let i = 0; i < 6; i++) assert.notEqual((await client.token(await client.meeting({}), { data: 'ann' })).url, south.publicUrl);
    assert.equal((await client.token(link, { data: 'bob' })).url, south.publicUrl);
    await stack.rows("UPDATE media_servers SET state = 'draining'");
    const refused = await client.call('POST', `/session/${await client.meeting({})}/token`, { body: {} });
    assert.equal(refused.status, 503, refused.text);
  } finally {
    await stack.rows("UPDATE media_servers SET state = 'active'");
  }
});

test('a server that ends and starts again ends its own people\'s stays, and nobody else\'s', async () => {
  const own = await meetingOn(NORTH);
  const other = await meetingOn(SOUTH);
  const ann = await Page.join(own.answer);
  await Page.join(other.answer);
  await isActive(own.link, 'ann');
  await isActive(other.link, 'ann');
  const session = (await north.sessions()).length;
  await south.kill();
  const killedAt = Date.now();
  await south.start();
  await isActive(other.link, '');
  const [stay] = await stays(other.link);
  assert.equal(stay.reason, 'restarted');
  assert.ok(Date.parse(stay.left) >= killedAt - 1000 && Date.parse(stay.left) <= Date.now(), stay.left);
  // The other's call goes on: in Janus, in attendance, and for whoever joins it now.
  assert.equal((await north.sessions()).length, session);
  assert.deepEqual((await stays(own.link)).map(({ left }) => left), [null]);
  const bob = await Page.join(await client.token(own.link, { data: 'bob' }));
  assert.equal(bob.joined.videoroom, 'joined');
  await isActive(own.link, 'ann,bob');
  // Another device of hers has all that is known of her merged anew.
  const device = await Page.join(await client.token(own.link, { data: 'ann' }));
  const known = () => stack.rows("SELECT left_event FROM connections WHERE session_id = ? AND attendee = 'ann'", [own.answer.sessionId]);
  await until(async () => (await known()).length === 2, 'her second device', SLOW);
  assert.deepEqual((await known()).map(({ left_event: event }) => event), [null, null]);
  device.kill();
  // The room of the one that was started is there again, and takes the token that ann has.
  await until(async () => (await south.admin.rooms()).includes(other.answer.sessionId), 'the room to be made again', SLOW);
  const back = await Page.join(other.answer);
  assert.equal(back.joined.videoroom, 'joined', JSON.stringify(back.joined));
  await isActive(other.link, 'ann');
  for (const page of [ann, bob, back]) page.kill();
});

test('the service\'s own Janus ends and starts again: nothing changes on the other one', async () => {
  const own = await meetingOn(NORTH);
  const other = await meetingOn(SOUTH);
  await Page.join(own.answer);
  const ann = await Page.join(other.answer);
  await isActive(own.link, 'ann');
  await isActive(other.link, 'ann');
  await stack.without(['janus'], async () => {
    assert.equal(await active(other.link), 'ann');
    assert.equal((await client.token(other.link, { data: 'bob' })).url, south.publicUrl);
  });
  await isActive(own.link, '');
  await until(async () => (await north.rooms()).includes(own.answer.sessionId), 'the room to be made again', SLOW);
  assert.deepEqual((await stays(other.link)).map(({ left }) => left), [null]);
  assert.ok((await south.admin.sessions()).includes(ann.session));
  ann.kill();
});

test('the reconciler of a server knows its own people alone', async () => {
  const own = await meetingOn(NORTH);
  const other = await meetingOn(SOUTH);
  const pages = [await Page.join(own.answer), await Page.join(other.answer)];
  await isActive(own.link, 'ann');
  await isActive(other.link, 'ann');
  // Each compares several times, also what is older than its grace of 5 s.
  await stack.rows('UPDATE connections SET created_on = created_on - INTERVAL 1 MINUTE WHERE left_at IS NULL');
  for (let i = 0; i < 2; i++) {
    await stack.hurry('reconcile');
    const due = () => stack.rows("SELECT id FROM jobs WHERE kind = 'reconcile' AND due > UTC_TIMESTAMP(3) AND leased_until IS NULL AND last_error IS NULL");
    await until(async () => (await due()).length === 2, 'both servers to be compared', SLOW);
  }
  for (const { answer } of [own, other]) {
    const rows = await stack.rows('SELECT event, left_event FROM connections WHERE session_id = ?', [answer.sessionId]);
    assert.deepEqual(rows.map((one) => [String(one.event), one.left_event]), [['joined', null]]);
  }
  for (const page of pages) page.kill();
});

test('ending a meeting, muting and removing reach the server that the meeting is on', async () => {
  const { link, answer } = await meetingOn(SOUTH);
  const ann = await Page.join(answer);
  await ann.publish('audio');
  const bob = await Page.join(await client.token(link, { data: 'bob' }));
  await isActive(link, 'ann,bob');
  assert.equal((await client.call('POST', `/session/${link}/attendees/ann/mute`, { body: {} })).status, 204);
  await until(() => bob.moderation(answer.participantId).length > 0, 'bob to hear of the muting');
  assert.equal((await client.call('DELETE', `/session/${link}/attendees/bob`)).status, 204);
  await until(async () => !(await south.admin.sessions()).includes(bob.session), 'bob to be out');
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  await until(async () => !(await south.admin.rooms()).includes(answer.sessionId), 'the room to be gone');
  await until(async () => !(await south.admin.sessions()).includes(ann.session), 'ann to be out');
});

test('a server that is gone gets no new meetings, its own get 503, and it comes back', async () => {
  const { link } = await meetingOn(SOUTH);
  await south.kill();
  await southIsLost();
  assert.equal((await rowOf(NORTH)).state, 'active');
  for (let i = 0; i < 8; i++) assert.notEqual((await client.token(await client.meeting({}), { data: 'ann' })).url, south.publicUrl);
  const refused = await client.call('POST', `/session/${link}/token`, { body: { data: 'bob' } });
  assert.equal(refused.status, 503, refused.text);
  assert.equal((await client.call('GET', '/health', { auth: null })).status, 200);
  await assert.rejects(stack.ctl('check'), ({ stdout }) => new RegExp(`^FAULT provider janus at ${SOUTH}: `, 'm').test(stdout));
  await south.start();
  await stateIs(SOUTH, 'active');
  assert.equal((await client.token(link, { data: 'bob' })).url, south.publicUrl);
});

test('a server that was out of reach destroys its rooms of meetings that are elsewhere by now', async () => {
  const moved = await meetingOn(SOUTH);
  const kept = await meetingOn(SOUTH);
  south.pause();
  await southIsLost();
  await stack.rows('UPDATE meetings SET server = ? WHERE meeting_link = ?', [NORTH, moved.link]);
  south.resume();
  await stack.hurry('reconcile');
  await stateIs(SOUTH, 'active');
  await until(async () => !(await south.admin.rooms()).includes(moved.answer.sessionId), 'the room to be destroyed');
  assert.ok((await south.admin.rooms()).includes(kept.answer.sessionId));
  // Their end on the one server is none on the other.
  const ann = await Page.join(await client.token(moved.link, { data: 'ann' }));
  assert.equal(ann.joined.videoroom, 'joined', JSON.stringify(ann.joined));
  await isActive(moved.link, 'ann');
  await client.events([{ emitter: SOUTH, type: 64, timestamp: (Date.now() + 500) * 1000, event: { plugin: 'janus.plugin.videoroom', data: { event: 'destroyed', room: moved.answer.sessionId } } }]);
  assert.equal(await active(moved.link), 'ann');
  ann.kill();
});

test('events of a server that is not in the table are refused, and end nothing', async () => {
  const { link, answer } = await meetingOn(NORTH);
  const ann = await Page.join(answer);
  await isActive(link, 'ann');
  const refused = await client.events([{ ...coreEvent('started', Date.now() * 1000), emitter: 'nobody' }]);
  assert.equal(refused.status, 400, refused.text);
  assert.match(refused.text, /nobody, which is no media server/);
  assert.equal(await active(link), 'ann');
  ann.kill();
});

test('what is older than media servers belongs to the first one', async () => {
  const { link, answer } = await meetingOn(NORTH);
  const ann = await Page.join(answer);
  await isActive(link, 'ann');
  await stack.rows('UPDATE meetings SET server = NULL WHERE meeting_link = ?', [link]);
  await stack.rows('UPDATE connections SET server = NULL WHERE session_id = ?', [answer.sessionId]);
  const started = (emitter) => client.events([{ ...coreEvent('started', Date.now() * 1000), emitter }]);
  assert.equal((await started(SOUTH)).status, 204);
  assert.equal(await active(link), 'ann');
  assert.equal((await client.token(link, { data: 'bob' })).url, answer.url); // not placed anew
  assert.equal((await started(NORTH)).status, 204);
  await isActive(link, '');
  ann.kill();
});

test('an end of everything that an earlier version wrote ends what was open then, wherever', async () => {
  const { answer } = await meetingOn(SOUTH);
  const room = answer.sessionId;
  const at = Date.now() - 60000;
  const time = (ms) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
  const put = (id, ms) =>
    stack.rows(
      "INSERT INTO connections (session_id, connection_id, device, participant, attendee, role, event, joined_at, stamped_at, created_on, modified_on) VALUES (?, ?, ?, ?, 'old', 2, 'joined', ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))",
      [room, `${id}/1`, String(id), `p${id}`, time(ms), time(ms)],
    );
  const [before, late] = [randomId(), randomId()];
  await put(before, at - 1000);
  await put(late, at + 1000);
  await stack.rows("INSERT INTO connection_ends (session_id, scope, end_key, ended_at, stamped_at, event, created_on) VALUES ('', 4, '', ?, ?, 'started', UTC_TIMESTAMP(3))", [time(at), time(at)]);
  try {
    // Any event about them merges their facts anew.
    const leaving = { emitter: SOUTH, type: 64, timestamp: (at + 5000) * 1000, event: { plugin: 'janus.plugin.videoroom', data: { event: 'leaving', room, id: `p${late}` } } };
    assert.equal((await client.events([leaving])).status, 204);
    const rows = await stack.rows("SELECT device, left_event FROM connections WHERE session_id = ? AND attendee = 'old' ORDER BY joined_at", [room]);
    assert.deepEqual(rows.map(({ left_event: event }) => String(event)), ['started', 'leaving']);
  } finally {
    await stack.rows("DELETE FROM connection_ends WHERE session_id = '' AND end_key = ''");
  }
});

test('confabctl media-servers lists them, and takes no wrong address', async () => {
  const { stdout } = await stack.ctl('media-servers');
  assert.match(stdout, new RegExp(`^${NORTH}  active  \\d{4}-.*Z  -  -\\n${SOUTH}  active  .*  ${south.controlUrl}  ${south.publicUrl}\\n$`));
  const add = (...args) => stack.ctl('media-servers', 'add', ...args);
  const good = ['--control-url', south.controlUrl, '--public-url', 'wss://a.example/rtc/third'];
  /** @type {[string[], RegExp][]} */
  const wrong = [
    [['a/b', ...good], /NAME must be/],
    [['third', '--control-url', 'ftp://x', '--public-url', 'wss://a.example/rtc/third'], /must be http/],
    [['third', '--control-url', south.controlUrl, '--public-url', 'wss://a.example/rtc'], /ws\(s\):\/\/…\/third/],
  ];
  for (const [args, words] of wrong)
    await assert.rejects(add(...args), ({ code, stderr }) => code === 2 && words.test(stderr));
  assert.equal((await stack.rows('SELECT id FROM media_servers')).length, 2);
});

test('confabctl check finds a server that calls itself by another name', async () => {
  await stack.rows("UPDATE media_servers SET name = 'west' WHERE name = ?", [SOUTH]);
  try {
    await assert.rejects(stack.ctl('check'), ({ stdout }) => /^FAULT provider janus at west: it calls itself south; server_name in janus\.jcfg must be west/m.test(stdout));
  } finally {
    await stack.rows("UPDATE media_servers SET name = ? WHERE name = 'west'", [SOUTH]);
  }
});
