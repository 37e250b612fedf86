// What the page says of a recording. Pure functions.

import { shownName } from './names.js';

/** @import { Recording } from './recordings.js' */

const MEBIBYTE = 1024 * 1024;

/**
 * The state of a recording in words.
 * @param {Recording} recording
 */
export function stateText({ status, progress, reason, individual, media }) {
  switch (status) {
    case 'started': return 'Recording now';
    case 'paused': return 'Paused';
    case 'stopped': return 'Waiting to be made';
    case 'processing': return `Being made: ${progress ?? 0} %`;
    case 'uploaded': return 'Uploaded';
    case 'failed': return `Failed: ${reason ?? 'no reason is known.'}${media ? '' : " The people's recordings can be watched if they are kept."}`;
    case 'expired': return 'Expired: its files were deleted';
    default: return individual ? 'Ready: a file for each person' : 'Ready';
  }
}

/**
 * A size in words: "3.4 MB"; '' for none.
 * @param {number} bytes
 */
export function sizeText(bytes) {
  if (!bytes)
    return '';
  const size = bytes / MEBIBYTE;
  return `${size < 10 ? Math.max(0.1, size).toFixed(1) : Math.round(size)} MB`;
}

/**
 * Whether there may be something to watch. Whether a failed one has tracks, its list does not say.
 * @param {Recording} recording
 */
export const isWatchable = ({ status, media }) => media !== null || ['processing', 'available', 'uploaded', 'failed'].includes(status);

/**
 * The name to show.
 * @param {Pick<Recording, 'name'>} recording
 */
export const nameOf = ({ name }) => shownName(name) || 'Recording';
