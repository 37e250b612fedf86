// The sounds that people hear in a page, in any browser. Neither packets nor their energy alone are enough: a sound is heard
// when its energy grows, and when the element that plays it is not muted and its time goes on.
import assert from 'node:assert/strict';
import { until } from './stack.mjs';

const LIMIT = 30000; // ms, on a busy machine

// Runs in the page: the sounds that its elements play, under the names that the tiles have (also tiles that are gone).
async function playedSounds() {
  window.namesOfTest ??= new Map();
  for (const tile of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('li.tile'))) window.namesOfTest.set(tile.dataset.participant, tile.querySelector('.tile-name').textContent);
  const peers = window.peersOfTest.filter(({ connectionState }) => connectionState !== 'closed');
  const received = new Set(peers.flatMap((peer) => peer.getReceivers().map(({ track }) => track.id)));
  const energies = new Map();
  for (const report of await Promise.all(peers.map((peer) => peer.getStats())))
    for (const { type, kind, trackIdentifier, totalAudioEnergy = 0 } of report.values())
      if (type === 'inbound-rtp' && kind === 'audio') energies.set(trackIdentifier, totalAudioEnergy);
  /** @type {HTMLMediaElement[]} */
  const players = [...document.querySelectorAll('audio'), ...document.querySelectorAll('video')];
  return players
    .filter(({ muted, volume, paused, readyState, srcObject }) => !muted && volume > 0 && !paused && readyState >= 2 && srcObject)
    .flatMap((element) =>
      /** @type {MediaStream} */ (element.srcObject).getAudioTracks().map(({ id }) => ({
        name: window.namesOfTest.get(/** @type {HTMLElement} */ (element.closest('[data-participant]'))?.dataset.participant), track: id,
        received: received.has(id), energy: energies.get(id) ?? 0, time: element.currentTime,
      })),
    );
}

export const sounds = ({ page }) => page.evaluate(playedSounds);

// Waits until a person hears all of these people (names as on the tiles), and checks that they do not hear themselves.
export async function untilHeard(person, names, limit = LIMIT) {
  const first = new Map();
  const heard = new Set();
  let last = [];
  await until(async () => {
    last = await sounds(person);
    for (const { name, track, energy, time } of last) {
      const before = first.get(name + track) ?? { energy, time };
      first.set(name + track, before);
      if (energy > before.energy && time > before.time) heard.add(name);
    }
    return names.every((name) => heard.has(name));
  }, 'sound', limit).catch(() => {
    assert.deepEqual([...heard].sort(), [...names].sort(), `who is heard; the sounds are ${JSON.stringify(last)}`);
  });
  assert.deepEqual(last.filter(({ received }) => !received), [], 'a sound that does not come from others');
}
