// Thousands of connections, of every kind and end, leave nothing behind in the gate. Under valgrind (CONFAB_GATE_LAUNCHER) a leak is a
// failure of the gate. CONFAB_GATE_CONNECTIONS: how many (1000).
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { GateStack } from './lib/gate.mjs';
import { build, until } from './lib/stack.mjs';

const TOTAL = Number(process.env.CONFAB_GATE_CONNECTIONS ?? 1000);
const AT_ONCE = 20;
const SLOW = 60000; // ms
const GROWTH_MAX = 1024; // KiB, for any number of connections
// These find leaks by themselves, and keep freed memory for a while.
const isInstrumented = process.env.CONFAB_GATE_LAUNCHER !== undefined || readFileSync(path.join(build, 'confab-gate')).includes('__asan_init');
/** @type {GateStack} */
let stack;

before(async () => {
  stack = await GateStack.start({ GATE_KEEP_SECONDS: 1, GATE_NAMELESS_MAX: 1000 });
});
after(() => stack?.stop());

const memory = () => Number(readFileSync(`/proc/${stack.gate.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]); // KiB
const descriptors = () => readdirSync(`/proc/${stack.gate.pid}/fd`).length;

// How a connection goes: each kind with the person that it is of.
const kinds = [
  async (person) => {
    const page = await stack.member(person);
    await page.join();
    page.leave();
  },
  // Lost, and not back.
  async (person) => {
    const page = await stack.member(person);
    await page.request({ janus: 'keepalive' });
    page.kill();
  },
  // Lost, back with its ticket, and gone.
  async (person) => {
    const page = await stack.member(person);
    page.kill();
    await page.back();
    await page.request({ janus: 'destroy' });
    page.kill();
  },
  // Waits, and gives up.
  async (person) => {
    const page = await stack.page({ ...person, attendee: 'waits' });
    await page.confab();
    page.leave();
  },
  // A bad token.
  async (person) => {
    const page = await stack.page(person, { token: stack.token(person, 'x'.repeat(64)) });
    await page.confab();
    await page.closed();
  },
  // What the gate refuses.
  async (person) => {
    const page = await stack.member(person);
    await page.request({ janus: 'info' });
    page.raw('{"janus":');
    page.kill();
  },
  // Removed by the service.
  async (person) => {
    const page = await stack.member(person);
    await stack.control('POST', '/remove', { sessionId: person.room, attendee: person.attendee });
    await page.closed();
  },
  // No WebSocket at all.
  () => new Promise((resolve) => {
    const socket = net.connect(stack.port, '127.0.0.1', () => socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    socket.on('error', resolve).on('close', resolve).resume();
  }),
];

let people = 0;
async function connect(count, room) {
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, i) => {
      people += 1;
      return kinds[(done + i) % kinds.length]({ room, attendee: `p${people}`, role: 'subscriber' });
    }));
    stack.pages.clear();
  }
  await until(async () => (await stack.control('GET', '/connections')).body.connections.length === 0, 'all to be gone', SLOW);
}

test(`${TOTAL} connections leave nothing behind`, async () => {
  stack.pool.verdict = ({ sub, role }) => (sub === 'waits' ? { state: 'waiting' } : { state: 'admitted', role, seq: 0 });
  const room = await stack.room('leaks');
  await connect(Math.min(TOTAL / 4, 400), room); // what is allocated once
  const before_ = { memory: memory(), descriptors: descriptors() };
  await connect(TOTAL - Math.min(TOTAL / 4, 400), room);
  stack.pool.bodies = [];
  await until(() => descriptors() <= before_.descriptors + 5, 'the descriptors to be closed', SLOW);
  const grown = memory() - before_.memory;
  console.log(`# ${TOTAL} connections: the gate has grown by ${grown} KiB`);
  if (!isInstrumented) assert.ok(grown < GROWTH_MAX, `${grown} KiB`);
});
