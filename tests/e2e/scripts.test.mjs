// scripts/up and scripts/down as an operator meets them: a shell with a proxy in it, wrong settings, parts that died.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync, renameSync, rmSync, rmdirSync, statSync, symlinkSync, writeFileSync,
} from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { after, before, test } from 'node:test';
import { Client, assertError } from './lib/client.mjs';
import { childrenOf, listen, patience, source, startStack, until } from './lib/stack.mjs';

const PROXY = 'http://127.0.0.1:1'; // where nobody listens
let stack;
let client;

before(async () => {
  const closed = mkdtempSync(`${tmpdir()}/cf-closed-`); // to the services' users: a TMPDIR as root may have it
  stack = await startStack({ env: { TMPDIR: closed, http_proxy: PROXY, https_proxy: PROXY, all_proxy: PROXY, HTTP_PROXY: PROXY, ALL_PROXY: PROXY, no_proxy: '' } }).finally(() => rmdirSync(closed));
  client = new Client(stack, { keepAlive: false });
});
after(() => stack?.stop());

const live = async () => (await client.call('GET', '/health/live', { auth: null })).status;
const confFile = () => `${stack.var}/confab.conf`;

function isAlive(pid) {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

// Changes the settings while `work` runs.
async function withSettings(change, work) {
  const kept = readFileSync(confFile(), 'utf8');
  try {
    writeFileSync(confFile(), change(kept));
    await work();
  } finally {
    writeFileSync(confFile(), kept);
  }
}

// Gives the test its own environment for scripts/up, and restores environment and settings after the test.
function ownEnvironment(context) {
  const kept = { env: stack.env, conf: readFileSync(confFile(), 'utf8') };
  stack.env = { ...kept.env };
  context.after(() => {
    stack.env = kept.env;
    writeFileSync(confFile(), kept.conf);
    return stack.up('nginx');
  });
}

// Expects scripts/up to fail with one line, and gives the line.
async function refusal(env = {}) {
  let line;
  await assert.rejects(stack.script('up', [], env), ({ code, stderr }) => {
    assert.ok(code > 0);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    line = stderr.trim();
    return true;
  });
  return line;
}

// A reverse proxy on this host: adds the client's address, which tests choose, to X-Forwarded-For. Gives a client that
// goes through it.
async function throughProxy(context) {
  const server = http.createServer((request, response) => {
    const { 'x-test-client': address, 'x-forwarded-for': before_, ...headers } = request.headers;
    headers['x-forwarded-for'] = [before_, address ?? '192.0.2.1'].filter(Boolean).join(', ');
    const { hostname, port } = new URL(stack.base);
    const onward = http.request({ hostname, port, method: request.method, path: request.url, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  const port = await listen(server);
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${port}`;
  return new Client(Object.assign(Object.create(stack), { base }), { keepAlive: false });
}

test('a proxy in the caller\'s shell is not used for requests to this machine, and the parts do not see it', async () => {
  for (const part of ['mariadb', 'janus', 'pool', 'work', 'media'])
    for (const pid of [stack.leader(part), ...stack.children(part)])
      assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'latin1'), /proxy/i, part);
  const janus = stack.leader('janus');
  await stack.up();
  assert.equal(stack.leader('janus'), janus, 'started again without need');
  assert.equal((await client.call('GET', '/health', { auth: null })).status, 200);
});

test('a wrong setting gives one line, and the running parts go on', async () => {
  const pool = stack.leader('pool');
  await withSettings((text) => text.replace(/^PUBLIC_URL=.*/m, 'PUBLIC_URL=meet.example.org'), async () => {
    assert.match(await refusal(), /PUBLIC_URL/);
    assert.equal(await live(), 200);
  });
  await stack.up();
  assert.equal(stack.leader('pool'), pool);
  assert.equal(await live(), 200);
});

test('a BASE_PATH, which is for CGI servers, is refused', async () => {
  await withSettings((text) => `${text}BASE_PATH=/confab\n`, async () => {
    assert.match(await refusal(), /BASE_PATH/);
    assert.equal(await live(), 200);
  });
});

test('a CONFAB_VAR with characters that MariaDB or env would misread is refused', async () => {
  for (const name of ['a:b', 'a=b', 'a b']) {
    const place = `${stack.var}/${name}`;
    assert.match(await refusal({ CONFAB_VAR: place }), /CONFAB_VAR may hold letters, digits and/);
    assert.equal(existsSync(place), false);
  }
});

test('through a reverse proxy on this host nobody reaches the metrics or Janus\' events', async (context) => {
  const proxy = await throughProxy(context);
  const { JANUS_EVENT_USER: user, JANUS_EVENT_PASSWORD: password } = stack.conf;
  const auth = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const metrics = (on, path = '/metrics', headers = {}) => on.call('GET', path, { auth: null, check: false, headers });
  const events = (on, headers = {}) => on.call('POST', '/webhooks/janus', { auth, body: [], check: false, headers });
  const refused = async () => {
    assert.equal((await metrics(client)).status, 200);
    assert.equal((await events(client)).status, 204);
    for (const path of ['/metrics', '//metrics/', '/%6detrics', '/metrics?x'])
      assertError(await metrics(proxy, path), 403, 'ForbiddenError');
    assertError(await metrics(proxy, '/metrics', { 'x-forwarded-for': '127.0.0.1', 'x-test-client': '127.0.0.1' }), 403, 'ForbiddenError');
    assertError(await events(proxy), 403, 'ForbiddenError');
    for (const name of ['forwarded', 'x-real-ip', 'x-forwarded-host', 'x-forwarded-proto', 'via']) {
      assertError(await metrics(client, '/metrics', { [name]: 'x' }), 403, 'ForbiddenError');
      assertError(await events(client, { [name]: 'x' }), 403, 'ForbiddenError');
    }
  };
  await refused();
  ownEnvironment(context);
  stack.env.CONFAB_TRUSTED_PROXIES = '127.0.0.1, 10.0.0.0/8 ::1';
  await stack.up('nginx');
  await refused();
  for (const wrong of ['localhost', '127.0.0.1;', '10.0.0.0/99', '300.1.1.1', '::1/129', '1::2::3']) {
    stack.env.CONFAB_TRUSTED_PROXIES = wrong;
    await assert.rejects(stack.up('nginx'), ({ stderr }) => stderr.includes(wrong));
    assert.equal(await live(), 200, wrong);
  }
});

test('behind a trusted reverse proxy limits are for each client', async (context) => {
  const proxy = await throughProxy(context);
  ownEnvironment(context);
  Object.assign(stack.env, { CONFAB_TRUSTED_PROXIES: '127.0.0.1', CONFAB_WEBHOOK_RATE: '1' });
  await stack.up('nginx');
  /** @type {(count: number, address: string, more?: (i: number) => object) => Promise<number>} */
  const limited = async (count, address, more = () => ({})) => {
    const post = (_, i) => proxy.call('POST', '/webhooks/session', { auth: null, check: false, headers: { 'x-test-client': address, ...more(i) } });
    const answers = await Promise.all(Array.from({ length: count }, post));
    return answers.filter((answer) => answer.status === 429).length;
  };
  // For a moment processes with the old settings take requests as well.
  await until(async () => (await limited(30, '198.51.100.1')) > 5, 'the limit to be in force', 30000);
  assert.equal(await limited(2, '198.51.100.2'), 0, 'another client is held up');
  await until(async () => (await limited(30, '198.51.100.3', (i) => ({ 'x-forwarded-for': `203.0.113.${i}` }))) > 5, 'a made-up address not to help', 30000);
});

test('an IPv6 network of 64 bits is one client for the limits, another one is another', async (context) => {
  const proxy = await throughProxy(context);
  ownEnvironment(context);
  Object.assign(stack.env, { CONFAB_TRUSTED_PROXIES: '127.0.0.1', CONFAB_WEBHOOK_RATE: '1' });
  await stack.up('nginx');
  const limited = async (addresses) => {
    const post = (address) => proxy.call('POST', '/webhooks/session', { auth: null, check: false, headers: { 'x-test-client': address } });
    return (await Promise.all(addresses.map(post))).filter((answer) => answer.status === 429).length;
  };
  let hosts = 0; // each address comes once: none reaches the limit by itself
  const network = (prefix) => Array.from({ length: 30 }, () => `${prefix}${(hosts += 1).toString(16)}:a:b:c`);
  await until(async () => (await limited(network('2001:db8:0:1:'))) > 5, 'the limit to be in force for a network', 30000);
  assert.equal(await limited(Array.from({ length: 30 }, (_, i) => `2001:db8:1:${i + 1}::1`)), 0, 'networks hold up each other');
  assert.equal(await limited(Array.from({ length: 30 }, (_, i) => `192.0.2.${i + 1}`)), 0, 'IPv4 addresses hold up each other');
  assert.equal(await limited(Array.from({ length: 30 }, (_, i) => `::ffff:198.51.100.${i + 1}`)), 0, 'IPv4 addresses that are written as IPv6 hold up each other');
});

// The days that a bearer token lives, of what scripts/up has printed.
function tokenDays(printed) {
  const [, claims] = printed.match(/^ey[\w-]+\.([\w-]+)\.[\w-]+$/m);
  const { exp, iat = Date.now() / 1000 } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  return (exp - iat) / 86400;
}

test('the first printed bearer token lives 30 days, later ones 12 hours, and scripts/up says how to make another', async () => {
  assert.equal(Math.round(tokenDays(stack.greeting)), 30);
  const printed = await stack.script('up');
  assert.equal(tokenDays(printed).toFixed(1), '0.5');
  assert.equal(printed.match(/ey[\w-]+\.[\w-]+\.[\w-]+/g).length, 3, 'in the link, by itself, and in the curl line');
  const command = printed.match(/CONFAB_CONF=\S+ \S+ token .*/)[0];
  const another = execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trim();
  assert.equal((await client.call('POST', '/session', { auth: `Bearer ${another}` })).status, 200);
});

test('nginx reaches the pool\'s socket and the page, and nothing else of the instance', { skip: process.getuid() !== 0 && 'needs root' }, () => {
  const userOf = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^Uid:\t(\d+)/m)[1]);
  const nginx = [stack.leader('nginx'), ...stack.children('nginx')].map(userOf);
  const others = ['mariadb', 'janus', 'pool', 'work', 'media'].map((part) => userOf(stack.leader(part)));
  assert.equal(new Set(nginx).size, 1);
  assert.ok(!others.includes(nginx[0]) && nginx[0] !== 0, `nginx ${nginx}, others ${others}`);
  const can = (...test_) => {
    try {
      execFileSync('setpriv', ['--reuid', String(nginx[0]), '--regid', 'confab-web', '--init-groups', '--', 'test', ...test_]);
      return true;
    } catch {
      return false;
    }
  };
  assert.ok(can('-w', `${stack.var}/pool/confab.sock`));
  assert.ok(can('-r', `${stack.var}/app/html/index.html`));
  assert.ok(!can('-r', `${stack.var}/pool`) && !can('-w', `${stack.var}/pool`));
  assert.ok(can('-x', `${stack.var}/recordings`) && !can('-w', `${stack.var}/recordings`));
  for (const name of ['confab.conf', 'ports', 'db', 'run', 'run/mariadb.sock', 'run/metrics', 'log', 'log/pool.log', 'janus', 'janus/janus.jcfg', 'started', 'tmp'])
    assert.ok(existsSync(`${stack.var}/${name}`) && !can('-r', `${stack.var}/${name}`) && !can('-w', `${stack.var}/${name}`) && !can('-x', `${stack.var}/${name}`), name);
});

test('scripts/up fails when a running nginx keeps its old settings', async () => {
  const conf = `${stack.var}/nginx/confab.conf`;
  await stack.down('nginx');
  try {
    // A zone with another key: nginx refuses that only when it reloads, and in its log alone.
    writeFileSync(conf, readFileSync(conf, 'utf8').replace('$confab_client zone=confab_client_token', '$binary_remote_addr zone=confab_client_token'));
    const { uid, gid } = statSync(`${stack.var}/nginx/run`);
    const log = openSync(`${stack.var}/log/nginx.log`, 'a');
    const nginx = spawn('/usr/sbin/nginx', ['-p', `${stack.var}/nginx`, '-c', `${stack.var}/nginx/nginx.conf`, '-e', 'stderr'], { uid, gid, detached: true, stdio: ['ignore', log, log] });
    nginx.unref();
    await until(() => live().catch(() => false), 'nginx to answer');
    const start = readFileSync(`/proc/${nginx.pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ')[19];
    writeFileSync(`${stack.var}/started/nginx.pid`, `${nginx.pid} ${start}\n`);
    writeFileSync(`${stack.var}/started/nginx.made`, '\n');
    await assert.rejects(stack.script('up', []), ({ stderr }) => /up: nginx goes on with its old settings/.test(stderr));
  } finally {
    await stack.down('nginx');
    await stack.up('nginx');
  }
  assert.equal(await live(), 200);
});

test('the workers of an nginx whose master was killed do not keep its port', async () => {
  const workers = stack.children('nginx');
  assert.ok(workers.length > 0);
  process.kill(stack.leader('nginx'), 'SIGKILL');
  await stack.up();
  assert.equal(await live(), 200);
  assert.deepEqual(workers.filter((pid) => isAlive(pid)), []);
});

// A session that has nothing to do with the service: its leader and a child.
async function stranger(context) {
  const shell = spawn('setsid', ['sh', '-c', 'sleep 600 & wait'], { stdio: 'ignore' });
  context.after(() => process.kill(-shell.pid, 'SIGKILL'));
  const children = () => readFileSync(`/proc/${shell.pid}/task/${shell.pid}/children`, 'utf8').trim();
  await until(() => /^\d+$/.test(children()), 'the stranger to have a child', 60000);
  return [shell.pid, Number(children())];
}

test('a record of a process id that now belongs to another process ends nobody', async (context) => {
  const record = `${stack.var}/started/work.pid`;
  const pids = await stranger(context);
  const kept = readFileSync(record, 'utf8');
  try {
    for (const start of ['1', '0']) {
      writeFileSync(record, `${pids[0]} ${start}\n`);
      await stack.down('work');
      assert.deepEqual(pids.map(isAlive), [true, true]);
    }
  } finally {
    writeFileSync(record, kept);
  }
});

test('only the user who started the parts can write their records', () => {
  const { mode, uid } = statSync(`${stack.var}/started`);
  assert.equal(mode & 0o777, 0o700);
  assert.equal(uid, process.getuid());
  assert.deepEqual(readdirSync(`${stack.var}/run`).filter((name) => /^(boot|.*\.(pid|made))$/.test(name)), []);
});

test('an instance whose records lie in run/, as in earlier versions, goes on', async () => {
  const leaders = () => ['mariadb', 'janus', 'pool', 'work', 'media', 'nginx'].map((part) => stack.leader(part));
  const before_ = leaders();
  for (const name of readdirSync(`${stack.var}/started`)) renameSync(`${stack.var}/started/${name}`, `${stack.var}/run/${name}`);
  rmdirSync(`${stack.var}/started`);
  await stack.up();
  assert.deepEqual(leaders(), before_);
});

test('an instance that was made before there was a gate gets one, while its Janus still has the port of its WebSocket', async (context) => {
  const janus = http.createServer();
  const port = await listen(janus);
  context.after(() => janus.close());
  const ports = `${stack.var}/ports`;
  await stack.down('gate');
  writeFileSync(ports, readFileSync(ports, 'utf8').replace(/^GATE_PORT=.*/m, `JANUS_WS_PORT=${port}`));
  writeFileSync(confFile(), readFileSync(confFile(), 'utf8').replace(/^GATE_(SECRET|CONTROL)=.*\n/gm, ''));
  const link = await client.meeting();
  await stack.up();
  assert.doesNotMatch(readFileSync(ports, 'utf8'), new RegExp(`JANUS_WS_PORT|=${port}$`, 'm'));
  assert.match(readFileSync(confFile(), 'utf8'), /^GATE_SECRET=.{48,}$/m);
  assert.equal((await client.call('GET', '/health', { auth: null })).body.provider, 'ok');
  assert.equal((await client.call('POST', `/session/${link}/token`, { body: {} })).status, 200);
});

test('the pool of an installation is as large as its settings say', async (context) => {
  const place = mkdtempSync(`${tmpdir()}/cf-pool-`);
  copyFileSync(`${source}/scripts/confab-pool`, `${place}/confab-pool`);
  symlinkSync(`${stack.build}/confab.fcgi`, `${place}/confab.fcgi`);
  const conf = readFileSync(confFile(), 'utf8').replace(/^(CONFAB_WORKERS|METRICS_FILE)=.*\n/gm, '');
  writeFileSync(`${place}/confab.conf`, `${conf}CONFAB_WORKERS = "3"\nCONFAB_WORKERS=5\n`);
  const env = { PATH: process.env.PATH, CONFAB_CONF: `${place}/confab.conf` };
  const pool = spawn(`${place}/confab-pool`, [`${place}/sock`], { env, stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => pool.on('close', resolve));
  context.after(() => rmSync(place, { recursive: true }));
  context.after(() => {
    if (isAlive(pool.pid)) process.kill(-pool.pid, 'SIGKILL');
  });
  const children = () => childrenOf(pool.pid).length;
  await until(() => children() === 3, 'three workers', 60000);
  pool.kill('SIGTERM');
  await ended;
});

test('scripts/up builds each program that it starts', async (context) => {
  const place = mkdtempSync(`${tmpdir()}/cf-build-`);
  context.after(() => rmSync(place, { recursive: true }));
  // In place of a compiler: the programs are there already.
  writeFileSync(`${place}/Makefile`, `Makefile: ;\n%:\n\tcp ${stack.build}/$@ $@\n`);
  await stack.script('up', [], { CONFAB_BUILD: place, CONFAB_NO_BUILD: '' });
  assert.deepEqual(readdirSync(place).sort(), ['Makefile', 'confab-gate', 'confab-media', 'confab.fcgi', 'confabctl']);
  assert.equal(await live(), 200);
});

test('a gate that dies is back within a second', async () => {
  const answers = () => fetch(`http://127.0.0.1:${readFileSync(`${stack.var}/ports`, 'utf8').match(/GATE_PORT=(\d+)/)[1]}/connections`).then(({ status }) => status === 401, () => false);
  const [gate] = stack.children('gate');
  const killed = Date.now();
  process.kill(gate, 'SIGKILL');
  await until(() => !isAlive(gate), 'its end');
  await until(answers, 'the next gate', 1000);
  assert.ok(Date.now() - killed < patience(1000), `${Date.now() - killed} ms`);
  assert.notEqual(stack.children('gate')[0], gate);
  assert.match(readFileSync(`${source}/scripts/confab-gate.service`, 'utf8'), /^RestartSec=\d00ms$/m);
});

test('systemd restarts the units for ever after a failure', async () => {
  for (const name of ['confab', 'confab-work', 'confab-media', 'confab-janus', 'confab-gate']) {
    const unit = readFileSync(`${source}/scripts/${name}.service`, 'utf8');
    assert.match(unit, /^\[Unit\]\n([^[]*\n)?StartLimitIntervalSec=0\n/m, name);
    assert.match(unit, /^Restart=always$/m, name);
    assert.doesNotMatch(unit, /^Environment=CONFAB_WORKERS/m, name);
  }
});
