// One stay in Janus' room, from the connection's opening to its loss: the session, ourselves as a publisher, our screen
// as another, what we receive, and who is there. It does not repair what is lost: room.js makes a new one.
//
//   const call = new Call({ access, encryption, isOwn });   access: answer of POST session/{link}/token
//   await call.open(url, display, { audio, video })         tracks or null; a subscriber sends nothing
//   call.close()
//
// Events: 'participants'; 'moderated' (detail: { muted }) a moderator has (un)muted our microphone; 'quality';
//         'unauthorized' a fresh token is needed; 'lost' (detail: { reason }), once.
import { JanusSession, UNAUTHORIZED } from './janus.js';
import { Participants, screenId } from './participants.js';
import { Publisher } from './publisher.js';
import { QualityMeter } from './quality.js';
import { Subscription } from './subscription.js';

const TICK = 2000; // ms between looks at the list (viewers) and at the connection
const EARLY_TICK = 500; // ms between those of viewers while a call is new: after a restart all the others come, too
const EARLY = 5000; // ms
const PUBLISHERS_FULL = 432;

// Bits and frames for one's camera, by how many cameras there are: 12 people have to fit into a small machine, which
// decodes what all the others send.
const CAMERA_LIMITS = [
  { cameras: 2, limit: { maxBitrate: 800000, maxFramerate: 24, scaleResolutionDownBy: 1 } },
  { cameras: 4, limit: { maxBitrate: 500000, maxFramerate: 24, scaleResolutionDownBy: 1 } },
  { cameras: 6, limit: { maxBitrate: 300000, maxFramerate: 20, scaleResolutionDownBy: 1 } },
  { cameras: 9, limit: { maxBitrate: 180000, maxFramerate: 15, scaleResolutionDownBy: 2 } },
  { cameras: Infinity, limit: { maxBitrate: 120000, maxFramerate: 12, scaleResolutionDownBy: 2 } },
];
const SCREEN_LIMIT = { maxBitrate: 1500000, maxFramerate: 8 };

export function cameraLimit(cameras) {
  return CAMERA_LIMITS.find((tier) => cameras <= tier.cameras).limit;
}

export class Call extends EventTarget {
  full = false; // the room takes no more senders
  quality = 'unknown';
  #access;
  #encryption;
  #publisher = null;
  #screen = null;
  #subscription = null;
  #meter = new QualityMeter();
  #timer;
  #openedAt;
  #limit = null;
  #over = false;
  #stop;
  #stopped = new Promise((resolve, reject) => {
    this.#stop = () => reject(new Error('the call is over'));
  });

  constructor({ access, encryption, isOwn }) {
    super();
    this.#access = access;
    this.#encryption = encryption;
    this.participants = new Participants(isOwn);
    this.#stopped.catch(() => {}); // mostly nobody waits for it
  }

  async open(url, display, tracks) {
    this.session = await JanusSession.open(url, this.#access.token);
    if (this.#over) {
      this.session.close(); // nobody is to be there any more
      throw new Error('the call is over');
    }
    this.session.addEventListener('closed', ({ detail }) => this.#lost(detail.reason));
    this.session.addEventListener('unauthorized', () => this.dispatchEvent(new Event('unauthorized')));
    try {
      await this.#unlessOver(this.#take(display, tracks));
    } catch (error) {
      this.close();
      throw error;
    }
    this.#openedAt = performance.now();
    this.#schedule();
  }

  close() {
    this.#over = true;
    this.#stop();
    clearTimeout(this.#timer);
    for (const part of [this.#publisher, this.#screen, this.#subscription]) part?.close();
    this.session?.close();
  }

  get isOver() {
    return this.#over;
  }

  get published() {
    return this.#publisher !== null && !this.full;
  }

  get received() {
    return this.#subscription.received;
  }

  async setTrack(kind, track) {
    if (!this.#over) await this.#publisher?.setTrack(kind, track);
  }

  declare(display) {
    this.#publisher?.declare(display);
  }

  shareScreen(stream, display) {
    return this.#unlessOver(this.#publishScreen(stream, display));
  }

  async stopScreen() {
    const screen = this.#screen;
    this.#screen = null;
    await screen?.leave();
  }

  // What is asked of a peer connection that is closed meanwhile is never answered.
  #unlessOver(work) {
    return Promise.race([work, this.#stopped]);
  }

  async #take(display, tracks) {
    await this.#subscribe();
    if (this.#access.role === 'subscriber') await this.#look();
    else await this.#enter(display, tracks);
  }

  async #publishScreen(stream, display) {
    const screen = this.#publish(screenId(this.#access.participantId));
    this.#screen = screen;
    await screen.limit(SCREEN_LIMIT);
    await screen.join(display);
    const [video] = stream.getVideoTracks();
    await screen.publish({ video, audio: stream.getAudioTracks()[0] });
  }

  async #subscribe() {
    this.#subscription = new Subscription(this.session, { access: this.#access, encryption: this.#encryption });
    this.#subscription.addEventListener('received', () => this.#changed());
    this.#subscription.addEventListener('lost', ({ detail }) => this.#lost(detail.reason));
    await this.#subscription.attach();
  }

  #publish(id) {
    const publisher = new Publisher(this.session, { access: this.#access, id, encryption: this.#encryption });
    publisher.addEventListener('lost', ({ detail }) => this.#lost(detail.reason));
    return publisher;
  }

  async #enter(display, tracks) {
    this.#publisher = this.#publish(this.#access.participantId);
    this.#publisher.addEventListener('event', ({ detail }) => this.#heard(detail.data));
    this.participants.heard(await this.#publisher.join(display));
    this.#changed();
    try {
      await this.#publisher.publish(tracks);
    } catch (error) {
      if (error.code !== PUBLISHERS_FULL) throw error;
      this.full = true;
    }
  }

  // What a participant is told
  #heard(data) {
    if (data.videoroom === 'destroyed') this.#lost('the room is gone');
    if (data.moderation && data.id === this.#access.participantId && data.mid === this.#publisher.mid('audio'))
      this.#tell('moderated', { muted: data.moderation === 'muted' });
    this.participants.heard(data);
    this.#changed();
  }

  // What a viewer has to look at
  async #look() {
    this.participants.listed(await this.#subscription.list());
    this.#changed();
  }

  #changed() {
    if (this.#over) return;
    this.#subscription.want(this.participants.publishing);
    this.participants.receive(this.#subscription.received);
    const others = [...this.participants.map.values()].filter(({ hasVideo, isScreen }) => hasVideo && !isScreen);
    const limit = cameraLimit(others.length + 1);
    if (limit !== this.#limit) this.#publisher?.limit(limit);
    this.#limit = limit;
    this.#tell('participants');
  }

  #schedule() {
    const early = !this.#publisher && performance.now() - this.#openedAt < EARLY;
    if (!this.#over) this.#timer = setTimeout(() => this.#tick(), early ? EARLY_TICK : TICK);
  }

  async #tick() {
    try {
      if (this.#publisher) this.#subscription.want(this.participants.publishing);
      else await this.#look();
      await this.#measure();
    } catch (error) {
      if (error.code !== UNAUTHORIZED) this.#lost(error.message); // a viewer's only sign that the room is gone
    }
    this.#schedule();
  }

  async #measure() {
    const [receiving, sending] = await Promise.all([this.#subscription.stats(), this.#publisher?.stats() ?? new Map()]);
    const { own, participants } = this.#meter.measure(receiving, sending, this.#subscription.participantsByMid);
    this.quality = own;
    for (const [id, participant] of this.participants.map) participant.quality = participants.get(id) ?? 'unknown';
    this.#tell('quality');
  }

  #lost(reason) {
    if (this.#over) return;
    this.close();
    this.#tell('lost', { reason });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
