// People in a call without a browser: they send sound, and a picture in the sizes that the page sends, by libdatachannel. The
// pictures are real ones (VP8 with three temporal layers): a browser decodes them. As a browser, they send a key frame in all
// sizes when Janus asks for one, and few others.
import { Audio, PeerConnection, Video, cleanup } from 'node-datachannel';
import { Page } from './janus.mjs';
import { pictures, sounds } from './mjr.mjs';
import { until } from './stack.mjs';

const RATE = 24; // pictures a second
const LENGTH = 4; // s until the pictures begin anew, with a key frame
const KEYS_APART = 300; // ms between two key frames, at least
const FEEDBACK = 206; // RTCP: about the payload
const KEY_WISHES = [1, 4]; // PLI and FIR
const TEMPORAL = [0, 2, 1, 2]; // the layer of each of four pictures
const MTU = 1100;
const TICK = 10; // ms
const PACE = 6; // packets of a layer in a tick
const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
const SILENCE_EACH = 20; // packets of sound: DTX sends one of so many
const VIDEO_TYPE = 96;
const AUDIO_TYPE = 111;

// From the smallest one, as Janus numbers them.
const SIZES = [{ size: '320x180', bits: 150 }, { size: '640x360', bits: 500 }, { size: '1280x720', bits: 1500 }];

const made = new Map();

// The frames of a layer, made once.
function framesOf(layer) {
  const { size, bits } = SIZES[layer];
  if (!made.has(layer)) {
    const shares = [0.5, 0.7, 1].map((share) => Math.round(bits * share)).join();
    const filter = 'noise=alls=60:allf=t';
    made.set(layer, pictures('vp8', { seconds: LENGTH, size, rate: RATE, keys: LENGTH * RATE, bits: `${bits}k`, filter,
      more: ['-error-resilient', 'default', '-max-intra-rate', '400', '-minrate', `${bits}k`, '-maxrate', `${bits}k`, '-ts-parameters', `ts_layering_mode=3:ts_target_bitrate=${shares}`] }));
  }
  return made.get(layer);
}

let tone;
const toneOf = () => (tone ??= sounds({ seconds: 2 }));

function rtp({ type, seq, ts, ssrc, marker, payload }) {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = (marker ? 0x80 : 0) | type;
  header.writeUInt16BE(seq & 0xffff, 2);
  header.writeUInt32BE(ts >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

// The payloads of one picture: each with the descriptor that names the picture and its temporal layer (RFC 7741). Until a picture of
// each layer has come since the key frame, it says that the picture needs the lowest layer alone. `zero`: pictures of the lowest
// layer so far.
function payloads(data, { number, sinceKey, zero }) {
  const layer = TEMPORAL[sinceKey % TEMPORAL.length];
  const sync = sinceKey === 1 || sinceKey === 2 ? 0x20 : 0;
  const list = [];
  for (let at = 0; at < data.length; at += MTU) {
    const descriptor = Buffer.from([at === 0 ? 0x90 : 0x80, 0xe0, 0x80 | ((number >> 8) & 127), number & 255, zero & 255, (layer << 6) | sync]);
    list.push(Buffer.concat([descriptor, data.subarray(at, at + MTU)]));
  }
  return list;
}

const senders = new Set();
let timer;

// One timer for all: pictures and sound are sent as far as the clock says.
function tick() {
  const now = performance.now();
  for (const sender of senders) sender.send(now);
}

export class Sender {
  /**
   * @param {any} answer  of POST /session/{id}/token
   * @param {{layers?: number[], speaks?: boolean, keyless?: number[]}} [options]  layers: that are sent; speaks: else the sound is
   *   silence; keyless: layers whose key frames are lost. Then key frames are sent only when Janus asks for one
   */
  constructor(answer, { layers = [0, 1, 2], speaks = false, keyless = undefined } = {}) {
    this.answer = answer;
    this.id = answer.participantId;
    this.layers = layers;
    this.speaks = speaks;
    this.rare = keyless !== undefined;
    this.keyless = keyless ?? [];
    this.loses = false; // the next picture of the lowest temporal layer is lost for good
    this.page = new Page(answer);
    this.seqs = [0, 0, 0];
    this.queues = [[], [], []];
    this.pictures = 0;
    this.zero = 0; // pictures of the lowest temporal layer
    this.sinceKey = 0; // pictures
    this.keyWanted = false;
    this.packets = 0; // of sound
    const base = senders.size * 16 + Math.floor(Math.random() * 1e6) * 1000 + 1000;
    this.audioSource = base;
    this.sources = SIZES.map((_, i) => base + 1 + i);
  }

  // Somebody of this meeting who sends.
  static async join(client, link, name, options) {
    const token = await client.token(link, { name, data: name, role: 'publisher' });
    const sender = new Sender(token, options);
    await sender.open();
    return sender;
  }

  async open() {
    const { page, id } = this;
    for (const layer of this.layers) framesOf(layer);
    toneOf();
    await page.open();
    await page.attach();
    const display = JSON.stringify({ name: id, audio: true, video: true });
    const joined = await page.join({ display });
    if (joined.videoroom !== 'joined') throw new Error(JSON.stringify(joined));
    const peer = new PeerConnection(id, { iceServers: [], disableAutoNegotiation: true });
    this.peer = peer;
    const audio = new Audio('0', 'SendOnly');
    audio.addOpusCodec(AUDIO_TYPE);
    audio.addSSRC(this.audioSource, 'sound', id, 'sound');
    const video = new Video('1', 'SendOnly');
    video.addVP8Codec(VIDEO_TYPE);
    for (const source of this.sources) video.addSSRC(source, 'picture', id, 'picture');
    this.audio = peer.addTrack(audio);
    this.video = peer.addTrack(video);
    this.video.onMessage((packets) => this.#hear(packets));
    peer.setLocalDescription('offer');
    await until(() => peer.gatheringState() === 'complete', 'the candidates');
    const sdp = `${peer.localDescription().sdp}a=ssrc-group:SIM ${this.sources.join(' ')}\r\n`;
    const message = await page.request({ janus: 'message', handle_id: page.handle, body: { request: 'publish' }, jsep: { type: 'offer', sdp } });
    if (!message.jsep) throw new Error(JSON.stringify(message));
    peer.setRemoteDescription(message.jsep.sdp, 'answer');
    await until(() => peer.state() === 'connected', 'the connection of a sender', 20000);
    this.started = performance.now();
    senders.add(this);
    timer ??= setInterval(tick, TICK);
  }

  send(now) {
    const time = now - this.started;
    for (; this.packets < time / 20; this.packets++) this.#sendSound();
    for (; this.pictures < (time * RATE) / 1000; this.pictures++) this.#sendPictures();
    // As browsers do: no bursts that fill a socket's buffer.
    for (const queue of this.queues) for (const packet of queue.splice(0, PACE)) this.#put(this.video, packet);
  }

  #sendSound() {
    if (!this.speaks && this.packets % SILENCE_EACH > 0) return;
    const frames = toneOf();
    const payload = this.speaks ? frames[this.packets % frames.length].data : SILENCE;
    const seq = this.speaks ? this.packets : this.packets / SILENCE_EACH;
    this.#put(this.audio, rtp({ type: AUDIO_TYPE, seq, ts: this.packets * 960, ssrc: this.audioSource, marker: false, payload }));
  }

  #sendPictures() {
    const tooSoon = this.sinceKey * 1000 < KEYS_APART * RATE;
    if (this.rare && this.sinceKey === LENGTH * RATE) this.sinceKey = TEMPORAL.length;
    if (this.sinceKey === LENGTH * RATE || (this.keyWanted && !tooSoon)) Object.assign(this, { sinceKey: 0, keyWanted: false });
    if (this.sinceKey % TEMPORAL.length === 0) this.zero++;
    for (const layer of this.layers) if (this.sinceKey > 0 || !this.keyless.includes(layer)) this.#sendPicture(layer);
    if (this.sinceKey % TEMPORAL.length === 0) this.loses = false;
    this.sinceKey++;
  }

  #sendPicture(layer) {
    const ts = Math.round((this.pictures * 90000) / RATE);
    const list = payloads(framesOf(layer)[this.sinceKey].data, { number: this.pictures, sinceKey: this.sinceKey, zero: this.zero });
    if (this.loses && this.sinceKey % TEMPORAL.length === 0) this.seqs[layer] += list.length;
    else for (const [i, payload] of list.entries())
      this.queues[layer].push(rtp({ type: VIDEO_TYPE, seq: this.seqs[layer]++, ts, ssrc: this.sources[layer], marker: i === list.length - 1, payload }));
  }

  // RTCP from Janus, perhaps several packets in one.
  #hear(packets) {
    for (let at = 0; at + 4 <= packets.length; at += (packets.readUInt16BE(at + 2) + 1) * 4)
      if (packets[at + 1] === FEEDBACK && KEY_WISHES.includes(packets[at] & 31)) this.keyWanted = true;
  }

  #put(track, packet) {
    if (track.isOpen()) track.sendMessageBinary(packet);
  }

  leave() {
    senders.delete(this);
    if (senders.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    this.peer?.close();
    this.page.kill();
  }

  // Everybody leaves.
  static leaveAll() {
    for (const sender of [...senders]) sender.leave();
  }

  // After the last test of a file: everybody leaves, and the library ends its threads. Without that the process would go on.
  static end() {
    Sender.leaveAll();
    cleanup();
  }
}
