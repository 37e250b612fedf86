// Moderation and recording when requests overlap, or Janus does not answer, or dies: no removed person comes back,
// and the service says truly what is recorded.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CgiClient } from './lib/cgi.mjs';
import { Client, assertError } from './lib/client.mjs';
import { Admin, Page, connections } from './lib/janus.mjs';
import { listen, patience, startStack, until } from './lib/stack.mjs';

let stack;
let client;
let admin;

before(async () => {
  stack = await startStack({ settings: { PROVIDER_TIMEOUT_MS: '1000', ADD_AUDIT_LOG_MIXIN: 'yes' } });
  client = new Client(stack);
  admin = new Admin(stack);
});
after(async () => {
  client?.agent.destroy();
  await stack?.stop();
});

const remove = (link, who) => client.call('DELETE', `/session/${link}/attendees/${who}`);
const readmit = (link, who) => client.call('POST', `/session/${link}/attendees/${who}/readmit`);
const mute = (link, who) => client.call('POST', `/session/${link}/attendees/${who}/mute`);
const ask = (link, data, body = {}) => client.call('POST', `/session/${link}/token`, { body: { data, ...body } });
const start = (link) => client.call('POST', `/session/${link}/archives`);
const stop = (id) => client.call('PATCH', `/archives/${id}/stop`);
const active = async (link) => (await client.attendees(link, '?active=true')).map((one) => one.attendee).sort();
const there = async (page) => (await admin.sessions()).includes(page.session);
const folder = (id) => path.join(stack.conf.RECORDINGS_DIR, id);
const archives = async (link) => (await client.call('GET', `/archives?meetingLinkId=${link}`)).body.items;
const recorded = async (room) => {
  const found = await admin.room(room);
  return found?.record ? found.rec_dir : undefined;
};
const recordingId = async (link) => (await stack.rows('SELECT recording_id FROM meetings WHERE meeting_link = ?', [link]))[0].recording_id;

/** Is each thread of the process stopped? The signal reaches one thread, and the others a moment later. */
function isStopped(/** @type {number} */ pid) {
  const state = (/** @type {string} */ thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1').split(') ').at(-1)?.[0];
  return readdirSync(`/proc/${pid}/task`).every((thread) => state(thread) === 'T');
}

// Runs `work` while Janus is there but answers nothing.
async function whileJanusHangs(work) {
  const [janus] = stack.children('janus');
  process.kill(janus, 'SIGSTOP');
  try {
    await until(() => isStopped(janus), 'Janus to be stopped');
    await work();
  } finally {
    process.kill(janus, 'SIGCONT');
  }
}

// The service with an Admin API that holds back the first request of this kind to a room: `held` is there when it has
// come, `release` lets it through.
async function heldBack(kind) {
  const hold = {};
  hold.held = new Promise((resolve) => (hold.come = resolve));
  const released = new Promise((resolve) => (hold.release = resolve));
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    if (JSON.parse(body).request?.request === kind) {
      hold.come();
      await released;
    }
    const answer = await fetch(stack.conf.JANUS_ADMIN_URL + request.url.replace(/^\/admin/, ''), { method: 'POST', body });
    response.end(await answer.text());
  });
  const port = await listen(server);
  hold.client = new CgiClient(stack, { GATE_CONTROL: `127.0.0.1:${port}`, PROVIDER_TIMEOUT_MS: '20000' });
  hold.close = () => server.close();
  return hold;
}

// Without the jobs, so that what they would repair is seen.
async function withoutWork(work) {
  await stack.down('work');
  assert.deepEqual(await stack.rows('SELECT kind FROM jobs WHERE leased_until IS NOT NULL'), [], 'a job in hand was dropped');
  try {
    await work();
  } finally {
    await stack.up('work');
  }
}

test('token requests that overlap a removal leave nobody on Janus\' list', async () => {
  await withoutWork(async () => {
    const link = await client.meeting({});
    const { sessionId: room } = await client.token(link, { data: 'host' });
    const counts = { 200: 0, 403: 0 };
    for (let i = 0; i < 60; i++) {
      const who = `p${i}`;
      await client.token(link, { data: who, role: ['subscriber', 'publisher'][i % 2] });
      // Names that change and roles that are new make each of them a call to Janus.
      const asked = [{ role: 'publisher', name: 'x' }, { role: 'moderator' }, { role: 'publisher', name: 'y' }, { role: 'subscriber', name: 'z' }];
      // The removal is sent before the first, between two of them, or after the last.
      const sent = asked.map((body) => () => ask(link, who, body));
      sent.splice(i % 5, 0, () => remove(link, who));
      const answers = await Promise.all(sent.map((send) => send()));
      const [out] = answers.splice(i % 5, 1);
      assert.equal(out.status, 204);
      for (const answer of answers) {
        assert.ok([200, 403].includes(answer.status), answer.text);
        counts[answer.status] += 1;
      }
      assert.deepEqual(await admin.allowed(room), ['host'], `round ${i}`);
      assert.equal((await ask(link, who)).status, 403);
    }
    assert.ok(counts[200] > 0 && counts[403] > 0, `nothing overlapped: ${JSON.stringify(counts)}`);
  });
});

test('a person who is removed while Janus adds the token is revoked again, and refused', async () => {
  await withoutWork(async () => {
    const link = await client.meeting({});
    const { sessionId: room } = await client.token(link, { data: 'host' });
    await client.token(link, { data: 'ann', role: 'subscriber' });
    const hold = await heldBack('allowed');
    const asked = hold.client.call('POST', `/session/${link}/token`, { body: { data: 'ann', role: 'moderator' } });
    await hold.held;
    assert.equal((await remove(link, 'ann')).status, 204);
    hold.release();
    const refused = await asked;
    hold.close();
    assertError(refused, 403, 'ForbiddenError');
    assert.equal(refused.body.error.code, 'PUT_OUT');
    assert.deepEqual(await admin.allowed(room), ['host']);
  });
});

test('a person who is removed before the room is created is not on its list', async () => {
  await withoutWork(async () => {
    const link = await client.meeting({});
    const { sessionId: room } = await client.token(link, { data: 'host' });
    await client.token(link, { data: 'ann' });
    await admin.change(room, { request: 'destroy' });
    await until(async () => (await stack.rows('SELECT id FROM grants WHERE session_id = ? AND room_epoch IS NOT NULL', [room])).length === 0, 'the room to be forgotten');
    const hold = await heldBack('create');
    const asked = hold.client.call('POST', `/session/${link}/token`, { body: { data: 'host' } });
    await hold.held;
    assert.equal((await remove(link, 'ann')).status, 204);
    hold.release();
    assert.equal((await asked).status, 200);
    hold.close();
    assert.deepEqual(await admin.allowed(room), ['host']);
  });
});

test('a room that is created during a removal does not list the removed person', async () => {
  await withoutWork(async () => {
    const link = await client.meeting({});
    const { sessionId: room } = await client.token(link, { data: 'host' });
    for (let i = 0; i < 40; i++) {
      const who = `p${i}`;
      await client.token(link, { data: who });
      await admin.change(room, { request: 'destroy' });
      await until(async () => (await stack.rows('SELECT id FROM grants WHERE session_id = ? AND room_epoch IS NOT NULL', [room])).length === 0, 'the room to be forgotten');
      const asked = ['host', `new${i}`, who].map((data) => ask(link, data));
      const out = await remove(link, who);
      assert.equal(out.status, 204);
      await Promise.all(asked);
      await client.token(link, { data: 'host' });
      const listed = await admin.allowed(room);
      assert.ok(listed.includes('host') && !listed.includes(who), `round ${i}: ${listed}`);
    }
  });
});

test('removals and readmissions in turn, during token requests: the last one counts', async () => {
  const link = await client.meeting({});
  const { sessionId: room } = await client.token(link, { data: 'ann' });
  for (let i = 0; i < 20; i++) {
    const answers = [];
    for (let turn = 0; turn < 4; turn++) answers.push(remove(link, 'ann'), ask(link, 'ann', { name: `n${turn}` }), readmit(link, 'ann'));
    for (const answer of await Promise.all(answers)) assert.ok([200, 204, 403].includes(answer.status), answer.text);
    assert.equal((await remove(link, 'ann')).status, 204);
    assert.ok(!(await admin.allowed(room)).includes('ann'), `round ${i}`);
    assert.equal((await readmit(link, 'ann')).status, 204);
    const page = await Page.join(await client.token(link, { data: 'ann' }));
    assert.equal(page.joined.videoroom, 'joined', JSON.stringify(page.joined));
    page.kill();
  }
});

test('people who join during their removal are removed in the end', async () => {
  const link = await client.meeting({});
  await client.token(link, { data: 'host' });
  for (let i = 0; i < 15; i++) {
    const who = `p${i}`;
    const answer = await client.token(link, { data: who });
    const page = new Page(answer);
    const coming = page.open().then(() => page.attach()).then(() => page.join()).catch(() => undefined);
    assert.equal((await remove(link, who)).status, 204);
    await until(async () => !(await connections(answer.url)).some((one) => one.attendee === who), `${who} to be out`, 3000);
    page.kill(); // whatever it still waits for was never answered
    void coming;
  }
  await until(async () => (await active(link)).length === 0, 'nobody to be in');
});

test('a removal while Janus hangs: 204 soon, the ban holds, and it is completed when Janus is back', async () => {
  const link = await client.meeting({});
  const answer = await client.token(link, { data: 'ann' });
  const page = await Page.join(answer);
  const viewer = await Page.watch(await client.token(link, { data: 'ann', role: 'subscriber' }));
  const lone = await Page.watch(answer);
  const bob = await Page.join(await client.token(link, { data: 'bob' }));
  await until(async () => (await active(link)).join() === 'ann,bob', 'both');
  await whileJanusHangs(async () => {
    const asked = Date.now();
    assert.equal((await remove(link, 'ann')).status, 204);
    assert.ok(Date.now() - asked < patience(4000), `it took ${Date.now() - asked} ms`);
    assert.deepEqual(await active(link), ['bob']);
    assert.equal((await ask(link, 'ann')).body.error.code, 'PUT_OUT');
    const muted = await mute(link, 'bob');
    assertError(muted, 503, 'ServiceUnavailableError');
    assert.ok(Number(muted.headers['retry-after'] ?? 1) >= 1);
  });
  await until(async () => {
    await stack.hurry('reconcile');
    const sessions = await admin.sessions();
    return ![page, viewer, lone].some((one) => sessions.includes(one.session));
  }, 'all her sessions to be destroyed', 15000);
  await until(async () => !(await admin.allowed(answer.sessionId)).includes('ann'), 'her token to be off the list', 15000);
  assert.ok(await there(bob));
  const rows = await stack.rows("SELECT DISTINCT left_event FROM connections WHERE session_id = ? AND attendee = 'ann'", [answer.sessionId]);
  assert.deepEqual(rows.map((row) => row.left_event), ['removed']);
});

test('a removal while Janus is down: the new room does not list the person', async () => {
  const link = await client.meeting({});
  const answer = await client.token(link, { data: 'ann' });
  await client.token(link, { data: 'bob' });
  await stack.down('janus');
  assert.equal((await remove(link, 'ann')).status, 204);
  await stack.up('janus');
  await until(() => admin.room(answer.sessionId), 'the room', 30000);
  assert.deepEqual(await admin.allowed(answer.sessionId), ['bob']);
  const page = new Page(answer);
  assert.notEqual((await page.open()).janus, 'success');
  await until(() => page.closed, 'her connection to be ended', 1500);
});

test('the reconciler removes banned people that no event told of, and revokes their tokens', async () => {
  const link = await client.meeting({});
  const answers = { ann: await client.token(link, { data: 'ann' }), vic: await client.token(link, { data: 'vic', role: 'subscriber' }) };
  const room = answers.ann.sessionId;
  const pages = [await Page.join(answers.ann), await Page.watch(answers.vic), await Page.watch(answers.ann)];
  await until(async () => (await active(link)).join() === 'ann,vic', 'both');
  // Banned in the table alone: as if the worker was killed right after its transaction.
  await stack.rows("UPDATE grants SET banned_on = UTC_TIMESTAMP(3) WHERE session_id = ?", [room]);
  await until(async () => {
    await stack.hurry('reconcile');
    const sessions = await admin.sessions();
    return !pages.some((page) => sessions.includes(page.session));
  }, 'all to be out', 25000);
  await until(async () => (await admin.allowed(room)).length === 0, 'the list to be empty', 25000);
  await until(async () => (await active(link)).length === 0, 'nobody to be in');
});

test('a recording that starts while Janus hangs: 503, and nothing is left of it, also when Janus reacts late', async () => {
  const link = await client.meeting({ enableArchiving: false });
  const { sessionId: room } = await client.token(link);
  const folders = readdirSync(stack.conf.RECORDINGS_DIR);
  await whileJanusHangs(async () => {
    const refused = await start(link);
    assertError(refused, 503, 'ServiceUnavailableError');
    assert.deepEqual(await archives(link), []);
    assert.equal(await recordingId(link), null);
    assert.deepEqual(readdirSync(stack.conf.RECORDINGS_DIR), folders);
  });
  const idle = "SELECT id FROM jobs WHERE kind = 'reconcile' AND last_error IS NULL AND due > UTC_TIMESTAMP(3)";
  await until(async () => (await stack.rows(idle)).length === 1, 'the reconciler', 20000);
  assert.equal(await recorded(room), undefined);
  const begun = await start(link);
  assert.equal(begun.status, 200, begun.text);
  assert.equal(await recorded(room), folder(begun.body.metaData.id));
});

test('a recording that stops while Janus hangs: 503, and nothing has changed', async () => {
  const link = await client.meeting({});
  const { sessionId: room } = await client.token(link);
  const { body: one } = await start(link);
  await whileJanusHangs(async () => {
    assertError(await stop(one.metaData.id), 503, 'ServiceUnavailableError');
    assert.deepEqual(await archives(link), [one]);
    assert.equal(String(await recordingId(link)), one.metaData.id);
  });
  // Janus may have understood late; it is recorded until somebody stops it.
  await until(async () => {
    await stack.hurry('reconcile');
    return (await recorded(room)) === folder(one.metaData.id);
  }, 'it to be recorded', 25000);
  assert.equal((await stop(one.metaData.id)).status, 200);
  assert.equal(await recorded(room), undefined);
});

test('a recording that starts or stops while the room is created: the room follows', async () => {
  await withoutWork(async () => {
    const [one, two] = [await client.meeting({}), await client.meeting({})];
    const begun = (await start(two)).body.metaData.id;
    const joins = [];
    for (const link of [one, two]) {
      const hold = await heldBack('create');
      joins.push({ hold, answer: hold.client.call('POST', `/session/${link}/token`, { body: { role: 'publisher' } }) });
      await hold.held;
    }
    const started = await start(one);
    assert.equal(started.status, 200, started.text);
    assert.equal((await stop(begun)).status, 200);
    const rooms = [];
    for (const { hold, answer } of joins) {
      hold.release();
      const { status, body, text } = await answer;
      assert.equal(status, 200, text);
      rooms.push(body.sessionId);
      hold.close();
    }
    assert.equal(await recorded(rooms[0]), folder(started.body.metaData.id));
    assert.equal(await recorded(rooms[1]), undefined);
  });
});

test('a stop that reaches Janus late does not stop the next recording', async () => {
  await withoutWork(async () => {
    const link = await client.meeting({});
    const { sessionId: room } = await client.token(link);
    const first = (await start(link)).body.metaData.id;
    const hold = await heldBack('enable_recording');
    const late = hold.client.call('PATCH', `/archives/${first}/stop`);
    await hold.held;
    assert.equal((await stop(first)).status, 200);
    const second = (await start(link)).body.metaData.id;
    assert.equal(await recorded(room), folder(second));
    hold.release();
    assertError(await late, 409, 'ConflictError');
    hold.close();
    assert.equal(await recorded(room), folder(second));
    assert.deepEqual((await archives(link)).map((one) => one.metaData.status), ['started', 'failed'], 'the first had nothing in it');
  });
});

test('Janus killed while recording: the new room is recorded into the same folder', async () => {
  const link = await client.meeting({});
  const { sessionId: room } = await client.token(link);
  const { body: one } = await start(link);
  assert.equal(await recorded(room), folder(one.metaData.id));
  const [janus] = stack.children('janus');
  process.kill(janus, 'SIGKILL');
  await until(async () => (await recorded(room).catch(() => undefined)) === folder(one.metaData.id), 'the room', 20000);
  assert.deepEqual(await archives(link), [one]);
  assert.equal((await stop(one.metaData.id)).status, 200);
  assert.equal(await recorded(room), undefined);
  assert.ok(existsSync(folder(one.metaData.id)));
});

test('the audit log has who did what to whom', async () => {
  const link = await client.meeting({});
  const page = await Page.join(await client.token(link, { data: 'ann' }));
  await until(async () => (await active(link)).length === 1, 'ann');
  await mute(link, 'ann');
  await remove(link, 'ann');
  await readmit(link, 'ann');
  await readmit(link, 'ann'); // changes nothing
  const { body: one } = await start(link);
  await stop(one.metaData.id);
  const rows = await stack.rows('SELECT action, CAST(actor AS CHAR) AS actor, after_value FROM audit_logs WHERE entity_id IN (?) ORDER BY id', [[link, one.metaData.id]]);
  assert.deepEqual(rows.map((row) => row.action), ['create', 'publisher', 'mute', 'remove', 'readmit', 'start', 'stop']);
  assert.ok(rows.every((row) => row.actor === 'tester'));
  assert.deepEqual(JSON.parse(rows[3].after_value), { attendee: 'ann' });
  page.kill();
});
