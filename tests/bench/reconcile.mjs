// Measures the reconciler: CPU time of the background work, of MariaDB, the gate and Janus, for one comparison of so many running
// meetings, each with its room, and PEOPLE who are connected. Makes an instance of its own. Checks that a round finds a lost room.
//
//   node tests/bench/reconcile.mjs [MEETINGS...]     (1000 5000 10000; after `npm ci` in tests/e2e)
import { readFileSync, readdirSync } from 'node:fs';
import { Client } from '../e2e/lib/client.mjs';
import { Admin, Page } from '../e2e/lib/janus.mjs';
import { startStack, until } from '../e2e/lib/stack.mjs';

const sizes = process.argv.slice(2).map(Number);
const TICKS = 100; // a second, in /proc/PID/stat
const PEOPLE = 500;
const AT_ONCE = 10; // who join
const PARTS = ['work', 'mariadb', 'gate', 'janus'];

// CPU time of a process and of all below it, in seconds.
function time(root) {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
      return [{ pid: Number(pid), parent: Number(fields[1]), time: (Number(fields[11]) + Number(fields[12])) / TICKS }];
    } catch {
      return []; // gone meanwhile
    }
  });
  const below = (pid) => all.filter((one) => one.parent === pid).reduce((sum, one) => sum + below(one.pid), all.find((one) => one.pid === pid)?.time ?? 0);
  return below(root);
}

const stack = await startStack();
const admin = new Admin(stack);
let made = 0;

async function meetings(count) {
  const [{ name }] = await stack.rows('SELECT name FROM media_servers');
  const rows = [];
  for (; made < count; made++) {
    const id = `bench-${made}`;
    rows.push([id, id, name]);
    await admin.plugin({ request: 'create', admin_key: stack.conf.JANUS_ADMIN_KEY, room: id, is_private: true, secret: 's', permanent: false });
  }
  for (let i = 0; i < rows.length; i += 500)
    await stack.rows(`INSERT INTO meetings (meeting_link, session_id, server, provider, archive_id, start_time, token_until, created_on, modified_on,
      created_by, modified_by, access) VALUES ${rows.slice(i, i + 500).map(() => `(?, ?, ?, 'janus', UUID(), UTC_TIMESTAMP(6),
      UTC_TIMESTAMP(6) + INTERVAL 1 DAY, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), 'bench', 'bench', 'open')`).join()}`, rows.slice(i, i + 500).flat());
}

// They are in meetings of ten.
async function peopleJoin() {
  const client = new Client(stack);
  for (let count = 0; count < PEOPLE; count += AT_ONCE) {
    const link = await client.meeting();
    await Promise.all(Array.from({ length: AT_ONCE }, async (_, i) => Page.join(await client.token(link, { data: `person-${i}` }))));
  }
  client.agent.destroy();
}

async function reconciled() {
  await stack.hurry('reconcile');
  await until(async () => {
    const [{ waiting }] = await stack.rows("SELECT COUNT(*) AS waiting FROM jobs WHERE kind = 'reconcile' AND (due <= UTC_TIMESTAMP(3) OR leased_until IS NOT NULL)");
    return Number(waiting) === 0;
  }, 'the reconciler', 120000);
}

// Does a round look at all meetings? The newest one comes last.
async function lostRoomIsFound() {
  const room = `bench-${made - 1}`;
  await admin.plugin({ request: 'destroy', room, secret: 's' });
  await reconciled();
  if ((await admin.plugin({ request: 'exists', room })).exists !== true) throw new Error(`${room} was not made again`);
}

try {
  await peopleJoin();
  for (const size of sizes.length > 0 ? sizes : [1000, 5000, 10000]) {
    await meetings(size);
    await reconciled();
    const before = PARTS.map((part) => time(stack.leader(part)));
    const started = performance.now();
    await reconciled();
    const took = performance.now() - started;
    const spent = PARTS.map((part, i) => `${part} ${(time(stack.leader(part)) - before[i]).toFixed(2)} s`);
    console.log(`${size} meetings: CPU ${spent.join(', ')}; ${Math.round(took)} ms`);
    await lostRoomIsFound();
  }
} finally {
  await stack.stop?.();
}
