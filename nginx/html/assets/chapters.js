// The chapters of a recording: reads the WebVTT text that the service writes. Pure functions.

/** @typedef {{start: number, end: number, title: string}} Chapter  times in seconds */

const TIMING = /^((?:\d+:)?\d{2}:\d{2}\.\d{3})[ \t]+-->[ \t]+((?:\d+:)?\d{2}:\d{2}\.\d{3})/;
/** @type {Record<string, string>} */
const ENTITIES = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&nbsp;': ' ', '&lrm;': '', '&rlm;': '' };

/**
 * "01:02:03.500" or "02:03.500" in seconds.
 * @param {string} text
 */
function seconds(text) {
  return text.split(':').reduce((sum, number) => sum * 60 + Number(number), 0);
}

/** @param {string} text  of a cue: with tags and entities */
function plain(text) {
  return text.replace(/<[^>]*>/g, '').replace(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity).trim();
}

/**
 * The chapters in the order of time. Text that is no WebVTT, and cues that cannot be read, give none.
 * @param {string} text
 * @returns {Chapter[]}
 */
export function readChapters(text) {
  const blocks = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n').split(/\n\n+/);
  if (!/^WEBVTT(?:[ \t\n]|$)/.test(blocks[0]))
    return [];
  const chapters = [];
  for (const block of blocks) {
    const lines = block.split('\n');
    const at = lines.findIndex((line) => TIMING.test(line));
    const [, start, end] = (at < 0 ? null : lines[at].match(TIMING)) ?? [];
    const title = plain(lines.slice(at + 1).join(' '));
    if (start && end && title)
      chapters.push({ start: seconds(start), end: seconds(end), title });
  }
  return chapters.sort((a, b) => a.start - b.start);
}

/**
 * The index of the chapter at this time; -1: there is none.
 * @param {Chapter[]} chapters
 * @param {number} time  seconds
 */
export function chapterAt(chapters, time) {
  return chapters.findLastIndex(({ start, end }) => start <= time && time < end);
}
