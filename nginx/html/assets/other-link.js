// Another link of the meeting that is opened in the tab during the call. It may bring a new key, or an invite that lasts
// longer.

import { ask } from './dialog.js';
import { keyTextValid } from './meeting-key.js';
import { notify } from './notices.js';
import { keyFails } from './status.js';

/** @import { Fragment } from './link.js' */
/** @import { Meeting } from './meeting.js' */
/** @import { Room } from './room.js' */

/**
 * @typedef {object} Call
 * @property {Meeting} meeting
 * @property {Room} room
 * @property {string} name  ours
 * @property {() => string | undefined} attendee  ours, as the service calls us
 * @property {(key: string) => Promise<void>} useKey
 * @property {AbortSignal} signal  aborted when the call is over
 */

/**
 * @param {Call} call
 * @param {Fragment} fragment
 */
export async function takeLink(call, { invite, code, key }) {
  const { meeting } = call;
  if (code ? code !== meeting.code : invite && invite !== meeting.invite)
    await takeInvite(call, { invite, code });
  // A call without encryption stays as it is.
  if (key && meeting.key !== null && key !== meeting.key)
    await takeKey(call, key);
}

/**
 * @param {Call} call
 * @param {{invite?: string, code?: string}} fragment
 */
async function takeInvite({ meeting, room, name, attendee }, fragment) {
  const needed = room.lastsUntil !== null;
  if (await meeting.exchange(fragment, name, attendee())) {
    await room.renew();
    if (needed)
      notify('The new link is in use: you can stay.');
  } else if (needed) {
    notify('You cannot go on with that link. Leave the call, then open it again to join anew.');
  }
}

/**
 * @param {Call} call
 * @param {string} key
 */
async function takeKey({ room, useKey, signal }, key) {
  if (!keyTextValid(key)) {
    notify('The key in that link is damaged. Yours stays as it is.');
    return;
  }
  const sure = keyFails(room) || await ask({
    title: 'Use the key of the other link?', accept: 'Use the other key',
    text: 'Use it only if a moderator has renewed the key and sent you that link. With a wrong key you neither see '
      + 'nor hear the others.',
  });
  if (!sure || signal.aborted)
    return;
  await useKey(key);
  notify('The new key is in use.');
}
