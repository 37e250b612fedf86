// What the test before the call means, in plain words, and what to do. Pure functions.

/** @import { Found } from './precall-test.js' */

/** @typedef {{good: boolean, title: string, help: string}} Verdict */

// Loudness, as devices.js measures it: 0 is -60 dB, 1 the loudest that there is.
const SILENT = 0.05;
const QUIET = 0.35;
const LOUD = 0.93;
const MANY_LOST = 0.05; // share of the packets
const SLOW = 400; // ms there and back

/** @type {(title: string, help: string) => Verdict} */
const bad = (title, help) => ({ good: false, title, help });

export const AWAY = bad('The service cannot be reached.', 'Check whether other pages open. If they do, try again in a minute.');

/** @type {Record<Found['service'], Verdict | null>} */
const SERVICE = {
  ok: null,
  away: AWAY,
  busy: bad('Too many tests are running now.', 'Wait a minute and try again. You can also join without a test.'),
  refused: bad('The service does not let you test.', 'Load this page again. If that does not help, open your link again.'),
  none: bad('This service has no test of the call.', 'Sound and picture are only tested in this browser. You can join.'),
};

/**
 * The network, and the way to the server.
 * @param {Found} found
 * @returns {Verdict[]}
 */
function ofNetwork({ service, connected, relay, soundBack, pictureBack, sentPicture, lost, delay }) {
  const trouble = SERVICE[service];
  if (trouble)
    return [trouble];
  if (!connected && relay !== 'works')
    return [bad('Your network blocks calls: neither sound nor pictures get through.', 'Use another network, for example a phone as '
      + 'hotspot, or switch off a VPN. At work, tell the people who look after the network.')];
  if (!connected)
    return []; // slower, but it works
  const verdicts = [];
  if (!soundBack)
    verdicts.push(bad('No sound comes back.', 'Others may not hear you. Load this page again, or try another browser.'));
  if (sentPicture && !pictureBack)
    verdicts.push(bad('No picture comes back.', 'Others may not see you. Close other programs, or join without a camera.'));
  if (lost > MANY_LOST || (delay ?? 0) > SLOW)
    verdicts.push(bad('Your connection is weak.', 'Go closer to your Wi-Fi, or use a cable. Switch your camera off if the sound '
      + 'breaks up.'));
  if (relay === 'fails')
    verdicts.push(bad('The call works here, but the relay for strict networks does not.', 'You can join. Tell the people who '
      + 'look after this service.'));
  return verdicts;
}

/**
 * @param {Found} found
 * @returns {Verdict[]}
 */
function ofMicrophone({ level }) {
  if (level === null)
    return [bad('No microphone is open.', 'Others will not hear you. Choose a microphone, or press "Try devices again".')];
  if (level === undefined)
    return [];
  if (level < SILENT)
    return [bad('Your microphone is silent.', 'Is it switched off at the headset or in the settings of your device? Choose '
      + 'another microphone if there is one.')];
  if (level < QUIET)
    return [bad('Your microphone is very quiet.', 'Did you speak? Go closer to it, or make it louder in the settings of your '
      + 'device.')];
  if (level > LOUD)
    return [bad('Your microphone is very loud.', 'Go further away from it, or make it quieter in the settings of your device.')];
  return [];
}

/**
 * Everything that is not right, the most important first; or one good verdict.
 * @param {Found} found
 * @returns {Verdict[]}
 */
export function verdictsOf(found) {
  const verdicts = [...ofNetwork(found), ...ofMicrophone(found)];
  if (verdicts.length)
    return verdicts;
  const sent = found.sentPicture ? 'Your sound and your picture' : 'Your sound';
  return [{
    good: true, title: 'Everything works.',
    help: found.connected ? `${sent} went to the service and came back.` : 'Your network lets calls through a relay.',
  }];
}
