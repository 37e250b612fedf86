// The files that an installation has copied, which `make install` leaves as they are.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
let root; // where this test has installed Confab
let share;
let copies; // what README's section "Production" copies: [from, to]

before(() => {
  root = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR, 'root-'));
  execFileSync('make', ['-C', stack.build, '-s', 'install', `DESTDIR=${root}`], { stdio: 'pipe' });
  share = `${root}/usr/local/share/confab`;
  const all = (folder, to) => readdirSync(`${share}/${folder}`).map((name) => [`${share}/${folder}/${name}`, `${root}${to}/${name.replace(/\.in$/, '')}`]);
  copies = [
    ...all('systemd', '/etc/systemd/system'),
    ...all('janus', '/usr/local/etc/confab-janus'),
    [`${share}/nginx/confab-site.conf`, `${root}/etc/nginx/sites-enabled/confab`],
    [`${share}/nginx/confab-media-site.conf`, `${root}/etc/nginx/sites-enabled/confab-media`],
  ];
  for (const [from, to] of copies) {
    mkdirSync(path.dirname(to), { recursive: true });
    copyFileSync(from, to);
  }
});
after(() => root && rmSync(root, { recursive: true }));

const lines = async () => (await stack.ctl('check', '--root', root)).stdout.split('\n').filter((line) => line.includes('files:'));

test('copies of this version are fine, also with marks filled in and with local changes', async () => {
  const site = `${root}/etc/nginx/sites-enabled/confab`;
  writeFileSync(site, `# ours\n${readFileSync(site, 'utf8').replace('listen 80;', 'listen 443 ssl;')}`);
  const found = await lines();
  assert.equal(found.length, copies.length);
  assert.equal(copies.length, 15);
  for (const line of found) assert.match(line, /^ok /);
});

test('a copy of an older version, or without a version, is named', async () => {
  for (const [from, to] of copies) {
    const kept = readFileSync(to, 'utf8');
    for (const old of [kept.replace(/^# Confab file version: \d+/m, '# Confab file version: 1'), kept.replace(/^# Confab file version: .*\n/m, '')]) {
      try {
        writeFileSync(to, old);
        const found = await lines();
        assert.deepEqual(found.filter((line) => !line.startsWith('ok ')), [`warn  files: ${to} is of an older version than ${from}`]);
      } finally {
        writeFileSync(to, kept);
      }
    }
  }
});

test('a missing copy is no fault', async () => {
  for (const [, to] of copies) rmSync(to);
  assert.deepEqual(await lines(), []);
});
