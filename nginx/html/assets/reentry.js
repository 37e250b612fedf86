// After a reload during a call the page goes back into it by itself, with microphone and camera as they were.
//
//   noteCall(meeting, left)   this tab is in the call; to be said again after NOTE_MS. (Not when the page goes away: where
//                             storage is blocked, browsers keep nothing of that moment.) The next preview starts with the same
//                             switches.
//   forgetCall()              the person has left the call
//   takeCall(link)            -> how the devices were; undefined: this page is no reload during a call of the meeting

import { recall, remember } from './storage.js';

/** @import { Meeting } from './meeting.js' */

/**
 * How the devices were.
 * @typedef {object} Left
 * @property {boolean} microphone  on?
 * @property {boolean} camera
 * @property {boolean} [none]  the person had joined without devices
 */

export const NOTE_MS = 20000;
const REMEMBERED = 60000; // ms: a tab that the browser restores later does not switch a camera on

/**
 * @param {Meeting} meeting
 * @param {Left} left
 */
export function noteCall({ link }, left) {
  remember('left', { link, ...left, at: Date.now() });
  if (!left.none)
    remember('devices', { ...recall('devices'), microphone: left.microphone, camera: left.camera });
}

export function forgetCall() {
  remember('left', undefined);
}

/**
 * @param {string} link
 * @returns {Left | undefined}
 */
export function takeCall(link) {
  const left = recall('left');
  forgetCall();
  const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
  /** @type {boolean} */
  const isBack = navigation?.type === 'reload' && left?.link === link && Math.abs(Date.now() - left.at) < REMEMBERED;
  return isBack ? left : undefined;
}
