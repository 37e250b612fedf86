// What a link's fragment holds, also after a mail program has changed it: wrapped it, put a bracket, a full stop or a
// quote behind it, or encoded a part of it once more. Pure functions.

// What cannot be in a fragment: blanks, line ends, quote marks, invisible characters.
const FOREIGN = /[^A-Za-z0-9_.&=-]/g;
const ENCODED = /%([0-9A-Fa-f]{2})/g;
const ENCODINGS_MAX = 3;
// The service signs invites with HMAC-SHA-256: 43 characters. So text that follows the token directly can be told from
// it.
const INVITE = /eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}/;
const BEARER = /[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/;
const KEY_LENGTH = 22;
// The code of a short link. People may write it in capitals, or with hyphens; the service knows such codes too.
const CODE_LENGTH = 16;
const CODE = /^(?!eyJ)[A-Za-z0-9-]+/; // no invite
const PLACE = /^(.*\/)j\/([^/]*)$/;

/**
 * Where a page is: the service's folder, and the meeting if it is at a short link (/j/LINK).
 * @param {string | URL} address
 * @returns {{base: URL, link: string | null}}
 */
export function readAddress(address) {
  const url = new URL(address);
  const found = url.pathname.match(PLACE);
  return { base: new URL(found ? found[1] : '.', url), link: found ? decoded(found[2]) : null };
}

/**
 * The code that a text begins with; undefined: it does not.
 * @param {string | undefined} text
 */
function codeIn(text) {
  const characters = text?.match(CODE)?.[0].replaceAll('-', '') ?? '';
  return characters.length < CODE_LENGTH ? undefined : characters.slice(0, CODE_LENGTH).toLowerCase();
}

/** @param {string} text */
function decoded(text) {
  let before = text;
  for (let i = 0; i < ENCODINGS_MAX; i++) {
    const after = before.replace(ENCODED, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (after === before)
      break;
    before = after;
  }
  // Quoted-printable ends a broken line with an equals sign; HTML writes an ampersand as an entity.
  return before.replace(/=[ \t]*\r?\n(?!\s*eyJ)/g, '').replace(/&amp;/g, '&');
}

/**
 * The bearer token in a pasted text (with the word Bearer, a line's end, the whole link), or ''.
 * @param {string} text
 */
export function bearerIn(text) {
  const joined = decoded(text).replace(/^\s*bearer\s+/i, '').replace(FOREIGN, '');
  return joined.match(BEARER)?.[0] ?? '';
}

/**
 * The code in a short link; undefined: it is no short link.
 * @param {string | undefined} url
 */
export const codeOf = (url) => (url && readAddress(url).link ? codeIn(new URL(url).hash.slice(1)) : undefined);

/**
 * What a link's fragment holds. code: of a short link. guests, watch: the invites that a moderator may share, or their
 * codes. damaged: there should be an invite or a code, and there is no valid one. The key is as it came, also when it
 * was cut off: its presence alone says that the meeting must not be joined without encryption.
 * @typedef {Partial<Record<'token' | 'invite' | 'code' | 'key' | 'guests' | 'watch', string>> & {damaged: boolean}} Fragment
 */

/**
 * @param {string} hash
 * @param {boolean} [short]  of a short link
 * @returns {Fragment}
 */
export function readFragment(hash, short = false) {
  const joined = decoded(hash.replace(/^#/, '')).replace(FOREIGN, '');
  const values = new Map();
  for (const part of joined.split('&')) {
    const at = part.indexOf('=');
    values.set(at < 0 ? part : part.slice(0, at), at < 0 ? '' : part.slice(at + 1));
  }
  /** @param {string} name */
  const inviteOf = (name) => values.get(name)?.match(INVITE)?.[0];
  const key = values.get('key')?.replace(/[.=]/g, '').slice(0, KEY_LENGTH);
  const invite = inviteOf('invite');
  const code = short ? codeIn(joined) : undefined;
  const wanted = values.has('invite') || (short && joined !== '' && !values.has('token'));
  return {
    token: values.get('token')?.match(BEARER)?.[0], invite, code, key: key || undefined,
    guests: inviteOf('guests') ?? codeIn(values.get('guests')), watch: inviteOf('watch') ?? codeIn(values.get('watch')),
    damaged: wanted && !invite && !code,
  };
}
