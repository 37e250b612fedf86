// Attendance in a spreadsheet with any separator: text, never a formula, and unchanged names.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from './lib/client.mjs';
import * as janus from './lib/janus.mjs';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const LIMIT = 120000; // ms for one start of LibreOffice
const UTF8 = 76; // LibreOffice's number for it
const SEPARATORS = { comma: ',', semicolon: ';', tab: '\t', bar: '|' };
const HOSTILE = [
  '=1+1', '+1+1', '-1+1', '@SUM(1;1)', '\uFF1D1+1', 'x;=1+1;', 'x;\uFF1D1+1', 'x\t=1+1\ty', 'x|=1+1|', 'x,=1+1,', 'x\n=1+1', 'x\r\n=1+1\r\n', ' =1+1',
  '"=1+1', 'x;"=1+1";', '\'=1+1', 'x; =1+1;', '=HYPERLINK("http://x.example";"Ann")',
];
const NAMES = ['Zo\u00EB Meyer', '\u674E\u5C0F\u9F8D', '\u05D3\u05D5\u05D3', 'O\u2019Neil, "Bob"', 'Jean - Paul', '\u{1F469}\u200D\u{1F4BB} Kim'];
let folder;
let file;

// Names from before there was a rule for names, and good ones.
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'cf-sheet-'));
  const link = await client.meeting({});
  const [found] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  const room = String(found.session_id);
  for (const [i, name] of [...HOSTILE, ...NAMES].entries()) {
    const attendee = i < HOSTILE.length ? name : `person ${i}`;
    const event = janus.joinedEvent(stack.conf.JANUS_TOKEN_SECRET, { room, attendee, id: `p${i}`, at: (Date.now() + 3600000 + i) * 1000 });
    assert.equal((await client.events([event])).status, 204);
    await stack.rows('UPDATE attendees SET name = ? WHERE session_id = ? AND attendee = ?', [name, room, attendee]);
  }
  const answer = await client.call('GET', `/session/${link}/attendance`, { headers: { accept: 'text/csv' } });
  file = path.join(folder, 'attendance.csv');
  writeFileSync(file, answer.text);
});
after(() => rmSync(folder, { recursive: true, force: true }));

// The file as LibreOffice reads it with this separator, once: { formulas, cells }.
const sheets = new Map();
function opened(separator) {
  if (!sheets.has(separator)) sheets.set(separator, converted(separator));
  return sheets.get(separator);
}

function converted(separator) {
  /** @type {import('node:child_process').ExecFileSyncOptions} */
  const options = {
    stdio: 'pipe', timeout: LIMIT, killSignal: 'SIGKILL', env: { ...process.env, HOME: folder },
  };
  execFileSync('soffice', [
    `-env:UserInstallation=file://${folder}/profile`, '--headless', '--convert-to', 'fods',
    `--infilter=CSV:${separator.charCodeAt(0)},34,${UTF8},1`, '--outdir', folder, file,
  ], options);
  const sheet = readFileSync(path.join(folder, 'attendance.fods'), 'utf8');
  const plain = (text) => text.replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  const cells = [...sheet.matchAll(/<table:table-cell[^>]*>(.*?)<\/table:table-cell>/gs)]
    .map(([, content]) => [...content.matchAll(/<text:p>(.*?)<\/text:p>/gs)].map(([, text]) => plain(text.replaceAll(/<[^>]*>/g, ''))).join('\n'));
  return { formulas: [...sheet.matchAll(/table:formula="[^"]*"/g)].map(([formula]) => plain(formula)), cells };
}

for (const [name, separator] of Object.entries(SEPARATORS))
  test(`nothing is a formula where the separator is a ${name}`, () => {
    const { formulas, cells } = opened(separator);
    assert.deepEqual(formulas, []);
    assert.ok(cells.some((cell) => cell.includes('Zo\u00EB Meyer')), 'the letters are garbled');
  });

test('with our own separator the cells are the columns, and the names are as they are', () => {
  const { cells } = opened(',');
  assert.deepEqual(cells.slice(0, 7), ['identity', 'name', 'role', 'joined', 'left', 'seconds', 'reason']);
  for (const name of NAMES) assert.ok(cells.includes(name), `${name}: ${cells.join(' | ')}`);
});

test('the file says that it is UTF-8', () => {
  assert.deepEqual([...readFileSync(file).subarray(0, 3)], [0xef, 0xbb, 0xbf]);
});
