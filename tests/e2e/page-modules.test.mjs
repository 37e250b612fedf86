// The page's files as nginx serves them: index.html asks at once for every module that main.js needs, and later for all others.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
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

// Interrupted runs, and errors: with a page of few files

const WITHOUT = '-dac_override,-dac_read_search'; // root can read everything with these
const MOST_MOVES = 50;
const FORMS = { '': (/** @type {Buffer} */ file) => file, '.gz': gunzipSync, '.br': brotliDecompressSync };
const small = () => path.join(work, 'small');
const smallTarget = () => path.join(work, 'small-target');

// Places the small page: runs `before` in the shell, then the script. Without root's right to read everything. Gives { status, stderr }.
function placeSmall({ shell = 'sh', before: command = ':', env = {} } = {}) {
  const words = [shell, '-c', `${command}; exec ${shell} "$@"`, shell, path.join(source, 'scripts/page-files'), small(), smallTarget()];
  const limited = process.getuid() === 0 ? ['setpriv', '--inh-caps', WITHOUT, '--bounding-set', WITHOUT, ...words] : words;
  return spawnSync(limited[0], limited.slice(1), { encoding: 'utf8', env: { ...process.env, ...env } });
}

// Makes the small page and places it, then changes it.
function changeSmall() {
  for (const folder of [small(), smallTarget()]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.join(small(), 'assets/more'), { recursive: true });
  cpSync(path.join(html, 'index.html'), path.join(small(), 'index.html'));
  writeFileSync(path.join(small(), 'assets/main.js'), "import './link.js';\n");
  writeFileSync(path.join(small(), 'assets/link.js'), '');
  writeFileSync(path.join(small(), 'assets/more/large.wasm'), 'large');
  assert.equal(placeSmall().status, 0);
  writeFileSync(path.join(small(), 'assets/link.js'), 'export const changed = true;\n');
}

// What is in the place of the small page: names, and hashes of the contents.
function smallPlaced() {
  const all = readdirSync(smallTarget(), { recursive: true }).map((name) => [name, path.join(smallTarget(), name)]).sort();
  return all.map(([name, file]) => (existsSync(file) && statSync(file).isFile() ? `${name} ${createHash('sha1').update(readFileSync(file)).digest('hex')}` : name));
}

// The folder that each form of each page names.
function smallFolders() {
  const found = [];
  for (const name of ['index.html', 'link.html'])
    for (const [ending, decompress] of Object.entries(FORMS)) {
      const file = path.join(smallTarget(), name + ending);
      if (existsSync(file)) found.push(String(decompress(readFileSync(file))).match(/assets\/([0-9a-f]{12})\/main\.js/)[1]);
    }
  return found;
}

// In PATH: an mv that kills the script that starts it, after some moves.
function killingMoves(moves) {
  const folder = path.join(work, 'bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'left'), String(moves));
  writeFileSync(path.join(folder, 'mv'), `#!/bin/sh
left=$(cat ${folder}/left)
[ "$left" -gt 0 ] || kill -KILL $PPID
echo $((left - 1)) >${folder}/left
exec /bin/mv "$@"
`);
  chmodSync(path.join(folder, 'mv'), 0o755);
  return { PATH: `${folder}:${process.env.PATH}` };
}

test('a run that is killed leaves pages that work, and the next one completes it', () => {
  for (let moves = 0; ; moves += 1) {
    assert.ok(moves < MOST_MOVES);
    changeSmall();
    const { status } = placeSmall({ env: killingMoves(moves) });
    for (const folder of smallFolders()) assert.ok(existsSync(path.join(smallTarget(), 'assets', folder, 'link.js')), `${moves} moves`);
    if (status === 0) break;
    assert.equal(placeSmall().status, 0);
    const now = readlinkSync(path.join(smallTarget(), 'assets/current'));
    assert.match(readFileSync(path.join(smallTarget(), 'assets', now, 'link.js'), 'utf8'), /changed/);
    assert.deepEqual([...new Set(smallFolders())], [now], `${moves} moves`);
    assert.deepEqual(readdirSync(smallTarget()).filter((name) => /new/.test(name)), [], `${moves} moves`);
  }
});

for (const [what, command] of [
  ['a file that cannot be read', 'chmod 0 "$2/assets/link.js"'],
  ['a folder that cannot be read', 'chmod 0 "$2/assets/more"'],
  ['a page that cannot be read', 'chmod 0 "$2/index.html"'],
  ['a module that is not there', 'rm "$2/assets/link.js"'],
  ['a full disk', 'dd if=/dev/urandom of="$2/assets/more/large.wasm" bs=1k count=100 2>/dev/null; trap "" XFSZ; ulimit -f 64'],
])
  test(`${what} is an error, and nothing is changed`, () => {
    for (const shell of ['sh', 'bash']) {
      changeSmall();
      const placed = smallPlaced();
      const { status, stderr } = placeSmall({ shell, before: command });
      execFileSync('chmod', ['-R', 'u+rwX', small()]);
      assert.notEqual(status, 0, shell);
      assert.match(stderr, /link\.js|more|index\.html|large\.wasm/, shell);
      assert.deepEqual(smallPlaced(), placed, shell);
    }
  });
