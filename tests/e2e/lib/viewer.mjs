// Somebody who looks at a call in a browser, whose stage shows what the test says.
import { join } from './page.mjs';
import { until } from './stack.mjs';

export const LARGE = { width: 1280, height: 720 };
export const SMALL = { width: 310, height: 174 };

// Runs in the page: what the stage shows is what the test says, where the test says anything.
export async function takeViews() {
  const entry = performance.getEntriesByType('resource').map(({ name }) => name).find((name) => name.endsWith('/main.js'));
  const { Room } = await import(new URL('room.js', entry).href);
  const original = Room.prototype.view;
  Room.prototype.view = function view(views) {
    window.roomOfTest = this;
    window.viewOfTest = () => original.call(this, new Map(window.viewsOfTest ?? views));
    window.viewOfTest();
  };
}

// Records the size (substream) of the picture that Janus sends to this page. `size` is the newest one.
function sizesTold({ page }) {
  const told = { size: undefined };
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => {
    told.size = JSON.parse(String(payload)).plugindata?.data?.substream ?? told.size;
  }));
  return told;
}

/**
 * Somebody who comes to this meeting and only watches.
 * @param {import('./browser.mjs').Browser} browser
 * @param {import('./client.mjs').Client} client
 * @param {string} link
 * @param {{through?: import('./relay.mjs').Relay}} [options]
 */
export async function viewer(browser, client, link, { through } = {}) {
  const person = await browser.person();
  if (through) await through.use(person.context);
  const told = sizesTold(person);
  const { body } = await client.call('POST', `/session/${link}/invites`, { body: { role: 'subscriber', name: 'Vic' } });
  await person.page.goto(body.url);
  await person.page.evaluate(takeViews);
  await join(person, undefined);
  return Object.assign(person, { told });
}

// views: [id, view][]
export const show = ({ page }, views) => page.evaluate((wanted) => {
  window.viewsOfTest = wanted;
  window.viewOfTest?.();
}, views);

// The pictures that come to a page, by the sender's id: their packets, frames and size.
export function pictures({ page }) {
  return page.evaluate(async () => {
    const found = {};
    const peers = window.peersOfTest.filter(({ connectionState }) => connectionState !== 'closed');
    for (const peer of peers) {
      for (const stats of (await peer.getStats()).values()) {
        if (stats.type !== 'inbound-rtp' || stats.kind !== 'video') continue;
        const participant = [...window.roomOfTest.participants.values()].find(({ videoStream }) => videoStream?.getTracks()[0].id === stats.trackIdentifier);
        if (!participant) continue;
        found[participant.id] = {
          packets: stats.packetsReceived, frames: stats.framesDecoded ?? 0, width: stats.frameWidth ?? 0, bytes: stats.bytesReceived, lost: stats.packetsLost,
        };
      }
    }
    return found;
  });
}

export const widthOf = async (person, id) => (await pictures(person))[id]?.width;
export const untilWide = (person, id, width, limit) => until(async () => (await widthOf(person, id)) === width, `a picture ${width} wide`, limit);
