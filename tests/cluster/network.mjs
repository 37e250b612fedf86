// Hosts as network namespaces on one bridge, which has a namespace of its own: nothing leaves them.
import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { until } from '../e2e/lib/stack.mjs';

const PREFIX = 'confab-lab';
const FOLDER = '/run/netns';
const execute = promisify(execFile);

// The living processes in a namespace.
async function processes(namespace) {
  const { stdout } = await execute('ip', ['netns', 'pids', namespace]);
  return stdout.split('\n').filter(Boolean).map(Number);
}

// Kills all that run in a namespace except `spared`, also what they start meanwhile.
async function kill(namespace, spared = []) {
  await until(async () => {
    const left = (await processes(namespace)).filter((pid) => !spared.includes(pid));
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    return left.length === 0;
  }, `the end of all processes in ${namespace}`);
}

// Removes the namespaces of one run.
async function remove(prefix) {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.startsWith(`${prefix}-`)) : [];
  for (const name of names) {
    await kill(name);
    await execute('ip', ['netns', 'del', name]);
  }
}

// Removes what a run that was killed has left.
async function removeLeftovers() {
  const owners = new Set((existsSync(FOLDER) ? readdirSync(FOLDER) : []).map((name) => name.match(`^${PREFIX}-(\\d+)-`)?.[1]).filter(Boolean));
  for (const owner of owners) if (!existsSync(`/proc/${owner}`)) await remove(`${PREFIX}-${owner}`);
}

export class Network {
  constructor() {
    this.prefix = `${PREFIX}-${process.pid}`;
    this.hub = this.#namespace('hub');
    this.addresses = new Map(); // of the hosts
  }

  #namespace(host) {
    return `${this.prefix}-${host}`;
  }

  async open() {
    await removeLeftovers();
    await execute('ip', ['netns', 'add', this.hub]);
    await execute('ip', ['-n', this.hub, 'link', 'add', 'bridge', 'up', 'type', 'bridge']);
  }

  // Adds a host with a cable to the bridge.
  async add(host, address) {
    const namespace = this.#namespace(host);
    this.addresses.set(host, address);
    await execute('ip', ['netns', 'add', namespace]);
    await execute('ip', ['-n', this.hub, 'link', 'add', host, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
    await execute('ip', ['-n', this.hub, 'link', 'set', host, 'master', 'bridge', 'up']);
    await execute('ip', ['-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0']);
    for (const device of ['lo', 'eth0']) await execute('ip', ['-n', namespace, 'link', 'set', device, 'up']);
  }

  // Unplugs a host: packets vanish without an error.
  cut(host) {
    return execute('ip', ['-n', this.hub, 'link', 'set', host, 'down']);
  }

  mend(host) {
    return execute('ip', ['-n', this.hub, 'link', 'set', host, 'up']);
  }

  async #route(host, action, other) {
    await execute('ip', ['-n', this.#namespace(host), 'route', action, 'blackhole', `${this.addresses.get(other)}/32`]);
  }

  // Keeps two hosts from reaching each other; all others still reach both.
  async separate(one, other) {
    await this.#route(one, 'replace', other);
    await this.#route(other, 'replace', one);
  }

  // Undoes that, if it was done.
  async unite(one, other) {
    await this.#route(one, 'del', other).catch(() => {});
    await this.#route(other, 'del', one).catch(() => {});
  }

  // Starts a program on a host. Its process id is the program's own.
  spawn(host, command, args, options = {}) {
    return spawn('ip', ['netns', 'exec', this.#namespace(host), command, ...args], { detached: true, ...options });
  }

  // Runs a program on a host to its end.
  execute(host, command, args, options = {}) {
    return execute('ip', ['netns', 'exec', this.#namespace(host), command, ...args], { maxBuffer: 1 << 26, ...options });
  }

  kill(host, spared) {
    return kill(this.#namespace(host), spared);
  }

  processes(host) {
    return processes(this.#namespace(host));
  }

  close() {
    return remove(this.prefix);
  }
}
