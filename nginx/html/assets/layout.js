// Where each tile of the stage is, and on which page: pure arithmetic. Lengths are CSS pixels, left and top count from the stage's
// corner.
//
//   layoutOf({ items, main, width, height, page, spot })   the tiles of a call -> Layout
//   viewsOf(layout, ratio, zoom)      whose pictures must be received, and how large
//   pictureIn(tile, aspect, crop)     the picture inside a tile
//   fitTiles(count, width, height, gap, narrowest)   equal tiles

/**
 * @typedef {object} Item  what is to be placed
 * @property {string} id
 * @property {boolean} self
 * @property {boolean} screen
 * @property {number} aspect  width : height of its picture
 */

/** @typedef {{width: number, height: number}} Size */
/** @typedef {Size & {left: number, top: number}} Box */

/**
 * A tile's place. `floating` tiles lie over the others.
 * @typedef {Box & {kind: 'main' | 'beside' | 'grid' | 'floating', picture: Size}} Place
 */

/**
 * @typedef {object} Layout
 * @property {Map<string, Place>} places  of the tiles that are shown, by id
 * @property {string[]} near  ids on the page before and the page after
 * @property {number} page  that is shown, from 0 on
 * @property {number} pages
 * @property {Box | null} pager  where the buttons for pages are; null: there is one page
 */

/** @import { View } from './layers.js' */

const GAP = 8; // between tiles, and around them
const PAGER = 44; // height of the buttons for pages
const WIDEST = 16 / 9; // width : height of a tile
const NARROWEST = 4 / 3; // in a call
// Pictures of recordings are not cut, so that tall tiles are good in tall places, as on a phone.
const RECORDED = { tall: 0.62, wide: 1 };
const PHONE = 480; // a stage with a shorter side is a phone's
const MOST = { phone: 9, desktop: 16 }; // tiles of a page
const SMALLEST = 100; // width of a tile in a grid; a page has fewer tiles rather than smaller ones
// The share of a picture that may be cut off. A picture of 16:9 loses a quarter in a tile of 4:3.
const CROP = { main: 0.1, grid: 0.25, screen: 0 };

/** @type {(value: number, least: number, most: number) => number} */
const clamp = (value, least, most) => Math.max(least, Math.min(value, most));

/**
 * The size of the largest equal tiles, so that `count` of them fit into width x height: {width, height} in whole
 * pixels, and in how many columns.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @param {number} gap  between tiles
 * @param {number} [narrowest]  width : height
 */
export function fitTiles(count, width, height, gap, narrowest = width < height ? RECORDED.tall : RECORDED.wide) {
  let best = { width: 0, height: 0, columns: 1 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    const tile = {
      width: Math.floor(Math.min(cellWidth, cellHeight * WIDEST)),
      height: Math.floor(Math.min(cellHeight, cellWidth / narrowest)),
      columns,
    };
    if (tile.width * tile.height > best.width * best.height)
      best = tile;
  }
  return best;
}

/**
 * The size of a picture inside its tile. It fills the tile if that cuts off no more than `crop`; else the tile shows stripes.
 * @param {Size} tile
 * @param {number} aspect  width : height of the picture
 * @param {number} crop  the share of the picture that may be cut off
 * @returns {Size}
 */
export function pictureIn({ width, height }, aspect, crop) {
  const shape = clamp(width / height, aspect * (1 - crop), aspect / (1 - crop));
  return width / height > shape ? { width: height * shape, height } : { width, height: width / shape };
}

/**
 * @param {Item} item
 * @param {Box} box
 * @param {Place['kind']} kind
 * @returns {Place}
 */
function placeOf({ aspect, screen }, box, kind) {
  return { ...box, kind, picture: pictureIn(box, aspect, screen ? CROP.screen : kind === 'main' ? CROP.main : CROP.grid) };
}

/**
 * How many tiles a page holds.
 * @param {number} count  of all tiles
 * @param {Size} box
 * @param {{most: number, smallest: number}} limits
 */
function pageSize(count, { width, height }, { most, smallest }) {
  let size = Math.min(count, most);
  while (size > 1 && fitTiles(size, width, height, GAP, NARROWEST).width < smallest)
    size--;
  return Math.max(size, 1);
}

/**
 * Puts equal tiles into a box, in as many rows as it takes: into its middle, or at its top.
 * @param {number} count
 * @param {Box} box
 * @param {{width: number, height: number, columns: number}} tile
 * @param {boolean} middle
 * @returns {Box[]}
 */
function rowsOf(count, box, { width, height, columns }, middle) {
  const rows = Math.ceil(count / columns);
  const top = box.top + (middle ? (box.height - rows * (height + GAP) + GAP) / 2 : 0);
  return Array.from({ length: count }, (_, i) => {
    const row = Math.floor(i / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = box.left + (box.width - inRow * (width + GAP) + GAP) / 2;
    return { left: Math.round(left + (i % columns) * (width + GAP)), top: Math.round(top + row * (height + GAP)), width, height };
  });
}

/**
 * Fills a part of the stage with pages of equal tiles. The last page's tiles are as large as those of the others.
 * @param {Item[]} items
 * @param {Box} region
 * @param {{most: number, smallest: number, page: number, kind: Place['kind']}} options
 * @returns {Layout}
 */
function pagesOf(items, region, { most, smallest, page: wanted, kind }) {
  let box = region;
  let size = pageSize(items.length, box, { most, smallest });
  const paged = size < items.length;
  if (paged) {
    box = { ...region, height: region.height - PAGER - GAP };
    size = pageSize(items.length, box, { most, smallest });
  }
  const pages = Math.ceil(items.length / size);
  const page = clamp(wanted, 0, pages - 1);
  /** @param {number} number */
  const itemsOf = (number) => items.slice(Math.max(0, number) * size, Math.max(0, number + 1) * size);
  const shown = itemsOf(page);
  const boxes = rowsOf(shown.length, box, fitTiles(size, box.width, box.height, GAP, NARROWEST), kind === 'grid');
  return {
    places: new Map(shown.map((item, i) => [item.id, placeOf(item, boxes[i], kind)])),
    near: [...itemsOf(page - 1), ...itemsOf(page + 1)].map(({ id }) => id), page, pages,
    pager: paged ? { left: region.left, top: box.top + box.height + GAP, width: region.width, height: PAGER } : null,
  };
}

/**
 * Divides the stage: the large tile, and the tiles beside it, or below it where the stage is tall.
 * @param {Item} large
 * @param {Size} stage
 */
function divide(large, { width, height }) {
  const inner = { left: GAP, top: GAP, width: width - 2 * GAP, height: height - 2 * GAP };
  if (width < height) {
    const tall = clamp(inner.width / large.aspect, height * 0.3, height * 0.6);
    const main = { ...inner, height: Math.round(tall) };
    const top = main.top + main.height + GAP;
    return { main, beside: { ...inner, top, height: height - GAP - top }, smallest: SMALLEST };
  }
  const side = Math.round(clamp(width * 0.2, Math.min(144, width * 0.35), 272));
  const main = { ...inner, width: inner.width - side - GAP };
  // One column: two would be too small to know a face.
  return { main, beside: { ...inner, left: main.left + main.width + GAP, width: side }, smallest: Math.min(side, SMALLEST * 2) * 0.8 };
}

/**
 * Our own picture over another one.
 * @param {Item} self
 * @param {Size} stage
 * @param {{x: number, y: number}} spot  0..1: from the left to the right, from the top to the bottom
 * @returns {Place}
 */
function floatingPlace(self, { width, height }, spot) {
  const long = clamp(Math.max(width, height) * 0.2, 128, 240);
  const aspect = clamp(self.aspect, 9 / 16, 16 / 9);
  const size = { width: Math.round(aspect < 1 ? long * aspect : long), height: Math.round(aspect < 1 ? long : long / aspect) };
  const left = Math.round(GAP + spot.x * Math.max(0, width - size.width - 2 * GAP));
  const top = Math.round(GAP + spot.y * Math.max(0, height - size.height - 2 * GAP));
  return { ...size, left, top, kind: 'floating', picture: size };
}

/**
 * The places of the tiles.
 * @param {object} stage
 * @param {Item[]} stage.items  in the order of their places
 * @param {string | null} stage.main  id of the large one; null: all are equal
 * @param {number} stage.width
 * @param {number} stage.height
 * @param {number} stage.page  the wanted one
 * @param {{x: number, y: number}} stage.spot  of our own picture when it floats
 * @returns {Layout}
 */
export function layoutOf({ items, main, width, height, page, spot }) {
  const most = Math.min(width, height) < PHONE ? MOST.phone : MOST.desktop;
  const large = items.find(({ id }) => id === main);
  const others = items.filter((item) => item !== large);
  if (!large) {
    const inner = { left: GAP, top: GAP, width: width - 2 * GAP, height: height - 2 * GAP };
    return pagesOf(items, inner, { most, smallest: SMALLEST, page, kind: 'grid' });
  }
  if (others.every(({ self }) => self)) {
    const places = new Map([[large.id, placeOf(large, { left: 0, top: 0, width, height }, 'main')]]);
    for (const self of others)
      places.set(self.id, floatingPlace(self, { width, height }, spot));
    return { places, near: [], page: 0, pages: 1, pager: null };
  }
  const { main: box, beside, smallest } = divide(large, { width, height });
  const layout = pagesOf(others, beside, { most, smallest, page, kind: 'beside' });
  layout.places.set(large.id, placeOf(large, box, 'main'));
  return layout;
}

/**
 * What is to be received: the pictures that are shown, and those of the pages beside, which may be needed soon. Our own
 * picture is not received.
 * @param {Pick<Layout, 'places' | 'near'>} layout
 * @param {number} ratio  device pixels of a CSS pixel
 * @param {(id: string) => number} [zoom]  how much larger than its tile a picture is shown
 * @returns {Map<string, View>}
 */
export function viewsOf({ places, near }, ratio, zoom = () => 1) {
  /** @type {Map<string, View>} */
  const views = new Map(near.map((id) => [id, { paused: true }]));
  for (const [id, { picture }] of places) {
    const scale = ratio * zoom(id);
    views.set(id, { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  }
  views.delete('local');
  return views;
}
