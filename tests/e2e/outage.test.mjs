// An outage of the database that is ten times as long as Janus once waited: attendance is still exact.
// Janus' first wait is 1 ms here instead of 100: what took 102 s takes 1 s.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { Admin, Page } from './lib/janus.mjs';
import { sleep, startStack, until } from './lib/stack.mjs';

const OLD_LIMIT = 1023; // ms: ten waits of 1, 2, 4 ...
const TOLERANCE = 700; // ms between what a test does and Janus' stamp of it, on a busy machine
let stack;
let client;

// Has Janus read its settings anew, with another first wait. multiwatch starts it again.
async function scale(backoff) {
  const file = path.join(stack.var, 'janus/janus.eventhandler.sampleevh.jcfg');
  const text = readFileSync(file, 'utf8');
  assert.match(text, /retransmissions_backoff = 100\b/);
  writeFileSync(file, text.replace(/retransmissions_backoff = 100\b/, `retransmissions_backoff = ${backoff}`));
  const [old] = stack.children('janus');
  process.kill(old, 'SIGKILL');
  await until(() => stack.children('janus').some((pid) => pid !== old), 'Janus to be started again');
  const admin = new Admin(stack);
  await until(() => admin.core({ janus: 'ping' }).then((answer) => answer.janus === 'pong', () => false), 'Janus to answer', 20000);
}

before(async () => {
  stack = await startStack({ settings: { DB_DEADLINE_MS: 100 } });
  client = new Client(stack);
  await scale(1);
});
after(() => stack?.stop());

// Runs `act` and remembers the time.
async function at(act) {
  const started = Date.now();
  const result = await act();
  return { time: (started + Date.now()) / 2, result };
}

const stays = async (link) => (await client.call('GET', `/session/${link}/attendance`)).body;

function assertStay(stay, joined, left) {
  const near = (text, time, what) => assert.ok(Math.abs(Date.parse(text) - time) < TOLERANCE, `${stay.identity} ${what} ${text}, not ${new Date(time).toISOString()}`);
  near(stay.joined, joined, 'joined');
  if (left === null) assert.equal(stay.left, null);
  else near(stay.left, left, 'left');
}

test('joins, leaves and a short visit during the outage are listed, each at its time', async () => {
  const link = await client.meeting({});
  const token = {};
  for (const data of ['stays', 'leaves', 'comes', 'visits', 'returns']) token[data] = await client.token(link, { data });
  const join = (who) => at(() => Page.join(token[who]));
  const came = { stays: await join('stays'), leaves: await join('leaves'), returns: await join('returns') };
  await until(async () => (await stays(link)).length === 3, 'three to be in', 20000);

  await stack.down('mariadb');
  const outage = Date.now();
  const left = { leaves: await at(() => came.leaves.result.kill()), returns: await at(() => came.returns.result.kill()) };
  came.visits = await join('visits');
  await sleep(1500); // the visit's length
  left.visits = await at(() => came.visits.result.kill());
  came.comes = await join('comes');
  const again = await join('returns');
  await sleep(10 * OLD_LIMIT - (Date.now() - outage)); // the outage itself
  await stack.up('mariadb');
  // The reconciler is up and looks before the events come.
  await until(async () => {
    await stack.hurry('reconcile');
    return (await stays(link)).some((one) => one.identity === 'visits');
  }, 'the events', 60000);
  // What the reconciler has found has the time of its look, until the event of it comes.
  let found;
  let wrong;
  await until(async () => {
    found = await stays(link);
    const of = (who) => found.filter((one) => one.identity === who);
    try {
      assert.equal(found.length, 6);
      assertStay(of('stays')[0], came.stays.time, null);
      assertStay(of('leaves')[0], came.leaves.time, left.leaves.time);
      assertStay(of('comes')[0], came.comes.time, null);
      assertStay(of('visits')[0], came.visits.time, left.visits.time);
      assertStay(of('returns')[0], came.returns.time, left.returns.time);
      assertStay(of('returns')[1], again.time, null);
      return true;
    } catch (error) {
      wrong = error;
      return false;
    }
  }, 'all events', 20000).catch(() => { throw wrong; });
  assert.deepEqual(found.map((one) => one.reason).sort(), ['left', 'left', 'left', null, null, null]);
  const listed = Object.fromEntries((await client.attendees(link)).map((one) => [one.attendee, [one.connections, one.extMetadata.webhookPayload.event]]));
  assert.deepEqual(listed, { stays: [1, 'joined'], leaves: [0, listed.leaves[1]], comes: [1, 'joined'], visits: [0, listed.visits[1]], returns: [1, 'joined'] });
  for (const who of ['leaves', 'visits']) assert.match(listed[who][1], /^(left|leaving|detached)$/);
});
