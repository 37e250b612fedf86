// What the page weighs, what browsers ask for and keep, and how soon people are in the call; by TLS, as in an installation.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Browser, Person } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { joinedEvent } from './lib/janus.mjs';
import { visitTimes } from './lib/page-times.mjs';
import { createMeeting, enter, heading, join, press, reload, tile } from './lib/page.mjs';
import { patience, sharedStack, source, until } from './lib/stack.mjs';
import { TlsSite } from './lib/tls-site.mjs';

const WEIGHT = 100 * 1000; // bytes on the wire until the start screen is there
const PREVIEW = 1000; // ms from the link to one's own picture
const PICTURE = 800; // ms from Join to the first picture of another
const RELOAD = 2000; // ms from the reload until one is in the call again
const HTML = path.join(source, 'nginx/html');
const DECOMPRESS = { gzip: gunzipSync, br: brotliDecompressSync };
const BROTLI = existsSync('/usr/lib/nginx/modules/ngx_http_brotli_static_module.so');
const ENCODINGS = BROTLI ? ['gzip', 'br'] : ['gzip'];
const stack = sharedStack();
const client = new Client(stack);
let site;
let browser;

before(async () => {
  site = await TlsSite.start(stack);
  browser = await Browser.start({ flags: site.flags });
});
afterEach(async () => {
  await browser.closePages();
  placePage(HTML);
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

const inviteUrl = async (link, body = {}) => site.own((await client.call('POST', `/session/${link}/invites`, { body })).body.url);
const placePage = (from) => execFileSync(path.join(source, 'scripts/page-files'), [from, site.html]);
const pressed = (person, id) => person.page.locator(id).getAttribute('aria-pressed');

/**
 * The service is updated to a page that differs in nothing that people see.
 * @param {(assets: string) => void} [change] changes the files in this folder besides
 */
function updatePage(change = undefined) {
  const changed = path.join(site.folder, 'changed');
  if (!existsSync(changed)) cpSync(HTML, changed, { recursive: true });
  appendFileSync(path.join(changed, 'assets/style.css'), '\n/* updated */\n');
  change?.(path.join(changed, 'assets'));
  placePage(changed);
}

// The names of the files that the page asks for only after its first paint.
function laterFiles() {
  const [, later] = readFileSync(path.join(site.html, 'index.html'), 'utf8').match(/<template id="later-modules">(.*?)<\/template>/s);
  return [...later.matchAll(/href="(.*?)"/g)].map(([, address]) => `/${address}`);
}

// Runs in the page before its own scripts: as if the page had been used before it could ask for the rest.
function forgetLaterModules() {
  document.addEventListener('DOMContentLoaded', () => {
    /** @type {HTMLTemplateElement} */ (document.querySelector('#later-modules')).content.replaceChildren();
  });
}

// Runs in the page before its own scripts: remembers what it opens.
function noteOpened() {
  window.openedOfTest = [];
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    window.openedOfTest.push(...stream.getTracks());
    return stream;
  };
}

// Opens the start screen. Gives what the browser has asked for: { url, bytes, protocol, level }. level: how many requests had to be
// answered before this one could be sent.
async function openedStart(person, encoding) {
  const session = await person.context.newCDPSession(person.page);
  await session.send('Network.enable');
  await session.send('Network.setExtraHTTPHeaders', { headers: { 'Accept-Encoding': encoding } });
  const asked = new Map();
  session.on('Network.requestWillBeSent', ({ requestId, request, initiator }) => {
    const by = initiator.url ?? initiator.stack?.callFrames[0]?.url;
    asked.set(requestId, { url: request.url, by, bytes: 0, protocol: '' });
  });
  session.on('Network.responseReceived', ({ requestId, response }) => Object.assign(asked.get(requestId), { protocol: response.protocol }));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => Object.assign(asked.get(requestId), { bytes: encodedDataLength }));
  await person.page.goto(`${site.base}/`);
  await heading(person, 'Start a meeting');
  await until(() => [...asked.values()].every(({ bytes }) => bytes > 0) && [...asked.values()].some(({ url }) => url.endsWith('/call-screen.js')), 'all answers');
  const all = [...asked.values()];
  const levelOf = ({ url, by }) => (url === `${site.base}/` ? 0 : 1 + levelOf(all.find((other) => other.url === by) ?? { url: `${site.base}/` }));
  return all.map((one) => ({ ...one, level: levelOf(one) }));
}

for (const encoding of ENCODINGS)
  test(`the start screen is at most 100 kB and two round trips after the document (${encoding}), over HTTP/2`, async (t) => {
    const asked = await openedStart(await browser.person(), encoding);
    const later = new Set(laterFiles().map((target) => site.base + target));
    const first = asked.filter(({ url }) => !later.has(url));
    const sum = (list) => list.reduce((total, { bytes }) => total + bytes, 0);
    t.diagnostic(`${first.length} requests with ${sum(first)} bytes, ${Math.max(...first.map(({ level }) => level))} round trips; with the rest ${asked.length} and ${sum(asked)}`);
    assert.ok(sum(first) <= WEIGHT, `${sum(first)} bytes`);
    for (const { url, protocol, level } of first) {
      assert.equal(protocol, 'h2', url);
      assert.ok(level <= 2, `${url} comes after ${level} answers`);
    }
    const encodings = site.asked.filter(({ target }) => target === '/' || /^\/assets\/.*\.(js|css|svg)$/.test(target));
    assert.ok(encodings.length > 20);
    for (const one of encodings) assert.equal(one.encoding, encoding, one.target);
    site.forget();
  });

test('a second visit asks for the page alone, which has not changed', async () => {
  const person = await browser.person();
  site.forget();
  await person.page.goto(`${site.base}/`);
  await until(() => laterFiles().every((file) => site.asked.some(({ target }) => target === file)), 'everything to be loaded');
  site.forget();
  await person.page.goto('about:blank');
  await person.page.goto(`${site.base}/`);
  await heading(person, 'Start a meeting');
  await person.page.waitForLoadState('networkidle');
  assert.deepEqual(site.asked.map(({ target, status }) => `${target} ${status}`), ['/ 304']);
});

test('files may be kept for a year, the page not; both vary with the encoding', async () => {
  const [file] = laterFiles();
  for (const [target, kept] of [[file, 'public, max-age=31536000, immutable'], ['/', 'no-cache']]) {
    const plain = await site.get(target);
    assert.equal(plain.headers['cache-control'], kept);
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.match(plain.headers.vary, /Accept-Encoding/);
    for (const encoding of ENCODINGS) {
      const packed = await site.get(target, { 'accept-encoding': encoding });
      assert.equal(packed.headers['content-encoding'], encoding);
      assert.match(packed.headers.vary, /Accept-Encoding/);
      assert.deepEqual(DECOMPRESS[encoding](packed.body), plain.body);
    }
  }
});

test('long answers of the service are compressed, answers with a token are not', async () => {
  const link = await client.meeting({});
  const bearer = `Bearer ${await client.bearer()}`;
  const description = await site.get('/openapi.json', { 'accept-encoding': 'gzip' });
  assert.equal(description.headers['content-encoding'], 'gzip');
  assert.match(description.headers.vary, /Accept-Encoding/);
  assert.equal(JSON.parse(String(gunzipSync(description.body))).openapi.slice(0, 3), '3.1');
  const [{ session_id: room }] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  for (let i = 0; i < 5; i += 1) {
    const event = joinedEvent(stack.conf.JANUS_TOKEN_SECRET, { room: String(room), attendee: `person ${i}`, id: `p${i}`, at: Date.now() * 1000 });
    assert.equal((await client.events([event])).status, 204);
  }
  const list = await site.get(`/session/${link}/attendees`, { authorization: bearer, 'accept-encoding': 'gzip' });
  assert.equal(list.headers['content-encoding'], 'gzip');
  const token = await site.get(`/session/${link}/token`, { authorization: bearer, 'accept-encoding': 'gzip' }, { data: 'd'.repeat(1000), name: 'n'.repeat(255) });
  assert.equal(token.status, 200);
  assert.ok(token.body.length > 1024, 'an answer that would be compressed elsewhere');
  assert.equal(token.headers['content-encoding'], undefined);
});

test('a page that is open goes on over an update: it finds the call and the encryption\'s worker of its own version', async () => {
  const [ann, bob] = [await browser.person(), await browser.person()];
  await bob.context.addInitScript(forgetLaterModules);
  const links = await createMeeting(ann, { ...client, base: site.base, bearer: (...of) => client.bearer(...of) }, { options: ['End-to-end encryption'] });
  await join(ann, 'Ann');
  await bob.page.goto(site.own(links.guest));
  await heading(bob, 'Join the meeting');
  const [, folder] = (await bob.page.content()).match(/assets\/([0-9a-f]{12})\/main\.js/);
  updatePage();
  site.forget();
  await join(bob, 'Bob');
  await bob.untilPlaying({ videos: 1 });
  await ann.untilPlaying({ videos: 1 });
  const files = site.asked.filter(({ target }) => target.startsWith('/assets/'));
  for (const name of ['call-screen.js', 'encryption-worker.js', 'adapter.js'])
    assert.ok(files.some(({ target }) => target === `/assets/${folder}/${name}`), name);
  for (const { target, status } of files) assert.equal(`${target.split('/')[2]} ${status}`, `${folder} 200`, target);
  // A new page is of the new version.
  assert.ok(!String((await site.get('/')).body).includes(folder));
  for (const person of [ann, bob]) person.assertNoErrors();
});

test('a page that is older than two updates goes on with the files of today\'s page', async () => {
  const bob = await browser.person();
  await bob.context.addInitScript(forgetLaterModules);
  await bob.page.goto(await inviteUrl(await client.meeting({})));
  await heading(bob, 'Join the meeting');
  updatePage();
  updatePage();
  await join(bob, 'Bob');
  bob.assertNoErrors();
});

test('a page that today\'s files do not fit says that it must be loaded again, and gives the devices back', async () => {
  const bob = await browser.person();
  await bob.context.addInitScript(noteOpened);
  await bob.context.addInitScript(forgetLaterModules);
  await bob.page.goto(await inviteUrl(await client.meeting({})));
  await heading(bob, 'Join the meeting');
  updatePage();
  updatePage((assets) => {
    appendFileSync(path.join(assets, 'api.js'), 'export const newer = true;\n');
    appendFileSync(path.join(assets, 'call-screen.js'), "import { newer } from './api.js';\nexport { newer };\n");
  });
  await bob.page.getByLabel('Your name').fill('Bob');
  await until(() => bob.page.locator('#join-button').isEnabled(), 'the devices');
  const opened = await bob.page.evaluate(() => window.openedOfTest.length);
  await press(bob, 'Join');
  await bob.page.getByText('load this page again').waitFor();
  assert.deepEqual(await bob.page.evaluate((count) => window.openedOfTest.slice(0, count).map(({ readyState }) => readyState), opened), ['ended', 'ended']);
  await bob.page.reload();
  await join(bob);
});

test('pages from before there were folders still find the files that they ask for later', async () => {
  for (const name of ['encryption-worker.js', 'frame-crypto.js', 'adapter.js', 'icon.svg']) {
    const answer = await site.get(`/assets/${name}`);
    assert.equal(`${answer.status} ${answer.headers['cache-control']}`, '200 no-cache', name);
  }
});

// How soon

test('from the link to one\'s own picture, from Join to another\'s, and from a reload back into the call', async (t) => {
  const link = await client.meeting({});
  const ann = await browser.person();
  await enter(ann, await inviteUrl(link), 'Ann');
  const times = await visitTimes(await browser.person(), await inviteUrl(link), 'Bob');
  t.diagnostic(Object.entries(times).map(([name, ms]) => `${name} ${Math.round(ms)} ms`).join(', '));
  assert.ok(times.preview <= patience(PREVIEW), `own picture after ${times.preview} ms`);
  assert.ok(times.picture <= patience(PICTURE), `another's picture after ${times.picture} ms`);
  assert.ok(times.reload <= patience(RELOAD), `in the call after ${times.reload} ms`);
});

// A reload

test('a reload leads back into the call, with microphone and camera as they were', async () => {
  const link = await client.meeting({});
  const [ann, bob] = [await browser.person(), await browser.person()];
  await enter(ann, await inviteUrl(link, { role: 'moderator' }), 'Ann');
  await bob.page.goto(await inviteUrl(link));
  await press(bob, 'Microphone');
  await join(bob, 'Bob');
  await press(bob, 'Mic');
  await press(bob, 'Camera');
  await reload(bob);
  assert.deepEqual([await pressed(bob, '#microphone-button'), await pressed(bob, '#camera-button')], ['true', 'false']);
  await press(bob, 'Camera');
  await press(bob, 'Mic');
  await reload(bob);
  assert.deepEqual([await pressed(bob, '#microphone-button'), await pressed(bob, '#camera-button')], ['false', 'true']);
  await ann.untilPlaying({ videos: 1, sounds: 0 });
  await tile(ann, 'Bob').waitFor();
  await reload(ann);
  await ann.untilPlaying({ videos: 1, sounds: 0 });
  assert.equal((await client.attendees(link)).length, 2, 'somebody is listed twice');
});

test('a person without devices goes back without them, and one who watches too', async () => {
  const link = await client.meeting({});
  const [bob, eve] = [await browser.person(), await browser.person()];
  await bob.context.addInitScript(noteOpened);
  await bob.page.goto(await inviteUrl(link));
  await bob.page.getByLabel('Your name').fill('Bob');
  await bob.page.locator('#join-without').evaluate((button) => button.click());
  await bob.page.locator('#call-screen').waitFor();
  await reload(bob);
  assert.deepEqual([await pressed(bob, '#microphone-button'), await pressed(bob, '#camera-button')], ['false', 'false']);
  assert.equal(await bob.page.evaluate(() => window.openedOfTest.length), 0, 'a device was opened');
  await enter(eve, await inviteUrl(link, { role: 'subscriber' }), 'Eve');
  await reload(eve);
});

test('who has left, or went to another page, is asked before the call', async () => {
  const url = await inviteUrl(await client.meeting({}));
  const bob = await browser.person();
  await enter(bob, url, 'Bob');
  await press(bob, 'Leave');
  await heading(bob, 'You have left the call');
  await bob.page.reload();
  await heading(bob, 'Join the meeting');
  await join(bob);
  await bob.page.goto('about:blank');
  await bob.page.goBack();
  await heading(bob, 'Join the meeting');
  assert.doesNotMatch(await bob.page.locator('#prejoin-role').textContent(), /go back/);
});

test('a reload does not take the call away from another tab of the same person', async () => {
  const url = await inviteUrl(await client.meeting({}));
  const bob = await browser.person();
  await enter(bob, url, 'Bob');
  const second = new Person(bob.context, await bob.context.newPage());
  // As after a reload here, while the person has gone on there.
  const left = await bob.page.evaluate(() => ({ link: location.pathname.split('/').pop(), microphone: true, camera: true, at: Date.now() }));
  await second.page.goto(url);
  await second.page.locator('#other-tab').waitFor();
  await second.page.evaluate((value) => sessionStorage.setItem('confab.left', JSON.stringify(value)), left);
  await second.page.evaluate(() => sessionStorage.setItem('confab.name', '"Bob"'));
  await second.page.reload();
  await second.page.locator('#other-tab').waitFor();
  assert.doesNotMatch(await second.page.locator('#prejoin-role').textContent(), /go back/);
  await until(() => second.page.locator('#join-button').isEnabled(), 'the devices');
  assert.ok(await second.page.getByRole('button', { name: 'Join here instead' }).isVisible());
  assert.ok(await bob.page.locator('#call-screen').isVisible());
});

test('a meeting that ended before the reload says so after it', async () => {
  const link = await client.meeting({});
  const bob = await browser.person();
  await enter(bob, await inviteUrl(link), 'Bob');
  await bob.page.route('**/session/*/token', async (route) => {
    await client.call('PATCH', `/session/${link}/end`, { check: false });
    await route.continue();
  });
  await bob.page.reload();
  await heading(bob, 'This meeting has ended');
});

