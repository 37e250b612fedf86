// The page's entry: takes the fragment out of the address bar, and decides which screen is shown.
//
// The modules, one noun each. Calls go down this list; what is below knows nothing of what is above.
//
//   screens        start-screen, prejoin-screen (with preview; join-form: what Join is doing; call-test: the test of the call, what it finds is precall-test, what
//                  that means call-verdict; refusals; visit: what one comes for; waiting: for a moderator), call-screen,
//                  after-screen
//   on the call    more-menu, controls, keys; stage: the pictures (tiles: what each shows; view-choice: who is large; layout: the
//   screen         places; tile-grid, pager, self-view, zoom, picture-in-picture), full-screen, sound, people-panel, status,
//                  device-choice, device-offer, sending, muted-speech, invite-dialog, other-link, moderation, waiting-room,
//                  wake-lock
//   who is here    people: the list, with messages; absent: whose network has died; roster (pure): how it is made; feed: what the service says of the
//                  meeting (events, and lists; live-list: one of them)
//   the call       room: the state of the call, and ourselves in it
//                    connection-keeper: opens a connection, and the next one when it is lost; token: the join token and
//                    its renewal; local-media: own microphone and camera; own-screen: the screen that we share;
//                    speakers: who speaks; call-encryption: on or off, and the key; encryption (encryption-worker,
//                    frame-crypto)
//                  connection: one connection to Janus' room
//                    janus: Janus' protocol; signalling: the way to the gate; publisher: what we send; reception: what we
//                    receive (subscription: the streams; sizes, stills (pure): pictures that come late, or stand still;
//                    participants: who is in the room; layers (pure): which pictures, and how large; bandwidth,
//                    layer-tiers); peer: a peer connection;
//                    quality: of the connections; arrivals: whether anything comes in; send-limits
//   the meeting    meeting: what this tab knows of it; other-tab: the same person in another tab; reentry: after a reload;
//                  meeting-key: of an encrypted meeting; api: requests to the service; link: reads links
//   everywhere     page (elements), dialog, chime, notices, copy, names, clock, storage, devices, device-problems,
//                  permission-help, blur (blur-switch, blurring): of the own background, speaker (speaker-choice): where one hears
//                  the others, emitter, backoff

// What main.js imports at once is what the start screen and the screen before the call need; index.html preloads it. The call
// screen, the test before the call, blurring and the player are imported when they are needed. After the first paint the page fetches all other modules, so that
// nobody waits for them then, and an update of the service takes none away from a page that is open.

import { openAfter } from './after-screen.js';
import { base } from './api.js';
import { stopTracks } from './devices.js';
import { bearerIn, readAddress, readFragment } from './link.js';
import { Meeting } from './meeting.js';
import { notify } from './notices.js';
import { byId } from './page.js';
import { openPrejoin } from './prejoin-screen.js';
import { takeCall } from './reentry.js';
import { openStart } from './start-screen.js';
import { recall, remember, stateWith } from './storage.js';

/** @import { Ending } from './after-screen.js' */
/** @import { Entry } from './call-screen.js' */
/** @import { Fragment } from './link.js' */
/** @import { Options } from './prejoin-screen.js' */

/**
 * A screen that is open.
 * @typedef {object} Screen
 * @property {() => void} close
 * @property {Meeting | null} [meeting]  that it shows
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
   * @param {Options} [options]
   */
  prejoin(meeting, options) { show(openPrejoin, meeting, options); },
  /**
   * @param {Meeting} meeting
   * @param {Entry} entry
   */
  async call(meeting, entry) {
    const before = current;
    const screen = await import('./call-screen.js').catch(() => null);
    if (current !== before)
      stopTracks(entry.stream);
    else if (screen)
      show(screen.openCall, meeting, entry);
    else
      withoutCall(meeting, entry);
  },
  /**
   * @param {Meeting} meeting
   * @param {Ending} ending
   */
  after(meeting, ending) { show(openAfter, meeting, ending); },

  /**
   * Goes from the start screen into a meeting. The browser's back button leads back.
   * @param {Meeting} meeting
   */
  enter(meeting) {
    history.pushState(stateWith({ meeting: meeting.link }), '', pathOf(meeting));
    app.prejoin(meeting);
  },
};

/**
 * The call screen cannot be fetched: the network is away, or this page is old and today's files do not fit it.
 * @param {Meeting} meeting
 * @param {Entry} entry
 */
function withoutCall(meeting, { stream }) {
  stopTracks(stream);
  app.prejoin(meeting, { message: 'The call could not be opened. Check your connection and load this page again.' });
}

/** @param {Meeting | null} [meeting] */
const pathOf = (meeting) => base.pathname + (meeting?.code ? `j/${meeting.link}` : '');

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
 * Reads the fragment and removes it from the address bar, because its values are secrets. Null: there is nothing to
 * follow.
 * @returns {Fragment | null}
 */
function takeFragment() {
  if (location.hash.length < 2)
    return null;
  const { link: place } = readAddress(location.href);
  const fragment = readFragment(location.hash, place !== null);
  const { token, invite, code } = fragment;
  const meeting = Meeting.read(fragment, place);
  const damaged = fragment.damaged || (Boolean(invite ?? code) && !meeting);
  const inCall = Boolean(current.linkOpened);
  if ((damaged && inCall) || !(token || invite || code || damaged)) {
    // It is no link of ours, or a damaged one during a call: everything stays as it is.
    history.replaceState(stateWith(current.meeting ? { meeting: current.meeting.link } : history.state ?? {}), '', location.pathname);
    if (damaged)
      notify('That link is damaged. You are still in this call.');
    return null;
  }
  history.replaceState(stateWith({ meeting: meeting?.link ?? null, damaged }), '', location.pathname);
  return fragment;
}

/**
 * Shows what the browser's history remembers for this entry.
 * @param {{loaded?: boolean}} [options]  loaded: the page was just loaded, perhaps anew during a call
 */
function openFromHistory({ loaded = false } = {}) {
  const { link: place } = readAddress(location.href);
  const { meeting: link = place, damaged } = history.state ?? {};
  const meeting = damaged || !link ? null : Meeting.recall(link);
  // A short link without its fragment is a damaged one.
  if (meeting || damaged || place)
    app.prejoin(meeting, { again: loaded && meeting ? takeCall(meeting.link) : undefined });
  else
    app.start();
}

/** @param {Fragment} fragment */
function followFragment(fragment) {
  const { token } = fragment;
  if (token)
    app.bearer = token;
  const meeting = Meeting.read(fragment, readAddress(location.href).link);
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

/** Back or forward was pressed. A call asks first, and goes on until the answer. */
function historyMoved() {
  if (location.hash.length > 1)
    return; // a link opened in this tab: hashchange follows
  if (current.askToLeave) {
    history.pushState(stateWith({ meeting: current.meeting?.link }), '', pathOf(current.meeting));
    current.askToLeave();
    return;
  }
  openFromHistory();
}

function fetchLaterModules() {
  document.head.append(byId('later-modules', HTMLTemplateElement).content);
}

addEventListener('hashchange', fragmentChanged);
addEventListener('popstate', historyMoved);
// The page's address changes between / and /j/LINK; what is relative to it would be looked for elsewhere then.
byId('home-link', HTMLAnchorElement).href = base.href;
byId('page-icon', HTMLLinkElement).href = new URL('icon.svg', import.meta.url).href;
byId('home-link').addEventListener('click', (event) => {
  event.preventDefault();
  history.pushState(stateWith({}), '', base.pathname);
  app.start();
});

// The event comes after the first paint or just before it.
addEventListener('load', () => setTimeout(fetchLaterModules));

const fragment = takeFragment();
if (fragment)
  followFragment(fragment);
else
  openFromHistory({ loaded: true });
