// A private stack: scripts/up in a folder and on ports of its own, and what tests need to reach its parts.
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';

const run = promisify(execFile);
const root = new URL('../../../', import.meta.url).pathname;
export const build = path.resolve(process.env.CONFAB_BUILD ?? path.join(root, 'build'));
export const source = root;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Waits until `check` gives something true, and gives it.
export async function until(check, what = 'a condition', limit = 10000) {
  const end = Date.now() + limit;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${limit} ms in vain for ${what}`);
    await sleep(25);
  }
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
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

// The living processes whose parent this is.
export function childrenOf(parent) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ');
        return fields[0] !== 'Z' && Number(fields[1]) === parent;
      } catch {
        return false;
      }
    })
    .map(Number);
}

class Stack {
  constructor(folder, env) {
    this.var = folder;
    this.env = env;
    this.conf = readConf(folder);
    this.base = `http://127.0.0.1:${this.conf.CONFAB_PORT}`;
    this.build = build;
    // As whom the service runs can read it: a copy when the stack was started by root.
    this.program = [path.join(folder, 'app'), build].map((place) => path.join(place, 'confab.fcgi')).find(existsSync);
  }

  async script(name, args = [], env = {}) {
    await run(path.join(root, 'scripts', name), args, { env: { ...this.env, ...env }, maxBuffer: 1 << 24 });
  }

  up(part) {
    return this.script('up', part ? ['--only', part] : []);
  }

  down(part) {
    return this.script('down', ['--only', part]);
  }

  async stop() {
    await this.script('down');
    if (process.env.CONFAB_E2E_KEEP === undefined) rmSync(this.var, { recursive: true, force: true });
  }

  ctl(...args) {
    return run(path.join(build, 'confabctl'), args, {
      env: { ...process.env, CONFAB_CONF: path.join(this.var, 'confab.conf') },
    });
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

  async rows(sql, values = []) {
    const connection = await this.database();
    try {
      return (await connection.query(sql, values))[0];
    } finally {
      await connection.end();
    }
  }

  // For events that a test makes up: no job compares them with Janus, whose own start does not end them. To be undone
  // with up('work').
  async forgetJanus() {
    await this.down('work');
    await this.rows("DELETE FROM connection_ends WHERE session_id = ''");
  }

  // Has jobs of a kind done now rather than when they are due.
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
  writeFileSync(extra, Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join(''));
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
  try {
    await run(path.join(root, 'scripts/up'), [], { env: all, maxBuffer: 1 << 24 });
  } catch (error) {
    throw new Error(`scripts/up failed: ${error.stderr}`);
  } finally {
    rmSync(extra, { force: true });
  }
  delete all.CONFAB_CONF_EXTRA;
  return new Stack(folder, all);
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
