// IPv6 throughout: the site and the media, people with IPv6 alone, and machines without any.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Browser } from './lib/browser.mjs';
import { CgiClient } from './lib/cgi.mjs';
import { Client } from './lib/client.mjs';
import { Page } from './lib/janus.mjs';
import { createMeeting, enter, join } from './lib/page.mjs';
import { freePort, sharedStack, source, until } from './lib/stack.mjs';

const run = promisify(execFile);
const hasIpv6 = existsSync('/proc/net/if_inet6') && /^0{31}1 /m.test(readFileSync('/proc/net/if_inet6', 'utf8'));
const needsIpv6 = { skip: !hasIpv6 && 'this machine has no IPv6' };
const stack = sharedStack();
const base = stack.base.replace('127.0.0.1', '[::1]');
const client = new Client(Object.assign(Object.create(stack), { base }), { keepAlive: false });
let browser;

before(async () => {
  browser = await Browser.start();
});
after(() => browser?.close());

test('requests over [::1] are answered, also those for this machine alone', needsIpv6, async () => {
  assert.equal((await client.call('GET', '/health', { auth: null })).status, 200);
  assert.match(await client.meeting(), /^[\w-]{10}$/);
  assert.equal((await client.call('GET', '/metrics', { auth: null })).status, 200);
  const { JANUS_EVENT_USER: user, JANUS_EVENT_PASSWORD: password } = stack.conf;
  const auth = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  assert.equal((await client.call('POST', '/webhooks/janus', { auth, body: [], check: false })).status, 204);
});

test('a WebSocket over [::1] reaches Janus', needsIpv6, async () => {
  const answer = await client.token(await client.meeting());
  const page = await Page.join({ ...answer, url: `${base.replace('http', 'ws')}/rtc` });
  assert.equal(page.joined.videoroom, 'joined');
  page.socket.close();
});

test('a call in browsers on http://[::1]', needsIpv6, async () => {
  const [ann, bob] = await Promise.all([browser.person(), browser.person()]);
  const links = await createMeeting(ann, client);
  await join(ann, 'Ann');
  await enter(bob, links.guest.replace(stack.base, base), 'Bob');
  assert.equal(await bob.page.evaluate(() => window.isSecureContext), true);
  await Promise.all([ann.untilPlaying({ videos: 1 }), bob.untilPlaying({ videos: 1 })]);
  ann.assertNoErrors();
  bob.assertNoErrors();
  await Promise.all([ann.leave(), bob.leave()]);
});

test('a PUBLIC_URL with an IPv6 address is what links and tokens lead to', needsIpv6, async () => {
  const there = new CgiClient(stack, { PUBLIC_URL: base, CONFAB_SHORT_LINKS: '1' });
  const link = await there.meeting();
  assert.equal((await there.token(link)).url, `${base.replace('http', 'ws')}/rtc`);
  const { body } = await there.call('POST', `/session/${link}/invites`, { body: {} });
  assert.ok(body.url.startsWith(`${base}/j/${link}#`), body.url);
  assert.ok(body.longUrl.startsWith(`${base}/#invite=`), body.longUrl);
});

// Does this machine have an IPv6 address that others could reach? Janus offers no link-local ones.
const hasGlobal = () => /^(?!fe8|0{31}1)/m.test(readFileSync('/proc/net/if_inet6', 'utf8'));

test('Janus offers addresses of both families', { skip: !(hasIpv6 && hasGlobal()) && 'this machine has no IPv6 address' }, async () => {
  const person = await browser.person();
  await createMeeting(person, client);
  await join(person, 'Ann');
  const families = () => person.page.evaluate(() => window.peersOfTest.flatMap((peer) =>
    (peer.remoteDescription?.sdp ?? '').split('\r\n').filter((line) => line.startsWith('a=candidate:')).map((line) => (line.split(' ')[4].includes(':') ? 6 : 4))));
  await until(async () => (await families()).length > 0, 'candidates');
  assert.deepEqual([...new Set(await families())].sort(), [4, 6]);
  await person.leave();
});

// A machine of its own, as far as the network goes: loopback alone, without IPv6.
const WITHOUT_IPV6 = `set -eu
ip link set lo up
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
echo 1 >/proc/sys/net/ipv6/conf/lo/disable_ipv6
trap '"$1"/scripts/down >&2' EXIT
"$1"/scripts/up >&2
curl --noproxy '*' -s http://127.0.0.1:$CONFAB_PORT/health`;

function canUnshare() {
  try {
    execFileSync('unshare', ['-n', 'sh', '-c', 'ip link set lo up && test -w /proc/sys/net/ipv6/conf/all/disable_ipv6'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('scripts/up on a machine without IPv6', { skip: !canUnshare() && 'no network namespace can be made' }, async () => {
  const env = { ...stack.env, CONFAB_VAR: `${stack.var}-4`, CONFAB_PORT: String(await freePort()) };
  const { stdout } = await run('unshare', ['-n', 'sh', '-c', WITHOUT_IPV6, 'sh', source.replace(/\/$/, '')], { env, maxBuffer: 1 << 24 });
  assert.equal(JSON.parse(stdout).status, 'ok');
});
