// Janus from both sides: a WebSocket client as a browser has it, and tokens and events as Janus makes them.
import { createHmac, randomInt } from 'node:crypto';
import http from 'node:http';
import WebSocket from 'ws';
import { gates, patience } from './stack.mjs';

const base64url = (text) => Buffer.from(text).toString('base64url');

// A token signed as Janus and the service sign them.
export function signToken(secret, data) {
  return `${data}:${createHmac('sha1', secret).update(data).digest('base64')}`;
}

/**
 * @param {string} secret
 * @param {{room: string, attendee: string, role?: string, expiry?: number}} grant
 */
export function roomToken(secret, { room, attendee, role = 'publisher', expiry = 4102444800 }) {
  return signToken(secret, `${expiry},janus.plugin.videoroom,room=${room},uid=${base64url(attendee)},role=${role}`);
}

/**
 * @param {string} secret
 * @param {{room: string, attendee: string, role?: string, expiry?: number}} grant
 */
export function coreToken(secret, { room, attendee, role, expiry = 4102444800 }) {
  return signToken(secret, `${expiry},janus,janus.plugin.videoroom,room=${room},uid=${base64url(attendee)},role=${role}`);
}

// Events as Janus' sample event handler posts them. Times are microseconds.
export const randomId = () => randomInt(1, 2 ** 47);

export function joinedEvent(secret, { room, attendee, id = 'p', session = randomId(), handle = randomId(), at, display = 'x' }) {
  return {
    type: 64, timestamp: at, session_id: session, handle_id: handle,
    event: {
      plugin: 'janus.plugin.videoroom',
      data: { event: 'joined', room, id, private_id: 12345, display, token: roomToken(secret, { room, attendee }) },
    },
  };
}

export function attachedEvent(secret, { room, attendee, session = randomId(), handle = randomId(), at, role = 'subscriber' }) {
  return {
    type: 2, timestamp: at, session_id: session, handle_id: handle,
    event: { name: 'attached', plugin: 'janus.plugin.videoroom', token: coreToken(secret, { room, attendee, role }) },
  };
}

export function detachedEvent(secret, { room, attendee, session, handle, at, role = 'publisher' }) {
  return {
    type: 2, timestamp: at, session_id: session, handle_id: handle,
    event: { name: 'detached', plugin: 'janus.plugin.videoroom', token: coreToken(secret, { room, attendee, role }) },
  };
}

export function participantEvent(name, { room, id, at }) {
  return {
    type: 64, timestamp: at,
    event: { plugin: 'janus.plugin.videoroom', data: { event: name, room, id } },
  };
}

export function destroyedEvent({ room, at }) {
  return { type: 64, timestamp: at, event: { plugin: 'janus.plugin.videoroom', data: { event: 'destroyed', room } } };
}

export function publishedEvent({ room, id = 'p', at, session = randomId(), handle = randomId() }) {
  return {
    type: 64, timestamp: at, session_id: session, handle_id: handle,
    event: { plugin: 'janus.plugin.videoroom', data: { event: 'published', room, id, streams: [] } },
  };
}

export const coreEvent = (status, at) => ({ type: 256, timestamp: at, event: { status } });

// An offer as a browser makes it, of media that never flows: one line of `kinds` each ('audio', 'video').
export function offer(kinds) {
  const lines = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', `a=group:BUNDLE ${kinds.map((_, i) => i).join(' ')}`];
  kinds.forEach((kind, i) => {
    const [type, codec] = kind === 'audio' ? [111, 'opus/48000/2'] : [96, 'VP8/90000'];
    lines.push(
      `m=${kind} 9 UDP/TLS/RTP/SAVPF ${type}`, 'c=IN IP4 0.0.0.0', `a=mid:${i}`, 'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuvwx',
      `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`, 'a=setup:actpass', 'a=sendonly', 'a=rtcp-mux', `a=rtpmap:${type} ${codec}`,
      `a=ssrc:${1000 + i} cname:test`,
    );
  });
  return { type: 'offer', sdp: [...lines, ''].join('\r\n') };
}

/**
 * The connections of the gate that this public address leads to, as the service sees them.
 * @param {string} url
 * @returns {Promise<any[]>}
 */
export async function connections(url) {
  const { secret, ...place } = gates.get(new URL(url).port) ?? {};
  const text = await new Promise((resolve, reject) => {
    const request = http.get({ ...place, path: '/connections', headers: { authorization: `Bearer ${secret}` }, agent: false }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => resolve(Buffer.concat(pieces).toString()));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
  return JSON.parse(text).connections;
}

// One person's page: a session and a handle of the video room plugin.
export class Page {
  constructor(answer) {
    this.answer = answer; // of POST /session/{id}/token
    this.token = answer.token;
    this.waiting = new Map();
    this.messages = [];
    this.closed = false;
    this.count = 0;
    this.joined = undefined; // what Janus has answered to joining
    this.socket = undefined;
    this.session = undefined;
    this.handle = undefined;
  }

  async connect() {
    this.socket = new WebSocket(this.answer.url, 'janus-protocol');
    await new Promise((resolve, reject) => {
      this.socket.on('open', resolve);
      this.socket.on('error', reject);
    });
    /** @type {any} */ (this.socket)._socket.unref(); // a page left open does not keep the test's process
    this.socket.on('close', () => {
      this.closed = true;
    });
    this.socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      const waiter = this.waiting.get(message.transaction);
      if (waiter && message.janus !== 'ack') {
        this.waiting.delete(message.transaction);
        waiter(message);
      } else {
        this.messages.push(message);
      }
    });
  }

  async open() {
    await this.connect();
    const created = await this.request({ janus: 'create' });
    // The gate tells no page its session's id.
    const own = created.janus === 'success' && (await connections(this.answer.url)).find((one) => one.participantId === this.answer.participantId);
    this.session = own ? Number(own.janusSession) : undefined;
    return created;
  }

  request(message) {
    this.count += 1;
    const transaction = `t${this.count}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('Janus does not answer')), patience(8000));
      this.waiting.set(transaction, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.socket.send(JSON.stringify({ ...message, transaction, token: this.token }));
    });
  }

  async attach() {
    const attached = await this.request({ janus: 'attach', plugin: 'janus.plugin.videoroom' });
    this.handle = attached.data?.id;
    return attached;
  }

  async plugin(body, jsep) {
    const answer = await this.request({ janus: 'message', handle_id: this.handle, body, ...(jsep ? { jsep } : {}) });
    return answer.plugindata?.data ?? answer;
  }

  join(more = {}) {
    return this.plugin({
      request: 'join', ptype: 'publisher', room: this.answer.sessionId, id: this.answer.participantId, ...more,
    });
  }

  // Offers these streams; Janus then knows them, though no media comes.
  publish(...kinds) {
    return this.plugin({ request: 'publish' }, offer(kinds));
  }

  // The messages in this room about a muted person, as "mid muted".
  moderation(participant) {
    return this.messages
      .map((message) => message.plugindata?.data ?? {})
      .filter((data) => data.moderation && data.id === participant)
      .map((data) => `${data.mid} ${data.moderation}`);
  }

  // Opens, attaches and joins, as the page of somebody who may send does.
  static async join(answer, more = {}) {
    const page = new Page(answer);
    await page.open();
    await page.attach();
    page.joined = await page.join(more);
    return page;
  }

  // Opens and attaches, as the page of somebody who only watches does.
  static async watch(answer) {
    const page = new Page(answer);
    await page.open();
    await page.attach();
    return page;
  }

  kill() {
    this.socket.terminate();
  }
}

// The Admin API, to look at Janus without the service.
export class Admin {
  constructor(stack) {
    this.conf = stack.conf;
  }

  async core(message, path = '') {
    const response = await fetch(this.conf.JANUS_ADMIN_URL + path, {
      method: 'POST',
      body: JSON.stringify({ transaction: 't', admin_secret: this.conf.JANUS_ADMIN_SECRET, ...message }),
    });
    return response.json();
  }

  async plugin(request) {
    const answer = await this.core({ janus: 'message_plugin', plugin: 'janus.plugin.videoroom', request });
    return answer.response;
  }

  async rooms() {
    const answer = await this.plugin({ request: 'list', admin_key: this.conf.JANUS_ADMIN_KEY });
    return answer.list.map((room) => room.room);
  }

  // How a room is listed, or undefined.
  async room(room) {
    const answer = await this.plugin({ request: 'list', admin_key: this.conf.JANUS_ADMIN_KEY });
    return answer.list.find((one) => one.room === room);
  }

  // A change to a room, with its secret, which is derived as the service does.
  change(room, request) {
    const secret = createHmac('sha256', this.conf.SERVICE_SECRET).update(`room-secret\0${room}`).digest('base64url');
    return this.plugin({ room, secret, ...request });
  }

  // Who is on a room's list of those who may send; adding nothing answers with the whole list.
  async allowed(room) {
    const answer = await this.change(room, { request: 'allowed', action: 'add', allowed: [] });
    return (answer.allowed ?? []).map((token) => Buffer.from(token.match(/uid=([^,:]*)/)[1], 'base64url').toString());
  }

  async sessions() {
    return (await this.core({ janus: 'list_sessions' })).sessions;
  }
}
