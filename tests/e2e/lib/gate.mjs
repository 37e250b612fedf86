// A signalling gate of its own, between a real Janus and a stand-in for the service; and a page that speaks with it.
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import WebSocket from 'ws';
import { roomToken } from './janus.mjs';
import { build, freePort, listen, patience, source, until } from './stack.mjs';

const secret = () => randomBytes(24).toString('base64url');
const PLUGIN = 'janus.plugin.videoroom';
const BODY_MAX = 1024 * 1024; // bytes of a request that the service takes
export const FAR = 4102444800; // s: an expiry that no test reaches

// The Janus that the tests' stacks use: fetched, or the system's.
function janusCommand() {
  const folder = process.env.CONFAB_JANUS_DIR ?? path.join(source, 'build/check/janus');
  const fetched = path.join(folder, 'current/usr/bin/janus');
  if (!existsSync(fetched)) return { command: 'janus', args: [], env: {}, libraries: undefined };
  const libraries = path.join(folder, `current/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/janus`);
  return { command: path.join(source, 'scripts/confab-janus'), args: ['run'], env: { CONFAB_JANUS_DIR: folder }, libraries };
}

// Whatever ends this process ends those that it has started.
const children = new Set();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));
process.once('SIGTERM', () => process.exit(1));

// Ends a process of ours, and waits for its end.
async function end(child, signal = 'SIGTERM') {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

// The service as the gate sees it: says who may come in, and takes Janus' events.
class Pool {
  away = false; // does not answer
  asked = []; // each request's tokens, as their claims
  bodies = []; // of Janus' events, in order
  rooms = new Map(); // the events of a meeting, for /internal/events
  gaps = []; // what /internal/events was asked
  /** @type {(events: any[]) => number} */
  failing = () => 0; // a status other than 200 for these events
  /** @type {(claims: any) => any} */
  verdict = (claims) => ({ state: 'admitted', role: claims.role, seq: 0 });

  constructor(gateSecret, eventPassword) {
    this.gateSecret = gateSecret;
    this.eventPassword = eventPassword;
    this.server = http.createServer((request, response) => this.#serve(request, response));
  }

  get events() {
    return this.bodies.flat();
  }

  // What the gate itself has noted ("lost", "back", "left"), of this participant.
  notes(id) {
    return this.events.filter(({ type, event }) => type === 1024 && event.id === id);
  }

  async #serve(request, response) {
    let text = '';
    for await (const piece of request) text += piece;
    if (this.away) return request.socket.destroy();
    const body = JSON.parse(text);
    const answer = (status, value = {}) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    if (!request.url.startsWith('/webhooks/') && text.length > BODY_MAX) return answer(413);
    if (request.url === '/webhooks/janus') {
      if (request.headers.authorization !== `Basic ${Buffer.from(`janus:${this.eventPassword}`).toString('base64')}`) return answer(401);
      const status = this.failing(body);
      if (status) return answer(status);
      this.bodies.push(body);
      return answer(200);
    }
    if (request.headers.authorization !== `Bearer ${this.gateSecret}`) return answer(401);
    if (request.url === '/internal/connections') {
      const claims = body.tokens.map((token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()));
      this.asked.push(claims);
      return answer(200, { connections: await Promise.all(claims.map((one) => this.verdict(one))) });
    }
    if (request.url === '/internal/events') {
      this.gaps.push(body);
      const events = (this.rooms.get(body.sessionId) ?? []).filter(({ seq }) => seq > body.after);
      return answer(200, { events });
    }
    return answer(404);
  }
}

export class GateStack {
  /** @param {Record<string, string | number>} settings  that go over the usual ones */
  constructor(settings = {}) {
    this.folder = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR ?? tmpdir(), 'gate-'));
    this.settings = settings;
    this.tokenSecret = secret();
    this.joinKey = secret() + secret();
    this.gateSecret = secret() + secret();
    this.eventPassword = secret();
    this.adminSecret = secret();
    this.adminKey = secret();
    this.pool = new Pool(this.gateSecret, this.eventPassword);
    this.port = this.poolPort = this.eventsPort = this.adminPort = 0;
    /** @type {import('node:child_process').ChildProcess | undefined} */
    this.gate = undefined;
    /** @type {import('node:child_process').ChildProcess | undefined} */
    this.janus = undefined;
    this.log = '';
    this.pages = new Set();
    this.count = 0; // of pages
  }

  static async start(settings = {}) {
    const stack = new GateStack(settings);
    stack.poolPort = await listen(stack.pool.server);
    [stack.port, stack.eventsPort, stack.adminPort] = [await freePort(), await freePort(), await freePort()];
    try {
      await stack.startGate();
      await stack.startJanus();
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  #fill(name) {
    const marks = {
      CONFIGS: path.join(this.folder, 'janus'), JANUS_TOKEN_SECRET: this.tokenSecret, JANUS_ADMIN_SECRET: this.adminSecret,
      JANUS_ADMIN_KEY: this.adminKey, JANUS_ADMIN_PORT: this.adminPort, JANUS_EVENT_USER: 'janus', JANUS_EVENT_PASSWORD: this.eventPassword,
      GATE_PORT: this.eventsPort, MEDIA_SERVER: 'test', PROTECTED_FOLDERS: '"/etc"', NAT_MAPPING: '',
      LIBRARY_FOLDERS: this.libraries === undefined ? '' : ['plugins', 'transports', 'events', 'loggers']
        .map((kind) => `${kind}_folder = "${this.libraries}/${kind}"`).join('\n'),
    };
    const text = readFileSync(path.join(source, 'scripts/janus', `${name}.in`), 'utf8');
    return text.replace(/@([A-Z_]+)@/g, (mark, key) => marks[key] ?? mark);
  }

  #configure() {
    const configs = path.join(this.folder, 'janus');
    const write = (name, text) => writeFileSync(path.join(configs, name), text);
    mkdirSync(configs, { recursive: true });
    this.socket = path.join(this.folder, 'ws');
    write('janus.jcfg', this.#fill('janus.jcfg'));
    for (const name of ['janus.plugin.videoroom.jcfg', 'janus.transport.http.jcfg']) write(name, this.#fill(name));
    write('janus.eventhandler.sampleevh.jcfg', this.#fill('janus.eventhandler.sampleevh.jcfg'));
    write('janus.transport.websockets.jcfg', `general: {
      json = "compact"\npingpong_trigger = 15\npingpong_timeout = 10\nws = true\nwss = false\nws_unix = "${this.socket}"\n}\n`);
  }

  async startJanus() {
    const { command, args, env, libraries } = janusCommand();
    this.libraries = libraries;
    this.#configure();
    this.janus = spawn(command, [...args, '-F', path.join(this.folder, 'janus')], {
      env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(this.janus);
    this.janusLog = '';
    for (const stream of [this.janus.stdout, this.janus.stderr]) stream.on('data', (data) => { this.janusLog += data; });
    await until(async () => {
      if (this.janus.exitCode !== null) throw new Error(`Janus has ended: ${this.janusLog.slice(-2000)}`);
      return existsSync(this.socket) && (await this.admin({ janus: 'ping' }).catch(() => null))?.janus === 'pong';
    }, 'Janus to answer', 20000);
  }

  async startGate() {
    const settings = {
      GATE_LISTEN: `127.0.0.1:${this.port}`, GATE_CONTROL: `unix:${this.folder}/control,127.0.0.1:${this.eventsPort}`,
      GATE_JANUS: `unix:${this.folder}/ws`, GATE_POOL_URL: `http://127.0.0.1:${this.poolPort}`, GATE_STATE_DIR: this.folder,
      GATE_JOIN_KEY: this.joinKey, GATE_SECRET: this.gateSecret, JANUS_TOKEN_SECRET: this.tokenSecret,
      JANUS_ADMIN_URL: `http://127.0.0.1:${this.adminPort}/admin`, JANUS_EVENT_USER: 'janus', JANUS_EVENT_PASSWORD: this.eventPassword,
      ...this.settings,
    };
    const file = path.join(this.folder, 'gate.conf');
    writeFileSync(file, Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join(''));
    const launcher = process.env.CONFAB_GATE_LAUNCHER?.split(' ') ?? []; // valgrind, for instance
    const command = [...launcher, path.join(build, 'confab-gate')];
    this.gate = spawn(command[0], command.slice(1), { env: { PATH: process.env.PATH, CONFAB_CONF: file }, stdio: ['ignore', 'ignore', 'pipe'] });
    children.add(this.gate);
    let told = '';
    this.gate.stderr.on('data', (data) => {
      told += data;
      this.log += data;
    });
    await until(() => {
      if (this.gate.exitCode !== null) throw new Error(`confab-gate has ended: ${told}`);
      return told.includes('is ready');
    }, 'confab-gate to be ready');
  }

  endGate(signal = 'SIGTERM') {
    return end(this.gate, signal);
  }

  endJanus(signal = 'SIGTERM') {
    return end(this.janus, signal);
  }

  async stop() {
    for (const page of this.pages) page.kill();
    const crashed = this.gate && (this.gate.exitCode !== null || this.gate.signalCode === 'SIGSEGV' || this.gate.signalCode === 'SIGABRT');
    await this.endGate();
    const failed = crashed || (this.gate && this.gate.exitCode !== 0 && this.gate.signalCode === null);
    await this.endJanus('SIGKILL');
    this.pool?.server.closeAllConnections();
    this.pool?.server.close();
    if (process.env.CONFAB_E2E_KEEP === undefined) rmSync(this.folder, { recursive: true, force: true });
    if (failed) throw new Error(`confab-gate has failed: ${this.log}`);
  }

  // A request to the control socket.
  async control(method, url, body, authorization = `Bearer ${this.gateSecret}`) {
    const request = http.request({
      socketPath: path.join(this.folder, 'control'), method, path: url, headers: { authorization, 'Content-Type': 'application/json' }, agent: false,
    });
    request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    const [response] = await once(request, 'response');
    let text = '';
    for await (const piece of response) text += piece;
    return { status: response.statusCode, body: text === '' ? undefined : JSON.parse(text) };
  }

  push(...events) {
    return this.control('POST', '/push', { events });
  }

  async connections(room) {
    return (await this.control('GET', '/connections')).body.connections.filter((one) => room === undefined || one.sessionId === room);
  }

  // Janus' Admin API, through the gate.
  async admin(message, place = '') {
    return (await this.control('POST', `/admin${place}`, { transaction: 't', admin_secret: this.adminSecret, ...message })).body;
  }

  async plugin(request) {
    return (await this.admin({ janus: 'message_plugin', plugin: PLUGIN, request })).response;
  }

  // A room, in which these may send.
  async room(name, ...senders) {
    const allowed = senders.map((attendee) => roomToken(this.tokenSecret, { room: name, attendee }));
    const made = await this.plugin({
      request: 'create', admin_key: this.adminKey, room: name, is_private: true, secret: 's', publishers: 100, signed_tokens: true, allowed,
      notify_joining: true, permanent: false,
    });
    if (made.videoroom !== 'created') throw new Error(JSON.stringify(made));
    return name;
  }

  async participants(room) {
    return (await this.plugin({ request: 'listparticipants', room })).participants ?? [];
  }

  token({ room, attendee, participant = `${attendee}-1`, name = undefined, role = 'publisher', access = 'open', exp = FAR, roomExp = FAR, ...more }, key = this.joinKey) {
    const claims = { iss: 'confab:join', meeting: room, sub: attendee, participant, name, role, access, exp, roomExp, ...more };
    const text = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  }

  // A page of this person, connected; `hello` is what it says first.
  async page(person, options = {}) {
    const page = new GatePage(this, person, options);
    await page.open();
    return page;
  }

  // The same, let in and with a session.
  async member(person) {
    const page = await this.page(person);
    const state = await page.confab();
    if (state.state !== 'admitted') throw new Error(JSON.stringify(state));
    await page.create();
    return page;
  }
}

// A page's side of the protocol.
export class GatePage {
  constructor(stack, person, { token = stack.token(person), address = undefined } = {}) {
    stack.count += 1;
    this.stack = stack;
    this.person = person;
    this.token = token;
    this.address = address ?? `198.51.100.${stack.count}`; // of its own, as nginx says it
    this.messages = []; // all that came
    this.waiting = new Map();
    this.count = 0;
    this.last = 0; // number of the last message
    this.ticket = undefined;
    this.code = undefined; // of the close frame
    /** @type {any} */
    this.socket = undefined;
    /** @type {any} */
    this.joined = undefined; // what Janus has answered to joining
    this.handle = 0; // that it has joined with
    stack.pages.add(this);
  }

  async open() {
    const headers = { 'X-Real-IP': this.address };
    const socket = new WebSocket(`ws://127.0.0.1:${this.stack.port}/`, 'janus-protocol', { headers });
    this.socket = socket;
    this.code = undefined;
    socket.on('message', (data) => {
      if (this.socket === socket) this.#heard(JSON.parse(String(data)));
    });
    socket.on('close', (code, reason) => {
      if (this.socket !== socket) return;
      this.code = code;
      this.reason = String(reason);
    });
    await new Promise((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('error', reject);
    });
    /** @type {any} */ (socket)._socket.unref();
  }

  #heard(message) {
    if (message.n !== undefined) this.last = message.n;
    this.messages.push(message);
    const waiter = this.waiting.get(message.transaction);
    if (waiter === undefined || (message.janus === 'ack' && !waiter.takesAck)) return;
    this.waiting.delete(message.transaction);
    waiter.resolve(message);
  }

  raw(text) {
    this.socket.send(text);
  }

  // Sends without waiting. Gives the transaction.
  say(message) {
    this.count += 1;
    const transaction = message.transaction ?? `${this.person?.attendee}-${this.count}-${Math.random().toString(36).slice(2)}`;
    this.raw(JSON.stringify({ ...message, transaction }));
    return transaction;
  }

  answerTo(transaction, takesAck = true) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${transaction}`)), patience(8000));
      this.waiting.set(transaction, {
        takesAck,
        resolve: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
      });
    });
  }

  request(message) {
    return this.answerTo(this.say(message), message.janus !== 'message');
  }

  confab(more = {}) {
    return this.request({ janus: 'confab', token: this.token, ...more });
  }

  async create() {
    const created = await this.request({ janus: 'create' });
    this.ticket = created.data?.ticket;
    return created;
  }

  // Connects anew with the same token, and says what it has.
  async back(more = {}) {
    await this.open();
    return this.confab({ ticket: this.ticket, seen: this.last, ...more });
  }

  async attach() {
    const attached = await this.request({ janus: 'attach', plugin: PLUGIN });
    return attached.data?.id;
  }

  async plugin(handle, body, jsep) {
    const answer = await this.request({ janus: 'message', handle_id: handle, body, ...(jsep ? { jsep } : {}) });
    return answer.plugindata?.data ?? answer;
  }

  // Attaches and joins; gives the handle.
  async join(more = {}) {
    const handle = await this.attach();
    this.joined = await this.plugin(handle, { request: 'join', ptype: 'publisher', ...more });
    return handle;
  }

  // The events of the meeting that came.
  get events() {
    return this.messages.filter(({ janus, event }) => janus === 'confab' && event).map(({ event }) => event);
  }

  closed() {
    return until(() => this.code !== undefined, 'the connection to be closed').then(() => this.code);
  }

  // As a network that is gone: nothing is said.
  kill() {
    this.socket?.terminate();
  }

  leave(code = 1001) {
    this.socket.close(code);
  }
}
