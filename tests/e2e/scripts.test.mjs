// scripts/up and scripts/down as an operator meets them: a shell with a proxy in it, wrong settings, parts that died.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { startStack } from './lib/stack.mjs';

const PROXY = 'http://127.0.0.1:1'; // where nobody listens
let stack;
let client;

before(async () => {
  stack = await startStack({ env: { http_proxy: PROXY, https_proxy: PROXY, all_proxy: PROXY, HTTP_PROXY: PROXY, ALL_PROXY: PROXY, no_proxy: '' } });
  client = new Client(stack, { keepAlive: false });
});
after(() => stack?.stop());

const live = async () => (await client.call('GET', '/health/live', { auth: null })).status;
const confFile = () => `${stack.var}/confab.conf`;

// Has the settings changed while `work` is done.
async function withSettings(change, work) {
  const kept = readFileSync(confFile(), 'utf8');
  try {
    writeFileSync(confFile(), change(kept));
    await work();
  } finally {
    writeFileSync(confFile(), kept);
  }
}

// Has scripts/up refuse with one line, which is given.
async function refusal() {
  let line;
  await assert.rejects(stack.up(), ({ code, stderr }) => {
    assert.ok(code > 0);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    line = stderr.trim();
    return true;
  });
  return line;
}

test('a proxy in the caller\'s shell reaches neither the questions to this machine nor the parts', async () => {
  for (const part of ['mariadb', 'janus', 'pool', 'work'])
    for (const pid of [stack.leader(part), ...stack.children(part)])
      assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'latin1'), /proxy/i, part);
  const janus = stack.leader('janus');
  await stack.up();
  assert.equal(stack.leader('janus'), janus, 'started again without need');
  assert.equal((await client.call('GET', '/health', { auth: null })).status, 200);
});

test('a wrong setting is one line, and what runs goes on', async () => {
  const pool = stack.leader('pool');
  await withSettings((text) => text.replace(/^PUBLIC_URL=.*/m, 'PUBLIC_URL=meet.example.org'), async () => {
    assert.match(await refusal(), /PUBLIC_URL/);
    assert.equal(await live(), 200);
  });
  await stack.up();
  assert.equal(stack.leader('pool'), pool);
  assert.equal(await live(), 200);
});
