// GET /archives/{archiveId}/media: recordings for people to watch, with links that end, in ranges, from this host and from a storage.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { ANA, BEN, DURATION, archiveFiles, makeArchive } from './lib/made-archive.mjs';
import { listen, patience, startStack, until } from './lib/stack.mjs';
import { CREDENTIALS, startAzure, startS3 } from './lib/stores.mjs';

const STORE_HOST = 'store.test';
const SECOND = 1000; // ms
const now = () => Math.floor(Date.now() / SECOND);

/** @type {Awaited<ReturnType<typeof startStack>>} */
let stack;
/** @type {Client} */
let client;
let made, film;

before(async () => {
  stack = await startStack({ settings: { ...CREDENTIALS, STORAGE_ALLOW_HTTP: 'yes', STORAGE_HOSTS: `127.0.0.1,${STORE_HOST}` } });
  client = new Client(stack);
  made = await makeArchive(stack, client, { name: 'Visit: Åse/李 100%', screen: true });
  film = readFileSync(path.join(made.folder, 'meeting.mp4'));
});
after(async () => {
  client?.agent.destroy();
  await stack?.stop();
});

/**
 * A request without a token, unless `headers` have one. `target`: a link, or a path.
 * @param {string} target
 * @param {{method?: string, headers?: Record<string, string>}} [options]
 * @returns {Promise<{status: number, headers: Record<string, any>, bytes: Buffer, body: any, text: string}>}
 */
function get(target, { method = 'GET', headers = {} } = {}) {
  const url = new URL(target, stack.base);
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname: url.hostname, port: url.port, method, path: url.pathname + url.search, headers, agent: false }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => resolve(answerOf(response.statusCode, response.headers, Buffer.concat(pieces))));
      response.on('error', reject);
    });
    request.setTimeout(patience(20000), () => request.destroy(new Error('no answer')));
    request.on('error', reject).end();
  });
}

function answerOf(status, headers, bytes) {
  let body;
  try {
    body = JSON.parse(bytes.toString());
  } catch {
    body = undefined;
  }
  return { status, headers, bytes, body, text: bytes.subarray(0, 500).toString() };
}

const programEnv = (target, { method = 'GET', headers = {}, settings = {} }) => ({
  PATH: process.env.PATH,
  CONFAB_CONF: path.join(stack.var, 'confab.conf'),
  METRICS_FILE: '',
  GATEWAY_INTERFACE: 'CGI/1.1',
  REQUEST_METHOD: method,
  REQUEST_URI: target.startsWith('http') ? target.slice(stack.base.length) : target,
  CONTENT_LENGTH: '0',
  ...settings,
  ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [`HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value])),
});

// The same of the program alone, as a web server with CGI runs it.
async function program(target, options = {}) {
  const child = spawn(path.join(stack.build, 'confab.fcgi'), [], { env: programEnv(target, options), stdio: ['ignore', 'pipe', 'ignore'] });
  const pieces = [];
  child.stdout.on('data', (piece) => pieces.push(piece));
  await once(child, 'close');
  const all = Buffer.concat(pieces);
  const end = all.indexOf('\r\n\r\n');
  const headers = Object.fromEntries(all.subarray(0, end).toString().split('\r\n').map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]));
  return answerOf(Number(headers.status?.split(' ')[0]), headers, all.subarray(end + 4));
}

const servers = /** @type {const} */ ([['nginx', get], ['the program alone', program]]);

// A link signed by this test.
function signed(archive, file, expires = now() + 600, secret = stack.conf.SERVICE_SECRET) {
  const signature = createHmac('sha256', secret).update(`archive-link\0${archive}\0${expires}/${file}`).digest('hex');
  return `/archives/${archive}/media?file=${encodeURIComponent(file)}&expires=${expires}&signature=${signature}`;
}

const shown = async (archive, auth = {}) => (await client.call('GET', `/archives/${archive}`, { auth })).body.metaData;
const bearer = async (claims) => ({ authorization: `Bearer ${await client.bearer(claims)}` });
const refused = (answer, status, code) => {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.body?.error?.statusCode, status, answer.text);
  if (code) assert.equal(answer.body.error.code, code);
};

// ---- what an archive says ----

test('an archive has links to its composed file and to what belongs to it', async () => {
  const data = await shown(made.archive);
  assert.deepEqual([data.resolution, data.outputMode, data.progress, data.url], ['640x180', 'composed', null, data.media.url]);
  assert.deepEqual(data.media.strip, made.strip);
  for (const [key, name, type] of [['url', 'meeting.mp4', 'video/mp4'], ['poster', 'poster.jpg', 'image/jpeg'], ['thumbnails', 'thumbnails.jpg', 'image/jpeg'], ['chapters', 'chapters.vtt', 'text/vtt']]) {
    assert.ok(data.media[key].startsWith(`${stack.conf.PUBLIC_URL}/archives/`), data.media[key]);
    const answer = await get(data.media[key]);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], type);
    assert.deepEqual(answer.bytes, readFileSync(path.join(made.folder, name)));
  }
});

test('an archive has its people\'s tracks, with their names and times; a list has none', async () => {
  const { tracks } = await shown(made.archive);
  const [ana, ben] = made.people;
  assert.deepEqual(tracks.map((track) => [track.attendeeId, track.name, track.screen, track.from, track.to]), [
    [ana.id, ANA.name, false, 0, DURATION * SECOND],
    [ben.id, BEN.name, false, BEN.from * SECOND, DURATION * SECOND],
    [ana.id, ANA.name, true, 6 * SECOND, 16 * SECOND],
  ]);
  assert.deepEqual(tracks[0].pictures, [{ from: 0, to: 8000 }, { from: 12000, to: 20000 }]);
  assert.deepEqual(tracks.map((track) => [track.hasAudio, track.hasVideo]), [[true, true], [true, true], [false, true]]);
  for (const track of tracks) {
    const answer = await get(track.url);
    assert.equal(answer.headers['content-type'], 'video/webm');
    assert.equal(answer.bytes.length, track.size);
    assert.deepEqual(answer.bytes, readFileSync(path.join(made.folder, track.file)));
  }
  const { items } = (await client.call('GET', `/archives?meetingLinkId=${made.link}`)).body;
  assert.deepEqual([items[0].metaData.tracks, items[0].metaData.media.url.includes('signature=')], [null, true]);
});

test('tracks can be watched before there is a composed file, and when it cannot be made', async () => {
  for (const status of ['processing', 'failed']) {
    const early = await makeArchive(stack, client, { status });
    const data = await shown(early.archive);
    assert.deepEqual([data.media, data.url, data.progress, data.resolution, data.tracks.length], [null, null, status === 'processing' ? 40 : null, null, 2]);
    assert.equal((await get(data.tracks[0].url)).status, 200);
    refused(await get(`/archives/${early.archive}/media`, { headers: await bearer() }), 404);
  }
});

test('links stay the same for minutes, so that a list that is loaded again loads no poster again', async () => {
  const links = [await shown(made.archive), await shown(made.archive)].map((data) => data.media.poster);
  const ends = links.map((link) => Number(new URL(link).searchParams.get('expires')));
  assert.ok(ends[0] === ends[1] ? links[0] === links[1] : ends[1] - ends[0] === 600, links.join(' '));
  for (const end of ends) assert.ok(end > now() + 2400 && end <= now() + 3600, `${end - now()} s`);
});

// ---- bytes ----

/** @type {any[][]} */
const RANGES = [
  // header, status, first byte, number of bytes
  [undefined, 200, 0, Infinity],
  ['bytes=0-', 206, 0, Infinity],
  ['bytes=0-0', 206, 0, 1],
  ['bytes=1000-1999', 206, 1000, 1000],
  ['bytes=-5', 206, -5, 5],
  ['bytes=-99999999', 206, 0, Infinity],
  ['bytes=600000-99999999', 206, 600000, Infinity],
  ['bytes=0-1,5-6', 200, 0, Infinity],
  ['lines=0-1', 200, 0, Infinity],
  ['bytes=5-2', 416],
  ['bytes=99999999-', 416],
  ['bytes=a-b', 416],
];

for (const [name, ask] of servers)
  test(`ranges: ${name} sends the bytes that were asked for, and no others`, async () => {
    const link = signed(made.archive, 'meeting.mp4');
    for (const [range, status, first, count] of RANGES) {
      const answer = await ask(link, { headers: range === undefined ? {} : { range } });
      assert.equal(answer.status, status, `${range}: ${answer.status}`);
      if (status === 416) {
        refused(answer, 416);
        assert.equal(answer.headers['content-range'], `bytes */${film.length}`, range);
        continue;
      }
      const from = first < 0 ? film.length + first : first;
      const piece = film.subarray(from, from + count);
      assert.ok(answer.bytes.equals(piece), `${range}: ${answer.bytes.length} bytes`);
      assert.equal(answer.headers['content-length'], String(piece.length));
      assert.equal(answer.headers['content-type'], 'video/mp4');
      assert.equal(answer.headers['content-range'], status === 206 ? `bytes ${from}-${from + piece.length - 1}/${film.length}` : undefined, range);
      assert.equal(answer.headers['cache-control'], 'private, no-cache');
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    }
  });

for (const [name, ask] of servers)
  test(`HEAD and If-Range: ${name}`, async () => {
    const link = signed(made.archive, 'meeting.mp4');
    const head = await ask(link, { method: 'HEAD' });
    assert.deepEqual([head.status, head.bytes.length, head.headers['content-length'], head.headers['accept-ranges']], [200, 0, String(film.length), 'bytes']);
    const { etag, 'last-modified': modified } = head.headers;
    for (const [condition, status] of [[etag, 206], [modified, 206], ['"other"', 200], ['Sun, 22 Nov 2020 12:00:00 GMT', 200]]) {
      const answer = await ask(link, { headers: { range: 'bytes=10-19', 'if-range': condition } });
      assert.deepEqual([answer.status, answer.bytes.length], [status, status === 206 ? 10 : film.length], condition);
    }
  });

test('nginx and the program name the same version of a file', async () => {
  const [one, other] = await Promise.all(servers.map(([, ask]) => ask(signed(made.archive, 'poster.jpg'))));
  assert.equal(one.headers.etag, other.headers.etag);
  assert.equal(one.headers['last-modified'], other.headers['last-modified']);
  assert.equal((await get(signed(made.archive, 'poster.jpg'), { headers: { 'if-none-match': one.headers.etag } })).status, 304);
});

test('no header comes twice, and an error has its own', async () => {
  const target = signed(made.archive, 'meeting.mp4');
  for (const extra of ['', 'Range: bytes=0-5\r\n', 'Range: bytes=99999999-\r\n']) {
    const { head } = await client.raw(`GET ${target} HTTP/1.1\r\nHost: x\r\n${extra}Connection: close\r\n\r\n`);
    const names = head.split('\r\n').slice(1).map((line) => line.split(':')[0].toLowerCase());
    assert.deepEqual(names, [...new Set(names)], head);
    assert.ok(names.includes('content-security-policy') && names.includes('x-request-id'), head);
    for (const name of ['x-accel-redirect', 'x-confab-disposition', 'x-confab-storage']) assert.ok(!names.includes(name), head);
  }
});

for (const [name, ask] of servers)
  test(`a file is saved under the meeting's name and date: ${name}`, async () => {
    const date = (await shown(made.archive)).createdAt.slice(0, 10);
    const saved = await ask(`${signed(made.archive, 'meeting.mp4')}&download=1`);
    assert.equal(saved.headers['content-disposition'],
      `attachment; filename="Visit_ _se__ 100_ ${date}.mp4"; filename*=UTF-8''Visit_%20%C3%85se_%E6%9D%8E%20100%25%20${date}.mp4`);
    const track = await ask(`${signed(made.archive, made.tracks[0].file)}&download=1`);
    assert.match(track.headers['content-disposition'], new RegExp(`filename="Visit_ _se__ 100_ ${date} Ana _lund.webm"`));
    assert.match((await ask(signed(made.archive, 'meeting.mp4'))).headers['content-disposition'], /^inline;/);
    refused(await ask(`${signed(made.archive, 'meeting.mp4')}&download=2`), 400);
  });

// ---- who may ----

for (const [name, ask] of servers)
  test(`a link is good for one file of one archive, and ends: ${name}`, async () => {
    const other = await makeArchive(stack, client, { tracks: false });
    const good = signed(made.archive, 'meeting.mp4');
    assert.equal((await ask(good, { method: 'HEAD' })).status, 200);
    const last = good.slice(-1);
    const wrong = {
      'one character': good.slice(0, -1) + (last === '0' ? '1' : '0'),
      'a capital letter': good.replace(/[0-9a-f]{64}$/, (text) => text.toUpperCase()),
      'shorter': good.slice(0, -1),
      'longer': `${good}0`,
      'another file': good.replace('meeting.mp4', 'poster.jpg'),
      'another archive': good.replace(made.archive, other.archive),
      'another end': good.replace(/expires=\d+/, (text) => `expires=${Number(text.slice(8)) + 1}`),
      'more than an hour': signed(made.archive, 'meeting.mp4', now() + 3700),
      'no signature': good.replace(/&signature=.*/, ''),
      'an empty signature': good.replace(/signature=.*/, 'signature='),
      'no end': good.replace(/&expires=\d+/, ''),
      'an end that is no number': good.replace(/expires=\d+/, 'expires=never'),
      'no file': good.replace(/file=[^&]*&/, ''),
      'another secret': signed(made.archive, 'meeting.mp4', now() + 600, 'x'.repeat(48)),
    };
    for (const [what, link] of Object.entries(wrong)) {
      const answer = await ask(link);
      assert.equal(answer.status, 403, `${what}: ${answer.text}`);
      refused(answer, 403, 'LINK_INVALID');
    }
    refused(await ask(signed(made.archive, 'meeting.mp4', now() - 1)), 403, 'LINK_EXPIRED');
    for (const twice of ['file=meeting.mp4', `expires=${now() + 600}`, 'signature=0']) refused(await ask(`${good}&${twice}`), 400);
    refused(await ask(`${good}${'0'.repeat(10000)}`), 400);
    // A token does not mend a link.
    refused(await ask(wrong.shorter, { headers: await bearer() }), 403, 'LINK_INVALID');
  });

test('a token that may see the archive needs no link; another one gets nothing', async () => {
  const mine = await makeArchive(stack, client, { auth: { tenantId: 'acme' }, tracks: false });
  const target = `/archives/${mine.archive}/media?file=poster.jpg`;
  const foreign = await client.meeting({});
  const cases = [
    [undefined, 401], [{}, 200], [{ tenantId: 'acme' }, 200], [{ tenantId: 'globex' }, 404], [{ permissions: ['StopMeeting'] }, 403],
    [{ meetingLinkId: mine.link }, 200], [{ meetingLinkId: foreign }, 403],
  ];
  for (const [claims, status] of cases) {
    const answer = await get(target, { headers: claims === undefined ? {} : await bearer(claims) });
    assert.equal(answer.status, status, `${JSON.stringify(claims)}: ${answer.text}`);
    assert.equal(answer.headers['content-type'], status === 200 ? 'image/jpeg' : 'application/json; charset=utf-8');
  }
  for (const [role, status] of /** @type {const} */ ([['moderator', 200], ['publisher', 403], ['subscriber', 403]])) {
    const { token } = await client.token(mine.link, { role, data: `as-${role}` });
    assert.equal((await get(target, { headers: { authorization: `Bearer ${token}` } })).status, status, role);
  }
  // Without a name it is the composed file.
  assert.ok((await get(`/archives/${mine.archive}/media`, { headers: await bearer() })).bytes.equals(film));
  refused(await get('/archives/unknown/media', { headers: await bearer() }), 404);
});

for (const [name, ask] of servers)
  test(`only files of the recording are there, whatever the name says: ${name}`, async () => {
    const { archive, folder } = made;
    const other = await makeArchive(stack, client, { tracks: false });
    for (const file of ['x.mjr', 'poster.jpg.part', 'segment-0.mkv']) writeFileSync(path.join(folder, file), 'secret');
    const names = ['x.mjr', 'poster.jpg.part', 'segment-0.mkv', '../x', `../${other.archive}/poster.jpg`, '/etc/passwd', 'poster.jpg/', './poster.jpg', '.', '..', 'POSTER.JPG', 'poster.jpg ', 'a\nb', 'x'.repeat(1000)];
    const headers = await bearer();
    for (const file of names) {
      refused(await ask(`/archives/${archive}/media?file=${encodeURIComponent(file)}`, { headers }), 404);
      refused(await ask(signed(archive, file)), 404);
    }
    for (const query of ['file=%00', 'file=poster.jpg%00', 'file=%ff', 'file=%zz', 'file=poster.jpg&file=poster.jpg'])
      refused(await ask(`/archives/${archive}/media?${query}`, { headers }), 400);
    refused(await ask(`/archives/..%2f${archive}/media?file=poster.jpg`, { headers }), 404);
  });

test('a link in the folder is not followed', async () => {
  const other = await makeArchive(stack, client, { tracks: false });
  const file = path.join(other.folder, 'poster.jpg');
  rmSync(file);
  symlinkSync(path.join(stack.var, 'confab.conf'), file);
  for (const [, ask] of servers) refused(await ask(signed(other.archive, 'poster.jpg')), 404);
});

test('what nginx sends after the worker\'s word is not there without it', async () => {
  const { authorization } = await bearer();
  for (const target of [`/-/recordings/${made.archive}/poster.jpg`, `//-/recordings/${made.archive}/poster.jpg`, '/-/storage', '/-/range-error', `/x/../-/recordings/${made.archive}/poster.jpg`]) {
    const own = `Authorization: ${authorization}\r\nX-Accel-Redirect: ${target}\r\nX-Confab-Storage: ${stack.base}\r\nConfab-Accel: 1\r\n`;
    const answer = await client.raw(`GET ${target} HTTP/1.1\r\nHost: x\r\n${own}Connection: close\r\n\r\n`);
    assert.ok([400, 404, 502].includes(answer.status) && answer.text.startsWith('{"error"'), `${target}: ${answer.status}`);
  }
});

test('after its deletion an archive has no file, with or without a link', async () => {
  const gone = await makeArchive(stack, client);
  const link = signed(gone.archive, 'meeting.mp4');
  const track = signed(gone.archive, gone.tracks[0].file);
  assert.equal((await get(link, { method: 'HEAD' })).status, 200);
  assert.equal((await client.call('DELETE', `/archives/${gone.archive}`)).status, 200);
  for (const target of [link, track]) for (const [, ask] of servers) refused(await ask(target), 404);
  assert.equal(archiveFiles(gone), undefined);
  const expired = await makeArchive(stack, client, { status: 'expired', composed: true });
  refused(await get(signed(expired.archive, 'meeting.mp4')), 404);
  const data = await shown(expired.archive);
  assert.deepEqual([data.url, data.media, data.tracks], [null, null, null]);
});

test('files that only another host has are named as such', async () => {
  const away = await makeArchive(stack, client, { host: 'far-away', tracks: false });
  assert.equal((await get(signed(away.archive, 'poster.jpg'))).status, 200); // the folder may be shared
  rmSync(away.folder, { recursive: true });
  for (const [, ask] of servers) {
    const answer = await ask(signed(away.archive, 'poster.jpg'));
    refused(answer, 503);
    assert.match(answer.body.error.message, /far-away/);
  }
});

// ---- logs, and load ----

// Changes nginx' settings as an operator would, and waits until it has taken them.
async function nginxChange(change) {
  const leader = stack.leader('nginx');
  const before_ = stack.children('nginx');
  for (const name of ['nginx.conf', 'confab.conf']) {
    const file = path.join(stack.var, 'nginx', name);
    const text = readFileSync(file, 'utf8');
    if (change(text, name) !== text) {
      writeFileSync(`${file}.new`, change(text, name), { mode: statSync(file).mode });
      renameSync(`${file}.new`, file);
    }
  }
  process.kill(leader, 'SIGHUP');
  await until(() => {
    const present = stack.children('nginx');
    return present.length > 0 && present.every((pid) => !before_.includes(pid));
  }, 'nginx to take its settings', 20000);
  client.agent.destroy(); // its connections were those of the old processes
}

test('no log holds a signature', async () => {
  const log = path.join(stack.var, 'nginx/run/access.log');
  await nginxChange((text, name) => (name === 'nginx.conf' ? text.replace('access_log off;', `access_log ${log}; error_log ${log}.errors info;`) : text));
  const link = signed(made.archive, 'meeting.mp4');
  const lost = await makeArchive(stack, client, { tracks: false });
  rmSync(path.join(lost.folder, 'poster.jpg'));
  const links = [link, `${link}0`, signed(made.archive, 'meeting.mp4', now() - 5), signed(lost.archive, 'poster.jpg')];
  for (const target of links) await get(target);
  await get(link, { headers: { range: 'bytes=99999999-' } });
  await stack.without(['pool'], async () => {
    for (const target of links) refused(await get(target), 502);
    refused(await get('/health'), 502);
  });
  await get('/health/live');
  await until(() => readFileSync(log, 'utf8').includes('/health/live'), 'a line of the log');
  const logs = [log, `${log}.errors`, ...readdirSync(path.join(stack.var, 'log')).map((name) => path.join(stack.var, 'log', name))].filter((file) => statSync(file).isFile());
  assert.match(readFileSync(`${log}.errors`, 'utf8'), /GET \/health /); // errors of others are logged
  for (const file of logs) {
    const text = readFileSync(file, 'utf8');
    for (const target of links) assert.ok(!text.includes(new URL(target, stack.base).searchParams.get('signature').slice(0, 64)), `${file} holds a link's signature`);
  }
});

test('slow readers of a large recording hold no worker', async () => {
  const large = await makeArchive(stack, client, { tracks: false });
  const size = 50 << 20;
  const bytes = randomBytes(1 << 20);
  for (let at = 0; at < size; at += bytes.length) appendFileSync(path.join(large.folder, 'large.mp4'), bytes);
  renameSync(path.join(large.folder, 'large.mp4'), path.join(large.folder, 'meeting.mp4'));
  execFileSync('chown', ['--reference', path.join(large.folder, 'poster.jpg'), path.join(large.folder, 'meeting.mp4')]);
  const workers = stack.children('pool').length;
  const readers = [];
  const started = Date.now();
  try {
    // More than there are workers: when each reader held one, the last ones would wait for the first.
    for (let i = 0; i < 2 * workers + 2; i++) {
      const socket = net.connect(Number(stack.conf.CONFAB_PORT), '127.0.0.1');
      socket.write(`GET ${signed(large.archive, 'meeting.mp4')} HTTP/1.1\r\nHost: x\r\n\r\n`);
      readers.push(socket);
      const [piece] = await once(socket, 'data');
      socket.pause();
      assert.match(piece.toString('latin1'), /^HTTP\/1.1 200 /);
    }
    for (let i = 0; i < 40; i++) assert.equal((await get('/health/live')).status, 200);
    assert.ok(Date.now() - started < patience(4000), `${Date.now() - started} ms`);
    // And one of them gets the rest.
    let got = 0;
    const [slow] = readers;
    slow.on('data', (piece) => (got += piece.length));
    slow.resume();
    await until(() => got > size - (1 << 20), 'the whole file', 20000);
  } finally {
    for (const socket of readers) socket.destroy();
  }
});

test('the program sends a large recording in pieces, within a bounded memory', async () => {
  const large = await makeArchive(stack, client, { tracks: false });
  const size = 50 << 20;
  writeFileSync(path.join(large.folder, 'meeting.mp4'), Buffer.alloc(size, 7));
  const child = spawn(path.join(stack.build, 'confab.fcgi'), [], { env: programEnv(signed(large.archive, 'meeting.mp4'), {}), stdio: ['ignore', 'pipe', 'ignore'] });
  let got = 0;
  let most = 0;
  child.stdout.on('data', (piece) => {
    got += piece.length;
    const peak = readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/);
    if (peak) most = Math.max(most, Number(peak[1]));
  });
  await once(child, 'close');
  assert.ok(got > size, `${got} bytes`);
  assert.ok(most > 0 && most < 40 << 10, `${most} KiB`);
});

// ---- in a storage ----

// A made archive whose files are in the store and nowhere else.
async function stored(store, more = {}) {
  const one = await makeArchive(stack, client, { tracks: false, storage: store.target(more) });
  await stack.ctl('archives', 'retry', one.archive);
  await until(async () => (await shown(one.archive)).status === 'uploaded', 'the upload', 30000);
  await until(() => !existsSync(path.join(one.folder, 'meeting.mp4')), 'the removal of the local file');
  return one;
}

for (const [name, start] of /** @type {const} */ ([['S3', startS3], ['Azure', startAzure]]))
  describe(name, () => {
    /** @type {any} */
    let store;
    let one;
    before(async () => {
      store = await start();
      one = await stored(store);
    });
    afterEach(() => {
      store.fate = () => undefined;
    });
    after(() => store?.stop());

    test('a recording in the store comes through the service, byte for byte and in ranges', async () => {
      const data = await shown(one.archive);
      assert.ok(data.url.startsWith(store.endpoint), data.url);
      assert.ok(data.media.url.startsWith(stack.conf.PUBLIC_URL));
      store.seen.length = 0;
      const whole = await get(data.media.url, { headers: { cookie: 'a=b', authorization: 'Bearer x', 'x-other': 'y' } });
      assert.equal(whole.status, 200, whole.text);
      assert.ok(whole.bytes.equals(film));
      assert.equal(whole.headers['content-type'], 'video/mp4');
      assert.equal(whole.headers['cache-control'], 'private, no-cache');
      const piece = await get(data.media.url, { headers: { range: 'bytes=1000-1999' } });
      assert.deepEqual([piece.status, piece.headers['content-range']], [206, `bytes 1000-1999/${film.length}`]);
      assert.ok(piece.bytes.equals(film.subarray(1000, 2000)));
      const head = await get(data.media.url, { method: 'HEAD' });
      assert.deepEqual([head.status, head.bytes.length, head.headers['content-length']], [200, 0, String(film.length)]);
      refused(await get(data.media.url, { headers: { range: 'bytes=99999999-' } }), 416);
      assert.equal((await get(data.media.poster)).headers['content-type'], 'image/jpeg');
      assert.match((await get(`${data.media.url}&download=1`)).headers['content-disposition'], /^attachment; filename="Made recording /);
      for (const answer of [whole, piece, head])
        assert.deepEqual(Object.keys(answer.headers).filter((key) => /^(x-amz|x-ms|x-confab|x-accel|set-cookie|server-)/.test(key)), []);
      for (const { headers } of store.seen) assert.deepEqual(Object.keys(headers).filter((key) => ['cookie', 'authorization', 'x-other'].includes(key)), []);
    });

    test('without nginx a client is led to the store', async () => {
      const answer = await program(signed(one.archive, 'meeting.mp4'));
      assert.deepEqual([answer.status, answer.bytes.length], [302, 0]);
      const fetched = await fetch(answer.headers.location);
      assert.ok(Buffer.from(await fetched.arrayBuffer()).equals(film));
    });

    test('what the store answers instead of the object is a 502', async () => {
      const link = signed(one.archive, 'meeting.mp4');
      for (const status of [301, 307, 400, 401, 403, 404, 429, 500, 503]) {
        store.fate = () => ({ status, headers: { location: stack.base }, body: '<Error><Code>Secret</Code></Error>' });
        refused(await get(link), 502);
      }
      store.fate = () => 'gone';
      refused(await get(link), 502);
    });
  });

// A store of its own over TLS. `headers` go with each answer.
async function tlsStore(folder, name, headers = {}) {
  const [key, cert] = ['key', 'pem'].map((end) => path.join(folder, `${name}.${end}`));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const seen = [];
  const server = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    seen.push(request.headers.host);
    response.writeHead(200, { 'content-type': 'text/html', ...headers }).end('from the store');
  });
  const port = await listen(server);
  return { seen, cert, port, close: () => server.close() };
}

// Answers every question for an address with 127.0.0.1.
async function nameServer() {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const end = question.indexOf(0, 12) + 5;
    const isAddress = question.readUInt16BE(end - 4) === 1;
    const head = Buffer.from(question.subarray(0, end));
    head.writeUInt16BE(0x8180, 2);
    for (const [at, count] of [[4, 1], [6, isAddress ? 1 : 0], [8, 0], [10, 0]]) head.writeUInt16BE(count, at);
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    socket.send(isAddress ? Buffer.concat([head, answer]) : head, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

test('a store is believed only with a good certificate for its name, and cannot lead nginx elsewhere', async () => {
  const folder = path.join(stack.var, 'nginx/run');
  const names = await nameServer();
  const accel = { 'x-accel-redirect': `/-/recordings/${made.archive}/poster.jpg`, 'set-cookie': 'a=b', 'x-amz-request-id': '1' };
  const stores = { good: await tlsStore(folder, STORE_HOST, accel), other: await tlsStore(folder, 'other.test') };
  try {
    for (const store of Object.values(stores)) execFileSync('chmod', ['a+r', store.cert]);
    await nginxChange((text) => text
      .replace(/proxy_ssl_trusted_certificate "[^"]*"/, `proxy_ssl_trusted_certificate "${stores.good.cert}"`)
      .replace(/(resolver [^;]*;)?\s*resolver_timeout/, `\nresolver 127.0.0.1:${names.address().port}; resolver_timeout`));
    const at = async (port) => {
      const target = { name: 'AWSS3', bucket: 'b-1', region: 'r', endpoint: `https://${STORE_HOST}:${port}`, fallback: 'none' };
      const one = await makeArchive(stack, client, { tracks: false, status: 'uploaded', storage: target });
      rmSync(one.folder, { recursive: true });
      await stack.rows("UPDATE archive_files SET local_copy = FALSE, object = CONCAT(archive_id, '/', path), uploaded_at = UTC_TIMESTAMP(3) WHERE archive_id = ?", [one.archive]);
      return get(signed(one.archive, 'meeting.mp4'));
    };
    const answer = await at(stores.good.port);
    assert.deepEqual([answer.status, answer.text, answer.headers['content-type'], answer.headers['set-cookie'], answer.headers['x-amz-request-id']], [200, 'from the store', 'video/mp4', undefined, undefined]);
    assert.deepEqual(stores.good.seen, [`${STORE_HOST}:${stores.good.port}`]);
    refused(await at(stores.other.port), 502); // signed by somebody else
    assert.deepEqual(stores.other.seen, []);
    // Now its maker is known, but the certificate is for another name.
    await nginxChange((text) => text.replace(stores.good.cert, stores.other.cert));
    refused(await at(stores.other.port), 502);
    assert.deepEqual(stores.other.seen, []);
  } finally {
    for (const store of Object.values(stores)) store.close();
    names.close();
  }
});

test('a store that is away is a 502, and without the credentials it is a 503 that names the setting', async () => {
  const target = { name: 'AWSS3', bucket: 'b-1', region: 'r', endpoint: 'http://127.0.0.1:9', fallback: 'none' };
  const one = await makeArchive(stack, client, { tracks: false, status: 'uploaded', storage: target });
  rmSync(one.folder, { recursive: true });
  await stack.rows("UPDATE archive_files SET local_copy = FALSE, object = CONCAT(archive_id, '/', path), uploaded_at = UTC_TIMESTAMP(3) WHERE archive_id = ?", [one.archive]);
  refused(await get(signed(one.archive, 'meeting.mp4')), 502);
  const answer = await program(signed(one.archive, 'meeting.mp4'), { settings: { AWS_SECRET_KEY: '' } });
  refused(answer, 503);
  assert.match(answer.body.error.message, /AWS_SECRET_KEY/);
});
