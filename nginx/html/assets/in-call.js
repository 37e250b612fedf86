// The call: holds its state, lets the room, the service's list and the controls change it, and renders from it.

import * as api from './api.js';
import { CallDevices } from './device-choice.js';
import { Controls } from './controls.js';
import { openScreen } from './devices.js';
import { keyTextValid } from './encryption.js';
import { InviteDialog } from './invite.js';
import { Moderation } from './moderation.js';
import { announce, ask, byId, notify, openDialog, showScreen } from './page.js';
import { PeopleList } from './people.js';
import { Room } from './room.js';
import { UNLISTED, changesOf, nameInText, peopleOf } from './roster.js';
import { Sound } from './sound.js';
import { keyFails, renderElapsed, renderStatus } from './status.js';
import { TileGrid, tilesOf } from './tiles.js';

/** @import { Ending } from './after.js' */
/** @import { Access, Attendee } from './api.js' */
/** @import { Actions } from './controls.js' */
/** @import { Kind } from './frame-crypto.js' */
/** @import { Fragment } from './link.js' */
/** @import { App } from './main.js' */
/** @import { Meeting } from './meeting.js' */
/** @import { Participant } from './participants.js' */
/** @import { Failure, LocalChange, State } from './room.js' */
/** @import { Person } from './roster.js' */

/**
 * What the screen before the call hands on.
 * @typedef {object} Entry
 * @property {string} name
 * @property {MediaStream | null} stream
 * @property {Partial<Record<Kind, string>>} otherDevices  ids of the chosen devices that are not open
 */

const POLL_MS = 3000;
// The service hears of somebody new a moment after this page does: the list is asked for soon, later and later.
const NEWCOMER_MS = 300;
// More than these who come or go at once are counted, not named.
const NAMED_AT_ONCE = 3;

const DEVICES = { audio: 'microphone', video: 'camera' };

/**
 * "Ann joined.", "Ann and Ben joined.", "5 people joined."
 * @param {Person[]} people
 * @param {'joined' | 'left'} verb
 */
function comeAndGo(people, verb) {
  const names = people.map((person) => nameInText(person.name));
  if (names.length > NAMED_AT_ONCE)
    return `${names.length} people ${verb}.`;
  return `${new Intl.ListFormat('en').format(names)} ${verb}.`;
}

class Call {
  #app;
  #entry;
  #room;
  /** @type {Partial<Access>} */
  #answer = {}; // the last token answer
  /** @type {Attendee[]} */
  #attendees = [];
  /** @type {Person[]} */
  #people = [];
  #recording = false;
  #recordingChanges = 0; // by this page's own button: a list asked for before says nothing about it
  #sound;
  #soundHeld = false;
  #listed = false; // the service's list has come at least once since we (re)joined
  /** @type {{timer: number | undefined, delay: number}} */
  #newcomers = { timer: undefined, delay: NEWCOMER_MS };
  #scheduled = false;
  /** @type {number[]} */
  #timers = [];
  #listening = new AbortController();
  #moderation;
  #invite;
  #controls;
  #devices;
  #list;
  #cameras;
  #screens;

  /**
   * @param {App} app
   * @param {Meeting} meeting
   * @param {Entry} entry
   */
  constructor(app, meeting, entry) {
    this.#app = app;
    this.#entry = entry;
    this.meeting = meeting;
    this.#moderation = new Moderation(meeting, () => this.#changed());
    this.#invite = new InviteDialog(meeting, (key) => this.#useKey(key));
    this.#controls = new Controls(meeting, this.#actions());
    this.#list = new PeopleList((action, person) => this.#moderation.act(action, person));
    const held = () => this.#holdSound(true);
    this.#sound = new Sound(byId('sounds'), held);
    this.#cameras = new TileGrid(byId('tiles'), held);
    this.#screens = new TileGrid(byId('screens'), held);
    showScreen('call-screen', 'In the call');
    byId('call-title').focus();
    this.#room = this.#makeRoom();
    this.#enter();
    this.#devices = new CallDevices(this.#room);
    this.#stayAwake();
  }

  /** Leaves the screen and the call. */
  close() {
    this.#listening.abort();
    this.#timers.forEach((timer) => clearInterval(timer));
    clearTimeout(this.#newcomers.timer);
    this.#sound.close();
    this.#cameras.close();
    this.#screens.close();
    this.#controls.close();
    this.#devices.close();
    this.#invite.close();
    this.#room.leave();
  }

  /**
   * Another link of this meeting was opened in this tab: it brings a new key, or an invite that lasts longer.
   * @param {Fragment} fragment
   */
  async linkOpened({ invite, key }) {
    if (invite && invite !== this.meeting.invite)
      await this.#takeInvite(invite);
    // A call that is not encrypted has none, and stays as it is.
    if (key && this.meeting.key !== null && key !== this.meeting.key)
      await this.#takeKey(key);
  }

  /** @param {string} invite */
  async #takeInvite(invite) {
    const needed = this.#room.lastsUntil !== null;
    if (await this.meeting.exchange(invite, this.#entry.name, this.#answer.attendee)) {
      await this.#room.renew();
      if (needed)
        notify('The new link is in use: you can stay.');
    } else if (needed) {
      notify('You cannot go on with that link. Leave the call, then open it again to join anew.');
    }
  }

  /** @param {string} key */
  async #takeKey(key) {
    if (!keyTextValid(key)) {
      notify('The key in that link is damaged. Yours stays as it is.');
      return;
    }
    const sure = keyFails(this.#room) || await ask({
      title: 'Use the key of the other link?', accept: 'Use the other key',
      text: 'Use it only if a moderator has renewed the key and sent you that link: with a wrong key you neither see '
        + 'nor hear the others.',
    });
    if (!sure || this.#listening.signal.aborted)
      return;
    await this.#useKey(key);
    notify('The new key is in use.');
  }

  /** The browser's back button was pressed. */
  askToLeave() {
    this.#controls.askToLeave();
  }

  // Joining and what the room tells

  #makeRoom() {
    const { name } = this.#entry;
    return new Room({
      base: api.base, displayName: name, keyText: this.meeting.key, inviteEnd: () => this.meeting.inviteEnd,
      isHeard: (id) => this.#sound.isPlaying(id),
      requestToken: async () => {
        const answer = await this.meeting.requestToken(name);
        this.#answer = answer;
        return answer;
      },
    });
  }

  async #enter() {
    const { stream, otherDevices } = this.#entry;
    this.#listen();
    this.#timers.push(setInterval(() => renderElapsed(this.#answer), 1000), setInterval(() => this.#poll(), POLL_MS));
    const joining = this.#room.join(stream);
    this.#room.replaceDevices(otherDevices);
    this.#changed();
    await joining;
  }

  #listen() {
    const { signal } = this.#listening;
    /** @type {(id: string, action: () => void) => void} */
    const click = (id, action) => byId(id).addEventListener('click', action, { signal });
    this.#room.addEventListener('state', ({ detail }) => this.#stateChanged(detail), { signal });
    this.#room.addEventListener('local', ({ detail }) => this.#localChanged(detail), { signal });
    for (const type of /** @type {const} */ (['participants', 'speaker', 'quality', 'lasting']))
      this.#room.addEventListener(type, () => this.#changed(), { signal });
    document.addEventListener('visibilitychange', () => this.#stayAwake(), { signal });
    click('devices-button', () => this.#devices.open());
    click('encrypted-mark', () => openDialog(byId('encryption-dialog', HTMLDialogElement)));
    click('close-encryption', () => byId('encryption-dialog', HTMLDialogElement).close());
    click('go-to-key', () => this.#openKey());
    byId('go-to-key').hidden = !this.meeting.mayRenewKey;
    click('allow-sound', () => this.#holdSound(false));
    click('alone-invite', () => this.#invite.open());
  }

  /** @param {{state: State, error?: Failure}} change */
  #stateChanged({ state, error }) {
    switch (state) {
      case 'joined':
        this.#listed = false;
        announce('You are in the call.');
        this.#poll();
        break;
      case 'ended':
      case 'put-out':
        this.#app.after(this.meeting, state);
        return;
      case 'failed':
        // The screen before the call finds out why, and says so or lets try again.
        this.#app.prejoin(this.meeting, { message: error?.message ?? 'The call could not be joined. Try again.' });
        return;
      default:
    }
    this.#changed();
  }

  /** @param {LocalChange | null} detail */
  #localChanged(detail) {
    if (detail?.lost === 'screen')
      notify('Your screen is no longer shared.');
    else if (detail?.lost)
      notify(`Your ${DEVICES[detail.lost]} is gone. It may have been unplugged.`);
    // Kept over a reload, as Janus knows nothing of an earlier stay.
    this.meeting.muted = detail?.moderated ?? (this.meeting.muted && !this.#room.local.microphone);
    if (detail?.moderated === false)
      notify('You may speak again. Your microphone stays off until you switch it on.');
    this.#changed();
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

  // A phone does not put its screen to sleep during a call; the browser lets go of that whenever the page is hidden.
  async #stayAwake() {
    if (document.hidden)
      return;
    const lock = await navigator.wakeLock?.request('screen').catch(() => null);
    this.#listening.signal.addEventListener('abort', () => lock?.release());
    if (this.#listening.signal.aborted)
      lock?.release();
  }

  // The service's list

  async #poll() {
    if (this.#room.state !== 'joined' || this.#room.lastsUntil !== null)
      return;
    const changes = this.#recordingChanges;
    try {
      const { attendees, recording } = await api.activeAttendees(this.meeting.invite, this.meeting.link);
      if (!this.#listening.signal.aborted)
        this.#takeList(attendees, changes === this.#recordingChanges ? recording : this.#recording);
    } catch (error) {
      // The next time will do, unless the invite has expired; the room itself notices when the meeting is over.
      if (error.status === 401 && !this.#listening.signal.aborted)
        await this.#room.renew();
    }
  }

  /** Asks for the list soon while there is somebody whom it does not have: nobody else can say who that is. */
  #lookForNewcomers() {
    const waiting = this.#newcomers;
    if (!this.#people.some((person) => !person.self && person.attendee === null)) {
      waiting.delay = NEWCOMER_MS;
      return;
    }
    if (waiting.timer !== undefined)
      return;
    waiting.timer = setTimeout(() => {
      waiting.timer = undefined;
      this.#poll();
    }, waiting.delay * (0.5 + Math.random()));
    waiting.delay = Math.min(waiting.delay * 2, POLL_MS);
  }

  /**
   * @param {Attendee[]} attendees
   * @param {boolean} recording
   */
  #takeList(attendees, recording) {
    const before = this.#people;
    this.#attendees = attendees;
    this.#updatePeople();
    if (this.#listed) {
      const { came, went } = changesOf(before, this.#people);
      if (came.length)
        notify(comeAndGo(came, 'joined'));
      if (went.length)
        notify(comeAndGo(went, 'left'));
    }
    this.#listed = true;
    this.#setRecording(recording);
    this.#changed();
  }

  /** @param {boolean} recording */
  #setRecording(recording) {
    if (recording !== this.#recording)
      notify(recording ? 'This meeting is being recorded.' : 'The recording has stopped.');
    this.#recording = recording;
  }

  #updatePeople() {
    const before = new Map(this.#people.map((person) => [person.key, person]));
    this.#people = peopleOf({
      attendees: this.#attendees, participants: [...this.#room.participants.values()],
      own: {
        local: this.#room.local, name: this.#entry.name, role: this.meeting.role,
        attendee: this.#answer.attendee ?? null,
      },
    });
    for (const person of this.#people)
      this.#announceMicrophone(person, before.get(person.key));
  }

  /**
   * @param {Person} person
   * @param {Person | undefined} before
   */
  #announceMicrophone(person, before) {
    if (before?.microphone && person.microphone && before.microphone !== person.microphone)
      announce(`${person.self ? 'Your' : `${nameInText(person.name)}'s`} microphone is ${person.microphone}.`);
  }

  // What the controls do

  /** @returns {Actions} */
  #actions() {
    return {
      microphone: () => this.#switch('audio'),
      camera: () => this.#switch('video'),
      screen: () => this.#toggleScreen(),
      invite: () => this.#invite.open(),
      record: () => this.#toggleRecording(),
      leave: () => this.#app.after(this.meeting, 'left'),
      end: () => this.#end(),
    };
  }

  /** @param {Kind} kind */
  async #switch(kind) {
    const { local } = this.#room;
    if (kind === 'audio' && local.forcedMute && !local.microphone) {
      notify('A moderator has muted you. You can speak again when a moderator lets you.');
      return;
    }
    try {
      if (kind === 'audio')
        await this.#room.setMicrophone(!local.microphone);
      else
        await this.#room.setCamera(!local.camera);
    } catch (error) {
      notify(error.kind === 'denied'
        ? `The browser does not allow the ${DEVICES[kind]}. Allow it at the sign beside the address.`
        : `The ${DEVICES[kind]} cannot be opened.`);
    }
    this.#changed();
  }

  async #toggleScreen() {
    try {
      if (this.#room.local.screen)
        await this.#room.stopScreen();
      else
        await this.#room.shareScreen(await openScreen());
    } catch (error) {
      // 'denied' is what closing the browser's own question looks like.
      if (error.kind !== 'denied')
        notify('The screen cannot be shared.');
    }
    this.#changed();
  }

  async #toggleRecording() {
    const wanted = !this.#recording;
    this.#recordingChanges++;
    if (await this.#moderation.record(wanted)) {
      this.#recordingChanges++;
      this.#setRecording(wanted);
      this.#changed();
    }
  }

  async #end() {
    if (await this.#moderation.end(this.#people.length))
      this.#app.after(this.meeting, 'ended');
  }

  /** @param {boolean} held */
  #holdSound(held) {
    this.#soundHeld = held;
    if (!held) {
      this.#sound.resume();
      this.#cameras.play();
      this.#screens.play();
    }
    this.#changed();
  }

  // Rendering: everything from the state above, once for all changes of a moment

  #changed() {
    if (this.#scheduled || this.#listening.signal.aborted)
      return;
    this.#scheduled = true;
    // Not requestAnimationFrame: a page in the background has to play those who join now.
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#listening.signal.aborted)
        this.#render();
    });
  }

  #render() {
    this.#updatePeople();
    this.#lookForNewcomers();
    const byPrefix = new Map(this.#people.map((person) => [person.prefix, person]));
    /** @param {Participant} participant */
    const personOf = ({ prefix }) => byPrefix.get(prefix) ?? { name: UNLISTED, verified: false };
    const { cameras, screens } = tilesOf({ room: this.#room, self: this.#people[0], personOf });
    this.#sound.render([...this.#room.participants.values()]);
    byId('stage').classList.toggle('presenting', screens.length > 0);
    byId('screens').hidden = screens.length === 0;
    this.#screens.render(screens);
    this.#cameras.render(cameras);
    this.#list.render({
      people: this.#people, moderator: this.meeting.moderator, putOut: this.meeting.putOut,
    });
    this.#controls.render({
      local: this.#room.local, recording: this.#recording, recordable: Boolean(this.#answer.recordable),
      recordingBusy: this.#moderation.recordingBusy,
    });
    renderStatus({
      room: this.#room, meeting: this.meeting, answer: this.#answer, recording: this.#recording,
      soundHeld: this.#soundHeld, alone: this.#people.length === 1, tiles: cameras.length,
    });
  }
}

/**
 * @param {App} app
 * @param {Meeting} meeting
 * @param {Entry} entry
 */
export function openCall(app, meeting, entry) {
  return new Call(app, meeting, entry);
}
