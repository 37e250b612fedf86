// What we send in the call: switches microphone, camera and shared screen, and tells the person what does not work.
//
//   const sending = new Sending(room, onChange);
//   await sending.toggle('audio' | 'video')
//   await sending.toggleScreen()
//   sending.tell(change)         tells what has changed without the person, as the room's event 'local' says it
//   sending.render()             shows which device is being opened
//   sending.switches             how microphone and camera were last in the call. A held key does not count.

import { callProblemText } from './device-problems.js';
import { openScreen } from './devices.js';
import { notify } from './notices.js';
import { byId } from './page.js';
import { recall } from './storage.js';

/** @import { Kind } from './frame-crypto.js' */
/** @import { Left } from './reentry.js' */
/** @import { LocalChange, Room } from './room.js' */

/** @type {Record<Kind, 'microphone' | 'camera'>} */
const DEVICES = { audio: 'microphone', video: 'camera' };

export class Sending {
  /** @type {Left} */
  switches = { microphone: false, camera: false, none: true };
  #room;
  #onChange;
  #talks = false; // the key is held

  /**
   * @param {Room} room
   * @param {() => void} onChange
   */
  constructor(room, onChange) {
    this.#room = room;
    this.#onChange = onChange;
  }

  /** @param {Kind} kind */
  async toggle(kind) {
    const wanted = this.#room.wants(kind);
    if (kind === 'audio' && this.#room.local.forcedMute && !wanted) {
      notify('A moderator has muted you. You can speak again when a moderator lets you.');
      return;
    }
    if (kind === 'audio')
      this.#talks = false; // the button decides
    try {
      const change = kind === 'audio' ? this.#room.setMicrophone(!wanted) : this.#room.setCamera(!wanted);
      this.#onChange(); // it may take a while to open
      await change;
    } catch (error) {
      notify(callProblemText({ kind: error.kind, device: kind }));
    }
    this.#onChange();
  }

  /**
   * A key is held to speak while the microphone is off, or is let go.
   * @param {boolean} on
   */
  async talk(on) {
    if (on === this.#talks || (on && (this.#room.wants('audio') || this.#room.local.forcedMute)))
      return;
    this.#talks = on;
    await this.#room.setMicrophone(on).catch((error) => {
      this.#talks = false;
      notify(callProblemText({ kind: error.kind, device: 'audio' }));
    });
    this.#onChange();
  }

  async toggleScreen() {
    try {
      if (this.#room.local.screen)
        await this.#room.stopScreen();
      else
        await this.#room.shareScreen(await openScreen());
    } catch (error) {
      // 'denied': the person has closed the browser's question.
      if (error.kind !== 'denied')
        notify('The screen cannot be shared. Try again.');
    }
    this.#onChange();
  }

  /** After the controls' own rendering: a device that is being opened is neither on nor off, and another click means off. */
  render() {
    for (const kind of /** @type {Kind[]} */ (['audio', 'video'])) {
      const name = DEVICES[kind];
      const opens = this.#room.wants(kind) && !this.#room.local[name];
      const button = byId(`${name}-button`);
      button.setAttribute('aria-busy', String(opens));
      if (opens)
        button.title = `The ${name} is being opened`;
    }
  }

  /** The person speaks, and the microphone is off. */
  tellMuted() {
    const { forcedMute } = this.#room.local;
    const keys = matchMedia('(pointer: coarse)').matches || recall('shortcuts') === false ? 'press Mic' : 'press Mic, or hold the space bar';
    notify(forcedMute
      ? 'Nobody hears you: a moderator has muted you.' : `Nobody hears you: your microphone is off. To speak, ${keys}.`);
  }

  /** @param {LocalChange | null} change */
  tell(change) {
    const { microphone, camera, stream } = this.#room.local;
    this.switches = { microphone: microphone && !this.#talks, camera, none: !stream?.getTracks().length };
    if (change?.lost === 'screen')
      notify('Your screen is no longer shared.');
    else if (change?.replaced)
      notify(`Your ${DEVICES[change.replaced]} is gone. This one is used now: ${change.label || 'another one'}.`);
    else if (change?.lost)
      notify(`Your ${DEVICES[change.lost]} is gone. It may have been unplugged.`);
    if (change?.moderated === false)
      notify('You may speak again. Your microphone stays off until you switch it on.');
  }
}
