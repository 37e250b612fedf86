// A blurred background: whether this device wants it, and what is behind a blurred picture. blurring.js makes the picture.
//
//   await blurAvailable()       whether the service has the files for it (scripts/fetch-blur)
//   blurWanted() · wantBlur(on) kept on this device; off by default
//   sourceOf(track)             the camera's track behind a blurred one; any other track itself
//   setSource(track, camera)    for blurring.js
//   blurEvents: 'slow'          the device cannot keep up. Blur is off from now on (wantBlur), and the blurred track ends after this
//                               event: the camera is opened without blur only if the person says so.

import { base } from './api.js';
import { Emitter } from './emitter.js';
import { prefer, preferred } from './storage.js';

/** @extends {Emitter<{slow: undefined}>} */
class BlurEvents extends Emitter {}

export const blurEvents = new BlurEvents();

/** @type {Promise<boolean> | undefined} */
let available;
/** @type {WeakMap<MediaStreamTrack, MediaStreamTrack>} */
const sources = new WeakMap(); // the cameras' tracks behind blurred ones

async function askAvailable() {
  try {
    const response = await fetch(new URL('-/features.json', base));
    if (response.ok)
      return Boolean((await response.json()).blur);
  } catch {
    // The network is away.
  }
  available = undefined; // the next one asks again
  return false;
}

/** The service knows: a file that is missing would be an error in the browser's console. */
export function blurAvailable() {
  available ??= askAvailable();
  return available;
}

export const blurWanted = () => preferred('blur') === 'on';

/** @param {boolean} on */
export function wantBlur(on) {
  prefer('blur', on ? 'on' : undefined);
}

/** @param {MediaStreamTrack} track */
export const sourceOf = (track) => sources.get(track) ?? track;

/** @type {(track: MediaStreamTrack, camera: MediaStreamTrack) => void} */
export function setSource(track, camera) {
  sources.set(track, camera);
}
