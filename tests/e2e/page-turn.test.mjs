// People behind firewalls: a page that can only use a relay holds a call through Debian's coturn, with credentials of the
// service.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { microphoneOf, writeVoice } from './lib/microphone.mjs';
import { createMeeting, enter, heading, join, press } from './lib/page.mjs';
import { freePort, patience, startStack, until } from './lib/stack.mjs';

const SECRET = 'a-shared-secret-of-the-tests';
// Janus never uses loopback: the relay needs another address of this machine.
const address = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal).address;
const folder = mkdtempSync(path.join(tmpdir(), 'cf-turn-'));
let output = '';
let turn;
let stack;
let client;
let browser;

// coturn with a shared secret, for this address alone.
async function startTurn(port) {
  turn = spawn('turnserver', [
    '-n', '--log-file=stdout', '--no-cli', '--no-tls', '--no-dtls', '--fingerprint', `--listening-ip=${address}`, `--relay-ip=${address}`,
    `--listening-port=${port}`, '--use-auth-secret', `--static-auth-secret=${SECRET}`, '--realm=confab.test', '--verbose',
    `--userdb=${folder}/turndb`, `--pidfile=${folder}/pid`, '--min-port=41000', '--max-port=41999',
  ]);
  for (const stream of [turn.stdout, turn.stderr]) stream.on('data', (piece) => (output += piece));
  await until(() => /UDP listener opened on/.test(output), 'coturn');
}

before(async () => {
  const port = await freePort();
  await startTurn(port);
  stack = await startStack({ settings: { TURN_URLS: `turn:${address}:${port}?transport=udp turn:${address}:${port}?transport=tcp`, TURN_SECRET: SECRET } });
  client = new Client(stack);
  browser = await Browser.start({ flags: [microphoneOf(writeVoice(`${folder}/voice.wav`, 0.5))] });
});
after(async () => {
  await browser?.close();
  await stack?.stop();
  turn?.kill();
  rmSync(folder, { recursive: true, force: true });
});

// A page whose connections must go through a relay.
async function relayedPerson() {
  const person = await browser.person();
  await person.context.addInitScript(() => {
    const Original = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Original {
      constructor(configuration) {
        super({ ...configuration, iceTransportPolicy: 'relay' });
      }
    };
  });
  return person;
}

const candidateTypes = ({ page }) =>
  page.evaluate(async () => {
    const types = [];
    for (const peer of window.peersOfTest) {
      const report = await peer.getStats();
      for (const pair of report.values())
        if (pair.type === 'candidate-pair' && pair.nominated && pair.state === 'succeeded') types.push(report.get(pair.localCandidateId).candidateType);
    }
    return types;
  });

test('a call that must be relayed', async () => {
  const ann = await relayedPerson();
  const links = await createMeeting(ann, client);
  await join(ann, 'Ann');
  const bob = await relayedPerson();
  await enter(bob, links.guest, 'Bob');
  await Promise.all([ann.untilPlaying({ videos: 1 }), bob.untilPlaying({ videos: 1 })]);
  for (const person of [ann, bob]) {
    const types = await candidateTypes(person);
    assert.ok(types.length >= 2 && types.every((type) => type === 'relay'), types.join());
  }
  assert.match(output, /realm <confab.test> user <\d+:[A-Za-z0-9_-]{25}>: incoming packet ALLOCATE processed, success/);
});

// Runs in the page before its own scripts: which ways are closed, and whether the relay gets a wrong password.
function closeWays({ direct, relay }) {
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration) {
      const isRelay = configuration.iceTransportPolicy === 'relay';
      const servers = configuration.iceServers.map((server) => ({ ...server, ...(isRelay && relay && { credential: 'x' }) }));
      super({ ...configuration, ...(direct && !isRelay ? { iceServers: [], iceTransportPolicy: 'relay' } : { iceServers: servers }) });
    }
  };
}

/** @type {[string, {direct: boolean, relay: boolean}, RegExp][]} */
const NETWORKS = [
  ['all ways are open', { direct: false, relay: false }, /^Everything works\. Your sound and your picture went/],
  ['only the relay is open', { direct: true, relay: false }, /^Everything works\. Your network lets calls through a relay/],
  ['the relay takes no password', { direct: false, relay: true }, /^The call works here, but the relay/],
  ['nothing is open', { direct: true, relay: true }, /^Your network blocks calls/],
];
for (const [name, closed, words] of NETWORKS) {
  test(`the test before the call tries the relay: ${name}`, async () => {
    const person = await browser.person();
    await person.context.addInitScript(closeWays, closed);
    const { page } = person;
    await page.goto((await client.call('POST', `/session/${await client.meeting({})}/invites`, { body: { name: 'Bob' } })).body.url);
    await heading(person, 'Join the meeting');
    await until(() => page.locator('#preview-video').evaluate(({ videoWidth }) => videoWidth > 0), 'a preview');
    await press(person, 'Test the call');
    await page.locator('#call-test-verdicts li').first().waitFor({ timeout: patience(10000) });
    assert.match((await page.locator('#call-test-verdicts').textContent()) ?? '', words);
    await person.leave();
  });
}

test('a credential that has expired or is forged is refused by coturn', async () => {
  const link = await client.meeting({});
  const page = await (await browser.person()).context.newPage();
  await page.goto(`${client.base}/`);
  const errors = (iceServer) =>
    page.evaluate(async (given) => {
      const peer = new RTCPeerConnection({ iceServers: [given], iceTransportPolicy: 'relay' });
      const codes = [];
      let candidates = 0;
      peer.onicecandidateerror = ({ errorCode }) => codes.push(errorCode);
      peer.onicecandidate = ({ candidate }) => (candidates += candidate?.candidate ? 1 : 0);
      peer.createDataChannel('x');
      await peer.setLocalDescription();
      await new Promise((resolve) => {
        peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && resolve(undefined);
      });
      peer.close();
      return { codes, candidates };
    }, iceServer);
  // Long enough for a busy machine, short enough to wait for.
  const { iceServers: [server] } = await client.token(link, { expireTime: Date.now() + 6000 });
  const good = await errors({ ...server, urls: server.urls.slice(0, 1) });
  assert.ok(good.candidates >= 1, JSON.stringify(good));
  const forged = await errors({ ...server, urls: server.urls.slice(0, 1), credential: 'x' });
  assert.equal(forged.candidates, 0);
  assert.ok(forged.codes.includes(401), JSON.stringify(forged));
  await until(() => Date.now() / 1000 > Number(server.username.split(':')[0]) + 1, 'the credential to expire');
  const expired = await errors({ ...server, urls: server.urls.slice(0, 1) });
  assert.equal(expired.candidates, 0, JSON.stringify(expired));
});
