// What the signalling gate asks the service: who may be in a call, and which events it has missed.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, assertError, assertFaults } from './lib/client.mjs';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const gate = `Bearer ${stack.conf.GATE_SECRET}`;
after(() => client.agent.destroy());

/** @type {(tokens: any[], auth?: object | string | null) => Promise<any>} */
const ask = (tokens, auth = gate) => client.call('POST', '/internal/connections', { body: { tokens }, auth });
const token = async (link, body) => (await client.token(link, body)).token;
const done = async (method, path, body) => assert.equal((await client.call(method, path, { body })).status, 204, path);

async function states(...tokens) {
  const answer = await ask(tokens);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.connections.map(({ state, role }) => role ?? state);
}

test('each token has its verdict: admitted with its role, waiting, removed, ended', async () => {
  const [link, other] = [await client.meeting(), await client.meeting({ access: 'waitingRoom' })];
  const ann = await token(link, { data: 'ann' });
  const mo = await token(link, { data: 'mo', role: 'moderator' });
  const bob = await token(other, { data: 'bob' });
  assert.deepEqual(await states(ann, bob, mo, 'nonsense', `${ann.slice(0, -3)}xxx`), ['publisher', 'waiting', 'moderator', 'removed', 'removed']);
  await done('POST', `/session/${other}/attendees/bob/admit`);
  await done('DELETE', `/session/${link}/attendees/ann`);
  assert.deepEqual(await states(ann, bob, mo), ['removed', 'publisher', 'moderator']);
  await done('POST', `/session/${link}/attendees/ann/readmit`);
  await done('PATCH', `/session/${other}/end`);
  assert.deepEqual(await states(ann, bob), ['publisher', 'ended']);
  assert.deepEqual(await states(), []);
});

test('the verdict says the newest event of the meeting, and what is behind a seq can be had', async () => {
  const link = await client.meeting();
  const answer = await client.token(link, { data: 'ann' });
  const seq = async () => (await ask([answer.token])).body.connections[0].seq;
  assert.equal(await seq(), 1);
  await done('PATCH', `/session/${link}`, { access: 'waitingRoom' });
  await client.token(link, { data: 'bob' });
  assert.equal(await seq(), 3);
  const missed = await client.call('POST', '/internal/events', { body: { sessionId: answer.sessionId, after: 1 }, auth: gate });
  assert.deepEqual(
    missed.body.events.map((one) => [one.sessionId, one.seq, one.type, one.audience]),
    [[answer.sessionId, 2, 'meeting.edited', 'everybody'], [answer.sessionId, 3, 'attendee.waiting', 'moderators']],
  );
  assert.deepEqual((await client.call('POST', '/internal/events', { body: { sessionId: 'unknown', after: 0 }, auth: gate })).body, { events: [] });
});

test('only the gate may ask', async () => {
  for (const auth of [null, {}, 'Bearer x', `Bearer ${stack.conf.GATE_SECRET}x`, `Basic ${stack.conf.GATE_SECRET}`]) {
    assertError(await ask([], auth), 401, 'UnauthorizedError');
    assertError(await client.call('POST', '/internal/events', { body: { sessionId: 'x', after: 0 }, auth }), 401, 'UnauthorizedError');
  }
});

test('questions that cannot be read are refused', async () => {
  for (const body of [{}, { tokens: 'x' }, { tokens: Array(501).fill('x') }])
    assertFaults(await client.call('POST', '/internal/connections', { body, auth: gate }), '/tokens');
  assert.deepEqual(await states(7, null, {}), ['removed', 'removed', 'removed']);
  for (const body of [{}, { sessionId: 'x' }, { after: 1 }])
    assertFaults(await client.call('POST', '/internal/events', { body, auth: gate }), '/sessionId');
});
