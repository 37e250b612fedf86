// A client of the HTTP interface: mints bearer tokens with another library than the service's, sends
// requests exactly as given, and compares every answer with the service's description.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { SignJWT } from 'jose';
import { patience } from './stack.mjs';

const ANSWER_LIMIT = 30000; // ms

/**
 * @typedef {object} Options  of a request
 * @property {any} [body]  an object becomes JSON, text and bytes go as they are
 * @property {object | string | null} [auth]  claims for a token, a header's whole text, or null for none
 * @property {Record<string, any>} [headers]  lower-case names; null as the content type: none is sent
 * @property {boolean} [check]  hold the answer against the service's description (true)
 */

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, any>} headers  lower-case names
 * @property {string} text
 * @property {any} body  the text as JSON; undefined when it is none
 * @property {string} [log]  of the program, where it ran as CGI
 */

export const PERMISSIONS = [
  'CreateMeetingSession', 'GenerateMeetingToken', 'EditMeeting', 'StopMeeting', 'GetMeetingAttendees', 'EraseAttendee',
  'GetMeetingArchives', 'StartMeetingArchive', 'StopMeetingArchive', 'DeleteMeetingArchive', 'SetMeetingUploadTarget',
];

const document = JSON.parse(
  readFileSync(new URL('../../../src/api/openapi.json', import.meta.url), 'utf8'),
);
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, 'openapi');
const validators = new Map();

const resolve = (node) =>
  node?.$ref ? node.$ref.slice(2).split('/').reduce((at, key) => at[key], document) : node;

function operationOf(method, path) {
  const segments = path.split('?')[0].split('/').filter(Boolean);
  for (const [pattern, item] of Object.entries(document.paths)) {
    const parts = pattern.split('/').filter(Boolean);
    if (parts.length === segments.length && parts.every((part, i) => part.startsWith('{') || part === segments[i])) {
      const literal = document.paths[`/${segments.join('/')}`];
      return (literal ?? item)[method.toLowerCase()];
    }
  }
  return undefined;
}

// Is this answer one that the description knows?
export function checkAgainstDescription(method, path, answer) {
  if (method === 'HEAD') return;
  const operation = operationOf(method, path);
  if (!operation) return;
  const described = resolve(operation.responses[answer.status]);
  assert.ok(described, `${method} ${path} answered ${answer.status}, which is not described`);
  const type = answer.headers['content-type']?.split(';')[0];
  if (!described.content) {
    assert.equal(answer.text, '', `${method} ${path} ${answer.status} has a body`);
    return;
  }
  const media = described.content[type];
  assert.ok(media, `${method} ${path} ${answer.status} has the undescribed type ${type}`);
  if (type !== 'application/json') return;
  const key = JSON.stringify(media.schema);
  if (!validators.has(key)) {
    const text = key.replaceAll('"#/components', '"openapi#/components');
    validators.set(key, ajv.compile(JSON.parse(text)));
  }
  const validate = validators.get(key);
  assert.ok(validate(answer.body), `${method} ${path} ${answer.status}: ${ajv.errorsText(validate.errors)}\n${answer.text}`);
}

// Where a URL leads to, as Node's sockets want it: an IPv6 address without its brackets.
function target(base) {
  const { hostname, port } = new URL(base);
  return { hostname: hostname.replace(/^\[|\]$/g, ''), port };
}

export class Client {
  constructor(stack, { keepAlive = true } = {}) {
    this.stack = stack;
    this.base = stack.base;
    this.agent = new http.Agent({ keepAlive, maxSockets: 64 });
  }

  /**
   * A bearer token; claims given as undefined are left out.
   * @param {Record<string, any>} [claims]
   * @param {{secret?: string, alg?: string, key?: any}} [options]
   */
  async bearer(claims = {}, { secret = this.stack.conf.JWT_SECRET, alg = 'HS256', key } = {}) {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: 'confab', sub: 'tester', exp: now + 3600, permissions: PERMISSIONS, ...claims };
    for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
    return new SignJWT(all)
      .setProtectedHeader({ alg, typ: 'JWT' })
      .sign(key ?? new TextEncoder().encode(secret));
  }

  /**
   * One request.
   * @param {string} method
   * @param {string} path
   * @param {Options} [options]
   * @returns {Promise<Answer>}
   */
  async call(method, path, { body, auth = {}, headers = {}, check = true } = {}) {
    const all = { ...headers };
    if (auth !== null && all.authorization === undefined)
      all.authorization = typeof auth === 'string' ? auth : `Bearer ${await this.bearer(auth)}`;
    let bytes;
    if (body !== undefined) {
      bytes = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
      if (all['content-type'] === undefined) all['content-type'] = 'application/json';
      if (all['content-type'] === null) delete all['content-type'];
      all['content-length'] = String(bytes.length);
    }
    /** @type {Answer} */
    const answer = await new Promise((resolve_, reject) => {
      const { hostname, port } = target(this.base);
      const request = http.request(
        { hostname, port, method, path, headers: all, agent: this.agent },
        (response) => {
          const pieces = [];
          response.on('data', (piece) => pieces.push(piece));
          response.on('end', () => {
            const text = Buffer.concat(pieces).toString();
            let parsed;
            try {
              parsed = JSON.parse(text);
            } catch {
              parsed = undefined;
            }
            resolve_({ status: response.statusCode, headers: response.headers, text, body: parsed });
          });
          response.on('error', reject);
        },
      );
      request.setTimeout(patience(ANSWER_LIMIT), () => request.destroy(new Error(`no answer within ${patience(ANSWER_LIMIT)} ms`)));
      request.on('error', reject);
      request.end(bytes);
    });
    if (check) checkAgainstDescription(method, path, answer);
    return answer;
  }

  /**
   * Bytes as they are over a socket, and all that comes back.
   * @param {string | Buffer} text
   * @returns {Promise<{status: number, head: string, text: string, body: any}>}
   */
  raw(text) {
    return new Promise((resolve_, reject) => {
      const { hostname, port } = target(this.base);
      const socket = net.connect(Number(port), hostname, () => socket.write(text));
      const pieces = [];
      socket.setTimeout(patience(ANSWER_LIMIT), () => socket.destroy(new Error(`no answer within ${patience(ANSWER_LIMIT)} ms`)));
      socket.on('data', (piece) => pieces.push(piece));
      socket.on('error', reject);
      socket.on('close', () => {
        const all = Buffer.concat(pieces).toString();
        const [head, ...rest] = all.split('\r\n\r\n');
        const text_ = rest.join('\r\n\r\n');
        let parsed;
        try {
          parsed = JSON.parse(text_);
        } catch {
          parsed = undefined;
        }
        resolve_({ status: Number(head.split(' ')[1]), head, text: text_, body: parsed });
      });
    });
  }

  /**
   * @param {object} [body]
   * @param {Options} [options]
   */
  async meeting(body = {}, options = {}) {
    const answer = await this.call('POST', '/session', { body, ...options });
    assert.equal(answer.status, 200, answer.text);
    return answer.text;
  }

  /**
   * @param {string} link
   * @param {object} [body]
   * @param {object | string} [auth]
   */
  async token(link, body = {}, auth = {}) {
    const answer = await this.call('POST', `/session/${link}/token`, { body, auth });
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  async attendees(link, query = '') {
    const answer = await this.call('GET', `/session/${link}/attendees${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  // Posts events as Janus does.
  events(body, { user = this.stack.conf.JANUS_EVENT_USER, password = this.stack.conf.JANUS_EVENT_PASSWORD, check = true } = {}) {
    const auth = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    return this.call('POST', '/webhooks/session', { body, auth, check });
  }
}

// The form that all errors have.
export function assertError(answer, status, name, message) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers?.['content-type'] ?? 'application/json', /^application\/json/);
  assert.equal(answer.body?.error?.statusCode, status, answer.text);
  assert.equal(answer.body.error.name, name, answer.text);
  assert.equal(typeof answer.body.error.message, 'string');
  if (message) assert.match(answer.body.error.message, message);
}

export function assertFaults(answer, ...paths) {
  assertError(answer, 422, 'UnprocessableEntityError');
  assert.equal(answer.body.error.code, 'VALIDATION_FAILED');
  assert.deepEqual(answer.body.error.details.map((fault) => fault.path).sort(), paths.sort());
}
