// The form of the screen before the call, from Join into the call: what Join is doing, and the waiting room.
//
//   showJoin(state, { fixedName, waitingSince })
//     state          'ready'; 'opening': the devices, first; 'asking': for a place in the call; 'waiting' for a moderator
//     fixedName      whether the name cannot be changed anyway
//     waitingSince   text of the service
//   tellState(text)          what the person should know in this state; '': nothing
//   tellModerator(isThere)   whether there is one in the meeting
//   showOtherTab(shown)      whether the person is in the meeting in another tab

import { timeOfDay } from './clock.js';
import { byId, setText } from './page.js';

const ADMITS = 'A moderator of this meeting must admit you.';
const ABSENT = 'No moderator is in the meeting now. A moderator who comes sees that you wait.';

/**
 * @param {'ready' | 'opening' | 'asking' | 'waiting'} state
 * @param {{fixedName: boolean, waitingSince?: string}} options
 */
export function showJoin(state, { fixedName, waitingSince }) {
  const waits = state === 'waiting';
  // A button that is really disabled would lose the keyboard.
  byId('join-button').setAttribute('aria-disabled', String(state !== 'ready'));
  byId('join-button').hidden = waits;
  byId('name-input', HTMLInputElement).readOnly = fixedName || waits || state === 'asking';
  byId('waiting').hidden = !waits;
  byId('waiting-stop').hidden = !waits;
  byId('prejoin-role').hidden = waits;
  setText(byId('prejoin-title'), waits ? 'Waiting room' : 'Join the meeting');
  setText(byId('waiting-since'), waitingSince ? `You have been waiting since ${timeOfDay(waitingSince)}.` : '');
  tellModerator(true);
  tellState(state === 'asking' ? 'Connecting…' : '');
  document.title = waits ? 'Waiting · Confab' : 'Join · Confab';
}

/** @param {string} text */
export function tellState(text) {
  setText(byId('join-state'), text);
  if (text)
    byId('join-state').scrollIntoView({ block: 'nearest' });
}

/** @param {boolean} isThere */
export function tellModerator(isThere) {
  setText(byId('waiting-for'), isThere ? ADMITS : ABSENT);
}

/** @param {boolean} shown */
export function showOtherTab(shown) {
  byId('other-tab').hidden = !shown;
  setText(byId('join-button'), shown ? 'Join here instead' : 'Join');
}
