// GET /session/{id} and GET /session: one meeting, and lists in pages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, assertError } from './lib/client.mjs';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const PERMISSIONS = ['GetMeetingAttendees', 'EditMeeting'];
const row = async (link) => (await stack.rows('SELECT * FROM meetings WHERE meeting_link = ?', [link]))[0];
const iso = (text) => (text === null ? null : `${text.replace(' ', 'T')}Z`);
const patch = async (link, body) => assert.equal((await client.call('PATCH', `/session/${link}`, { body })).status, 204);
const links = (page) => page.items.map((item) => item.meetingLink);

async function get(link) {
  const answer = await client.call('GET', `/session/${link}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

async function list(query = {}) {
  const answer = await client.call('GET', `/session?${new URLSearchParams(query)}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

/**
 * All pages, with something done between them.
 * @param {Record<string, any>} query
 * @param {(count: number) => any} [between]
 */
async function pages(query, between = async () => {}) {
  const found = [];
  for (let cursor; cursor !== null;) {
    const page = await list({ ...query, ...(cursor ? { cursor } : {}) });
    found.push(page);
    assert.ok(found.length < 100, 'the list has no end');
    assert.ok(page.items.length > 0 || page.nextCursor === null);
    cursor = page.nextCursor;
    if (cursor !== null) await between(found.length);
  }
  return found;
}

// A year that no other test uses: its lists hold this test's meetings alone.
let year = 2500;
function ownYear() {
  year += 1;
  const from = `${year}-01-01T00:00:00.000Z`;
  const at = (second) => new Date(Date.parse(from) + second * 1000).toISOString();
  const window = { from, to: `${year + 1}-01-01T00:00:00.000Z` };
  const meeting = (second, more = {}) => client.meeting({ isScheduled: true, scheduleTime: at(second), ...more });
  return { at, window, meeting };
}

// Rows that the interface cannot make.
async function insert(rows) {
  const columns = Object.keys(rows[0]);
  const all = rows.map((one) => [...columns.map((name) => one[name]), 'janus', '2026-01-01', 'test', 'test']);
  await stack.rows(`INSERT INTO meetings (${columns}, provider, modified_on, created_by, modified_by) VALUES ?`, [all]);
}

test('one meeting has all its fields, as they are in the table', async () => {
  const scheduleTime = new Date(Date.now() + 3600_000).toISOString();
  const link = await client.meeting({ isScheduled: true, scheduleTime, enableArchiving: true, extId: 'é-17', extMetadata: { a: [1, null, 'ä'] } });
  await patch(link, { uploadTarget: 'there' });
  const found = await row(link);
  assert.deepEqual(await get(link), {
    deleted: false, deletedOn: null, deletedBy: null, createdOn: iso(found.created_on), modifiedOn: iso(found.modified_on),
    createdBy: 'tester', modifiedBy: 'tester', id: Number(found.id), sessionId: String(found.session_id), meetingLink: link,
    isScheduled: true, scheduleTime, isArchived: true, archiveId: String(found.archive_id), uploadTarget: 'there',
    startTime: null, endTime: null, extId: 'é-17', extMetadata: { a: [1, null, 'ä'] }, tenantId: null,
    endToEndEncryption: false, isRecording: true, status: 'scheduled', provider: 'janus',
  });
  const plain = await get(await client.meeting({ endToEndEncryption: true }));
  assert.equal(plain.endToEndEncryption, true);
  for (const name of ['scheduleTime', 'archiveId', 'uploadTarget', 'extId', 'extMetadata', 'startTime', 'endTime']) assert.equal(plain[name], null, name);
  assert.equal(plain.status, 'active');
  assert.equal(plain.isRecording, false);
});

test('the answer of GET can be sent back by PATCH, except for unknown members', async () => {
  const link = await client.meeting({ extId: 'x', enableArchiving: true });
  const { endToEndEncryption, isRecording, status, provider, ...fields } = await get(link);
  await patch(link, fields);
  const after = await get(link);
  assert.deepEqual({ ...after, modifiedOn: 0 }, { ...fields, endToEndEncryption, isRecording, status, provider, modifiedOn: 0 });
});

test('the state follows what happens to the meeting', async () => {
  const link = await client.meeting({ isScheduled: true, scheduleTime: new Date(Date.now() + 60_000).toISOString(), enableArchiving: true });
  assert.equal((await get(link)).status, 'scheduled');
  await client.token(link);
  const started = await get(link);
  assert.equal(started.status, 'active');
  assert.equal(started.isRecording, true);
  assert.ok(started.startTime);
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  const ended = await get(link);
  assert.equal(ended.status, 'ended');
  assert.equal(ended.isRecording, false);
  assert.ok(ended.endTime);
});

test('unknown and deleted meetings are 404, and HEAD works', async () => {
  const link = await client.meeting({});
  for (const unknown of ['doesNotExi', link.toLowerCase() === link ? link.toUpperCase() : link.toLowerCase(), `${link}%20`, `${link}x`])
    assertError(await client.call('GET', `/session/${unknown}`), 404, 'NotFoundError');
  const head = await client.call('HEAD', `/session/${link}`);
  assert.equal(head.status, 200);
  assert.equal(head.text, '');
  await patch(link, { deleted: true });
  assertError(await client.call('GET', `/session/${link}`), 404, 'NotFoundError');
});

test('either permission is enough, and an invite is not', async () => {
  const link = await client.meeting({});
  const moderator = await client.call('POST', `/session/${link}/invites`, { body: { role: 'moderator' } });
  for (const path of [`/session/${link}`, '/session?limit=1']) {
    for (const permission of PERMISSIONS) assert.equal((await client.call('GET', path, { auth: { permissions: [permission] } })).status, 200);
    const others = client.call('GET', path, { auth: { permissions: ['CreateMeetingSession', 'StopMeeting', 'GetMeetingArchives'] } });
    assertError(await others, 403, 'ForbiddenError', /GetMeetingAttendees or EditMeeting/);
    assertError(await client.call('GET', path, { auth: null }), 401, 'UnauthorizedError');
    assertError(await client.call('GET', path, { auth: `Bearer ${moderator.body.token}` }), 403, 'ForbiddenError');
  }
});

test('a token for one meeting sees that one alone, and no list', async () => {
  const link = await client.meeting({});
  const auth = { meetingLinkId: link };
  assert.equal((await client.call('GET', `/session/${link}`, { auth })).body.meetingLink, link);
  for (const other of [await client.meeting({}), 'doesNotExi']) assertError(await client.call('GET', `/session/${other}`, { auth }), 403, 'ForbiddenError');
  for (const query of ['', '?limit=1', '?limit=0']) assertError(await client.call('GET', `/session${query}`, { auth }), 403, 'ForbiddenError');
});

test('a list has whole meetings, the latest first, and no deleted ones', async () => {
  const { at, window, meeting } = ownYear();
  assert.deepEqual(await list(window), { items: [], nextCursor: null });
  const made = [];
  for (const second of [5, 1, 9, 3]) made.push(await meeting(second));
  const [five, one, nine, three] = made;
  assert.deepEqual(links(await list(window)), [nine, five, three, one]);
  assert.deepEqual((await list(window)).items[1], await get(five));
  await patch(five, { deleted: true });
  assert.deepEqual(links(await list(window)), [nine, three, one]);
  await patch(one, { scheduleTime: at(20) });
  assert.deepEqual(links(await list(window)), [one, nine, three]);
  const made_now = await client.meeting({});
  const now = (await get(made_now)).createdOn;
  const around = await list({ from: now, to: new Date(Date.parse(now) + 1).toISOString(), limit: 1000 });
  assert.ok(links(around).includes(made_now), 'without a schedule it is in the list at the time when it was made');
});

test('from is included, to is not, in any notation of time', async () => {
  const { at, meeting } = ownYear();
  const link = await meeting(60.5);
  const has = async (query) => links(await list(query)).includes(link);
  const ms = Date.parse(at(60.5));
  const elsewhere = new Date(ms + 7200_000).toISOString().replace('Z', '+02:00');
  for (const from of [at(60.5), String(ms), elsewhere]) assert.ok(await has({ from, to: String(ms + 1) }), from);
  for (const from of [at(60.501), String(ms + 1)]) assert.ok(!(await has({ from, to: String(ms + 1000) })), from);
  for (const to of [at(60.5), String(ms), elsewhere]) assert.ok(!(await has({ from: at(0), to })), to);
  for (const to of [at(60.501), String(ms + 1)]) assert.ok(await has({ from: at(0), to }), to);
  assert.ok(!(await has({ from: at(100), to: at(50) })));
  const edges = await list({ from: '0001-01-01T00:00:00Z', to: '9999-12-31T23:59:59.999Z', limit: 1 });
  assert.equal(edges.items.length, 1);
});

test('unreadable or repeated parameters are 400', async () => {
  const cursor = (await pages({ ...(await filled(3)), limit: 2 }))[0].nextCursor;
  for (const query of [
    'status=', 'status=all', 'status=Active', 'status=deleted', 'limit=0', 'limit=1001', 'limit=', 'limit=x', 'limit=-1', 'limit=1.5',
    'from=', 'from=yesterday', 'from=2026-11-22', 'from=1.5', 'from=2026-11-22T12:00:00+02:00', 'to=', 'to=x', 'to=2026-02-30T00:00:00Z',
    'to=253402300800000', 'from=-99999999999999999999', 'cursor=', 'cursor=x', 'cursor=null', `cursor=${cursor}A`, `cursor=${cursor.slice(1)}`,
    `cursor=${cursor.slice(0, -1)}%3D`, `cursor=${'A'.repeat(3000)}`, 'cursor=__________________________', `cursor=${'_'.repeat(22)}`,
    `cursor=f${'_'.repeat(9)}${cursor.slice(10)}`, `cursor=${cursor}%00`, 'cursor=%ff', "cursor=' OR 1=1 --",
    'status=active&status=active', 'from=1&from=1', 'to=1&to=1', 'limit=5&limit=5', `cursor=${cursor}&cursor=${cursor}`,
  ]) assertError(await client.call('GET', `/session?${query.replaceAll(' ', '%20')}`), 400, 'BadRequestError');
  assert.equal((await client.call('GET', '/session?unknown=1&limit=1')).status, 200);
});

test('a made-up cursor is a place in the list, and gives no more than the list', async () => {
  const window = await filled(3);
  const { items } = await list(window);
  const forged = Buffer.alloc(16);
  forged.writeBigUInt64BE(BigInt(Date.parse(window.to)));
  forged.writeBigUInt64BE(2n ** 63n - 1n, 8);
  const make = () => forged.toString('base64url');
  assert.deepEqual((await list({ ...window, cursor: make() })).items, items);
  // Behind a place at the very time that is the list's end, or later.
  const to = items[0].scheduleTime;
  for (const time of [Date.parse(to), Date.parse(to) + 1]) {
    forged.writeBigUInt64BE(BigInt(time));
    assert.deepEqual((await list({ ...window, to, cursor: make() })).items, items.slice(1));
  }
  forged.writeBigUInt64BE(0n);
  assert.deepEqual(await list({ ...window, cursor: make() }), { items: [], nextCursor: null });
  forged.writeBigInt64BE(-62135596800000n);
  assert.deepEqual(await list({ cursor: make() }), { items: [], nextCursor: null });
});

// A year with so many meetings, all at one time but for the first and the last.
async function filled(count) {
  const { window, meeting } = ownYear();
  for (let i = 0; i < count; i++) await meeting(i === 0 ? 1 : i === count - 1 ? 100 : 50);
  return window;
}

test('pages of any size give all meetings once and in order, also many with the same time', async () => {
  const window = await filled(9);
  const { items } = await list(window);
  assert.equal(items.length, 9);
  for (const [i, item] of items.entries()) {
    if (i === 0) continue;
    const before = items[i - 1];
    assert.ok(before.scheduleTime > item.scheduleTime || (before.scheduleTime === item.scheduleTime && before.id > item.id));
  }
  for (const limit of [1, 2, 3, 4, 8, 9, 10, 1000]) {
    const found = await pages({ ...window, limit });
    assert.deepEqual(found.flatMap((page) => page.items), items);
    assert.equal(found.length, Math.ceil(9 / limit));
  }
});

test('50 at a time unless the request says otherwise', async () => {
  const { at, window } = ownYear();
  await insert(Array.from({ length: 51 }, (_, i) => ({ meeting_link: `p${year}-${i}`, session_id: `p${year}-${i}`, created_on: at(i).replace('T', ' ').replace('Z', '') })));
  const found = await pages(window);
  assert.deepEqual(found.map((page) => page.items.length), [50, 1]);
});

test('meetings added, changed, ended and deleted between pages are neither lost nor seen twice', async () => {
  const { at, window, meeting } = ownYear();
  const made = [];
  for (let i = 0; i < 12; i++) made.push(await meeting(10 * (i + 1)));
  const order = [...made].reverse();
  const meanwhile = {
    1: async () => {
      await meeting(1000); // before everything
      await meeting(115); // before the place
      await patch(order[0], { extId: 'changed' });
      await patch(order[5], { extId: 'changed', extMetadata: { a: 1 } });
      await stack.rows("UPDATE meetings SET start_time = '2026-01-01' WHERE meeting_link = ?", [order[6]]);
    },
    2: async () => {
      await patch(order[1], { deleted: true }); // seen already
      await patch(order[3], { deleted: true }); // the place itself
      assert.equal((await client.call('PATCH', `/session/${order[7]}/end`)).status, 204);
    },
    3: async () => patch(order[9], { deleted: true }),
    4: async () => patch(order[8], { scheduleTime: at(5) }),
  };
  const seen = (await pages({ ...window, limit: 2 }, (count) => meanwhile[count]?.())).flatMap(links);
  // 9 was deleted before its page; 8 is at its new place.
  assert.deepEqual(seen, [...order.slice(0, 8), order[10], order[11], order[8]]);
});

test('the table and the rule agree on the state of every meeting', async () => {
  const { at, window } = ownYear();
  const starts = at(7).replace('T', ' ').replace('Z', '');
  const rows = [];
  for (const is_scheduled of [0, 1])
    for (const start_time of [null, '1970-01-01', '2026-01-01'])
      for (const end_time of [null, '1970-01-01', '2026-01-02'])
        for (const schedule_time of [null, starts])
          rows.push({ is_scheduled, start_time, end_time, schedule_time });
  await insert(rows.map((one, i) => ({ meeting_link: `s${year}-${i}`, session_id: `s${year}-${i}`, created_on: starts, ...one })));
  const all = (await list(window)).items;
  assert.equal(all.length, rows.length);
  const sorted = [];
  for (const status of ['scheduled', 'active', 'ended']) {
    const { items } = await list({ ...window, status }); // chosen by the table
    assert.ok(items.length > 0);
    for (const item of items) assert.equal(item.status, status); // said by the rule
    assert.deepEqual((await pages({ ...window, status, limit: 3 })).flatMap((page) => page.items), items);
    sorted.push(...links({ items }));
  }
  assert.deepEqual(sorted.sort(), links({ items: all }).sort(), 'each has exactly one state');
  for (const item of all) {
    const one = rows[Number(item.meetingLink.split('-')[1])];
    const expected = one.end_time !== null ? 'ended' : one.start_time === null && one.is_scheduled ? 'scheduled' : 'active';
    assert.equal(item.status, expected, JSON.stringify(one));
  }
});

test('the state in lists follows what happens to a meeting', async () => {
  const { window, meeting } = ownYear();
  const link = await meeting(1);
  const states = async () => {
    const found = [];
    for (const status of ['scheduled', 'active', 'ended']) if (links(await list({ ...window, status })).includes(link)) found.push(status);
    return found;
  };
  assert.deepEqual(await states(), ['scheduled']);
  await patch(link, { isScheduled: false });
  assert.deepEqual(await states(), [], 'it is now at the time when it was made');
  await patch(link, { isScheduled: true, scheduleTime: window.from });
  assert.deepEqual(await states(), ['scheduled']);
  assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  assert.deepEqual(await states(), ['ended']);
});

test('the cost of a page does not depend on the number of meetings', async () => {
  const { at, window } = ownYear();
  const starts = at(7).replace('T', ' ').replace('Z', '');
  await stack.rows(
    `INSERT INTO meetings (meeting_link, session_id, provider, created_on, end_time, modified_on, created_by, modified_by)
     SELECT CONCAT('c${year}-', seq), CONCAT('c${year}-', seq), 'janus', IF(seq MOD 2 = 0, '${starts}', '${starts}' + INTERVAL seq SECOND),
     IF(seq MOD 1000 = 0, NULL, '2026-01-01'), '2026-01-01', 'test', 'test' FROM seq_1_to_20000`,
  );
  // What the whole server reads meanwhile: other tests may be at work, so the least of some tries counts.
  const reads = async () =>
    (await stack.rows("SHOW GLOBAL STATUS LIKE 'Handler_read%'")).reduce((sum, one) => sum + Number(one.Value), 0);
  const cost = async (query) => {
    let least = Infinity;
    for (let i = 0; i < 5; i++) {
      const before = await reads();
      assert.ok((await list(query)).items.length > 0);
      least = Math.min(least, (await reads()) - before);
    }
    return least;
  };
  for (const status of [undefined, 'active', 'ended']) {
    const query = { ...window, limit: 5, ...(status ? { status } : {}) };
    const first = await list(query);
    const [deep] = (await list({ ...query, limit: 1000, to: new Date(Date.parse(at(7)) + 1).toISOString() })).items.slice(-1);
    const cursor = Buffer.alloc(16);
    cursor.writeBigUInt64BE(BigInt(Date.parse(at(7))));
    cursor.writeBigUInt64BE(BigInt(deep.id), 8);
    assert.ok((await cost(query)) < 1000, `${status}: the first page`);
    assert.ok((await cost({ ...query, cursor: first.nextCursor })) < 1000, `${status}: the second page`);
    if (status !== 'active') assert.ok((await cost({ ...query, cursor: cursor.toString('base64url') })) < 1000, `${status}: among many at one time`);
    assert.ok((await cost({ ...query, from: at(7), to: at(8) })) < 1000, `${status}: a window`);
  }
});
