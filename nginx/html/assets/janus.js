// A client of Janus' WebSocket protocol: one session with its handles, transactions, keepalive, and a token that can be
// exchanged while the session goes on.
//
//   const session = await JanusSession.open(url, token);
//   session.token = …                          from now on sent with every message
//   const handle = await session.attach('janus.plugin.videoroom');
//   const { data, jsep } = await handle.request({ request: 'join', … }, jsep);   throws a JanusError
//   handle.trickle(candidate or null)          null: there are no more
//   await session.probe()                      is Janus still there? closes the session if it does not answer soon
//   session.close()                            tidy: tells Janus, does not wait
//   await JanusSession.bury(url, token, id)    ends a session whose connection was lost before Janus notices by itself
//
// Events of a session: 'closed' (detail: { reason }), once, whatever the cause:
//   'closed' by us · 'socket' the WebSocket ended · 'silent' no answer in time · 'timeout' Janus gave the session up
//   · 'gone' Janus does not know it (any more)
// and 'unauthorized': the token was refused; a fresh one is needed within the session's 60 s.
// Events of a handle: 'event' (detail: { data, jsep? }) what the plugin says by itself; 'hangup' (detail: { reason })
// its peer connection is over; 'detached'; 'closed' with its session.

const PROTOCOL = 'janus-protocol';
const CONNECT_LIMIT = 5000; // ms
const ANSWER_LIMIT = 10000; // ms
const PROBE_LIMIT = 4000; // ms
// ms between keepalives. Janus gives a session up after 60 s of silence only, but tells nobody of one that was ended
// from outside, as when somebody is put out: the next answer shows it.
const KEEPALIVE_INTERVAL = 2000;

// Codes of Janus' core
export const UNAUTHORIZED = 403;
const NO_SESSION = 458;

// An error that Janus answered (`code` as in its documentation), or 'closed' and 'silent' when there was no answer.
export class JanusError extends Error {
  constructor(code, reason) {
    super(`Janus: ${reason} (${code})`);
    this.name = 'JanusError';
    this.code = code;
  }
}

function connect(url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, PROTOCOL);
    const fail = () => {
      socket.close();
      reject(new JanusError('closed', 'no connection'));
    };
    const timer = setTimeout(fail, CONNECT_LIMIT);
    socket.onopen = () => {
      clearTimeout(timer);
      resolve(socket);
    };
    socket.onerror = fail;
  });
}

class JanusHandle extends EventTarget {
  constructor(session, id) {
    super();
    this.session = session;
    this.id = id;
  }

  async request(body, jsep) {
    const answer = await this.session.request({ janus: 'message', handle_id: this.id, body, ...(jsep && { jsep }) });
    const data = answer.plugindata.data;
    if (data.error_code) throw new JanusError(data.error_code, data.error);
    return { data, jsep: answer.jsep };
  }

  trickle(candidate) {
    this.session
      .request({ janus: 'trickle', handle_id: this.id, candidate: candidate ?? { completed: true } })
      .catch(() => {}); // a hint to Janus, no more; what goes wrong shows in the connection itself
  }

  async detach() {
    await this.session.request({ janus: 'detach', handle_id: this.id });
  }

  heard(message) {
    const { janus, plugindata, jsep, reason } = message;
    if (janus === 'event') this.#tell('event', { data: plugindata.data, jsep });
    if (janus === 'hangup') this.#tell('hangup', { reason });
    if (janus === 'detached') this.#tell('detached');
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

export class JanusSession extends EventTarget {
  #socket;
  #waiting = new Map(); // transaction -> { resolve, reject, timer }
  #handles = new Map();
  #count = 0;
  #keepalive;
  #kept = true; // the last keepalive has been answered
  #closed = false;

  constructor(socket, token) {
    super();
    this.#socket = socket;
    this.token = token;
    socket.onmessage = ({ data }) => this.#heard(JSON.parse(data));
    socket.onclose = () => this.#over('socket');
  }

  static async open(url, token) {
    const session = new JanusSession(await connect(url), token);
    try {
      session.id = (await session.request({ janus: 'create' })).data.id;
    } catch (error) {
      session.close();
      throw error;
    }
    session.#keepalive = setInterval(() => session.#keep(), KEEPALIVE_INTERVAL);
    return session;
  }

  // Janus sees that a network is gone after 24 s only: until then the person would be there twice.
  static async bury(url, token, id) {
    const session = new JanusSession(await connect(url), token);
    session.id = id;
    try {
      await session.request({ janus: 'claim' });
      await session.request({ janus: 'destroy' });
    } finally {
      session.close();
    }
  }

  async attach(plugin) {
    const { id } = (await this.request({ janus: 'attach', plugin })).data;
    const handle = new JanusHandle(this, id);
    this.#handles.set(id, handle);
    return handle;
  }

  // Sends a message; its answer, which may come after an acknowledgement.
  request(message, limit = ANSWER_LIMIT) {
    if (this.#closed) return Promise.reject(new JanusError('closed', 'the session is over'));
    const transaction = String(++this.#count);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(transaction, new JanusError('silent', 'no answer')), limit);
      this.#waiting.set(transaction, { resolve, reject, timer, acknowledged: message.janus !== 'message' });
      this.#send({ ...message, transaction });
    });
  }

  async probe(limit = PROBE_LIMIT) {
    try {
      await this.request({ janus: 'keepalive' }, limit);
    } catch (error) {
      if (error.code === 'silent') this.#over('silent');
    }
  }

  async #keep() {
    if (!this.#kept) return;
    this.#kept = false;
    await this.probe(ANSWER_LIMIT);
    this.#kept = true;
  }

  close() {
    if (!this.#closed) this.#send({ janus: 'destroy', transaction: 'destroy' });
    this.#over('closed');
  }

  #send(message) {
    this.#socket.send(JSON.stringify({ ...message, session_id: this.id, token: this.token }));
  }

  #heard(message) {
    const waiter = this.#waiting.get(message.transaction);
    if (waiter && (message.janus !== 'ack' || waiter.acknowledged)) {
      const { code, reason } = message.error ?? {};
      this.#settle(message.transaction, message.janus === 'error' ? new JanusError(code, reason) : null, message);
      if (code === NO_SESSION) this.#over('gone');
      if (code === UNAUTHORIZED) this.dispatchEvent(new Event('unauthorized'));
    } else if (message.janus === 'timeout') {
      this.#over('timeout');
    } else {
      this.#handles.get(message.sender)?.heard(message);
    }
  }

  #settle(transaction, error, answer) {
    const waiter = this.#waiting.get(transaction);
    this.#waiting.delete(transaction);
    clearTimeout(waiter.timer);
    if (error) waiter.reject(error);
    else waiter.resolve(answer);
  }

  #over(reason) {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#keepalive);
    this.#socket.onclose = null;
    this.#socket.close();
    for (const transaction of [...this.#waiting.keys()])
      this.#settle(transaction, new JanusError('closed', 'the session is over'));
    this.dispatchEvent(new CustomEvent('closed', { detail: { reason } }));
    for (const handle of this.#handles.values()) handle.dispatchEvent(new Event('closed'));
  }
}
