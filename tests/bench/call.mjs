// Measures a call: PEOPLE in one meeting of a running instance, PUBLISHERS of them with camera and microphone, the others
// as subscribers. Prints the CPU time of Janus, of the service and of the browsers.
//
//   node tests/bench/call.mjs [PEOPLE] [PUBLISHERS] [SECONDS]     (CONFAB_VAR: ./var; after `npm ci` in tests/e2e)
//
// The browsers need by far the most time: each decodes what all publishers send. Two cores decode about 30 pictures of
// 640x360.
import { readdirSync, readFileSync } from 'node:fs';
import { Browser } from '../e2e/lib/browser.mjs';
import { Client } from '../e2e/lib/client.mjs';
import { enter } from '../e2e/lib/page.mjs';
import { sharedStack, sleep, until } from '../e2e/lib/stack.mjs';

const people = Number(process.argv[2] ?? 12);
const publishers = Number(process.argv[3] ?? 3);
const seconds = Number(process.argv[4] ?? 20);
const PATIENCE = 90000; // ms for one more page on a machine that is full
const TICKS = 100; // a second, in /proc/PID/stat

process.env.CONFAB_E2E_VAR = process.env.CONFAB_VAR ?? new URL('../../var', import.meta.url).pathname;
const stack = sharedStack();
const client = new Client(stack);

// All processes' names, parents and CPU times.
function processes() {
  const found = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, name, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').match(/\((.*)\) (.*)/s);
      const fields = rest.split(' ');
      found.set(Number(pid), { name, parent: Number(fields[1]), time: (Number(fields[11]) + Number(fields[12])) / TICKS });
    } catch {
      // gone meanwhile
    }
  }
  return found;
}

function below(all, root) {
  const time = all.get(root)?.time ?? 0;
  return [...all].filter(([, { parent }]) => parent === root).reduce((sum, [pid]) => sum + below(all, pid), time);
}

function times(browser) {
  const all = processes();
  const parts = ['janus', 'pool', 'work', 'media', 'mariadb', 'nginx'].map((part) => [part, below(all, stack.leader(part))]);
  return { ...Object.fromEntries(parts), browsers: below(all, browser.server.process().pid) };
}

const browser = await Browser.start();
try {
  const link = await client.meeting({});
  const invite = async (role) => (await client.call('POST', `/session/${link}/invites`, { body: { role } })).body.url;
  const [sending, watching] = [await invite('publisher'), await invite('subscriber')];
  for (let i = 0; i < people; i++) {
    const person = await browser.person({ viewport: { width: 640, height: 400 } });
    await enter(person, i < publishers ? sending : watching, `Person ${i + 1}`, PATIENCE);
    process.stderr.write(`${i + 1} `);
  }
  await until(async () => (await client.attendees(link, '?active=true')).length === people, 'all to be in the meeting', 60000);
  await sleep(5000); // the first key frames and quality changes are over
  const before = times(browser);
  await sleep(seconds * 1000);
  const after = times(browser);
  process.stderr.write('\n');
  console.log(`${people} people, ${publishers} of them publishers, ${seconds} s: CPU in % of one core`);
  for (const part of Object.keys(after)) {
    const share = ((after[part] - before[part]) / seconds) * 100;
    console.log(`${part.padEnd(10)}${share.toFixed(1).padStart(7)}${(share / publishers).toFixed(2).padStart(8)} for each publisher`);
  }
} finally {
  await browser.close();
}
