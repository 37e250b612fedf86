// How tiles fill a rectangle: pure arithmetic.

// Width : height of a tile. Pictures are cut to their tile, so tall tiles are only for tall places, as on a phone.
const NARROWEST = { tall: 0.62, wide: 1 };
const WIDEST = 16 / 9;

/**
 * The size of the largest equal tiles, so that `count` of them fit into width x height: {width, height} in whole
 * pixels.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @param {number} gap  between tiles
 */
export function fitTiles(count, width, height, gap) {
  const narrowest = width < height ? NARROWEST.tall : NARROWEST.wide;
  let best = { width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    const tile = {
      width: Math.floor(Math.min(cellWidth, cellHeight * WIDEST)),
      height: Math.floor(Math.min(cellHeight, cellWidth / narrowest)),
    };
    if (tile.width * tile.height > best.width * best.height)
      best = tile;
  }
  return best;
}
