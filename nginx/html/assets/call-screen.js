// The call screen: holds the parts of a call together, and renders all of them when something has changed.

import * as api from './api.js';
import { Controls } from './controls.js';
import { CallDevices } from './device-choice.js';
import { DeviceOffer } from './device-offer.js';
import { openDialog } from './dialog.js';
import { MeetingFeed } from './feed.js';
import { fullScreenSupported, toggleFullScreen } from './full-screen.js';
import { InviteDialog } from './invite-dialog.js';
import { Keys } from './keys.js';
import { Moderation } from './moderation.js';
import { MutedSpeech } from './muted-speech.js';
import { MoreMenu } from './more-menu.js';
import { announce, notify } from './notices.js';
import { takeLink } from './other-link.js';
import { Seat } from './other-tab.js';
import { byId, showScreen } from './page.js';
import { PeoplePanel } from './people-panel.js';
import { People } from './people.js';
import { RecordingsDialog } from './recordings-dialog.js';
import { NOTE_MS, forgetCall, noteCall } from './reentry.js';
import { Room } from './room.js';
import { Sending } from './sending.js';
import { Sound } from './sound.js';
import { Stage } from './stage.js';
import { placeNotices, renderElapsed, renderStatus } from './status.js';
import { WaitingRoom } from './waiting-room.js';
import { WakeLock } from './wake-lock.js';

/** @import { Access } from './api.js' */
/** @import { Actions } from './controls.js' */
/** @import { Kind } from './frame-crypto.js' */
/** @import { Key } from './keys.js' */
/** @import { Fragment } from './link.js' */
/** @import { App } from './main.js' */
/** @import { Meeting } from './meeting.js' */
/** @import { LocalChange, State } from './room.js' */
/** @import { Failure } from './token.js' */

/**
 * What the screen before the call passes on.
 * @typedef {object} Entry
 * @property {string} name
 * @property {MediaStream | null} stream
 * @property {Partial<Record<Kind, string>>} otherDevices  ids of the chosen devices that are not open
 */

class CallScreen {
  #app;
  #entry;
  #room;
  /** @type {Partial<Access>} */
  #answer = {}; // the last token answer
  #feed;
  #people;
  #stage;
  #sound;
  #soundBlocked = false;
  #moderation;
  #invite;
  #controls;
  #menu;
  #devices;
  #offer;
  #keys;
  #mutedSpeech;
  #panel;
  #waitingRoom;
  #recordings;
  #seat;
  #resized = new ResizeObserver(placeNotices); // the stage: banners come and go, the header wraps; the list of people opens
  #wakeLock = new WakeLock();
  #elapsed;
  #noting;
  #sending;
  #listening = new AbortController();
  #scheduled = false; // a rendering

  /**
   * @param {App} app
   * @param {Meeting} meeting
   * @param {Entry} entry
   */
  constructor(app, meeting, entry) {
    this.#app = app;
    this.#entry = entry;
    this.meeting = meeting;
    const onBlocked = () => this.#setSoundBlocked(true);
    this.#room = this.#makeRoom();
    this.#sending = new Sending(this.#room, () => this.#changed());
    this.#feed = new MeetingFeed({ meeting, room: this.#room });
    this.#people = new People({ room: this.#room, feed: this.#feed, own: () => this.#own(), onChange: () => this.#changed() });
    this.#stage = new Stage({
      room: this.#room, people: this.#people, onBlocked, onChange: () => this.#changed(),
    });
    this.#sound = new Sound(byId('sounds'), onBlocked);
    this.#moderation = new Moderation(meeting, () => this.#changed());
    this.#invite = new InviteDialog(meeting, (key) => this.#useKey(key));
    this.#controls = new Controls(meeting, this.#actions());
    this.#menu = new MoreMenu({ stage: this.#stage });
    this.#waitingRoom = new WaitingRoom({ meeting, feed: this.#feed, showPeople: () => this.#controls.showPeople() });
    this.#recordings = new RecordingsDialog({ app, meeting, feed: this.#feed });
    this.#panel = new PeoplePanel((action, person) => (action === 'admit' || action === 'refuse'
      ? this.#waitingRoom.act(action, person) : this.#moderation.act(action, person)));
    this.#devices = new CallDevices(this.#room, { watching: meeting.watching, onSpeaker: () => this.#sound.useSpeaker() });
    this.#offer = new DeviceOffer({ sends: !meeting.watching, use: (offered) => this.#devices.use(offered) });
    this.#keys = new Keys(this.#keyList(), () => this.#controls.keysAreOn);
    this.#mutedSpeech = new MutedSpeech({ level: () => this.#room.mutedLevel, onSpeech: () => this.#sending.tellMuted() });
    this.#seat = new Seat(meeting, () => this.#app.after(meeting, 'moved'));
    this.#noting = setInterval(() => this.#note(), NOTE_MS);
    this.#elapsed = setInterval(() => renderElapsed(this.#answer), 1000);
    showScreen('call-screen', 'In the call');
    byId('call-title').focus();
    for (const id of ['stage', 'people-panel'])
      this.#resized.observe(byId(id));
    this.#listen();
    this.#join();
  }

  /** Leaves the screen and the call. */
  close() {
    this.#listening.abort();
    clearInterval(this.#elapsed);
    clearInterval(this.#noting);
    forgetCall();
    this.#feed.close();
    this.#people.close();
    this.#waitingRoom.close();
    this.#recordings.close();
    this.#resized.disconnect();
    this.#seat.close();
    this.#wakeLock.close();
    this.#sound.close();
    this.#stage.close();
    this.#controls.close();
    this.#keys.close();
    this.#mutedSpeech.close();
    this.#offer.close();
    this.#menu.close();
    this.#devices.close();
    this.#invite.close();
    this.#room.leave();
  }

  /** The browser's back button was pressed. */
  askToLeave() {
    this.#controls.askToLeave();
  }

  // Joining, and what the room says

  #makeRoom() {
    const { name } = this.#entry;
    return new Room({
      base: api.base, displayName: name, keyText: this.meeting.key, inviteEnd: () => this.meeting.inviteEnd,
      isHeard: (id) => this.#sound.isPlaying(id),
      requestToken: async (participantId) => {
        const answer = await this.meeting.requestToken(name, participantId);
        this.#answer = answer;
        return answer;
      },
    });
  }

  #own() {
    return { name: this.#entry.name, role: this.meeting.role, attendee: this.#answer.attendee ?? null };
  }

  #join() {
    const { stream, otherDevices } = this.#entry;
    this.#room.join(stream);
    this.#room.replaceDevices(otherDevices);
    this.#changed();
  }

  #listen() {
    const { signal } = this.#listening;
    /** @type {(id: string, action: () => void) => void} */
    const click = (id, action) => byId(id).addEventListener('click', action, { signal });
    this.#room.addEventListener('state', ({ detail }) => this.#stateChanged(detail), { signal });
    this.#room.addEventListener('local', ({ detail }) => this.#localChanged(detail), { signal });
    for (const type of /** @type {const} */ (['participants', 'speaker', 'quality', 'lasting']))
      this.#room.addEventListener(type, () => this.#changed(), { signal });
    this.#feed.addEventListener('list', () => this.#changed(), { signal });
    for (const type of /** @type {const} */ (['waiting', 'access']))
      this.#feed.addEventListener(type, () => this.#changed(), { signal });
    this.#feed.addEventListener('recording', () => this.#recordingChanged(), { signal });
    this.#feed.addEventListener('recordingFault', ({ detail }) => notify(detail.reason ?? 'The recording works again.'), { signal });
    click('devices-button', () => this.#devices.open());
    click('encrypted-mark', () => openDialog(byId('encryption-dialog', HTMLDialogElement)));
    click('close-encryption', () => byId('encryption-dialog', HTMLDialogElement).close());
    click('go-to-key', () => this.#openKey());
    byId('go-to-key').hidden = !this.meeting.mayRenewKey;
    click('allow-sound', () => this.#setSoundBlocked(false));
    click('alone-invite', () => this.#invite.open());
  }

  /** @param {{state: State, error?: Failure}} change */
  #stateChanged({ state, error }) {
    switch (state) {
      case 'joined':
        announce('You are in the call.');
        break;
      case 'ended':
      case 'removed':
        this.#app.after(this.meeting, state);
        return;
      case 'waiting':
        this.#app.prejoin(this.meeting, { again: this.#sending.switches });
        return;
      case 'failed':
        // The screen before the call finds out why, and offers another try where one can help.
        this.#app.prejoin(this.meeting, { message: error?.message ?? 'The call could not be joined. Try again.' });
        return;
      default:
    }
    this.#changed();
  }

  #note() {
    noteCall(this.meeting, this.#sending.switches);
  }

  /** @param {LocalChange | null} detail */
  #localChanged(detail) {
    this.#sending.tell(detail);
    this.#note();
    // Remembered over a reload, because Janus forgets the mute with the connection.
    this.meeting.muted = detail?.moderated ?? (this.meeting.muted && !this.#room.local.microphone);
    this.#changed();
  }

  #recordingChanged() {
    notify(this.#feed.recording ? 'This meeting is being recorded.' : 'The recording has stopped.');
    this.#changed();
  }

  /**
   * Another link of this meeting was opened in this tab.
   * @param {Fragment} fragment
   */
  linkOpened(fragment) {
    const { meeting } = this;
    takeLink({
      meeting, room: this.#room, name: this.#entry.name, attendee: () => this.#answer.attendee,
      useKey: (key) => this.#useKey(key), signal: this.#listening.signal,
    }, fragment);
  }

  /** @param {string} key */
  async #useKey(key) {
    this.meeting.key = key;
    await this.#room.setKey(key);
    this.#changed();
  }

  #openKey() {
    byId('encryption-dialog', HTMLDialogElement).close();
    this.#invite.open();
  }

  // What the controls do

  /** @returns {Actions} */
  #actions() {
    return {
      microphone: () => this.#sending.toggle('audio'),
      camera: () => this.#sending.toggle('video'),
      screen: () => this.#sending.toggleScreen(),
      invite: () => this.#invite.open(),
      record: () => this.#toggleRecording(),
      leave: () => this.#app.after(this.meeting, 'left'),
      end: () => this.#end(),
    };
  }

  /** @returns {Key[]} */
  #keyList() {
    /** @type {Key[]} */
    const sending = [
      { keys: ['m'], shown: 'M', does: 'Microphone on or off', press: () => this.#sending.toggle('audio') },
      { keys: [' '], shown: 'Space', does: 'Held: speak while your microphone is off', press: () => this.#sending.talk(true), release: () => this.#sending.talk(false) },
      { keys: ['v'], shown: 'V', does: 'Camera on or off', press: () => this.#sending.toggle('video') },
    ];
    return [
      ...(this.meeting.watching ? [] : sending),
      ...(fullScreenSupported() ? [{ keys: ['f'], shown: 'F', does: 'Full screen, or back', press: toggleFullScreen }] : []),
      { keys: ['pagedown'], shown: 'Page down', does: 'The next page of people', press: () => this.#stage.turn(1), always: true },
      { keys: ['pageup'], shown: 'Page up', does: 'The page before', press: () => this.#stage.turn(-1), always: true },
      { keys: ['escape'], shown: 'Esc', does: 'Close the list of people', press: () => this.#controls.hidePeople(), always: true },
    ];
  }

  async #toggleRecording() {
    const wanted = !this.#feed.recording;
    if (await this.#moderation.record(wanted))
      this.#feed.setRecording(wanted);
  }

  async #end() {
    const ended = await this.#moderation.end(this.#people.list.length);
    // Janus may have told us of the end before, and the person may have gone on.
    if (ended && !this.#listening.signal.aborted)
      this.#app.after(this.meeting, 'ended');
  }

  /** @param {boolean} blocked */
  #setSoundBlocked(blocked) {
    this.#soundBlocked = blocked;
    if (!blocked) {
      this.#sound.resume();
      this.#stage.play();
    }
    this.#changed();
  }

  // Rendering: everything, once for all changes of a moment

  #changed() {
    if (this.#scheduled || this.#listening.signal.aborted)
      return;
    this.#scheduled = true;
    // Not requestAnimationFrame: a page in the background must play the sound of people who join now.
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#listening.signal.aborted)
        this.#render();
    });
  }

  #render() {
    this.#people.update();
    const { list } = this.#people;
    this.#feed.refreshSoon(this.#people.unlisted);
    this.#sound.render([...this.#room.participants.values()]);
    this.#stage.render();
    this.#panel.render({ people: list, moderator: this.meeting.moderator, removed: this.meeting.removed, waiting: this.#feed.waiting });
    this.#waitingRoom.render();
    this.#recordings.render(this.meeting.moderator && this.#answer.endToEndEncryption === false);
    this.#controls.render({
      local: this.#room.local, recording: this.#feed.recording, recordable: Boolean(this.#answer.recordable),
      recordingBusy: this.#moderation.recordingBusy,
    });
    this.#sending.render();
    this.#menu.render();
    renderStatus({
      room: this.#room, meeting: this.meeting, answer: this.#answer, recording: this.#feed.recording,
      soundBlocked: this.#soundBlocked, tiles: this.#stage.size,
      alone: list.length === 1 && this.#people.absent.tiles.length === 0,
      missing: this.#people.absent.missing.map(({ name }) => name), hadOthers: this.#people.hadOthers,
    });
  }
}

/**
 * @param {App} app
 * @param {Meeting} meeting
 * @param {Entry} entry
 */
export function openCall(app, meeting, entry) {
  return new CallScreen(app, meeting, entry);
}
