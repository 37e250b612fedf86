// Muting and recording with real media: what others still hear, and what is written into which folder.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Page } from './lib/janus.mjs';
import { enter } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
let browser;
let link;
let ann;
let bob;

before(async () => {
  browser = await Browser.start();
  link = await client.meeting({});
  [ann, bob] = [await browser.person(), await browser.person()];
  for (const [person, name] of [[ann, 'Ann'], [bob, 'Bob']]) {
    const { body } = await client.call('POST', `/session/${link}/invites`, { body: { role: 'publisher', name } });
    await enter(person, body.url);
  }
  await bob.untilPlaying({ videos: 1 });
});
after(() => browser?.close());

// Packets of each kind that have come to a page so far.
const packets = ({ page }) =>
  page.evaluate(async () => {
    const counts = { audio: 0, video: 0 };
    for (const peer of window.peersOfTest) {
      for (const report of (await peer.getStats()).values()) if (report.type === 'inbound-rtp') counts[report.kind] += report.packetsReceived;
    }
    return counts;
  });

// What comes to a page while a hundred more packets of video do.
async function flow(person) {
  const first = await packets(person);
  const last = await until(async () => {
    const now = await packets(person);
    return now.video >= first.video + 100 && now;
  }, 'video to flow', 20000);
  return last.audio - first.audio;
}

const identity = async (name) => (await client.attendees(link)).find((one) => one.name === name).attendee;
const mute = async (name, muted) =>
  client.call('POST', `/session/${link}/attendees/${encodeURIComponent(await identity(name))}/mute`, { body: { muted } });
const folder = (id) => path.join(stack.conf.RECORDINGS_DIR, id);
// The track files; what is made of them lies beside them.
const files = (id) => readdirSync(folder(id)).filter((name) => /\.mjr(\.tmp)?$/.test(name));
const size = (id) => files(id).reduce((sum, name) => sum + statSync(path.join(folder(id), name)).size, 0);
const kinds = (id) => files(id).map((name) => `${name.match(/-(audio|video)-/)[1]}${name.endsWith('.tmp') ? ' open' : ''}`).sort();

async function start() {
  const answer = await client.call('POST', `/session/${link}/archives`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.metaData.id;
}

async function stop(id) {
  const answer = await client.call('PATCH', `/archives/${id}/stop`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.metaData;
}

test('nobody hears a muted person, everybody still sees that person; after the mute the person is heard again', async () => {
  assert.ok((await flow(bob)) > 0);
  assert.equal((await mute('Ann', true)).status, 204);
  await flow(bob); // what was on its way
  assert.equal(await flow(bob), 0);
  assert.ok((await flow(ann)) > 0, 'the muted still hears the other');
  assert.equal((await mute('Ann', false)).status, 204);
  assert.ok((await flow(bob)) > 0);
});

test('people who already publish are recorded from the start to the stop, each time into a new folder', async () => {
  const one = await start();
  await until(() => size(one) > 20000, 'media in the first folder', 20000);
  assert.deepEqual(kinds(one), ['audio open', 'audio open', 'video open', 'video open']);
  const stopped = await stop(one);
  assert.deepEqual(kinds(one), ['audio', 'audio', 'video', 'video']);
  assert.ok(stopped.size > 20000 && stopped.size === size(one), `${stopped.size} of ${size(one)}`);
  const two = await start();
  await until(() => size(two) > 20000, 'media in the second folder', 20000);
  assert.equal(size(one), stopped.size, 'the first one has not grown');
  await stop(two);
  assert.equal(kinds(two).length, 4);
  await flow(bob);
  assert.deepEqual([kinds(one).length, kinds(two).length], [4, 4], 'nothing is written after the stop');
  assert.equal((await client.call('DELETE', `/archives/${one}`)).status, 200);
  assert.throws(() => readdirSync(folder(one)));
});

test('the reconciler finds a publisher who only listens, and nobody is listed twice', async () => {
  const ear = await Page.watch(await client.token(link, { data: 'ear' }));
  const room = ear.answer.sessionId;
  const { participants } = await ear.plugin({ request: 'listparticipants', room });
  const feed = participants.find((one) => one.publisher).id;
  const listening = await ear.plugin({ request: 'join', ptype: 'subscriber', room, streams: [{ feed }] });
  assert.equal(listening.videoroom, 'attached', JSON.stringify(listening));
  // As if all events had been lost: the reconciler must find everybody.
  await stack.rows('DELETE FROM connections WHERE session_id = ?', [room]);
  await stack.rows('DELETE FROM attendees WHERE session_id = ?', [room]);
  const active = () => client.attendees(link, '?active=true');
  await until(async () => {
    await stack.hurry('reconcile');
    return (await active()).length === 3;
  }, 'all three to be found', 25000);
  assert.ok((await active()).some((one) => one.attendee === 'ear'));
  assert.deepEqual((await active()).map((one) => one.connections), [1, 1, 1]);
  ear.kill();
  await until(async () => (await active()).length === 2, 'the listener to be gone');
});

test('a removed person sees and hears nothing any more', async () => {
  const who = encodeURIComponent(await identity('Bob'));
  assert.equal((await client.call('DELETE', `/session/${link}/attendees/${who}`)).status, 204);
  await until(async () => (await bob.received()).videos.length === 0, 'the pictures to go');
  await until(async () => (await client.attendees(link, '?active=true')).length === 1, 'one to be left');
});
