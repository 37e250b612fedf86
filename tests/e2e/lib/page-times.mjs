// How soon people see each other: from the link to their own picture, from Join to another's, from a reload back into the call.
import { until } from './stack.mjs';

const LIMIT = 20000; // ms until something is seen at all

// Runs in the page before its own scripts: notes, in ms since the page was asked for, when there is a picture of oneself before the
// call, when Join was pressed, and when there is a picture of somebody else in the call.
function noteTimes() {
  const times = { preview: 0, join: 0, call: 0, picture: 0 };
  window.timesOfTest = times;
  const followed = new WeakSet();
  const follow = (selector, name) => {
    for (const video of document.querySelectorAll(selector)) {
      if (followed.has(video)) continue;
      followed.add(video);
      /** @type {HTMLVideoElement} */ (video).requestVideoFrameCallback(() => {
        times[name] ||= performance.now();
      });
    }
  };
  addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('#join-button')) times.join = performance.now();
  }, { capture: true });
  const timer = setInterval(() => {
    follow('#preview-video', 'preview');
    follow('#tiles > li.tile:not(.own) video', 'picture');
    const inCall = document.querySelector('#call-screen:not([hidden])') && document.querySelector('#connection-banner[hidden]');
    if (inCall) times.call ||= performance.now();
    if (times.picture && times.call) clearInterval(timer);
  }, 5);
}

/**
 * Waits until the page has noted the time `name`. Gives all its times.
 * @param {import('./browser.mjs').Person} person
 * @param {'preview' | 'call' | 'picture'} name
 * @returns {Promise<{preview: number, join: number, call: number, picture: number}>}
 */
async function timesOf({ page }, name) {
  await until(() => page.evaluate((one) => window.timesOfTest?.[one] > 0, name).catch(() => false), `the time of ${name}`, LIMIT);
  return page.evaluate(() => window.timesOfTest);
}

/**
 * One visit of a meeting in which somebody sends a picture already: link, Join, reload. Gives the ms that each took.
 * @param {import('./browser.mjs').Person} person
 * @param {string} url
 * @param {string} name
 */
export async function visitTimes(person, url, name) {
  const { page } = person;
  await page.addInitScript(noteTimes);
  await page.goto(url);
  const { preview } = await timesOf(person, 'preview');
  await page.getByLabel('Your name').fill(name);
  const join = page.locator('#join-button');
  await until(() => join.isEnabled(), 'the devices');
  await join.click();
  const joined = await timesOf(person, 'picture');
  await page.reload();
  const again = await timesOf(person, 'call');
  return { preview, picture: joined.picture - joined.join, reload: again.call };
}
