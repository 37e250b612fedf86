// One meeting as this tab knows it: the invite, the key, who we are in it, the links to share. It outlives a reload.

import * as api from './api.js';
import { keyTextValid } from './encryption.js';
import { shownName } from './roster.js';
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

/** The name that an invite fixes, or null. */
const fixedNameIn = (claims) => shownName(claims?.name) || null;

/** The invite in a link, or undefined. */
const inviteIn = (url) => (url ? new URLSearchParams(new URL(url).hash.slice(1)).get('invite') : undefined);

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

  /**
   * Takes over the fragment of another link of the same meeting. What is not in it, or damaged, stays as it is. A
   * moderator's own link also has the invites that they may hand on.
   */
  adopt({ invite, key, guests, watch }) {
    this.#keep({
      invite, ...(key && { promised: true }), ...(keyTextValid(key) && { key }),
      ...(this.#isFor(guests, invite, 'publisher') && { shareUrl: `${api.base}#invite=${guests}` }),
      ...(this.#isFor(watch, invite, 'subscriber') && { watchUrl: `${api.base}#invite=${watch}` }),
    });
  }

  #isFor(handedOn, invite, role) {
    const { meetingLinkId, meetingRole } = readClaims(handedOn) ?? {};
    return readClaims(invite)?.meetingRole === 'moderator' && meetingLinkId === this.link && meetingRole === role;
  }

  get invite() { return this.#kept.invite; }
  get key() { return this.#kept.key ?? null; }
  set key(key) { this.#keep({ key }); }

  /** Whether a link had a key in it, be it a damaged one: the meeting must not be joined without encryption then. */
  get promisesEncryption() { return this.#kept.promised ?? this.key !== null; }

  get #claims() { return readClaims(this.invite) ?? {}; }
  get role() { return this.#claims.meetingRole; }
  get moderator() { return this.role === 'moderator'; }
  get mayRenewKey() { return this.moderator && this.key !== null; }
  get watching() { return this.role === 'subscriber'; }

  /** Until when the service takes the invite, in epoch milliseconds of this device's clock; null when unknown. */
  get inviteEnd() {
    const { exp } = this.#claims;
    return typeof exp === 'number' ? exp * 1000 - (api.serviceNow() - Date.now()) : null;
  }

  /** The name that a named invite fixes, or null. */
  get fixedName() { return fixedNameIn(this.#claims); }

  /** What may be handed on: by the creator, and by who came with the creator's own link; null in other tabs. */
  get shareLink() { return this.#withKey(this.#kept.shareUrl); }
  get watchLink() { return this.#withKey(this.#kept.watchUrl); }
  set shareUrl(url) { this.#keep({ shareUrl: url }); }
  set watchUrl(url) { this.#keep({ watchUrl: url }); }

  /** Our own link: whoever opens it, anywhere, is what we are and may hand on what we may. */
  get ownLink() {
    const { invite, shareUrl, watchUrl } = this.#kept;
    const parts = { invite, guests: inviteIn(shareUrl), watch: inviteIn(watchUrl) };
    const url = new URL(shareUrl ?? api.base);
    url.hash = new URLSearchParams(Object.entries(parts).filter(([, value]) => value));
    return this.#withKey(url.href);
  }

  /** What ends every link of an encrypted meeting. */
  get linkEnding() { return this.key ? `&key=${this.key}` : ''; }

  // The key is added here and only here: no request ever holds it.
  #withKey(url) {
    return url ? url + this.linkEnding : null;
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
    const ask = () => this.#ask(this.invite, name);
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

  #ask(invite, name) {
    const { guest } = this.#kept;
    return api.requestToken(invite, this.link, { ...(name && !this.fixedName && { name }), ...(guest && { guest }) });
  }

  /**
   * Goes on with another invite if it lasts longer and the service takes it for the same person (attendee) in the same
   * role; resolves to whether it does.
   */
  async exchange(invite, name, attendee) {
    const claims = readClaims(invite) ?? {};
    const { exp, meetingRole } = claims;
    if (!(exp > this.#claims.exp) || meetingRole !== this.role || fixedNameIn(claims) !== this.fixedName)
      return false;
    const answer = await this.#ask(invite, name).catch(() => null);
    if (answer?.attendee !== attendee)
      return false;
    this.adopt({ invite });
    return true;
  }
}
