// The signalling gate with a real Janus behind it: who comes in, what is let through, and what is not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { FAR, GateStack } from './lib/gate.mjs';
import { coreToken, roomToken } from './lib/janus.mjs';
import { build, patience, sleep, until } from './lib/stack.mjs';

const OFFER = { type: 'offer', sdp: ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 0.0.0.0', 'a=mid:0', 'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuvwx', `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'a=setup:actpass', 'a=sendonly', 'a=rtcp-mux', 'a=rtpmap:111 opus/48000/2', 'a=ssrc:1000 cname:test', ''].join('\r\n') };

/** @type {GateStack} */
let stack;

before(async () => {
  stack = await GateStack.start();
});
after(() => stack?.stop());

let rooms = 0;
// A room in which these may send; a name that no other test uses.
const room = (...senders) => stack.room(`room-${(rooms += 1)}`, ...senders);

// Somebody who is let in and has joined.
async function joined(person) {
  const page = await stack.member(person);
  page.handle = await page.join();
  assert.equal(page.joined.videoroom, 'joined', JSON.stringify(page.joined));
  return page;
}

test('a person with a join token joins their room and is seen there under their name', async () => {
  const name = await room('ann');
  const ann = await stack.member({ room: name, attendee: 'ann', name: 'Ann' });
  await ann.join({ display: JSON.stringify({ name: 'Somebody else', audio: true, video: 'yes', more: 1 }) });
  assert.equal(ann.joined.videoroom, 'joined', JSON.stringify(ann.joined));
  const [participant] = await stack.participants(name);
  assert.equal(participant.id, 'ann-1');
  assert.deepEqual(JSON.parse(participant.display), { name: 'Ann', audio: true, video: false });
});

test('a page that begins with create needs no other hello, and leaves at once when it is closed', async () => {
  const name = await room('ann');
  const page = await stack.page({ room: name, attendee: 'ann' });
  const created = await page.request({ janus: 'create', token: page.token });
  assert.equal(created.janus, 'success', JSON.stringify(created));
  await page.join({ token: 'anything' });
  assert.equal(page.joined.videoroom, 'joined', JSON.stringify(page.joined));
  page.leave();
  await until(async () => (await stack.participants(name)).length === 0, 'the page to have left');
});

test('a page with destroy has left when it is answered', async () => {
  const name = await room('ann');
  const ann = await joined({ room: name, attendee: 'ann' });
  assert.equal((await ann.request({ janus: 'destroy' })).janus, 'success');
  assert.equal(await ann.closed(), 1000);
  await until(async () => (await stack.connections(name)).length === 0, 'the connection to be gone');
  await until(async () => (await stack.participants(name)).length === 0, 'the participant to be gone');
});

test('nobody comes in without a good join token', async () => {
  const person = { room: 'r', attendee: 'ann' };
  const good = stack.token(person);
  const bad = [
    ['another key', stack.token(person, 'another key that is long enough for it all')],
    ['an old one', stack.token({ ...person, exp: Math.floor(Date.now() / 1000) - 1 })],
    ['a changed one', good.replace(/.\./, '.')],
    ['no role', stack.token({ ...person, role: 'king' })],
    ['another issuer', stack.token({ ...person, iss: 'confab:invite' })],
    ['a core token of Janus', coreToken(stack.tokenSecret, { room: 'r', attendee: 'ann', role: 'publisher' })],
    ['nothing', undefined],
    ['no text', 7],
  ];
  for (const [what, token] of bad) {
    for (const janus of ['confab', 'create']) {
      const page = await stack.page(person);
      const answer = await page.request({ janus, token });
      assert.ok([403, 467].includes(answer.error?.code), `${what}: ${JSON.stringify(answer)}`);
      assert.equal(await page.closed(), 4401, String(what));
    }
  }
});

test('nothing is obeyed before a connection has said whose it is', async () => {
  for (const janus of ['attach', 'keepalive', 'info', 'message', 'destroy']) {
    const page = await stack.page({ room: 'r', attendee: 'ann' });
    assert.equal((await page.request({ janus, token: page.token })).janus, 'error');
    assert.equal(await page.closed(), 4401);
  }
});

test('neither a session of Janus nor a token of Janus reaches a browser', async () => {
  const name = await room('ann', 'bob');
  const ann = await joined({ room: name, attendee: 'ann' });
  const bob = await joined({ room: name, attendee: 'bob' });
  await bob.plugin(bob.handle, { request: 'publish' }, OFFER);
  await bob.plugin(bob.handle, { request: 'listparticipants' });
  await bob.request({ janus: 'detach', handle_id: bob.handle });
  await until(() => ann.messages.some(({ plugindata }) => plugindata?.data?.leaving), 'ann to see bob leave');
  const sessions = (await stack.connections(name)).map(({ janusSession }) => janusSession);
  const said = JSON.stringify([...ann.messages, ...bob.messages]);
  for (const hidden of [...sessions, stack.tokenSecret, roomToken(stack.tokenSecret, { room: name, attendee: 'bob' }).split(':')[1]])
    assert.ok(!said.includes(hidden), hidden);
  assert.ok(!said.includes('videoroom,room='));
  assert.ok(!stack.log.includes(stack.joinKey) && !sessions.some((id) => stack.log.includes(id)));
});

test('a removed person cannot listen with the token of another meeting', async () => {
  const [one, other] = [await room('ann', 'bob'), await room('ann')];
  const bob = await joined({ room: one, attendee: 'bob' });
  await bob.plugin(bob.handle, { request: 'publish' }, OFFER);
  const ann = await stack.member({ room: other, attendee: 'ann' });
  const handle = await ann.attach();
  // The room is the feed check: it is ann's, whatever she says.
  const answer = await ann.plugin(handle, {
    request: 'join', ptype: 'subscriber', room: one, token: roomToken(stack.tokenSecret, { room: one, attendee: 'ann' }), streams: [{ feed: 'bob-1' }],
  });
  assert.equal(answer.error_code, 428, JSON.stringify(answer));
  assert.deepEqual((await ann.plugin(handle, { request: 'listparticipants', room: one })).participants, []);
});

test('no file is written for a page, and what it wanted is refused by name', async () => {
  const name = await room('ann');
  const ann = await stack.member({ room: name, attendee: 'ann' });
  const handle = await ann.attach();
  const file = path.join(stack.folder, 'written');
  for (const [body, word] of /** @type {[object, string][]} */ ([
    [{ request: 'joinandconfigure', ptype: 'publisher', record: true, filename: file }, 'joinandconfigure'],
    [{ request: 'join', ptype: 'publisher', record: true }, 'record'],
    [{ request: 'publish', filename: file }, 'filename'],
    [{ request: 'configure', record: true }, 'record'],
    [{ request: 'rtp_forward', host: '127.0.0.1', publisher_id: 'ann-1' }, 'rtp_forward'],
    [{ request: 'moderate', id: 'ann-1', mid: '0', mute: true }, 'moderate'],
    [{ request: 'exists', room: name }, 'exists'],
  ])) {
    const answer = await ann.plugin(handle, body);
    assert.equal(answer.janus, 'error', JSON.stringify(answer));
    assert.match(answer.error.reason, new RegExp(word));
  }
  assert.ok(!existsSync(file));
});

test('nobody can be somebody else in the room', async () => {
  const name = await room('ann', 'eve');
  await joined({ room: name, attendee: 'ann', name: 'Ann' });
  const eve = await stack.member({ room: name, attendee: 'eve', name: 'Eve' });
  await eve.join({ id: 'ann-1', display: JSON.stringify({ name: 'Ann' }) });
  assert.equal(eve.joined.id, 'eve-1');
  const eveThere = (await stack.participants(name)).find(({ id }) => id === 'eve-1');
  assert.equal(JSON.parse(eveThere.display).name, 'Eve');
  const configured = await eve.plugin(eve.messages.find(({ data }) => data?.id > 1).data.id, { request: 'configure', display: '{"name":"Ann","video":true}' });
  assert.equal(configured.configured, 'ok', JSON.stringify(configured));
  const again = (await stack.participants(name)).find(({ id }) => id === 'eve-1');
  assert.deepEqual(JSON.parse(again.display), { name: 'Eve', audio: false, video: true });
  const huge = await eve.request({ janus: 'keepalive', transaction: 'x'.repeat(100), token: 'y'.repeat(9000) });
  assert.equal(huge.janus, 'error');
});

test('the screen of a person is theirs, beside themselves', async () => {
  const name = await room('ann');
  const ann = await joined({ room: name, attendee: 'ann', name: 'Ann' });
  await ann.join({ screen: true });
  assert.equal(ann.joined.id, 'ann-1-screen', JSON.stringify(ann.joined));
  assert.deepEqual((await stack.participants(name)).map(({ id }) => id).sort(), ['ann-1', 'ann-1-screen']);
});

test('a handle of another session is not there', async () => {
  const name = await room('ann', 'eve');
  const ann = await joined({ room: name, attendee: 'ann' });
  const eve = await stack.member({ room: name, attendee: 'eve' });
  const [{ janusSession }] = (await stack.connections(name)).filter(({ attendee }) => attendee === 'ann');
  for (const janus of ['detach', 'hangup', 'message']) {
    const answer = await eve.request({ janus, session_id: Number(janusSession), handle_id: ann.handle, ...(janus === 'message' ? { body: { request: 'leave' } } : {}) });
    assert.equal(answer.error?.code, 459, JSON.stringify(answer));
  }
  assert.equal((await eve.request({ janus: 'claim', ticket: 'x', token: eve.token })).error.code, 453);
  assert.equal((await stack.participants(name)).length, 1);
});

test('a subscriber cannot send', async () => {
  const name = await room('ann');
  const ann = await stack.member({ room: name, attendee: 'ann', role: 'subscriber' });
  const handle = await ann.attach();
  assert.equal((await ann.plugin(handle, { request: 'join', ptype: 'publisher' })).error.code, 403);
  assert.equal((await ann.plugin(handle, { request: 'listparticipants' })).videoroom, 'participants');
});

test('the role is the one that the service says now', async () => {
  const name = await room('ann');
  stack.pool.verdict = () => ({ state: 'admitted', role: 'subscriber', seq: 0 });
  try {
    const ann = await stack.page({ room: name, attendee: 'ann', role: 'moderator' });
    assert.equal((await ann.confab()).role, 'subscriber');
    await ann.create();
    assert.equal((await ann.plugin(await ann.attach(), { request: 'join', ptype: 'publisher' })).error.code, 403);
  } finally {
    stack.pool.verdict = (claims) => ({ state: 'admitted', role: claims.role, seq: 0 });
  }
});

test('eight handles are enough, and there are no more', async () => {
  const ann = await stack.member({ room: await room('ann'), attendee: 'ann' });
  const handles = await Promise.all(Array.from({ length: 8 }, () => ann.attach()));
  assert.ok(handles.every(Boolean));
  assert.equal((await ann.request({ janus: 'attach', plugin: 'janus.plugin.videoroom' })).error.code, 429);
  await ann.request({ janus: 'detach', handle_id: handles[0] });
  await until(async () => await ann.attach(), 'a handle to be free');
});

test('too large a message is refused, and the connection goes on', async () => {
  const name = await room('ann');
  const ann = await joined({ room: name, attendee: 'ann' });
  const large = await ann.plugin(ann.handle, { request: 'update', subscribe: Array.from({ length: 400 }, () => ({ feed: 'x'.repeat(30) })) });
  assert.equal(large.error.code, 413);
  const sdp = await ann.plugin(ann.handle, { request: 'publish' }, { type: 'offer', sdp: `${OFFER.sdp}${'a=x:y\r\n'.repeat(4000)}` });
  assert.equal(sdp.configured, 'ok', JSON.stringify(sdp));
  ann.raw(`{"janus":"message","transaction":"t","x":"${'y'.repeat(270000)}"}`);
  assert.equal(await ann.closed(), 1009);
});

test('a hello may not be large', async () => {
  const page = await stack.page({ room: 'r', attendee: 'ann' });
  page.raw(JSON.stringify({ janus: 'confab', transaction: 't', token: 'x'.repeat(4500) }));
  assert.equal(await page.closed(), 1009);
});

test('what is no JSON, no text or no frame of a browser does not go on', async () => {
  const page = await stack.member({ room: await room('ann'), attendee: 'ann' });
  page.raw('{"janus":');
  await until(() => page.messages.some(({ error }) => error?.code === 454), 'the refusal');
  assert.equal((await page.request({ janus: 'keepalive' })).janus, 'ack');
  page.raw(Buffer.from([1, 2, 3]));
  assert.equal(await page.closed(), 1003);
  const other = await stack.page({ room: 'r', attendee: 'ann' });
  /** @type {any} */ (other.socket)._socket.write(Buffer.from([0x81, 0x01, 0x41])); // not masked
  assert.equal(await other.closed(), 1002);
});

test('a message may come in fragments, with a ping between them', async () => {
  const ann = await stack.member({ room: await room('ann'), attendee: 'ann' });
  const text = JSON.stringify({ janus: 'keepalive', transaction: 'in pieces' });
  const answer = ann.answerTo('in pieces');
  const pong = once(ann.socket, 'pong');
  ann.socket.send(text.slice(0, 7), { fin: false });
  await sleep(20); // so that each comes by itself
  ann.socket.send(text.slice(7, 9), { fin: false });
  ann.socket.ping('here?');
  await pong;
  ann.socket.send(text.slice(9));
  assert.equal((await answer).janus, 'ack');
});

test('over the rate nothing is refused: it takes longer', async () => {
  const ann = await stack.member({ room: await room('ann'), attendee: 'ann' });
  const started = Date.now();
  const answers = await Promise.all(Array.from({ length: 140 }, () => ann.request({ janus: 'keepalive' })));
  assert.ok(answers.every(({ janus }) => janus === 'ack'));
  assert.ok(Date.now() - started > 1500, `${Date.now() - started} ms`); // 40 too many at 20 a second
});

test('trickles have a rate of their own', async () => {
  const ann = await joined({ room: await room('ann'), attendee: 'ann' });
  const started = Date.now();
  const trickle = { janus: 'trickle', handle_id: ann.handle, candidate: { completed: true } };
  await Promise.all(Array.from({ length: 200 }, () => ann.request(trickle)));
  assert.ok(Date.now() - started < patience(1500), `${Date.now() - started} ms`);
  assert.equal((await ann.request({ janus: 'keepalive' })).janus, 'ack');
});

test('two connections of a participant are enough, and one that is lost makes room', async () => {
  const name = await room('ann');
  const person = { room: name, attendee: 'ann' };
  const first = await stack.member(person);
  await stack.member(person);
  const third = await stack.page(person);
  assert.equal((await third.confab()).error.code, 429);
  assert.equal(await third.closed(), 4429);
  first.kill();
  await until(async () => (await stack.connections(name)).some(({ state }) => state === 'lost'), 'the loss');
  await stack.member(person);
  assert.equal((await stack.connections(name)).length, 2);
});

test('an attendee id without a person behind it may come often', async () => {
  const name = await room('api');
  const pages = [];
  for (let i = 0; i < 40; i += 1) pages.push(await stack.member({ room: name, attendee: 'api', participant: `p${i}` }));
  assert.equal((await stack.connections(name)).length, 40);
  pages.forEach((page) => page.leave());
  await until(async () => (await stack.connections(name)).length === 0, 'all to have left');
});

test('an address has few connections that do not say whose they are, and not for long', async () => {
  const nobody = [];
  for (let i = 0; i < 32; i += 1) nobody.push(await stack.page({ room: 'r', attendee: 'x' }, { address: '192.0.2.1' }));
  await assert.rejects(stack.page({ room: 'r', attendee: 'x' }, { address: '192.0.2.1' }), /429/);
  const name = await room('ann');
  const ann = await stack.page({ room: name, attendee: 'ann' }, { address: '192.0.2.2' });
  assert.equal((await ann.confab()).state, 'admitted');
  assert.equal(await nobody[0].closed(), 4408);
  await stack.page({ room: 'r', attendee: 'x' }, { address: '192.0.2.1' });
});

test('all addresses of an IPv6 network count as one', async () => {
  const nobody = [];
  for (let i = 0; i < 32; i += 1) nobody.push(await stack.page({ room: 'r', attendee: 'x' }, { address: `2001:db8:0:1:${i}::${i}` }));
  await assert.rejects(stack.page({ room: 'r', attendee: 'x' }, { address: '2001:0db8::1:ffff:0:0:1' }), /429/);
  for (const address of ['2001:db8:0:2::1', '::ffff:192.0.2.9']) await stack.page({ room: 'r', attendee: 'x' }, { address });
  for (const page of nobody) page.kill();
});

test('a person with the longest token comes back', async () => {
  const name = await room('ann');
  const ann = await stack.member({ room: name, attendee: 'ann', name: 'x'.repeat(2770) });
  assert.ok(ann.token.length > 3900 && ann.token.length <= 4000, `a token of ${ann.token.length} bytes`);
  ann.kill();
  await until(async () => (await stack.connections(name))[0].state === 'lost', 'ann to be lost');
  assert.equal((await ann.back()).resumed, true);
});

test('half a request and half a message are not waited for', async () => {
  const socket = net.connect(stack.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost:');
  await once(socket, 'close');
  const page = await stack.page({ room: 'r', attendee: 'ann' });
  /** @type {any} */ (page.socket)._socket.write(Buffer.from([0x81, 0xfe, 0x0f, 0xff, 1, 2, 3, 4, 5]));
  assert.equal(await page.closed(), 4408);
  const named = await stack.member({ room: await room('ann'), attendee: 'ann' });
  /** @type {any} */ (named.socket)._socket.write(Buffer.from([0x81, 0xfe, 0x0f, 0xff, 1, 2, 3, 4, 5]));
  await until(() => named.code !== undefined, 'the connection to be closed', 15000);
  assert.equal(named.code, 4408);
});

test('a kept session ends within seconds when its PeerConnection is over', async () => {
  const name = await room('ann');
  const ann = await joined({ room: name, attendee: 'ann' });
  await ann.plugin(ann.handle, { request: 'publish' }, OFFER);
  const [{ janusSession }] = await stack.connections(name);
  ann.kill();
  await until(async () => (await stack.connections(name))[0].state === 'lost', 'the loss');
  await stack.admin({ janus: 'hangup_webrtc' }, `/${janusSession}/${ann.handle}`);
  await until(async () => (await stack.participants(name)).length === 0, 'the session to end', 6000);
});

test('other requests than for a WebSocket are answered as such', async () => {
  assert.equal((await fetch(`http://127.0.0.1:${stack.port}/`)).status, 426);
  assert.equal((await fetch(`http://127.0.0.1:${stack.port}/connections`)).status, 426);
});

test('a page that does not read is given up, and the gate does not grow with it', async () => {
  const name = await room('ann', 'bob');
  const ann = await joined({ room: name, attendee: 'ann' });
  /** @type {any} */ (ann.socket)._socket.pause();
  const large = { sessionId: name, type: 'test', audience: 'everybody', data: { text: 'x'.repeat(100000) } };
  await until(async () => {
    await stack.push(...Array.from({ length: 10 }, () => large));
    return (await stack.connections(name))[0]?.state === 'lost';
  }, 'the page to be given up');
  assert.equal((await stack.control('GET', '/connections')).body.connectionsTooSlow, 1);
});

test('another token of the same person renews, another person\'s does not', async () => {
  const name = await room('ann');
  const ann = await stack.member({ room: name, attendee: 'ann' });
  const asked = stack.pool.asked.length;
  const newer = stack.token({ room: name, attendee: 'ann', exp: FAR + 100 });
  assert.equal((await ann.request({ janus: 'keepalive', token: newer })).janus, 'ack');
  await until(() => stack.pool.asked.length > asked, 'the service to be asked');
  assert.equal(stack.pool.asked.at(-1)[0].exp, FAR + 100);
  const foreign = stack.token({ room: name, attendee: 'bob', exp: FAR + 200 });
  assert.equal((await ann.request({ janus: 'keepalive', token: foreign })).error.code, 403);
});

test('the control socket wants the secret, and Janus\' events their own', async () => {
  for (const [method, url] of [['POST', '/push'], ['POST', '/remove'], ['POST', '/end'], ['GET', '/connections'], ['POST', '/admin'], ['POST', '/events']]) {
    for (const authorization of ['Bearer wrong', '', `Bearer ${'x'.repeat(64)}`])
      assert.equal((await stack.control(method, url, {}, authorization)).status, 401, url);
  }
  assert.equal((await stack.control('POST', '/events', [])).status, 401);
  assert.equal((await stack.control('GET', '/nothing')).status, 404);
  assert.equal((await stack.control('POST', '/admin/../x', {})).status, 404);
  assert.equal((await stack.control('POST', '/push', '{"events":')).status, 400);
  assert.equal((await stack.control('POST', '/remove', {})).status, 400);
});

test('the key of join tokens is derived from the service\'s own, and printed for the gate', () => {
  const env = { PATH: process.env.PATH, CONFAB_CONF: '', SERVICE_SECRET: 's'.repeat(40) };
  const printed = execFileSync(path.join(build, 'confabctl'), ['gate-key'], { env, encoding: 'utf8' });
  assert.equal(printed.trim(), createHmac('sha256', env.SERVICE_SECRET).update('join-token\0gate').digest('base64url'));
});

test('no secret is in the gate\'s log or files', () => {
  for (const hidden of [stack.joinKey, stack.gateSecret, stack.tokenSecret]) assert.ok(!stack.log.includes(hidden));
  assert.ok(!readFileSync(path.join(stack.folder, 'ledger'), 'utf8').includes('ann'));
});
