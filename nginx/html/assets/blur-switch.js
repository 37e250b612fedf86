// The switch for a blurred background: on the screen before the call, and in the dialog during a call.

import { blurAvailable, blurEvents, blurWanted, wantBlur } from './blur.js';
import { notify } from './notices.js';
import { byId } from './page.js';

/**
 * The elements' ids are PREFIXblur-field and PREFIXblur-option. The switch is shown where blurring is possible.
 * @param {string} prefix
 * @param {AbortSignal} signal
 * @param {() => void} reopen  opens the camera anew if it is on
 */
export async function blurSwitch(prefix, signal, reopen) {
  const option = byId(`${prefix}blur-option`, HTMLInputElement);
  option.checked = blurWanted();
  option.addEventListener('change', () => {
    wantBlur(option.checked);
    reopen();
  }, { signal });
  blurEvents.addEventListener('slow', () => {
    option.checked = false;
    notify('Your background is not blurred any more: this device is too slow for it.');
    reopen();
  }, { signal });
  byId(`${prefix}blur-field`).hidden = !(await blurAvailable());
}
