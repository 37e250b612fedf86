// The list of the people's files of a recording, to download each.

import { stopwatch } from './clock.js';
import { downloadAddress } from './media-links.js';
import { UNNAMED, nameInText, shownName } from './names.js';
import { byId, fromTemplate, part } from './page.js';
import { sizeText } from './recording-text.js';

/** @import { Recording, Track } from './recordings.js' */

/** @param {Track} track */
function rowOf({ name, screen, from, to, size, url }) {
  const row = fromTemplate('track-file-template');
  const person = shownName(name) || UNNAMED;
  const anchor = part(row, 'a', HTMLAnchorElement);
  const facts = [`${stopwatch(from / 1000)}–${stopwatch(to / 1000)}`, sizeText(size)].filter(Boolean).join(' · ');
  part(row, '.track-file-name').textContent = screen ? `${nameInText(person)}'s screen` : person;
  part(row, '.track-file-facts').textContent = facts;
  anchor.href = downloadAddress(url);
  anchor.setAttribute('aria-label', `Download: ${nameInText(person)}${screen ? "'s screen" : ''}, ${facts}`);
  return row;
}

/**
 * Lists the files where they are the result of the recording, because they were wanted or because nothing else could be
 * made.
 * @param {Recording | null} recording
 */
export function renderFiles(recording) {
  const { individual = false, status = '', media = null, tracks } = recording ?? {};
  const files = !media && (individual || status === 'failed') ? tracks ?? [] : [];
  byId('player-files').hidden = files.length === 0;
  byId('player-file-list').replaceChildren(...files.map(rowOf));
}
