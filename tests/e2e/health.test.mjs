// /health under load and with a provider that hangs: its requests do not take workers from people.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { Client, assertError } from './lib/client.mjs';
import { Load, tally } from './lib/load.mjs';
import { startStack, until } from './lib/stack.mjs';

const CLIENTS = 48;
const IN_TIME = 3000; // ms for a list, on a busy machine
let stack;
let client;

before(async () => {
  stack = await startStack();
  client = new Client(stack);
});
after(() => stack?.stop());

// GET /health from an address of one's own: nginx counts by address.
function healthFrom(number) {
  const { hostname, port } = new URL(stack.base);
  return new Promise((resolve, reject) => {
    const request = http.get({ hostname, port, path: '/health', localAddress: `127.0.1.${number}`, agent: false }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(pieces).toString() }));
    });
    request.on('error', reject);
  });
}

const details = ({ text }) => JSON.parse(text).error?.details?.map((part) => part.path);

test('48 clients ask for the health while Janus hangs: lists answer in time, and the health says which part it is', async () => {
  const link = await client.meeting({});
  const [janus] = stack.children('janus');
  process.kill(janus, 'SIGSTOP');
  const load = new Load();
  try {
    await until(async () => (await healthFrom(1)).status === 503, 'the health to be bad');
    for (let i = 0; i < CLIENTS; i++) load.add(1, () => healthFrom(10 + i));
    await until(() => load.done >= CLIENTS, 'each client to have asked');
    for (let i = 0; i < 20; i++) {
      const started = Date.now();
      assert.equal((await client.call('GET', `/session/${link}/attendees`)).status, 200);
      const took = Date.now() - started;
      assert.ok(took < IN_TIME, `a list took ${took} ms`);
    }
  } finally {
    await load.stop().finally(() => process.kill(janus, 'SIGCONT'));
  }
  const answers = load.results.filter(({ status }) => status !== 429);
  assert.deepEqual(Object.keys(tally(answers)), ['503']);
  for (const answer of answers) assert.deepEqual(details(answer), ['/provider']);
  await until(async () => (await healthFrom(1)).status === 200, 'the health to be good again');
});

test('many requests at once, after a start, all get the true answer', async () => {
  await stack.down('pool');
  await stack.up('pool');
  const answers = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => healthFrom(100 + i)));
  assert.deepEqual(tally(answers), { 200: CLIENTS });
});

test('a flood from one address is refused, as JSON, and /health/live is not', async () => {
  const answers = await Promise.all(Array.from({ length: 400 }, () => client.call('GET', '/health', { auth: null, check: false })));
  const counts = tally(answers);
  assert.ok(counts[200] >= 100 && counts[429] > 100, JSON.stringify(counts));
  const refused = answers.find(({ status }) => status === 429);
  assertError(refused, 429, 'TooManyRequestsError');
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  assert.equal((await client.call('GET', '/health/live', { auth: null })).status, 200);
});
