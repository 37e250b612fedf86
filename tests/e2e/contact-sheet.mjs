// Takes pictures of every screen of the join page, to be looked at: one sheet for each, with three sizes in both themes. Words on the
// command line choose the screens whose names start with them; no word: all.
//
//   node contact-sheet.mjs [--readme] [NAME…]      the sheets come into build/contact-sheet/; --readme: renews the README's pictures
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Scenes } from './lib/scenes.mjs';
import { source, startStack } from './lib/stack.mjs';

const SIZES = [{ width: 390, height: 844 }, { width: 1280, height: 800 }, { width: 1920, height: 1080 }];
const SCHEMES = /** @type {const} */ (['light', 'dark']);
const SHOWN = 420; // pixels: height of a picture on the sheet
const README = ['one-to-one', 'class', 'waiting-room'];
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const forReadme = process.argv.includes('--readme');
const out = path.join(source, 'build/contact-sheet');

// The screen in one size and theme.
async function pictureOf(page, viewport, colorScheme, options = {}) {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  return page.screenshot(options);
}

// All pictures side by side, with what they are.
async function sheetOf(browser, name, pictures) {
  const { page } = await browser.person({ viewport: { width: 2000, height: 1000 } });
  const figures = pictures.map(({ title, png }) => `<figure><img height="${SHOWN}" src="data:image/png;base64,${png.toString('base64')}"><figcaption>${title}</figcaption></figure>`);
  await page.setContent(`<style>body{margin:12px;font:16px sans-serif;background:#888;width:1900px}figure{display:inline-block;margin:6px}</style><h1>${name}</h1>${figures.join('')}`);
  const sheet = await page.screenshot({ fullPage: true });
  await page.context().close();
  return sheet;
}

async function take(browser, name, scene) {
  const { page } = await scene();
  const pictures = [];
  for (const colorScheme of SCHEMES)
    for (const viewport of SIZES)
      pictures.push({ title: `${viewport.width} × ${viewport.height}, ${colorScheme}`, png: await pictureOf(page, viewport, colorScheme) });
  writeFileSync(path.join(out, `${name}.png`), await sheetOf(browser, name, pictures));
  if (forReadme && README.includes(name))
    await pictureOf(page, SIZES[1], 'light', { type: 'jpeg', quality: 80, path: path.join(source, `nginx/${name}.jpg`) });
  await browser.closePages();
}

const folder = mkdtempSync(path.join(tmpdir(), 'cf-'));
chmodSync(folder, 0o755); // the services' users go through it
process.env.CONFAB_E2E_DIR = folder;
process.env.CONFAB_JANUS_DIR ??= path.join(source, 'build/check/janus');
mkdirSync(out, { recursive: true });
let stack;
let browser;
let failed = 0;
try {
  stack = await startStack();
  process.env.CONFAB_E2E_VAR = stack.var;
  browser = await Browser.start();
  for (const [name, scene] of Object.entries(new Scenes(browser, new Client(stack)).all)) {
    if (words.length > 0 && !words.some((word) => name.startsWith(word))) continue;
    try {
      await take(browser, name, scene);
      console.log(name);
    } catch (error) {
      failed += 1;
      console.error(`${name}: ${error.message}`);
      await browser.closePages();
    }
  }
} finally {
  await browser?.close();
  if (stack) execFileSync(path.join(source, 'scripts/down'), [], { env: { ...process.env, CONFAB_VAR: stack.var }, stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);
