// Why a meeting cannot be joined, in words for the person in front of the screen.

import { REMOVED, serviceNow } from './api.js';
import { opening } from './visit.js';

/** @import { ServiceError } from './api.js' */

/**
 * @typedef {object} Refusal
 * @property {string} [icon]
 * @property {string} title
 * @property {string} text
 * @property {number} [opensAt]  epoch milliseconds by the service's clock
 * @property {number} [retryIn]  seconds
 * @property {boolean} [again]  there is a button to try again
 */

const RETRY_S = 5;
const CLOSED_RETRY_S = 60; // when it is not known from when on one can come in

export const REFUSED = {
  icon: 'removed', title: 'You were not admitted', again: true,
  text: 'A moderator has refused you. Ask the person who invited you if you think that this is a mistake.',
};
export const DAMAGED = {
  title: 'This link is damaged',
  text: 'A part of it is missing or was changed on the way. Copy the whole link from the message that you got, in one '
    + 'piece, and paste it into the address bar. Or ask for it again.',
};
const EXPIRED = {
  title: 'This invitation is no longer valid',
  text: 'It has expired or was never valid here. Ask the person who invited you for a new link.',
};
export const KEY_MISSING = {
  icon: 'lock', title: 'This link is incomplete',
  text: 'The meeting is end-to-end encrypted, and the part of the link with the key is missing or cut off. Ask the '
    + 'person who invited you for the whole link and open it here.',
};
export const KEY_USELESS = {
  icon: 'lock', title: 'This meeting is not encrypted',
  text: 'The link promises end-to-end encryption, but the service says that this meeting has none. To be safe, you are '
    + 'not joining. Ask the person who invited you for a new link.',
};
export const CANNOT_DECRYPT = {
  icon: 'lock', title: 'This browser cannot join encrypted meetings',
  text: 'The meeting is end-to-end encrypted, which this browser cannot do. Use a current Chromium, Chrome, Edge or '
    + 'Firefox, over https.',
};

/**
 * Why the service has refused a token.
 * @param {ServiceError} error
 * @returns {Refusal}
 */
export function refusalOf(error) {
  if (error.status === 429) {
    const retryIn = Math.max(error.retryAfter ?? 0, RETRY_S);
    return {
      title: 'Too many tries', retryIn, again: true,
      text: 'There were too many requests from your network. This page tries again by itself.',
    };
  }
  if (error.passing) {
    const retryIn = Math.max(error.retryAfter ?? 0, RETRY_S);
    return { title: 'The service is not answering', text: 'This page tries again by itself.', retryIn, again: true };
  }
  switch (error.code) {
    case 'MEETING_NOT_OPEN':
      return notOpen(error);
    case 'INVITE_EXPIRED':
      return EXPIRED;
    case 'MEETING_ENDED':
      return { title: 'This meeting has ended', text: 'It was ended for everybody and cannot be joined any more.' };
    case 'MEETING_LOCKED':
      return {
        icon: 'lock', title: 'This meeting is locked', again: true,
        text: 'Nobody new can join it. Ask the person who invited you, then try again.',
      };
    case REMOVED:
      return {
        icon: 'removed', title: 'You were removed from this meeting', again: true,
        text: 'A moderator has removed you. You can join again when a moderator readmits you.',
      };
    default:
  }
  if (error.status === 401)
    return ['signature', 'malformed', 'algorithm'].includes(error.code ?? '') ? DAMAGED : EXPIRED;
  if (error.status === 404)
    return {
      title: 'There is no such meeting',
      text: 'It may have been deleted, or a part of the link was changed on the way. Ask the person who invited you.',
    };
  return { title: 'This meeting cannot be joined', text: error.message, again: true };
}

/**
 * @param {ServiceError} error
 * @returns {Refusal}
 */
function notOpen({ details }) {
  const { opensAt: opens, visit } = details?.[0]?.info ?? {};
  const opensAt = Date.parse(opens);
  const refusal = { icon: 'clock', title: 'This meeting is not open yet', again: true };
  const stay = 'Keep this page open: it lets you in then.';
  if (Number.isNaN(opensAt))
    return { ...refusal, text: `It opens later. ${stay}`, retryIn: CLOSED_RETRY_S };
  return { ...refusal, opensAt, text: `You can come in from ${opening(opensAt, Date.parse(visit?.scheduleTime), serviceNow())}. ${stay}` };
}
