// Runs the end-to-end tests against one private stack and ends with `N passed, N failed`.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { startStack } from './lib/stack.mjs';

const here = new URL('.', import.meta.url).pathname;
const wanted = process.argv.slice(2);
const files = readdirSync(here)
  .filter((name) => name.endsWith('.test.mjs'))
  .filter((name) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)))
  .sort();

const stack = await startStack();
let output = '';
const status = await new Promise((resolve) => {
  const child = spawn(
    process.execPath,
    ['--test', '--test-reporter=spec', '--test-timeout=120000', ...files.map((name) => here + name)],
    { env: { ...process.env, CONFAB_E2E_VAR: stack.var }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  child.stdout.on('data', (piece) => {
    output += piece;
    process.stdout.write(piece);
  });
  child.on('close', resolve);
});
await stack.stop();

const sum = (word) => Number(output.match(new RegExp(`^ℹ ${word} (\\d+)`, 'm'))?.[1] ?? 0);
const failed = sum('fail') + sum('cancelled');
console.log(`${sum('pass')} passed, ${failed} failed`);
process.exit(status === 0 && failed === 0 && sum('pass') > 0 ? 0 : 1);
