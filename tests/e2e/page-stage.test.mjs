// The pictures of a call: who is large, what is cut off, and what people can do with the pictures. Most tests use the real stage with
// people who are not there (lib/fake-call.mjs).
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { crowd, openFakeCall, showPeople } from './lib/fake-call.mjs';
import { inspect } from './lib/inspect.mjs';
import { choose, createMeeting, enter, join, press, tile } from './lib/page.mjs';
import { sharedStack, sleep, until } from './lib/stack.mjs';

const client = new Client(sharedStack());
const PHONE = { width: 390, height: 844 };
const LAPTOP = { width: 1280, height: 800 };
const DESKTOP = { width: 1920, height: 1080 };
const WIDE = /** @type {[number, number]} */ ([640, 360]);
const TALL = /** @type {[number, number]} */ ([360, 640]);
const SCREEN = /** @type {[number, number]} */ ([1280, 720]);
const CROP_MAX = 0.1001; // a browser counts in 64ths of a pixel
let browser;

before(async () => {
  browser = await Browser.start();
});
afterEach(() => browser.closePages());
after(() => browser.close());

// A person in a call with these people. Without motion: a place is final at once.
/** @param {{fakes?: import('./lib/fake-call.mjs').Fake[], viewport?: object, self?: [number, number] | null} & Record<string, any>} [options] */
async function call({ fakes = [], viewport = LAPTOP, self = undefined, ...options } = {}) {
  const person = await browser.person({ viewport, reducedMotion: 'reduce', ...options });
  await person.page.goto(client.base);
  await person.page.locator('#start-screen').waitFor();
  await openFakeCall(person.page, { self });
  await showPeople(person.page, fakes);
  await untilShown(person, fakes.filter(({ size }) => size).length > 0);
  return person;
}

// axe and screenshots of a state. Its end brings motion back.
async function inspectStill(person, name) {
  await inspect(person, name);
  await person.page.emulateMedia({ reducedMotion: 'reduce' });
}

// Until every picture that has a place is there.
const untilShown = ({ page }, any = true) => until(() => page.evaluate((wanted) => {
  const tiles = [...document.querySelectorAll('#tiles > .tile.pictured, #screens > .tile.pictured')].filter((one) => one.checkVisibility());
  return (tiles.length > 0 || !wanted) && tiles.every((one) => one.classList.contains('live'));
}, any), 'the pictures');

// The tiles that are shown: their boxes, and the boxes of their pictures.
const shown = ({ page }) => page.evaluate(() => {
  const boxOf = (element) => {
    const { left, top, width, height, right, bottom } = element.getBoundingClientRect();
    return { left, top, width, height, right, bottom };
  };
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll('#tiles > .tile, #screens > .tile')]).filter((one) => one.checkVisibility()).map((one) => {
    const video = one.querySelector('video');
    return {
      id: one.dataset.participant, name: one.querySelector('.tile-name').textContent, kind: one.dataset.kind, box: boxOf(one), picture: boxOf(video),
      intrinsic: video.videoWidth / video.videoHeight,
    };
  });
});
const of = async (person, id) => (await shown(person)).find((one) => one.id === id);
const mainOf = async (person) => (await shown(person)).find(({ kind }) => kind === 'main');
const pin = async ({ page }, name) => {
  await tile({ page }, name).hover();
  await tile({ page }, name).locator('.tile-pin').click();
};

// What is cut off of a picture that covers its box.
function cropOf({ intrinsic, picture }) {
  const shape = picture.width / picture.height;
  return 1 - Math.min(shape / intrinsic, intrinsic / shape);
}

const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;

// One other person, whose camera has this shape, and ourselves: shares of the viewport and of the picture.
async function oneToOne(viewport, size) {
  const ann = await call({ viewport, self: size, fakes: [{ id: 'bob', name: 'Bob', size }] });
  const bob = await of(ann, 'bob');
  const area = viewport.width * viewport.height;
  const [share, crop] = [(bob.picture.width * bob.picture.height) / area, cropOf(bob)];
  // The largest picture of this shape on the stage when a tenth of it may be cut off.
  const { width, height } = await ann.page.locator('#stage').boundingBox();
  const shape = Math.max(bob.intrinsic * 0.9, Math.min(width / height, bob.intrinsic / 0.9));
  const possible = (Math.min(width, height * shape) * Math.min(height, width / shape)) / area;
  console.log(`# ${size.join('x')} at ${viewport.width}x${viewport.height}: ${(share * 100).toFixed(1)} % of the viewport, ${(crop * 100).toFixed(1)} % cut off`);
  return { share, crop, possible, own: await of(ann, 'local') };
}

for (const [viewport, size] of /** @type {const} */ ([[PHONE, TALL], [LAPTOP, WIDE], [DESKTOP, WIDE]])) {
  test(`one to one at ${viewport.width}x${viewport.height}: a picture of ${size.join('x')} takes 85 %, at most 10 % are cut off`, async () => {
    const { share, crop, own } = await oneToOne(viewport, size);
    assert.ok(share >= 0.85, `it has ${share} of the viewport`);
    assert.ok(crop <= CROP_MAX, `${crop} is cut off`);
    assert.equal(own.kind, 'floating');
    assert.ok(own.box.width * own.box.height < (viewport.width * viewport.height) / 10, 'the own picture is small');
  });
}

for (const [viewport, size] of /** @type {const} */ ([[PHONE, WIDE], [LAPTOP, TALL], [LAPTOP, [640, 480]]])) {
  test(`one to one at ${viewport.width}x${viewport.height}: a picture of the other shape, ${size.join('x')}, is as large as it can be`, async () => {
    const { share, crop, possible } = await oneToOne(viewport, size);
    assert.ok(share >= possible * 0.99, `it has ${share} of the viewport, ${possible} are possible`);
    assert.ok(crop <= CROP_MAX, `${crop} is cut off`);
  });
}

test('our own picture is moved by dragging, by keys and by its button, stays where it was put, and can be hidden', async () => {
  const ann = await call({ self: WIDE, fakes: [{ id: 'bob', name: 'Bob', size: WIDE }] });
  const { page } = ann;
  const place = async () => (await of(ann, 'local')).box;
  const start = await place();
  assert.ok(start.left > LAPTOP.width / 2 && start.top > LAPTOP.height / 2, 'it begins in the corner');
  await page.mouse.move(start.left + 30, start.top + 70);
  await page.mouse.down();
  await page.mouse.move(400, 300, { steps: 5 });
  await page.mouse.up();
  const dragged = await place();
  assert.ok(Math.abs(dragged.left - 370) <= 10 && Math.abs(dragged.top - 230) <= 10, JSON.stringify(dragged));
  // As far as it goes, it stays on the stage.
  await page.mouse.move(dragged.left + 30, dragged.top + 70);
  await page.mouse.down();
  await page.mouse.move(0, 0, { steps: 3 });
  await page.mouse.up();
  const stage = await page.locator('#stage').boundingBox();
  const corner = await place();
  assert.ok(corner.left >= stage.x && corner.top >= stage.y && corner.left < 20, JSON.stringify(corner));
  await page.getByRole('button', { name: 'Move your picture' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  const moved = await place();
  assert.ok(moved.left > corner.left + 50 && moved.top > corner.top + 20);
  await page.keyboard.press('Enter'); // on to the next corner
  const next = await place();
  assert.ok(next.left > LAPTOP.width / 2, JSON.stringify(next));
  // The next call begins with it.
  await openFakeCall(page, { self: WIDE });
  await showPeople(page, [{ id: 'bob', name: 'Bob', size: WIDE }]);
  await untilShown(ann);
  assert.deepEqual(await place(), next);
  await page.locator('#tiles > .own').hover();
  await press(ann, 'Hide your picture');
  assert.deepEqual((await shown(ann)).map(({ id }) => id), ['bob']);
  await page.getByText('Show it again under More').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'more-button');
  await choose(ann, 'My own picture');
  await untilShown(ann);
  assert.deepEqual(await place(), next);
});

test('up to four people have equal tiles; speaker view shows who speaks; the choice is kept on this device', async () => {
  const ann = await call({ fakes: crowd(3) });
  const { page } = ann;
  const sizes = async () => new Set((await shown(ann)).map(({ box }) => `${Math.round(box.width)}x${Math.round(box.height)}`));
  assert.equal((await shown(ann)).length, 4);
  assert.equal((await sizes()).size, 1);
  await choose(ann, 'Speaker view');
  const speaks = (number) => showPeople(page, crowd(3).map((one, i) => ({ ...one, speaking: i === number })));
  await speaks(2);
  await until(async () => (await mainOf(ann))?.id === 'person-2', 'the speaker');
  await speaks(1);
  await until(async () => (await mainOf(ann))?.id === 'person-1', 'the next speaker');
  await speaks(-1);
  assert.equal((await mainOf(ann)).id, 'person-1', 'the last speaker stays');
  const main = await mainOf(ann);
  for (const { id, box } of await shown(ann)) assert.ok(id === main.id || !meet(box, main.box), `${id} covers the speaker`);
  await openFakeCall(page);
  await showPeople(page, crowd(3));
  assert.ok(await mainOf(ann), 'the view is forgotten');
  await choose(ann, 'Automatic view');
  assert.equal(await mainOf(ann), undefined);
});

test('a person is pinned with the tile\'s button or by keyboard, alone, and let go again', async () => {
  const ann = await call({ fakes: crowd(5) });
  const { page } = ann;
  await pin(ann, 'Ben');
  assert.equal((await mainOf(ann)).name, 'Ben');
  const button = (name) => tile(ann, name).locator('.tile-pin');
  assert.equal(await button('Ben').getAttribute('aria-pressed'), 'true');
  await button('Emre').focus();
  await page.keyboard.press('Enter');
  assert.equal((await mainOf(ann)).name, 'Emre');
  assert.equal(await button('Ben').getAttribute('aria-pressed'), 'false');
  assert.equal(await page.evaluate(() => document.activeElement.closest('.tile').querySelector('.tile-name').textContent), 'Emre', 'the focus stays');
  // Emre's page has connected again: another id, the same person.
  await page.keyboard.press('Space');
  assert.equal(await mainOf(ann), undefined);
  await inspectStill(ann, 'stage-grid');
});

test('twenty people have two pages of tiles; buttons, keys and a swipe turn them, and only what is shown or near is received', async () => {
  const ann = await call({ fakes: crowd(20), hasTouch: true });
  const { page } = ann;
  const ids = async () => (await shown(ann)).map(({ id }) => id);
  assert.equal((await ids()).length, 16);
  assert.equal(await page.locator('#page-words').textContent(), 'Page 1 of 2');
  const wanted = async () => Object.fromEntries(await page.evaluate(() => window.viewsOfTest));
  assert.deepEqual((await wanted())['person-19'], { paused: true });
  const [{ box }] = await shown(ann);
  const own = (await wanted())['person-0'];
  assert.ok(own.width > 0 && Math.abs(own.width - box.width) <= 2, JSON.stringify(own));
  await press(ann, 'Next page');
  assert.deepEqual(await ids(), ['person-15', 'person-16', 'person-17', 'person-18', 'person-19']);
  assert.ok((await wanted())['person-19'].width > 0);
  assert.deepEqual((await wanted())['person-0'], { paused: true });
  assert.equal(await page.locator('#page-after').getAttribute('aria-disabled'), 'true');
  await page.locator('#call-title').focus();
  await page.keyboard.press('PageUp');
  assert.ok((await ids()).includes('local'));
  const swipe = (from, to) => page.evaluate(([first, last]) => {
    const stage = document.getElementById('stage');
    const event = (type, clientX) => stage.dispatchEvent(new PointerEvent(type, { pointerId: 5, pointerType: 'touch', clientX, clientY: 400, bubbles: true }));
    event('pointerdown', first);
    event('pointerup', last);
  }, [from, to]);
  await swipe(700, 400);
  assert.ok((await ids()).includes('person-19'));
  await swipe(400, 420);
  assert.ok((await ids()).includes('person-19'), 'a touch is no swipe');
  await swipe(400, 700);
  assert.ok((await ids()).includes('local'));
  // Who speaks on the second page is seen on the first.
  await showPeople(page, crowd(20).map((one) => ({ ...one, speaking: one.id === 'person-18' })));
  await until(async () => (await ids()).includes('person-18'), 'the speaker');
  assert.equal((await ids()).length, 16);
  await page.setViewportSize(PHONE);
  await until(async () => (await ids()).length === 9, 'nine on a phone');
  for (const { name, box: one } of await shown(ann)) assert.ok(one.left >= 0 && one.right <= PHONE.width && one.bottom <= PHONE.height, name);
});

test('a shared screen is large and whole, with people beside it; wheel, buttons, keys and drag zoom into it', async () => {
  const shared = { id: 'person-0-screen', name: 'Ana', size: SCREEN };
  const ann = await call({ fakes: [...crowd(3), shared] });
  const { page } = ann;
  const screen = () => of(ann, shared.id);
  const main = await screen();
  assert.equal(main.kind, 'main');
  assert.ok(main.picture.width > LAPTOP.width * 0.7);
  assert.ok(Math.abs(main.picture.width / main.picture.height - 16 / 9) < 0.01, 'it is cut off');
  assert.equal((await shown(ann)).filter(({ kind }) => kind === 'beside').length, 4);
  assert.ok((await shown(ann)).every(({ id, box }) => id === shared.id || !meet(box, main.box)));
  await inspectStill(ann, 'stage-screen');
  // The wheel: what is under the pointer stays under it.
  const grow = async () => (await screen()).picture.width / main.picture.width;
  const at = { x: main.picture.left + main.picture.width * 0.25, y: main.picture.top + main.picture.height * 0.25 };
  await page.mouse.move(at.x, at.y);
  await page.mouse.wheel(0, -400);
  await until(async () => (await grow()) > 1.8, 'the wheel');
  const zoomed = (await screen()).picture;
  assert.ok(Math.abs((at.x - zoomed.left) / zoomed.width - 0.25) < 0.01 && Math.abs((at.y - zoomed.top) / zoomed.height - 0.25) < 0.01, JSON.stringify(zoomed));
  const asked = Object.fromEntries(await page.evaluate(() => window.viewsOfTest))[shared.id];
  assert.ok(asked.width > main.picture.width * 1.8, 'a zoomed screen is received larger');
  await page.mouse.down();
  await page.mouse.move(at.x + 50, at.y + 20, { steps: 3 });
  await page.mouse.up();
  const panned = (await screen()).picture;
  assert.ok(Math.abs(panned.left - zoomed.left - 50) < 2 && Math.abs(panned.top - zoomed.top - 20) < 2, 'it is not dragged');
  await press(ann, 'Whole screen');
  assert.ok(Math.abs((await grow()) - 1) < 0.01);
  await page.locator('.toolbar').hover();
  await until(() => page.locator('.tile.zoomable .tile-zoom').evaluate((one) => getComputedStyle(one).opacity === '0'), 'the buttons to uncover the screen');
  await page.mouse.move(at.x, at.y);
  await press(ann, 'Larger');
  await page.locator('.tile.zoomable .zoom-in').focus();
  await page.keyboard.press('+');
  assert.ok((await grow()) > 1.9);
  const { left } = (await screen()).picture;
  await page.keyboard.press('ArrowRight');
  assert.ok((await screen()).picture.left < left, 'an arrow key shows what is to the right');
  await page.keyboard.press('0');
  assert.ok(Math.abs((await grow()) - 1) < 0.01);
  await page.mouse.dblclick(at.x, at.y);
  assert.ok(Math.abs((await grow()) - 2) < 0.01);
  // Pressed on the screen, and let go outside of it.
  await press(ann, 'Whole screen');
  await page.mouse.move(at.x, at.y);
  await page.mouse.down();
  await page.locator('.toolbar').hover();
  await page.mouse.up();
  await page.mouse.move(at.x, at.y);
  await page.mouse.wheel(0, -400);
  await until(async () => (await grow()) > 1.8, 'the wheel');
  const { left: place } = (await screen()).picture;
  await page.mouse.move(at.x + 50, at.y, { steps: 3 });
  assert.ok(Math.abs((await screen()).picture.left - place) < 1, 'it follows a mouse without a button');
  // Two fingers.
  await press(ann, 'Whole screen');
  await page.evaluate(() => {
    const one = document.querySelector('.tile.zoomable');
    one.setPointerCapture = () => {}; // these pointers are not there
    const event = (type, pointerId, clientX) => one.dispatchEvent(new PointerEvent(type, { pointerId, pointerType: 'touch', clientX, clientY: 300, bubbles: true }));
    event('pointerdown', 11, 400);
    event('pointerdown', 12, 500);
    event('pointermove', 12, 600);
    event('pointerup', 11, 400);
    event('pointerup', 12, 600);
  });
  assert.ok(Math.abs((await grow()) - 2) < 0.01, 'two fingers');
  // Somebody pinned is large then, and the screen is beside them, whole.
  await pin(ann, 'Ben');
  assert.equal((await mainOf(ann)).name, 'Ben');
  const beside = await screen();
  assert.equal(beside.kind, 'beside');
  assert.ok(beside.picture.width <= beside.box.width + 1);
  assert.ok(await page.locator('.tile-zoom:visible').count() === 0);
});

test('full screen by key and by menu, and the menu says how to leave it', async () => {
  const ann = await call({ fakes: crowd(1) });
  const { page } = ann;
  const full = () => page.evaluate(() => document.fullscreenElement !== null);
  await page.locator('#call-title').focus();
  await page.keyboard.press('f');
  await until(full, 'full screen');
  await choose(ann, 'Leave full screen');
  await until(async () => !(await full()), 'the window');
  await choose(ann, 'Full screen');
  await until(full, 'full screen');
  await page.keyboard.press('f');
  await until(async () => !(await full()), 'the window');
});

test('picture in picture shows who is large, with initials while there is no picture', async () => {
  const ann = await call({ fakes: [{ id: 'bob', name: 'Bob', size: WIDE }] });
  const { page, context } = ann;
  const [small] = await Promise.all([context.waitForEvent('page'), choose(ann, 'Picture in picture')]);
  const name = small.locator('.tile-name');
  await until(async () => (await name.textContent()) === 'Bob', 'the name');
  await until(() => small.locator('video').evaluate((video) => /** @type {HTMLVideoElement} */ (video).videoWidth > 0), 'the picture');
  assert.equal(await small.locator('.pip').evaluate((one) => getComputedStyle(one).position), 'fixed', 'the window has the style of the page');
  await showPeople(page, [{ id: 'bob', name: 'Bob' }]);
  await until(() => small.locator('.avatar').isVisible(), 'the initials');
  // Who is large is received, also from a page that is not shown.
  await showPeople(page, crowd(30).map((one) => ({ ...one, speaking: one.id === 'person-29' })));
  await until(async () => (await name.textContent()) === crowd(30)[29].name, 'the speaker');
  await press(ann, 'Next page');
  const views = Object.fromEntries(await page.evaluate(() => window.viewsOfTest));
  assert.ok(views['person-29'].width > 100, JSON.stringify(views['person-29']));
  await choose(ann, 'Close picture in picture');
  await until(() => small.isClosed(), 'the end of the window');
  await page.locator('#more-button').click();
  await page.getByRole('menuitem', { name: 'Picture in picture' }).waitFor();
});

test('when everybody else has left, picture in picture shows nobody', async () => {
  const ann = await call({ fakes: [{ id: 'bob', name: 'Bob', size: WIDE }] });
  const { page, context } = ann;
  const [small] = await Promise.all([context.waitForEvent('page'), choose(ann, 'Picture in picture')]);
  await until(async () => (await small.locator('.tile-name').textContent()) === 'Bob', 'the name');
  await showPeople(page, []);
  await small.getByText('Nobody else is here.').waitFor();
  assert.equal(await small.locator('.tile-name').textContent(), '');
  assert.ok(await small.locator('.avatar').isHidden());
  assert.equal(await small.locator('video').evaluate((video) => /** @type {HTMLVideoElement} */ (video).srcObject), null);
  await showPeople(page, [{ id: 'ben', name: 'Ben', size: WIDE }]);
  await until(async () => (await small.locator('.tile-name').textContent()) === 'Ben', 'the next person');
  assert.ok(await small.getByText('Nobody else is here.').isHidden());
});

// Runs in the page: as a browser whose picture in picture shows videos alone.
function videoPictures() {
  const set = (element) => Object.defineProperty(document, 'pictureInPictureElement', { value: element, configurable: true });
  Object.defineProperty(window, 'documentPictureInPicture', { value: undefined, configurable: true });
  HTMLVideoElement.prototype.requestPictureInPicture = async function show() {
    set(this);
    return /** @type {PictureInPictureWindow} */ (new EventTarget());
  };
  document.exitPictureInPicture = async () => { set(null); };
}

test('a video\'s picture in picture closes when the person has switched the camera off, and not for a moment without a picture', async () => {
  const ann = await call({ fakes: [{ id: 'bob', name: 'Bob', size: WIDE }] });
  const { page } = ann;
  await page.evaluate(videoPictures);
  const open = () => page.evaluate(() => document.pictureInPictureElement?.id ?? '');
  await choose(ann, 'Picture in picture');
  await until(async () => (await open()) === 'pip-video', 'the window');
  await showPeople(page, [{ id: 'bob', name: 'Bob' }]);
  await showPeople(page, [{ id: 'bob', name: 'Bob', size: WIDE }]);
  await sleep(4000); // nothing shows that nothing happens
  assert.equal(await open(), 'pip-video');
  await showPeople(page, [{ id: 'bob', name: 'Bob' }]);
  await until(async () => (await open()) === '', 'the end of the window');
  await page.getByText('Nobody shows a picture now.').waitFor();
});

test('in a frame, picture in picture is the video\'s; a browser that has neither does not offer it', async () => {
  const { page } = await browser.person();
  await page.goto(client.base);
  const supported = () => page.evaluate(async () => {
    const { src } = /** @type {HTMLScriptElement} */ (document.querySelector('script[type="module"]'));
    const { PictureInPicture } = await import(new URL('picture-in-picture.js', src).href);
    return new PictureInPicture(() => {}).supported;
  });
  assert.equal(await supported(), true);
  await page.evaluate(() => Object.defineProperty(window, 'documentPictureInPicture', { value: undefined, configurable: true }));
  assert.equal(await supported(), true, 'the video has it');
  await page.evaluate(() => Object.defineProperty(document, 'pictureInPictureEnabled', { value: false, configurable: true }));
  assert.equal(await supported(), false);
});

test('the menu: arrow keys, letters, Escape and Tab; what it changes is marked; a dialog gives the focus back', async () => {
  const ann = await call({ fakes: crowd(2) });
  const { page } = ann;
  const focused = () => page.evaluate(() => document.activeElement.id);
  await page.locator('#more-button').focus();
  await page.keyboard.press('Enter');
  assert.equal(await focused(), 'view-auto');
  assert.equal(await page.locator('#more-button').getAttribute('aria-expanded'), 'true');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(), 'view-speaker');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  assert.equal(await focused(), 'keys-item', 'the last one');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(), 'view-auto');
  await page.keyboard.press('End');
  assert.equal(await focused(), 'keys-item');
  await page.keyboard.press('g');
  assert.equal(await focused(), 'view-grid');
  await inspectStill(ann, 'stage-menu');
  await page.keyboard.press('Enter');
  assert.equal(await focused(), 'more-button');
  assert.ok(await page.locator('#more-menu').isHidden());
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.locator('#view-grid').getAttribute('aria-checked'), 'true');
  assert.equal(await page.locator('#view-auto').getAttribute('aria-checked'), 'false');
  await page.keyboard.press('Escape');
  assert.equal(await focused(), 'more-button');
  await page.keyboard.press('ArrowUp');
  assert.equal(await focused(), 'keys-item');
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'leave-button');
  assert.ok(await page.locator('#more-menu').isHidden());
  await page.locator('#more-button').click();
  await page.mouse.click(200, 300);
  assert.ok(await page.locator('#more-menu').isHidden());
});

test('a person who only watches has no tile of their own, and nothing in the menu for one', async () => {
  const ann = await call({ self: null, fakes: [{ id: 'bob', name: 'Bob', size: WIDE }] });
  assert.deepEqual((await shown(ann)).map(({ id, kind }) => [id, kind]), [['bob', 'main']]);
  await ann.page.locator('#more-button').click();
  assert.ok(await ann.page.locator('#self-view-item').isHidden());
});

test('a picture that is not received, or has not come yet, is no black hole: the initials are there', async () => {
  const ann = await call({ fakes: [{ ...crowd(1)[0], unwanted: true }, { id: 'ben', name: 'Ben', size: WIDE }] });
  const { page } = ann;
  const tileOf = (name) => tile(ann, name);
  assert.ok(await tileOf('Ana').locator('.avatar').isVisible());
  assert.ok(await tileOf('Ana').locator('.tile-note').isHidden(), 'nothing is coming');
  assert.ok(await tileOf('Ben').locator('.avatar').isHidden());
  // A stream from which no frame comes.
  await page.evaluate(() => {
    const video = document.querySelector('#tiles > .tile:not(.own).live video');
    /** @type {HTMLVideoElement} */ (video).srcObject = document.createElement('canvas').captureStream(0);
  });
  await tileOf('Ben').locator('.avatar').waitFor();
  await until(() => tileOf('Ben').locator('.tile-coming').evaluate((one) => getComputedStyle(one).opacity === '1'), 'the words');
});

test('everything that can be touched is at least 44 pixels, and a phone has at most five tools', async () => {
  const ann = await call({ viewport: PHONE, fakes: [...crowd(12), { id: 'person-0-screen', name: 'Ana', size: SCREEN }] });
  const { page } = ann;
  await page.locator('#more-button').click();
  const tools = await page.locator('.toolbar .tool:visible').count();
  assert.ok(tools >= 4 && tools <= 5, `${tools} tools`);
  const small = await page.evaluate(() => [...document.querySelectorAll('#call-screen button')].filter((one) => one.checkVisibility())
    .map((one) => ({ name: one.id || one.className, ...one.getBoundingClientRect().toJSON() }))
    .filter(({ width, height }) => width < 44 || height < 44));
  assert.deepEqual(small.map(({ name, width, height }) => `${name} ${width}x${height}`), []);
});

test('a tile moves within 180 ms, and at once for people who want less motion', async () => {
  const ann = await call({ fakes: crowd(3), reducedMotion: 'no-preference' });
  const { page } = ann;
  const durations = () => page.evaluate(() => [...document.querySelectorAll('#call-screen *')].flatMap((one) => [
    ...getComputedStyle(one).transitionDuration.split(', '), ...getComputedStyle(one, '::after').transitionDuration.split(', ')]).map(Number.parseFloat));
  assert.equal(Math.max(...await durations()), 0.18);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  assert.equal(Math.max(...await durations()), 0);
});

test('the call is dark in both themes; the list of people has the person\'s theme', async () => {
  const ann = await call({ fakes: crowd(3) });
  const { page } = ann;
  const brightness = (selector) => page.locator(selector).evaluate((one) => Math.max(...getComputedStyle(one).backgroundColor.match(/\d+/g).slice(0, 3).map(Number)));
  await press(ann, 'People');
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const selector of ['#call-screen', '#tiles > .own', '#microphone-button']) assert.ok((await brightness(selector)) < 90, `${colorScheme}: ${selector}`);
    assert.equal((await brightness('#people-panel')) > 200, colorScheme === 'light');
  }
});

test('names of any length and direction stay on their tiles, at any size of window', async () => {
  const names = ['‏שלום הלל בן דוד מן העיר הגדולה', 'Dr Maximiliane Freifrau von und zu Hohenstein-Wittelsbach the Younger of Lower Saxony', 'محمد', 'W'.repeat(80)];
  const ann = await call({ fakes: names.map((name, i) => ({ id: `long-${i}`, name, size: i % 2 ? WIDE : undefined, microphoneOff: true })) });
  const { page } = ann;
  for (const viewport of [LAPTOP, PHONE, { width: 320, height: 256 }, { width: 844, height: 390 }]) {
    await page.setViewportSize(viewport);
    for (const fakes of [names.length, 1]) {
      await showPeople(page, names.slice(0, fakes).map((name, i) => ({ id: `long-${i}`, name, size: i % 2 ? WIDE : undefined, microphoneOff: true })));
      await until(() => page.evaluate(() => [...document.querySelectorAll('#tiles > .tile')].filter((one) => one.checkVisibility()).every((one) => {
        const [outer, label] = [one.getBoundingClientRect(), one.querySelector('.tile-label').getBoundingClientRect()];
        return label.left >= outer.left && label.right <= outer.right && label.bottom <= outer.bottom && label.top >= outer.top;
      })), `the labels to be on their tiles at ${viewport.width}x${viewport.height}`, 5000);
    }
    const own = await of(ann, 'local');
    const label = await tile(ann, names[0]).locator('.tile-label').boundingBox();
    assert.ok(!meet(own.box, { left: label.x, top: label.y, right: label.x + label.width, bottom: label.y + label.height }), 'our own picture covers the name');
  }
});

test('a real call of two and of four: one to one, then equal tiles, a screen, and one to one again', async () => {
  const ann = await browser.person();
  const links = await createMeeting(ann, client);
  await join(ann, 'Ann');
  const others = await Promise.all(['Bob', 'Eve', 'Kim'].map(() => browser.person({ viewport: { width: 640, height: 480 } })));
  const [bob, eve, kim] = others;
  await enter(bob, links.guest, 'Bob');
  await ann.untilPlaying({ videos: 1 });
  await until(async () => (await mainOf(ann))?.name === 'Bob', 'Bob to be large');
  const main = await until(async () => {
    const one = await mainOf(ann);
    return one.picture.width > LAPTOP.width * 0.9 ? one : null;
  }, 'the picture');
  assert.ok((main.picture.width * main.picture.height) / (LAPTOP.width * LAPTOP.height) >= 0.85);
  assert.ok(cropOf(main) <= CROP_MAX);
  await inspectStill(ann, 'stage-one');
  await Promise.all([enter(eve, links.guest, 'Eve'), enter(kim, links.guest, 'Kim')]);
  await ann.untilPlaying({ videos: 3 });
  await until(async () => (await shown(ann)).filter(({ kind }) => kind === 'grid').length === 4, 'four tiles');
  await press(bob, 'Share screen');
  await until(async () => (await mainOf(ann))?.name.includes('screen'), 'the screen to be large');
  await ann.untilPlaying({ videos: 4, sounds: 3 });
  await press(bob, 'Stop sharing');
  await until(async () => (await mainOf(ann)) === undefined, 'the screen to go');
  await Promise.all([eve.leave(), kim.leave()]);
  await until(async () => (await mainOf(ann))?.name === 'Bob', 'Bob to be large again');
  await ann.untilPlaying({ videos: 1 });
  ann.assertNoErrors();
});
