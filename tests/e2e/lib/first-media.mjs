// How soon people who waited see the call: browsers in a waiting room, and the moderator's click.
import { createMeeting, join, knock, linkOf, press } from './page.mjs';
import { until } from './stack.mjs';

const VIEWPORT = { width: 640, height: 480 }; // less to paint
const LIMIT = 20000; // ms until all see somebody

// Runs in the page: notes when the first frame of somebody else is shown.
function noteFirstFrame() {
  const followed = new WeakSet();
  const timer = setInterval(() => {
    for (const video of document.querySelectorAll('#tiles > li.tile:not(.own) video')) {
      if (followed.has(video)) continue;
      followed.add(video);
      /** @type {HTMLVideoElement} */ (video).requestVideoFrameCallback(() => {
        window.shownOfTest ??= Date.now();
        clearInterval(timer);
      });
    }
  }, 10);
}

function noteClick() {
  addEventListener('click', () => { window.clickedOfTest = Date.now(); }, { capture: true });
}

/**
 * A moderator in a meeting, and `count` people who wait and are admitted with one click. Gives for each the ms from the click until
 * they see the first picture of another.
 * @param {import('./browser.mjs').Browser} browser
 * @param {import('./client.mjs').Client} client
 * @param {number} count
 */
export async function firstMedia(browser, client, count) {
  const person = () => browser.person({ viewport: VIEWPORT });
  const moderator = await person();
  const links = await createMeeting(moderator, client);
  await join(moderator, 'Dr Meyer');
  await client.call('PATCH', `/session/${linkOf(links.guest)}`, { body: { access: 'waitingRoom' } });
  const waiting = [];
  for (let i = 0; i < count; i += 1) {
    waiting.push(await person());
    await knock(waiting[i], links.guest, `Guest ${i + 1}`);
    await waiting[i].page.evaluate(noteFirstFrame);
  }
  await until(async () => (await moderator.page.locator('#waiting-text').textContent()).includes(count > 1 ? `${count} people` : 'is waiting'), 'the banner');
  await moderator.page.evaluate(noteClick);
  await press(moderator, count > 1 ? 'Admit all' : 'Admit');
  const clicked = await moderator.page.evaluate(() => window.clickedOfTest);
  const shown = ({ page }) => until(() => page.evaluate(() => window.shownOfTest), 'a picture', LIMIT);
  return (await Promise.all(waiting.map(shown))).map((at) => at - clicked);
}
