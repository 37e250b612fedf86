// Real rooms in a real Janus, through nginx' /rtc: who gets in, who may do what, and what is seen of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from './lib/client.mjs';
import { Admin, Page, coreToken, roomToken, signToken } from './lib/janus.mjs';
import { patience, sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const admin = new Admin(stack);
const secret = stack.conf.JANUS_TOKEN_SECRET;
const active = async (link) => (await client.attendees(link, '?active=true')).map((one) => one.attendee).sort();

test('all three roles get in, and are seen as attendees', async () => {
  const link = await client.meeting({});
  const pages = [];
  for (const [data, role] of [['mo', 'moderator'], ['pat', 'publisher']]) {
    const page = await Page.join(await client.token(link, { data, role, name: `Name of ${data}` }));
    assert.equal(page.joined.videoroom, 'joined', JSON.stringify(page.joined));
    pages.push(page);
  }
  const viewer = await Page.watch(await client.token(link, { data: 'vi', role: 'subscriber' }));
  await until(async () => (await active(link)).length === 3, 'three attendees');
  const list = await client.attendees(link);
  assert.deepEqual(Object.fromEntries(list.map((one) => [one.attendee, one.role])), { mo: 'moderator', pat: 'publisher', vi: 'subscriber' });
  assert.equal(list.find((one) => one.attendee === 'mo').name, 'Name of mo');
  const killedAt = Date.now();
  pages[1].kill();
  await until(async () => !(await active(link)).includes('pat'), 'the killed one to be out');
  assert.ok(Date.now() - killedAt < patience(2000), 'it took longer than 2 s');
  viewer.kill();
  await until(async () => (await active(link)).join() === 'mo', 'the viewer to be out');
  await pages[0].plugin({ request: 'leave' });
  await until(async () => (await active(link)).length === 0, 'the moderator to be out');
});

test('forged, expired and missing join tokens open nothing; a token opens its own room alone', async () => {
  const link = await client.meeting({});
  const good = await client.token(link, { data: 'a' });
  const other = await client.token(await client.meeting({}), { data: 'a' });
  const opened = (token) => new Page({ ...good, token }).open();
  assert.equal((await opened(good.token)).janus, 'success');
  const [head, payload, signature] = good.token.split('.');
  const expired = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), exp: 1000 })).toString('base64url');
  for (const token of [
    undefined, 'x', good.token.slice(0, -4), `${head}.${expired}.${signature}`, signToken('another secret', 'x'),
    coreToken(secret, { room: good.sessionId, attendee: 'a', role: 'publisher' }), // Janus' own, which no page has
    roomToken(secret, { room: good.sessionId, attendee: 'a' }),
  ])
    assert.equal((await opened(token)).error?.code, 403, token);
  const page = await Page.join(good, { room: other.sessionId, token: other.token });
  assert.equal(page.joined.videoroom, 'joined');
  assert.equal(page.joined.room, good.sessionId);
});

test('no answer holds a token of Janus', async () => {
  const link = await client.meeting({});
  const answer = await client.token(link, { data: 'ann' });
  assert.deepEqual([answer.waiting, 'roomToken' in answer], [false, false]);
  const claims = JSON.parse(Buffer.from(answer.token.split('.')[1], 'base64url').toString());
  assert.deepEqual([claims.meeting, claims.sub, claims.participant, claims.role], [answer.sessionId, 'ann', answer.participantId, 'publisher']);
  assert.equal(claims.exp, Math.floor(Date.parse(answer.expiresAt) / 1000));
  const page = await Page.join(answer);
  await page.publish('audio');
  await until(async () => (await active(link)).length === 1, 'ann to be in');
  const text = JSON.stringify([answer, page.joined, page.messages]);
  assert.ok(!text.includes('janus.plugin.videoroom,') && !text.includes(String(page.session)), text);
});

test('a subscriber cannot join to publish', async () => {
  const link = await client.meeting({});
  await client.token(link, { data: 'host' });
  const answer = await client.token(link, { data: 'watcher', role: 'subscriber' });
  const page = await Page.watch(answer);
  for (const more of [{}, { token: answer.token }]) {
    const joined = await page.join(more);
    assert.equal(joined.error?.code, 403, JSON.stringify(joined));
  }
  for (const request of ['joinandconfigure', 'kick', 'moderate', 'destroy', 'edit', 'enable_recording', 'allowed', 'create'])
    assert.equal((await page.plugin({ request, room: answer.sessionId, id: 'x', mid: '0', mute: true, record: true })).error?.code, 453, request);
});

test('a person who asks for another one\'s id has their own', async () => {
  const link = await client.meeting({});
  const victim = await client.token(link, { data: 'victim' });
  const answer = await client.token(link, { data: 'mallory' });
  const page = await Page.join(answer, { id: victim.participantId, display: 'The Victim' });
  assert.equal(page.joined.id, answer.participantId);
  await until(async () => (await active(link)).join() === 'mallory', 'mallory to be in');
  assert.ok(!JSON.stringify(await client.attendees(link)).includes('The Victim'));
});

test('nothing that people can read holds a session id or a handle id: Janus obeys anybody who knows them', async () => {
  const link = await client.meeting({});
  const ann = await Page.join(await client.token(link, { data: 'ann' }));
  await until(async () => (await active(link)).length === 1, 'ann to be in');
  const { body: invite } = await client.call('POST', `/session/${link}/invites`, { body: { role: 'moderator' } });
  for (const path of [`/session/${link}/attendees`, `/session/${link}/attendance`, `/session/${link}`, '/session'])
    for (const auth of [{}, `Bearer ${invite.token}`]) {
      const { text } = await client.call('GET', path, { auth });
      assert.ok(!text.includes(String(ann.session)) && !text.includes(String(ann.handle)), `${path}: ${text}`);
    }
  ann.kill();
});

test('a person who comes after the end is not let in, and was not in the meeting', async () => {
  const link = await client.meeting({});
  const answer = await client.token(link, { data: 'vic', role: 'subscriber' });
  const sender = await client.token(link, { data: 'sue' });
  const before = await Page.watch(answer);
  await until(async () => (await active(link)).length === 1, 'vic to be in');
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  await until(async () => !(await admin.sessions()).includes(before.session), 'vic to be out');
  const seconds = (await client.attendees(link))[0].activeSeconds;
  for (const token of [answer, sender]) {
    const late = new Page(token);
    assert.notEqual((await late.open()).janus, 'success');
    await until(() => late.closed, 'the connection to be ended', 5000);
  }
  const [vic, ...others] = await client.attendees(link);
  assert.deepEqual(others, []);
  assert.ok(vic.isDeleted);
  assert.equal(vic.activeSeconds, seconds);
});

test('two devices of one person are one attendee with two connections', async () => {
  const link = await client.meeting({});
  const one = await Page.join(await client.token(link, { data: 'ann' }));
  const two = await Page.join(await client.token(link, { data: 'ann' }));
  await until(async () => (await client.attendees(link))[0]?.connections === 2, 'two connections');
  one.kill();
  await until(async () => (await client.attendees(link))[0].connections === 1, 'one connection');
  assert.deepEqual(await active(link), ['ann']);
  two.kill();
  await until(async () => (await active(link)).length === 0, 'nobody');
});

test('leaving and joining again from the same page is a second stay', async () => {
  const link = await client.meeting({});
  const page = await Page.join(await client.token(link, { data: 'ann' }));
  await until(async () => (await active(link)).length === 1, 'ann to be in');
  await page.plugin({ request: 'leave' });
  await until(async () => (await active(link)).length === 0, 'ann to be out');
  await page.attach(); // Janus takes no handle twice
  await page.attach(); // Janus wants a new handle for it
  const again = await page.join();
  assert.equal(again.videoroom, 'joined', JSON.stringify(again));
  await until(async () => (await active(link)).length === 1, 'ann to be in again');
  page.kill();
  await until(async () => (await active(link)).length === 0, 'ann to be out again');
});

test('when events were lost the reconciler closes connections of people who left and opens those of people who are in', async () => {
  const link = await client.meeting({});
  const page = await Page.join(await client.token(link, { data: 'ann' }));
  await until(async () => (await active(link)).length === 1, 'ann to be in');
  await stack.rows('DELETE FROM connections WHERE session_id = ?', [page.answer.sessionId]);
  await stack.rows('DELETE FROM attendees WHERE session_id = ?', [page.answer.sessionId]);
  await until(async () => {
    await stack.hurry('reconcile');
    return (await active(link)).length === 1;
  }, 'the reconciler to find her', 25000);
  await stack.rows("INSERT INTO connections (session_id, connection_id, device, participant, attendee, role, event, joined_at, created_on, modified_on) SELECT session_id, '77/1', '77', '', 'ghost', 1, 'attached', UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM meetings WHERE meeting_link = ?", [link]);
  await until(async () => {
    await stack.hurry('reconcile');
    const [row] = await stack.rows("SELECT left_at FROM connections WHERE connection_id = '77/1' AND session_id = ?", [page.answer.sessionId]);
    return row.left_at;
  }, 'the ghost to be closed', 25000);
  assert.deepEqual(await active(link), ['ann']);
});

test('a room that another program destroyed is created again, and tokens still work', async () => {
  const link = await client.meeting({});
  const answer = await client.token(link, { data: 'ann' });
  const { createHmac } = await import('node:crypto');
  const room = answer.sessionId;
  const roomSecret = createHmac('sha256', stack.conf.SERVICE_SECRET).update(`room-secret\0${room}`).digest('base64url');
  assert.equal((await admin.plugin({ request: 'destroy', room, secret: roomSecret })).videoroom, 'destroyed');
  await until(async () => {
    await stack.hurry('reconcile');
    return (await admin.rooms()).includes(room);
  }, 'the room to be made again', 25000);
  assert.equal((await Page.join(answer)).joined.videoroom, 'joined');
});

test('a moderator\'s page has no power over the room in Janus itself', async () => {
  const link = await client.meeting({});
  const page = await Page.join(await client.token(link, { role: 'moderator' }));
  const room = page.answer.sessionId;
  for (const request of [
    { request: 'destroy', room },
    { request: 'edit', room, new_publishers: 1000 },
    { request: 'allowed', room, action: 'disable' },
    { request: 'kick', room, id: page.answer.participantId },
    { request: 'enable_recording', room, record: true },
    { request: 'create', room: 'mine' },
    { request: 'rtp_forward', room, publisher_id: page.answer.participantId, host: '127.0.0.1', audio_port: 5000 },
  ]) {
    const answer = await page.plugin(request);
    assert.equal(answer.error?.code, 453, `${request.request}: ${JSON.stringify(answer)}`);
  }
  assert.equal((await page.plugin({ request: 'list' })).error?.code, 453);
  assert.ok((await admin.rooms()).includes(room));
});

test('Janus is reached by its name among the media servers, too, and by no other name', async () => {
  const [{ name }] = await stack.rows('SELECT name FROM media_servers');
  const answer = await client.token(await client.meeting({}), { data: 'ann' });
  const page = await Page.join({ ...answer, url: `${answer.url}/${name}` });
  assert.equal(page.joined.videoroom, 'joined', JSON.stringify(page.joined));
  page.kill();
  await assert.rejects(new Page({ ...answer, url: `${answer.url}/${name}x` }).open(), /404/);
});

test('only /rtc leads to Janus', async () => {
  for (const path of ['/admin', '/janus', '/rtc/admin', '/rtc/']) assert.equal((await client.call('GET', path, { auth: null })).status, 404, path);
});

test('two handles of one page are one device', async () => {
  const link = await client.meeting({});
  const page = await Page.watch(await client.token(link, { data: 'viewer', role: 'subscriber' }));
  await page.attach();
  const seen = async () => (await stack.rows('SELECT id FROM connections WHERE session_id = ?', [page.answer.sessionId])).length;
  await until(async () => (await seen()) === 2, 'two connections');
  assert.equal((await client.attendees(link))[0].connections, 1);
});

test('a page cannot choose another display name', async () => {
  const link = await client.meeting({});
  const page = await Page.join(await client.token(link, { data: 'ann', name: 'Ann' }), { display: 'The Boss' });
  assert.equal(page.joined.videoroom, 'joined');
  const [ann] = await until(async () => {
    const list = await client.attendees(link);
    return list.length > 0 && list;
  }, 'ann');
  assert.equal(ann.name, 'Ann');
  assert.ok(!JSON.stringify(ann).includes('The Boss'));
});

test('the room is private, has a random name, tells nothing of the meeting, and requires encryption when the meeting does', async () => {
  const link = await client.meeting({ extId: 'board meeting', endToEndEncryption: true });
  const answer = await client.token(link);
  assert.equal(answer.endToEndEncryption, true);
  const room = (await admin.plugin({ request: 'list', admin_key: stack.conf.JANUS_ADMIN_KEY })).list.find((one) => one.room === answer.sessionId);
  assert.equal(room.is_private, true);
  assert.equal(room.require_e2ee, true);
  assert.ok(!JSON.stringify(room).includes('board') && !JSON.stringify(room).includes(link));
  assert.match(answer.sessionId, /^[A-Za-z0-9_-]{22}$/);
});
