// The call: joining a meeting's room and staying in it, whatever happens to the network or to Janus.
//
//   const room = new Room({ requestToken, inviteEnd, isHeard, base, displayName, keyText });
//     requestToken   (participantId) -> Promise of the answer of POST session/{link}/token; rejects with { status, code, message }.
//                    The room asks at every (re)connection, and to renew the token of the participantId (token.js).
//     inviteEnd      () -> until when the service answers that, in epoch milliseconds; null: unknown
//     isHeard        (participant's id) -> whether their sound is played: nobody else is shown as speaking
//     base           the page's folder (URL or text): Janus is at `rtc` below it
//     displayName    what others see until they have the service's list of names
//     keyText        the fragment's key, or null. A key makes the call encrypted even if the service says it is not.
//
//   await room.join(stream)          resolves when the state is no longer 'connecting'. The stream is the room's from
//                                    then on (null: no devices, or a subscriber); leave() stops its tracks.
//   await room.leave()               at once, and Janus is told; also done on pagehide. State 'idle'.
//   await room.setMicrophone(on)     opens a device if there is none yet; throws a DeviceError (devices.js)
//   await room.setCamera(on)         off stops the device (its light goes out), on opens it again; throws likewise
//   room.wants(kind)                 whether the person wants the device on: also true while it is being opened
//   await room.replaceDevices({ audio, video })     ids; one left out stays as it is; throws likewise
//   await room.reopenDevice(kind)    the open device anew, with the settings of now (noise, blur); throws likewise
//   await room.shareScreen(stream)   the stream of openScreen(); when the person ends it in the browser's own bar,
//   await room.stopScreen()          stopScreen() happens by itself
//   room.view(views)                 what the stage shows: Map of participant id -> { width, height } in device pixels,
//                                    or { paused: true } on the pages beside the shown one; of others no picture is
//                                    received (layers.js). Call it after each layout.
//   await room.setKey(keyText)       after the key was renewed; throws a TypeError if it is no key
//   await room.renew()               asks for a new token now: there is another invite
//
//   room.state           'idle' | 'connecting' | 'joined' | 'reconnecting' | 'ended' | 'removed' | 'failed' |
//                        'waiting': we are out, and a moderator must admit us anew
//   room.local           { participantId, prefix, stream, microphone, camera, screen, speaking, forcedMute, published,
//                        full };
//                        participantId changes with every reconnection, prefix (its first 17 characters) never;
//                        microphone, camera: on, with an open device; screen: MediaStream or null;
//                        forcedMute: a moderator has muted us, which has switched the microphone off; when the
//                        moderator ends that, the microphone stays off;
//                        published: others can receive us; full: they cannot, the room has all the senders it takes
//   room.participants    Map of id -> { id, prefix, isScreen, display, audioStream, videoStream, hasAudio, hasVideo,
//                        audioMuted, audioModerated, videoMuted, speaking, quality, undecryptable }; without ourselves
//                        and our own screen, with our other connections. The map's objects change in place; after a
//                        reconnection there is another map. A stream is a new object when its track changes, null while
//                        nothing is received.
//                        Show video if !videoMuted. videoMuted and audioMuted are also true of people who send none.
//   room.quality         'good' | 'fair' | 'poor' | 'unknown': our own connection
//   room.activeSpeaker   a participant's id, 'local' or null
//   room.access          who may come in, as the service said when we joined
//   room.eventSeq        seq of the meeting's last event when we joined; -1: not known
//   room.mutedLevel      how loud it is at our microphone while it is off; null: it is on, or none is open
//   room.bearer          the join token in use
//   room.lastsUntil      null; or the end of the call in epoch milliseconds, when the service gives no further token
//   room.encrypted       frames are encrypted; known once joined
//   room.hasKey          and we have a key: without one nothing is sent, and everybody is undecryptable, until setKey
//
//   Events: 'state' (detail: { state, error? }), 'participants', 'local', 'speaker', 'quality', 'lasting' (lastsUntil),
//   'event' (detail: { event }) of the meeting, 'back' after a lost WebSocket: events may be missing.
//   When a microphone is unplugged, another one takes its place, and 'local' has the detail { replaced: 'audio', label }.
//   When there is none, or a camera is unplugged, its switch is off, and the detail is { lost: 'audio' | 'video' }; when a
//   screen cannot be shared again after a reconnection, { lost: 'screen' }; when a moderator mutes us or ends that,
//   { moderated: true | false }.
//   error of 'failed': what requestToken rejected with, or { code: 'ENCRYPTION_UNSUPPORTED' }.
import { CallEncryption } from './call-encryption.js';
import { ConnectionKeeper } from './connection-keeper.js';
import { Emitter } from './emitter.js';
import { LocalMedia } from './local-media.js';
import { OwnScreen } from './own-screen.js';
import { displayText, personPrefix } from './participants.js';
import { Speakers } from './speakers.js';
import { JoinToken } from './token.js';

/** @import { Access } from './api.js' */
/** @import { Connection } from './connection.js' */
/** @import { Kind } from './frame-crypto.js' */
/** @import { View } from './layers.js' */
/** @import { Participant } from './participants.js' */
/** @import { Quality } from './quality.js' */
/** @import { MeetingEvent } from './signalling.js' */
/** @import { Failure, FinalState } from './token.js' */

/** @typedef {'idle' | 'connecting' | 'joined' | 'reconnecting' | FinalState} State */

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

/** @typedef {{lost?: Kind | 'screen', replaced?: Kind, label?: string, moderated?: boolean}} LocalChange */

/**
 * @typedef {object} Events
 * @property {{state: State, error?: Failure}} state
 * @property {undefined} participants
 * @property {LocalChange | null} local
 * @property {undefined} speaker
 * @property {undefined} quality
 * @property {undefined} lasting
 * @property {{event: MeetingEvent}} event
 * @property {undefined} back
 */

/**
 * @typedef {object} Options
 * @property {(participantId?: string) => Promise<Access>} requestToken
 * @property {() => number | null} [inviteEnd]
 * @property {(id: string) => boolean} [isHeard]
 * @property {string | URL} base
 * @property {string} displayName
 * @property {string | null} [keyText]
 */

/** @extends {Emitter<Events>} */
export class Room extends Emitter {
  /** @type {State} */
  state = 'idle';
  access = '';
  /** @type {Local} */
  local = {
    participantId: null, prefix: null, stream: null, microphone: false, camera: false, screen: null,
    speaking: false, forcedMute: false, published: false, full: false,
  };
  #isHeard;
  #displayName;
  #token;
  #keeper;
  #encryption;
  /** @type {LocalMedia | null} */
  #joinedMedia = null;
  #staying = false; // between join() and the end
  /** @type {Map<string, View> | null} */
  #views = null;
  #screen = new OwnScreen({
    connection: () => (this.state === 'joined' ? this.#connection : null),
    display: (stream) => {
      const audio = this.#encryption.maySend && stream.getAudioTracks().length > 0;
      return displayText({ name: this.#displayName, audio, video: this.#encryption.maySend });
    },
    onChange: (lost) => this.#localChanged(lost ? { lost: 'screen' } : null),
  });
  #speakers = new Speakers({
    ownLevel: () => (this.local.microphone && !this.local.forcedMute ? this.#media.level : null),
    received: () => this.#connection?.received ?? new Map(),
    isHeard: (id) => this.#canHear(id),
    onChange: () => this.#speakersChanged(),
  });

  /** @param {Options} options */
  constructor({ requestToken, inviteEnd = () => null, isHeard = () => true, base, displayName, keyText = null }) {
    super();
    this.#isHeard = isHeard;
    this.#displayName = displayName;
    this.#encryption = new CallEncryption(keyText, () => this.#participantsChanged());
    this.#token = new JoinToken({ request: requestToken, inviteEnd });
    this.#token.addEventListener('denied', ({ detail: { state, error } }) => this.#end(state, error));
    this.#token.addEventListener('lasting', () => this.emit('lasting'));
    this.#keeper = new ConnectionKeeper({
      base, token: this.#token, encryptionFor: (access) => this.#encryptionFor(access),
      ownMedia: () => ({ display: this.#display(), tracks: this.#tracks() }),
    });
    this.#keeper.addEventListener('opening', ({ detail }) => this.#opening(detail.connection, detail.participantId));
    this.#keeper.addEventListener('connected', () => this.#connected());
    this.#keeper.addEventListener('lost', () => this.#lost());
    this.#keeper.addEventListener('failed', ({ detail: { state, error } }) => this.#end(state, error));
  }

  get #connection() {
    return this.#keeper.current;
  }

  /** @returns {Map<string, Participant>} */
  get participants() {
    return this.#connection?.participants.map ?? new Map();
  }

  /** @returns {Quality} */
  get quality() {
    return this.#connection?.quality ?? 'unknown';
  }

  get eventSeq() {
    return this.#connection?.session?.eventSeq ?? -1;
  }

  get activeSpeaker() {
    return this.#speakers.active;
  }

  // The join token in use: it says to the service who asks.
  get bearer() {
    return this.#token.text;
  }

  get lastsUntil() {
    return this.#token.lastsUntil;
  }

  get encrypted() {
    return this.#encryption.isOn;
  }

  get hasKey() {
    return this.#encryption.hasKey;
  }

  // ---- joining and leaving ----

  /** @param {MediaStream | null} stream */
  async join(stream) {
    this.#staying = true;
    this.#joinedMedia = new LocalMedia(stream, {
      onTrack: (kind, track) => this.#sendTrack(kind, track),
      onReplaced: (kind, label) => this.#localChanged({ replaced: kind, label }),
      onLost: (kind) => this.#localChanged({ lost: kind }),
    });
    this.#speakers.start();
    this.#setState('connecting');
    await this.#keeper.start();
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
    this.#speakers.stop();
    this.#keeper.stop();
    this.#encryption.close();
    this.#media.close();
    this.#screen.close();
    Object.assign(this.local, {
      stream: null, microphone: false, camera: false, screen: null, speaking: false, published: false,
    });
    this.#setState(state, error);
  }

  /**
   * @param {State} state
   * @param {Failure} [error]
   */
  #setState(state, error) {
    this.state = state;
    this.emit('state', { state, error });
  }

  // ---- the connection ----

  /** @param {Access} access */
  #encryptionFor(access) {
    this.access = access.access;
    return this.#encryption.forConnection(access);
  }

  /**
   * @param {Connection} connection
   * @param {string} participantId  ours in it
   */
  #opening(connection, participantId) {
    this.#speakers.reset();
    if (this.#views) connection.view(this.#views);
    // Janus forgets the mute of an earlier connection. The microphone that the mute has switched off stays off.
    Object.assign(this.local, { participantId, prefix: personPrefix(participantId), forcedMute: false });
    /** @param {() => void} act */
    const whileCurrent = (act) => () => {
      if (connection === this.#keeper.current) act();
    };
    connection.addEventListener('participants', whileCurrent(() => this.#participantsChanged()));
    connection.addEventListener('quality', whileCurrent(() => this.emit('quality')));
    connection.addEventListener('event', ({ detail }) => this.emit('event', detail));
    connection.addEventListener('back', () => this.emit('back'));
    connection.addEventListener('moderated', ({ detail }) => this.#moderated(detail.muted));
  }

  #connected() {
    const { published = false, full = false } = this.#connection ?? {};
    Object.assign(this.local, { published, full });
    this.#setState('joined');
    this.#screen.resume();
    this.#localChanged();
    this.#participantsChanged();
  }

  #lost() {
    this.local.published = false;
    if (this.state === 'joined') this.#setState('reconnecting');
  }

  /**
   * A moderator can switch our microphone off; only we can switch it on again.
   * @param {boolean} muted
   */
  #moderated(muted) {
    this.local.forcedMute = muted;
    if (muted) this.#media.setMicrophone(false);
    this.#localChanged({ moderated: muted });
  }

  // Without a connection nothing is to be done: the next one asks for a token anyway.
  async renew() {
    if (this.state === 'joined') await this.#token.renew();
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

  /**
   * A device that is closed sends nothing, and it may take long to open again. The others learn it at once: without a reason
   * they take silence for a lost network.
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  #sendTrack(kind, track) {
    if (!track) this.#localChanged();
    return this.#connection?.setTrack(kind, track);
  }

  /** @param {Kind} kind */
  wants(kind) {
    return this.#joinedMedia?.wants(kind) ?? false;
  }

  /** @param {Partial<Record<Kind, string>>} chosen  ids */
  async replaceDevices(chosen) {
    await this.#media.replace(chosen).finally(() => this.#localChanged());
  }

  /** @param {Kind} kind */
  async reopenDevice(kind) {
    await this.#media.reopen(kind).finally(() => this.#localChanged());
  }

  /** How loud it is at the microphone while it is off; null: it is on, or none is open. */
  get mutedLevel() {
    return this.#joinedMedia?.track('audio') && !this.local.microphone ? this.#joinedMedia.level : null;
  }

  /** @param {MediaStream} stream */
  async shareScreen(stream) {
    await this.#screen.share(stream);
  }

  async stopScreen() {
    await this.#screen.stop();
  }

  /**
   * Checked first: a text that is no key changes nothing.
   * @param {string} keyText
   */
  async setKey(keyText) {
    this.#encryption.setKey(keyText);
    this.#localChanged();
    this.#participantsChanged();
  }

  // What is sent of each kind; null while its device is off.
  #tracks() {
    return { audio: this.#media.track('audio'), video: this.#media.track('video') };
  }

  #display() {
    const { microphone, camera } = this.#media;
    const audio = microphone && !this.local.forcedMute && this.#encryption.maySend;
    return displayText({ name: this.#displayName, audio, video: camera && this.#encryption.maySend });
  }

  /** @param {LocalChange | null} [change] */
  #localChanged(change = null) {
    if (!this.#staying) return;
    const { stream, microphone, camera } = this.#media;
    Object.assign(this.local, { stream, microphone, camera, screen: this.#screen.stream });
    this.#connection?.setDisplay(this.#display());
    this.emit('local', change);
  }

  // ---- what we see and hear ----

  /** @param {Map<string, View>} views */
  view(views) {
    this.#views = views;
    this.#connection?.view(views);
  }

  #participantsChanged() {
    for (const [id, participant] of this.participants)
      participant.undecryptable = this.#encryption.isUndecryptable(id);
    this.emit('participants');
  }

  #speakersChanged() {
    for (const [id, participant] of this.participants) participant.speaking = this.#speakers.isSpeaking(id);
    this.local.speaking = this.#speakers.isSpeaking('local');
    this.emit('speaker');
  }

  /**
   * Packets may come from people who cannot be heard: they have another key, or the browser blocks the sound.
   * @param {string} id
   */
  #canHear(id) {
    const participant = this.participants.get(id);
    return participant !== undefined && !participant.audioMuted && !participant.undecryptable && this.#isHeard(id);
  }
}
