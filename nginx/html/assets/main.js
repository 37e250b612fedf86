// The page's entry: takes the fragment out of the address bar, and decides which screen is shown.

import { openAfter } from './after.js';
import { openCall } from './in-call.js';
import { bearerIn, readFragment } from './link.js';
import { Meeting } from './meeting.js';
import { byId, notify } from './page.js';
import { openPrejoin } from './prejoin.js';
import { openStart } from './start.js';
import { recall, remember } from './storage.js';

/** @import { Ending } from './after.js' */
/** @import { Entry } from './in-call.js' */
/** @import { Fragment } from './link.js' */

/**
 * A screen that is open.
 * @typedef {object} Screen
 * @property {() => void} close
 * @property {Meeting | null} [meeting]  which one it is about
 * @property {(fragment: Fragment) => void} [linkOpened]  another link of its meeting was opened in this tab
 * @property {() => void} [askToLeave]  the browser's back button was pressed
 */

/** @typedef {typeof app} App */

/** @type {Screen} */
let current = { close() {} };

/** How screens lead to each other. */
const app = {
  /** @returns {string | undefined} */
  get bearer() { return recall('bearer'); },
  set bearer(bearer) { remember('bearer', bearer && (bearerIn(bearer) || bearer.trim())); },

  start() { show(openStart); },
  /**
   * @param {Meeting | null} meeting  null: the link was damaged
   * @param {{message?: string}} [options]
   */
  prejoin(meeting, options) { show(openPrejoin, meeting, options); },
  /**
   * @param {Meeting} meeting
   * @param {Entry} entry
   */
  call(meeting, entry) { show(openCall, meeting, entry); },
  /**
   * @param {Meeting} meeting
   * @param {Ending} ending
   */
  after(meeting, ending) { show(openAfter, meeting, ending); },

  /**
   * From the start screen into a meeting: a step that the browser's back button undoes.
   * @param {Meeting} meeting
   */
  enter(meeting) {
    history.pushState({ meeting: meeting.link }, '', location.pathname);
    app.prejoin(meeting);
  },
};

/**
 * @template {any[]} What
 * @param {(app: App, ...what: What) => Screen} open
 * @param {What} what
 */
function show(open, ...what) {
  current.close();
  current = open(app, ...what);
}

/**
 * The fragment's values, which are secrets: none stays in the address bar. Null when there is none.
 * @returns {Fragment | null}
 */
function takeFragment() {
  if (location.hash.length < 2)
    return null;
  const fragment = readFragment(location.hash);
  const { token, invite } = fragment;
  const meeting = invite ? Meeting.read(invite) : null;
  const damaged = fragment.damaged || (Boolean(invite) && !meeting);
  const inCall = Boolean(current.linkOpened);
  if ((damaged && inCall) || !(token || invite || damaged)) {
    // No link of ours, or one that is not worth leaving a call for: everything stays as it is.
    history.replaceState(current.meeting ? { meeting: current.meeting.link } : history.state, '', location.pathname);
    if (damaged)
      notify('That link is damaged. You are still in this call.');
    return null;
  }
  history.replaceState({ meeting: meeting?.link ?? null, damaged }, '', location.pathname);
  return fragment;
}

/** What the address led to, or what the history remembers of this entry. */
function openFromHistory() {
  const { meeting: link, damaged } = history.state ?? {};
  if (damaged) {
    app.prejoin(null);
    return;
  }
  const meeting = link && Meeting.recall(link);
  if (meeting)
    app.prejoin(meeting);
  else
    app.start();
}

/** @param {Fragment} fragment */
function followFragment(fragment) {
  const { token, invite } = fragment;
  if (token)
    app.bearer = token;
  const meeting = invite && Meeting.read(invite);
  if (!meeting) {
    openFromHistory();
    return;
  }
  const here = current.meeting?.link === meeting.link;
  if (here && current.linkOpened) {
    current.linkOpened(fragment);
    return;
  }
  meeting.adopt(fragment);
  app.prejoin(meeting);
}

function fragmentChanged() {
  const fragment = takeFragment();
  if (fragment)
    followFragment(fragment);
}

/** Back and forward. A call is not left by accident: it asks, and stays where it is until answered. */
function historyMoved() {
  if (location.hash.length > 1)
    return; // a link opened in this tab: hashchange follows
  if (current.askToLeave) {
    history.pushState({ meeting: current.meeting?.link }, '', location.pathname);
    current.askToLeave();
    return;
  }
  openFromHistory();
}

addEventListener('hashchange', fragmentChanged);
addEventListener('popstate', historyMoved);
byId('home-link').addEventListener('click', (event) => {
  event.preventDefault();
  history.pushState(null, '', location.pathname);
  app.start();
});

const fragment = takeFragment();
if (fragment)
  followFragment(fragment);
else
  openFromHistory();
