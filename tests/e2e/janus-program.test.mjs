// Which Janus scripts/up runs, and what it, /health and `confabctl check` say of one that is too old.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CgiClient } from './lib/cgi.mjs';
import { Client } from './lib/client.mjs';
import { Page } from './lib/janus.mjs';
import { sharedStack, source, startStack, until } from './lib/stack.mjs';

const NO_MIRROR = 'http://127.0.0.1:1/debian'; // nobody listens there
const DAY = 86400; // s
const shared = sharedStack();
let folder; // of the Janus that this file's stack uses: links to the files of the shared one
let stack;

before(async () => {
  folder = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR, 'janus-'));
  chmodSync(folder, 0o755);
  for (const name of ['roots', 'current', 'updated']) copy(path.join(shared.conf.CONFAB_JANUS_DIR, name), path.join(folder, name));
  stack = await startStack({ env: { CONFAB_JANUS_DIR: folder, CONFAB_JANUS_MIRROR: NO_MIRROR } });
});
after(async () => {
  await stack?.stop();
  if (folder) rmSync(folder, { recursive: true });
});

// Hard links where that can be: it is 125 MB.
function copy(from, to) {
  try {
    execFileSync('cp', ['-al', from, to], { stdio: 'ignore' });
  } catch {
    execFileSync('cp', ['-a', from, to]);
  }
}

// Runs `work` while the last update seems to be so many days old.
async function updatedDaysAgo(days, work) {
  const file = path.join(folder, 'updated');
  rmSync(file); // it may be the shared folder's file
  writeFileSync(file, '');
  const then = Date.now() / 1000 - days * DAY - 60;
  utimesSync(file, then, then);
  try {
    return await work();
  } finally {
    utimesSync(file, Date.now() / 1000, Date.now() / 1000);
  }
}

function check(on, env = {}) {
  return new Promise((resolve) => {
    execFile(`${on.build}/confabctl`, ['check'], { env: { PATH: process.env.PATH, CONFAB_CONF: `${on.var}/confab.conf`, ...env } }, (error, out) => resolve({ code: error?.code ?? 0, out }));
  });
}

// An Admin API of a Janus of this version. Gives its address.
async function adminApi(context, version) {
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const { janus, transaction } = JSON.parse(body);
    const answer = janus === 'info' ? { janus: 'server_info', name: 'Janus WebRTC Server', version_string: version } : { janus: 'pong' };
    response.end(JSON.stringify({ ...answer, transaction }));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return `127.0.0.1:${port}`;
}

test('Janus is recent, and check, /health and scripts/up say so', async () => {
  const { out } = await check(stack);
  assert.match(out, /^ok +provider janus: Janus 1\.\d+\.\d+$/m);
  assert.equal((await new Client(stack).call('GET', '/health', { auth: null })).body.providerSoftware, 'ok');
  assert.doesNotMatch(stack.greeting, /^Warning/m);
});

for (const version of ['1.1.2', '1.4.0', '0.15.9', 'nonsense'])
  test(`a Janus whose version is ${version} is reported`, async (context) => {
    const settings = { GATE_CONTROL: await adminApi(context, version) };
    const { code, out } = await check(stack, settings);
    assert.equal(code, 0, out);
    assert.match(out, new RegExp(`^warn +provider janus: Janus (${version}|of an unknown version): versions before 1\\.4\\.1 have faults`, 'm'));
    const { status, body } = await new CgiClient(stack, settings).call('GET', '/health', { auth: null });
    assert.equal(status, 200);
    assert.equal(body.providerSoftware, 'outdated');
  });

for (const version of ['1.4.1', '1.10.0', '2.0.0'])
  test(`a Janus whose version is ${version} is accepted`, async (context) => {
    const settings = { GATE_CONTROL: await adminApi(context, version) };
    assert.match((await check(stack, settings)).out, new RegExp(`^ok +provider janus: Janus ${version}$`, 'm'));
    assert.equal((await new CgiClient(stack, settings).call('GET', '/health', { auth: null })).body.providerSoftware, 'ok');
  });

test('the last update was 31 days ago: check, /health and scripts/up warn; after 29 days none of them does', async () => {
  await updatedDaysAgo(31, async () => {
    assert.match((await check(stack)).out, /^warn +provider janus: .*last update was 31 days ago/m);
    assert.equal((await new CgiClient(stack, {}).call('GET', '/health', { auth: null })).body.providerSoftware, 'not updated');
    assert.match(await stack.up(), /^Warning: .*31 days ago/m);
  });
  await updatedDaysAgo(29, async () => {
    assert.match((await check(stack)).out, /^ok +provider janus/m);
    assert.equal((await new CgiClient(stack, {}).call('GET', '/health', { auth: null })).body.providerSoftware, 'ok');
  });
});

test('without a network scripts/up keeps an older Janus, and says so', async () => {
  const leader = stack.leader('janus');
  await updatedDaysAgo(8, async () => {
    assert.match(await stack.up(), /^Janus was not updated \(.+\)\. This one goes on: Janus 1\.\d+\.\d+, updated 8 days ago$/m);
  });
  assert.equal(stack.leader('janus'), leader, 'started again without need');
});

test('without a network and without any Janus scripts/up ends with one line, unless the system has one', async (context) => {
  const empty = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR, 'janus-'));
  context.after(() => rmSync(empty, { recursive: true }));
  const started = startStack({ env: { CONFAB_JANUS_DIR: empty, CONFAB_JANUS_MIRROR: NO_MIRROR, PATH: withoutJanus(context) } });
  await assert.rejects(started, /Janus cannot be fetched \(.+\); JANUS=\/path names a Janus of your own/);
});

// A PATH in which everything is found but a Janus.
function withoutJanus(context) {
  const bin = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR, 'bin-'));
  context.after(() => rmSync(bin, { recursive: true }));
  execFileSync('sh', ['-c', 'for dir in /sbin /usr/sbin /bin /usr/bin /usr/local/bin; do for file in $dir/*; do ln -sf "$file" "$0/"; done; done; rm -f "$0/janus"', bin]);
  return bin;
}

// Runs `work` while `current` leads to another copy of the same program, as after an update.
async function updated(work) {
  const current = path.join(folder, 'current');
  const root = readlinkSync(current);
  const link = (target) => {
    symlinkSync(target, `${current}.new`);
    renameSync(`${current}.new`, current);
  };
  copy(path.join(folder, root), path.join(folder, 'roots/newer'));
  try {
    link('roots/newer');
    return await work();
  } finally {
    link(root);
    await stack.up();
    rmSync(path.join(folder, 'roots/newer'), { recursive: true });
  }
}

test('scripts/up starts Janus anew when its files have changed, and says so', async () => {
  const leader = stack.leader('janus');
  await updated(async () => {
    assert.match(await stack.up(), /^janus: its program or settings have changed$/m);
    assert.notEqual(stack.leader('janus'), leader);
    assert.match(readlinkSync(`/proc/${stack.children('janus')[0]}/exe`), /\/roots\/newer\//);
    assert.equal((await new Client(stack).call('GET', '/health', { auth: null })).status, 200);
  });
});

// `confab-janus restart` on a machine whose systemd is a script that writes down what it was asked. Gives what that was
// so far, and a promise of the end.
function restart(context) {
  const bin = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR, 'bin-'));
  context.after(() => rmSync(bin, { recursive: true }));
  const told = path.join(bin, 'told');
  writeFileSync(told, '');
  writeFileSync(path.join(bin, 'systemctl'), `#!/bin/sh
if [ "$1" = show ]; then echo ${stack.children('janus')[0]}; else echo "$*" >>${told}; fi
`, { mode: 0o755 });
  const env = { PATH: `${bin}:${stack.build}:${process.env.PATH}`, CONFAB_JANUS_DIR: folder, CONFAB_CONF: `${stack.var}/confab.conf` };
  const ended = new Promise((resolve) => {
    const child = execFile(path.join(source, 'scripts/confab-janus'), ['restart'], { env }, (error, out, err) => resolve({ code: error?.code ?? 0, err }));
    context.after(() => child.kill());
  });
  return { ended, told: () => readFileSync(told, 'utf8') };
}

test('Janus is not restarted when it already runs with the files of the last update', async (context) => {
  const { ended, told } = restart(context);
  assert.deepEqual(await ended, { code: 0, err: '' });
  assert.equal(told(), '');
});

test('after an update Janus is restarted as soon as nobody is in a call', async (context) => {
  const client = new Client(stack);
  const link = await client.meeting({});
  const calls = async () => (await stack.ctl('calls')).stdout.trim();
  assert.equal(await calls(), '0');
  const page = await Page.join(await client.token(link, { role: 'publisher', data: 'ann' }));
  await until(async () => (await calls()) === '1', 'the call to be counted');
  await updated(async () => {
    const { ended, told } = restart(context);
    await assert.rejects(stack.ctl('calls', '--wait', '1'), ({ code, stdout }) => code === 1 && stdout === '1\n');
    assert.equal(told(), '', 'restarted while somebody is in a call');
    page.kill();
    assert.deepEqual(await ended, { code: 0, err: '' });
    assert.equal(told(), 'try-restart confab-janus.service\n');
  });
});

// A program that runs the fetched Janus and knows where its parts are, as a Janus that was built on this machine does.
function ownJanus(context) {
  const place = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR, 'own-'));
  context.after(() => rmSync(place, { recursive: true }));
  const program = path.join(place, 'janus');
  writeFileSync(program, `#!/bin/sh
set -eu
export CONFAB_JANUS_DIR=${folder}
run=${stack.var}/app/confab-janus
[ -x $run ] || run=${source}/scripts/confab-janus
[ "$1" != --version ] || exec $run run --version
parts=$($run libraries)
cp -r ${stack.var}/janus ${place}/conf
for kind in plugins transports events loggers; do
	sed -i "s|^general: {|& \${kind}_folder = \\"$parts/$kind\\";|" ${place}/conf/janus.jcfg
done
exec $run run --configs-folder=${place}/conf
`);
  chmodSync(program, 0o755);
  chmodSync(place, 0o777); // Janus' user writes here
  return program;
}

test('JANUS chooses another Janus, and without it the fetched one is used again', async (context) => {
  const own = ownJanus(context);
  const conf = () => readFileSync(`${stack.var}/confab.conf`, 'utf8');
  const client = new Client(stack);
  const good = async () => assert.equal((await client.call('GET', '/health', { auth: null })).body.providerSoftware, 'ok');
  try {
    await stack.script('up', [], { JANUS: own });
    await good();
    assert.match(readFileSync(`/proc/${stack.children('janus')[0]}/cmdline`, 'latin1'), new RegExp(path.dirname(own)));
    assert.match(conf(), new RegExp(`^JANUS=${own}$`, 'm'));
    assert.doesNotMatch(conf(), /^CONFAB_JANUS_DIR=/m);
    const leader = stack.leader('janus');
    await stack.script('up', [], {});
    assert.equal(stack.leader('janus'), leader, 'forgotten by the next start');
  } finally {
    await stack.script('up', [], { JANUS: 'off' });
  }
  assert.match(conf(), new RegExp(`^CONFAB_JANUS_DIR=${folder}$`, 'm'));
  await good();
});

test('a JANUS that is not a Janus is refused with one line', async () => {
  await assert.rejects(stack.script('up', [], { JANUS: '/bin/true' }), ({ stderr }) => /^up: JANUS: \/bin\/true is not a Janus that runs here\n$/.test(stderr));
  await stack.script('up', [], { JANUS: 'off' });
});
