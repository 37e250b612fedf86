// One meeting as this tab knows it: the invite, the key, who we are in it, the links to share. It outlives a reload.

import * as api from './api.js';
import { recall, remember } from './storage.js';

/** The claims of a JWT without verifying them (the service does that), or null when it is none. */
export function readClaims(token) {
  try {
    const part = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

export class Meeting {
  #kept;

  /** The meeting that an invite is for, or null when the invite is damaged. */
  static read(invite) {
    const link = readClaims(invite)?.meetingLinkId;
    return typeof link === 'string' ? new Meeting(link) : null;
  }

  /** The meeting as a reload finds it, or null when this tab does not know it. */
  static recall(link) {
    const meeting = new Meeting(link);
    return meeting.invite ? meeting : null;
  }

  constructor(link) {
    this.link = link;
    this.#kept = recall(`meeting.${link}`) ?? {};
  }

  #keep(changes) {
    this.#kept = { ...this.#kept, ...changes };
    remember(`meeting.${this.link}`, this.#kept);
  }

  /** Takes over another link of the same meeting. Without a key in it, the one we have stays. */
  adopt(invite, key) {
    this.#keep(key ? { invite, key } : { invite });
  }

  get invite() { return this.#kept.invite; }
  get key() { return this.#kept.key ?? null; }
  set key(key) { this.#keep({ key }); }

  get #claims() { return readClaims(this.invite) ?? {}; }
  get role() { return this.#claims.meetingRole; }
  get moderator() { return this.role === 'moderator'; }
  get watching() { return this.role === 'subscriber'; }

  /** Until when the service takes the invite, in epoch milliseconds of this device's clock; null when unknown. */
  get inviteEnd() {
    const { exp } = this.#claims;
    return typeof exp === 'number' ? exp * 1000 - (api.serviceNow() - Date.now()) : null;
  }

  /** The name that a named invite fixes, or null. */
  get fixedName() { return this.#claims.name ?? null; }

  /** What the creator may hand on; null in everybody else's tab. */
  get shareLink() { return this.#withKey(this.#kept.shareUrl); }
  get watchLink() { return this.#withKey(this.#kept.watchUrl); }
  set shareUrl(url) { this.#keep({ shareUrl: url }); }
  set watchUrl(url) { this.#keep({ watchUrl: url }); }

  // The key is added here and only here: no request ever holds it.
  #withKey(url) {
    if (!url)
      return null;
    return this.key ? `${url}&key=${this.key}` : url;
  }

  /** Whether a moderator has muted us and we have not switched the microphone on since. */
  get muted() { return this.#kept.muted ?? false; }
  set muted(muted) {
    if (muted !== this.muted)
      this.#keep({ muted });
  }

  /** Those whom this tab's moderator has put out: {attendee: name}. */
  get putOut() { return this.#kept.putOut ?? {}; }
  set putOut(people) { this.#keep({ putOut: people }); }

  /** A token answer. The signed guest value makes us the same person after a reload; a stale one is dropped. */
  async requestToken(name) {
    const ask = () => {
      const guest = this.#kept.guest;
      return api.requestToken(this.invite, this.link, {
        ...(name && !this.fixedName && { name }), ...(guest && { guest }),
      });
    };
    let answer;
    try {
      answer = await ask();
    } catch (error) {
      if (error.code !== 'GUEST_INVALID')
        throw error;
      this.#keep({ guest: undefined });
      answer = await ask();
    }
    if (answer.guest)
      this.#keep({ guest: answer.guest });
    return answer;
  }
}
