// The README's fenced blocks of shell commands.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { source } from './stack.mjs';

const text = readFileSync(path.join(source, 'README'), 'utf8');

/**
 * The blocks of a section. A block is named by the word after ```sh, if there is one.
 * @param {string} heading
 * @returns {{ name: string, commands: string }[]}
 */
export function blocks(heading) {
  const sections = text.split(/^(.+)\n[-=]{4,}$/m); // heading, text, heading, text …
  const section = sections[sections.indexOf(heading) + 1];
  if (!sections.includes(heading)) throw new Error(`README has no section "${heading}"`);
  return [...section.matchAll(/^```sh *(\w*)\n(.*?)^```$/gms)].map(([, name, commands]) => ({ name, commands }));
}
