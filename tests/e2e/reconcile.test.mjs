// The reconciler compares the tables with the lists of Janus and of its gate.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import path from 'node:path';
import WebSocket from 'ws';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Admin, Page, connections, coreToken, roomToken } from './lib/janus.mjs';
import { enter } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const LIMIT = 25000; // ms for the reconciler
const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);
const secret = stack.conf.JANUS_TOKEN_SECRET;
/** @type {Browser} */
let browser;
before(async () => {
  browser = await Browser.start();
});
afterEach(() => browser.closePages());
after(async () => {
  client.agent.destroy();
  await browser.close();
});

const active = async (link) => (await client.attendees(link, '?active=true')).map((one) => one.attendee).sort();
const reconciled = (condition, what) => until(async () => {
  await stack.hurry('reconcile');
  return condition();
}, what, LIMIT);

// Somebody in the meeting whose media really flows: Janus lets nobody listen to another. Gives their entry in the gate's list.
async function sender(link) {
  const invite = await client.call('POST', `/session/${link}/invites`, { body: {} });
  await enter(await browser.person(), invite.body.url, 'Bob');
  const { sessionId } = await client.token(link, { data: 'viewer', role: 'subscriber' });
  return (await connections(stack.base)).find((one) => one.sessionId === sessionId);
}

// Joins as a listener of `feed`, until its media flows.
const listens = (join, feed) => until(async () => {
  const answer = await join({ request: 'join', ptype: 'subscriber', streams: [{ feed }] });
  if (answer.error_code !== 428) assert.equal(answer.videoroom, 'attached', JSON.stringify(answer));
  return answer.videoroom === 'attached';
}, 'the sender\'s media');

// Speaks with Janus past the gate, as nobody can but the gate's own user.
async function intruder() {
  const socket = new WebSocket(`ws+unix:${path.join(stack.var, 'gate/ws/sock')}:/`, 'janus-protocol');
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  let count = 0;
  const request = (message) => new Promise((resolve) => {
    const transaction = `i${(count += 1)}`;
    const hear = (data) => {
      const answer = JSON.parse(String(data));
      if (answer.transaction !== transaction || answer.janus === 'ack') return;
      socket.off('message', hear);
      resolve(answer);
    };
    socket.on('message', hear);
    socket.send(JSON.stringify({ ...message, transaction }));
  });
  return { socket, request };
}

test('a listener whose room is not their identity\'s is ended, and those who came through the gate are not', { timeout: 120000 }, async () => {
  const [link, other] = [await client.meeting(), await client.meeting()];
  const bob = await sender(link);
  const elsewhere = await client.token(other, { data: 'ann', role: 'subscriber' });
  const { socket, request } = await intruder();
  try {
    const token = coreToken(secret, { room: elsewhere.sessionId, attendee: 'ann', role: 'subscriber' });
    const session = (await request({ janus: 'create', token })).data.id;
    const handle = (await request({ janus: 'attach', session_id: session, plugin: 'janus.plugin.videoroom', token })).data.id;
    const room = bob.sessionId;
    await listens(async (body) => (await request({
      janus: 'message', session_id: session, handle_id: handle, token,
      body: { ...body, room, token: roomToken(secret, { room, attendee: 'ann', role: 'subscriber' }) },
    })).plugindata.data, bob.participantId);
    await reconciled(async () => !(await admin.sessions()).includes(session), 'the listener to be ended');
    await until(async () => (await active(other)).length === 0, 'ann to be out');
    assert.ok((await admin.sessions()).includes(Number(bob.janusSession)));
    assert.deepEqual(await active(link), [bob.attendee]);
  } finally {
    socket.terminate();
  }
});

test('a session past the gate is ended, and a test of the call, which is in no meeting, is not', { timeout: 120000 }, async () => {
  const answer = await client.token(await client.meeting(), { data: 'ann' });
  const { socket, request } = await intruder();
  const tester = new Page(answer);
  try {
    const token = coreToken(secret, { room: answer.sessionId, attendee: 'eve', role: 'subscriber' });
    const session = (await request({ janus: 'create', token })).data.id;
    await tester.connect();
    assert.equal((await tester.request({ janus: 'confab', echo: true })).state, 'admitted');
    assert.equal((await tester.request({ janus: 'create' })).janus, 'success');
    await reconciled(async () => !(await admin.sessions()).includes(session), 'the session from elsewhere to be ended');
    assert.equal((await tester.request({ janus: 'attach', plugin: 'janus.plugin.echotest' })).janus, 'success');
    assert.equal((await tester.request({ janus: 'destroy' })).janus, 'success');
  } finally {
    socket.terminate();
    tester.socket.terminate();
  }
});

test('lost openings are found: who sends, their screen, who only watches; and who only listens counts once', { timeout: 120000 }, async () => {
  const link = await client.meeting();
  const bob = await sender(link);
  const ann = await Page.join(await client.token(link, { data: 'ann' }));
  await ann.attach();
  ann.joined = await ann.plugin({ request: 'join', ptype: 'publisher', screen: true });
  assert.equal(ann.joined.id, `${ann.answer.participantId}-screen`);
  await Page.watch(await client.token(link, { data: 'vi', role: 'subscriber' }));
  const cid = await Page.watch(await client.token(link, { data: 'cid' }));
  await listens((body) => cid.plugin(body), bob.participantId);
  await cid.attach(); // a second handle, which does nothing
  const id = bob.sessionId;
  const inside = ['ann', bob.attendee, 'vi'].sort().join();
  await until(async () => (await active(link)).join() === inside, 'those whom Janus reports to be in');
  for (const table of ['connections', 'attendees']) await stack.rows(`DELETE FROM ${table} WHERE session_id = ?`, [id]);
  await reconciled(async () => (await active(link)).join() === ['ann', bob.attendee, 'cid', 'vi'].sort().join(), 'all four to be found');
  const rows = await stack.rows('SELECT attendee, participant FROM connections WHERE session_id = ?', [id]);
  assert.deepEqual(rows.map(({ attendee, participant }) => `${attendee} ${participant}`).sort(), [
    `ann ${ann.answer.participantId}`, `ann ${ann.joined.id}`, `${bob.attendee} ${bob.participantId}`, 'cid ', 'vi ',
  ].sort());
});
