// The call: joining a meeting's room and staying in it, whatever happens to the network or to Janus.
//
//   const room = new Room({ requestToken, inviteEnd, isHeard, base, displayName, keyText });
//     requestToken   () -> Promise of the answer of POST session/{link}/token; rejects with { status, code, message }.
//                    Asked at every (re)connection and whenever a token has lived two thirds of its life.
//     inviteEnd      () -> until when the service answers that, in epoch milliseconds; or null. It is asked once more
//                    just before, so that a call outlives the invite by a token's whole life.
//     isHeard        (participant's id) -> whether their sound is played: nobody else is said to speak
//     base           the page's folder (URL or text): Janus is at `rtc` below it
//     displayName    what others see until they have the service's list of names
//     keyText        the fragment's key, or null. A key makes the call encrypted even if the service says it is not.
//
//   await room.join(stream)          resolves when the state is no longer 'connecting'. The stream is the room's from
//                                    then on (null: no devices, or a subscriber); leave() stops its tracks.
//   await room.leave()               tidy and at once; also done by itself on pagehide. State 'idle'.
//   await room.setMicrophone(on)     opens a device if there is none yet; throws a DeviceError (devices.js)
//   await room.setCamera(on)         off stops the device (its light goes out), on opens it again; throws likewise
//   await room.replaceDevices({ audio, video })     ids; one left out stays as it is; throws likewise
//   await room.shareScreen(stream)   the stream of openScreen(); when the person ends it in the browser's own bar,
//   await room.stopScreen()          stopScreen() happens by itself
//   await room.setKey(keyText)       after the key was renewed; throws a FrameError if it is no key
//   await room.renew()               asks for a fresh token now: there is another invite
//
//   room.state           'idle' | 'connecting' | 'joined' | 'reconnecting' | 'ended' | 'put-out' | 'failed'
//   room.local           { participantId, prefix, stream, microphone, camera, screen, speaking, forcedMute, published,
//                        full };
//                        participantId changes with every reconnection, prefix (its first 17 characters) never;
//                        microphone, camera: what the person wants; screen: MediaStream or null;
//                        forcedMute: a moderator has muted us, which has switched the microphone off; undoing it does
//                        not switch it on;
//                        published: others can receive us; full: they cannot, the room has all the senders it takes
//   room.participants    Map of id -> { id, prefix, isScreen, display, audioStream, videoStream, hasAudio, hasVideo,
//                        audioMuted, audioModerated, videoMuted, speaking, quality, undecryptable }; without ourselves
//                        and our own screen, with our other devices. The map's objects change in place, the map is
//                        another one after a reconnection; a stream is a new object when its track changes, null while
//                        nothing is received.
//                        Show video if !videoMuted (it is also true of those who send none; so is audioMuted).
//                        That a device is off is told in Janus' display text; why there: participants.js.
//   room.quality         'good' | 'fair' | 'poor' | 'unknown': our own connection
//   room.activeSpeaker   a participant's id, 'local' or null
//   room.lastsUntil      null; or the end of the call in epoch milliseconds, when the service gives no further token
//   room.encrypted       frames are encrypted; known once joined
//   room.hasKey          and we have a key: without one nothing is sent, and everybody is undecryptable, until setKey
//
//   Events: 'state' (detail: { state, error? }), 'participants', 'local', 'speaker', 'quality', 'lasting' (lastsUntil).
//   A device that is unplugged turns its switch off, with a 'local' event (detail: { lost: 'audio' | 'video' }); a
//   screen that cannot be shared again after a reconnection is told of likewise ({ lost: 'screen' }). When a moderator
//   mutes us or undoes that, detail is { moderated: true | false }.
//   error of 'failed': what requestToken rejected with, or { code: 'ENCRYPTION_UNSUPPORTED' }.
import { Backoff } from './backoff.js';
import { Call } from './call.js';
import { loudness, stopTracks } from './devices.js';
import { Encryption, encryptionSupported } from './encryption.js';
import { keyBytes } from './frame-crypto.js';
import { JanusSession } from './janus.js';
import { LocalMedia } from './local.js';
import { Emitter } from './emitter.js';
import { displayText, personPrefix, screenId } from './participants.js';
import { Speakers } from './speakers.js';

/** @import { Access } from './api.js' */
/** @import { Kind } from './frame-crypto.js' */
/** @import { Participant } from './participants.js' */
/** @import { Quality } from './quality.js' */

/** @typedef {'idle' | 'connecting' | 'joined' | 'reconnecting' | 'ended' | 'put-out' | 'failed'} State */

/**
 * Ourselves: see room.local above.
 * @typedef {object} Local
 * @property {string | null} participantId
 * @property {string | null} prefix
 * @property {MediaStream | null} stream
 * @property {boolean} microphone
 * @property {boolean} camera
 * @property {MediaStream | null} screen
 * @property {boolean} speaking
 * @property {boolean} forcedMute
 * @property {boolean} published
 * @property {boolean} full
 */

/** @typedef {{lost?: Kind | 'screen', moderated?: boolean}} LocalChange */
/** @typedef {{status?: number, code?: string | number | null, message?: string}} Failure  why we are not in the call */

/**
 * @typedef {object} Events
 * @property {{state: State, error?: Failure}} state
 * @property {undefined} participants
 * @property {LocalChange | null} local
 * @property {undefined} speaker
 * @property {undefined} quality
 * @property {undefined} lasting
 */

/**
 * @typedef {object} Options
 * @property {() => Promise<Access>} requestToken
 * @property {() => number | null} [inviteEnd]
 * @property {(id: string) => boolean} [isHeard]
 * @property {string | URL} base
 * @property {string} displayName
 * @property {string | null} [keyText]
 */

const ASK_LIMIT = 15000; // ms for the service's answer
const LISTEN_INTERVAL = 200; // ms between looks at who speaks
const STEADY = 10000; // ms after which a connection counts as one that held
const RENEW_AT = 2 / 3; // of a token's life
const RENEW_LAST = 60000; // ms before the invite's end: time to try more than once
const RENEW_MIN = 5000; // ms from one time to the next
const RENEW_MAX = 6 * 3600 * 1000; // ms; setTimeout takes 24 days at most
const RENEW_BLIND = 60000; // ms, when the token seems to have expired before it came: some clock is wrong

const UNAUTHORIZED = 401;
const TRY_AGAIN = [408, 425, 429];

/**
 * The state in which an error of requestToken leaves us, or null: try again.
 * @param {Failure} error
 * @returns {State | null}
 */
function finalState({ status = 0, code }) {
  if (code === 'MEETING_ENDED') return 'ended';
  if (code === 'PUT_OUT') return 'put-out';
  if (code === 'ENCRYPTION_UNSUPPORTED') return 'failed';
  return status >= 400 && status < 500 && !TRY_AGAIN.includes(status) ? 'failed' : null;
}

/** @extends {Emitter<Events>} */
export class Room extends Emitter {
  /** @type {State} */
  state = 'idle';
  /** @type {string | null} */
  activeSpeaker = null;
  /** @type {number | null} */
  lastsUntil = null;
  /** @type {Local} */
  local = {
    participantId: null, prefix: null, stream: null, microphone: false, camera: false, screen: null,
    speaking: false, forcedMute: false, published: false, full: false,
  };
  #requestToken;
  #inviteEnd;
  #isHeard;
  #url;
  #displayName;
  #keyText;
  /** @type {Encryption | null} */
  #encryption = null;
  /** @type {LocalMedia | null} */
  #joinedMedia = null;
  /** @type {Call | null} */
  #call = null;
  /** @type {Call | null} */
  #opening = null; // the call that shall become the next one
  /** @type {Set<string>} */
  #own = new Set(); // ids that are or were ours
  /** @type {number | null} */
  #lostSession = null; // id of one that Janus may still take for alive
  #staying = false; // between join() and the end
  /** @type {Promise<void> | null} */
  #connecting = null;
  #backoff = new Backoff();
  #joinedAt = 0;
  /** @type {number | undefined} */
  #renewal;
  /** @type {Promise<Access> | null} */
  #renewing = null;
  #askedAt = 0; // for a token, last
  /** @type {number | null} */
  #tokenEnd = null; // of the newest token
  #speakers = new Speakers();
  /** @type {Map<string, number | undefined>} */
  #heardAt = new Map(); // participant -> time stamp of the last sound looked at
  /** @type {number | undefined} */
  #listening;
  /** @type {Promise<void>} */
  #screenTurn = Promise.resolve();

  /** @param {Options} options */
  constructor({ requestToken, inviteEnd = () => null, isHeard = () => true, base, displayName, keyText = null }) {
    super();
    this.#requestToken = requestToken;
    this.#inviteEnd = inviteEnd;
    this.#isHeard = isHeard;
    this.#url = new URL('rtc', base);
    this.#url.protocol = this.#url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#displayName = displayName;
    this.#keyText = keyText;
  }

  /** @returns {Map<string, Participant>} */
  get participants() {
    return this.#call?.participants.map ?? new Map();
  }

  /** @returns {Quality} */
  get quality() {
    return this.#call?.quality ?? 'unknown';
  }

  get encrypted() {
    return this.#encryption !== null;
  }

  get hasKey() {
    return this.#encryption?.hasKey ?? false;
  }

  // ---- joining and leaving ----

  /** @param {MediaStream | null} stream */
  async join(stream) {
    this.#staying = true;
    this.#joinedMedia = new LocalMedia(stream, {
      onTrack: (kind, track) => this.#call?.setTrack(kind, track),
      onLost: (kind) => this.#localChanged({ lost: kind }),
    });
    addEventListener('pagehide', this.#onPageHide);
    addEventListener('pageshow', this.#onPageShow);
    addEventListener('online', this.#onOnline);
    this.#listening = setInterval(() => this.#listen(), LISTEN_INTERVAL);
    this.#setState('connecting');
    await this.#connect();
  }

  get #media() {
    if (!this.#joinedMedia) throw new Error('join() comes first');
    return this.#joinedMedia;
  }

  async leave() {
    if (this.#staying) this.#end('idle');
  }

  /**
   * @param {State} state
   * @param {Failure} [error]
   */
  #end(state, error) {
    this.#staying = false;
    removeEventListener('pagehide', this.#onPageHide);
    removeEventListener('pageshow', this.#onPageShow);
    removeEventListener('online', this.#onOnline);
    clearTimeout(this.#renewal);
    clearInterval(this.#listening);
    this.#backoff.hurry();
    this.#opening?.close();
    this.#call?.close();
    this.#call = null;
    this.#encryption?.close();
    this.#encryption = null;
    this.#media.close();
    stopTracks(this.local.screen);
    Object.assign(this.local, {
      stream: null, microphone: false, camera: false, screen: null, speaking: false, published: false,
    });
    this.activeSpeaker = null;
    this.#setState(state, error);
  }

  /**
   * @param {State} state
   * @param {Failure} [error]
   */
  #setState(state, error) {
    this.state = state;
    this.tell('state', { state, error });
  }

  // Our leaving is seen at once, not when Janus notices.
  #onPageHide = () => this.#call?.close();

  // Back out of the browser's cache of pages
  #onPageShow = (/** @type {PageTransitionEvent} */ { persisted }) => {
    if (persisted && this.#call?.isOver) this.#lost(this.#call);
  };

  #onOnline = () => {
    this.#backoff.hurry();
    this.#call?.session?.probe();
  };

  // ---- the connection ----

  // Until it stands, or there is no sense in going on. `patient`: not at once.
  #connect(patient = false) {
    this.#connecting ??= this.#tryToConnect(patient).finally(() => {
      this.#connecting = null;
      if (this.#staying && this.#call?.isOver) this.#lost(this.#call);
    });
    return this.#connecting;
  }

  /** @param {boolean} patient */
  async #tryToConnect(patient) {
    if (patient) await this.#backoff.wait();
    while (this.#staying) {
      try {
        await this.#enter(await this.#ask());
        return;
      } catch (error) {
        const state = finalState(error);
        if (state && this.#staying) this.#end(state, error);
        else await this.#backoff.wait();
      }
    }
  }

  #ask() {
    this.#askedAt = performance.now();
    /** @type {number | undefined} */
    let timer;
    /** @type {Promise<never>} */
    const silence = new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('the service does not answer')), ASK_LIMIT);
    });
    return Promise.race([this.#requestToken(), silence]).finally(() => clearTimeout(timer));
  }

  /** @param {Access} access */
  async #enter(access) {
    if (!this.#staying) return;
    this.#protect(access);
    await this.#buryLostSession(access.token);
    if (!this.#staying) return;
    const id = access.participantId;
    this.#own.add(id).add(screenId(id));
    this.#heardAt.clear();
    // Janus knows nothing of the mute of an earlier stay: the microphone that it has switched off stays off.
    Object.assign(this.local, { participantId: id, prefix: personPrefix(id), forcedMute: false });
    const call = new Call({ access, encryption: this.#encryption, isOwn: (one) => this.#own.has(one) });
    this.#follow(call);
    this.#opening = call;
    await call.open(this.#url.href, this.#display(), this.#tracks());
    if (this.#staying) await this.#settle(call, access);
    else call.close();
  }

  /**
   * Once encrypted, always: neither the service nor a later answer of it can turn that off.
   * @param {Access} access
   */
  #protect({ endToEndEncryption }) {
    if (this.#encryption || (!endToEndEncryption && this.#keyText === null)) return;
    if (!encryptionSupported())
      throw Object.assign(new Error('this browser cannot encrypt frames'), { code: 'ENCRYPTION_UNSUPPORTED' });
    this.#encryption = new Encryption(this.#keyText);
    this.#encryption.addEventListener('change', () => this.#changed());
  }

  /**
   * Else we would be there twice until Janus notices. Only Janus' own refusal says that there is nothing to bury.
   * @param {string} token
   */
  async #buryLostSession(token) {
    if (this.#lostSession === null) return;
    await JanusSession.bury(this.#url.href, token, this.#lostSession).catch((error) => {
      if (typeof error.code !== 'number') throw error;
    });
    this.#lostSession = null;
  }

  /** @param {Call} call */
  #follow(call) {
    /** @param {() => void} act */
    const whileCurrent = (act) => () => {
      if (call === this.#call) act();
    };
    call.addEventListener('participants', whileCurrent(() => this.#changed()));
    call.addEventListener('quality', whileCurrent(() => this.tell('quality')));
    call.addEventListener('unauthorized', whileCurrent(() => this.#tokenRefused()));
    call.addEventListener('lost', whileCurrent(() => this.#lost(call)));
    call.addEventListener('moderated', ({ detail }) => this.#moderated(detail.muted));
  }

  /**
   * What a moderator has switched off nobody but the person switches on again.
   * @param {boolean} muted
   */
  #moderated(muted) {
    this.local.forcedMute = muted;
    if (muted) this.#media.setMicrophone(false);
    this.#localChanged({ moderated: muted });
  }

  /**
   * The call stands: device changes that were asked for while connecting are applied.
   * @param {Call} call
   * @param {Access} access
   */
  async #settle(call, access) {
    this.#call = call;
    this.#joinedAt = performance.now();
    this.#scheduleRenewal(access);
    const tracks = this.#tracks();
    await Promise.all([call.setTrack('audio', tracks.audio), call.setTrack('video', tracks.video)]);
    if (!this.#staying || call.isOver) return;
    Object.assign(this.local, { published: call.published, full: call.full });
    this.#setState('joined');
    this.#inScreenTurn(() => this.#sendScreen()).catch(() => this.#localChanged({ lost: 'screen' }));
    this.#localChanged();
    this.#changed();
  }

  /**
   * One that held is replaced at once; one that was lost soon would be lost soon again.
   * @param {Call} call
   */
  #lost(call) {
    const held = performance.now() - this.#joinedAt >= STEADY;
    if (held) this.#backoff.reset();
    clearTimeout(this.#renewal);
    this.#lostSession = call.session?.id ?? null;
    this.local.published = false;
    if (this.state === 'joined') this.#setState('reconnecting');
    this.#connect(!held);
  }

  // ---- the token ----

  /** @param {Access} access */
  #scheduleRenewal({ expiresAt }) {
    this.#tokenEnd = Date.parse(expiresAt);
    this.#setLastsUntil(null);
    const life = this.#tokenEnd - Date.now();
    const next = life > 0 ? life * RENEW_AT : RENEW_BLIND;
    const last = (this.#inviteEnd() ?? 0) - RENEW_LAST - Date.now();
    const delay = last > 0 ? Math.min(next, last) : next;
    this.#renewIn(Math.min(RENEW_MAX, Math.max(RENEW_MIN, delay)));
  }

  /**
   * @param {number} delay  ms
   * @param {{refused: boolean}} [options]
   */
  #renewIn(delay, options) {
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => this.#renew(options), delay);
  }

  // Janus says so to every message, and may do so for whatever token there is: the service is not asked each time.
  #tokenRefused() {
    this.#renewIn(Math.max(0, this.#askedAt + RENEW_MIN - performance.now()), { refused: true });
  }

  // Without a connection the next one asks anyway.
  async renew() {
    if (this.state === 'joined') await this.#renew();
  }

  /**
   * A clock that is wrong makes this early or late, no more: a token that Janus refuses brings us here as well.
   * @param {{refused?: boolean}} [options]
   */
  async #renew({ refused = false } = {}) {
    clearTimeout(this.#renewal);
    this.#renewing ??= this.#ask().finally(() => {
      this.#renewing = null;
    });
    const call = this.#call;
    const answer = await this.#renewing.catch((error) => ({ error }));
    if (!this.#staying || call !== this.#call) return;
    if ('error' in answer) this.#notRenewed(answer.error, refused);
    else this.#renewed(call, answer);
  }

  /**
   * @param {Call | null} call
   * @param {Access} access
   */
  #renewed(call, access) {
    const session = call?.session;
    if (session) session.token = access.token;
    this.#scheduleRenewal(access);
    session?.probe();
  }

  /**
   * An invite that is not taken any more throws nobody out: the token that there is holds as long as Janus takes it.
   * @param {Failure} error
   * @param {boolean} refused
   */
  #notRenewed(error, refused) {
    const state = finalState(error);
    if (error.status === UNAUTHORIZED && !refused) this.#setLastsUntil(this.#tokenEnd);
    else if (state) this.#end(state, error);
    else this.#renewIn(RENEW_MIN, { refused });
  }

  /** @param {number | null} time */
  #setLastsUntil(time) {
    this.lastsUntil = time;
    this.tell('lasting');
  }

  // ---- what we send ----

  /** @param {boolean} on */
  async setMicrophone(on) {
    await this.#media.setMicrophone(on).finally(() => this.#localChanged());
  }

  /** @param {boolean} on */
  async setCamera(on) {
    await this.#media.setCamera(on).finally(() => this.#localChanged());
  }

  /** @param {Partial<Record<Kind, string>>} chosen  ids */
  async replaceDevices(chosen) {
    await this.#media.replace(chosen).finally(() => this.#localChanged());
  }

  /**
   * Chosen after the end, it is let go of again.
   * @param {MediaStream} stream
   */
  async shareScreen(stream) {
    const [track] = stream.getVideoTracks();
    track.contentHint = 'detail'; // text has to stay sharp, at the cost of motion
    track.onended = () => this.stopScreen();
    await this.#changeScreen(stream);
  }

  async stopScreen() {
    await this.#changeScreen(null);
  }

  /**
   * Validated first: a text that is no key changes nothing.
   * @param {string} keyText
   */
  async setKey(keyText) {
    keyBytes(keyText);
    this.#keyText = keyText;
    this.#encryption?.setKey(keyText);
    this.#localChanged();
    this.#changed();
  }

  /** @param {MediaStream | null} stream */
  #changeScreen(stream) {
    return this.#inScreenTurn(async () => {
      stopTracks(this.local.screen);
      // If that fails it has gone with the connection.
      if (this.local.screen && this.state === 'joined') await this.#call?.stopScreen().catch(() => {});
      if (!this.#staying) return stopTracks(stream);
      this.local.screen = stream;
      await this.#sendScreen();
      this.#localChanged();
    });
  }

  /** @param {() => Promise<void>} act */
  #inScreenTurn(act) {
    const turn = this.#screenTurn.then(act);
    this.#screenTurn = turn.catch(() => {}); // whoever asked for it is told
    return turn;
  }

  // While there is no connection it waits for the next one.
  async #sendScreen() {
    const { screen } = this.local;
    const call = this.#call;
    if (!screen || !call || this.state !== 'joined') return;
    const audio = this.#mayBeHeard && screen.getAudioTracks().length > 0;
    try {
      await call.shareScreen(screen, displayText({ name: this.#displayName, audio, video: this.#mayBeHeard }));
    } catch (error) {
      if (call.isOver) return;
      // Nobody sees it, so it is not captured either.
      stopTracks(screen);
      this.local.screen = null;
      await call.stopScreen().catch(() => {}); // half of it may be there
      this.#localChanged();
      throw error;
    }
  }

  // What is sent of each kind: null while its device is off.
  #tracks() {
    return { audio: this.#media.track('audio'), video: this.#media.track('video') };
  }

  // Without the key of an encrypted meeting nothing is sent.
  get #mayBeHeard() {
    return !this.#encryption || this.#encryption.hasKey;
  }

  #display() {
    const { microphone, camera } = this.#media;
    const audio = microphone && !this.local.forcedMute && this.#mayBeHeard;
    return displayText({ name: this.#displayName, audio, video: camera && this.#mayBeHeard });
  }

  /** @param {LocalChange | null} [change] */
  #localChanged(change = null) {
    if (!this.#staying) return;
    const { stream, microphone, camera } = this.#media;
    Object.assign(this.local, { stream, microphone, camera });
    this.#call?.declare(this.#display());
    this.tell('local', change);
  }

  // ---- what we see and hear ----

  #changed() {
    for (const [id, participant] of this.participants)
      participant.undecryptable = this.#encryption?.isUndecryptable(id) ?? false;
    this.tell('participants');
  }

  #listen() {
    /** @type {Map<string | null, number>} */
    const levels = new Map();
    if (this.local.microphone && !this.local.forcedMute) levels.set('local', this.#media.level);
    for (const [id, { audio }] of this.#call?.received ?? []) {
      const [source] = audio?.getSynchronizationSources() ?? [];
      // Of somebody who has stopped sending the last one stays for a while.
      const isNew = source && source.timestamp !== this.#heardAt.get(id);
      if (isNew && this.#canHear(id)) levels.set(id, loudness(source.audioLevel ?? 0));
      this.#heardAt.set(id, source?.timestamp);
    }
    if (!this.#speakers.update(levels, performance.now())) return;
    for (const [id, participant] of this.participants) participant.speaking = this.#speakers.isSpeaking(id);
    this.local.speaking = this.#speakers.isSpeaking('local');
    this.activeSpeaker = this.#speakers.active;
    this.tell('speaker');
  }

  /**
   * Packets may come from somebody who is not heard: with another key, or while the browser holds back the sound.
   * @param {string} id
   */
  #canHear(id) {
    const participant = this.participants.get(id);
    return participant !== undefined && !participant.audioMuted && !participant.undecryptable && this.#isHeard(id);
  }
}
