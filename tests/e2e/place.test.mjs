// The folder of an instance: no other user may lead scripts/up and scripts/down to another folder, or change it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freePort, sharedStack, source } from './lib/stack.mjs';

const run = promisify(execFile);
const STRANGER = 65534; // nobody
const stack = sharedStack();
const asRoot = { skip: process.getuid() !== 0 && 'needs root' };

// A folder of root in /tmp, and in it a folder of another user.
function folders(context) {
  const top = mkdtempSync(path.join(tmpdir(), 'cf-place-'));
  chmodSync(top, 0o755);
  context.after(() => rmSync(top, { recursive: true }));
  const theirs = path.join(top, 'theirs');
  mkdirSync(theirs);
  chownSync(theirs, STRANGER, STRANGER);
  return { top, theirs };
}

// A folder of root with files, which must stay as it is.
function victim(top) {
  const folder = path.join(top, 'victim');
  mkdirSync(folder, { mode: 0o700 });
  mkdirSync(path.join(folder, 'tmp'), { mode: 0o700 });
  writeFileSync(path.join(folder, 'lock'), 'kept');
  return folder;
}

const looks = (folder) => readdirSync(folder, { recursive: true }).sort().map((name) => {
  const { uid, gid, mode, size } = statSync(path.join(folder, name));
  return `${name} ${uid}:${gid} ${mode.toString(8)} ${size}`;
});

// Expects a script to refuse this place with one line, and gives the line.
async function refusal(context, script, place) {
  const env = { ...stack.env, CONFAB_VAR: place, CONFAB_PORT: String(await freePort()) };
  context.after(() => run(path.join(source, 'scripts/down'), [], { env }).catch(() => {}));
  let line;
  await assert.rejects(run(path.join(source, 'scripts', script), [], { env }), ({ stderr }) => {
    line = stderr.trim();
    return true;
  }, `scripts/${script} takes ${place}`);
  assert.equal(line.split('\n').length, 1, line);
  return line;
}

test('a link in CONFAB_VAR is refused, and nothing behind it changes', asRoot, async (context) => {
  const { top } = folders(context);
  const folder = victim(top);
  const before = looks(folder);
  const shared = path.join(top, 'shared'); // as /tmp is
  mkdirSync(shared);
  chmodSync(shared, 0o1777);
  const link = path.join(shared, 'link');
  symlinkSync(folder, link);
  lchownSync(link, STRANGER, STRANGER);
  symlinkSync(top, path.join(top, 'up'));
  for (const script of ['up', 'down'])
    for (const place of [link, `${link}/`, path.join(top, 'up', 'victim'), `${link}/deeper`]) {
      assert.match(await refusal(context, script, place), /is a link/);
      assert.deepEqual(looks(folder), before);
    }
});

test('a folder of another user, or below one, is refused', asRoot, async (context) => {
  const { theirs } = folders(context);
  const inside = path.join(theirs, 'inside');
  mkdirSync(inside);
  for (const place of [theirs, path.join(theirs, 'new'), inside, path.join(inside, 'new', 'deeper')])
    for (const script of ['up', 'down']) assert.match(await refusal(context, script, place), /belongs to nobody/);
  assert.deepEqual(readdirSync(theirs), ['inside']);
  assert.deepEqual(readdirSync(inside), []);
});

test('a folder that others can write, or below one, is refused', asRoot, async (context) => {
  const { top } = folders(context);
  const open = path.join(top, 'open');
  mkdirSync(open);
  for (const mode of [0o777, 0o757, 0o775]) {
    chownSync(open, 0, STRANGER);
    chmodSync(open, mode);
    for (const place of [open, path.join(open, 'new')])
      for (const script of ['up', 'down']) assert.match(await refusal(context, script, place), /can be written by others/);
  }
  chmodSync(open, 0o1777); // as /tmp is: good as a parent, not as the folder itself
  assert.match(await refusal(context, 'up', open), /can be written by others/);
  assert.deepEqual(readdirSync(open), []);
});

test('a path with .. in it is refused', async (context) => {
  assert.match(await refusal(context, 'up', `${stack.var}/run/../new`), /\.\./);
  assert.equal(existsSync(`${stack.var}/new`), false);
});

test('./var may be a link of the clone\'s owner, and where it leads to is looked at as closely', asRoot, async (context) => {
  const { top, theirs } = folders(context);
  const clone = path.join(top, 'clone');
  cpSync(path.join(source, 'scripts'), path.join(clone, 'scripts'), { recursive: true });
  const link = path.join(clone, 'var');
  const { CONFAB_VAR: _, ...env } = stack.env;
  const down = () => run(path.join(clone, 'scripts/down'), [], { env });
  const leadTo = (folder) => {
    rmSync(link, { force: true });
    symlinkSync(folder, link);
  };
  const own = path.join(top, 'own');
  mkdirSync(path.join(own, 'run'), { recursive: true });
  leadTo(own);
  await down();
  assert.ok(existsSync(path.join(own, 'lock')), 'it was not looked at');
  lchownSync(link, STRANGER, STRANGER);
  await assert.rejects(down(), /is a link that belongs to another user/);
  leadTo(theirs);
  await assert.rejects(down(), /belongs to nobody/);
});
