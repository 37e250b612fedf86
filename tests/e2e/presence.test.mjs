// What a person sees of their own meeting through the API: nothing while they wait, nothing after their removal.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, assertError } from './lib/client.mjs';
import { Page } from './lib/janus.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
after(() => client.agent.destroy());

const get = (path, auth) => client.call('GET', path, { auth });
const looks = (link) => [`/session/${link}/attendees`, `/session/${link}/events`];

async function invite(link, body) {
  const answer = await client.call('POST', `/session/${link}/invites`, { body });
  assert.equal(answer.status, 200, answer.text);
  return `Bearer ${answer.body.token}`;
}

async function done(answer) {
  const { status, text } = await answer;
  assert.equal(status, 204, text);
}

const admit = (link, who) => done(client.call('POST', `/session/${link}/attendees/${who}/admit`));
const remove = (link, who) => done(client.call('DELETE', `/session/${link}/attendees/${who}`));
const bearer = ({ token }) => `Bearer ${token}`;

async function closed(paths, auth, code) {
  for (const path of paths) {
    const answer = await get(path, auth);
    assertError(answer, 403, 'ForbiddenError');
    assert.equal(answer.body.error.code, code, path);
  }
}

async function open(paths, auth) {
  for (const path of paths) assert.equal((await get(path, auth)).status, 200, path);
}

test('a person who waits sees no names: neither with an unnamed invite, nor with a named one, nor with the join token', async () => {
  const link = await client.meeting({ access: 'waitingRoom' });
  await Page.join(await client.token(link, { data: 'mo', role: 'moderator', name: 'Dr Meyer' }));
  await until(async () => (await client.attendees(link)).length === 1, 'the moderator to be in');
  const [shared, named] = [await invite(link, { role: 'publisher' }), await invite(link, { role: 'publisher', name: 'Ann' })];
  await closed(looks(link), shared, 'WAITING');
  await closed(looks(link), named, 'WAITING');
  const guest = await client.token(link, {}, shared);
  const ann = await client.token(link, {}, named);
  await closed(looks(link), bearer(guest), 'WAITING');
  await closed(looks(link), bearer(ann), 'WAITING');
  await admit(link, guest.attendee);
  await admit(link, ann.attendee);
  await open(looks(link), bearer(guest));
  await open(looks(link), named);
  assert.ok((await get(looks(link)[0], bearer(guest))).text.includes('Dr Meyer'));
  await closed(looks(link), shared, 'WAITING'); // it does not say who asks
});

test('an invite alone shows an open meeting, until somebody with it was removed; a locked one never', async () => {
  const link = await client.meeting();
  const shared = await invite(link, { role: 'publisher' });
  const [first, second] = [await client.token(link, {}, shared), await client.token(link, {}, shared)];
  await open(looks(link), shared);
  await remove(link, first.attendee);
  await closed(looks(link), shared, 'WAITING');
  await open(looks(link), bearer(second));
  await done(client.call('PATCH', `/session/${link}`, { body: { access: 'locked' } }));
  await closed(looks(link), shared, 'MEETING_LOCKED');
  await open(looks(link), bearer(second));
});

test('events, attendees, archives and moderation are closed to a removed person until they are readmitted', async () => {
  const link = await client.meeting();
  const named = await invite(link, { role: 'moderator', name: 'Dr Meyer' });
  const shared = await invite(link, { role: 'publisher' });
  const [meyer, guest] = [await client.token(link, {}, named), await client.token(link, {}, shared)];
  const one = { meetingLinkId: link, id: 'cid' };
  await client.token(link, {}, one);
  const all = [...looks(link), `/session/${link}/attendance`, '/archives'];
  for (const auth of [named, bearer(meyer), one]) await open(all, auth);
  await open(looks(link), bearer(guest));
  for (const who of [meyer.attendee, guest.attendee, 'cid']) await remove(link, who);
  for (const auth of [named, bearer(meyer), one]) await closed(all, auth, 'PUT_OUT');
  await closed(looks(link), bearer(guest), 'PUT_OUT');
  const again = await client.call('POST', `/session/${link}/attendees/${meyer.attendee}/readmit`, { auth: named });
  assertError(again, 403, 'ForbiddenError');
  await done(client.call('POST', `/session/${link}/attendees/${meyer.attendee}/readmit`));
  for (const auth of [named, bearer(meyer)]) await open(all, auth);
});

test('a join token opens its own meeting alone, gives no other token, and no more than its role', async () => {
  const [link, other] = [await client.meeting(), await client.meeting()];
  const ann = await client.token(link, { data: 'x'.repeat(1000) });
  const mo = await client.token(link, { data: 'mo', role: 'moderator' });
  await open(looks(link), bearer(ann));
  for (const path of looks(other)) assertError(await get(path, bearer(ann)), 403, 'ForbiddenError');
  assertError(await get('/archives', bearer(ann)), 403, 'ForbiddenError');
  assertError(await get('/session', bearer(mo)), 403, 'ForbiddenError');
  for (const who of [ann, mo]) {
    const answer = await client.call('POST', `/session/${link}/token`, { body: {}, auth: bearer(who) });
    assertError(answer, 403, 'ForbiddenError');
  }
  assertError(await client.call('PATCH', `/session/${link}/end`, { auth: bearer(ann) }), 403, 'ForbiddenError');
  assertError(await get(looks(link)[0], `${bearer(ann).slice(0, -4)}AAAA`), 401, 'UnauthorizedError');
  await done(client.call('PATCH', `/session/${link}/end`, { auth: bearer(mo) }));
});
