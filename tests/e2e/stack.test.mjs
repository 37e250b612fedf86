// The tests' own stack: what a test that fails leaves behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from './lib/client.mjs';
import { Load } from './lib/load.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack, { keepAlive: false });
const health = async () => (await client.call('GET', '/health', { auth: null, check: false })).status;
const PARTS = ['mariadb', 'gate', 'janus', 'pool', 'work', 'media', 'nginx'];
let load;

// Ends like a test that fails before it starts the part again.
for (const part of PARTS) {
  test(`left without ${part}`, () => stack.down(part));

  test(`after a test that left the stack without ${part}, all parts are there`, async () => {
    assert.equal(await health(), 200);
    assert.ok(stack.runs(part));
  });
}

test('left with a Janus that is stopped by a signal', () => {
  for (const pid of stack.children('janus')) process.kill(pid, 'SIGSTOP');
});

test('after a test that left Janus stopped by a signal, Janus answers', async () => {
  assert.equal(await health(), 200);
});

test('left with load in the background', async () => {
  load = new Load().add(1, async () => ({ status: await health() }));
  await until(() => load.done > 0, 'load');
});

test('load ends with the test that made it', () => {
  assert.equal(load.running, false);
});

test('a part that is stopped for some work is there again when that fails', async () => {
  await assert.rejects(stack.without(['nginx', 'work'], async () => {
    assert.equal(stack.runs('nginx'), false);
    throw new Error('the work fails');
  }), /the work fails/);
  assert.equal(await health(), 200);
  assert.ok(stack.runs('work'));
});
