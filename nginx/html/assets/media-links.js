// The links to a recording's files: signed by the service, and valid for an hour at most. Pure functions.

/** @import { Recording } from './recordings.js' */

/**
 * A link as the page uses it. The service may know itself by another name than the one this page was opened with.
 * @param {string} url
 */
export function ownAddress(url) {
  const { pathname, search } = new URL(url, 'https://none.invalid');
  return pathname + search;
}

/**
 * The address that makes the browser keep the file.
 * @param {string} url
 */
export function downloadAddress(url) {
  return `${ownAddress(url)}&download=1`;
}

/**
 * The end of the first link that ends, in epoch milliseconds of the service's clock; null: no link has an end.
 * @param {Pick<Recording, 'media' | 'tracks'>} recording
 */
export function linksEnd({ media, tracks }) {
  const urls = [media?.url, ...(tracks ?? []).map(({ url }) => url)];
  const ends = urls.flatMap((url) => (
    url ? [Number(new URL(url, 'https://none.invalid').searchParams.get('expires'))] : []));
  const known = ends.filter((end) => end > 0);
  return known.length > 0 ? Math.min(...known) * 1000 : null;
}
