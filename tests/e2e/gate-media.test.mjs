// Real media through a real Janus, its signalling through the gate: who gets it, and that it flows on while signalling is away.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { GateStack } from './lib/gate.mjs';
import { patience, sleep, until } from './lib/stack.mjs';

const GAP_MAX = 1000; // ms between two frames
const AWAY = 3000; // ms
/** @type {GateStack} */
let stack;
/** @type {Browser} */
let browser;

before(async () => {
  stack = await GateStack.start();
  browser = await Browser.start();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

// Runs in the browser: a page as small as can be, as window.gate.
function makePage({ url, token }) {
  const waiting = new Map();
  const gate = {
    last: 0, count: 0, ticket: undefined, socket: null, gap: 0, frames: 0,

    async connect(hello) {
      const socket = new WebSocket(url, 'janus-protocol');
      gate.socket = socket;
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        gate.last = message.n ?? gate.last;
        if (message.janus === 'ack') return;
        waiting.get(message.transaction)?.(message);
      };
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = reject;
      });
      const answer = await gate.request({ janus: 'confab', token, ...hello });
      if (!answer.resumed && !answer.claimed) gate.ticket = (await gate.request({ janus: 'create' })).data.ticket;
      return answer;
    },

    back: () => gate.connect({ ticket: gate.ticket, seen: gate.last }),

    request(message) {
      gate.count += 1;
      const transaction = `t${gate.count}`;
      gate.socket.send(JSON.stringify({ ...message, transaction }));
      return new Promise((resolve) => { waiting.set(transaction, resolve); });
    },

    async plugin(handle, body, jsep) {
      const answer = await gate.request({ janus: 'message', handle_id: handle, body, ...(jsep && { jsep }) });
      return { data: answer.plugindata?.data ?? answer, jsep: answer.jsep };
    },

    attach: async () => (await gate.request({ janus: 'attach', plugin: 'janus.plugin.videoroom' })).data.id,

    // A picture that changes all the time.
    async publish() {
      const canvas = document.createElement('canvas');
      const paint = canvas.getContext('2d');
      setInterval(() => {
        paint.fillStyle = `hsl(${Math.floor(performance.now() / 10) % 360} 90% 50%)`;
        paint.fillRect(0, 0, canvas.width, canvas.height);
      }, 40);
      const handle = await gate.attach();
      const peer = new RTCPeerConnection();
      peer.addTransceiver(canvas.captureStream(25).getVideoTracks()[0], { direction: 'sendonly' });
      const joined = await gate.plugin(handle, { request: 'join', ptype: 'publisher' });
      await peer.setLocalDescription();
      const { jsep } = await gate.plugin(handle, { request: 'publish' }, { type: 'offer', sdp: peer.localDescription.sdp });
      await peer.setRemoteDescription(jsep);
      return joined.data;
    },

    // Gives what Janus says, and counts the frames that come.
    async subscribe(feed) {
      const handle = await gate.attach();
      const { data, jsep } = await gate.plugin(handle, { request: 'join', ptype: 'subscriber', streams: [{ feed }] });
      if (!jsep) return { handle, data };
      const peer = new RTCPeerConnection();
      const video = document.createElement('video');
      let shown = 0;
      const seen = () => {
        const now = performance.now();
        if (shown) gate.gap = Math.max(gate.gap, now - shown);
        shown = now;
        gate.frames += 1;
        video.requestVideoFrameCallback(seen);
      };
      video.muted = true;
      video.requestVideoFrameCallback(seen);
      document.body.append(video);
      peer.ontrack = ({ track }) => {
        video.srcObject = new MediaStream([track]);
        video.play();
      };
      await peer.setRemoteDescription(jsep);
      await peer.setLocalDescription();
      await gate.plugin(handle, { request: 'start' }, { type: 'answer', sdp: peer.localDescription.sdp });
      return { handle, data };
    },
  };
  /** @type {any} */ (window).gate = gate;
  return gate.connect({});
}

// Runs in the browser: calls a function of its page.
const callPage = ([name, ...parameters]) => /** @type {any} */ (window).gate[name](...parameters);
const readPage = (name) => /** @type {any} */ (window).gate[name];

class BrowserPage {
  constructor(page) {
    this.page = page;
    /** @type {any} */
    this.state = undefined; // what the gate has said first
  }

  static async open(person) {
    const { page } = await browser.person();
    const one = new BrowserPage(page);
    one.state = await page.evaluate(makePage, { url: `ws://127.0.0.1:${stack.port}/`, token: stack.token(person) });
    return one;
  }

  call(...parameters) {
    return this.page.evaluate(callPage, parameters);
  }

  read(name) {
    return this.page.evaluate(readPage, name);
  }

  // Frames come, from now on.
  async watching() {
    const before = await this.read('frames');
    await until(async () => (await this.read('frames')) > before + 10, 'frames to come', 20000);
  }

  forgetGap() {
    return this.page.evaluate(() => { /** @type {any} */ (window).gate.gap = 0; });
  }
}

test('media flows, within the room alone, and goes on while the connection or the gate is away', async () => {
  const [one, other] = [await stack.room('media-one', 'ann'), await stack.room('media-other', 'dan')];
  const ann = await BrowserPage.open({ room: one, attendee: 'ann' });
  assert.equal((await ann.call('publish')).videoroom, 'joined');
  const bob = await BrowserPage.open({ room: one, attendee: 'bob', role: 'subscriber' });
  await until(async () => (await stack.participants(one))[0]?.publisher, 'ann to send');
  assert.equal((await bob.call('subscribe', 'ann-1')).data.videoroom, 'attached');
  await bob.watching();

  // A feed of another room, live, in every request that names feeds.
  const dan = await BrowserPage.open({ room: other, attendee: 'dan' });
  await dan.call('publish');
  await until(async () => (await stack.participants(other))[0]?.publisher, 'dan to send');
  const eve = await BrowserPage.open({ room: other, attendee: 'eve' });
  assert.equal((await eve.call('subscribe', 'ann-1')).data.error_code, 428);
  const { handle, data } = await eve.call('subscribe', 'dan-1');
  assert.equal(data.videoroom, 'attached');
  for (const body of [
    { request: 'subscribe', streams: [{ feed: 'ann-1' }] },
    { request: 'update', subscribe: [{ feed: 'ann-1' }] },
    { request: 'switch', streams: [{ feed: 'ann-1', mid: '0', sub_mid: '0' }] },
  ]) {
    const answer = await eve.call('plugin', handle, body);
    assert.equal(answer.data.error_code, 428, JSON.stringify(answer.data));
  }

  // The connection is cut, and comes back.
  await bob.forgetGap();
  await bob.page.evaluate(() => /** @type {any} */ (window).gate.socket.close(4000));
  await until(async () => (await stack.connections(one)).some(({ state }) => state === 'lost'), 'the loss');
  await sleep(AWAY);
  assert.equal((await bob.call('back')).resumed, true);
  await bob.watching();
  assert.ok(await bob.read('gap') < patience(GAP_MAX), `${await bob.read('gap')} ms without a frame`);

  // The gate is killed, and comes back.
  await bob.forgetGap();
  await stack.endGate('SIGKILL');
  await sleep(AWAY);
  await stack.startGate();
  assert.equal((await ann.call('back')).claimed, true);
  assert.equal((await bob.call('back')).claimed, true);
  await bob.watching();
  assert.ok(await bob.read('gap') < patience(GAP_MAX), `${await bob.read('gap')} ms without a frame`);

  // Removed, ann is neither seen nor does she see.
  await stack.control('POST', '/remove', { sessionId: one, attendee: 'ann' });
  await until(async () => (await stack.participants(one)).length === 0, 'ann to be gone');
  await until(async () => {
    const before = await bob.read('frames');
    await sleep(1000);
    return (await bob.read('frames')) === before;
  }, 'no frames to come any more');
});
