// The list of people, made from what the service and Janus say: roster.js and participants.js.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTrack, pageModule } from './lib/modules.mjs';

const { Participants, displayText } = await pageModule('participants.js');
const { peopleOf } = await pageModule('roster.js');

const OWN = { local: { prefix: 'our-own-prefix-17', screen: null }, name: 'Ann', role: 'subscriber', attendee: 'ann' };
const STREAMS = [{ mid: '0', type: 'audio' }, { mid: '1', type: 'video' }];
const idOf = (name) => `${name.padEnd(17, '-')}-1`;
const display = (video) => displayText({ name: '', audio: true, video });

// The cameras in the list, by the start of the id.
function camerasOf(participants) {
  const people = peopleOf({ attendees: [], participants: [...participants.map.values()], own: OWN, lost: new Map() });
  return Object.fromEntries(people.filter(({ self }) => !self).map(({ prefix, camera }) => [prefix.replaceAll('-', ''), camera]));
}

test('the camera of a person whose picture is not received is in the list', () => {
  const participants = new Participants(() => false);
  participants.update({
    publishers: [
      { id: idOf('shown'), display: display(true), streams: STREAMS }, { id: idOf('far'), display: display(true), streams: STREAMS },
      { id: idOf('off'), display: display(false), streams: STREAMS },
      { id: idOf('moderated'), display: display(true), streams: [STREAMS[0], { ...STREAMS[1], moderated: true }] },
      { id: idOf('voice'), display: display(true), streams: [STREAMS[0]] },
    ],
    attendees: [{ id: idOf('watches'), display: display(false) }],
  });
  participants.receive(new Map([[idOf('shown'), { video: { track: new FakeTrack('video') } }]]));
  assert.deepEqual(camerasOf(participants), { shown: 'on', far: 'on', off: 'off', moderated: 'off', voice: null, watches: null });
});

test('a person who only watches has no kinds of streams in the list, and sees the same cameras', () => {
  const participants = new Participants(() => false);
  participants.replace([
    { id: idOf('far'), display: display(true), publisher: true }, { id: idOf('off'), display: display(false), publisher: true },
    { id: idOf('watches'), display: display(false), publisher: false },
  ]);
  assert.deepEqual(camerasOf(participants), { far: 'on', off: 'off', watches: null });
});
