// Names: the one rule for every text that people see, and guests who cannot look like verified people.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, assertError, assertFaults } from './lib/client.mjs';
import * as janus from './lib/janus.mjs';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const secret = stack.conf.JANUS_TOKEN_SECRET;

// These are invisible, or change the direction of the text around them.
const HOSTILE = {
  'right-to-left override': 'Ann\u202Egnp.exe', embedding: '\u202BAnn', isolate: 'Ann\u2067', 'stray PDF': 'Ann\u202C',
  tab: 'A\tnn', newline: 'Ann\n(moderator)', escape: 'Ann\u001B[2J', 'C1 control': 'Ann\u0085x', 'line separator': 'Ann\u2028x',
  'hidden tags': 'Ann\u{E0041}\u{E0042}', noncharacter: 'Ann\uFFFE', empty: '', blanks: '   ', 'zero-width': '\u200B\u200D\u2060',
  'no-break spaces': '\u00A0\u3000', 'Hangul filler': '\u3164', 'Braille blank': '\u2800\u2800', 'a lone accent': '\u0301',
};
// As they come, and as they are kept.
const GOOD = {
  'Ann Meyer': 'Ann Meyer', '  Ann\u200B \n': 'Ann', 'Zoe\u0308': 'Zo\u00EB', '\u1100\u1161\u11A8': '\uAC01', '\u05D3\u05D5\u05D3': '\u05D3\u05D5\u05D3',
  '\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645': '\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645', '\u{1F469}\u200D\u{1F4BB} Kim': '\u{1F469}\u200D\u{1F4BB} Kim',
  '\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}': '\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}', '\u{1FAE9}': '\u{1FAE9}',
};

// Every operation that takes a text which people see.
const OPERATIONS = {
  'a token': async () => `/session/${await client.meeting({})}/token`,
  'an invite': async () => `/session/${await client.meeting({})}/invites`,
  'an archive': async () => `/session/${await client.meeting({})}/archives`,
};
for (const [operation, target] of Object.entries(OPERATIONS))
  test(`a name that is invisible, or changes the direction of text, is refused: ${operation}`, async () => {
    const path = await target();
    for (const [what, name] of Object.entries(HOSTILE)) {
      const answer = await client.call('POST', path, { body: { name } });
      assert.equal(answer.status, 422, `${what}: ${answer.text}`);
      assertFaults(answer, '/name');
    }
  });

test('a good name is kept in its composed form, trimmed', async () => {
  const link = await client.meeting({});
  for (const [name, kept] of Object.entries(GOOD)) {
    assert.equal((await client.token(link, { data: 'a', name })).name, kept);
    const { body } = await client.call('POST', `/session/${link}/invites`, { body: { name } });
    assert.equal(JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString()).name, kept);
  }
});

test('the length of a name is that of its composed form', async () => {
  const link = await client.meeting({});
  assert.equal((await client.token(link, { data: 'a', name: 'u\u0308'.repeat(255) })).name, '\u00FC'.repeat(255));
  assertFaults(await client.call('POST', `/session/${link}/token`, { body: { name: 'u\u0308'.repeat(256) } }), '/name');
});

test('an invite from before the rule joins under the visible part of its name', async () => {
  const link = await client.meeting({});
  const invite = async (name, id) => `Bearer ${await client.bearer({ iss: 'confab:invite', sub: `invite-${id.repeat(16)}`, permissions: undefined,
    meetingLinkId: link, meetingRole: 'publisher', name }, { secret: stack.conf.SERVICE_SECRET })}`;
  assert.equal((await client.token(link, {}, await invite('Ann\u202E gnp', 'x'))).name, 'Ann gnp');
  assert.equal((await client.token(link, {}, await invite('\u200B', 'y'))).name, null);
  assert.equal((await client.token(link, { name: 'Ann gnp' }, await invite('\u200B', 'y'))).name, 'Ann gnp (guest)', 'nobody vouches for it');
});

test("an archive that is called after the meeting's extId holds no hidden characters", async () => {
  const link = await client.meeting({ extId: 'Weekly\u202E 7' });
  await client.token(link, {});
  const answer = await client.call('POST', `/session/${link}/archives`, { body: {} });
  assert.equal(answer.body.name, 'Weekly 7', answer.text);
  await client.call('PATCH', `/archives/${answer.body.metaData.id}/stop`);
});

// A meeting, who is in it by the service's list, and those who join.
async function meeting() {
  const link = await client.meeting({});
  const [found] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  const room = String(found.session_id);
  const auth = async (body) => `Bearer ${(await client.call('POST', `/session/${link}/invites`, { body })).body.token}`;
  const guests = await auth({});
  return {
    link, auth, guests,
    // Gets a token and comes into the room; gives the token's answer.
    async join(body, /** @type {string | object} */ as = guests) {
      const answer = await client.token(link, body, as);
      const event = janus.joinedEvent(secret, { room, attendee: answer.attendee, id: answer.participantId, at: Date.now() * 1000 });
      assert.equal((await client.events([event])).status, 204);
      return answer;
    },
    list: async () => (await client.attendees(link)).map(({ name, verified }) => [name, verified]).sort(),
  };
}

test('a person with an invite by name, or a token of the API, is verified; a guest is not', async () => {
  const { join, auth, list, link } = await meeting();
  await join({}, await auth({ name: 'Ms Meyer' }));
  await join({ data: 'user-7', name: 'Seven' }, {});
  await join({ data: 'user-8' }, {});
  await join({ name: 'Own Choice' }, { sub: 'holder', meetingLinkId: link });
  await join({ name: 'Bob' });
  assert.deepEqual(await list(), [['Bob', false], ['Ms Meyer', true], ['Own Choice', false], ['Seven', true], [null, false]].sort());
});

const LOOK_ALIKES = ['Ann Meyer', 'ANN meyer', '\uFF21\uFF4E\uFF4E \uFF2D\uFF45\uFF59\uFF45\uFF52', '\u0391nn Meyer', 'Ann M\u0435yer', 'Ann  Meyer',
  'Ann\u200B Mey\u200Der', '\u{1D400}\u{1D427}\u{1D427} Meyer', 'Ann Rneyer'.replace('Rn', 'rn')];
test('a guest whose name looks like a verified one is marked as a guest', async () => {
  const { join, auth, list } = await meeting();
  await join({}, await auth({ name: 'Ann Meyer' }));
  for (const name of LOOK_ALIKES) {
    const { name: shown } = await join({ name });
    assert.match(shown, / \(guest\)$/, name);
  }
  assert.equal((await join({ name: 'Ann Beyer' })).name, 'Ann Beyer');
  const names = await list();
  assert.deepEqual(names.filter(([name]) => !/ \(guest\)$/.test(name)), [['Ann Beyer', false], ['Ann Meyer', true]]);
});

test('also when the verified person comes second', async () => {
  const { join, auth, list } = await meeting();
  const guest = await join({ name: 'ann meyer' });
  assert.equal(guest.name, 'ann meyer');
  await join({ name: 'Bob' });
  await join({}, await auth({ name: 'Ann Meyer' }));
  assert.deepEqual(await list(), [['Ann Meyer', true], ['Bob', false], ['ann meyer (guest)', false]]);
  // It stays so, whatever is asked for next.
  assert.equal((await join({ guest: guest.guest })).name, 'ann meyer (guest)');
  assert.equal((await join({ guest: guest.guest, name: 'ann meyer' })).name, 'ann meyer (guest)');
  assert.equal((await join({ guest: guest.guest, name: 'Carl' })).name, 'Carl');
  assert.deepEqual(await list(), [['Ann Meyer', true], ['Bob', false], ['Carl', false]]);
});

test('guest and verified person at the same moment', async () => {
  for (let i = 0; i < 10; i++) {
    const { join, auth, list } = await meeting();
    const invite = await auth({ name: 'Ann' });
    await Promise.all([join({ name: 'Ann' }), join({}, invite), join({ name: 'ANN' })]);
    assert.deepEqual(await list(), [['ANN (guest)', false], ['Ann (guest)', false], ['Ann', true]].sort());
  }
});

test('two who were invited under one name keep it; the longest name has room for the mark', async () => {
  const { join, auth, list } = await meeting();
  for (let i = 0; i < 2; i++) await join({}, await auth({ name: 'Ann' }));
  assert.deepEqual(await list(), [['Ann', true], ['Ann', true]]);
  const long = '\u{1F600}'.repeat(255);
  await join({}, await auth({ name: long }));
  assert.equal((await join({ name: long })).name, `${'\u{1F600}'.repeat(247)} (guest)`);
});

test('a known guest gets another token under the same name, also under a marked one', async () => {
  const { join, auth, link } = await meeting();
  await join({}, await auth({ name: 'Ann' }));
  const { guest } = await join({ name: 'Ann' });
  const versions = () => stack.rows('SELECT g.version FROM grants g JOIN meetings m ON m.session_id = g.session_id WHERE m.meeting_link = ? ORDER BY g.id', [link]);
  const before = await versions();
  await join({ name: 'Ann', guest });
  assert.deepEqual(await versions(), before);
  assertError(await client.call('POST', `/session/${link}/token`, { body: { name: 'Bob' }, auth: await auth({ name: 'Ann' }) }), 403, 'ForbiddenError');
});
