// What the signalling gate costs: memory, CPU and delays with CONNECTIONS in meetings of ten on one gate and one Janus of its own;
// then what people notice of it in a whole service: live events, the waiting room, attacks (gate-service.mjs).
//
//   CONFAB_BUILD=build node tests/bench/gate.mjs [CONNECTIONS]     (1000; after `npm ci` in tests/e2e)
//
// Prints one line for each figure, with what it may be at most.
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { GateStack } from '../e2e/lib/gate.mjs';
import { coreToken, roomToken } from '../e2e/lib/janus.mjs';
import { sleep, until } from '../e2e/lib/stack.mjs';
import { serviceMeasure } from './gate-service.mjs';
import WebSocket from '../e2e/node_modules/ws/wrapper.mjs';

const total = Number(process.argv[2] ?? 1000);
const PER_ROOM = 10;
const ROUNDS = 10; // of keepalives
const EVENTS = 50;
const JOINS = 300;
const STARTS = 11;
const TICKS = 100; // a second, in /proc/PID/stat

const stack = await GateStack.start({ GATE_RATE: 10000, GATE_BURST: 100000, GATE_NAMELESS_MAX: 100000, GATE_HELLO_SECONDS: 60 });

const memory = () => Number(readFileSync(`/proc/${stack.gate.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]); // KiB
function cpu() {
  const fields = readFileSync(`/proc/${stack.gate.pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1000; // ms
}
const sorted = (list) => [...list].sort((a, b) => a - b);
const share = (list, part) => sorted(list)[Math.min(list.length - 1, Math.floor(list.length * part))];
const say = (what, value, most) => console.log(`${what.padEnd(60)}${value.padStart(14)}${most ? `   (at most ${most})` : ''}`);
const inParts = async (list, size, work) => {
  for (let i = 0; i < list.length; i += size) await Promise.all(list.slice(i, i + size).map(work));
};

// Janus without the gate, on its own socket.
class Direct {
  constructor(room, attendee) {
    this.token = coreToken(stack.tokenSecret, { room, attendee, role: 'publisher' });
    this.roomToken = roomToken(stack.tokenSecret, { room, attendee });
    this.room = room;
    this.session = undefined;
    this.waiting = new Map();
    this.count = 0;
  }

  async open() {
    this.socket = new WebSocket(`ws+unix:${stack.folder}/ws:/`, 'janus-protocol');
    this.socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.janus === 'ack' && !this.acks) return;
      this.waiting.get(message.transaction)?.(message);
    });
    await new Promise((resolve, reject) => { this.socket.on('open', resolve).on('error', reject); });
  }

  request(message) {
    const transaction = `t${(this.count += 1)}`;
    this.acks = message.janus === 'keepalive';
    this.socket.send(JSON.stringify({ ...message, transaction, token: this.token, session_id: this.session }));
    return new Promise((resolve) => { this.waiting.set(transaction, resolve); });
  }
}

async function directJoin(room, i) {
  const page = new Direct(room, 'ann');
  const opened = performance.now();
  await page.open();
  page.session = (await page.request({ janus: 'create' })).data.id;
  const started = performance.now();
  const handle = (await page.request({ janus: 'attach', plugin: 'janus.plugin.videoroom' })).data.id;
  await page.request({ janus: 'message', handle_id: handle, body: { request: 'join', ptype: 'publisher', room, id: `d${i}`, token: page.roomToken } });
  const ended = performance.now();
  page.request({ janus: 'destroy' });
  await sleep(2);
  page.socket.terminate();
  return [ended - started, ended - opened];
}

async function gateJoin(room, i) {
  const person = { room, attendee: 'ann', participant: `g${i}` };
  const token = stack.token(person);
  const opened = performance.now();
  const page = await stack.page(person, { token });
  await page.request({ janus: 'create', token });
  const started = performance.now();
  await page.join();
  const ended = performance.now();
  page.leave();
  stack.pages.delete(page);
  return [ended - started, ended - opened];
}

// From starting the program to a connection that it has accepted.
async function startTime() {
  await stack.endGate();
  const started = performance.now();
  const starting = stack.startGate();
  for (;;) {
    const socket = net.connect(stack.port, '127.0.0.1');
    if (await new Promise((resolve) => { socket.on('connect', () => resolve(true)).on('error', () => resolve(false)); })) {
      socket.destroy();
      break;
    }
    await sleep(1);
  }
  const time = performance.now() - started;
  await starting;
  return time;
}

try {
  const starts = [];
  for (let i = 0; i < STARTS; i += 1) starts.push(await startTime());
  say('start, until it accepts a connection: p50, longest', `${share(starts, 0.5).toFixed(0)}, ${Math.max(...starts).toFixed(0)} ms`, '50 ms');
  const rooms = await Promise.all(Array.from({ length: total / PER_ROOM }, (_, i) => stack.room(`bench-${i}`)));
  const empty = memory();
  const people = Array.from({ length: total }, (_, i) => ({ room: rooms[i % rooms.length], attendee: `p${i}`, role: 'subscriber' }));
  const pages = [];
  const cpuBefore = cpu();
  const opening = performance.now();
  await inParts(people, 20, async (person) => { pages.push(await stack.member(person)); });
  say(`opening ${total} connections: time, CPU of the gate`, `${((performance.now() - opening) / 1000).toFixed(1)} s, ${(cpu() - cpuBefore).toFixed(0)} ms`);
  await sleep(3000); // what was sent is confirmed
  say('memory for each idle connection', `${((memory() - empty) / total).toFixed(2)} KiB`, '4');

  let before = cpu();
  for (let round = 0; round < ROUNDS; round += 1) await Promise.all(pages.map((page) => page.request({ janus: 'keepalive' })));
  say('CPU of a keepalive, there and back', `${((cpu() - before) / ROUNDS / total).toFixed(3)} ms`, '0.3');

  const arrivals = [];
  for (const page of pages) {
    page.socket.on('message', (data) => {
      const { event } = JSON.parse(String(data));
      if (event?.type === 'bench') arrivals.push(performance.now() - event.data.at);
    });
  }
  before = cpu();
  for (let i = 1; i <= EVENTS; i += 1)
    await stack.push(...rooms.map((sessionId) => ({ sessionId, seq: i, type: 'bench', audience: 'everybody', data: { at: performance.now() } })));
  await until(() => arrivals.length === EVENTS * total, 'all events', 30000).catch(() => {});
  say(`${EVENTS} events to ${total} listeners: p50, p99`, `${share(arrivals, 0.5).toFixed(1)}, ${share(arrivals, 0.99).toFixed(1)} ms`, '100 ms');
  say('events lost', String(EVENTS * total - arrivals.length), '0');
  say('CPU of a pushed message', `${(((cpu() - before) * 1000) / arrivals.length).toFixed(1)} us`);

  const room = await stack.room('bench-join', 'ann');
  const times = { direct: [], gate: [] };
  for (let i = 0; i < JOINS; i += 1) {
    times.direct.push(await directJoin(room, i));
    times.gate.push(await gateJoin(room, i));
  }
  for (const [k, what, most] of /** @type {[number, string, string][]} */ ([[0, 'attach and join', '5 ms more'], [1, 'the same from opening the socket', '15 ms more']])) {
    const of = (list, part) => share(list.map((pair) => pair[k]), part).toFixed(1);
    say(`${what}: p50, p99 of Janus alone`, `${of(times.direct, 0.5)}, ${of(times.direct, 0.99)} ms`);
    say(`${what}: p50, p99 through the gate`, `${of(times.gate, 0.5)}, ${of(times.gate, 0.99)} ms`, most);
  }
} finally {
  await stack.stop();
}
await serviceMeasure(say);
process.exit();
