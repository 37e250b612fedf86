// What guests could do to Janus when they spoke with it themselves: each is tried through nginx, against the real gate and Janus.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { Admin, Page, connections } from './lib/janus.mjs';
import { patience, sharedStack, until } from './lib/stack.mjs';

const NAMELESS_MAX = 32; // connections of one address that have not said whose they are
const HANDLES_MAX = 8;
const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);
after(() => client.agent.destroy());

const handlesOf = async (page) => (await admin.core({ janus: 'list_handles' }, `/${page.session}`)).handles;
const participants = async (room) => (await admin.plugin({ request: 'listparticipants', room })).participants ?? [];
const refused = (answer) => assert.equal(answer.janus, 'error', JSON.stringify(answer));

// How long a new person takes to be seen in a meeting of their own, in ms.
async function seenAfter() {
  const link = await client.meeting();
  const answer = await client.token(link, { data: 'bob' });
  const started = performance.now();
  const page = await Page.join(answer);
  await until(async () => (await client.attendees(link, '?active=true')).length === 1, 'bob to be seen');
  const took = performance.now() - started;
  page.kill();
  return took;
}

// Memory of the gate's process, in MiB.
function gateMemory() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0].endsWith('/confab-gate') &&
        readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`CONFAB_CONF=${stack.var}/`);
    } catch {
      return false;
    }
  });
  assert.equal(pids.length, 1);
  return Number(readFileSync(`/proc/${pids[0]}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1]) / 1024;
}

// A WebSocket that never says anything of its own; what is written to it goes as it is.
async function rawSocket(url) {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  const raw = { socket, closed: false, upgraded: false };
  socket.unref();
  socket.on('error', () => {});
  socket.on('close', () => { raw.closed = true; });
  socket.on('data', (data) => {
    raw.upgraded ||= String(data).startsWith('HTTP/1.1 101');
    if (!raw.upgraded) socket.destroy();
  });
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: janus-protocol\r\n\r\n');
  await until(() => raw.upgraded || raw.closed, 'the upgrade to be answered');
  return raw;
}

test('a removed person hears nothing with another meeting\'s token', async () => {
  const [link, other] = [await client.meeting(), await client.meeting()];
  const victim = await Page.join(await client.token(link, { data: 'victim' }));
  await victim.publish('audio', 'video');
  const old = await client.token(link, { data: 'ann' });
  const ann = await Page.join(old);
  assert.equal((await client.call('DELETE', `/session/${link}/attendees/ann`)).status, 204);
  await until(() => ann.closed, 'ann to be out');
  const again = new Page(old);
  refused(await again.open());
  const elsewhere = await Page.watch(await client.token(other, { data: 'ann' }));
  const body = {
    request: 'join', ptype: 'subscriber', room: victim.answer.sessionId, token: old.token, streams: [{ feed: victim.answer.participantId }],
  };
  assert.equal((await elsewhere.plugin(body)).error_code, 428); // looked for in ann's own room
  const listed = await elsewhere.plugin({ request: 'listparticipants', room: victim.answer.sessionId });
  assert.deepEqual([listed.room, listed.participants], [elsewhere.answer.sessionId, []]);
  const active = async () => (await client.attendees(link, '?active=true')).map((one) => one.attendee).join();
  await until(async () => (await active()) === 'victim', 'the victim alone to be in');
});

test('a publisher writes no file', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'attack-'));
  try {
    const page = await Page.watch(await client.token(await client.meeting(), { data: 'ann' }));
    const filename = path.join(folder, 'x');
    refused(await page.plugin({ request: 'joinandconfigure', ptype: 'publisher', record: true, filename }));
    refused(await page.plugin({ request: 'join', ptype: 'publisher', record: true, filename }));
    await page.join();
    for (const more of [{ record: true }, { filename }, { record: true, filename }]) refused(await page.plugin({ request: 'configure', ...more }));
    assert.equal((await page.publish('audio')).configured, 'ok');
    refused(await page.plugin({ request: 'rtp_forward', host: '127.0.0.1', audio_port: 9 }));
    assert.deepEqual(readdirSync(folder), []);
    assert.ok(!existsSync(filename));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('nobody is seen as somebody else, whatever their display text, and their join is not lost', async () => {
  const link = await client.meeting();
  const victim = await Page.join(await client.token(link, { data: 'victim', name: 'Dr Meyer' }));
  const answer = await client.token(link, { data: 'ann', name: 'Ann' });
  const ann = await Page.watch(answer);
  const id = `${victim.answer.participantId}x`;
  const large = JSON.stringify({ name: 'Dr Meyer', text: 'x'.repeat(200000) });
  refused(await ann.plugin({ request: 'join', ptype: 'publisher', id, display: large }));
  await ann.join({ id, display: JSON.stringify({ name: 'Dr Meyer', audio: true }) });
  const seen = (await participants(answer.sessionId)).map((one) => [one.id, JSON.parse(one.display).name]);
  assert.deepEqual(seen.sort(), [[victim.answer.participantId, 'Dr Meyer'], [answer.participantId, 'Ann']].sort());
  await until(async () => (await client.attendees(link, '?active=true')).length === 2, 'both to be in');
  assert.deepEqual((await client.attendees(link)).map(({ attendee, name, connections: count }) => [attendee, name, count]).sort(),
    [['ann', 'Ann', 1], ['victim', 'Dr Meyer', 1]]);
});

test('a message of megabytes reaches neither Janus nor the others', async () => {
  const link = await client.meeting();
  const bob = await Page.join(await client.token(link, { data: 'bob' }));
  const ann = await Page.join(await client.token(link, { data: 'ann' }));
  const heard = bob.messages.length;
  ann.socket.send(JSON.stringify({ janus: 'message', transaction: 'x', handle_id: ann.handle, body: { request: 'configure', display: 'x'.repeat(8 << 20) } }));
  await until(() => ann.closed || ann.messages.some(({ error }) => error), 'the message to be refused');
  assert.ok(!bob.messages.slice(heard).some((message) => JSON.stringify(message).length > 10000));
});

test('handles that come and go without end hold up nobody else', async () => {
  const page = new Page(await client.token(await client.meeting(), { data: 'ann' }));
  await page.open();
  for (let i = 0; i < 3000; i++) page.socket.send(JSON.stringify({ janus: 'attach', plugin: 'janus.plugin.videoroom', transaction: `a${i}` }));
  const times = [await seenAfter(), await seenAfter(), await seenAfter()];
  assert.ok((await handlesOf(page)).length <= HANDLES_MAX);
  assert.ok(Math.min(...times) < patience(500), `seen after ${times.map(Math.round).join(', ')} ms`);
  page.kill();
});

test('nameless connections are few, end by themselves, and fill no memory', async () => {
  const { url } = await client.token(await client.meeting(), { data: 'ann' });
  const before = gateMemory();
  const sessions = (await admin.sessions()).length;
  const raws = await Promise.all(Array.from({ length: 60 }, () => rawSocket(url)));
  try {
    assert.ok(raws.filter((one) => one.upgraded).length <= NAMELESS_MAX);
    // Unfinished messages: fragments of text that never end, masked with zeros.
    const piece = Buffer.concat([Buffer.from([0x01, 0xfe, 0x40, 0x00, 0, 0, 0, 0]), Buffer.alloc(0x4000, 0x20)]);
    for (const { socket } of raws) for (let i = 0; i < 64; i++) socket.write(piece);
    await until(() => raws.every((one) => one.closed), 'all to be closed', patience(8000));
  } finally {
    raws.forEach(({ socket }) => socket.destroy());
  }
  assert.ok(gateMemory() - before < 8, `${before} MiB before, ${gateMemory()} after`);
  assert.ok((await admin.sessions()).length <= sessions);
  await seenAfter();
});

test('who knows another one\'s session and handle is not obeyed', async () => {
  const link = await client.meeting();
  const bob = await Page.join(await client.token(link, { data: 'bob' }));
  const ann = await Page.join(await client.token(link, { data: 'ann' }));
  const [handle] = await handlesOf(bob);
  refused(await ann.request({ janus: 'message', handle_id: handle, session_id: bob.session, body: { request: 'leave' } }));
  refused(await ann.request({ janus: 'detach', handle_id: handle, session_id: bob.session }));
  refused(await ann.request({ janus: 'claim', session_id: bob.session }));
  await ann.request({ janus: 'destroy', session_id: bob.session }); // their own
  assert.ok((await admin.sessions()).includes(bob.session));
  assert.deepEqual((await participants(bob.answer.sessionId)).map((one) => one.id), [bob.answer.participantId]);
  assert.equal((await connections(bob.answer.url)).find((one) => one.participantId === bob.answer.participantId)?.state, 'in');
});

test('no data channel is opened, and the room obeys no page', async () => {
  const link = await client.meeting();
  const page = await Page.join(await client.token(link, { data: 'ann', role: 'moderator' }));
  const sdp = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP4 0.0.0.0',
    'a=mid:0', 'a=sctp-port:5000', ''].join('\r\n');
  refused(await page.plugin({ request: 'publish' }, { type: 'offer', sdp }));
  for (const request of ['create', 'edit', 'destroy', 'exists', 'allowed', 'kick', 'moderate', 'enable_recording', 'listforwarders'])
    refused(await page.plugin({ request, room: page.answer.sessionId }));
  assert.equal((await page.plugin({ request: 'configure', display: '{"name":"Ann"}' })).configured, 'ok');
});
