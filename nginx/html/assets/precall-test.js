// A test before the call, through the real server: sends sound and picture to Janus' echo and looks at what comes back;
// tries the relay; listens to the microphone.
//
//   const found = await testCall({ requestAccess, base, stream, signal });
//     requestAccess   () -> Promise of the answer of POST session/{link}/token
//     base            the page's folder
//     stream          the open devices, which stay as they are; null: none. A device that is taken out of it is let go here, too
//     signal          aborts the test; the result then means nothing
//   It takes LIMIT at most, and leaves nothing open, also when it throws what it did not expect. call-verdict.js says
//   what the result means.
import { levelMeter } from './devices.js';
import { JanusSession } from './janus.js';
import { Peer } from './peer.js';
import { signallingUrl } from './signalling.js';

/** @import { Access } from './api.js' */

/**
 * What the test has found.
 * @typedef {object} Found
 * @property {'ok' | 'away' | 'busy' | 'refused' | 'none'} service  none: it has no echo
 * @property {boolean} connected  sound and pictures can go directly
 * @property {'works' | 'fails' | 'none'} relay
 * @property {boolean} soundBack
 * @property {boolean} pictureBack
 * @property {boolean} sentPicture  a camera is on
 * @property {number} lost  share of the packets that did not come back, 0..1
 * @property {number | null} delay  ms there and back; null: not measured
 * @property {number | null | undefined} level  the greatest loudness (devices.js); null: no microphone is open; undefined: this
 *   browser did not measure it
 */

const PLUGIN = 'janus.plugin.echotest';
const LIMIT = 9000; // ms for all of it
const LISTEN = 4000; // ms in which the person says something
const LOOK_INTERVAL = 200; // ms between two looks at what came back
const ENOUGH_PACKETS = 25; // of sound: half a second

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => {
  setTimeout(resolve, ms);
});

/** @param {Access} access */
const hasRelay = ({ iceServers }) => iceServers.some(({ urls }) => [urls].flat().some((url) => /^turns?:/.test(url)));

/**
 * Clones are sent. That of a microphone that is off is on: only the echo hears it.
 * @param {MediaStream | null} stream
 * @returns {Map<MediaStreamTrack, MediaStreamTrack>}  clone -> its original
 */
function clonesOf(stream) {
  const tracks = (stream?.getTracks() ?? []).filter(({ readyState }) => readyState === 'live');
  const clones = new Map(tracks.map((track) => [track.clone(), track]));
  for (const clone of clones.keys())
    clone.enabled = true;
  return clones;
}

/** @param {AbortSignal} signal */
const abortOf = (signal) => new Promise((resolve) => {
  signal.addEventListener('abort', resolve);
  if (signal.aborted)
    resolve(undefined);
});

/** Sound that is silent, for people without a microphone: packets go all the same. */
function silence() {
  const context = new AudioContext();
  const output = context.createMediaStreamDestination();
  const [track] = output.stream.getTracks();
  // Without a source there would be no packets.
  const source = new ConstantSourceNode(context, { offset: 0 });
  source.connect(output);
  source.start();
  return { track, close: () => context.close() };
}

/**
 * @param {any} error  why there is no session: of the service, or of the gate with a reason of signalling.js
 * @returns {Found['service']}
 */
function serviceOf({ status = 0, reason }) {
  if (status === 429 || reason === 'limit')
    return 'busy';
  if (reason === 'no-echo')
    return 'none';
  return (status >= 400 && status < 500) || ['refused', 'removed', 'ended'].includes(reason) ? 'refused' : 'away';
}

/** Sends to the echo over one peer connection. */
class Echo {
  #elements;

  /**
   * @param {Peer} peer
   * @param {MediaStreamTrack[]} tracks
   */
  constructor(peer, tracks) {
    this.peer = peer;
    for (const track of tracks)
      peer.connection.addTransceiver(track, { direction: 'sendrecv' });
    // Browsers decode only what an element plays; nobody is to hear an echo.
    this.#elements = peer.receivers.map(({ track }) => {
      const element = document.createElement(track.kind === 'audio' ? 'audio' : 'video');
      element.muted = true;
      element.srcObject = new MediaStream([track]);
      element.play().catch(() => {});
      return element;
    });
  }

  async start() {
    const { connection, handle } = this.peer;
    await connection.setLocalDescription();
    const { jsep } = await handle.request({}, this.peer.description);
    if (jsep)
      await connection.setRemoteDescription(jsep);
  }

  get connected() {
    return this.peer.connection.connectionState === 'connected';
  }

  /** What has come back so far. */
  async look() {
    const reports = [...(await this.peer.connection.getStats()).values()];
    const inbound = reports.filter(({ type }) => type === 'inbound-rtp');
    /** @param {string} kind */
    const packets = (kind) => inbound.find((report) => report.kind === kind)?.packetsReceived ?? 0;
    const lost = inbound.reduce((sum, report) => sum + Math.max(0, report.packetsLost ?? 0), 0);
    const received = packets('audio') + packets('video');
    const pair = reports.find(({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded');
    return {
      sound: packets('audio') >= ENOUGH_PACKETS,
      picture: (inbound.find(({ kind }) => kind === 'video')?.framesDecoded ?? 0) > 0,
      lost: received ? lost / (lost + received) : 0,
      delay: pair?.currentRoundTripTime === undefined ? null : Math.round(pair.currentRoundTripTime * 1000),
    };
  }

  close() {
    for (const element of this.#elements)
      element.srcObject = null;
    this.peer.close();
  }
}

class CallTest {
  /** @type {Found} */
  found = {
    service: 'ok', connected: false, relay: 'none', soundBack: false, pictureBack: false, sentPicture: false, lost: 0,
    delay: null, level: null,
  };
  #options;
  #began = performance.now();
  #until = this.#began + LIMIT;
  #originals;
  #tracks;
  #silence = silence();
  /** @type {JanusSession | null} */
  #session = null;
  /** @type {Echo[]} */
  #echoes = [];

  /** @param {Parameters<typeof testCall>[0]} options */
  constructor(options) {
    this.#options = options;
    this.#originals = clonesOf(options.stream);
    this.#tracks = [...this.#originals.keys()];
    this.found.sentPicture = this.#tracks.some(({ kind }) => kind === 'video');
  }

  get #isOver() {
    return performance.now() > this.#until || this.#options.signal.aborted;
  }

  get #isBack() {
    return this.found.soundBack && (this.found.pictureBack || !this.found.sentPicture);
  }

  /** Nothing more comes from the echo; the microphone is listened to all the same. */
  get #echoIsOver() {
    return this.#isOver || this.found.service !== 'ok';
  }

  /** @param {object} cause  as serviceOf() takes it */
  #fail(cause) {
    if (!this.#isOver)
      this.found.service = serviceOf(cause);
  }

  async run() {
    const following = setInterval(() => this.#letGo(), LOOK_INTERVAL);
    try {
      await Promise.race([Promise.all([this.#listen(), this.#echo()]), pause(LIMIT), abortOf(this.#options.signal)]);
    } finally {
      clearInterval(following);
      this.#close();
    }
  }

  /** The person has switched a device off, or taken another one: its light goes out. */
  #letGo() {
    const open = this.#options.stream?.getTracks() ?? [];
    for (const [clone, track] of this.#originals) {
      if (open.includes(track) && track.readyState === 'live')
        continue;
      clone.stop();
      if (clone.kind === 'video')
        this.found.sentPicture = false;
    }
  }

  #close() {
    this.#until = 0;
    for (const echo of this.#echoes)
      echo.close();
    this.#session?.close();
    for (const track of this.#tracks)
      track.stop();
    this.#silence.close();
  }

  async #listen() {
    const sound = this.#tracks.filter(({ kind }) => kind === 'audio');
    if (!sound.length)
      return;
    this.found.level = undefined;
    const stop = levelMeter(new MediaStream(sound), (level) => {
      this.found.level = Math.max(this.found.level ?? 0, level);
    });
    const end = performance.now() + LISTEN;
    while (performance.now() < end && !this.#isOver)
      await pause(LOOK_INTERVAL);
    stop();
  }

  async #echo() {
    let access;
    try {
      access = await this.#options.requestAccess();
      if (this.#isOver)
        return;
      this.#session = new JanusSession(signallingUrl(this.#options.base, access.url), access.token, { echo: true });
      await this.#session.open();
      // The person was removed, or the meeting has ended: what does not come back says nothing about the network.
      this.#session.addEventListener('closed', ({ detail }) => this.#fail(detail));
    } catch (error) {
      this.#fail(error);
      return;
    }
    await Promise.all([this.#direct(access), hasRelay(access) && this.#relay(access)]);
  }

  /**
   * @param {Access} access
   * @param {MediaStreamTrack[]} tracks
   * @param {RTCIceTransportPolicy} policy
   */
  async #open(access, tracks, policy) {
    const handle = await this.#session?.attach(PLUGIN);
    if (!handle || this.#echoIsOver)
      return null;
    const echo = new Echo(new Peer(handle, access.iceServers, policy), tracks);
    this.#echoes.push(echo);
    await echo.start();
    return echo;
  }

  /** @param {Access} access */
  async #direct(access) {
    const hasSound = this.#tracks.some(({ kind }) => kind === 'audio');
    const tracks = hasSound ? this.#tracks : [...this.#tracks, this.#silence.track];
    const echo = await this.#open(access, tracks, 'all').catch(() => null);
    if (!echo) {
      if (!this.#echoIsOver)
        this.found.service = 'none';
      return;
    }
    // As long as the person speaks: a loss of packets shows after a while.
    while (!this.#echoIsOver && !(this.#isBack && performance.now() - this.#began > LISTEN)) {
      await pause(LOOK_INTERVAL);
      const { sound, picture, lost, delay } = await echo.look();
      this.found.connected ||= echo.connected;
      Object.assign(this.found, { soundBack: sound, pictureBack: picture, lost, delay });
    }
  }

  /** @param {Access} access */
  async #relay(access) {
    this.found.relay = 'fails';
    const echo = await this.#open(access, [this.#silence.track], 'relay').catch(() => null);
    while (echo && !this.#echoIsOver && !echo.connected)
      await pause(LOOK_INTERVAL);
    if (echo?.connected)
      this.found.relay = 'works';
  }
}

/**
 * @param {object} options
 * @param {() => Promise<Access>} options.requestAccess
 * @param {string | URL} options.base
 * @param {MediaStream | null} options.stream
 * @param {AbortSignal} options.signal
 * @returns {Promise<Found>}
 */
export async function testCall(options) {
  const test = new CallTest(options);
  await test.run();
  return test.found;
}
