// Devices that cannot be opened: going on with those that can, and the words for what went wrong.

import { openDevices } from './devices.js';
import { permissionHelp } from './permission-help.js';

/** @import { Problem, Wish } from './devices.js' */
/** @import { Kind } from './frame-crypto.js' */

/** @typedef {{kind: Problem | 'lost', device: Kind | 'both' | 'screen'}} Trouble  with a device */

/** @type {Record<string, string>} */
const WORDS = { audio: 'microphone', video: 'camera', both: 'camera and microphone' };

/**
 * Why a device cannot be used, and what the person can do.
 * @param {Trouble} trouble
 * @param {string} [button]  that opens the devices again
 */
function explain({ kind, device }, button) {
  const thing = WORDS[device] ?? WORDS.both;
  switch (kind) {
    case 'denied':
      return `The browser does not let this page use your ${thing}. To allow it: ${permissionHelp(navigator, button).undo}`;
    case 'missing':
      return `No ${thing.replace('and', 'or')} was found. Connect one and try again.`;
    case 'busy':
      return `Your ${thing} cannot be used: another program seems to use it. Close that program and try again.`;
    case 'lost':
      return `Your ${thing} is gone: it was unplugged, or the browser no longer lets this page use it. Try again.`;
    case 'blur':
      return 'Your background cannot be blurred in this browser, so your camera stays off. Switch off "Blur my background" '
        + 'and try again.';
    case 'insecure':
      return 'This page was not opened over https, so the browser gives it neither camera nor microphone. Open the '
        + 'link with https:// in front.';
    default:
      return `Your ${thing} cannot be used. Try again.`;
  }
}

/**
 * For the screen before the call.
 * @param {Trouble} trouble
 */
export const problemText = (trouble) => `${explain(trouble)} You can also join without.`;

/**
 * For the call. Its buttons for microphone and camera open the devices again.
 * @param {Trouble} trouble
 */
export function callProblemText(trouble) {
  const text = explain(trouble, trouble.device === 'video' ? 'Camera' : 'Mic');
  return trouble.kind === 'blur' ? text.replace('background"', 'background" in "Devices"') : text;
}

/** @param {Trouble} trouble */
const isFinal = ({ kind, device }) => kind === 'insecure' || (kind === 'denied' && device === 'both');

/**
 * Opens the wanted devices, or those of them that can be opened.
 * @param {Record<Kind, Wish>} wanted
 * @param {AbortSignal} signal  the camera is not wanted any more (devices.js)
 * @returns {Promise<{tracks: MediaStreamTrack[], problem: Trouble | null}>}
 */
export async function openAvailable(wanted, signal) {
  try {
    return { tracks: (await openDevices(wanted, signal)).getTracks(), problem: null };
  } catch (problem) {
    if (!wanted.audio || !wanted.video || isFinal(problem))
      return { tracks: [], problem };
    const sound = await openAvailable({ audio: wanted.audio, video: false }, signal);
    const picture = problem.kind === 'blur'
      ? { tracks: [], problem } : await openAvailable({ audio: false, video: wanted.video }, signal);
    const tracks = [...sound.tracks, ...picture.tracks];
    if (sound.problem && sound.problem.kind === picture.problem?.kind)
      return { tracks, problem: { kind: sound.problem.kind, device: 'both' } };
    return { tracks, problem: sound.problem ?? picture.problem };
  }
}
