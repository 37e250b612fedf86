// What the page says of a test of the call, and when it notices that somebody speaks while their microphone is off.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Clock } from './lib/clock.mjs';
import { pageModule } from './lib/modules.mjs';

const GOOD = {
  service: 'ok', connected: true, relay: 'none', soundBack: true, pictureBack: true, sentPicture: true, lost: 0, delay: 20, level: 0.7,
};
/** @type {[string, object, RegExp[]][]} */
const CASES = [
  ['all is well', {}, [/^Everything works/]],
  ['no camera', { sentPicture: false, pictureBack: false }, [/^Everything works\. Your sound went/]],
  ['no sound comes back', { soundBack: false }, [/^No sound comes back/]],
  ['no picture comes back', { pictureBack: false }, [/^No picture comes back/]],
  ['a weak network', { lost: 0.2 }, [/^Your connection is weak/]],
  ['a slow network', { delay: 900 }, [/^Your connection is weak/]],
  ['a blocked network without a relay', { connected: false, soundBack: false, pictureBack: false }, [/^Your network blocks calls/]],
  ['a blocked network, and the relay too', { connected: false, relay: 'fails' }, [/^Your network blocks calls/]],
  ['only the relay', { connected: false, relay: 'works' }, [/^Everything works\. Your network lets calls through a relay/]],
  ['only not the relay', { relay: 'fails' }, [/^The call works here, but the relay/]],
  ['a loud microphone', { level: 0.97 }, [/^Your microphone is very loud/]],
  ['a quiet one', { level: 0.2 }, [/^Your microphone is very quiet/]],
  ['a silent one', { level: 0 }, [/^Your microphone is silent/]],
  ['none', { level: null }, [/^No microphone is open/]],
  ['two things', { connected: false, level: 0 }, [/^Your network blocks calls/, /^Your microphone is silent/]],
  ['the service is away', { service: 'away', connected: false }, [/^The service cannot be reached/]],
  ['too many tests', { service: 'busy', connected: false }, [/^Too many tests/]],
  ['no echo', { service: 'none', connected: false }, [/^This service has no test/]],
];

test('each result of the test has its words, and says what to do', async () => {
  const { verdictsOf } = await pageModule('call-verdict.js');
  for (const [name, found, words] of CASES) {
    const verdicts = verdictsOf({ ...GOOD, ...found });
    assert.equal(verdicts.length, words.length, name);
    verdicts.forEach(({ title, help, good }, i) => {
      assert.match(`${title} ${help}`, words[i], name);
      assert.equal(good, title === 'Everything works.', name);
    });
  }
});

/** @type {Clock | undefined} */
let clock;
afterEach(() => {
  clock?.restore();
  clock = undefined;
});

// The ms after which the page has noticed speech, each time, in `ms` of a level that changes with the time.
async function noticed(levelAt, ms) {
  const { MutedSpeech } = await pageModule('muted-speech.js');
  clock = new Clock();
  const times = [];
  let now = 0;
  const speech = new MutedSpeech({ level: () => levelAt(now), onSpeech: () => times.push(now) });
  for (; now < ms; now += 50) await clock.advance(50);
  speech.close();
  clock.restore();
  return times;
}

// Words with pauses between them.
const words = (time) => (time % 400 < 280 ? 0.6 : 0.1);

test('speaking while the microphone is off is noticed within 1.5 s, and told again half a minute later at the earliest', async () => {
  const times = await noticed(words, 70000);
  assert.ok(times[0] <= 1500, `after ${times[0]} ms`);
  assert.equal(times.length, 3, times.join());
  assert.ok(times[1] - times[0] >= 30000);
});

test('silence, a noisy room, a cough and a microphone that is on are not noticed', async () => {
  assert.deepEqual(await noticed(() => 0, 10000), []);
  assert.deepEqual(await noticed(() => 0.35, 10000), []);
  assert.deepEqual(await noticed((time) => (time % 5000 < 300 ? 0.9 : 0), 20000), []);
  assert.deepEqual(await noticed(() => null, 10000), []);
});
