// A private stack: scripts/up in its own folder and on its own ports, and functions that reach its parts.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before } from 'node:test';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';

const run = promisify(execFile);
const root = new URL('../../../', import.meta.url).pathname;
export const build = path.resolve(process.env.CONFAB_BUILD ?? path.join(root, 'build'));
export const source = root;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const PATIENCE_MOST = 8;
const END_LIMIT = 120000; // ms from a file's last test to its process' end

// The limit for something that takes at most `ms` on an idle machine. On a busy machine the limit is longer, up to
// PATIENCE_MOST times.
export const patience = (ms) => ms * Math.min(PATIENCE_MOST, 1 + loadavg()[0] / cpus().length);

// Waits until `check` gives a true value, and gives that value. `limit`: ms on an idle machine.
export async function until(check, what = 'a condition', limit = 10000) {
  const started = Date.now();
  for (;;) {
    const found = await check();
    if (found) return found;
    const waited = Date.now() - started;
    if (waited > patience(limit)) throw new Error(`waited ${waited} ms in vain for ${what}`);
    await sleep(25);
  }
}

/**
 * Makes a server listen on a free port of loopback, and gives the port.
 * @param {import('node:net').Server} server
 */
export async function listen(server) {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

export async function freePort() {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// The settings of an instance, as in its confab.conf.
function readConf(folder) {
  const conf = {};
  for (const line of readFileSync(path.join(folder, 'confab.conf'), 'utf8').split('\n')) {
    const [, name, value] = line.match(/^([A-Z_]+)=(.*)$/) ?? [];
    if (name) conf[name] = value;
  }
  return conf;
}

// What the kernel says about a living process: its state ('T': stopped by a signal), parent and start time.
function processOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ');
    return fields[0] === 'Z' ? undefined : { state: fields[0], parent: Number(fields[1]), start: fields[19] };
  } catch {
    return undefined;
  }
}

// The living children of a process.
export function childrenOf(parent) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && processOf(name)?.parent === parent)
    .map(Number);
}

// The same without reading every process of the machine. A child may be missing while others end.
function childrenSoon(parent) {
  try {
    return readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

const PARTS = ['mariadb', 'gate', 'janus', 'pool', 'work', 'media', 'nginx'];
const JOBS = ['work', 'media']; // tests stop and start both as 'work'
const HEALTH_LIMIT = 60000; // ms
const stacks = new Set(); // those that this file's tests use

/**
 * The signalling gates by the port of their public address: how to reach their control sockets.
 * @type {Map<string, {secret: string, socketPath?: string, port?: number}>}
 */
export const gates = new Map();

class Stack {
  #asleep = new Set(); // parts that tests of this file want to be stopped

  constructor(folder, env) {
    stacks.add(this);
    this.var = folder;
    this.env = env;
    this.conf = readConf(folder);
    this.base = `http://127.0.0.1:${this.conf.CONFAB_PORT}`;
    this.build = build;
    gates.set(this.conf.CONFAB_PORT, { secret: this.conf.GATE_SECRET, socketPath: path.join(folder, 'gate/ctl/sock') });
    // The program that the service's user can read: a copy when root started the stack.
    this.program = [path.join(folder, 'app'), build].map((place) => path.join(place, 'confab.fcgi')).find(existsSync);
  }

  // Gives what the script has printed.
  async script(name, args = [], env = {}) {
    const { stdout } = await run(path.join(root, 'scripts', name), args, { env: { ...this.env, ...env }, maxBuffer: 1 << 24 });
    return stdout;
  }

  async up(part) {
    this.#asleep.delete(part);
    if (!part) return this.script('up');
    let said = '';
    for (const one of part === 'work' ? JOBS : [part]) said += await this.script('up', ['--only', one]);
    return said;
  }

  async down(part) {
    let said = '';
    for (const one of part === 'work' ? JOBS : [part]) said += await this.script('down', ['--only', one]);
    return said;
  }

  // Runs `work` while these parts are stopped, and starts them again, also when it fails.
  async without(parts, work) {
    try {
      for (const part of parts) await this.down(part);
      return await work();
    } finally {
      for (const part of [...parts].reverse()) await this.up(part);
    }
  }

  runs(part) {
    const record = path.join(this.var, 'started', `${part}.pid`);
    if (!existsSync(record)) return false;
    const [pid, start] = readFileSync(record, 'utf8').trim().split(' ');
    return processOf(pid)?.start === start;
  }

  // The parts that should run.
  #parts() {
    return PARTS.filter((part) => !this.#asleep.has(part) && !(JOBS.includes(part) && this.#asleep.has('work')) && (part !== 'mariadb' || !this.conf.DB_HOST));
  }

  // Starts the parts that do not run, and continues those that a signal stopped. Gives their names.
  async restore() {
    const stopped = PARTS.filter((part) => this.runs(part))
      .filter((part) => {
        const leader = this.leader(part);
        const frozen = [leader, ...childrenSoon(leader)].filter((pid) => processOf(pid)?.state === 'T');
        for (const pid of frozen) process.kill(pid, 'SIGCONT');
        return frozen.length > 0;
      });
    const missing = this.#parts().filter((part) => !this.runs(part));
    for (const part of missing) await this.up(part);
    const found = [...stopped, ...missing];
    if (found.length > 0) await until(async () => (await fetch(`${this.base}/health`)).ok, 'the parts to be there again', HEALTH_LIMIT);
    return found;
  }

  async stop() {
    stacks.delete(this);
    await this.script('down');
    if (process.env.CONFAB_E2E_KEEP === undefined) rmSync(this.var, { recursive: true, force: true });
  }

  ctl(...args) {
    return run(path.join(build, 'confabctl'), args, {
      env: { ...process.env, CONFAB_CONF: path.join(this.var, 'confab.conf') },
    });
  }

  // The command line of confabctl as the service's user: programs that work on recordings give up root's rights.
  commandOfService() {
    const program = this.program.replace(/confab\.fcgi$/, 'confabctl');
    if (process.getuid() !== 0) return [program];
    const { uid, gid } = statSync(path.join(this.var, 'confab.conf'));
    return ['setpriv', '--reuid', String(uid), '--regid', String(gid), '--init-groups', program];
  }

  // A connection to the private database, as the service has it.
  database() {
    return mysql.createConnection({
      socketPath: this.conf.DB_SOCKET,
      user: this.conf.DB_USER,
      password: this.conf.DB_PASSWORD,
      database: this.conf.DB_DATABASE,
      dateStrings: true,
      supportBigNumbers: true,
    });
  }

  /**
   * The rows of a statement; for a change the server's result.
   * @param {string} sql
   * @param {any[]} [values]
   * @returns {Promise<any>}
   */
  async rows(sql, values = []) {
    const connection = await this.database();
    try {
      return (await connection.query(sql, values))[0];
    } finally {
      await connection.end();
    }
  }

  // Stops these parts for all tests of this file.
  async rest(...parts) {
    for (const part of parts) {
      await this.down(part);
      this.#asleep.add(part);
    }
  }

  // For events that a test makes up: no job compares them with Janus, and Janus' start does not end them. up('work')
  // undoes it.
  async forgetJanus() {
    await this.down('work');
    this.#asleep.add('work');
    // The event of the start may still be under way.
    await until(async () => (await this.rows('SELECT 1 FROM media_servers WHERE epoch > 0')).length > 0, 'the start of Janus to be told');
    await this.rows("DELETE FROM connection_ends WHERE session_id = ''");
  }

  // Makes the jobs of a kind due now.
  hurry(kind) {
    return this.rows('UPDATE jobs SET due = UTC_TIMESTAMP(3) WHERE kind = ? AND due > UTC_TIMESTAMP(3)', [kind]);
  }

  log(part) {
    return readFileSync(path.join(this.var, 'log', `${part}.log`), 'utf8');
  }

  // The recorded leader of a part, and the processes below it.
  leader(part) {
    return Number(readFileSync(path.join(this.var, 'started', `${part}.pid`), 'utf8').split(' ')[0]);
  }

  children(part) {
    return childrenOf(this.leader(part));
  }
}

// Starts a stack of its own. `settings` go over those that scripts/up makes.
export async function startStack({ settings = {}, env = {} } = {}) {
  const folder = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR ?? tmpdir(), 'cf-'));
  chmodSync(folder, 0o755); // the services' users go through it
  const extra = `${folder}.conf`;
  // Tests that end a page's connection do not wait for a minute until the person is out.
  const own = { GATE_KEEP_SECONDS: '1', ...settings };
  writeFileSync(extra, Object.entries(own).map(([name, value]) => `${name}=${value}\n`).join(''));
  /** @type {NodeJS.ProcessEnv} */
  const all = {
    ...process.env,
    CONFAB_VAR: folder,
    CONFAB_PORT: String(await freePort()),
    CONFAB_BUILD: build,
    CONFAB_NO_BUILD: '1',
    CONFAB_CONF_EXTRA: extra,
    CONFAB_TOKEN_RATE: 'off',
    CONFAB_WEBHOOK_RATE: 'off',
    ...env,
  };
  let printed;
  try {
    ({ stdout: printed } = await run(path.join(root, 'scripts/up'), [], { env: all, maxBuffer: 1 << 24 }));
  } catch (error) {
    throw new Error(`scripts/up failed: ${error.stderr}`);
  } finally {
    rmSync(extra, { force: true });
  }
  delete all.CONFAB_CONF_EXTRA;
  return Object.assign(new Stack(folder, all), { greeting: printed });
}

// The stack that run.mjs has started.
export function sharedStack() {
  const folder = process.env.CONFAB_E2E_VAR;
  if (!folder) throw new Error('run these tests with tests/e2e/run.mjs');
  return new Stack(folder, {
    ...process.env,
    CONFAB_VAR: folder,
    CONFAB_BUILD: build,
    CONFAB_NO_BUILD: '1',
  });
}

// A test that fails between stopping a part and starting it again must not fail the tests after it: before each test
// the parts that are stopped are started.
async function restoreAll() {
  for (const stack of stacks) {
    const found = await stack.restore();
    if (found.length > 0) console.error(`# left stopped, and started again: ${found.join(', ')}`);
  }
}

// The runner sets this where tests run; run.mjs itself imports this file as well.
if (process.env.NODE_TEST_CONTEXT) {
  before(restoreAll);
  afterEach(restoreAll);
  // A connection or browser that a failing test left open must not keep the process until the runner ends it.
  after(() => {
    setTimeout(() => process.exit(), END_LIMIT).unref();
  });
}
