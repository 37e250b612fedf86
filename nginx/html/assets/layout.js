// How tiles fill a rectangle: pure arithmetic.

const NARROWEST = 0.62; // width : height; a tall tile on a phone
const WIDEST = 16 / 9;

/** The largest equal tiles of which `count` fit into width x height: {width, height} in whole pixels. */
export function fitTiles(count, width, height, gap) {
  let best = { width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    const tile = {
      width: Math.floor(Math.min(cellWidth, cellHeight * WIDEST)),
      height: Math.floor(Math.min(cellHeight, cellWidth / NARROWEST)),
    };
    if (tile.width * tile.height > best.width * best.height)
      best = tile;
  }
  return best;
}
