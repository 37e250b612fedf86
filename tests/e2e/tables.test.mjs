// The tables: unused columns, and migrations that run again.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { sharedStack } from './lib/stack.mjs';

const stack = sharedStack();

const structure = async () => {
  const { 0: { name } } = await stack.rows('SELECT DATABASE() AS name');
  const columns = await stack.rows(
    'SELECT table_name, column_name, column_type, is_nullable, column_default, generation_expression FROM information_schema.columns WHERE table_schema = ? ORDER BY table_name, ordinal_position',
    [name],
  );
  const keys = await stack.rows(
    'SELECT table_name, index_name, seq_in_index, column_name, non_unique FROM information_schema.statistics WHERE table_schema = ? ORDER BY table_name, index_name, seq_in_index',
    [name],
  );
  return { columns, keys };
};

test('unused columns need not be written', async () => {
  const { columns } = await structure();
  for (const name of ['jobs.payload', 'archives.url', 'archives.metadata', 'attendees.ext_id']) {
    const column = columns.find((one) => `${one.table_name}.${one.column_name}` === name);
    assert.equal(column?.is_nullable ?? 'YES', 'YES', name);
  }
});

test('every migration can be run again, and changes nothing then', async () => {
  const before = await structure();
  const versions = (await stack.rows('SELECT version FROM schema_migrations ORDER BY version')).map(({ version }) => String(version));
  const files = readdirSync(new URL('../../sql', import.meta.url)).sort().map((name) => name.replace('.sql', ''));
  assert.deepEqual(versions, files);
  try {
    await stack.rows('DELETE FROM schema_migrations');
    const { stdout } = await stack.ctl('migrate', '--dir', new URL('../../sql', import.meta.url).pathname);
    assert.equal(stdout, files.map((name) => `applying ${name}.sql\n`).join(''));
  } finally {
    for (const version of files) await stack.rows('INSERT IGNORE INTO schema_migrations (version, applied_on) VALUES (?, UTC_TIMESTAMP(3))', [version]);
  }
  assert.deepEqual(await structure(), before);
});
