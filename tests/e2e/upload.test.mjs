// Uploads of recordings to S3 and to Azure: whole, in parts, taken up after a kill, with a store that fails in every way, and removal.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { CgiClient } from './lib/cgi.mjs';
import { Client, assertError } from './lib/client.mjs';
import { publishedEvent } from './lib/janus.mjs';
import { patience, sharedStack, until } from './lib/stack.mjs';
import { CREDENTIALS, startAzure, startS3 } from './lib/stores.mjs';

const stack = sharedStack();
const client = new Client(stack);
const program = path.join(stack.build, 'confabctl');
const run = promisify(execFile);
const MIB = 1 << 20;
const PART = 16 * MIB;
const large = randomBytes(4 * PART + 5 * MIB); // five parts
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
let count = 0;

// The stack's own worker has no credentials, and has to leave the jobs to this file's.
before(() => stack.forgetJanus());
beforeEach(() => stack.rows("DELETE FROM jobs WHERE kind IN ('archive-upload', 'objects-delete')"));
after(async () => {
  client.agent.destroy();
  await stack.up('work');
});

const environment = (settings) => ({
  ...process.env,
  CONFAB_CONF: path.join(stack.var, 'confab.conf'),
  STORAGE_ALLOW_HTTP: 'yes',
  STORAGE_HOSTS: '127.0.0.1',
  ...CREDENTIALS,
  ...settings,
});

// The operator's program; gives what it prints, and its exit status.
async function ctl(args, settings = {}) {
  try {
    return { code: 0, ...(await run(program, args, { env: environment(settings), timeout: Math.round(patience(60000)) })) };
  } catch (error) {
    return { code: error.code, stdout: error.stdout, stderr: error.stderr };
  }
}

const due = () => stack.rows("UPDATE jobs SET due = UTC_TIMESTAMP(3), leased_until = NULL, leased_by = NULL WHERE lane = 'media'");

// Runs all due jobs of the lane once.
async function work(settings = {}, lane = 'media') {
  await due();
  return ctl(['work', '--once', '--lane', lane], settings);
}

const jobs = (archive) => stack.rows('SELECT kind, last_error FROM jobs WHERE subject = ?', [archive]);
const shown = async (archive) => (await client.call('GET', `/archives/${archive}`)).body.metaData;
const local = (archive, name) => path.join(stack.conf.RECORDINGS_DIR, archive, name);

// What a recording leaves: an available archive with files, which a job is to upload.
async function available(target, files) {
  const link = await client.meeting({});
  const [{ session_id: session }] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  const archive = `upload-${process.pid}-${(count += 1)}`;
  await stack.rows(
    "INSERT INTO archives (archive_id, session_id, status, host, storage, created_at, created_on, modified_on) VALUES (?, ?, 'available', ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))",
    [archive, session, hostname(), target === null ? null : JSON.stringify(target)],
  );
  const folder = path.join(stack.conf.RECORDINGS_DIR, archive);
  mkdirSync(folder);
  chmodSync(folder, 0o2777);
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(path.join(folder, name), bytes);
    await stack.rows(
      "INSERT INTO archive_files (archive_id, path, kind, content_type, size, created_on, modified_on) VALUES (?, ?, ?, 'video/mp4', ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))",
      [archive, name, name === 'meeting.mp4' ? 'composed' : 'poster', bytes.length],
    );
  }
  if (target !== null) assert.equal((await ctl(['archives', 'retry', archive])).code, 0);
  return { link, archive };
}

// The bytes behind the archive's link, which needs no header.
async function linked(archive) {
  const shower = new CgiClient(stack, { ...CREDENTIALS, STORAGE_ALLOW_HTTP: 'yes' });
  const { url } = (await shower.call('GET', `/archives/${archive}`)).body.metaData;
  assert.ok(url, 'there is no link');
  const answer = await fetch(url);
  assert.equal(answer.status, 200, await answer.clone().text());
  return Buffer.from(await answer.arrayBuffer());
}

// The archive is in the store and nowhere else.
async function assertUploaded(archive, files) {
  assert.equal((await shown(archive)).status, 'uploaded', JSON.stringify(await jobs(archive)));
  assert.equal(sha256(await linked(archive)), sha256(files['meeting.mp4']));
  for (const name of Object.keys(files)) assert.ok(!existsSync(local(archive, name)), `${name} is still here`);
  assert.deepEqual(await jobs(archive), []);
}

// The upload has failed of this, and nothing is lost: the operator sees it, and it works as soon as the store does.
async function assertFailed(archive, files, fault, settings = {}) {
  assert.equal((await shown(archive)).status, 'available');
  for (const [name, bytes] of Object.entries(files)) assert.equal(sha256(readFileSync(local(archive, name))), sha256(bytes));
  const { stdout } = await ctl(['archives'], settings);
  const lines = stdout.split('\n');
  const at = lines.findIndex((line) => line.startsWith(archive));
  assert.match(lines[at] ?? stdout, /0 of 1 files uploaded {2}fails since \S+ {2}next try \S+/);
  assert.match(lines[at + 1], new RegExp(`^ {4}${fault}: .`), lines[at + 1]);
  for (const secret of Object.values(CREDENTIALS)) assert.ok(!stdout.includes(secret));
  assert.deepEqual((await jobs(archive)).map((job) => job.kind), ['archive-upload']);
  const metrics = (await client.call('GET', '/metrics', { auth: null })).text;
  assert.match(metrics, new RegExp(`^confab_uploads_failed_total\\{reason="${fault}"\\} [1-9]`, 'm'));
}

for (const [name, start] of /** @type {const} */ ([['S3', startS3], ['Azure', startAzure]]))
  describe(name, () => {
    /** @type {any} */
    let store;
    before(async () => {
      store = await start();
    });
    afterEach(() => {
      store.fate = () => undefined;
      store.seen.length = 0;
    });
    after(() => store.stop());

    test('files are uploaded, verified, and then only in the store', async () => {
      const files = { 'meeting.mp4': randomBytes(300000), 'poster.jpg': randomBytes(1000), 'empty.vtt': Buffer.alloc(0) };
      const { archive, link } = await available(store.target(), files);
      assert.match((await shown(archive)).url, /\/media\?file=meeting.mp4&/); // this service's own
      await work();
      await assertUploaded(archive, files);
      const events = (await client.call('GET', `/session/${link}/events`)).body;
      assert.deepEqual(events.events.map((event) => event.type).filter((type) => type.startsWith('recording')), ['recording.uploaded']);
      assert.doesNotMatch((await ctl(['archives'])).stdout, new RegExp(archive));
      const objects = await stack.rows('SELECT object, sha256, local_copy FROM archive_files WHERE archive_id = ? ORDER BY id', [archive]);
      assert.deepEqual(objects.map((row) => [String(row.object), String(row.sha256), row.local_copy]), Object.entries(files).map(([file, bytes]) => [`${archive}/${file}`, sha256(bytes), 0]));
    });

    test('a large file goes in parts, within a bounded memory', async () => {
      const files = { 'meeting.mp4': large };
      const { archive } = await available(store.target(), files);
      await due();
      const worker = spawn(program, ['work', '--once', '--lane', 'media'], { env: environment({}), stdio: 'ignore' });
      const ended = new Promise((resolve) => worker.on('exit', resolve));
      let most = 0;
      const look = setInterval(() => {
        try {
          most = Math.max(most, Number(readFileSync(`/proc/${worker.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+) kB/)?.[1] ?? 0));
        } catch {
          // it has ended
        }
      }, 20);
      await ended;
      clearInterval(look);
      await assertUploaded(archive, files);
      const parts = store.seen.filter((seen) => store.isPart(seen));
      assert.deepEqual(parts.map((seen) => seen.body.length), [PART, PART, PART, PART, 5 * MIB]);
      assert.ok(most > 0 && most < 40 * 1024, `${most} KiB`);
    });

    test('a worker that is killed at any moment is followed by one that sends only what is missing', async () => {
      const files = { 'meeting.mp4': large };
      const { archive } = await available(store.target(), files);
      let kills = 0;
      for (const after of [1, 2, 3, 5]) {
        // Killed while a part is on its way, or just after it: the next one is held until then. The last time when the end is.
        let hit;
        const reached = new Promise((resolve) => {
          hit = resolve;
        });
        let dead;
        const ended = new Promise((resolve) => {
          dead = resolve;
        });
        let parts = 0;
        store.fate = async (seen) => {
          if (store.isPart(seen) && kills < 3) {
            if (++parts === 1) setTimeout(hit, Math.random() * 40);
            else await ended;
          }
          if (store.isEnd(seen) && kills === 3) {
            setTimeout(hit, 500);
            return 'lost';
          }
          return undefined;
        };
        await due();
        const worker = spawn(program, ['work', '--once', '--lane', 'media'], { env: environment({}), stdio: 'ignore' });
        worker.on('exit', dead);
        await Promise.race([reached, ended]);
        worker.kill('SIGKILL');
        await ended;
        kills += 1;
        // The last one may have found out before that all is there.
        const { status } = await shown(archive);
        if (status === 'uploaded' && kills === 4) break;
        assert.equal(status, 'available', `after ${after}`);
        assert.ok(existsSync(local(archive, 'meeting.mp4')));
      }
      store.fate = () => undefined;
      await until(async () => {
        await work();
        return (await shown(archive)).status === 'uploaded';
      }, 'the upload');
      await assertUploaded(archive, files);
      const sent = store.seen.filter((seen) => store.isPart(seen)).length;
      assert.ok(sent <= 5 + kills, `${sent} parts were sent for 5 parts and ${kills} kills`);
    });

    const faults = [
      ['wrong credentials', 'credentials', () => ({ settings: store.wrong() })],
      ['no such bucket', 'no-bucket', () => ({ target: store.nowhere() })],
      ['gone in the middle', 'gone', () => ({ fate: (seen) => (seen.method === 'PUT' ? 'gone' : undefined) })],
      ['a store that takes no bytes', 'slow', () => ({ settings: { STORAGE_STALL_SECONDS: '2' }, fate: () => 'slow' })],
      ['a full store', 'full', () => ({ fate: () => ({ status: 507 }) })],
      ['a quota that is used up', 'full', () => ({ fate: () => ({ status: 403, body: '<Error><Code>QuotaExceeded</Code><Message>INTERNAL-WORDS</Message></Error>' }) })],
      ['a store that has too much to do', 'busy', () => ({ fate: () => ({ status: 503, body: '<Error><Code>SlowDown</Code></Error>' }) })],
      ['an answer that leads elsewhere', 'refused', () => ({ fate: () => ({ status: 307 }) })],
      ['missing credentials', 'settings', () => ({ settings: { AWS_ACCESS_KEY: '', AZURE_ACCOUNT_KEY: '' } })],
    ];
    for (const [what, fault, make] of /** @type {any[]} */ (faults))
      test(`${what}: the file stays, the operator is told why, and the next try can succeed`, async () => {
        const files = { 'meeting.mp4': randomBytes(3 * MIB) };
        const { target = store.target(), settings = {}, fate = () => undefined } = make();
        const { archive } = await available(target, files);
        store.fate = fate;
        const started = Date.now();
        await work(settings);
        assert.ok(Date.now() - started < patience(20000));
        await assertFailed(archive, files, fault);
        assert.doesNotMatch((await ctl(['archives'])).stdout, /INTERNAL-WORDS/);
        store.fate = () => undefined;
        if (target.name !== undefined) await stack.rows('UPDATE archives SET storage = ? WHERE archive_id = ?', [JSON.stringify(store.target()), archive]);
        await work();
        await assertUploaded(archive, files);
      });

    test('a store that breaks off in the middle of the parts gets only the missing ones later', async () => {
      const files = { 'meeting.mp4': large };
      const { archive } = await available(store.target(), files);
      let parts = 0;
      store.fate = (seen) => (store.isPart(seen) && ++parts === 4 ? 'gone' : undefined);
      await work();
      await assertFailed(archive, files, 'gone');
      store.fate = () => undefined;
      store.seen.length = 0;
      await work();
      assert.equal(store.seen.filter((seen) => store.isPart(seen)).length, 2);
      await assertUploaded(archive, files);
    });

    test('an object that was changed on its way is removed, and sent again', async () => {
      const files = { 'meeting.mp4': randomBytes(100000) };
      const { archive } = await available(store.target(), files);
      store.fate = (seen) => (seen.method === 'PUT' ? 'corrupt' : undefined);
      await work();
      await assertFailed(archive, files, name === 'S3' ? 'mismatch' : 'refused'); // Azure says Md5Mismatch, azurite InvalidOperation
      store.fate = () => undefined;
      await work();
      await assertUploaded(archive, files);
    });

    test('verify reads the objects, and finds one that has other bytes or is gone', async () => {
      const files = { 'meeting.mp4': randomBytes(100000) };
      const { archive } = await available(store.target(), files);
      assert.match((await ctl(['archives', 'verify', archive])).stdout, /^meeting\.mp4 {2}100000 bytes {2}not uploaded yet$/m);
      await work();
      const good = await ctl(['archives', 'verify', archive]);
      assert.deepEqual([good.code, good.stdout], [0, 'meeting.mp4  100000 bytes  good\n']);
      await stack.rows('UPDATE archive_files SET sha256 = ? WHERE archive_id = ?', [sha256('other'), archive]);
      const other = await ctl(['archives', 'verify', archive]);
      assert.deepEqual([other.code, other.stdout], [1, 'meeting.mp4  100000 bytes  other bytes\n']);
      await stack.rows("UPDATE archive_files SET object = CONCAT(object, 'x') WHERE archive_id = ?", [archive]);
      const gone = await ctl(['archives', 'verify', archive]);
      assert.equal(gone.code, 1);
      assert.match(gone.stdout, /404/);
    });

    test('deleting an archive removes its objects, and the parts of an upload that has not finished', async () => {
      const files = { 'meeting.mp4': randomBytes(1000), 'poster.jpg': randomBytes(1000) };
      const { archive } = await available(store.target(), files);
      await work();
      const shower = new CgiClient(stack, { ...CREDENTIALS, STORAGE_ALLOW_HTTP: 'yes' });
      const { url } = (await shower.call('GET', `/archives/${archive}`)).body.metaData;
      assert.equal((await client.call('DELETE', `/archives/${archive}`)).status, 200);
      store.fate = () => ({ status: 503 });
      await work();
      assert.match((await ctl(['archives'])).stdout, new RegExp(`^${archive} {2}deleted`, 'm'));
      store.fate = () => undefined;
      await work();
      assert.equal((await fetch(url)).status, 404);
      assert.deepEqual(await stack.rows('SELECT id FROM archive_files WHERE archive_id = ?', [archive]), []);
      assert.deepEqual(await jobs(archive), []);
      const half = await available(store.target(), { 'meeting.mp4': large });
      store.fate = (seen) => (store.isPart(seen) && seen.query.partNumber !== '1' ? 'gone' : undefined);
      let parts = 0;
      if (name === 'Azure') store.fate = (seen) => (store.isPart(seen) && ++parts > 1 ? 'gone' : undefined);
      await work();
      store.fate = () => undefined;
      assert.equal((await store.unfinished()).length, 1);
      assert.equal((await client.call('DELETE', `/archives/${half.archive}`)).status, 200);
      await work();
      assert.deepEqual(await store.unfinished(), []);
      assert.deepEqual(await jobs(half.archive), []);
    });

    test('an archive that is deleted while it is uploaded leaves nothing in the store', async () => {
      const { archive } = await available(store.target(), { 'meeting.mp4': large });
      let parts = 0;
      let deleted;
      store.fate = (seen) => {
        if (store.isPart(seen) && ++parts === 3) deleted = client.call('DELETE', `/archives/${archive}`);
        return undefined;
      };
      await work();
      assert.equal((await deleted).status, 200);
      store.fate = () => undefined;
      await until(async () => {
        await work();
        return (await jobs(archive)).length === 0;
      }, 'the jobs to end');
      assert.deepEqual(await store.unfinished(), []);
      assert.deepEqual(await stack.rows('SELECT id FROM archive_files WHERE archive_id = ?', [archive]), []);
      const [verb, head] = [await store.seen.at(-1), store.seen.filter((seen) => seen.method === 'DELETE')];
      assert.ok(head.length > 0, `the last request was ${verb?.method}`);
    });

    test('a link ends', async () => {
      const { archive } = await available(store.target(), { 'meeting.mp4': randomBytes(1000) });
      await work();
      const shower = new CgiClient(stack, { ...CREDENTIALS, STORAGE_ALLOW_HTTP: 'yes' });
      const { url } = (await shower.call('GET', `/archives/${archive}`)).body.metaData;
      const life = name === 'S3' ? Number(new URL(url).searchParams.get('X-Amz-Expires')) : (Date.parse(new URL(url).searchParams.get('se')) - Date.now()) / 1000;
      assert.ok(life > 3500 && life <= 3600, `${life} s`);
      const later = new Date(Date.now() - 2 * 3600000);
      const aged = name === 'S3' ? url.replace(/X-Amz-Date=\w+/, `X-Amz-Date=${later.toISOString().replace(/[-:]|\.\d+/g, '')}`) : url.replace(/se=[^&]+/, `se=${encodeURIComponent(later.toISOString().replace(/\.\d+/, ''))}`);
      assert.equal((await fetch(aged)).status, 403);
      const clock = Date.now;
      if (name === 'S3') {
        Date.now = () => clock() + 3601000; // the proxy's clock
        try {
          assert.equal((await fetch(url)).status, 403);
        } finally {
          Date.now = clock;
        }
      }
      assert.equal((await fetch(url)).status, 200);
    });
  });

describe('one store', () => {
  /** @type {any} */
  let store;
  before(async () => {
    store = await startS3();
  });
  after(() => store.stop());
  afterEach(() => {
    store.fate = () => undefined;
  });

  // A worker that uploads, and the store that lets it wait.
  async function held(files) {
    const { archive } = await available(store.target(), files);
    let release;
    let reached;
    const waits = new Promise((resolve) => (release = resolve));
    const arrived = new Promise((resolve) => (reached = resolve));
    store.fate = (seen) => {
      if (seen.method !== 'PUT') return undefined;
      reached();
      return waits;
    };
    const worker = ctl(['work', '--once', '--lane', 'media']);
    await Promise.race([arrived, worker]);
    return { archive, worker, release };
  }
  // What was deleted while it was uploaded leaves nothing.
  const assertGone = async (archive) => {
    await until(async () => {
      await work();
      return (await jobs(archive)).length === 0;
    }, 'the jobs to end');
    assert.deepEqual((await store.objects()).filter((name) => name.includes(archive)), []);
    assert.deepEqual(await stack.rows('SELECT id FROM archive_files WHERE archive_id = ?', [archive]), []);
  };

  test('the removal of an archive waits for the worker that uploads it', async () => {
    const { archive, worker, release } = await held({ 'meeting.mp4': randomBytes(1000) });
    assert.equal((await client.call('DELETE', `/archives/${archive}`)).status, 200);
    await ctl(['work', '--once', '--lane', 'media']);
    assert.match((await jobs(archive)).find((job) => job.kind === 'objects-delete')?.last_error ?? 'the job is done', /has not ended yet/);
    assert.match((await ctl(['archives'])).stdout, new RegExp(`^${archive} {2}deleted .*\n {4}.*has not ended yet$`, 'm'));
    release();
    await worker;
    await assertGone(archive);
  });

  test('the upload of an archive that was deleted is broken off', async () => {
    const { archive, worker, release } = await held({ 'meeting.mp4': randomBytes(1000) });
    const started = Date.now();
    assert.equal((await client.call('DELETE', `/archives/${archive}`)).status, 200);
    await worker; // it would wait for STORAGE_STALL_SECONDS, 60
    assert.ok(Date.now() - started < 50000, `${Date.now() - started} ms`);
    release();
    await assertGone(archive);
  });

  test('with the fallback opentok the file stays here too', async () => {
    const { archive } = await available(store.target({ fallback: 'opentok' }), { 'meeting.mp4': randomBytes(1000) });
    await work();
    assert.equal((await shown(archive)).status, 'uploaded');
    assert.ok(existsSync(local(archive, 'meeting.mp4')));
    assert.deepEqual(await jobs(archive), []);
  });

  test('an upload that fails for days is given up, its file stays, and retry takes it up again', async () => {
    const files = { 'meeting.mp4': randomBytes(1000) };
    const { archive } = await available(store.target(), files);
    store.fate = () => ({ status: 503 });
    await work();
    await stack.rows('UPDATE archive_files SET faulty_since = UTC_TIMESTAMP(3) - INTERVAL 169 HOUR WHERE archive_id = ?', [archive]);
    const { stderr } = await work();
    assert.match(stderr, new RegExp(`${archive} is given up`));
    assert.deepEqual(await jobs(archive), []);
    assert.match((await ctl(['archives'])).stdout, new RegExp(`^${archive} {2}available .*given up$`, 'm'));
    assert.ok(existsSync(local(archive, 'meeting.mp4')));
    store.fate = () => undefined;
    assert.equal((await ctl(['archives', 'retry', archive])).code, 0);
    await work();
    await assertUploaded(archive, files);
  });

  test('a file that is missing is named', async () => {
    const { archive } = await available(store.target(), { 'meeting.mp4': randomBytes(1000) });
    await stack.rows("UPDATE archive_files SET path = 'other.mp4' WHERE archive_id = ?", [archive]);
    await work();
    assert.match((await ctl(['archives'])).stdout, new RegExp(`^${archive}.*\n {4}file: The file other\\.mp4 cannot be opened: No such file`, 'm'));
  });

  test('the operator is told when there is nothing to retry', async () => {
    const { archive } = await available(null, { 'meeting.mp4': randomBytes(1000) });
    for (const verb of ['retry', 'verify']) {
      const unknown = await ctl(['archives', verb, 'no-such-archive']);
      assert.deepEqual([unknown.code, unknown.stderr], [1, 'confabctl archives: There is no such archive.\n']);
      assert.match((await ctl(['archives', verb, archive])).stderr, /has no storage target/);
    }
    assert.equal((await ctl(['archives', 'explode', archive])).code, 2);
  });

  test('a recording keeps the target that was set when it began', async () => {
    const setter = new CgiClient(stack, { ...CREDENTIALS, STORAGE_ALLOW_HTTP: 'yes', STORAGE_HOSTS: '127.0.0.1' });
    const begun = async () => {
      const link = await client.meeting({ enableArchiving: true });
      const [row] = await stack.rows('SELECT session_id, archive_id FROM meetings WHERE meeting_link = ?', [link]);
      assert.equal((await client.events([publishedEvent({ room: String(row.session_id), at: Date.now() * 1000 })])).status, 204);
      return String(row.archive_id);
    };
    const kept = async (archive) => (await stack.rows('SELECT storage FROM archives WHERE archive_id = ?', [archive]))[0].storage;
    assert.equal((await setter.call('PUT', '/archives/storage-target', { body: store.target() })).status, 200);
    const with_ = await begun();
    assert.equal(JSON.parse(await kept(with_)).endpoint, store.endpoint);
    const answer = await client.call('DELETE', '/archives/storage-target');
    assert.deepEqual([answer.status, answer.text], [200, 'null']);
    assert.equal((await client.call('DELETE', '/archives/storage-target')).status, 200);
    assert.equal(await kept(await begun()), null);
    assert.equal(JSON.parse(await kept(with_)).endpoint, store.endpoint);
    assertError(await client.call('DELETE', '/archives/storage-target', { auth: { permissions: ['GetMeetingArchives'] } }), 403, 'ForbiddenError');
    assertError(await client.call('DELETE', '/archives/storage-target', { auth: { tenantId: 'acme' } }), 403, 'ForbiddenError');
  });

  test('recordings older than ARCHIVE_RETENTION_DAYS expire: their files go, here and in the store', async () => {
    const files = { 'meeting.mp4': randomBytes(1000) };
    const old = await available(store.target(), files);
    const young = await available(store.target(), files);
    await work();
    const mine = await available(null, files);
    for (const { archive } of [old, mine]) await stack.rows('UPDATE archives SET created_on = UTC_TIMESTAMP(3) - INTERVAL 31 DAY WHERE archive_id = ?', [archive]);
    const before_ = await linked(old.archive);
    assert.equal(sha256(before_), sha256(files['meeting.mp4']));
    await stack.rows("UPDATE jobs SET due = UTC_TIMESTAMP(3), leased_until = NULL, leased_by = NULL WHERE kind = 'retention'");
    await ctl(['work', '--once', '--lane', 'upkeep'], { ARCHIVE_RETENTION_DAYS: '30' });
    await work();
    for (const { archive } of [old, mine]) {
      const { status, url } = await shown(archive);
      assert.deepEqual([status, url], ['expired', null]);
      assert.deepEqual(await stack.rows('SELECT id FROM archive_files WHERE archive_id = ?', [archive]), []);
      assert.ok(!existsSync(local(archive, 'meeting.mp4')));
    }
    assert.ok(store.seen.some((seen) => seen.method === 'DELETE' && seen.path.includes(old.archive)));
    assert.equal((await shown(young.archive)).status, 'uploaded');
    assert.equal((await client.call('DELETE', `/archives/${old.archive}`)).status, 200);
  });

  test('what belongs to a deleted meeting goes from the store too', async () => {
    const { archive, link } = await available(store.target(), { 'meeting.mp4': randomBytes(1000) });
    await work();
    await client.call('PATCH', `/session/${link}/end`);
    await stack.rows('UPDATE meetings SET end_time = UTC_TIMESTAMP(3) - INTERVAL 31 DAY WHERE meeting_link = ?', [link]);
    await stack.rows("UPDATE jobs SET due = UTC_TIMESTAMP(3), leased_until = NULL, leased_by = NULL WHERE kind = 'retention'");
    await ctl(['work', '--once', '--lane', 'upkeep'], { RETENTION_DAYS: '30' });
    await until(async () => {
      await work();
      return (await stack.rows('SELECT id FROM archives WHERE archive_id = ?', [archive])).length === 0;
    }, 'the archive\'s row to go');
    assert.ok(store.seen.some((seen) => seen.method === 'DELETE' && seen.path.includes(archive)));
    assert.deepEqual(await stack.rows('SELECT id FROM archive_files WHERE archive_id = ?', [archive]), []);
  });
});
