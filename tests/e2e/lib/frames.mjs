// Watches every frame of what people see: how long each picture stood still, and whether it was black.
import assert from 'node:assert/strict';
import { until } from './stack.mjs';

const GAP_MAX = 1000; // ms between two frames
const FRAMES_MIN = 50; // of each picture: fewer say nothing

// Runs in the page. A picture is known by the name on its tile: the video element may change, and the stream in it. Time goes
// on as the own picture does: while a busy machine paints nothing at all, no frame can be missed.
function watchFrames() {
  const STEP_MAX = 200; // ms that the time goes on with one frame of the own picture
  const SIZE = 16; // pixels of the copy that is looked at
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIZE;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const pictures = new Map(); // by name
  const followed = new WeakSet();
  let ended = false;
  let now = 0; // ms
  let stepAt = performance.now();
  const isBlack = (video) => {
    context.drawImage(video, 0, 0, SIZE, SIZE);
    return context.getImageData(0, 0, SIZE, SIZE).data.every((value, i) => i % 4 === 3 || value < 8);
  };
  const step = () => {
    now += Math.min(STEP_MAX, performance.now() - stepAt);
    stepAt = performance.now();
  };
  const look = (picture) => {
    picture.longest = Math.max(picture.longest, now - picture.last);
    picture.last = now;
  };
  const follow = (video, picture) => video.requestVideoFrameCallback(() => {
    if (picture.isOwn) step();
    look(picture);
    picture.frames += 1;
    if (picture.frames % 8 === 0 && isBlack(video)) picture.black += 1;
    if (!ended && video.isConnected) follow(video, picture);
    else followed.delete(video);
  });
  const timer = setInterval(() => {
    for (const tile of document.querySelectorAll('#tiles > li.tile')) {
      const video = tile.querySelector('video');
      if (followed.has(video)) continue;
      const isOwn = tile.classList.contains('own');
      const name = isOwn ? 'own' : tile.querySelector('.tile-name').textContent;
      if (!pictures.has(name)) pictures.set(name, { name, isOwn, longest: 0, black: 0, frames: 0, last: now });
      followed.add(video);
      follow(video, pictures.get(name));
    }
  }, 50);
  window.watchedPictures = () => [...pictures.values()];
  window.endWatch = () => {
    ended = true;
    clearInterval(timer);
    pictures.forEach(look);
    return [...pictures.values()];
  };
}

/**
 * Runs `work`, and says of each of these people what they have seen meanwhile. Each of them sees all the others,
 * and themselves.
 * @param {import('./browser.mjs').Person[]} people
 * @param {() => Promise<void>} work
 * @returns {Promise<WatchedPicture[][]>}
 */
export async function watching(people, work) {
  const all = (pictures) => pictures.filter(({ frames }) => frames >= FRAMES_MIN).length >= people.length;
  await Promise.all(people.map(({ page }) => page.evaluate(watchFrames)));
  await work();
  for (const { page } of people) await until(async () => all(await page.evaluate('watchedPictures()')), 'more frames');
  return Promise.all(people.map(({ page }) => page.evaluate('endWatch()')));
}

/**
 * Nobody has noticed anything: no picture stood still for a second, and none was black.
 * @param {Awaited<ReturnType<typeof watching>>} seen
 */
export function assertSmooth(seen) {
  const pictures = seen.flat().filter(({ isOwn }) => !isOwn);
  console.log(`# longest time between two frames: ${Math.round(Math.max(...pictures.map(({ longest }) => longest)))} ms`);
  for (const { name, longest, black } of pictures) {
    assert.ok(longest < GAP_MAX, `${Math.round(longest)} ms without a frame of ${name}: ${JSON.stringify(seen)}`);
    assert.equal(black, 0, `black frames of ${name}`);
  }
}
