// How nginx serves the page's files over updates, and with the files for blurring: a page of few files.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { sharedStack, source } from './lib/stack.mjs';
import { TlsSite } from './lib/tls-site.mjs';

const NAMES = ['main.js', 'encryption-worker.js', 'style.css', 'icon.svg', 'adapter.js', 'more/large.wasm'];
const ENCODINGS = ['identity', 'gzip', 'br'];
const stack = sharedStack();
let work;
let page; // the page's files, which tests change
let site;

// Places the page. Gives the name of its folder.
function place() {
  execFileSync(path.join(source, 'scripts/page-files'), [page, site.html]);
  return readlinkSync(path.join(site.html, 'assets/current'));
}

// Changes the page and places it.
function update(text) {
  writeFileSync(path.join(page, 'assets/style.css'), `/* ${text} */\n`);
  return place();
}

before(async () => {
  work = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR ?? tmpdir(), 'page-'));
  chmodSync(work, 0o755);
  page = path.join(work, 'page');
  mkdirSync(path.join(page, 'assets/more'), { recursive: true });
  for (const name of ['index.html', 'assets/icon.svg', 'assets/encryption-worker.js', 'assets/frame-crypto.js'])
    cpSync(path.join(source, 'nginx/html', name), path.join(page, name));
  writeFileSync(path.join(page, 'assets/main.js'), '// the start\n');
  writeFileSync(path.join(page, 'assets/style.css'), '');
  writeFileSync(path.join(page, 'assets/more/large.wasm'), 'large');
  site = await TlsSite.start(stack, path.join(work, 'html'));
});
after(async () => {
  await site?.stop();
  rmSync(work, { recursive: true });
});

// What matters of the answer for a file.
async function got(target, encoding) {
  const { status, headers, body } = await site.get(target, { 'accept-encoding': encoding });
  const { 'content-type': type, 'content-encoding': packed, 'content-security-policy': policy, 'x-content-type-options': sniff, vary } = headers;
  return { status, type, packed, policy, sniff, vary, body: body.toString('base64') };
}

test('a page whose folder is gone gets today\'s files, as they are served today, and may not keep them', async () => {
  const [first, second, third] = ['one', 'two', 'three'].map(update);
  rmSync(path.join(site.html, 'assets', second), { recursive: true }); // as the upgrade of a package does
  for (const name of NAMES) {
    for (const folder of [first, second]) {
      for (const encoding of ENCODINGS)
        assert.deepEqual(await got(`/assets/${folder}/${name}`, encoding), await got(`/assets/${third}/${name}`, encoding), `${name} ${encoding}`);
      const { status, headers } = await site.get(`/assets/${folder}/${name}`);
      assert.equal(`${status} ${headers['cache-control']}`, '200 no-cache', name);
      assert.equal((await site.get(`/assets/${folder}/${name}`, { 'if-none-match': headers.etag })).status, 304, name);
    }
    assert.match((await site.get(`/assets/${third}/${name}`)).headers['cache-control'], name === 'adapter.js' ? /max-age=86400$/ : /immutable$/, name);
  }
});

test('a name that no file has is not found, in whatever folder', async () => {
  const [, , , now] = ['one', 'two', 'three', 'four'].map(update);
  for (const target of ['0123456789ab/nothing.js', '0123456789ab/', '0123456789ab/more', '0123456789ab/more/', '0123456789ab/more/nothing.wasm',
    `0123456789ab/${now}/main.js`, '0123456789ab/current/main.js', '0123456789/main.js', 'nothing.js', `${now}/nothing.js`]) {
    const { status, headers } = await site.get(`/assets/${target}`);
    assert.equal(`${status} ${headers['cache-control']}`, '404 no-store', target);
  }
});

test('the page may blur, and run WebAssembly for that, while the files for it are there', async () => {
  const blur = path.join(page, 'assets/blur');
  const seen = async () => {
    const policies = await Promise.all(['/', '/j/anything'].map(async (target) => (await site.get(target)).headers['content-security-policy']));
    const others = await Promise.all(['/health/live', '/assets/icon.svg'].map(async (target) => (await site.get(target)).headers['content-security-policy']));
    for (const policy of others) assert.doesNotMatch(policy, /wasm/);
    for (const policy of policies) assert.match(policy, /; script-src 'self'( 'wasm-unsafe-eval')?; style-src/);
    return [JSON.parse(String((await site.get('/-/features.json')).body)).blur, ...policies.map((policy) => policy.includes("'wasm-unsafe-eval'"))];
  };
  place();
  assert.deepEqual(await seen(), [false, false, false]);
  mkdirSync(blur);
  writeFileSync(path.join(blur, 'selfie_segmentation.js'), '// as it is fetched\n');
  place();
  assert.deepEqual(await seen(), [true, true, true]);
  rmSync(blur, { recursive: true });
  place();
  assert.deepEqual(await seen(), [false, false, false]);
});
