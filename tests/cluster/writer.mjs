// The clients of one service host, in its network namespace: they write, repeat what was refused, and report each
// answer to their parent. load.mjs starts it. When told to end, it finishes its requests first.
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { joinedEvent, participantEvent } from '../e2e/lib/janus.mjs';
import { sleep } from '../e2e/lib/stack.mjs';

const PAUSE = 100; // ms between two writes of one client
const RETRY_PAUSE = 250;
const REQUEST_LIMIT = 30000;
const WRITES_MAX = 3000; // of one client
const SETTLE_LIMIT = 60000; // ms from the order to stop until a repeated write must have succeeded
const EDITS = 2;
const TEXT_MAX = 300; // of an error that is reported

let settings;
let stopped; // when the order to stop came

/**
 * @param {string} method
 * @param {string} target
 * @param {{body?: object, headers?: object}} request
 */
function send(method, target, { body, headers = {} }) {
  const { hostname, port } = new URL(settings.base);
  const bytes = body === undefined ? '' : JSON.stringify(body);
  return new Promise((resolve) => {
    const gone = (error) => resolve({ status: 0, text: error.message, headers: {} });
    const all = { authorization: settings.bearer, 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes), ...headers };
    const request = http.request({ hostname, port, method, path: target, headers: all, agent: false }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', gone);
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(pieces).toString(), headers: response.headers }));
    });
    request.setTimeout(REQUEST_LIMIT, () => request.destroy(new Error(`no answer within ${REQUEST_LIMIT} ms`)));
    request.on('error', gone);
    request.end(bytes);
  });
}

// One request; what came of it is reported. `write` says what it is: { kind, … }.
async function attempt(write, method, target, options = {}) {
  const started = Date.now();
  const answer = await send(method, target, options);
  const acknowledged = (write.accepts ?? [200, 204]).includes(answer.status);
  const what = { ...write, accepts: undefined };
  const link = write.link ?? (acknowledged ? answer.text : undefined);
  const text = acknowledged ? undefined : answer.text.slice(0, TEXT_MAX);
  process.send({ answer: { ...what, link, status: answer.status, acknowledged, started, ended: Date.now(), text } });
  return { ...answer, acknowledged };
}

// Repeats a request that may be repeated until it is acknowledged. Gives the answer; nothing when it gave up.
async function persist(write, ...request) {
  let repeated = write;
  for (;;) {
    const answer = await attempt(repeated, ...request);
    if (answer.acknowledged) {
      await sleep(PAUSE);
      return answer;
    }
    if (stopped && Date.now() - stopped > SETTLE_LIMIT) {
      process.send({ abandoned: write });
      return undefined;
    }
    // An end whose answer was lost is refused the second time: the meeting has ended.
    repeated = { ...write, repeated: true, accepts: write.kind === 'end' ? [204, 400] : undefined };
    await sleep(RETRY_PAUSE);
  }
}

// Once: without a key nobody knows whether a request without an answer was done.
async function create() {
  const extId = randomUUID();
  const answer = await attempt({ kind: 'create', extId }, 'POST', '/session', { body: { extId } });
  await sleep(answer.acknowledged ? PAUSE : RETRY_PAUSE);
  return answer.acknowledged ? answer.text : undefined;
}

function createKeyed() {
  const extId = randomUUID();
  return persist({ kind: 'create', extId, keyed: true }, 'POST', '/session', { body: { extId }, headers: { 'idempotency-key': extId } });
}

// Posts events where Janus does, with Janus' password.
function post(write, event) {
  const authorization = `Basic ${Buffer.from(`${settings.user}:${settings.password}`).toString('base64')}`;
  return persist(write, 'POST', '/webhooks/janus', { body: [event], headers: { authorization } });
}

// A whole meeting: made, edited, one person comes and goes, ended.
async function live() {
  const link = await create();
  if (!link) return;
  const attendee = randomUUID();
  const token = await persist({ kind: 'token', link, attendee }, 'POST', `/session/${link}/token`, { body: { data: attendee } });
  if (!token) return;
  for (let number = 1; number <= EDITS; number++)
    await persist({ kind: 'edit', link, number }, 'PATCH', `/session/${link}`, { body: { extMetadata: { number } } });
  const room = JSON.parse(token.text).sessionId;
  const at = Date.now() * 1000;
  await post({ kind: 'join', link, attendee }, joinedEvent(settings.tokenSecret, { room, attendee, id: attendee, at }));
  await post({ kind: 'leave', link, attendee }, participantEvent('leaving', { room, id: attendee, at: at + 1 }));
  await persist({ kind: 'end', link }, 'PATCH', `/session/${link}/end`);
}

async function repeat(write) {
  for (let count = 0; count < WRITES_MAX && !stopped; count++) await write();
}

process.on('disconnect', () => process.exit());
process.on('message', async (/** @type {{stop?: boolean, settings?: object}} */ message) => {
  if (message.stop) {
    stopped = Date.now();
    return;
  }
  settings = message.settings;
  await Promise.all([create, create, createKeyed, live, live, live].map(repeat));
  process.send({ finished: true }, () => process.exit());
});
