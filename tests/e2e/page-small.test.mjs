// Small screens and large zoom: nothing of a call is cut off or covered. 320 x 256 is a desktop of 1280 x 1024 at a zoom of 400 %.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { createMeeting, enter, join, people, press, tile } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const client = new Client(sharedStack());
const SIZES = [[320, 640], [320, 256], [390, 844], [1280, 800]];
let browser;
let ann;
let bob;
let links;

before(async () => {
  browser = await Browser.start();
  ann = await browser.person();
  links = await createMeeting(ann, client, { options: ['Record this meeting'] });
  await join(ann, 'Ann');
  bob = await browser.person();
  await enter(bob, links.guest, 'Bob');
  await ann.untilPlaying({ videos: 1 });
  await press(bob, 'Camera');
  await until(() => tile(ann, 'Bob').evaluate((one) => !one.classList.contains('pictured')), 'the initials');
});
after(() => browser.close());

// What is on the screen, as rectangles.
const boxes = (page, selector) => page.evaluate((wanted) => [...document.querySelectorAll(wanted)]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 1)
  .map((one) => {
    const { left, top, right, bottom } = one.getBoundingClientRect();
    return { name: one.id || one.className, left, top, right, bottom };
  }), selector);

const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;

for (const [width, height] of SIZES) {
  test(`a call with a recording and a poor connection at ${width} x ${height}: nothing is cut off or covered`, async () => {
    const { page } = ann;
    await page.setViewportSize({ width, height });
    await page.locator('#recording-mark').waitFor();
    // As if the connection was poor, until the next measurement.
    await page.evaluate(() => {
      document.getElementById('own-quality').dataset.quality = 'poor';
      document.getElementById('own-quality-text').textContent = 'Poor connection';
    });
    const header = await boxes(page, '.call-header > *:not(.spacer):not(.visually-hidden)');
    const tools = await boxes(page, '.toolbar .tool');
    assert.ok(header.some(({ name }) => name === 'own-quality') && tools.length >= 5);
    for (const box of [...header, ...tools])
      assert.ok(box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height, `${JSON.stringify(box)} is cut off`);
    for (const row of [header, tools])
      row.forEach((one, i) => row.slice(i + 1).forEach((other) => assert.ok(!meet(one, other), `${one.name} covers ${other.name}`)));
    const [avatar] = await boxes(page, '#tiles .tile:not(.pictured) .avatar');
    for (const label of await boxes(page, '#tiles .tile-label'))
      assert.ok(!meet(avatar, label), 'a label covers the initials');
    await page.evaluate(() => {
      const line = document.createElement('p');
      line.className = 'notice-line';
      line.textContent = 'Somebody with quite a long name joined.';
      document.getElementById('notices').replaceChildren(line);
    });
    let covered = ['nothing was looked at'];
    await until(async () => {
      const [notice] = await boxes(page, '.notice-line');
      // The next measurement of the connection has changed the header, perhaps.
      covered = (await boxes(page, '#tiles .tile-label, .toolbar .tool, .call-header > *:not(.spacer):not(.visually-hidden)')).filter((one) => meet(notice, one)).map(({ name }) => name);
      return covered.length === 0;
    }, 'the message to cover nothing', 3000).catch((error) => {
      throw new Error(`${error.message}: it covers ${covered}`);
    });
    await page.evaluate(() => document.getElementById('notices').replaceChildren());
  });
}

test('on a phone Join is in sight at once, and a message does not cover the names in the list of people', async () => {
  const { page } = ann;
  await page.setViewportSize({ width: 390, height: 844 });
  await people(ann);
  await page.evaluate(() => {
    const line = document.createElement('p');
    line.className = 'notice-line';
    line.textContent = 'Somebody with quite a long name joined.';
    document.getElementById('notices').replaceChildren(line);
  });
  await until(async () => {
    const [notice] = await boxes(page, '.notice-line');
    const names = await boxes(page, '#people-title, #people li');
    assert.ok(names.length >= 2);
    return names.every((one) => !meet(notice, one)) && notice.top > 0 && notice.bottom < 844;
  }, 'the message to be below the list', 3000);
  await page.evaluate(() => document.getElementById('notices').replaceChildren());
  await press(ann, 'People');
  const guest = await browser.person({ viewport: { width: 390, height: 844 } });
  await guest.page.goto(links.guest);
  const join = guest.page.getByRole('button', { name: 'Join', exact: true });
  await join.waitFor();
  const { y, height } = await join.boundingBox();
  assert.ok(y > 0 && y + height <= 844, `Join is at ${y}`);
  assert.equal(await guest.page.evaluate(() => document.scrollingElement.scrollTop), 0);
});

test('the ring of a person who speaks, and Leave, stand out in both themes', async () => {
  const { page } = ann;
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const ratios = await page.evaluate(() => {
      const luminance = (color) => {
        const [red, green, blue] = color.match(/\d+/g).map((one) => {
          const share = Number(one) / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const ratio = (one, other) => {
        const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
        return (light + 0.05) / (dark + 0.05);
      };
      const style = (selector, part) => getComputedStyle(document.querySelector(selector), part);
      const ring = style('#tiles .tile', '::after').borderTopColor;
      const leave = style('#leave-button', null);
      return {
        tile: ratio(ring, style('#tiles .tile', null).backgroundColor),
        stage: ratio(ring, style('#call-screen', null).backgroundColor),
        text: ratio(leave.color, leave.backgroundColor),
        leave: ratio(leave.backgroundColor, style('#more-button', null).backgroundColor),
      };
    });
    assert.ok(ratios.tile >= 3 && ratios.stage >= 3, `${colorScheme}: the ring ${JSON.stringify(ratios)}`);
    assert.ok(ratios.text >= 4.5, `${colorScheme}: Leave ${JSON.stringify(ratios)}`);
    const saturation = await page.locator('#leave-button').evaluate((one) => {
      const [red, green] = getComputedStyle(one).backgroundColor.match(/\d+/g).map(Number);
      return red - green;
    });
    assert.ok(saturation > 120, `${colorScheme}: Leave is pale`);
  }
  await inspect(ann, 'call-small');
});
