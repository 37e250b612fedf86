// What people see of recordings on the page: the list, the film, and the grid of tracks.
import { until } from './stack.mjs';

export const row = ({ page }, { archive }) => page.locator(`[data-recording="${archive}"]`);
export const stateOf = (person, made) => row(person, made).locator('.recording-state').textContent();

export async function untilState(person, made, state) {
  await row(person, made).waitFor();
  await until(async () => (await stateOf(person, made)) === state, `the state ${state}`);
}

export const watch = (person, made) => row(person, made).getByRole('button', { name: /^Watch/ }).click();

// The place in the recording, in seconds, and the picture of the composed film.
/** @typedef {{time: number, paused: boolean, rate: number, left: number[], right: number[]}} Film  left, right: the colours of its halves */

// Runs in the page.
function filmNow() {
  const video = document.querySelector('#player-picture > video');
  if (!(video instanceof HTMLVideoElement) || video.error || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [64, 18];
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 64, 18);
  const colour = (x) => [...context.getImageData(x, 15, 1, 1).data.subarray(0, 3)];
  return { time: video.currentTime, paused: video.paused, rate: video.playbackRate, left: colour(16), right: colour(48) };
}

/** @returns {Promise<Film | null>} */
export const film = ({ page }) => page.evaluate(filmNow);

// Waits until the film is so, and gives it.
/** @type {(person: {page: any}, isSo: (now: Film) => boolean, what: string) => Promise<Film>} */
export const untilFilm = (person, isSo, what) => until(async () => {
  const now = await film(person);
  return now && isSo(now) ? now : null;
}, what);

/** @typedef {number[]} Colour  red, green, blue */
/** @param {Colour} colour */
export const isRed = ([red, green, blue]) => red > 180 && green < 80 && blue < 80;
/** @param {Colour} colour */
export const isBlue = ([red, green, blue]) => red < 80 && green < 80 && blue > 180;
/** @param {Colour} colour */
export const isBlack = ([red, green, blue]) => red < 40 && green < 40 && blue < 40;

/** @typedef {{name: string, pictured: boolean, time: number | null, paused: boolean, rate: number, width: number}} Cell  time: in the file, in seconds */

// Runs in the page: the visible tiles of the grid.
function gridNow() {
  return [...document.querySelectorAll('.stage.recorded .tile')].filter((tile) => !(/** @type {HTMLElement} */ (tile).hidden)).map((tile) => {
    const media = /** @type {HTMLMediaElement | null} */ (tile.querySelector('video.shown') ?? tile.querySelector('video, audio'));
    return {
      name: tile.querySelector('.tile-name').textContent.replace(/[\u2068\u2069]/g, ''), pictured: tile.classList.contains('pictured'),
      time: media?.currentTime ?? null, paused: media?.paused ?? true, rate: media?.playbackRate ?? 0,
      width: Math.round(tile.getBoundingClientRect().width),
    };
  });
}

/** @returns {Promise<Cell[]>} */
export const grid = ({ page }) => page.evaluate(gridNow);

/** @type {(person: {page: any}, isSo: (cells: Record<string, Cell>) => boolean, what: string) => Promise<Record<string, Cell>>} */
export const untilGrid = (person, isSo, what) => until(async () => {
  const cells = Object.fromEntries((await grid(person)).map((cell) => [cell.name, cell]));
  return isSo(cells) ? cells : null;
}, what);

// The place that the player shows, in whole seconds.
export async function place({ page }) {
  const [minutes, seconds] = (await page.locator('#player-time').textContent()).split(' / ')[0].split(':').map(Number);
  return minutes * 60 + seconds;
}

// Goes to a place as with the mouse: a click on the bar.
export async function seekTo({ page }, share) {
  const { x, y, width, height } = await page.locator('#player-seek').boundingBox();
  await page.mouse.click(x + width * share, y + height / 2);
}
