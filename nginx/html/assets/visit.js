// What a person comes for, as the service tells it to invited people: the appointment's time, title and host; and the
// organisation's name, colour and logo.

import { base } from './api.js';
import { duration } from './clock.js';
import { nameInText, shownName } from './names.js';
import { byId, setText } from './page.js';

/**
 * @typedef {object} Branding
 * @property {string | null} [name]
 * @property {string | null} [color]  #rrggbb
 * @property {string | null} [logo]  a file in the site's folder brand
 */

/**
 * @typedef {object} Visit
 * @property {string | null} scheduleTime
 * @property {string | null} title
 * @property {string | null} host
 * @property {string | null} timeZone  of the appointment
 * @property {number} [duration]  minutes
 * @property {Branding} [branding]
 */

const DAY = 86400000;
const WEEK = 6; // days ahead in which the weekday alone is clear
const DARK = 0.179; // a colour of this luminance has the same contrast with black and with white

/**
 * Midnight of a moment's day, here.
 * @param {number} time
 */
const dayOf = (time) => new Date(time).setHours(0, 0, 0, 0);

/**
 * The time of day, in the visitor's language: "9:30".
 * @param {number} time
 * @param {string} [timeZone]  undefined: the visitor's
 */
function hour(time, timeZone) {
  return new Intl.DateTimeFormat(navigator.language, { hour: 'numeric', minute: '2-digit', timeZone }).format(time);
}

/**
 * The day, in the visitor's language and time zone: "today", "Tuesday", "Tuesday, 24 November".
 * @param {number} time
 * @param {number} now
 */
function day(time, now) {
  const ahead = Math.round((dayOf(time) - dayOf(now)) / DAY);
  if (ahead === 0 || ahead === 1)
    return new Intl.RelativeTimeFormat(navigator.language, { numeric: 'auto' }).format(ahead, 'day');
  const near = ahead > 0 && ahead <= WEEK;
  const thisYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(navigator.language, {
    weekday: 'long', ...(!near && { day: 'numeric', month: 'long' }), ...(!near && !thisYear && { year: 'numeric' }),
  }).format(time);
}

/**
 * "Tuesday, 9:30"
 * @param {number} time  epoch milliseconds
 * @param {number} now
 */
export const dayAndHour = (time, now) => `${day(time, now)}, ${hour(time)}`;

/**
 * From when on one can come in, beside the appointment's time: "9:00", or "Monday, 21:30" on another day.
 * @param {number} opensAt  epoch milliseconds
 * @param {number} time  of the appointment; NaN: not known
 * @param {number} now
 */
export function opening(opensAt, time, now) {
  return dayOf(opensAt) === dayOf(time) ? hour(opensAt) : dayAndHour(opensAt, now);
}

/**
 * The appointment's time where it takes place, if the clocks there differ: "That is 10:30 in Athens."
 * @param {number} time
 * @param {string | null} timeZone
 */
function elsewhere(time, timeZone) {
  try {
    const there = timeZone ? hour(time, timeZone) : '';
    if (!there || there === hour(time))
      return '';
    return ` That is ${there} in ${timeZone?.split('/').at(-1)?.replaceAll('_', ' ')}.`;
  } catch {
    return ''; // this browser does not know the zone
  }
}

/**
 * Shows the appointment above the screen before the call, or hides it when there is nothing to say.
 * @param {Visit | null} visit
 * @param {number} now
 */
export function renderVisit(visit, now) {
  const time = Date.parse(visit?.scheduleTime ?? '');
  const title = shownName(visit?.title);
  const host = shownName(visit?.host);
  setText(byId('visit-title'), title);
  setText(byId('visit-host'), host ? `With ${nameInText(host)}` : '');
  byId('visit-when').hidden = Number.isNaN(time);
  if (!Number.isNaN(time)) {
    const length = visit?.duration ? `, ${duration(visit.duration * 60)}` : '';
    const moment = byId('visit-time', HTMLTimeElement);
    moment.dateTime = new Date(time).toISOString();
    moment.lang = navigator.language;
    setText(moment, dayAndHour(time, now));
    setText(byId('visit-zone'), ` (your time)${length}.${elsewhere(time, visit?.timeZone ?? null)}`);
  }
  byId('visit').hidden = !title && !host && Number.isNaN(time);
}

/** @param {string} color  #rrggbb */
function luminance(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * Shows whose page this is. The colour is used for areas only, with text on it that can be read.
 * @param {Branding | undefined} branding  undefined: nobody's
 */
export function renderBranding({ name, color, logo } = {}) {
  const root = document.documentElement;
  root.classList.toggle('branded', Boolean(color));
  if (color) {
    root.style.setProperty('--brand', color);
    root.style.setProperty('--on-brand', luminance(color) > DARK ? '#000000' : '#ffffff');
  }
  const image = byId('brand-logo', HTMLImageElement);
  image.hidden = !logo;
  image.onerror = () => {
    image.hidden = true;
    byId('brand-sign', SVGElement).toggleAttribute('hidden', false);
  };
  if (logo)
    image.src = new URL(`brand/${encodeURIComponent(logo)}`, base).href;
  else
    image.removeAttribute('src');
  byId('brand-sign', SVGElement).toggleAttribute('hidden', Boolean(logo));
  setText(byId('brand-name'), shownName(name) || 'Confab');
}
