// What we send in the call: switches microphone, camera and shared screen, and tells the person what does not work.
//
//   const sending = new Sending(room, onChange);
//   await sending.toggle('audio' | 'video')
//   await sending.toggleScreen()
//   sending.tell(change)         tells what has changed without the person, as the room's event 'local' says it
//   sending.switches             { microphone, camera } as they were last in the call

import { openScreen } from './devices.js';
import { notify } from './notices.js';

/** @import { Kind } from './frame-crypto.js' */
/** @import { LocalChange, Room } from './room.js' */

const DEVICES = { audio: 'microphone', video: 'camera' };

export class Sending {
  switches = { microphone: false, camera: false };
  #room;
  #onChange;

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

  /** @param {LocalChange | null} change */
  tell(change) {
    const { microphone, camera } = this.#room.local;
    this.switches = { microphone, camera };
    if (change?.lost === 'screen')
      notify('Your screen is no longer shared.');
    else if (change?.lost)
      notify(`Your ${DEVICES[change.lost]} is gone. It may have been unplugged.`);
    if (change?.moderated === false)
      notify('You may speak again. Your microphone stays off until you switch it on.');
  }
}
