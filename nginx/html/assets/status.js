// The texts and marks around the pictures of a call: recording, encryption, elapsed time, connection quality, banners.

import { serviceNow } from './api.js';
import { stopwatch, timeOfDay } from './clock.js';
import { nameInText } from './names.js';
import { byId, setHidden, setText } from './page.js';

/** @import { Access } from './api.js' */
/** @import { Meeting } from './meeting.js' */
/** @import { Room } from './room.js' */

/**
 * @typedef {object} Status
 * @property {Room} room
 * @property {Meeting} meeting
 * @property {Partial<Access>} answer  the last token answer; empty until there is one
 * @property {boolean} recording
 * @property {boolean} soundBlocked  by the browser
 * @property {boolean} alone  nobody else is in the meeting
 * @property {string[]} missing  names of people who have lost the connection and have not come back
 * @property {boolean} hadOthers  somebody else was in the meeting since we have come
 * @property {number} tiles  how many people can be seen or heard, ourselves among them
 */

const QUALITY = { good: 'Good connection', fair: 'Fair connection', poor: 'Poor connection', unknown: '' };
/** @type {Partial<Record<Room['state'], string>>} */
const CONNECTION = { connecting: 'Connecting…', reconnecting: 'The connection is lost. Trying to get it back…' };
const FULL = 'The others cannot see or hear you: as many people send already as this meeting allows.';

/**
 * The time since the meeting began, by the service's clock.
 * @param {Partial<Access>} answer  a token answer
 */
export function renderElapsed({ startTime = '' }) {
  const start = Date.parse(startTime);
  setText(byId('elapsed'), Number.isNaN(start) ? '' : stopwatch((serviceNow() - start) / 1000));
}

/** @param {Status} status */
function renderHeader({ room, meeting, answer, recording }) {
  byId('recording-mark').hidden = !recording;
  byId('encrypted-mark').hidden = !(answer.endToEndEncryption || room.encrypted);
  byId('devices-button').hidden = meeting.watching;
  byId('own-quality').dataset.quality = room.quality;
  byId('own-quality').title = QUALITY[room.quality];
  setText(byId('own-quality-text'), QUALITY[room.quality]);
  renderElapsed(answer);
}

/**
 * @param {string} id
 * @param {string} text
 */
function renderBanner(id, text) {
  byId(id).hidden = !text;
  setText(byId(id), text);
}

/**
 * Whether our key decrypts nobody. Only people who send count.
 * @param {Pick<Room, 'encrypted' | 'participants'>} room
 */
export function keyFails({ encrypted, participants }) {
  const others = [...participants.values()].filter(({ hasAudio, hasVideo }) => hasAudio || hasVideo);
  return encrypted && others.length > 0 && others.every((other) => other.undecryptable);
}

/**
 * @param {number | null} end
 * @param {boolean | undefined} recordable
 */
function lastingText(end, recordable) {
  if (end === null)
    return '';
  return `Your link is no longer valid. You can stay until ${timeOfDay(end)}. To stay longer, get a new link and open `
    + `it in this tab.${recordable ? ' Until then this page does not show whether a recording starts or stops.' : ''}`;
}

/** @param {Status} status */
function renderBanners({ room, answer, soundBlocked }) {
  const { state, local, lastsUntil } = room;
  renderBanner('connection-banner', CONNECTION[state] ?? (local.full ? FULL : ''));
  renderBanner('lasting-banner', lastingText(lastsUntil, answer.recordable));
  renderBanner('forced-mute-banner', local.forcedMute ? 'A moderator has muted you.' : '');
  setHidden('sharing-banner', !local.screen, 'screen-button');
  setHidden('sound-banner', !soundBlocked, 'call-title');
  byId('key-banner').hidden = !keyFails(room);
}

/**
 * Short messages come over the stage: below the banners, where it begins, and below the words for a person who is alone. On a
 * small screen the list of people lies over the stage: then they come at the end of it.
 */
export function placeNotices() {
  const { style } = byId('notices');
  const alone = byId('alone');
  const over = alone.hidden || alone.classList.contains('middle');
  const stage = byId('stage').getBoundingClientRect();
  const edge = over ? stage.top : alone.getBoundingClientRect().bottom;
  const panel = byId('people-panel').getBoundingClientRect();
  const behind = panel.width > stage.width / 2 && panel.left < stage.right;
  style.setProperty('--notices-top', behind ? 'auto' : `${Math.round(edge) + 8}px`);
  style.setProperty('--notices-right', `${Math.round(innerWidth - stage.right) + 8}px`);
  style.setProperty('--notices-bottom', behind ? `${Math.round(innerHeight - panel.bottom) + 8}px` : 'auto');
}

/** @param {Pick<Status, 'missing' | 'hadOthers'>} status */
function aloneText({ missing, hadOthers }) {
  const [first, ...others] = missing;
  if (others.length)
    return `${missing.length} people have not come back yet.`;
  if (first !== undefined)
    return `${nameInText(first)} has not come back yet.`;
  return hadOthers ? 'Everybody else has left.' : 'Nobody else is here yet.';
}

/** @param {Status} status */
function renderAlone({ room, meeting, alone, tiles, missing, hadOthers }) {
  const empty = tiles === 0;
  byId('alone').hidden = room.state !== 'joined' || !(alone || empty);
  byId('alone').classList.toggle('middle', empty);
  setText(byId('alone-text'), alone ? aloneText({ missing, hadOthers }) : 'Nobody shows a picture yet.');
  byId('alone-invite').hidden = !alone || meeting.shareLink === null;
}

/** @param {Status} status */
export function renderStatus(status) {
  renderHeader(status);
  renderBanners(status);
  renderAlone(status);
  placeNotices();
}
