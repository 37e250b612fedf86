// The strip of small pictures of a recording: one image with rows of them, each a fixed time after the one before it.
// Pure functions.

/** @typedef {{interval: number, columns: number, rows: number, count: number, width: number, height: number}} Strip  interval: ms; sizes: of one picture, in pixels */

/**
 * Where the picture of this time begins in the image, in pixels.
 * @param {Strip} strip
 * @param {number} time  seconds
 */
export function pictureAt({ interval, columns, count, width, height }, time) {
  const wanted = Math.floor((time * 1000) / interval);
  const index = Math.max(0, Math.min(wanted, count - 1));
  return { left: (index % columns) * width, top: Math.floor(index / columns) * height };
}
