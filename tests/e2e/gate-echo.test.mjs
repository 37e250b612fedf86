// Testing before the call: the gate lets a person reach Janus' echo, and nothing else with it; nobody in the meeting sees it.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { GateStack } from './lib/gate.mjs';
import { until } from './lib/stack.mjs';

const ECHO = 'janus.plugin.echotest';
const ROOM = 'meeting';
/** @type {GateStack} */
let stack;

before(async () => {
  stack = await GateStack.start();
});
afterEach(async () => {
  for (const page of stack.pages) page.kill();
  stack.pool.verdict = ({ role }) => ({ state: 'admitted', role, seq: 0 });
  await until(async () => (await sessions()) === 0, "Janus' sessions to end");
});
after(() => stack?.stop());

const sessions = async () => (await stack.admin({ janus: 'list_sessions' })).sessions.length;
const person = (attendee, more = {}) => ({ room: ROOM, attendee, ...more });

// A page that has said that it only tests; gives the gate's answer too.
async function tester(attendee, more = {}) {
  const page = await stack.page(person(attendee, more));
  const answer = await page.confab({ echo: true });
  return { page, answer };
}

const attach = (page, plugin = ECHO) => page.request({ janus: 'attach', plugin });

test('a test reaches the echo alone, and is in no list of the meeting', async () => {
  const { page, answer } = await tester('ann');
  assert.equal(answer.state, 'admitted');
  const created = await page.request({ janus: 'create' });
  assert.equal(created.janus, 'success');
  assert.equal(created.data.ticket, undefined, 'one could come back to a test');
  assert.match((await attach(page, 'janus.plugin.videoroom')).error.reason, /no plugin/);
  const { data: { id } } = await attach(page);
  assert.equal((await page.plugin(id, {})).echotest, 'event');
  for (const body of [{ record: true, filename: '/tmp/x' }, { audio: true }, { request: 'join', ptype: 'publisher' }])
    assert.equal((await page.plugin(id, body)).error.code, 405, JSON.stringify(body));
  const list = await stack.connections();
  assert.deepEqual(list.map(({ state, ...more }) => [state, Object.keys(more)]), [['echo', ['janusSession']]]);
  assert.ok(await until(() => stack.pool.events.some(({ type, event }) => type === 2 && event.plugin === ECHO), "Janus' event"));
  assert.ok(!JSON.stringify(stack.pool.events).includes('uid='), 'the event names somebody');
});

test('people who wait may test, people who were removed or only watch may not', async () => {
  stack.pool.verdict = () => ({ state: 'waiting' });
  assert.equal((await tester('wendy')).answer.state, 'admitted');
  stack.pool.verdict = () => ({ state: 'removed' });
  const removed = await tester('rob');
  assert.equal(removed.answer.state, 'removed');
  assert.equal(await removed.page.closed(), 4403);
  const watcher = await tester('walt', { role: 'subscriber' });
  assert.equal(watcher.answer.error.code, 403);
});

test('a person has one test at a time, and may join during it', async () => {
  const { page } = await tester('ann');
  const second = await tester('ann', { participant: 'ann-2' });
  assert.equal(second.answer.error.code, 429);
  assert.equal(await second.page.closed(), 4429);
  (await stack.member(person('ann'))).leave();
  page.leave();
  await until(async () => (await tester('ann')).answer.state === 'admitted', 'another test to be possible');
});

test('a test whose page has lost its network leaves nothing in Janus', async () => {
  const { page } = await tester('kit');
  await page.request({ janus: 'create' });
  assert.equal(await sessions(), 1);
  page.kill();
  await until(async () => (await sessions()) === 0, "Janus' session to end");
  assert.deepEqual(stack.pool.notes('kit-1'), []);
});

test('the gate ends a test that goes on and on', async () => {
  const { page } = await tester('ann');
  await page.request({ janus: 'create' });
  await until(() => page.code !== undefined, 'the end of the test', 40000);
  assert.equal(page.code, 4429);
  await until(async () => (await sessions()) === 0, "Janus' session to end");
});

// The last one: for ten seconds after it nobody can test.
test('many tests at once find a limit', async () => {
  const answers = await Promise.all(Array.from({ length: 66 }, (_, i) => tester(`many-${i}`)));
  assert.ok(answers.some(({ answer }) => answer.error?.code === 429));
  assert.ok(answers.filter(({ answer }) => answer.state === 'admitted').length <= 64);
});
