// Recordings and a full disk: a start is refused, and a failed recording says why. The folder for recordings is a small file
// system of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client, assertError } from './lib/client.mjs';
import { enter } from './lib/page.mjs';
import { Recording } from './lib/recorded.mjs';
import { startStack, until } from './lib/stack.mjs';

const MIB = 1 << 20;
const HEALED = 150000; // ms: a worker that is gone loses its lease after a minute, a program that stands still is ended after two
const root = process.getuid() === 0; // only root may mount
const options = { skip: root ? false : 'root alone may mount a file system' };
let stack;
let client;
let folder;
let browser;

before(async () => {
  if (!root) return;
  stack = await startStack({ settings: { RECORDING_MIN_FREE: 8 } });
  client = new Client(stack);
  folder = stack.conf.RECORDINGS_DIR;
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=2770,uid=confab,gid=confab-janus', 'tmpfs', folder]);
});

after(async () => {
  await browser?.close();
  await stack?.script('down');
  if (folder) execFileSync('umount', ['-l', folder]);
  await stack?.stop();
});

// Fills the disk but for `left` MiB.
function fill(left = 0) {
  const file = openSync(path.join(folder, 'filler'), 'w');
  const piece = Buffer.alloc(MIB / 16);
  try {
    for (let i = 0; i < 16 * (16 - left); i++) writeSync(file, piece);
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  } finally {
    closeSync(file);
  }
}

const empty = () => rmSync(path.join(folder, 'filler'), { force: true });
const start = (link) => client.call('POST', `/session/${link}/archives`);
const stop = (id) => client.call('PATCH', `/archives/${id}/stop`);
const list = async (link) => (await client.call('GET', `/archives?meetingLinkId=${link}`)).body.items;
const recordings = async () => (await client.call('GET', '/health', { auth: null })).body.recordings;
const failed = async () => Number((await client.call('GET', '/metrics', { auth: null })).text.match(/^confab_recordings_failed_total (\d+)/m)?.[1] ?? 0);

// Somebody with camera and microphone in the meeting.
async function sender(link, role = 'publisher') {
  browser ??= await Browser.start();
  const person = await browser.person();
  const { body } = await client.call('POST', `/session/${link}/invites`, { body: { role, name: 'Ann' } });
  await enter(person, body.url);
  return person;
}

test('less space than RECORDING_MIN_FREE: a start is refused, and health and check say so', options, async () => {
  const link = await client.meeting({});
  assert.equal(await recordings(), 'ok');
  fill(4);
  try {
    const answer = await start(link);
    assertError(answer, 503, 'ServiceUnavailableError', /too little space/);
    assert.equal(answer.body.error.code, 'RECORDING_NO_SPACE');
    assert.deepEqual(await list(link), []);
    await until(async () => (await recordings()) === 'low on space', 'health to say so');
    assert.match((await stack.ctl('check')).stdout, /^warn .*recordings: \d MiB free/m);
  } finally {
    empty();
  }
  const answer = await start(link);
  assert.equal(answer.status, 200);
  await stop(answer.body.metaData.id);
});

const events = async (link, type) => (await client.call('GET', `/session/${link}/events`)).body.events.filter((event) => event.type === type);
const bytes = (id) => Number(execFileSync('du', ['-sb', path.join(folder, id)]).toString().split('\t')[0]);

test('less space than RECORDING_MIN_FREE while recordings go on: they stop before the disk is full, and say why', options, async () => {
  const links = [await client.meeting({}), await client.meeting({ enableArchiving: true })];
  const people = [await sender(links[0], 'moderator'), await sender(links[1])];
  const ids = [(await start(links[0])).body.metaData.id];
  ids[1] = (await until(async () => (await list(links[1]))[0], 'the recording to begin', 20000)).metaData.id;
  for (const id of ids) await until(() => bytes(id) > 20000, 'some media', 20000);
  const stopped = async () => Number((await client.call('GET', '/metrics', { auth: null })).text.match(/^confab_recordings_out_of_space_total (\d+)/m)?.[1] ?? 0);
  const free = async () => Number((await client.call('GET', '/metrics', { auth: null })).text.match(/^confab_recordings_free_bytes (\d+)/m)[1]);
  const reason = 'The recording was stopped: the disk for recordings is nearly full.';
  assert.ok(await free() > 8 * MIB);
  fill(4);
  try {
    for (const [i, link] of links.entries()) {
      const [archive] = await until(async () => {
        const items = await list(link);
        return items[0].metaData.status !== 'started' && items;
      }, 'the recording to stop', 10000);
      assert.deepEqual([archive.metaData.id, archive.metaData.status, archive.metaData.reason], [ids[i], 'stopped', reason]);
      assert.ok(archive.metaData.size > 10000);
      assert.deepEqual((await events(link, 'recording.stopped')).map(({ data }) => data), [{ archiveId: ids[i] }]);
      assert.deepEqual((await events(link, 'recording.failed')).map(({ data }) => data), [{ archiveId: ids[i], reason }]);
    }
    await until(async () => (await people[0].page.locator('#notices').textContent()).includes(reason), 'the moderator to see it');
    const now = bytes(ids[0]);
    assert.equal(await stopped(), 2);
    assert.ok(await free() < 8 * MIB && await free() > 0);
    assert.equal(bytes(ids[0]), now, 'nothing more is written');
  } finally {
    empty();
  }
  // There is space again: a start works, nothing starts by itself.
  assert.equal((await start(links[1])).status, 200);
  assert.equal((await list(links[0])).length, 1);
  for (const person of people) await person.page.close();
});

test('a recording onto a full disk has failed, and says why', options, async () => {
  const link = await client.meeting({ enableArchiving: true });
  const before_ = await failed();
  fill();
  try {
    const person = await sender(link);
    const [archive] = await until(async () => {
      const items = await list(link);
      return items.length > 0 && items;
    }, 'the recording to begin', 20000);
    await stop(archive.metaData.id); // unless the service has stopped it already: there is no space
    const { status, size, reason } = (await list(link))[0].metaData;
    assert.deepEqual([status, size], ['failed', 0]);
    assert.match(reason, /disk is full/);
    assert.equal((await stop(archive.metaData.id)).status, 409);
    await person.page.close();
  } finally {
    empty();
  }
  assert.equal(await failed(), before_ + 1);
  assert.match(stack.log('pool') + stack.log('work'), /a recording has stopped: Nothing was recorded: the disk is full/);
});

test('the end of the meeting finds an empty recording, too', options, async () => {
  const link = await client.meeting({ enableArchiving: true });
  fill();
  try {
    const person = await sender(link);
    await until(async () => (await list(link)).length > 0, 'the recording to begin', 20000);
    assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
    await until(async () => {
      await stack.hurry('room-end');
      return (await list(link))[0].metaData.status === 'failed';
    }, 'it to have failed', 20000);
    assert.match((await list(link))[0].metaData.reason, /disk is full/);
    await person.page.close();
  } finally {
    empty();
  }
});

test('a recording in which nobody sent has failed, and says so', options, async () => {
  const link = await client.meeting({});
  await client.token(link);
  const { id } = (await start(link)).body.metaData;
  const { metaData } = (await stop(id)).body;
  assert.deepEqual([metaData.status, metaData.size], ['failed', 0]);
  assert.match(metaData.reason, /no sound and no picture/);
  assert.equal((await client.call('DELETE', `/archives/${id}`)).status, 200);
});

test('a recording with sound and picture in it has stopped, without a reason', options, async () => {
  const link = await client.meeting({});
  const person = await sender(link);
  const { id } = (await start(link)).body.metaData;
  await until(() => Number(execFileSync('du', ['-sb', path.join(folder, id)]).toString().split('\t')[0]) > 20000, 'some media', 20000);
  const { metaData } = (await stop(id)).body;
  assert.deepEqual([metaData.status, metaData.reason], ['stopped', null]);
  assert.ok(metaData.size > 10000);
  await person.page.close();
});

test('a recording waits for space, says so, and is processed when there is some', options, async () => {
  const recording = await Recording.start(client);
  recording.sends(await recording.person('ann', 'Ann'), { colour: 'red' });
  fill(4);
  try {
    await recording.stop();
    await until(async () => /too little space/.test((await recording.row()).reason ?? ''), 'the reason');
    await until(async () => {
      await stack.hurry('archive-tracks');
      return (await stack.rows('SELECT attempts FROM jobs WHERE subject = ?', [recording.id]))[0].attempts > 3;
    }, 'more than three tries', 20000);
    const { status, failures } = await recording.row();
    assert.deepEqual([status, failures], ['stopped', 0]);
  } finally {
    empty();
  }
  await stack.hurry('archive-tracks');
  const { reason } = await recording.reaches(['available'], HEALED);
  assert.equal(reason, null);
});

test('a disk that is full in the middle of the work costs nothing but time', options, async () => {
  const recording = await Recording.start(client);
  const ann = await recording.person('ann', 'Ann');
  for (let i = 0; i < 3; i++) recording.sends(ann.replace(/.$/, String(i)), { colour: 'red', at: 4 * i });
  await recording.stop();
  await recording.reaches(['processing', 'available']);
  fill();
  try {
    await until(async () => /too little space/.test((await recording.row()).reason ?? '') || (await recording.row()).status === 'available', 'the reason', 20000);
  } finally {
    empty();
  }
  await until(async () => {
    await stack.hurry('archive-compose');
    return (await recording.row()).status === 'available';
  }, 'the result', 30000);
  assert.equal((await recording.row()).failures, 0);
});
