// One scenario under load, and whether every acknowledged write is there.
import { compare, errors, label, longestOutage } from './ledger.mjs';
import { Load } from './load.mjs';

const OUTAGE_LIMIT = 25000; // ms without an acknowledged write; a majority is away for up to 15 s in some scenarios

// Is this an error that a client may see in the scenario?
function allowed(scenario, answer) {
  const name = label(answer);
  if ((scenario.cutOff ?? []).includes(answer.host) && ['502', 'broken', 'again'].includes(name)) return true;
  if (scenario.errors === false) return false;
  // 409: the first request with this key may still be at work.
  return name === '503' || name === 'again' || (name === '409' && answer.keyed === true && answer.repeated === true);
}

// Remembers where the hosts' logs end. Gives a function that tells which errors have been logged since: requests that were
// answered with 500, and those that no worker has answered on hosts where nobody may notice.
function watchLogs(lab, scenario) {
  const sizes = lab.hosts.map((host) => ['pool', 'nginx'].map((part) => host.logSize(part)));
  return () =>
    lab.hosts.flatMap((host, i) => {
      const faults = host.logged('pool', sizes[i][0]).filter((line) => line.includes('"status":500'));
      const unanswered = host.logged('nginx', sizes[i][1]).filter((line) => line.includes(' upstream'));
      return scenario.cutOff?.includes(host.name) ? faults : [...faults, ...unanswered];
    });
}

async function compareAll(lab, answers) {
  const lost = [];
  const doubled = [];
  for (const node of lab.nodes) {
    const found = await compare(node, answers);
    lost.push(...found.lost);
    doubled.push(...found.doubled);
  }
  return { lost, doubled };
}

// Runs the scenario. Gives what went wrong, if anything did.
async function happen(lab, load, row, scenario) {
  try {
    await load.writes();
    row.note = await scenario.run(lab, load);
    await load.writes();
    await load.stop();
  } catch (error) {
    row.faults.push(error.message);
  } finally {
    load.kill();
  }
}

// Adds to the row what is wrong: `lists` is [[what, [text, …]], …].
function blame(row, lists) {
  for (const [what, list] of lists) if (list.length > 0) row.faults.push(`${list.length} ${what}, the first: ${list[0]}`);
}

// Runs one scenario on a whole lab, and leaves it whole. Gives its row of the table; `faults`: what is wrong.
export async function runScenario(lab, scenario) {
  const row = { name: scenario.name, faults: [] };
  const loggedErrors = watchLogs(lab, scenario);
  const load = new Load(lab);
  await happen(lab, load, row, scenario);
  const end = load.stopped ?? Date.now();
  const logged = loggedErrors();
  await lab.heal();
  const { answers } = load;
  const { lost, doubled } = await compareAll(lab, answers);
  const unexpected = answers.filter((one) => !one.acknowledged && !allowed(scenario, one));
  const outages = load.clients.map((one) => ({ host: one.host.name, ms: longestOutage(one.answers, end) }));
  const long = outages.filter(({ host, ms }) => ms > OUTAGE_LIMIT && !scenario.away?.includes(host));
  blame(row, [
    ['lost (a node counts for one)', lost],
    ['doubled (a node counts for one)', doubled],
    ['errors in logs', logged],
    ['unexpected answers', unexpected.map((one) => JSON.stringify(one))],
    ['writes that never succeeded', load.abandoned.map((one) => JSON.stringify(one))],
    ['outages too long', long.map(({ host, ms }) => `${ms} ms on ${host}`)],
  ]);
  const acknowledged = answers.filter((one) => one.acknowledged).length;
  return { ...row, acknowledged, lost: lost.length, doubled: doubled.length, errors: errors(answers), outages };
}
