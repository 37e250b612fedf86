// The places of the tiles, without a browser: sizes, pages, who is large, what is received, and zoom.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from './lib/clock.mjs';
import { pageModule } from './lib/modules.mjs';

const { layoutOf, viewsOf, pictureIn, fitTiles } = await pageModule('layout.js');
const { zoomAt, withinTile } = await pageModule('zoom.js');
const { mainOf, withSpeaker } = await pageModule('view-choice.js');
const { nextCorner } = await pageModule('self-view.js');

const PHONE = { width: 390, height: 732 };
const LAPTOP = { width: 1280, height: 688 };
const ZOOMED = { width: 268, height: 208 };
const SPOT = { x: 1, y: 1 };
const people = (count, self = true) => Array.from({ length: count }, (_, i) => ({
  id: self && i === 0 ? 'local' : `p${i}`, self: self && i === 0, screen: false, aspect: 16 / 9,
}));
const screen = { id: 'ann-screen', self: false, screen: true, aspect: 16 / 9 };
const place = (items, stage = LAPTOP, { main = null, page = 0, spot = SPOT } = {}) => layoutOf({ items, main, ...stage, page, spot });
const meet = (a, b) => a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;

// Every tile is on the stage, and none covers another one, but our own that floats.
function assertTidy({ places, pager }, { width, height }) {
  const boxes = [...places.values()].filter(({ kind }) => kind !== 'floating');
  for (const box of [...places.values(), ...(pager ? [pager] : [])])
    assert.ok(box.left >= 0 && box.top >= 0 && box.left + box.width <= width && box.top + box.height <= height, `${JSON.stringify(box)} is not on the stage`);
  const all = pager ? [...boxes, pager] : boxes;
  all.forEach((one, i) => all.slice(i + 1).forEach((other) => assert.ok(!meet(one, other), `${JSON.stringify(one)} covers ${JSON.stringify(other)}`)));
}

test('any number of people on any stage: everything is on it, nothing covers another, and every tile has a shape of 4:3 to 16:9', () => {
  for (const stage of [PHONE, LAPTOP, ZOOMED, { width: 1920, height: 968 }, { width: 320, height: 500 }, { width: 780, height: 340 }])
    for (let count = 1; count <= 60; count++) {
      const items = people(count);
      const grid = place(items, stage, { main: null });
      assertTidy(grid, stage);
      for (const { width, height } of grid.places.values())
        assert.ok(width / height >= 1.3 && width / height <= 1.8, `${count} on ${stage.width}x${stage.height}: a tile of ${width}x${height}`);
      assertTidy(place([...items, screen], stage, { main: screen.id }), stage);
      if (count > 1) assertTidy(place(items, stage, { main: 'p1' }), stage);
    }
});

test('a page has at most 16 tiles, on a phone 9; the pages together show everybody once', () => {
  for (const [stage, most] of /** @type {const} */ ([[LAPTOP, 16], [PHONE, 9]])) {
    assert.equal(place(people(most), stage).pages, 1);
    const items = people(49);
    const { pages } = place(items, stage);
    assert.equal(pages, Math.ceil(49 / most));
    const seen = Array.from({ length: pages }, (_, page) => [...place(items, stage, { page }).places.keys()]);
    assert.deepEqual(seen.flat(), items.map(({ id }) => id));
    assert.equal(seen[0].length, most);
  }
  const { places: full } = place(people(17));
  const { places: last } = place(people(17), LAPTOP, { page: 1 });
  assert.equal(last.size, 1);
  assert.equal([...last.values()][0].width, [...full.values()][0].width, 'the tiles of the last page are as large');
});

test('a page that is gone becomes the last one', () => {
  assert.equal(place(people(17), LAPTOP, { page: 9 }).page, 1);
  assert.equal(place(people(3), LAPTOP, { page: 1 }).page, 0);
});

test('with one other person our own picture floats, and stays inside wherever it was put', () => {
  for (const spot of [{ x: 0, y: 0 }, { x: 1, y: 1 }, { x: 0.3, y: 0.8 }]) {
    const layout = place(people(2), LAPTOP, { main: 'p1', spot });
    assert.deepEqual([...layout.places].map(([id, { kind }]) => [id, kind]), [['p1', 'main'], ['local', 'floating']]);
    assertTidy(layout, LAPTOP);
  }
  const left = place(people(2), LAPTOP, { main: 'p1', spot: { x: 0, y: 0 } }).places.get('local');
  const right = place(people(2), LAPTOP, { main: 'p1', spot: { x: 1, y: 0 } }).places.get('local');
  assert.ok(left.left < 20 && right.left + right.width > LAPTOP.width - 20);
});

test('a shared screen is large and not cut off; people are beside it, on a phone below it', () => {
  const wide = place([...people(4), screen], LAPTOP, { main: screen.id }).places;
  assert.ok(wide.get(screen.id).width > LAPTOP.width * 0.7);
  assert.ok(wide.get('p1').left > wide.get(screen.id).width);
  const tall = place([...people(4), screen], PHONE, { main: screen.id }).places;
  assert.ok(tall.get(screen.id).picture.width > PHONE.width * 0.9);
  assert.ok(tall.get('p1').top > tall.get(screen.id).height);
  for (const aspect of [0.4, 1, 16 / 9, 3])
    assert.ok(Math.abs(place([...people(3), { ...screen, aspect }], LAPTOP, { main: screen.id }).places.get(screen.id).picture.width
      / place([...people(3), { ...screen, aspect }], LAPTOP, { main: screen.id }).places.get(screen.id).picture.height - aspect) < 0.001);
});

test('a picture fills its tile if that cuts off little; else it keeps as much of its shape as it may', () => {
  assert.deepEqual(pictureIn({ width: 160, height: 90 }, 16 / 9, 0.1), { width: 160, height: 90 });
  assert.deepEqual(pictureIn({ width: 120, height: 90 }, 16 / 9, 0.25), { width: 120, height: 90 });
  const tall = pictureIn({ width: 160, height: 90 }, 9 / 16, 0.1);
  assert.equal(tall.height, 90);
  assert.ok(Math.abs(tall.width / tall.height - 9 / 16 / 0.9) < 0.001);
});

test('what is received: the pictures that are shown in device pixels, the pages beside paused, nothing else, and not our own', () => {
  const items = people(49);
  const views = viewsOf(place(items, LAPTOP, { page: 1 }), 2);
  const ids = (from, to) => items.slice(from, to).map(({ id }) => id).filter((id) => id !== 'local');
  const paused = [...views].filter(([, view]) => view.paused).map(([id]) => id);
  assert.deepEqual(paused, [...ids(0, 16), ...ids(32, 48)]);
  const shown = [...views].filter(([, view]) => !view.paused);
  assert.deepEqual(shown.map(([id]) => id), ids(16, 32));
  const { picture } = place(items, LAPTOP, { page: 1 }).places.get('p16');
  assert.deepEqual(shown[0][1], { width: Math.round(picture.width * 2), height: Math.round(picture.height * 2) });
  const zoomed = viewsOf(place([...people(2), screen], LAPTOP, { main: screen.id }), 1, (id) => (id === screen.id ? 3 : 1));
  const plain = viewsOf(place([...people(2), screen], LAPTOP, { main: screen.id }), 1);
  assert.ok(Math.abs(zoomed.get(screen.id).width - 3 * plain.get(screen.id).width) <= 2);
});

test('who is large: a pinned person, else a shared screen, else by the view', () => {
  const tile = (id, more = {}) => ({ id, self: id === 'local', screen: false, picture: true, ...more });
  const [own, bob, eve] = [tile('local'), tile('bob', { picture: false }), tile('eve')];
  const shared = tile('eve-screen', { screen: true });
  const main = (tiles, { view = 'auto', speaker = null, pin = '' } = {}) => mainOf(tiles, { view, speaker, pinned: ({ id }) => id === pin });
  assert.equal(main([own]), 'local');
  assert.equal(main([own, bob]), 'bob');
  assert.equal(main([bob]), 'bob', 'who watches has no picture');
  assert.equal(main([own, bob], { view: 'grid' }), null);
  assert.equal(main([own, bob, eve]), null);
  assert.equal(main([own, bob, eve], { view: 'speaker' }), 'eve', 'nobody has spoken: somebody with a picture');
  assert.equal(main([own, bob, eve], { view: 'speaker', speaker: 'bob' }), 'bob');
  assert.equal(main([own, bob, eve], { pin: 'bob' }), 'bob');
  assert.equal(main([own, bob, eve, shared], { view: 'grid' }), 'eve-screen');
  assert.equal(main([own, bob, eve, shared], { pin: 'bob' }), 'bob');
  assert.equal(main([own, bob, eve, shared], { pin: 'gone' }), 'eve-screen');
  assert.equal(main([]), null);
});

test('a person who speaks on a later page is seen on the first one', () => {
  const items = people(20);
  const ids = withSpeaker(items, 'p18', 16).map(({ id }) => id);
  assert.equal(ids[15], 'p18');
  assert.deepEqual([...ids].sort(), items.map(({ id }) => id).sort());
  assert.equal(withSpeaker(items, 'p3', 16), items);
  assert.equal(withSpeaker(items, null, 16), items);
});

test('zoom keeps what is under the pointer, stays between fitting and eight times, and leaves no stripe', () => {
  const tile = { width: 800, height: 450 };
  const point = { x: 200, y: -100 };
  const once = zoomAt({ scale: 1, x: 0, y: 0 }, 2, point, tile, tile);
  assert.equal(once.scale, 2);
  // What was under the point was 200 from the middle: it is 400 from the picture's middle now.
  assert.deepEqual([once.x + 400, once.y - 200], [200, -100]);
  assert.equal(zoomAt(once, 100, point, tile, tile).scale, 8);
  assert.deepEqual(zoomAt(once, 0.1, point, tile, tile), { scale: 1, x: 0, y: 0 });
  assert.deepEqual(withinTile({ scale: 2, x: 9999, y: -9999 }, tile, tile), { scale: 2, x: 400, y: -225 });
  assert.deepEqual(withinTile({ scale: 2, x: 50, y: 50 }, tile, { width: 300, height: 450 }), { scale: 2, x: 0, y: 50 }, 'a narrow picture stays in the middle');
});

test('our own picture goes round the corners', () => {
  const corners = [{ x: 0.9, y: 0.8 }];
  for (let i = 0; i < 4; i++) corners.push(nextCorner(corners.at(-1)));
  assert.deepEqual(corners.slice(1), [{ x: 0, y: 1 }, { x: 0, y: 0 }, { x: 1, y: 0 }, { x: 1, y: 1 }]);
});

test('the grids of recordings stay as they were', () => {
  const { width, height } = fitTiles(2, 390, 700, 8);
  assert.deepEqual({ width, height }, { width: 390, height: 346 });
});

test('the large picture follows the speakers, but stays long enough to be looked at; we ourselves are never followed', async () => {
  const clock = new Clock();
  try {
    const stored = {};
    const fakes = { 'storage.js': { keep: (name, text) => { stored[name] = text; }, kept: (name) => stored[name] ?? null } };
    const { ViewChoice } = await pageModule('view-choice.js', fakes);
    let changes = 0;
    let active = null;
    const choice = new ViewChoice(() => {
      changes += 1;
      choice.follow(active);
    });
    const speak = (id) => {
      active = id;
      choice.follow(id);
    };
    speak('bob');
    assert.equal(choice.speaker, 'bob');
    await clock.advance(500);
    speak('eve');
    assert.equal(choice.speaker, 'bob', 'too soon');
    await clock.advance(1100);
    assert.equal(choice.speaker, 'eve');
    speak('local');
    await clock.advance(5000);
    speak(null);
    assert.equal(choice.speaker, 'eve', 'who spoke last stays');
    speak('bob');
    await clock.advance(100);
    speak('eve'); // a word in between
    await clock.advance(200);
    speak('bob');
    await clock.advance(5000);
    assert.equal(choice.speaker, 'bob');
    // The view is kept for the next time; a pin is not, and finds the person again after a reconnection.
    choice.view = 'speaker';
    assert.equal(new ViewChoice(() => {}).view, 'speaker');
    choice.pin({ id: 'bob-1', key: 'bob' });
    assert.ok(choice.isPinned({ id: 'bob-2', key: 'bob' }));
    assert.ok(!choice.isPinned({ id: 'eve-1', key: 'eve' }));
    choice.pin({ id: 'eve-1', key: 'eve' });
    assert.ok(!choice.isPinned({ id: 'bob-1', key: 'bob' }), 'one person is pinned');
    assert.ok(!new ViewChoice(() => {}).isPinned({ id: 'eve-1', key: 'eve' }));
    assert.ok(changes > 0);
    choice.close();
  } finally {
    clock.restore();
  }
});
