// Which pictures the page asks for, and in which size: layers.js and bandwidth.js, with a network that the tests make up.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { pageModule } from './lib/modules.mjs';

const { Layers } = await pageModule('layers.js');
const { Sizes } = await pageModule('sizes.js');
const { Stills } = await pageModule('stills.js');

const LAYER_BITS = [150000, 500000, 1500000]; // a second, by substream
const TEMPORAL = [0.5, 0.7, 1];
const SOUND_BITS = 30000;
const PACKET_BITS = 8000;
const LOOK = 500; // ms between two looks

let layers;
let now;
let ids;
let counts; // what has come since the beginning, by id and kind
let network; // bits a second that it has room for
let randomLoss; // share of packets that are lost whatever is sent
let absent; // substreams that senders do not send
let away; // the ids of people who send nothing
let mute; // the ids of people who send no sound
let chosen; // after the last look

beforeEach(() => {
  layers = new Layers();
  now = 1000;
  ids = [];
  counts = new Map();
  network = Infinity;
  randomLoss = 0;
  absent = [];
  away = [];
  mute = [];
  chosen = new Map();
});

const named = (count) => Array.from({ length: count }, (_, i) => `person-${i}`);
const show = (views) => layers.view(new Map(Object.entries(views)), ids);
const choose = () => {
  chosen = layers.choose(ids, now);
  return chosen;
};
const layerOf = (id) => {
  const picture = chosen.get(id);
  return picture && `${picture.send ? '' : 'paused '}${picture.substream}/${picture.temporal}`;
};
const bitsOf = ({ send, substream, temporal }) => (send && !absent.includes(substream) ? LAYER_BITS[substream] * TEMPORAL[temporal] : 0);
const bitsFrom = (id, kind) => {
  if (away.includes(id)) return 0;
  if (kind === 'audio') return mute.includes(id) ? 0 : SOUND_BITS;
  return chosen.has(id) ? bitsOf(chosen.get(id)) : 0;
};
const pictureBits = () => ids.reduce((sum, id) => sum + bitsFrom(id, 'video'), 0);

// Half a second of the call: what is chosen comes, as far as the network has room.
function look(isSending) {
  const sent = ids.reduce((sum, id) => sum + bitsFrom(id, 'audio') + bitsFrom(id, 'video'), 0);
  const loss = sent === 0 ? 0 : 1 - (1 - randomLoss) * Math.min(1, network / sent);
  const streams = ids.flatMap((id) => ['audio', 'video'].map((kind) => {
    const bits = (bitsFrom(id, kind) * LOOK) / 1000;
    const key = `${id} ${kind}`;
    const before = counts.get(key) ?? { received: 0, lost: 0, bytes: 0 };
    const packets = bits / PACKET_BITS;
    const after = { received: before.received + packets * (1 - loss), lost: before.lost + packets * loss, bytes: before.bytes + (bits * (1 - loss)) / 8 };
    counts.set(key, after);
    return { key, id, isPicture: kind === 'video', ...after };
  }));
  now += LOOK;
  layers.look({ now, streams, isSending: isSending ?? (() => true) });
  choose();
}

// Runs the call, and gives the layers of a person at each look.
function run(ms, id, isSending) {
  const seen = [];
  for (const end = now + ms; now < end;) {
    look(isSending);
    seen.push(layerOf(id));
  }
  return seen;
}

test('the larger a tile, the larger the picture', () => {
  ids = ['wall', 'middle', 'thumb'];
  show({ wall: { width: 1280, height: 720 }, middle: { width: 640, height: 360 }, thumb: { width: 310, height: 174 } });
  choose();
  assert.deepEqual(ids.map(layerOf), ['2/2', '1/2', '0/2']);
});

test('a screen stays sharp before a camera does', () => {
  ids = ['ann', 'ann-screen', 'bob-screen'];
  show({ ann: { width: 1280, height: 720 }, 'ann-screen': { width: 900, height: 506 }, 'bob-screen': { width: 310, height: 174 } });
  choose();
  assert.deepEqual(ids.map(layerOf), ['2/2', '2/2', '0/2']);
  network = 3000000;
  run(3000, 'ann');
  assert.equal(layerOf('ann-screen'), '2/2');
  assert.notEqual(layerOf('ann'), '2/2');
});

test('a tile that grows or shrinks gets its layer at the next look, and never two changes within a second', () => {
  ids = ['ann'];
  show({ ann: { width: 300, height: 170 } });
  choose();
  run(2000, 'ann');
  show({ ann: { width: 1280, height: 720 } });
  choose();
  assert.equal(layerOf('ann'), '2/2');
  show({ ann: { width: 300, height: 170 } });
  choose();
  assert.equal(layerOf('ann'), '2/2');
  assert.deepEqual(run(1500, 'ann'), ['2/2', '0/2', '0/2']);
});

test('a tile near the border between two sizes keeps its layer while it trembles', () => {
  ids = ['ann'];
  const seen = new Set();
  for (const width of [470, 440, 455, 465, 445]) {
    show({ ann: { width, height: (width * 9) / 16 } });
    choose();
    run(1500, 'ann');
    seen.add(layerOf('ann'));
  }
  assert.deepEqual([...seen], ['1/2']);
});

test('the next page is subscribed and quiet; what is far away is paused, and later dropped', () => {
  ids = ['here', 'beside', 'far', 'away'];
  show({ here: { width: 310, height: 174 }, beside: { paused: true } });
  choose();
  assert.deepEqual(ids.map(layerOf), ['0/2', 'paused 0/2', undefined, undefined]);
  show({ far: { width: 310, height: 174 }, beside: { paused: true } });
  choose();
  assert.deepEqual(ids.map(layerOf), ['paused 0/2', 'paused 0/2', '0/2', undefined]);
  run(9000, 'here');
  assert.equal(layerOf('here'), 'paused 0/2');
  run(2000, 'here');
  assert.equal(layerOf('here'), undefined);
});

test('people that the stage does not know yet get a picture, but not all of a crowd', () => {
  ids = named(2);
  choose();
  assert.deepEqual(ids.map(layerOf), ['1/2', '1/2']);
  layers = new Layers();
  ids = named(49);
  assert.equal(choose().size, 16);
});

test('sixteen of 49 cameras cost at most 2.4 Mbit/s less the sound', () => {
  ids = named(49);
  show(Object.fromEntries(ids.slice(0, 16).map((id) => [id, { width: 310, height: 174 }])));
  choose();
  assert.ok(pictureBits() <= 2000000 && pictureBits() > 1500000, `${pictureBits()}`);
});

test('a teacher on stage before eleven others stays large', () => {
  ids = named(12);
  show(Object.fromEntries(ids.map((id, i) => [id, i === 0 ? { width: 1280, height: 720 } : { width: 200, height: 112 }])));
  choose();
  assert.equal(layerOf(ids[0]), '2/2');
});

test('a network of 500 kbit/s: a layer that fits within 3 s, and a step up is tried 8 s later', () => {
  ids = ['ann'];
  show({ ann: { width: 1280, height: 720 } });
  choose();
  network = 500000;
  const seen = run(3000, 'ann');
  assert.ok(pictureBits() <= network, seen.join());
  const later = run(12000, 'ann');
  const up = later.findIndex((layer) => layer === '1/2') * LOOK;
  assert.ok(up >= 5000 && up <= 9500, `${up} ms: ${later.join()}`);
});

test('a network that is suddenly too slow is seen at the next look, however much has come before', () => {
  ids = ['ann', 'bob'];
  show({ ann: { width: 1280, height: 720 }, bob: { width: 1280, height: 720 } });
  choose();
  run(3000, 'ann');
  ids = ['ann'];
  show({ ann: { width: 1280, height: 720 } });
  choose();
  network = 1200000;
  assert.deepEqual(run(LOOK, 'ann'), ['1/2']);
});

test('without loss the picture comes back to its best size', () => {
  ids = ['ann'];
  show({ ann: { width: 1280, height: 720 } });
  choose();
  network = 300000;
  run(5000, 'ann');
  assert.equal(layerOf('ann'), '0/2');
  network = Infinity;
  run(30000, 'ann');
  assert.equal(layerOf('ann'), '2/2');
});

test('a step up that fails again and again is tried less and less often', () => {
  ids = ['ann'];
  show({ ann: { width: 1280, height: 720 } });
  choose();
  network = 400000;
  const seen = run(240000, 'ann');
  const ups = seen.flatMap((layer, i) => (i > 0 && layer[0] > seen[i - 1][0] ? [i * LOOK] : []));
  const waits = ups.slice(1).map((at, i) => at - ups[i]);
  assert.ok(ups.length >= 3 && ups.length <= 6, `${ups}`);
  for (const [i, wait] of waits.slice(1).entries()) assert.ok(wait > waits[i] * 1.5, `${waits}`);
});

test('a sender whose small layers end is seen all the same', () => {
  ids = ['ann', 'bob'];
  show({ ann: { width: 300, height: 170 }, bob: { width: 300, height: 170 } });
  choose();
  run(1000, 'ann');
  absent = [0, 1];
  assert.equal(run(6000, 'ann').at(-1), '2/2');
});

test('a person whose network was away for some seconds comes back in the same size', () => {
  ids = ['ann', 'bob'];
  show({ ann: { width: 300, height: 170 }, bob: { width: 300, height: 170 } });
  choose();
  run(10000, 'ann');
  away = ['ann'];
  run(5000, 'ann');
  away = [];
  assert.deepEqual([...new Set(run(3000, 'ann'))], ['0/2']);
});

test('a person who was muted long before is seen when the small layers end', () => {
  ids = ['ann', 'bob'];
  show({ ann: { width: 300, height: 170 }, bob: { width: 300, height: 170 } });
  choose();
  run(3000, 'ann');
  mute = ['ann'];
  run(3000, 'ann');
  absent = [0];
  assert.equal(run(3000, 'ann').at(-1), '1/2');
});

// Two people who send no sound; one of them is away for some seconds. Gives ann's layers and the bits of all pictures, at each look
// from 3 s after that.
function away5s(tile) {
  ids = ['ann', 'bob'];
  mute = ids;
  show({ ann: tile, bob: tile });
  choose();
  run(20000, 'ann');
  away = ['ann'];
  run(5000, 'ann');
  away = [];
  run(3000, 'ann');
  return Array.from({ length: 10 }, () => {
    look();
    return { layer: layerOf('ann'), bits: pictureBits() };
  });
}

test('a picture that has paused does not come back larger than a slow network has room for', () => {
  network = 500000;
  const seen = away5s({ width: 640, height: 360 });
  assert.ok(seen.every(({ bits }) => bits <= network), seen.map(({ bits }) => bits).join());
});

test('a larger picture in the place of one that has paused goes when the network has no room for it', () => {
  network = 1000000;
  const seen = away5s({ width: 300, height: 170 });
  assert.deepEqual([...new Set(seen.map(({ layer }) => layer))], ['0/2']);
});

test('the sizes that take the place of those that are not sent are counted: five people cost at most 4 Mbit/s', () => {
  ids = named(5);
  show(Object.fromEntries(ids.map((id) => [id, { width: 300, height: 170 }])));
  choose();
  run(1000, ids[0]);
  absent = [0, 1];
  run(6000, ids[0]);
  assert.equal(chosen.get(ids[0])?.substream, 2);
  assert.ok(pictureBits() > 0 && pictureBits() <= 4000000, `${pictureBits()}`);
});

test('a picture that takes long to come the first time is no missing layer', () => {
  ids = ['ann', 'bob'];
  show({ ann: { width: 300, height: 170 }, bob: { width: 300, height: 170 } });
  choose();
  absent = [0];
  assert.equal(run(6000, 'ann').at(-1), '0/2');
});

test('a camera that is off is no missing layer', () => {
  ids = ['ann', 'bob'];
  show({ ann: { width: 300, height: 170 }, bob: { width: 300, height: 170 } });
  choose();
  absent = [0];
  assert.equal(run(4000, 'ann', () => false).at(-1), '0/2');
});

test('nothing is judged while nothing comes: 30 s without a network change no layer', () => {
  ids = ['ann'];
  show({ ann: { width: 300, height: 170 } });
  choose();
  run(3000, 'ann');
  network = 0;
  const before = counts;
  for (let i = 0; i < 60; i++) {
    now += LOOK;
    layers.look({ now, streams: [...before].map(([key, count]) => ({ key, id: 'ann', isPicture: key.endsWith('video'), ...count })), isSending: () => true });
    choose();
  }
  assert.equal(layerOf('ann'), '0/2');
});

// When a size that was asked for is asked for again, in ms, in a minute and a half in which another one comes.
function askedAgain({ substream, coming, isScreen = false }) {
  const sizes = new Sizes();
  sizes.note('ann', coming);
  const times = [];
  for (let time = 0; time < 90000; time += LOOK) times.push(...sizes.late(new Map([['ann', { substream, isScreen }]]), time).map(() => time));
  return times;
}

test('a size that does not come is asked for again four times, less and less often', () => {
  assert.deepEqual(askedAgain({ substream: 2, coming: 1 }), [2000, 6000, 14000, 30000]);
  assert.deepEqual(askedAgain({ substream: 0, coming: 1 }), [2000, 6000, 14000, 30000]);
});

test('a size that comes, a picture that is paused, and one of which nothing is known are not asked for again', () => {
  for (const [substream, coming] of [[2, 2], [0, 0], [null, 1], [2, undefined]]) assert.deepEqual(askedAgain({ substream, coming }), []);
});

test('the larger size of a screen may come as 1 or 2, the smaller one is asked for again', () => {
  assert.deepEqual(askedAgain({ substream: 2, coming: 1, isScreen: true }), []);
  assert.deepEqual(askedAgain({ substream: 2, coming: 2, isScreen: true }), []);
  assert.equal(askedAgain({ substream: 2, coming: 0, isScreen: true }).length, 4);
});

// When a key frame is asked for, in ms: packets come all the time, frames until `stands` and again from `goesOn` on.
function keyFramesAsked({ stands, goesOn = Infinity, packets = 10, first = 1 }) {
  const stills = new Stills();
  const times = [];
  let frames = first;
  for (let time = 0; time < 60000; time += LOOK) {
    if (time <= stands || time >= goesOn) frames += first;
    times.push(...stills.late(new Map([['ann', { received: (packets * time) / LOOK, frames }]]), time).map(() => time));
  }
  return times;
}

test('a picture that stands still though packets come: a key frame is asked for four times, less and less often', () => {
  assert.deepEqual(keyFramesAsked({ stands: 2000 }), [3000, 5000, 9000, 16500]);
  assert.deepEqual(keyFramesAsked({ stands: 2000, goesOn: 4000 }), [3000]);
});

test('no key frame is asked for while nothing comes, nor before the first frame', () => {
  assert.deepEqual(keyFramesAsked({ stands: 2000, packets: 0 }), []);
  assert.deepEqual(keyFramesAsked({ stands: 2000, first: 0 }), []);
});
