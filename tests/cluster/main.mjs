// Runs the scenarios that are named, or all, on one lab; prints a table and `N passed, N failed`.
import { rmSync } from 'node:fs';
import { Lab } from './lab.mjs';
import { scenarios } from './scenarios.mjs';
import { runScenario } from './trial.mjs';

const stopping = new AbortController();
const interrupted = new Promise((_, reject) => stopping.signal.addEventListener('abort', () => reject(new Error('stopped by a signal'))));
interrupted.catch(() => {});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort());

// One scenario's cells.
function cellsOf({ name, acknowledged, lost, doubled, outages, errors }) {
  const times = outages.map(({ host, ms }) => `${host} ${(ms / 1000).toFixed(1)}`);
  const counts = [...errors].map(([error, count]) => `${error}: ${count}`);
  return [name, String(acknowledged), String(lost), String(doubled), times.join('  '), counts.join(', ') || '-'];
}

function table(rows) {
  const cells = [['scenario', 'acknowledged', 'lost', 'doubled', 'longest outage (s)', 'errors'], ...rows.map(cellsOf)];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}

function choose(names) {
  const unknown = names.filter((name) => !scenarios.some((one) => one.name === name));
  if (unknown.length > 0) throw new Error(`there is no scenario ${unknown[0]} (they are: ${scenarios.map((one) => one.name).join(' ')})`);
  return scenarios.filter((one) => names.length === 0 || names.includes(one.name));
}

// Adds each scenario's row as soon as there is one.
async function runAll(lab, chosen, rows) {
  for (const scenario of chosen) {
    const row = await Promise.race([runScenario(lab, scenario), interrupted]);
    rows.push(row);
    console.log(`${row.faults.length === 0 ? 'ok  ' : 'FAIL'}  ${scenario.name}: ${scenario.title}`);
    if (row.note) console.log(`      ${row.note}`);
    for (const fault of row.faults) console.log(`      ${fault}`);
  }
}

async function main() {
  const chosen = choose(process.argv.slice(2));
  const lab = new Lab();
  const rows = [];
  let error;
  try {
    await Promise.race([lab.open(), interrupted]);
    await runAll(lab, chosen, rows);
  } catch (error_) {
    error = error_;
  } finally {
    await lab.close();
    if (process.env.CONFAB_CLUSTER_KEEP) console.log(`data and logs: ${lab.folder}`);
    else rmSync(lab.folder, { recursive: true, force: true });
  }
  if (rows.length > 0) console.log(`\n${table(rows)}`);
  if (error) console.error(error.message);
  const passed = rows.filter((row) => row.faults.length === 0).length;
  console.log(`${passed} passed, ${rows.length - passed + (error ? 1 : 0)} failed`);
  return passed === chosen.length ? 0 : 1;
}

process.exit(
  await main().catch((error) => {
    console.error(error.message);
    return 1;
  }),
);
