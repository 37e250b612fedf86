// The page's files as nginx serves them: index.html asks at once for every module that main.js needs, and later for all others.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { source } from './lib/stack.mjs';

const html = path.join(source, 'nginx/html');
const read = (name) => readFileSync(path.join(html, name), 'utf8');
const files = readdirSync(path.join(html, 'assets')).sort();
const modules = files.filter((name) => name.endsWith('.js'));
let work;
let copy; // of the page's files, which tests change
let target;

// Places the page's files. Gives the name of their folder.
function place() {
  execFileSync(path.join(source, 'scripts/page-files'), [copy, target]);
  return readlinkSync(path.join(target, 'assets/current'));
}

const folders = () => readdirSync(path.join(target, 'assets')).sort();

before(() => {
  work = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR ?? tmpdir(), 'html-'));
  copy = path.join(work, 'source');
  target = path.join(work, 'target');
  cpSync(html, copy, { recursive: true });
});
after(() => rmSync(work, { recursive: true }));

// The modules that a module imports, also those that they import.
function importedBy(name, found = new Set()) {
  for (const [, imported] of read(`assets/${name}`).matchAll(/^(?:import|export)\b[^;]*?'\.\/([^']+)';/gm)) {
    if (found.has(imported)) continue;
    found.add(imported);
    if (modules.includes(imported)) importedBy(imported, found);
  }
  return found;
}

const preloadsIn = (text) => [...text.matchAll(/<link rel="modulepreload" href="(?:\.\.\/)?assets\/[0-9a-f]{12}\/([^"]+)">/g)].map(([, name]) => name);

test('the page preloads every module that main.js imports, and no other one; the rest it asks for later', () => {
  place();
  const all = [...modules, 'adapter.js'].filter((name) => name !== 'main.js').sort();
  for (const name of ['index.html', 'link.html']) {
    const page = readFileSync(path.join(target, name), 'utf8');
    const [, later] = page.match(/<template id="later-modules">(.*?)<\/template>/s);
    assert.deepEqual(preloadsIn(page.replace(later, '')), [...importedBy('main.js')].sort());
    assert.deepEqual([...importedBy('main.js'), ...preloadsIn(later)].sort(), all);
    assert.doesNotMatch(page, /@[A-Z]/, 'a mark is left');
  }
});

test('the call and the player are no part of what the page needs at once', () => {
  const needed = importedBy('main.js');
  for (const name of ['call-screen.js', 'precall-test.js', 'blurring.js', 'room.js', 'peer.js', 'adapter.js', 'player.js', 'encryption-worker.js']) assert.ok(!needed.has(name), name);
});

test('every module is used', () => {
  const later = ['call-screen.js', 'player.js', 'precall-test.js', 'blurring.js', 'encryption-worker.js'];
  const used = new Set(['main.js', 'adapter.js', ...later, ...['main.js', ...later].flatMap((name) => [...importedBy(name)])]);
  assert.deepEqual([...modules, 'adapter.js'].sort(), [...used].sort());
});

test('every file is there, also compressed, in a folder that is called after the contents', () => {
  const folder = path.join(target, 'assets', place());
  for (const name of files) {
    assert.deepEqual(readFileSync(path.join(folder, name)), readFileSync(path.join(html, 'assets', name)));
    assert.deepEqual(gunzipSync(readFileSync(path.join(folder, `${name}.gz`))), readFileSync(path.join(html, 'assets', name)));
  }
  assert.ok(existsSync(path.join(folder, 'adapter.js')), 'the system\'s adapter');
  for (const name of ['index.html', 'link.html']) assert.equal(String(gunzipSync(readFileSync(path.join(target, `${name}.gz`)))), readFileSync(path.join(target, name), 'utf8'));
});

test('another content or another name gives another folder; the one before stays, and no older one', () => {
  const style = path.join(copy, 'assets/style.css');
  const first = place();
  assert.equal(place(), first);
  writeFileSync(style, `${read('assets/style.css')}\n`);
  const second = place();
  assert.notEqual(second, first);
  assert.deepEqual(folders(), [first, second, 'current'].sort());
  // Placed once more, it is not a new page.
  assert.equal(place(), second);
  assert.deepEqual(folders(), [first, second, 'current'].sort());
  writeFileSync(path.join(copy, 'assets/another.css'), '');
  const third = place();
  assert.deepEqual(folders(), [second, third, 'current'].sort());
  assert.match(readFileSync(path.join(target, 'index.html'), 'utf8'), new RegExp(`"assets/${third}/style.css"`));
  assert.match(String(gunzipSync(readFileSync(path.join(target, 'link.html.gz')))), new RegExp(`"../assets/${third}/style.css"`));
});

test('what is in a folder beside the modules stays in that folder', () => {
  mkdirSync(path.join(copy, 'assets/more'));
  writeFileSync(path.join(copy, 'assets/more/large.wasm'), 'large');
  const folder = path.join(target, 'assets', place());
  assert.equal(readFileSync(path.join(folder, 'more/large.wasm'), 'utf8'), 'large');
  assert.equal(String(gunzipSync(readFileSync(path.join(folder, 'more/large.wasm.gz')))), 'large');
  writeFileSync(path.join(copy, 'assets/more/large.wasm'), 'larger');
  assert.notEqual(path.join(target, 'assets', place()), folder);
});

test('the files of a version without folders are removed, and the operator\'s own files stay', () => {
  const old = path.join(work, 'old');
  cpSync(html, old, { recursive: true });
  cpSync(path.join(html, 'assets/icon.svg'), path.join(old, 'brand/logo.svg'));
  execFileSync(path.join(source, 'scripts/page-files'), [html, old]);
  assert.equal(readdirSync(path.join(old, 'assets')).length, 2);
  assert.ok(existsSync(path.join(old, 'brand/logo.svg')));
});
