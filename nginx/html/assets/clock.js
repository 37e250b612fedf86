// Times and durations in words.

// The page is in English, so that dates are in this device's language only if that is a kind of English.
const locale = /^en\b/.test(navigator.language) ? navigator.language : 'en-GB';

/**
 * 75 -> "1:15", 3675 -> "1:01:15"
 * @param {number} seconds
 */
export function stopwatch(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  if (hours)
    return [hours, ...parts.map((part) => String(part).padStart(2, '0'))].join(':');
  return `${parts[0]}:${String(parts[1]).padStart(2, '0')}`;
}

/**
 * 75 -> "1 min 15 s", 3675 -> "1 h 1 min"
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  if (hours)
    return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes)
    return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  return `${whole} s`;
}

/**
 * A waiting time, rounded: "2 days", "3 hours", "12 minutes", "40 seconds".
 * @param {number} seconds
 */
export function wait(seconds) {
  /** @type {[size: number, unit: string][]} */
  const units = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];
  const [size, unit] = units.find(([unitSize]) => seconds >= unitSize * 2) ?? [1, 'second'];
  const count = Math.max(0, Math.ceil(seconds / size));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/**
 * A moment in this device's time zone: "Tuesday, 24 November 2026 at 14:30 CET"
 * @param {number | string} date  epoch milliseconds, or text
 */
export function localTime(date) {
  return new Intl.DateTimeFormat(locale, {
    weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', hour: 'numeric', minute: '2-digit',
    timeZoneName: 'short',
  }).format(new Date(date));
}

/**
 * The time of day: "14:30:05"
 * @param {number | string} date  epoch milliseconds, or text
 */
export function timeOfDay(date) {
  return new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(new Date(date));
}
