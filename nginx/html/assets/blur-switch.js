// The switch for a blurred background: on the screen before the call, and in the dialog during a call.

import { blurAvailable, blurEvents, blurWanted, wantBlur } from './blur.js';
import { notify } from './notices.js';
import { byId } from './page.js';

const TOO_SLOW = 'Your camera is off: this device is too slow to blur your background. Switch it on to be seen without blur.';

/**
 * The elements' ids are PREFIXblur-field and PREFIXblur-option. The switch is shown where blurring is possible; and
 * where it is on, so that it can be switched off.
 * @param {string} prefix
 * @param {AbortSignal} signal
 * @param {{reopen: () => void, cameraOff: () => void}} acts  reopen: opens the camera anew if it is on; cameraOff: switches it off,
 *   because the background cannot be blurred any more
 */
export async function blurSwitch(prefix, signal, { reopen, cameraOff }) {
  const option = byId(`${prefix}blur-option`, HTMLInputElement);
  option.checked = blurWanted();
  option.addEventListener('change', () => {
    wantBlur(option.checked);
    reopen();
  }, { signal });
  blurEvents.addEventListener('slow', () => {
    option.checked = false;
    cameraOff();
    notify(TOO_SLOW);
  }, { signal });
  byId(`${prefix}blur-field`).hidden = !blurWanted() && !(await blurAvailable());
}
