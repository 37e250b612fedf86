// The reconciler compares the tables with the lists of Janus and of its gate.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import path from 'node:path';
import WebSocket from 'ws';
import { Client } from './lib/client.mjs';
import { Admin, Page, coreToken, roomToken } from './lib/janus.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const LIMIT = 25000; // ms for the reconciler
const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);
const secret = stack.conf.JANUS_TOKEN_SECRET;
after(() => client.agent.destroy());

const active = async (link) => (await client.attendees(link, '?active=true')).map((one) => one.attendee).sort();
const reconciled = (condition, what) => until(async () => {
  await stack.hurry('reconcile');
  return condition();
}, what, LIMIT);

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

test('a listener whose room is not their identity\'s is ended, and those who came through the gate are not', async () => {
  const [link, other] = [await client.meeting(), await client.meeting()];
  const bob = await Page.join(await client.token(link, { data: 'bob' }));
  await bob.publish('audio');
  const elsewhere = await client.token(other, { data: 'ann', role: 'subscriber' });
  const { socket, request } = await intruder();
  try {
    const token = coreToken(secret, { room: elsewhere.sessionId, attendee: 'ann', role: 'subscriber' });
    const session = (await request({ janus: 'create', token })).data.id;
    const handle = (await request({ janus: 'attach', session_id: session, plugin: 'janus.plugin.videoroom', token })).data.id;
    const joined = await request({
      janus: 'message', session_id: session, handle_id: handle, token,
      body: {
        request: 'join', ptype: 'subscriber', room: bob.answer.sessionId, streams: [{ feed: bob.answer.participantId }],
        token: roomToken(secret, { room: bob.answer.sessionId, attendee: 'ann', role: 'subscriber' }),
      },
    });
    assert.equal(joined.plugindata.data.videoroom, 'attached', JSON.stringify(joined));
    await reconciled(async () => !(await admin.sessions()).includes(session), 'the listener to be ended');
    await until(async () => (await active(other)).length === 0, 'ann to be out');
    assert.ok((await admin.sessions()).includes(bob.session));
    assert.deepEqual(await active(link), ['bob']);
  } finally {
    socket.terminate();
  }
});

test('lost openings are found: who sends, their screen, who only watches; and who only listens counts once', async () => {
  const link = await client.meeting();
  const ann = await Page.join(await client.token(link, { data: 'ann' }));
  await ann.attach();
  ann.joined = await ann.plugin({ request: 'join', ptype: 'publisher', screen: true });
  assert.equal(ann.joined.id, `${ann.answer.participantId}-screen`);
  await ann.publish('video');
  await Page.watch(await client.token(link, { data: 'vi', role: 'subscriber' }));
  const cid = await Page.watch(await client.token(link, { data: 'cid' }));
  await cid.plugin({ request: 'join', ptype: 'subscriber', streams: [{ feed: ann.joined.id }] });
  const id = ann.answer.sessionId;
  await until(async () => (await active(link)).length >= 2, 'ann and vi to be in');
  for (const table of ['connections', 'attendees']) await stack.rows(`DELETE FROM ${table} WHERE session_id = ?`, [id]);
  await reconciled(async () => (await active(link)).join() === 'ann,cid,vi', 'all three to be found');
  const rows = await stack.rows('SELECT attendee, participant FROM connections WHERE session_id = ? ORDER BY attendee, participant', [id]);
  assert.deepEqual(rows.map(({ attendee, participant }) => [attendee, participant]), [
    ['ann', ann.answer.participantId], ['ann', ann.joined.id], ['cid', ''], ['vi', ''],
  ]);
});
