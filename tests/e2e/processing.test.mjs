// From the track files of a recording to files that people can watch: what is made, when it can be watched, and that nothing is lost
// or made twice whatever ends in the middle.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { Client } from './lib/client.mjs';
import { packets, pictures, probed, trackFile } from './lib/mjr.mjs';
import { BLUE, LIME, RED, Recording, share } from './lib/recorded.mjs';
import { childrenOf, patience, sharedStack, sleep, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const [command, ...asUser] = stack.commandOfService();
const run = promisify(execFile);
const started = [];
const KILLS = Number(process.env.CONFAB_KILLS ?? 6);
const VICTIMS = ['worker', 'media', 'ffmpeg'];

after(async () => {
  for (const worker of started) worker.kill('SIGKILL');
  client.agent.destroy();
  await stack.up('work');
});

const environment = (settings) => ({ ...process.env, CONFAB_CONF: path.join(stack.var, 'confab.conf'), ...settings });
const ctl = (args, settings = {}) => run(command, [...asUser, ...args], { env: environment(settings), timeout: Math.round(patience(60000)) });

// A worker of one lane, beside those of the stack.
function worker(lane, settings = {}, more = []) {
  const child = spawn(command, [...asUser, 'work', '--lane', lane, ...more], { env: environment(settings), stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (bytes) => (log += bytes));
  started.push(child);
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
  return { child, pid: child.pid, ended, log: () => log };
}

// No worker of the stack takes the jobs of these tests.
const alone = async (work) => {
  try {
    await stack.rest('work');
    await work();
  } finally {
    await stack.up('work');
  }
};

const due = (id) => stack.rows('UPDATE jobs SET due = UTC_TIMESTAMP(3), leased_until = NULL, leased_by = NULL WHERE subject = ?', [id]);
const jobs = (id) => stack.rows('SELECT kind, attempts, leased_until, last_error FROM jobs WHERE subject = ? ORDER BY kind', [id]);

// Runs the due jobs of both lanes once.
async function work(id, settings = {}) {
  await due(id);
  const { stderr } = await ctl(['work', '--once', '--lane', 'media', '--lane', 'compose'], settings);
  return stderr;
}

async function tracksAlone(recording) {
  await due(recording.id);
  await ctl(['work', '--once', '--lane', 'media']);
  assert.equal((await recording.row()).status, 'processing', JSON.stringify(await jobs(recording.id)));
}

const segments = (folder) => (existsSync(folder) ? readdirSync(folder).filter((name) => /^segment-[0-9a-f]+\.mp4$/.test(name)) : []);
const inode = (folder, name) => statSync(path.join(folder, name)).ino;

// Somebody who is there all the time, and somebody who comes and goes: seven segments.
async function manySegments(seconds = 14) {
  const recording = await Recording.start(client);
  const ann = await recording.person('ann', 'Ann');
  const bob = await recording.person('bob', 'Bob');
  recording.sends(ann, { colour: 'red', seconds });
  for (const at of [2, 6, 10]) recording.sends(bob.replace(/.$/, String(at % 10)), { colour: 'blue', at, seconds: 2, sound: false });
  await recording.stop();
  return recording;
}

// One result, whole, and nothing else.
async function assertOneResult(recording, seconds) {
  const row = await recording.reaches(['available']);
  const file = path.join(recording.folder, 'meeting.mp4');
  assert.ok(Math.abs(Number(probed(file).format.duration) - seconds) < 0.2);
  assert.equal(statSync(file).size, Number(row.size));
  assert.deepEqual((await recording.files()).map(({ kind }) => kind), ['composed', 'poster', 'thumbnails', 'chapters']);
  assert.equal((await recording.events()).filter((type) => type === 'recording.available').length, 1);
  await until(() => readdirSync(recording.folder).every((name) => !/^segment-|\.part$/.test(name)), 'the parts to be removed');
}

test('who comes late and goes early is in the picture for that time; the tracks can be watched before the whole', async () => {
  const recording = await Recording.start(client);
  const ann = await recording.person('ann', 'Ann');
  const bob = await recording.person('bob', 'Bob');
  recording.sends(ann, { colour: 'red', seconds: 8 });
  recording.sends(bob, { colour: 'blue', at: 3, seconds: 3 });
  await recording.stop();
  const { tracks } = await recording.reaches(['processing', 'available']);
  assert.deepEqual(tracks.map(({ attendee, screen, from, audio, video }) => [attendee, screen, from, audio, video]), [
    ['ann', false, 0, 'opus', 'vp8'],
    ['bob', false, 3000000, 'opus', 'vp8'],
  ]);
  const row = await recording.reaches(['available']);
  const files = await recording.files();
  assert.deepEqual(files.map(({ path: name, kind, content_type }) => [name, kind, content_type]), [
    ['meeting.mp4', 'composed', 'video/mp4'],
    ['poster.jpg', 'poster', 'image/jpeg'],
    ['thumbnails.jpg', 'thumbnails', 'image/jpeg'],
    ['chapters.vtt', 'chapters', 'text/vtt'],
  ]);
  const file = path.join(recording.folder, 'meeting.mp4');
  const { format, streams } = probed(file);
  assert.deepEqual(streams.map(({ codec_name }) => codec_name).sort(), ['aac', 'h264']);
  assert.ok(Math.abs(Number(format.duration) - 8) < 0.2, format.duration);
  assert.deepEqual([row.duration, row.progress, row.reason, Number(row.size)], [8, null, null, Number(format.size)]);
  for (const { second, red, blue } of [{ second: 1, red: true, blue: false }, { second: 4.5, red: true, blue: true }, { second: 7, red: true, blue: false }]) {
    assert.equal(share(file, second, RED) > 0.2, red, `red at ${second}`);
    assert.equal(share(file, second, BLUE) > 0.2, blue, `blue at ${second}`);
  }
  assert.deepEqual(readdirSync(recording.folder).filter((name) => /^segment-|\.part$/.test(name)), []);
  const events = await recording.events();
  assert.deepEqual([events[0], events[1], events[2], events.at(-1)], ['recording.started', 'recording.stopped', 'recording.progress 0', 'recording.available']);
});

test('a camera that goes off leaves no picture, a screen has its place, and hostile files cost nobody else anything', async () => {
  const recording = await Recording.start(client);
  const ann = await recording.person('ann', 'Ann');
  const bob = await recording.person('bob', 'Bob');
  const red = packets('vp8', pictures('vp8', { seconds: 8, picture: 'color=c=red' }));
  recording.put(trackFile('vp8', red.filter(({ at }) => at < 3000 || at >= 6000), { first: recording.zero }), { participant: ann, kind: 'video' });
  recording.sends(ann, { seconds: 8, end: '.tmp' }); // as a killed Janus leaves it
  recording.sends(`${bob}-screen`, { colour: 'lime', at: 1, seconds: 6, sound: false });
  recording.put(Buffer.from('MJR00002'), { participant: bob, kind: 'audio' });
  recording.put(Buffer.alloc(5000, 255), { participant: bob, kind: 'video', at: 1, number: 1 });
  recording.put(Buffer.concat([Buffer.from('MJR00002\xff\xff{', 'latin1'), Buffer.alloc(900, 'MEET')]), { participant: ann, kind: 'video', at: 2, number: 1 });
  recording.put(trackFile('vp8', red, { first: recording.zero }), { participant: 'NobodyNobodyNobo-12345678', kind: 'video' });
  const closed = new Date(Date.now() - 60000);
  for (const name of readdirSync(recording.folder)) utimesSync(path.join(recording.folder, name), closed, closed);
  await recording.stop();
  const { tracks } = await recording.reaches(['available']);
  assert.deepEqual(tracks.map(({ attendee, screen }) => [attendee, screen]), [['ann', false], ['bob', true]]);
  const file = path.join(recording.folder, 'meeting.mp4');
  for (const [camera, screen, ...seconds] of [[1, 0, 0.5, 7.6], [1, 1, 2, 6.6], [0, 1, 4.5]])
    for (const second of seconds) {
      assert.equal(share(file, second, RED) > 0.02, camera === 1, `the camera at ${second}`);
      assert.equal(share(file, second, LIME) > 0.3, screen === 1, `the screen at ${second}`);
    }
});

test('a recording in which nobody was heard or seen has failed, and says so', async () => {
  const recording = await Recording.start(client);
  recording.put(Buffer.from('MJR00002'), { participant: await recording.person('ann', 'Ann'), kind: 'audio' });
  await recording.stop();
  assert.match((await recording.reaches(['failed'])).reason, /no sound and no picture/);
  assert.equal((await recording.events()).at(-1), 'recording.failed');
});

test('outputMode individual: the files of the people are the result', async () => {
  const recording = await Recording.start(client);
  recording.sends(await recording.person('ann', 'Ann'), { colour: 'red' });
  recording.sends(await recording.person('bob', 'Bob'), { codec: 'h264', colour: 'blue', at: 1 });
  await stack.rows("UPDATE archives SET output_mode = 'individual' WHERE archive_id = ?", [recording.id]);
  await recording.stop();
  const { tracks, width, progress, duration } = await recording.reaches(['available']);
  assert.deepEqual([tracks.length, width, progress, duration], [2, null, null, 5]);
  assert.deepEqual(
    (await recording.files()).map(({ path: name, kind, content_type, size }) => [name, kind, content_type, Number(size)]),
    tracks.map(({ file, size }) => [file, 'track', file.endsWith('.mkv') ? 'video/x-matroska' : 'video/webm', size]),
  );
  for (const { file } of tracks) assert.equal(probed(path.join(recording.folder, file)).streams.length, 2);
  assert.deepEqual((await jobs(recording.id)).map(({ kind }) => kind), ['tracks-expire']);
  assert.equal((await recording.events()).at(-1), 'recording.available');
});

test('webm, names in any script, and what is not needed goes at once where the operator wants it', () =>
  alone(async () => {
    const recording = await Recording.start(client);
    const names = ['محمد العربي', '山田太郎', "D'Arcy %{n}:x=0;[in]", 'Zoë 🎈'];
    for (const [i, name] of names.entries()) recording.sends(await recording.person(`p${i}`, name), { colour: 'red', seconds: 4, sound: i < 2 });
    await recording.stop();
    await work(recording.id, { ARCHIVE_FORMAT: 'webm', RECORDING_KEEP_TRACKS: '0' });
    const row = await recording.row();
    assert.deepEqual([row.status, row.tracks, row.reason], ['available', null, null]);
    assert.deepEqual(readdirSync(recording.folder).sort(), ['chapters.vtt', 'meeting.webm', 'poster.jpg', 'thumbnails.jpg']);
    const file = path.join(recording.folder, 'meeting.webm');
    assert.deepEqual(probed(file).streams.map(({ codec_name }) => codec_name).sort(), ['opus', 'vp9']);
    const chapters = readFileSync(path.join(recording.folder, 'chapters.vtt'), 'utf8');
    for (const name of names) assert.ok(chapters.includes(name), `${name} is not in ${chapters}`);
    assert.ok(share(file, 2, RED, 'crop=60:10:4:168') < 0.5, 'no name is in the picture');
    assert.ok(share(file, 2, RED, 'crop=60:10:4:100') > 0.9, 'there is more than a name in the picture');
    assert.deepEqual(await jobs(recording.id), []);
  }));

test('killed at any moment, by whatever is killed: the next worker goes on, and there is one result', () =>
  alone(async () => {
    let recording = await manySegments();
    await tracksAlone(recording);
    for (let i = 0; i < KILLS; i++) {
      const victim = VICTIMS[i % VICTIMS.length];
      const before = new Map(segments(recording.folder).map((name) => [name, inode(recording.folder, name)]));
      await due(recording.id);
      const { pid, child, ended } = worker('compose');
      const [media] = await until(() => childrenOf(pid).length > 0 && childrenOf(pid), 'a program');
      await sleep(Math.random() * 600);
      const target = victim === 'worker' ? pid : victim === 'media' ? media : childrenOf(media)[0];
      try {
        process.kill(target ?? pid, 'SIGKILL');
      } catch (error) {
        assert.equal(error.code, 'ESRCH'); // it has ended
      }
      child.kill('SIGKILL');
      await ended;
      await until(() => !existsSync(`/proc/${media}`), 'the program to die with its worker');
      if ((await recording.row()).status === 'available') {
        await assertOneResult(recording, 14);
        recording = await manySegments();
        await tracksAlone(recording);
        continue;
      }
      for (const [name, number] of before) assert.equal(inode(recording.folder, name), number, `${name} was made again`);
    }
    assert.ok((await recording.row()).failures < 3);
    await work(recording.id);
    await assertOneResult(recording, 14);
  }));

test('a worker that gets TERM gives the work back at once', () =>
  alone(async () => {
    const recording = await manySegments();
    await tracksAlone(recording);
    const { pid, child, ended } = worker('compose');
    await until(() => segments(recording.folder).length > 0, 'the first segment');
    const done = segments(recording.folder).length;
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
    assert.ok(!existsSync(`/proc/${pid}`));
    const [job] = await jobs(recording.id);
    assert.deepEqual([job.kind, job.leased_until], ['archive-compose', null]);
    assert.deepEqual([(await recording.row()).status, (await recording.row()).failures], ['processing', 0]);
    assert.ok(done <= segments(recording.folder).length);
    await work(recording.id);
    await assertOneResult(recording, 14);
  }));

test('a worker that stood still past its lease changes nothing of the next one', () =>
  alone(async () => {
    const recording = await manySegments();
    await tracksAlone(recording);
    const slow = worker('compose', {}, ['--lease', '2000']);
    await until(() => segments(recording.folder).length > 1, 'some segments');
    slow.child.kill('SIGSTOP');
    await until(async () => (await stack.rows('SELECT 1 FROM jobs WHERE subject = ? AND leased_until < UTC_TIMESTAMP(3)', [recording.id])).length > 0, 'the lease to end');
    await ctl(['work', '--once', '--lane', 'compose']);
    await assertOneResult(recording, 14);
    const { mtimeMs } = statSync(path.join(recording.folder, 'meeting.mp4'));
    slow.child.kill('SIGCONT');
    await until(() => /another.* job|job is another/.test(slow.log()), 'the slow worker to see it');
    slow.child.kill('SIGTERM');
    await slow.ended;
    assert.equal(statSync(path.join(recording.folder, 'meeting.mp4')).mtimeMs, mtimeMs);
    await assertOneResult(recording, 14);
  }));

test('the database is away in the middle: nothing is lost, and there is one result', () =>
  alone(async () => {
    const recording = await manySegments();
    await tracksAlone(recording);
    const { child, ended } = worker('compose');
    await until(() => segments(recording.folder).length > 0, 'the first segment');
    const done = segments(recording.folder).length;
    await stack.without(['mariadb'], () => until(() => segments(recording.folder).length > done + 1 || !existsSync(`/proc/${child.pid}`), 'more segments'));
    await recording.reaches(['available']);
    assert.equal((await recording.row()).failures, 0);
    child.kill('SIGTERM');
    await ended;
    await assertOneResult(recording, 14);
  }));

test('an archive that is deleted during the work is gone, and the work ends', () =>
  alone(async () => {
    const recording = await manySegments();
    await tracksAlone(recording);
    const { child, ended } = worker('compose');
    await until(() => segments(recording.folder).length > 0, 'the first segment');
    await until(async () => (await client.call('DELETE', `/archives/${recording.id}`)).status === 200, 'the deletion');
    await until(async () => (await jobs(recording.id)).every(({ kind }) => kind !== 'archive-compose'), 'the work to end');
    child.kill('SIGTERM');
    await ended;
    assert.equal(existsSync(recording.folder), false);
    assert.equal((await recording.row()).status, 'deleted');
    assert.deepEqual(await recording.files(), []);
  }));

const failedTotal = async () => Number((await client.call('GET', '/metrics', { auth: null })).text.match(/^confab_archives_failed_total\{reason="program"\} (\d+)/m)?.[1]);

test('what fails three times has failed, keeps its tracks, and can be tried again', () =>
  alone(async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'cf-broken-'));
    try {
      chmodSync(folder, 0o755);
      for (const name of ['ffmpeg', 'ffprobe']) writeFileSync(path.join(folder, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
      const recording = await Recording.start(client);
      recording.sends(await recording.person('ann', 'Ann'), { colour: 'red' });
      await recording.stop();
      const before = await failedTotal();
      for (let i = 0; i < 3; i++) {
        assert.notEqual((await recording.row()).status, 'failed');
        await work(recording.id, { FFMPEG_DIR: folder });
      }
      const row = await recording.row();
      assert.equal(row.status, 'failed');
      assert.match(row.reason, /could not be composed/);
      assert.equal(row.tracks.length, 1);
      assert.ok(existsSync(path.join(recording.folder, row.tracks[0].file)));
      assert.equal((await recording.events()).at(-1), 'recording.failed');
      assert.equal(await failedTotal(), before + 1);
      assert.match((await ctl(['archives'])).stdout, new RegExp(`^${recording.id}  failed  stopped \\S+  tries that failed: 3  not tried again\\n    The recording could not`, 'm'));
      await ctl(['archives', 'retry', recording.id]);
      await work(recording.id);
      assert.equal((await recording.row()).status, 'available');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }));

const LIVE = { RECORDING_LIVE: 'yes', RECORDING_LIVE_LOAD: '1000000' };

test('with RECORDING_LIVE what is over is composed during the call, and not again after it', () =>
  alone(async () => {
    const recording = await Recording.start(client);
    const [ann, bob] = [await recording.person('ann', 'Ann'), await recording.person('bob', 'Bob')];
    // It has begun 140 s ago.
    await stack.rows('UPDATE archives SET created_at = created_at - INTERVAL 140 SECOND WHERE archive_id = ?', [recording.id]);
    recording.zero -= 140e6;
    recording.sends(ann, { colour: 'red', seconds: 150, end: '.tmp' });
    recording.sends(bob, { colour: 'blue', seconds: 80, at: 70, end: '.tmp' });
    const seed = (settings) => ctl(['work', '--once', '--lane', 'control'], settings);
    // One that an earlier release has left, and that nothing works on, holds nothing up.
    const old = await Recording.start(client);
    await old.stop();
    await stack.rows("UPDATE archives SET status = 'stopped' WHERE archive_id = ?", [old.id]);
    await stack.rows('DELETE FROM jobs WHERE subject = ?', [old.id]);
    await seed({});
    assert.deepEqual(await jobs(recording.id), []);
    await stack.hurry('recordings');
    await seed(LIVE);
    assert.deepEqual((await jobs(recording.id)).map(({ kind }) => kind), ['archive-live']);
    // Calls come first.
    await work(recording.id, { ...LIVE, RECORDING_LIVE_LOAD: '1' });
    assert.deepEqual(segments(recording.folder), []);
    await stack.rows("UPDATE jobs SET due = UTC_TIMESTAMP(3) WHERE kind = 'recordings'");
    await seed(LIVE);
    await work(recording.id, LIVE);
    // A minute of Ann, and ten seconds of her. More is over only if this has taken long.
    const made = segments(recording.folder).map((name) => [name, inode(recording.folder, name)]);
    assert.ok(made.length >= 2 && made.length <= 4, `${made.length} segments`);
    const { status, tracks } = await recording.row();
    assert.deepEqual([status, tracks], ['started', null]);
    assert.deepEqual(await jobs(recording.id), []);

    for (const name of readdirSync(recording.folder)) if (name.endsWith('.tmp')) rmSync(path.join(recording.folder, name));
    recording.sends(ann, { colour: 'red', seconds: 160 });
    recording.sends(bob, { colour: 'blue', seconds: 80, at: 70 });
    await recording.stop();
    await tracksAlone(recording);
    await due(recording.id);
    const { ended } = worker('compose', LIVE, ['--once']);
    await until(() => segments(recording.folder).length > made.length, 'the first segment after the call', 30000);
    for (const [name, number] of made) assert.equal(inode(recording.folder, name), number, `${name} was made again`);
    await ended;
    await assertOneResult(recording, 160);
    const { width, height } = await recording.row();
    assert.deepEqual([width, height], [1280, 720]);
    const file = path.join(recording.folder, 'meeting.mp4');
    for (const { second, blue } of [{ second: 30, blue: false }, { second: 100, blue: true }, { second: 140, blue: true }, { second: 155, blue: false }]) {
      assert.ok(share(file, second, RED) > 0.05, `red at ${second}`);
      assert.equal(share(file, second, BLUE) > 0.05, blue, `blue at ${second}`);
    }
  }));
