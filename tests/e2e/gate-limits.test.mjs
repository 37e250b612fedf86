// A call of twelve with screens, reloads and lost connections never meets the gate's limits. The pages say all that the page says in
// such a call. There is no media, so Janus cannot give them each other's: the gate does not mind.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GatePage, GateStack } from './lib/gate.mjs';
import { offer } from './lib/janus.mjs';

const PEOPLE = 12;
const SCREENS = PEOPLE; // all at once, which nobody can look at
const CANDIDATES = 8; // of each PeerConnection
const DESCRIPTION_MIN = 20000; // bytes of the answer to all cameras, microphones and screens
/** @type {GateStack} */
let stack;

before(async () => {
  stack = await GateStack.start({ GATE_KEEP_SECONDS: 10 });
});
after(() => stack?.stop());

// A browser's answer to this many people's pictures and sounds, of the length that Chromium's have.
function answerTo(people) {
  const kinds = Array.from({ length: people }, () => ['audio', 'video']).flat();
  const codecs = Array.from({ length: 8 }, (_, i) => `a=rtpmap:${100 + i} VP9/90000\r\na=rtcp-fb:${100 + i} goog-remb`).join('\r\n');
  const sdp = offer(kinds).sdp.replaceAll('a=rtcp-mux', `a=rtcp-mux\r\n${codecs}`).replaceAll('a=sendonly', 'a=recvonly');
  return { type: 'answer', sdp };
}

class Caller extends GatePage {
  subscriber = 0; // handles
  screen = 0;
  #others = 0; // whose pictures are asked for

  async enter() {
    assert.equal((await this.confab()).state, 'admitted');
    assert.equal((await this.create()).janus, 'success');
    this.subscriber = await this.attach();
    this.handle = await this.#publish({ display: '{"audio":true,"video":true}' }, 'audio', 'video');
  }

  async #publish(more, ...kinds) {
    const handle = await this.join(more);
    assert.equal(this.joined.videoroom, 'joined', JSON.stringify(this.joined));
    const published = await this.plugin(handle, { request: 'publish' }, offer(kinds));
    assert.equal(published.configured, 'ok', JSON.stringify(published));
    this.#trickle(handle);
    return handle;
  }

  #trickle(handle) {
    for (let i = 0; i < CANDIDATES; i += 1) {
      const candidate = `candidate:${i} 1 udp 2122260223 192.0.2.${i + 1} ${50000 + i} typ host generation 0 ufrag abcd network-id 1`;
      this.say({ janus: 'trickle', handle_id: handle, candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'abcd' } });
    }
    this.say({ janus: 'trickle', handle_id: handle, candidate: { completed: true } });
  }

  // Somebody else sends: asks for it, and answers Janus' offer.
  async receive(feed) {
    const streams = [{ feed }];
    await this.plugin(this.subscriber, this.#others === 0 ? { request: 'join', ptype: 'subscriber', streams } : { request: 'update', subscribe: streams });
    this.#others += 1;
    await this.plugin(this.subscriber, { request: 'start' }, answerTo(this.#others));
    if (this.#others === 1) this.#trickle(this.subscriber);
  }

  async drop(...mids) {
    await this.plugin(this.subscriber, { request: 'update', unsubscribe: mids.map((mid) => ({ sub_mid: mid })) });
    await this.plugin(this.subscriber, { request: 'start' }, answerTo(this.#others));
  }

  async shareScreen() {
    this.screen = await this.#publish({ screen: true, display: '{"video":true}' }, 'video');
  }

  async stopScreen() {
    await this.plugin(this.screen, { request: 'leave' });
    await this.request({ janus: 'detach', handle_id: this.screen });
  }

  // The person presses a button.
  toggle(audio) {
    return this.plugin(this.handle, { request: 'configure', display: JSON.stringify({ audio, video: true }) });
  }
}

async function counters() {
  const { messagesRefused, messagesDelayed, connectionsTurnedAway, connectionsTooSlow } = (await stack.control('GET', '/connections')).body;
  return { messagesRefused, messagesDelayed, connectionsTurnedAway, connectionsTooSlow };
}

// Each of them does it, one thing after the other, and all of them at once.
const each = (pages, work) => Promise.all(pages.map(work));

test('twelve people with screens, lost connections and reloads meet no limit', async () => {
  assert.ok(answerTo(2 * PEOPLE).sdp.length > DESCRIPTION_MIN);
  const names = Array.from({ length: PEOPLE }, (_, i) => `p${i}`);
  const room = await stack.room('twelve', ...names);
  const came = async (attendee, participant = `${attendee}-1`) => {
    const page = new Caller(stack, { room, attendee, participant }, { address: '198.51.100.1' }); // all of one office
    await page.open();
    await page.enter();
    return page;
  };
  const receiveOthers = async (page, suffix = '') => {
    for (const name of names) if (name !== page.person.attendee) await page.receive(`${name}-1${suffix}`);
  };
  const all = await each(names, (name) => came(name)); // all at once, as after a restart of Janus
  await each(all, (page) => receiveOthers(page));
  await each(all, (page) => page.toggle(false));
  await each(all.slice(0, SCREENS), (page) => page.shareScreen());
  await each(all, (page) => receiveOthers(page, '-screen'));
  // All lose their connection at once, twice, as when nginx is started again.
  for (let i = 0; i < 2; i += 1) {
    for (const page of all) page.kill();
    const answers = await each(all, (page) => page.back());
    assert.deepEqual(answers.filter(({ resumed }) => !resumed), []);
    await each(all, (page) => Promise.all([page.request({ janus: 'keepalive' }), page.toggle(true)]));
  }
  await each(all, async (page) => {
    await page.stopScreen();
    await page.drop('0', '1');
  });
  // Three load their pages again.
  for (const [i, page] of all.slice(0, 3).entries()) {
    page.leave();
    await receiveOthers(await came(names[i], `${names[i]}-2`));
  }
  assert.deepEqual(await counters(), { messagesRefused: 0, messagesDelayed: 0, connectionsTurnedAway: 0, connectionsTooSlow: 0 });
});
