// The page's files fit together: index.html asks at once for every module that main.js needs, and `make install` installs it.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { source } from './lib/stack.mjs';

const html = path.join(source, 'nginx/html');
const read = (name) => readFileSync(path.join(html, name), 'utf8');
const modules = readdirSync(path.join(html, 'assets')).filter((name) => name.endsWith('.js')).sort();

// The modules that a module imports, also those that they import.
function importedBy(name, found = new Set()) {
  for (const [, imported] of read(`assets/${name}`).matchAll(/^(?:import|export)\b[^;]*?'\.\/([^']+)';/gm))
    if (!found.has(imported)) importedBy(imported, found.add(imported));
  return found;
}

test('index.html preloads every module that main.js imports, and no other one', () => {
  const preloaded = [...read('index.html').matchAll(/<link rel="modulepreload" href="assets\/([^"]+)">/g)].map(([, name]) => name);
  assert.deepEqual(preloaded, [...importedBy('main.js')].sort());
});

test('every module is used', () => {
  const used = new Set(['main.js', 'encryption-worker.js', ...importedBy('main.js'), ...importedBy('encryption-worker.js')]);
  assert.deepEqual(modules, [...used].sort());
});

test('make install installs every file of the page', () => {
  const installed = [...readFileSync(path.join(source, 'Makefile.am'), 'utf8').matchAll(/^\tnginx\/html\/assets\/(\S+)/gm)].map(([, name]) => name);
  assert.deepEqual(installed, readdirSync(path.join(html, 'assets')).sort());
});
