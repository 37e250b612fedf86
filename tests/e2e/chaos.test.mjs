// Parts that die while people use the service: nothing that was acknowledged is lost, and it goes on by itself.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { CgiClient } from './lib/cgi.mjs';
import { Client, assertError } from './lib/client.mjs';
import { Admin, Page, coreEvent, joinedEvent } from './lib/janus.mjs';
import { Load, tally } from './lib/load.mjs';
import { patience, sleep, source, startStack, until } from './lib/stack.mjs';

const run = promisify(execFile);
const WORKER_MAX_REQUESTS = 400;
let stack;
let client;
let admin;

before(async () => {
  stack = await startStack({ settings: { PROVIDER_TIMEOUT_MS: '1000', WORKER_MAX_REQUESTS: String(WORKER_MAX_REQUESTS) } });
  client = new Client(stack);
  admin = new Admin(stack);
});
after(async () => {
  client?.agent.destroy();
  await stack?.stop();
});

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const healthy = () => until(async () => (await client.call('GET', '/health', { auth: null, check: false })).status === 200, 'health', 20000);
const active = async (link) => (await client.attendees(link, '?active=true')).map((one) => one.attendee).sort();
const keyed = () => stack.rows('SELECT CAST(ext_id AS CHAR) AS ext_id, CAST(meeting_link AS CHAR) AS link FROM meetings WHERE ext_id IS NOT NULL');

// Creates a meeting under a name of its own; the name tells later how often it was made.
/** @param {(extId: string) => object} headers */
function creating(headers = () => ({})) {
  return async () => {
    const extId = randomUUID();
    const key = headers(extId);
    const { status, text } = await client.call('POST', '/session', { body: { extId }, headers: key });
    return { kind: 'write', extId, status, link: text };
  };
}
const reading = (link) => async () => {
  const { status } = await client.call('GET', `/session/${link}/attendees`, { check: false });
  return { kind: 'read', status };
};

// Each acknowledged meeting is there once under the link that was given, and no other more than once.
async function writesAreThereOnce(results) {
  const rows = new Map();
  for (const { ext_id: extId, link } of await keyed()) rows.set(extId, [...(rows.get(extId) ?? []), link]);
  for (const { extId, status, link } of results.filter((one) => one.kind === 'write')) {
    const links = rows.get(extId) ?? [];
    if (status === 200) assert.deepEqual(links, [link], 'an acknowledged meeting is lost or made twice');
    else assert.ok(links.length <= 1, 'a meeting was made twice');
  }
}

test('workers killed one after another under load: every GET is answered, no acknowledged write is lost', async () => {
  const link = await client.meeting({});
  const size = stack.children('pool').length;
  const load = new Load().add(4, reading(link)).add(4, creating((extId) => ({ 'idempotency-key': extId })));
  const kills = 12;
  for (let i = 0; i < kills; i++) {
    const workers = await until(() => {
      const all = stack.children('pool');
      return all.length === size && all;
    }, 'the pool to be whole');
    const before_ = load.done;
    process.kill(workers[i % size], 'SIGKILL');
    await until(() => !alive(workers[i % size]) && load.done > before_ + 40, 'the load to go on');
  }
  const results = await load.stop();
  assert.deepEqual(Object.keys(tally(results.filter((one) => one.kind === 'read'))), ['200'], 'GETs failed');
  const writes = results.filter((one) => one.kind === 'write');
  const failed = writes.filter((one) => one.status !== 200);
  assert.ok(failed.length <= kills && failed.every((one) => one.status === 502), JSON.stringify(tally(writes)));
  await writesAreThereOnce(results);
  // A client without an answer asks again with the same key, after the lease of the dead worker: one meeting, not two or none.
  await stack.rows("UPDATE idempotency SET leased_until = '2000-01-01' WHERE done = 0");
  for (const one of failed) {
    const again = await client.call('POST', '/session', { body: { extId: one.extId }, headers: { 'idempotency-key': one.extId } });
    assert.equal(again.status, 200, again.text);
    Object.assign(one, { status: 200, link: again.text });
  }
  await writesAreThereOnce(results);
});

test('the database killed and started again under load: only 503s in between, every acknowledged write is there once', async () => {
  const link = await client.meeting({});
  const load = new Load().add(3, reading(link)).add(3, creating()).add(2, creating((extId) => ({ 'idempotency-key': extId })));
  await until(() => load.done > 200, 'load');
  for (let i = 0; i < 2; i++) {
    const before_ = load.done;
    const pids = [stack.leader('mariadb'), ...stack.children('mariadb')];
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await until(() => !pids.some(alive), 'the database to be gone');
    await stack.up('mariadb');
    await until(() => load.done > before_ + 300, 'the load to go on', 20000);
  }
  const results = await load.stop();
  const unexpected = results.filter((one) => ![200, 503].includes(one.status));
  assert.deepEqual(unexpected, []);
  await healthy();
  await writesAreThereOnce(results);
  const cut = results.filter((one) => one.status !== 200).length;
  assert.ok(cut < results.length / 2, `${cut} of ${results.length} refused`);
});

test('the database out of reach: 503 with Retry-After, soon; the service recovers when it is back', async () => {
  const link = await client.meeting({});
  await stack.down('mariadb');
  const started = Date.now();
  const answers = await Promise.all(Array.from({ length: 8 }, () => client.call('GET', `/session/${link}/attendees`)));
  for (const answer of answers) {
    assert.equal(answer.status, 503, answer.text);
    assert.ok(Number(answer.headers['retry-after']) >= 1);
    assert.ok(!/mysql|mariadb|socket|\/tmp/i.test(answer.text), answer.text);
  }
  assert.ok(Date.now() - started < patience(30000));
  const health = await client.call('GET', '/health', { auth: null });
  assert.equal(health.status, 503);
  assert.deepEqual(health.body.error.details.map((part) => part.path), ['/database']);
  assert.equal((await client.call('GET', '/health/live', { auth: null })).status, 200);
  await stack.up('mariadb');
  await until(async () => (await client.call('GET', `/session/${link}/attendees`)).status === 200, 'the database');
});

test('Janus killed and restarted: the meeting continues with the tokens that people have', async () => {
  const link = await client.meeting({});
  const answers = {
    ann: await client.token(link, { data: 'ann', role: 'moderator' }),
    bob: await client.token(link, { data: 'bob' }),
    vic: await client.token(link, { data: 'vic', role: 'subscriber' }),
  };
  const enter = (name) => (name === 'vic' ? Page.watch : Page.join)(answers[name]);
  for (const name of Object.keys(answers)) await enter(name);
  await until(async () => (await active(link)).length === 3, 'three people');
  const [janus] = stack.children('janus');
  process.kill(janus, 'SIGKILL');
  const died = Date.now();
  const back = await Promise.all(
    Object.keys(answers).map((name) =>
      until(async () => {
        const page = await enter(name).catch(() => undefined);
        const isIn = page && (name === 'vic' ? page.handle : page.joined?.videoroom === 'joined');
        if (!isIn) page?.kill(); // a person may have two connections
        return isIn && page;
      }, `${name} to be back`),
    ),
  );
  assert.ok(Date.now() - died < patience(10000));
  assert.notEqual(stack.children('janus')[0], janus);
  await until(async () => (await active(link)).join() === 'ann,bob,vic', 'all three to be listed');
  await until(async () => (await client.attendees(link)).every((one) => one.connections === 1), 'one device each');
  assert.ok(back.every((page) => !page.closed));
  // A newcomer gets in as well, and a subscriber still may not send.
  assert.equal((await Page.join(await client.token(link, { data: 'new' }))).joined.videoroom, 'joined');
  const sly = new Page(answers.vic);
  await sly.open();
  await sly.attach();
  assert.equal((await sly.join()).error?.code, 403);
});

test('a restart of Janus ends the stay of everybody who was in', async () => {
  const link = await client.meeting({});
  const [{ session_id: room }] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  const at = Date.now() * 1000; // after all restarts there were so far
  const event = joinedEvent(stack.conf.JANUS_TOKEN_SECRET, { room: String(room), attendee: 'ann', id: 'a', at });
  assert.equal((await client.events([event])).status, 204);
  assert.deepEqual(await active(link), ['ann']);
  assert.equal((await client.events([coreEvent('started', at + 1000)])).status, 204);
  assert.deepEqual(await active(link), []);
  assert.equal((await client.events([event])).status, 204); // late, and once more: the same
  assert.deepEqual(await active(link), []);
});

test('pool and database stopped for five seconds while people join and leave: no event is missing', async () => {
  const link = await client.meeting({});
  const early = await Page.join(await client.token(link, { data: 'early' }));
  await until(async () => (await active(link)).length === 1, 'the first');
  const names = Array.from({ length: 6 }, (_, i) => `p${i}`);
  const answers = [];
  for (const data of names) answers.push(await client.token(link, { data }));
  await stack.down('work'); // what the reconciler would find must not help
  await stack.down('pool');
  await stack.down('mariadb');
  const stopped = Date.now();
  const pages = [];
  for (const answer of answers) {
    pages.push(await Page.join(answer));
    await sleep(500); // spread over the time: this is the outage itself, not waiting for something
  }
  assert.ok(pages.every((page) => page.joined.videoroom === 'joined'));
  early.kill();
  pages[0].kill();
  await sleep(Math.max(0, 5000 - (Date.now() - stopped)));
  await stack.up('mariadb');
  await stack.up('pool');
  await until(async () => (await active(link)).join() === names.slice(1).join(), 'all events', 30000);
  const list = await client.attendees(link);
  assert.deepEqual(list.map((one) => one.attendee).sort(), ['early', ...names]);
  for (const one of list.filter(({ attendee }) => attendee !== 'early')) assert.ok(Date.parse(one.joinedOn) > stopped - 1000 && Date.parse(one.joinedOn) < stopped + 5000, one.joinedOn);
  await stack.up('work');
});

test('TERM ends idle workers at once, and lets a running request finish', async (context) => {
  const link = await client.meeting({});
  const lock = await stack.database();
  context.after(() => lock.destroy());
  await lock.beginTransaction();
  await lock.query('SELECT * FROM meetings WHERE meeting_link = ? FOR UPDATE', [link]);
  const edited = client.call('PATCH', `/session/${link}`, { body: { extId: 'finished' } });
  await until(async () => (await stack.rows('SHOW FULL PROCESSLIST')).some((one) => /UPDATE/.test(one.Info ?? '') && one.Id !== lock.threadId && !/PROCESSLIST/.test(one.Info)), 'the request to wait');
  const workers = stack.children('pool');
  const told = Date.now();
  for (const pid of workers) process.kill(pid, 'SIGTERM');
  await until(() => workers.filter(alive).length === 1, 'the idle ones to end');
  assert.ok(Date.now() - told < patience(900), `it took ${Date.now() - told} ms`);
  const [busy] = workers.filter(alive);
  await lock.commit();
  await lock.end();
  assert.equal((await edited).status, 204);
  await until(() => !alive(busy), 'the busy one to end');
  await until(() => stack.children('pool').length === workers.length, 'the pool to be whole');
  assert.equal((await stack.rows("SELECT * FROM meetings WHERE ext_id = 'finished'")).length, 1);
});

test('workers retire after WORKER_MAX_REQUESTS without losing a request', async () => {
  const link = await client.meeting({});
  const first = stack.children('pool');
  const load = new Load().add(6, reading(link)).add(2, creating());
  await until(() => load.done > first.length * WORKER_MAX_REQUESTS * 2, 'enough requests', 60000);
  const results = await load.stop();
  assert.deepEqual(Object.keys(tally(results)), ['200']);
  assert.ok(!stack.children('pool').some((pid) => first.includes(pid)), 'somebody did not retire');
  await writesAreThereOnce(results);
});

test('an end while Janus does not answer is completed later, and nobody stays in the room', async () => {
  // New workers: none of them retires meanwhile.
  await stack.down('pool');
  await stack.up('pool');
  await healthy();
  const link = await client.meeting({});
  const page = await Page.join(await client.token(link, { data: 'ann' }));
  const viewer = await Page.watch(await client.token(link, { data: 'vic', role: 'subscriber' }));
  await until(async () => (await active(link)).length === 2, 'both');
  const other = await client.meeting({});
  const workers = stack.children('pool');
  const [janus] = stack.children('janus');
  process.kill(janus, 'SIGSTOP');
  try {
    const token = await client.call('POST', `/session/${other}/token`);
    assert.equal(token.status, 503, token.text);
    assert.ok(Number(token.headers['retry-after']) >= 1);
    const started = Date.now();
    assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
    assert.ok(Date.now() - started < patience(5000));
    assert.deepEqual(await active(link), []);
    const health = await client.call('GET', '/health', { auth: null });
    assert.equal(health.status, 503);
    assert.deepEqual(health.body.error.details.map((part) => part.path), ['/provider']);
    assert.equal((await client.call('POST', `/session/${link}/token`)).status, 400);
    assert.equal((await client.call('POST', '/session')).status, 200);
    assert.deepEqual(stack.children('pool'), workers, 'a worker died of it');
  } finally {
    process.kill(janus, 'SIGCONT');
  }
  await until(async () => {
    await stack.hurry('room-end');
    return !(await admin.rooms()).includes(page.answer.sessionId);
  }, 'the room to be gone', 30000);
  await until(async () => !(await admin.sessions()).some((id) => [page.session, viewer.session].includes(id)), 'everybody to be out', 15000);
  await healthy();
});

test('an end while Janus is down is completed later', async () => {
  const link = await client.meeting({});
  const answer = await client.token(link);
  await stack.down('janus');
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  const jobs = await stack.rows("SELECT * FROM jobs WHERE kind = 'room-end'");
  assert.ok(jobs.length >= 1);
  await stack.up('janus');
  await until(async () => {
    await stack.hurry('room-end');
    return (await stack.rows("SELECT * FROM jobs WHERE kind = 'room-end' AND dedup LIKE ?", [`%${answer.sessionId}`])).length === 0;
  }, 'the job', 30000);
  assert.ok(!(await admin.rooms()).includes(answer.sessionId));
});

test('after a long outage the reconciler is not late', async () => {
  await stack.down('janus');
  await stack.rows("UPDATE jobs SET attempts = 20, due = UTC_TIMESTAMP(3) WHERE kind = 'reconcile'");
  const look = () => stack.rows("SELECT attempts, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(3), due) AS wait FROM jobs WHERE kind = 'reconcile' AND leased_until IS NULL AND last_error IS NOT NULL");
  await until(async () => (await look())[0]?.attempts > 20, 'the reconciler to fail');
  assert.ok((await look())[0].wait <= 10);
  await stack.up('janus');
  await until(async () => (await stack.rows("SELECT id FROM jobs WHERE kind = 'reconcile' AND last_error IS NULL AND leased_until IS NULL")).length === 1, 'it to go on', 25000);
});

test('confabctl work --once does what is due; two at once do each job once', async () => {
  await stack.down('work');
  await stack.rows("INSERT INTO idempotency (principal, idempotency_key, body_hash, meeting_link, request_id, done, leased_until, created_on) VALUES ('p', 'old', REPEAT('x', 32), 'x', 'r', 1, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) - INTERVAL 25 HOUR)");
  await stack.rows('UPDATE jobs SET due = UTC_TIMESTAMP(3), leased_until = NULL');
  const due = Number((await stack.rows('SELECT COUNT(*) AS n FROM jobs'))[0].n);
  const runs = await Promise.all([stack.ctl('work', '--once'), stack.ctl('work', '--once')]);
  const done = runs.map(({ stdout }) => Number(stdout.match(/(\d+) jobs done/)[1]));
  assert.equal(done[0] + done[1], due, JSON.stringify(done));
  assert.deepEqual(await stack.rows("SELECT * FROM idempotency WHERE idempotency_key = 'old'"), []);
  await stack.up('work');
});

test('another worker takes a killed worker\'s job after the lease', async () => {
  await stack.down('work');
  await stack.rows("UPDATE jobs SET due = UTC_TIMESTAMP(3) - INTERVAL 1 HOUR, leased_until = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR, leased_by = 'dead:1' WHERE kind = 'expire'");
  await stack.ctl('work', '--once');
  assert.equal((await stack.rows("SELECT leased_by FROM jobs WHERE kind = 'expire'"))[0].leased_by, 'dead:1');
  await stack.rows("UPDATE jobs SET leased_until = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE kind = 'expire'");
  await stack.ctl('work', '--once');
  assert.notEqual((await stack.rows("SELECT leased_by FROM jobs WHERE kind = 'expire'"))[0].leased_by, 'dead:1');
  await stack.up('work');
});

test('tables that are older than the program: health and check say so', async () => {
  const newest = (await stack.rows('SELECT MAX(version) AS newest FROM schema_migrations'))[0].newest;
  await stack.rows('DELETE FROM schema_migrations WHERE version = ?', [newest]);
  try {
    const answer = await client.call('GET', '/health', { auth: null });
    assertError(answer, 503, 'ServiceUnavailableError');
    assert.match(answer.text, /confabctl migrate/);
    await assert.rejects(stack.ctl('check'), ({ stdout }) => /^FAULT database: .*confabctl migrate/m.test(stdout));
  } finally {
    await stack.rows('INSERT INTO schema_migrations (version, applied_on) VALUES (?, UTC_TIMESTAMP(3))', [newest]);
  }
  await healthy();
});

test('a metrics file that cannot be used: a warning, and the service serves', async () => {
  const there = new CgiClient(stack, { METRICS_FILE: '/nowhere/metrics' });
  const answer = await there.call('GET', '/health/live', { auth: null });
  assert.equal(answer.status, 200);
  assert.match(answer.log, /"level":"warning".*METRICS_FILE: cannot use \/nowhere\/metrics/);
});

test('a metrics file that root makes belongs to the owner of its folder', { skip: process.getuid() !== 0 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cf-metrics-'));
  chownSync(folder, 12345, 12346);
  await run(path.join(stack.build, 'confabctl'), ['work', '--once'], {
    env: { ...process.env, CONFAB_CONF: `${stack.var}/confab.conf`, METRICS_FILE: path.join(folder, 'metrics') },
  });
  const files = readdirSync(folder);
  assert.ok(files.includes('metrics'), files.join());
  for (const name of files) {
    const { uid, gid } = statSync(path.join(folder, name));
    assert.deepEqual([uid, gid], [12345, 12346], name);
  }
  rmSync(folder, { recursive: true });
});

test('a migration may take longer than a request', async (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cf-sql-'));
  context.after(() => {
    rmSync(folder, { recursive: true });
    return stack.rows("DELETE FROM schema_migrations WHERE version = '9999-slow'");
  });
  writeFileSync(path.join(folder, '9999-slow.sql'), 'DO SLEEP(3);\n');
  const { stdout } = await run(path.join(stack.build, 'confabctl'), ['migrate', '--dir', folder], {
    env: { ...process.env, CONFAB_CONF: `${stack.var}/confab.conf`, DB_DEADLINE_MS: '1000' },
  });
  assert.match(stdout, /applying 9999-slow/);
});

test('confabctl migrate started several times at once on an empty database', async () => {
  const migrate = () => stack.ctl('migrate', '--dir', `${source}sql`);
  await stack.without(['nginx', 'work', 'pool'], async () => {
    try {
      for (let round = 0; round < 2; round++) {
        for (const row of await stack.rows('SHOW TABLES')) await stack.rows(`DROP TABLE ${Object.values(row)[0]}`);
        await Promise.all(Array.from({ length: 3 }, migrate));
        const versions = await stack.rows('SELECT version FROM schema_migrations');
        assert.ok(versions.length >= 1);
        assert.equal(new Set(versions.map((one) => String(one.version))).size, versions.length);
        const again = await migrate();
        assert.match(again.stdout, /up to date/);
      }
    } finally {
      await migrate();
    }
  });
  await healthy();
  assert.match(await client.meeting({}), /^[A-Za-z0-9_-]{10}$/);
});

test('rate limits: 429 with Retry-After for too many from one address, on these paths only', async (context) => {
  // An nginx that takes new settings closes connections that are kept: here each request has its own.
  const client = new Client(stack, { keepAlive: false });
  const link = await client.meeting({});
  const unlimited = stack.env; // where both are off
  context.after(() => {
    stack.env = unlimited;
    return stack.up('nginx');
  });
  stack.env = { ...unlimited, CONFAB_TOKEN_RATE: '2', CONFAB_WEBHOOK_RATE: '2' };
  await stack.up('nginx');
  const many = (path, more) => Promise.all(Array.from({ length: 30 }, () => client.call('POST', path, { check: false, ...more })));
  const limited = async (path, more) => (await many(path, more)).filter((answer) => answer.status === 429);
  // For a moment processes with the old settings take requests as well.
  const isLimited = (path, what, more) => until(async () => (await limited(path, more)).length > 5, what);
  await isLimited(`/session/${link}/token`, 'the limit to be in force');
  const [one] = await limited(`/session/${link}/token`);
  assert.equal(one.headers['retry-after'], '1');
  assert.equal(one.body.error.name, 'TooManyRequestsError');
  assert.equal(one.body.error.statusCode, 429);
  await isLimited(`/j/${link}`, 'the limit of short links', { auth: null });
  await isLimited(`//j/${link}/`, 'it not to be walked around by slashes', { auth: null });
  await isLimited('/webhooks/session', 'the limit of events', { auth: null });
  await isLimited('//webhooks//session/', 'it not to be walked around by slashes', { auth: null });
  await isLimited(`/session/${link}//token/`, 'it not to be walked around by slashes');
  await isLimited(`/%73ession/${link}/t%6fken`, 'it not to be walked around by escapes');
  assert.equal((await limited('/webhooks/janus', { auth: null }).catch(() => [])).length, 0);
  for (let i = 0; i < 30; i++) assert.equal((await client.call('POST', '/session')).status, 200);
});
