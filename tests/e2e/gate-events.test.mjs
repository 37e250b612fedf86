// Janus' events through the real gate, nginx and workers, while these have faults or are away: none is lost, none is in the way.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { joinedEvent } from './lib/janus.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const SLOW = 20000; // ms
const stack = sharedStack();
const client = new Client(stack);
const control = `http://127.0.0.1:${readFileSync(`${stack.var}/ports`, 'utf8').match(/^GATE_PORT=(\d+)/m)[1]}`;
before(() => stack.forgetJanus());
after(async () => {
  client.agent.destroy();
  await stack.up('work');
});

// The body goes where Janus posts it.
async function post(...events) {
  const { JANUS_EVENT_USER: user, JANUS_EVENT_PASSWORD: password } = stack.conf;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const answer = await fetch(`${control}/events`, { method: 'POST', headers: { authorization }, body: JSON.stringify(events) });
  assert.equal(answer.status, 200);
}
const counts = async () => (await fetch(`${control}/connections`, { headers: { authorization: `Bearer ${stack.conf.GATE_SECRET}` } })).json();
const active = async (link) => (await client.attendees(link, '?active=true')).map((one) => one.attendee).sort().join();
const isActive = (link, people) => until(async () => (await active(link)) === people, `${people} to be in`, SLOW);

async function meeting() {
  const link = await client.meeting({});
  const [{ session_id: room }] = await stack.rows('SELECT session_id FROM meetings WHERE meeting_link = ?', [link]);
  let session = 0;
  return { link, joined: (attendee) => joinedEvent(stack.conf.JANUS_TOKEN_SECRET, { room: String(room), attendee, id: attendee, session: (session += 1), at: Date.now() * 1000 }) };
}

test('an event that hits a fault of the service is logged, counted and passed over; those beside and behind it are kept', async () => {
  const { link, joined } = await meeting();
  const skipped = (await counts()).eventsSkipped;
  await stack.rows("CREATE TRIGGER fault_of_test BEFORE INSERT ON connections FOR EACH ROW IF NEW.attendee = 'poison' THEN SIGNAL SQLSTATE '45000'; END IF");
  try {
    await post(joined('ann'), joined('poison'), joined('bob'));
    await post(joined('poison'));
    await post(joined('cem'));
    await isActive(link, 'ann,bob,cem');
  } finally {
    await stack.rows('DROP TRIGGER fault_of_test');
  }
  assert.equal((await counts()).eventsSkipped, skipped + 2);
  assert.match(stack.log('gate'), /the service cannot take events \(status 500\): passed over/);
});

for (const part of ['pool', 'mariadb', 'nginx']) {
  test(`events of a time without ${part} wait at the gate, and none is passed over`, async () => {
    const { link, joined } = await meeting();
    const skipped = (await counts()).eventsSkipped;
    await stack.without([part], async () => {
      await post(joined('ann'));
      await post(joined('bob'), joined('cem'));
      await until(async () => /(takes no events now|the service does not answer)/.test(stack.log('gate').split('takes events again').at(-1)), 'the gate to notice', SLOW);
      assert.ok((await counts()).eventsWaiting >= 2); // there may be one of a page of an earlier test
    });
    await isActive(link, 'ann,bob,cem');
    await until(async () => (await counts()).eventsWaiting === 0, 'all to be handed on');
    assert.equal((await counts()).eventsSkipped, skipped);
  });
}
