// The load of one scenario: clients on every service host, and what they were told.
import { until } from '../e2e/lib/stack.mjs';

const WRITES = 60; // acknowledged ones of each host before and after what happens
const LOAD_LIMIT = 60000; // ms until they must have been acknowledged
const END_LIMIT = 90000; // ms for clients to finish what they have begun

// The clients of one host.
class Clients {
  constructor(lab, host) {
    this.host = host;
    this.answers = [];
    this.abandoned = []; // writes that never succeeded
    this.done = 0;
    const script = new URL('writer.mjs', import.meta.url).pathname;
    this.process = lab.network.spawn(host.name, process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.process.on('message', (message) => this.#take(message));
    this.ended = new Promise((resolve) => this.process.on('exit', resolve));
    this.process.send({
      settings: {
        base: host.base,
        bearer: lab.bearer,
        user: host.setting('JANUS_EVENT_USER'),
        password: host.setting('JANUS_EVENT_PASSWORD'),
        tokenSecret: host.setting('JANUS_TOKEN_SECRET'),
      },
    });
  }

  #take(message) {
    if (message.finished) this.finished = true;
    if (message.abandoned) this.abandoned.push(message.abandoned);
    if (!message.answer) return;
    this.answers.push({ ...message.answer, host: this.host.name });
    if (message.answer.acknowledged) this.done += 1;
  }

  get pid() {
    return this.process.pid;
  }

  // Waits for more acknowledged writes.
  writes(number = WRITES) {
    const wanted = this.done + number;
    return until(() => this.done >= wanted, `${number} acknowledged writes on ${this.host.name}`, LOAD_LIMIT);
  }

  async stop() {
    if (this.process.connected) this.process.send({ stop: true });
    await until(() => this.finished, `the clients of ${this.host.name} to end`, END_LIMIT);
    await this.ended;
  }
}

// Clients on every host.
export class Load {
  constructor(lab) {
    this.clients = lab.hosts.map((host) => new Clients(lab, host));
  }

  // The clients of these hosts, or of all.
  of(...hosts) {
    return hosts.length === 0 ? this.clients : this.clients.filter((one) => hosts.includes(one.host));
  }

  async writes(...hosts) {
    await Promise.all(this.of(...hosts).map((one) => one.writes()));
  }

  // A meeting that a host's clients have made and do not use any more.
  meeting(host) {
    return this.of(host)[0].answers.find((one) => one.kind === 'create' && one.keyed && one.acknowledged).link;
  }

  // Process ids, which are not the host's parts.
  pids(host) {
    return this.of(host).map((one) => one.pid);
  }

  async stop() {
    this.stopped = Date.now();
    await Promise.all(this.clients.map((one) => one.stop()));
  }

  get answers() {
    return this.clients.flatMap((one) => one.answers);
  }

  get abandoned() {
    return this.clients.flatMap((one) => one.abandoned);
  }

  kill() {
    for (const { process: child } of this.clients) child.kill('SIGKILL');
  }
}
