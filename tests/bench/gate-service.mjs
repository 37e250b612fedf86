// The figures of the gate in a whole service: nginx, pool and MariaDB before it, Janus behind it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { Browser } from '../e2e/lib/browser.mjs';
import { Client } from '../e2e/lib/client.mjs';
import { firstMedia } from '../e2e/lib/first-media.mjs';
import { Page } from '../e2e/lib/janus.mjs';
import { sleep, startStack, until } from '../e2e/lib/stack.mjs';
import { admitMany } from '../e2e/lib/waiting.mjs';

const WAITING = 50; // people who are admitted at once
const BROWSERS = 3; // the same, in browsers
const ROUNDS = 3; // of the two above
const LIVE = 100; // events whose way to a page is timed
const HALF = 24; // sockets with half a message
const IDLE = 4000; // sockets that say nothing
const ATTACHES = 100000; // and as many detaches
const JOINS = 20; // that are timed meanwhile

const HALF_ADDRESS = '127.0.0.2'; // not that of the people
const IDLE_ADDRESS = '127.0.0.3';

const share = (list, part) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))];

// ms until a new person is listed in a meeting of their own.
async function seenAfter(client) {
  const link = await client.meeting();
  const answer = await client.token(link, { data: 'bob' });
  const started = performance.now();
  const page = await Page.join(answer);
  await until(async () => (await client.attendees(link, '?active=true')).length === 1, 'the join to be seen');
  const took = performance.now() - started;
  page.kill();
  return took;
}

const upgrade = ({ host, pathname }) => `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: janus-protocol\r\n\r\n';

// The socket of somebody in a meeting of their own; without one, of nobody.
async function attackSocket(client, url, meeting) {
  if (meeting) {
    const page = new Page(await client.token(meeting, { data: `half-${performance.now()}` }));
    await page.open();
    page.socket.on('error', () => {});
    return /** @type {any} */ (page.socket)._socket;
  }
  const { hostname: host, port } = url;
  const socket = net.connect({ port: Number(port), host, localAddress: HALF_ADDRESS }).on('error', () => {});
  socket.write(upgrade(url));
  await new Promise((resolve) => { socket.once('data', resolve).once('close', resolve); });
  return socket;
}

// Half a message, again and again: a short one, and of somebody in a meeting one of 256 KiB in pieces.
async function halfMessages(client, url, state, meeting) {
  const head = Buffer.from(meeting ? [0x81, 0xff, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0] : [0x81, 0xfe, 0x0f, 0, 0, 0, 0, 0]);
  while (state.goesOn) {
    const socket = await attackSocket(client, url, meeting);
    socket.write(Buffer.concat([head, Buffer.alloc(2048, 0x20)]));
    let left = meeting ? 200000 : 0;
    for (; state.goesOn && !socket.destroyed; left -= 4096) {
      if (left > 0) socket.write(Buffer.alloc(4096, 0x20));
      await sleep(50);
    }
    socket.destroy();
  }
}

// Half of them ask for a WebSocket and then say nothing, the others do not even ask.
async function idleSockets(url, state) {
  /** @type {Set<net.Socket>} */
  const open = new Set();
  const one = (asks) => {
    const socket = net.connect({ port: Number(url.port), host: url.hostname, localAddress: IDLE_ADDRESS });
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket)).resume();
    if (asks) socket.write(upgrade(url));
  };
  while (state.goesOn) {
    for (let i = 0; i < 100 && open.size < IDLE; i += 1) one(i % 2 === 0);
    state.idle = Math.max(state.idle, open.size);
    await sleep(10);
  }
  for (const socket of open) socket.destroy();
}

async function attaches(client, state) {
  const page = new Page(await client.token(await client.meeting(), { data: 'attacker' }));
  await page.open();
  for (; state.attaches < ATTACHES && state.goesOn; state.attaches += 1) {
    page.socket.send(JSON.stringify({ janus: 'attach', plugin: 'janus.plugin.videoroom', transaction: `a${state.attaches}` }));
    page.socket.send(JSON.stringify({ janus: 'detach', handle_id: 1 + state.attaches, transaction: `d${state.attaches}` }));
    if (state.attaches % 100 === 0) await sleep(1);
  }
  await until(() => !state.goesOn, 'the end', 600000);
  page.kill();
}

async function attacksMeasure(stack, client, say) {
  const memory = (part) => Number(readFileSync(`/proc/${stack.children(part)[0]}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024; // MiB
  const meeting = await client.meeting();
  const url = new URL((await client.token(meeting, { data: 'ann' })).url);
  await seenAfter(client);
  const before = { gate: memory('gate'), janus: memory('janus') };
  const state = { goesOn: true, idle: 0, attaches: 0 };
  const work = [attaches(client, state), idleSockets(url, state), ...Array.from({ length: HALF }, (_, i) => halfMessages(client, url, state, i % 2 === 1 ? meeting : ''))];
  const delays = [];
  const largest = { ...before };
  try {
    await until(() => state.attaches === ATTACHES && state.idle >= IDLE * 0.9, 'the attacks to be at their height', 60000);
    for (let i = 0; i < JOINS; i += 1) {
      delays.push(await seenAfter(client));
      for (const part of ['gate', 'janus']) largest[part] = Math.max(largest[part], memory(part));
      await sleep(500);
    }
  } finally {
    state.goesOn = false;
    await Promise.all(work);
  }
  say(`idle sockets, attaches and detaches`, `${state.idle}, ${state.attaches} each`);
  say('a join elsewhere is seen during attacks: p50, longest', `${share(delays, 0.5).toFixed(0)}, ${Math.max(...delays).toFixed(0)} ms`, '500 ms');
  for (const part of ['gate', 'janus'])
    say(`memory of ${part}: before, most during attacks`, `${before[part].toFixed(1)}, ${largest[part].toFixed(1)} MiB`);
}

async function waitingMeasure(client, say) {
  const times = [];
  for (let i = 0; i < ROUNDS; i += 1) times.push(...(await admitMany(client, WAITING)));
  say(`${WAITING} people admitted at once: joined, p50, p95`, `${share(times, 0.5).toFixed(0)}, ${share(times, 0.95).toFixed(0)} ms`, '1000 ms');
  const browser = await Browser.start();
  try {
    const first = [];
    for (let i = 0; i < ROUNDS; i += 1) {
      first.push(await firstMedia(browser, client, BROWSERS));
      await browser.closePages();
    }
    const lasts = first.map((list) => Math.max(...list));
    say(`${BROWSERS} browsers admitted: the first picture, p50, last`, `${share(first.flat(), 0.5).toFixed(0)}, ${share(lasts, 0.5).toFixed(0)} ms`, '1500 ms');
  } finally {
    await browser.close();
  }
}

// From the API call that makes an event to the page's message.
async function liveMeasure(client, say) {
  const link = await client.meeting();
  const page = await Page.join(await client.token(link, { data: 'ann' }));
  const times = [];
  let heard = (/** @type {any} */ event) => event;
  page.socket.on('message', (data) => {
    const { event } = JSON.parse(String(data));
    if (event) heard(event);
  });
  for (let i = 0; i < LIVE; i += 1) {
    const told = new Promise((resolve) => {
      heard = ({ type }) => type === 'meeting.edited' && resolve(performance.now());
    });
    const started = performance.now();
    const { status } = await client.call('PATCH', `/session/${link}`, { body: { extId: `event ${i}` } });
    assert.equal(status, 204);
    const late = setTimeout(() => { throw new Error('an event is lost'); }, 10000);
    times.push((await told) - started);
    clearTimeout(late);
  }
  page.kill();
  say('an event from the API call to the page: p50, p99', `${share(times, 0.5).toFixed(1)}, ${share(times, 0.99).toFixed(1)} ms`, '100 ms');
}

/** @param {(what: string, value: string, most?: string) => void} say  prints a figure */
export async function serviceMeasure(say) {
  const stack = await startStack();
  const client = new Client(stack);
  try {
    await liveMeasure(client, say);
    await waitingMeasure(client, say);
    await attacksMeasure(stack, client, say);
  } finally {
    client.agent.destroy();
    await stack.stop();
  }
}
