// The page's call screen with people who are not there: the real stage, toolbar and menu, with a room that the test fills. Their
// pictures are painted.

/**
 * @typedef {object} Fake
 * @property {string} id  of the participant; '…-screen' is a shared screen
 * @property {string} name
 * @property {[number, number]} [size]  pixels of the picture; none: the camera is off
 * @property {boolean} [speaking]
 * @property {boolean} [microphoneOff]
 * @property {boolean} [unwanted]  their picture is not received
 */

// Runs in the page: one person, or a page of text for a shared screen, drawn on a canvas. The picture of a person is plain, so that a
// test can look for its edges.
export function painter() {
  const COLOURS = ['#8fb3d9', '#d9a78f', '#9fc79a', '#c3a3d1', '#d6c58a', '#8fc7c4'];
  const SKIN = ['#8d5a3b', '#e0ac85', '#c68a5e', '#f1c7a3', '#6d4330', '#d9a077'];
  const HAIR = ['#2b1d14', '#6b4a2b', '#111111', '#b08a4a', '#3a2a20', '#7a7a7a'];
  const person = (context, width, height, number) => {
    const pick = (list, step) => list[(number * step + 1) % list.length];
    const size = Math.min(width, height * 1.2);
    const [x, y] = [width / 2, height * 0.47];
    const ellipse = (colour, cx, cy, rx, ry) => {
      context.fillStyle = colour;
      context.beginPath();
      context.ellipse(cx, cy, rx, ry, 0, 0, 2 * Math.PI);
      context.fill();
    };
    const wall = context.createLinearGradient(0, 0, width, height);
    wall.addColorStop(0, pick(COLOURS, 1));
    wall.addColorStop(1, '#4a5668');
    context.fillStyle = wall;
    context.fillRect(0, 0, width, height);
    ellipse(pick(HAIR, 5), x, y - size * 0.05, size * 0.16, size * 0.2);
    ellipse(pick(COLOURS, 3), x, height + size * 0.08, size * 0.38, size * 0.36);
    ellipse(pick(SKIN, 1), x, y + size * 0.17, size * 0.06, size * 0.12);
    ellipse(pick(SKIN, 1), x, y, size * 0.13, size * 0.17);
    ellipse(pick(HAIR, 5), x, y - size * 0.13, size * 0.14, size * 0.07);
    for (const side of [-1, 1]) ellipse('#2b211c', x + side * size * 0.05, y - size * 0.02, size * 0.012, size * 0.015);
    context.strokeStyle = '#7a3b34';
    context.lineWidth = size * 0.012;
    context.beginPath();
    context.arc(x, y + size * 0.04, size * 0.05, 0.2 * Math.PI, 0.8 * Math.PI);
    context.stroke();
  };
  const screen = (context, width, height) => {
    context.fillStyle = '#ffffff';
    context.fillRect(0, 0, width, height);
    context.fillStyle = '#2a3a8f';
    context.fillRect(0, 0, width, height * 0.12);
    context.fillStyle = '#1c2430';
    context.font = `600 ${height * 0.055}px sans-serif`;
    context.fillText('The water cycle', width * 0.06, height * 0.23);
    context.font = `${height * 0.032}px sans-serif`;
    ['Evaporation: the sun warms the sea', 'Condensation: clouds form', 'Precipitation: rain and snow fall', 'Collection: rivers lead back to the sea']
      .forEach((line, i) => context.fillText(`•  ${line}`, width * 0.07, height * (0.34 + i * 0.09)));
    context.fillStyle = '#bcd3ee';
    context.fillRect(width * 0.6, height * 0.3, width * 0.33, height * 0.5);
  };
  return (id, [width, height], number) => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d');
    const paint = () => (id.endsWith('-screen') ? screen(context, width, height) : person(context, width, height, number));
    paint();
    const stream = canvas.captureStream(5);
    // A canvas gives a frame when it is painted: the page may start to look later.
    setInterval(paint, 250);
    return stream;
  };
}

// Runs in the page: opens the call screen.
async function open({ self }) {
  const paint = window.paintOfTest;
  const { src } = /** @type {HTMLScriptElement} */ (document.querySelector('script[type="module"]'));
  const load = (name) => import(new URL(name, src).href);
  const [{ Stage }, { MoreMenu }, { Controls }, { Keys }, { toggleFullScreen }, { showScreen }, { placeNotices }] = await Promise.all(
    ['stage.js', 'more-menu.js', 'controls.js', 'keys.js', 'full-screen.js', 'page.js', 'status.js'].map(load));
  const { screenId } = await load('participants.js');
  window.endOfTest?.();
  showScreen('call-screen', 'In the call');
  const local = { stream: self && paint('local', self, 7), camera: Boolean(self), microphone: true, screen: null, speaking: false, forcedMute: false };
  const room = { participants: new Map(), local, activeSpeaker: null, quality: 'good', view: (views) => { window.viewsOfTest = [...views]; } };
  const names = new Map();
  const people = {
    list: [{ key: 'self', name: 'Dr Meyer', role: self === null ? 'subscriber' : 'moderator', microphone: 'on', verified: true }],
    of: ({ id }) => ({ name: names.get(id), verified: false }), isLost: () => false, absent: { tiles: [] },
  };
  const stage = new Stage({ room, people, onBlocked() {}, onChange: () => render() });
  const menu = new MoreMenu({ stage });
  const controls = new Controls({ watching: self === null, moderator: true, shareLink: 'https://example.org/j/abc' }, {
    microphone() {}, camera() {}, screen() {}, invite() {}, record() {}, leave() {}, end() {},
  });
  const keys = new Keys([
    { keys: ['pageup'], press: () => stage.turn(-1) }, { keys: ['pagedown'], press: () => stage.turn(1) }, { keys: ['f'], press: toggleFullScreen },
  ], () => true);
  const render = () => {
    stage.render();
    menu.render();
    controls.render({ local, recording: false, recordable: true, recordingBusy: false });
    document.getElementById('elapsed').textContent = '12:34';
    document.getElementById('own-quality').dataset.quality = 'good';
    placeNotices();
  };
  window.endOfTest = () => {
    for (const part of [stage, menu, controls, keys]) part.close();
  };
  const pictures = new Map();
  window.showOfTest = (fakes) => {
    room.participants = new Map(fakes.map(({ id, name, size, speaking = false, microphoneOff = false, unwanted = false }, number) => {
      const isScreen = id.endsWith(screenId(''));
      names.set(id, name);
      const key = `${id} ${size}`;
      if (size && !pictures.has(key)) pictures.set(key, paint(id, size, number));
      const videoStream = size && !unwanted ? pictures.get(key) : null;
      return [id, {
        id, prefix: id.replace(/-screen$/, ''), isScreen, display: name, audioStream: null, videoStream, hasAudio: true, hasVideo: videoStream !== null,
        audioMuted: microphoneOff, videoMuted: !videoStream, speaking, quality: 'good', undecryptable: false,
      }];
    }));
    room.activeSpeaker = fakes.find(({ speaking }) => speaking)?.id ?? null;
    render();
  };
  window.showOfTest([]);
}

/**
 * Opens the call screen in a page that shows any other screen. `self`: the size of the own picture; null: we only watch.
 * @param {import('playwright-core').Page} page
 * @param {{self?: [number, number] | null}} [options]
 */
export async function openFakeCall(page, { self = [640, 360] } = {}) {
  await page.evaluate(`window.paintOfTest = (${painter})()`);
  await page.evaluate(open, { self });
}

/**
 * Who is there now.
 * @param {import('playwright-core').Page} page
 * @param {Fake[]} fakes
 */
export async function showPeople(page, fakes) {
  await page.evaluate((list) => window.showOfTest(list), fakes);
}

const NAMES = ['Ana', 'Ben', 'Chloé', 'Dmitri', 'Emre', 'Fatima', 'Grace', 'Hugo', 'Ines', 'Jonas', 'Khadija', 'Liam', 'Mia', 'Noor', 'Oskar', 'Priya', 'Quinn', 'Rosa', 'Sven', 'Tariq'];

/**
 * So many people with pictures.
 * @param {number} count
 * @param {[number, number]} [size]
 * @returns {Fake[]}
 */
export const crowd = (count, size = [640, 360]) => Array.from({ length: count }, (_, i) => ({ id: `person-${i}`, name: `${NAMES[i % NAMES.length]}${i < NAMES.length ? '' : ` ${i}`}`, size }));
