// Runs the end-to-end tests against one private stack, prints the slowest, and ends with `N passed, N failed`. Words on the command
// line choose the files whose names start with them; a word after a minus leaves files out. CONFAB_E2E_KEEP=1 keeps the stacks' folders,
// CONFAB_E2E_BROWSER=no leaves out the files that need a browser or LibreOffice.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { source, startStack } from './lib/stack.mjs';

const FILE_LIMIT = process.env.CONFAB_SOAK ? 6 * 3600000 : 900000; // ms for the tests of one file
const SLOWEST = 10; // tests and files that are named at the end
const here = new URL('.', import.meta.url).pathname;
const words = process.argv.slice(2);
const wanted = words.filter((word) => !word.startsWith('-'));
const unwanted = words.filter((word) => word.startsWith('-')).map((word) => word.slice(1));
const needsBrowser = (name) => /lib\/(browser|firefox|page)\.mjs|'soffice'/.test(readFileSync(here + name, 'utf8'));
const files = readdirSync(here)
  .filter((name) => name.endsWith('.test.mjs'))
  .filter((name) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)))
  .filter((name) => !unwanted.some((word) => name.startsWith(word)))
  .filter((name) => process.env.CONFAB_E2E_BROWSER !== 'no' || !needsBrowser(name))
  .sort();

// All stacks of this run are below one folder, so that none is left running whatever happens.
const folder = mkdtempSync(path.join(tmpdir(), 'cf-'));
chmodSync(folder, 0o755);
process.env.CONFAB_E2E_DIR = folder;
process.env.CONFAB_JANUS_DIR ??= path.join(source, 'build/check/janus'); // fetched once for all stacks

const stopping = new AbortController();

function cleanUp() {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    try {
      execFileSync(path.join(source, 'scripts/down'), [], { env: { ...process.env, CONFAB_VAR: path.join(folder, entry.name) }, stdio: 'ignore' });
    } catch (error) {
      console.error(`scripts/down failed for ${entry.name}: ${error.message}`);
    }
  }
  if (process.env.CONFAB_E2E_KEEP === undefined) rmSync(folder, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    stopping.abort();
    cleanUp();
    process.exit(1);
  });

// Files run one after the other: they share a stack. (By the runner's function and not by `node --test`, whose options for
// this differ from version to version.)
async function testsOutput(times) {
  let output = '';
  const stream = run({ files: files.map((name) => here + name), concurrency: 1, timeout: FILE_LIMIT, signal: stopping.signal });
  const note = ({ name, nesting, file, details }) => {
    if (nesting === 0) times.push({ name, file: path.basename(file ?? ''), ms: details.duration_ms });
  };
  stream.on('test:pass', note).on('test:fail', note);
  for await (const piece of /** @type {any} */ (stream).compose(new spec())) {
    output += piece;
    process.stdout.write(piece);
  }
  return output;
}

// The slowest of these, which have a name and ms, one a line.
function slowest(what, list) {
  console.log(`slowest ${what}:`);
  for (const { name, ms } of list.sort((a, b) => b.ms - a.ms).slice(0, SLOWEST)) console.log(`  ${(ms / 1000).toFixed(1).padStart(6)} s  ${name}`);
}

function timesShow(times) {
  const files = [...new Set(times.map(({ file }) => file))];
  slowest('tests', times);
  slowest('files', files.map((name) => ({ name, ms: times.filter(({ file }) => file === name).reduce((sum, { ms }) => sum + ms, 0) })));
}

let output = '';
try {
  process.env.CONFAB_E2E_VAR = (await startStack()).var;
  const times = [];
  output = await testsOutput(times);
  timesShow(times);
} catch (error) {
  console.error(error.message);
} finally {
  cleanUp();
}

const sum = (word) => Number(output.match(new RegExp(`^ℹ ${word} (\\d+)`, 'm'))?.[1] ?? 0);
const failed = sum('fail') + sum('cancelled') + (sum('pass') === 0 ? 1 : 0);
console.log(`${sum('pass')} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
