// What we send in the call: switches microphone, camera and shared screen, and tells the person what does not work.
//
//   const sending = new Sending(room, onChange);
//   await sending.toggle('audio' | 'video')
//   await sending.toggleScreen()
//   sending.tell(change)         tells what has changed without the person, as the room's event 'local' says it
//   sending.switches             { microphone, camera } as they were last in the call

import { openScreen } from './devices.js';
import { notify } from './notices.js';
import { recall } from './storage.js';

/** @import { Kind } from './frame-crypto.js' */
/** @import { LocalChange, Room } from './room.js' */

const DEVICES = { audio: 'microphone', video: 'camera' };

export class Sending {
  switches = { microphone: false, camera: false };
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
    const { local } = this.#room;
    if (kind === 'audio' && local.forcedMute && !local.microphone) {
      notify('A moderator has muted you. You can speak again when a moderator lets you.');
      return;
    }
    if (kind === 'audio')
      this.#talks = false; // the button decides
    try {
      if (kind === 'audio')
        await this.#room.setMicrophone(!local.microphone);
      else
        await this.#room.setCamera(!local.camera);
    } catch (error) {
      notify(error.kind === 'denied'
        ? `The browser does not allow the ${DEVICES[kind]}. Allow it at the sign beside the address.`
        : `The ${DEVICES[kind]} cannot be opened. Another program may be using it.`);
    }
    this.#onChange();
  }

  /**
   * A key is held to speak while the microphone is off, or is let go.
   * @param {boolean} on
   */
  async talk(on) {
    const { local } = this.#room;
    if (on === this.#talks || (on && (local.microphone || local.forcedMute)))
      return;
    this.#talks = on;
    await this.#room.setMicrophone(on).catch(() => {
      this.#talks = false;
      notify('The microphone cannot be opened. Another program may be using it.');
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

  /** The person speaks, and the microphone is off. */
  tellMuted() {
    const { forcedMute } = this.#room.local;
    const keys = matchMedia('(pointer: coarse)').matches || recall('shortcuts') === false ? 'press Mic' : 'press Mic, or hold the space bar';
    notify(forcedMute
      ? 'Nobody hears you: a moderator has muted you.' : `Nobody hears you: your microphone is off. To speak, ${keys}.`);
  }

  /** @param {LocalChange | null} change */
  tell(change) {
    const { microphone, camera } = this.#room.local;
    this.switches = { microphone, camera };
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
