// Testing before the call: the gate lets a person reach Janus' echo, and nothing else with it; nobody in the meeting sees it.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { GateStack } from './lib/gate.mjs';
import { until } from './lib/stack.mjs';

const ECHO = 'janus.plugin.echotest';
const ROOM_MAX = 16; // tests at once in one meeting
const PERSON_MAX = 8; // and of one person
const TURNED_AWAY = 60;
/** @type {GateStack} */
let stack;
let room = 'meeting'; // each test has its own
let count = 0; // of rooms

before(async () => {
  stack = await GateStack.start();
});
beforeEach(() => {
  room = `meeting-${count++}`;
});
afterEach(async () => {
  for (const page of stack.pages) page.kill();
  stack.pool.verdict = ({ role }) => ({ state: 'admitted', role, seq: 0 });
  await until(async () => (await sessions()) === 0, "Janus' sessions to end");
});
after(() => stack?.stop());

const sessions = async () => (await stack.admin({ janus: 'list_sessions' })).sessions.length;
const person = (attendee, more = {}) => ({ room, attendee, ...more });

// A page that has said that it only tests; gives the gate's answer too.
async function tester(attendee, more = {}) {
  const page = await stack.page(person(attendee, more));
  const answer = await page.confab({ echo: true });
  return { page, answer };
}

// Pages that test at once, and how many of them may.
async function crowd(names, participants = []) {
  const testers = await Promise.all(names.map((name, i) => tester(name, { participant: participants[i] })));
  const admitted = testers.filter(({ answer }) => answer.state === 'admitted');
  for (const { page, answer } of testers.filter((one) => !admitted.includes(one))) {
    assert.equal(answer.error?.code, 429, JSON.stringify(answer));
    assert.equal(await page.closed(), 4429);
  }
  return { pages: admitted.map(({ page }) => page), admitted: admitted.length };
}

const numbered = (length, name) => Array.from({ length }, (_, i) => `${name}-${i}`);
const isAdmitted = async (name, more = {}) => (await tester(name, more)).answer.state === 'admitted';
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

test('a test has two PeerConnections', async () => {
  const { page } = await tester('ann');
  await page.request({ janus: 'create' });
  const { data: { id } } = await attach(page);
  assert.equal((await attach(page)).janus, 'success');
  assert.equal((await attach(page)).error?.code, 429);
  await page.request({ janus: 'detach', handle_id: id });
  // Janus answers, and says in a message of its own that the handle is gone; which comes first is left open.
  await until(async () => (await attach(page)).janus === 'success', 'another one');
});

test('a page that tests again takes the place of its older test', async () => {
  const { page } = await tester('ann');
  await page.request({ janus: 'create' });
  assert.ok(await isAdmitted('ann'));
  assert.equal(await page.closed(), 4409);
  await until(async () => (await sessions()) === 0, 'the older session to end');
});

test('people with one attendee id test at the same time, and leave places to others of the meeting', async () => {
  const devices = numbered(PERSON_MAX, 'device');
  assert.equal((await crowd(devices.map(() => 'all'), devices)).admitted, PERSON_MAX);
  assert.equal((await crowd(['all'], ['one-more'])).admitted, 0);
  assert.ok(await isAdmitted('bob'));
});

test('one meeting does not take the places of others', async () => {
  const { admitted } = await crowd(numbered(70, 'many'));
  assert.equal(admitted, ROOM_MAX);
  assert.ok(await isAdmitted('ann', { room: `${room}-other` }));
});

test('tests that end at once keep their places for a while', async () => {
  const { pages } = await crowd(numbered(ROOM_MAX, 'quick'));
  for (const page of pages) page.leave();
  await Promise.all(pages.map((page) => page.closed()));
  assert.ok(!(await isAdmitted('ann')), 'places are taken anew');
  assert.ok(await isAdmitted('ann', { room: `${room}-other` }));
  await until(() => isAdmitted('ann'), 'a place to be free', 20000);
});

test('people that the service does not admit take no place', async () => {
  const { verdict } = stack.pool;
  stack.pool.verdict = (claims) => (claims.sub === 'rob' ? { state: 'removed' } : verdict(claims));
  for (let i = 0; i < TURNED_AWAY; i++) {
    const { page, answer } = await tester('rob', { participant: `rob-${i}` });
    assert.equal(answer.state, 'removed');
    await page.closed();
  }
  assert.ok(await isAdmitted('ann'));
});

test('a test ends when its page joins the call; those of other devices go on', async () => {
  const [own, other] = [await tester('ann'), await tester('ann', { participant: 'ann-2' })];
  const member = await stack.member(person('ann'));
  try {
    assert.equal(await own.page.closed(), 4409);
    assert.equal((await other.page.request({ janus: 'create' })).janus, 'success');
  } finally {
    member.leave(); // the gate keeps one that is lost
  }
});

test('a test ends when its person is removed, and with the meeting', async () => {
  const [ann, bob] = [await tester('ann'), await tester('bob')];
  const removed = await stack.control('POST', '/remove', { sessionId: room, attendee: 'ann' });
  assert.deepEqual(removed.body, { connections: 1 });
  assert.equal(await ann.page.closed(), 4403);
  assert.equal(bob.page.code, undefined);
  await stack.control('POST', '/end', { sessionId: room });
  assert.equal(await bob.page.closed(), 4410);
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

// The last one: the gate goes on thinking that the service is away.
test('while the service is away people test, within the same limits', async () => {
  stack.pool.away = true;
  assert.ok(await isAdmitted('first'));
  assert.equal((await crowd(numbered(ROOM_MAX, 'many'))).admitted, ROOM_MAX - 1);
});
