// Whether everybody can use a screen of the page: axe-core's rules, and whether it fits a desktop and telephones.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = { desktop: { width: 1280, height: 800 }, telephone: { width: 390, height: 844 } };
const SMALLEST = { width: 320, height: 640 };
const shots = process.env.CONFAB_E2E_SHOTS; // a folder: then every screen is kept as a picture

// The two colour schemes differ in colours alone: in the second one these rules are enough.
// (The whole category of colour includes the contrast of level AAA, which the page does not have.)
const SCHEMES = { light: {}, dark: { runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } } };

// The violations that axe-core finds in the page. (Evaluated, because the page's policy allows no script of another origin.)
async function violationsOf(page, options) {
  if (!(await page.evaluate('typeof axe === "object"'))) await page.evaluate(axe);
  return page.evaluate(async (chosen) => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'], ...chosen });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  }, options);
}

async function assertFits(page, name) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const { width } = page.viewportSize();
  assert.ok(overflow <= 0, `${name} is ${overflow} pixels wider than a window of ${width}`);
}

const shoot = async (page, file) => shots && page.screenshot({ path: `${shots}/${file}.png` });

// Checks the page with axe-core, and for parts that are wider than the window.
export async function inspect({ page }, name) {
  if (shots) mkdirSync(shots, { recursive: true });
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const [colorScheme, rules] of Object.entries(SCHEMES)) {
      // Without transitions the colours are final at once.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const violations = await violationsOf(page, rules);
      assert.deepEqual(violations, [], `${name}, ${size}, ${colorScheme}`);
      await shoot(page, `${name}-${size}-${colorScheme}`);
    }
    await assertFits(page, name);
  }
  await page.setViewportSize(SMALLEST);
  await assertFits(page, name);
  await shoot(page, `${name}-smallest-dark`);
  await page.setViewportSize(SIZES.desktop);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' });
}
