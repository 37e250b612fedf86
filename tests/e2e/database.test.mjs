// The database answers "not now", or keeps a row lock of a client that is cut off.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CgiClient } from './lib/cgi.mjs';
import { Client } from './lib/client.mjs';
import { DatabaseProxy } from './lib/database.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
after(() => client.agent.destroy());

// What MariaDB, MySQL and Galera answer when the server cannot take a statement now.
const conflicts = [1020, 1205, 1213, 1317, 1412, 1689, 3101];
const lost = [1042, 1043, 1047, 1053, 1077, 1079, 1152, 1156, 1157, 1158, 1159, 1160, 1161, 1180, 1181, 1184, 1243, 1615, 1927, 3169, 4031];
const refused = [1040, 1041, 1129, 1130, 1135, 1203, 1207, 1223, 1226, 1290, 1792, 1836, 1874, 3032, 3100, 3168];
const outOfService = [1015, 1016, 1021, 1026, 1030, 1036, 1037, 1038, 1044, 1045, 1049, 1054, 1114, 1142, 1146, 1206, 1461, 1637, 1698, 1878, 1969, 3024];

// Has the server answer errors to updates of one meeting. answer(number, times): these errors come next.
async function faultyMeeting() {
  const link = await client.meeting({});
  const drop = async () => {
    await stack.rows('DROP TRIGGER IF EXISTS test_fault');
    await stack.rows('DROP TABLE IF EXISTS test_faults');
  };
  await drop();
  try {
    // Not transactional: the count goes down although the transaction is rolled back.
    await stack.rows('CREATE TABLE test_faults (number INT UNSIGNED NOT NULL, times INT NOT NULL) ENGINE=Aria');
    await stack.rows(`CREATE TRIGGER test_fault BEFORE UPDATE ON meetings FOR EACH ROW
      BEGIN
        DECLARE code INT UNSIGNED;
        IF NEW.meeting_link = '${link}' THEN
          SET code = COALESCE((SELECT number FROM test_faults WHERE times > 0 LIMIT 1), 0);
          IF code > 0 THEN
            UPDATE test_faults SET times = times - 1;
            SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = code;
          END IF;
        END IF;
      END`);
  } catch (error) {
    await drop();
    throw error;
  }
  const answer = async (number, times) => {
    await stack.rows('DELETE FROM test_faults');
    await stack.rows('INSERT INTO test_faults VALUES (?, ?)', [number, times]);
  };
  return { link, drop, answer };
}

test('whatever the database server answers for "not now": 503 with Retry-After, never 500', async () => {
  const faulty = await faultyMeeting();
  try {
    const there = new CgiClient(stack, { DB_DEADLINE_MS: '100' });
    const wrong = [];
    for (const number of [...conflicts, ...lost, ...refused, ...outOfService]) {
      await faulty.answer(number, 1000000);
      const answer = await there.call('PATCH', `/session/${faulty.link}`, { body: { extId: `n${number}` } });
      if (answer.status !== 503 || !(Number(answer.headers['retry-after']) >= 1)) wrong.push(`${number}: ${answer.status}`);
    }
    assert.deepEqual(wrong, []);
  } finally {
    await faulty.drop();
  }
});

test('a request is retried after a conflict, a lost connection, or a server that refuses work', async () => {
  const faulty = await faultyMeeting();
  try {
    const wrong = [];
    for (const number of [...conflicts, ...lost, ...refused]) {
      await faulty.answer(number, 1);
      const answer = await client.call('PATCH', `/session/${faulty.link}`, { body: { extId: `n${number}` } });
      const [{ ext_id: kept }] = await stack.rows('SELECT CAST(ext_id AS CHAR) AS ext_id FROM meetings WHERE meeting_link = ?', [faulty.link]);
      if (answer.status !== 204 || kept !== `n${number}`) wrong.push(`${number}: ${answer.status}`);
    }
    assert.deepEqual(wrong, []);
  } finally {
    await faulty.drop();
  }
});

for (const [what, hidden] of [['', ''], [', also where only idle connections have a limit, as with MySQL', 'idle_transaction_timeout']])
  test(`a client that loses its network in a transaction keeps its row locks for a few seconds only${what}`, async () => {
    const link = await client.meeting({});
    const proxy = await DatabaseProxy.open(stack);
    try {
      proxy.hidden = hidden;
      const hold = proxy.hold(/^COMMIT$/);
      const there = new CgiClient(stack, { DB_SOCKET: proxy.socket, DB_DEADLINE_MS: '2000' });
      const cut = there.call('PATCH', `/session/${link}`, { body: { extId: 'cut off' } });
      await hold.held;
      proxy.cut();
      const through = async () => (await client.call('PATCH', `/session/${link}`, { body: { extId: 'through' } })).status === 204;
      await until(through, 'another worker to get through', 20000);
      assert.equal((await cut).status, 503);
      const [{ ext_id: kept }] = await stack.rows('SELECT CAST(ext_id AS CHAR) AS ext_id FROM meetings WHERE meeting_link = ?', [link]);
      assert.equal(kept, 'through');
    } finally {
      await proxy.close();
    }
  });
