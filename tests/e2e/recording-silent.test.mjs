// A recording into which nothing is written although people talk: the moderators are told within seconds, and when it works after
// all. A recording of people who send nothing is no fault.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Page } from './lib/janus.mjs';
import { enter } from './lib/page.mjs';
import { patience, sharedStack, until } from './lib/stack.mjs';

const LIMIT = 10000; // ms from the first media until the moderators are told
const stack = sharedStack();
const client = new Client(stack);
let browser;

before(async () => {
  browser = await Browser.start();
});
after(() => browser?.close());

const archives = async (link) => (await client.call('GET', `/archives?meetingLinkId=${link}`)).body.items;
const told = async (link, type) => (await client.call('GET', `/session/${link}/events`)).body.events.filter((event) => event.type === type);
const silent = async () => Number((await client.call('GET', '/metrics', { auth: null })).text.match(/^confab_recordings_silent_total (\d+)/m)?.[1] ?? 0);

async function come(link, role, name) {
  const person = await browser.person();
  const { body } = await client.call('POST', `/session/${link}/invites`, { body: { role, name } });
  await enter(person, body.url);
  return person;
}

const notices = (person) => person.page.locator('#notices').textContent();

test('nothing is written while people talk: moderators are told, others are not; and they are told when it works', async (t) => {
  const link = await client.meeting({ enableArchiving: true });
  const id = (await client.call('GET', `/session/${link}`)).body.archiveId;
  const folder = path.join(stack.conf.RECORDINGS_DIR, id);
  mkdirSync(folder, { mode: 0o500 }); // Janus cannot write there
  const before_ = await silent();
  const [ann, bob] = [await come(link, 'moderator', 'Ann'), await come(link, 'publisher', 'Bob')];
  const [fault] = await until(async () => {
    const list = await told(link, 'recording.failed');
    return list.length > 0 && list;
  }, 'the fault to be told', 30000);
  const [{ metaData }] = await archives(link);
  const late = Date.parse(fault.at) - Date.parse(metaData.createdAt);
  t.diagnostic(`told after ${late} ms`);
  assert.ok(late <= patience(LIMIT), `${late} ms`);
  assert.deepEqual(fault.data, { archiveId: id, reason: 'Sound or pictures come, but nothing of them is being recorded.' });
  assert.deepEqual([metaData.status, metaData.reason], ['started', fault.data.reason]);
  assert.equal(await silent(), before_ + 1);
  await until(async () => (await notices(ann)).includes(fault.data.reason), 'the moderator to see it');
  assert.ok(!(await notices(bob)).includes(fault.data.reason));
  // Somebody else comes, and this person's sound can be written.
  const { uid, gid } = statSync(stack.conf.RECORDINGS_DIR);
  if (process.getuid() === 0) chownSync(folder, uid, gid);
  chmodSync(folder, 0o2770);
  const eve = await come(link, 'publisher', 'Eve');
  await until(async () => (await told(link, 'recording.recovered')).length === 1, 'the recovery to be told', 30000);
  await until(async () => (await notices(ann)).includes('The recording works again.'), 'the moderator to see it');
  const [now] = await archives(link);
  assert.deepEqual([now.metaData.status, now.metaData.reason], ['started', null]);
  assert.ok(now.metaData.size > 0);
  const over = (await client.call('PATCH', `/archives/${id}/stop`)).body;
  assert.deepEqual([over.metaData.status, over.metaData.reason], ['stopped', null]);
  assert.equal((await told(link, 'recording.failed')).length, 1);
  for (const person of [ann, bob, eve]) await person.page.close();
});

test('people who send nothing: nobody is told of a fault', async () => {
  const link = await client.meeting({});
  const page = await Page.join(await client.token(link));
  await page.publish('audio', 'video'); // an offer of media that never flows
  const { id } = (await client.call('POST', `/session/${link}/archives`)).body.metaData;
  const end = Date.now() + 2 * LIMIT;
  await until(async () => {
    assert.deepEqual(await told(link, 'recording.failed'), []);
    return Date.now() > end;
  }, 'the limit to pass', 60000);
  assert.equal((await client.call('GET', `/archives/${id}`)).body.metaData.status, 'started');
  page.socket.close();
});
