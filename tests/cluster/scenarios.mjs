// The faults of two service hosts over three database nodes. h1 prefers the node d1, h2 the node d2.
// `run(lab, load)` breaks something while clients write. The lab repairs the rest afterwards.
//   cutOff  hosts whose own clients may see 502 and broken connections
//   errors  false: nobody may see any error
//   away    hosts that may go without an acknowledged write for longer than the limit
import { spawn } from 'node:child_process';
import { sleep, until } from '../e2e/lib/stack.mjs';

const QUORUM_OUTAGE = 5000; // ms without a majority
const LOCK_LIMIT = 30000; // ms until a lost host's row locks must be free
const JOBS_LIMIT = 90000; // ms until another host does what a stopped one has begun: its lease, and some

// A transaction of an operator that holds a meeting's row on a node; ended by release().
async function hold(node, link) {
  const client = spawn('mariadb', ['--no-defaults', '-S', node.socket, '-N', '-B', '--unbuffered', 'confab'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const held = new Promise((resolve, reject) => {
    client.stdout.once('data', resolve);
    client.once('exit', () => reject(new Error('the row could not be held')));
  });
  held.catch(() => {});
  client.stdin.write(`BEGIN; SELECT 'held' FROM meetings WHERE meeting_link = '${link}' FOR UPDATE;\n`);
  await held;
  return { release: () => client.stdin.end('ROLLBACK;\n') };
}

// Does a connection from this address wait for a row on the node?
const waits = (node, address) => async () => {
  const sql = `SELECT COUNT(*) FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON t.trx_mysql_thread_id = p.id
    WHERE t.trx_state = 'LOCK WAIT' AND p.host LIKE '${address}:%'`;
  return (await node.rows(sql))[0][0] !== '0';
};

// One request on a host: its status.
async function status(lab, host, method, target, body, limit = 30) {
  const args = ['--noproxy', '*', '-s', '-m', String(limit), '-o', '/dev/null', '-w', '%{http_code}', '-X', method];
  const headers = ['-H', `Authorization: ${lab.bearer}`, '-H', 'Content-Type: application/json', '-d', JSON.stringify(body)];
  const { stdout } = await lab.network.execute(host.name, 'curl', [...args, ...headers, host.base + target]).catch((error) => error);
  return Number(stdout);
}

export const scenarios = [
  {
    name: 'kill-node',
    title: 'a database node is killed, and comes back',
    async run(lab, load) {
      const [node] = lab.nodes;
      await node.kill();
      await load.writes();
      await node.start();
      await lab.cluster.whole();
    },
  },
  {
    name: 'stop-node',
    title: 'a database node is stopped cleanly, and comes back',
    async run(lab, load) {
      const [node] = lab.nodes;
      await node.stop();
      await load.writes();
      await node.start();
      await lab.cluster.whole();
    },
  },
  {
    name: 'kill-two-nodes',
    title: 'two of three database nodes are killed: no majority until they are back',
    async run(lab) {
      const [first, second] = lab.nodes;
      await Promise.all([first.kill(), second.kill()]);
      await sleep(QUORUM_OUTAGE); // the outage itself
      await lab.cluster.heal();
    },
  },
  {
    name: 'kill-all-nodes',
    title: 'all database nodes are killed at once, and come back',
    async run(lab) {
      await Promise.all(lab.nodes.map((node) => node.kill()));
      await lab.cluster.heal();
    },
  },
  {
    name: 'cut-node',
    title: "a database node's cable is cut: packets to it vanish",
    async run(lab, load) {
      const [node] = lab.nodes;
      await lab.network.cut(node.name);
      await load.writes();
      await lab.network.mend(node.name);
      await lab.cluster.whole();
    },
  },
  {
    name: 'split-node',
    title: 'a database node loses the others, but its clients still reach it',
    async run(lab, load) {
      const [node, ...others] = lab.nodes;
      for (const other of others) await lab.network.separate(node.name, other.name);
      await until(async () => !(await node.primary()), `${node.name} to lose its majority`);
      await load.writes();
      for (const other of others) await lab.network.unite(node.name, other.name);
      await lab.cluster.whole();
    },
  },
  {
    name: 'split-all',
    title: 'all database nodes lose one another, but their clients still reach them',
    async run(lab) {
      for (const [one, other] of lab.nodePairs()) await lab.network.separate(one.name, other.name);
      for (const node of lab.nodes) await until(async () => !(await node.primary()), `${node.name} to lose its majority`);
      await sleep(QUORUM_OUTAGE); // the outage itself
      for (const [one, other] of lab.nodePairs()) await lab.network.unite(one.name, other.name);
      await lab.cluster.heal();
    },
  },
  {
    name: 'read-only',
    title: 'a database node becomes read-only and keeps its connections',
    async run(lab, load) {
      const [node] = lab.nodes;
      await node.rows('SET GLOBAL read_only = 1');
      await load.writes();
      await node.rows('SET GLOBAL read_only = 0');
    },
  },
  {
    name: 'cut-host',
    title: "a service host's cable is cut in a transaction: its row locks go",
    away: ['h1'],
    async run(lab, load) {
      const [node] = lab.nodes;
      const [lost, other] = lab.hosts;
      // Locks are local to a node: both hosts use the same one.
      await lab.prefer(other, 0);
      const link = load.meeting(lost);
      const edit = { extMetadata: {} };
      const held = await hold(node, link);
      try {
        status(lab, lost, 'PATCH', `/session/${link}`, edit);
        await until(waits(node, lost.address), 'a transaction of the host that will be cut off');
        await lab.network.cut(lost.name);
      } finally {
        held.release();
      }
      const start = Date.now();
      await until(async () => (await status(lab, other, 'PATCH', `/session/${link}`, edit)) === 204, `${other.name} to edit the meeting`, LOCK_LIMIT);
      const waited = Date.now() - start;
      await load.writes(other);
      await lab.network.mend(lost.name);
      await lab.prefer(other, 1);
      return `row lock free after ${(waited / 1000).toFixed(1)} s`;
    },
  },
  {
    name: 'kill-host',
    title: 'a whole service host is gone, with Janus, and comes back',
    cutOff: ['h1'],
    away: ['h1'],
    async run(lab, load) {
      const [lost, other] = lab.hosts;
      await lab.network.cut(lost.name);
      await lost.kill(load.pids(lost));
      await load.writes(other);
      await lab.network.mend(lost.name);
      await lost.start();
    },
  },
  {
    name: 'kill-pool',
    title: "workers of one host's pool are killed one after another, then the whole pool",
    cutOff: ['h1'],
    async run(lab, load) {
      const [host] = lab.hosts;
      for (let i = 0; i < 10; i++) {
        const workers = await until(() => {
          const all = host.children('pool');
          return all.length === Number(host.setting('CONFAB_WORKERS')) && all;
        }, 'the pool to be whole');
        process.kill(workers[i % workers.length], 'SIGKILL');
        await load.writes(host);
      }
      for (const pid of host.processes('pool')) process.kill(pid, 'SIGKILL');
      await host.up('pool');
    },
  },
  {
    name: 'restart-pool',
    title: 'the pools are started anew, with other settings: no request fails',
    errors: false,
    async run(lab, load) {
      for (let i = 0; i < 3; i++) {
        for (const host of lab.hosts) {
          host.put('TIME_TO_START', String(31 + i));
          await host.up('pool');
          await load.writes();
        }
      }
    },
  },
  {
    name: 'stop-work',
    title: "the background work of one host stands still in a job, for longer than its lease",
    async run(lab, load) {
      const [host] = lab.hosts;
      const [node] = lab.nodes;
      const stopped = [];
      const [janus] = host.children('janus');
      // Jobs take long while Janus does not answer.
      process.kill(janus, 'SIGSTOP');
      let job;
      try {
        const sql = `SELECT id, leased_by FROM confab.jobs WHERE leased_until > UTC_TIMESTAMP(3) AND leased_by LIKE '${host.name}:%'`;
        const leased = async () => (await node.rows(sql))[0];
        const [id, worker] = await until(leased, 'background work with a lease', JOBS_LIMIT);
        job = id;
        const pid = Number(worker.split(':').pop());
        process.kill(pid, 'SIGSTOP');
        stopped.push(pid);
      } finally {
        process.kill(janus, 'SIGCONT');
      }
      try {
        await load.writes();
        const taken = async () => {
          const rows = await node.rows(`SELECT COALESCE(leased_by, '') FROM confab.jobs WHERE id = ${job} AND due < UTC_TIMESTAMP(3)`);
          return !rows.some(([owner]) => owner === '' || owner.startsWith(`${host.name}:`));
        };
        const start = Date.now();
        await until(taken, 'the other host to take the job', JOBS_LIMIT);
        return `the other host took the job after ${((Date.now() - start) / 1000).toFixed(1)} s`;
      } finally {
        for (const pid of stopped) process.kill(pid, 'SIGCONT');
      }
    },
  },
];
