// The answers that clients got, and whether the database agrees.

const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);

// The name of an answer in the table. nginx closes the connection of an event that must be sent again.
export function label(answer) {
  if (answer.status !== 0) return String(answer.status);
  return ['join', 'leave'].includes(answer.kind) ? 'again' : 'broken';
}

// How often each error came.
export function errors(answers) {
  const counts = new Map();
  for (const answer of answers.filter((one) => !one.acknowledged)) count(counts, label(answer));
  return counts;
}

// The longest time in ms without an acknowledged write, from the first one to `end`.
export function longestOutage(answers, end) {
  const times = answers.filter((one) => one.acknowledged && one.ended < end).map((one) => one.ended).sort((a, b) => a - b);
  return Math.max(0, ...times.map((time, i) => (times[i + 1] ?? end) - time));
}

// The state that the clients' writes have left on one node, its own writes and those of others.
async function read(node) {
  const session = 'SET SESSION wsrep_sync_wait = 1; USE confab; ';
  const rows = (sql) => node.rows(session + sql, 60000);
  const meetings = await rows(
    "SELECT ext_id, meeting_link, end_time IS NOT NULL, IFNULL(JSON_VALUE(ext_metadata, '$.number'), 0) FROM meetings WHERE ext_id IS NOT NULL",
  );
  const grants = await rows('SELECT m.meeting_link, g.attendee FROM grants g JOIN meetings m USING (session_id)');
  const attendees = await rows('SELECT m.meeting_link, a.attendee FROM attendees a JOIN meetings m USING (session_id)');
  const connections = await rows(
    'SELECT m.meeting_link, c.attendee, c.left_at IS NOT NULL FROM connections c JOIN meetings m USING (session_id)',
  );
  return { meetings, grants, attendees, connections };
}

function counted(rows) {
  const counts = new Map();
  for (const [link, attendee] of rows) count(counts, `${link} ${attendee}`);
  return counts;
}

// Compares one node with all answers so far. Gives the texts of lost and of repeated writes.
export async function compare(node, answers) {
  const state = await read(node);
  const byExtId = grouped(state.meetings);
  const byLink = new Map(state.meetings.map((row) => [row[1], row]));
  const grants = counted(state.grants);
  const attendees = counted(state.attendees);
  const connections = counted(state.connections);
  const left = new Set(state.connections.filter((row) => row[2] === '1').map(([link, attendee]) => `${link} ${attendee}`));
  const lost = [];
  const doubled = [];
  const once = (found, what) => {
    if (found === 0) lost.push(what);
    if (found > 1) doubled.push(what);
  };
  const tried = new Set(answers.filter((one) => one.kind === 'create').map((one) => one.extId));
  for (const extId of tried) if (byExtId.get(extId)?.length > 1) doubled.push(`meeting ${extId} on ${node.name}`);
  for (const answer of answers.filter((one) => one.acknowledged)) {
    const { kind, link, attendee, extId, number } = answer;
    const person = `${link} ${attendee}`;
    const what = `${kind} ${extId ?? person} on ${node.name}`;
    if (kind === 'create') once((byExtId.get(extId) ?? []).some((row) => row[1] === link) ? 1 : 0, what);
    else if (kind === 'token') once(grants.get(person) ?? 0, what);
    else if (kind === 'edit' && !(Number(byLink.get(link)?.[3]) >= number)) lost.push(what);
    else if (kind === 'join') {
      once(attendees.get(person) ?? 0, what);
      once(connections.get(person) ?? 0, what);
    } else if (kind === 'leave' && !left.has(person)) lost.push(what);
    else if (kind === 'end' && byLink.get(link)?.[2] !== '1') lost.push(what);
  }
  return { lost, doubled };
}

function grouped(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row[0], [...(groups.get(row[0]) ?? []), row]);
  return groups;
}
