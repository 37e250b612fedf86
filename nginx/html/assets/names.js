// Names of people as the page shows them. Pure functions. A name may turn the direction of the text around it, look
// empty, or be very long.

const NAME_IN_TEXT_MAX = 40; // characters as people count them
// Characters that turn the direction of the text around them, and controls. The service no longer accepts them in a
// name.
const TURNING = /[\u202A-\u202E\u2066-\u206F\p{Cc}\p{Zl}\p{Zp}]/gu;
const UNSEEN = /^[\s\p{Default_Ignorable_Code_Point}\u2800]*$/u;
const ISOLATE = '\u2068';
const END_OF_ISOLATE = '\u2069';

/** The name of a person who is not in the service's list yet: the name that a page sends proves nothing. */
export const UNLISTED = 'New participant';
/** The name of a person who has no name in the list. */
export const UNNAMED = 'Guest';

/**
 * The first characters of the first and the last word: "Dr Ann Meyer" -> "DM". What is in brackets says more about the person,
 * and is no name: "Ann Meyer (guest)" -> "AM".
 * @param {string} name
 */
export function initials(name) {
  const words = (name.replace(/\([^)]*\)/g, '').trim() || name.trim()).split(/\s+/);
  /** @param {string | undefined} word */
  const first = (word = '') => [...new Intl.Segmenter(undefined).segment(word)][0]?.segment ?? '';
  const letters = words.length > 1 ? first(words[0]) + first(words.at(-1)) : first(words[0]);
  return letters.toLocaleUpperCase();
}

/**
 * A name as it is shown on its own: without the characters that turn the text. '' when nothing of it can be seen.
 * @param {string | null | undefined} name
 */
export function shownName(name) {
  const shown = (name ?? '').replace(TURNING, '').trim();
  return UNSEEN.test(shown) ? '' : shown;
}

/**
 * A name as a part of a sentence: shortened, and isolated, so that it cannot turn the sentence's direction.
 * @param {string} name
 */
export function nameInText(name) {
  const shown = shownName(name);
  const characters = [...new Intl.Segmenter().segment(shown)].map(({ segment }) => segment);
  const short = characters.length > NAME_IN_TEXT_MAX ? `${characters.slice(0, NAME_IN_TEXT_MAX).join('')}…` : shown;
  return `${ISOLATE}${short}${END_OF_ISOLATE}`;
}

/**
 * One of `count` colours, always the same for the same text.
 * @param {string} text
 * @param {number} count
 */
export function toneOf(text, count) {
  let sum = 0;
  for (const character of text)
    sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % count;
}
