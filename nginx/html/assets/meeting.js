// One meeting as this tab knows it: the invite, the key, who we are in it, the links to share. It outlives a reload.

import * as api from './api.js';
import { keyTextValid } from './encryption.js';
import { shownName } from './roster.js';
import { recall, remember } from './storage.js';

/** @import { Access, Role } from './api.js' */

/**
 * What an invite says. Nothing of it is verified here.
 * @typedef {object} Claims
 * @property {string} [meetingLinkId]
 * @property {Role} [meetingRole]
 * @property {number} [exp]  seconds since 1970
 * @property {string} [name]  whom the invite is for
 */

/**
 * What the tab remembers of a meeting.
 * @typedef {object} Kept
 * @property {string} [invite]
 * @property {string} [key]
 * @property {boolean} [promised]  a link had a key in it
 * @property {string} [shareUrl]  without the key
 * @property {string} [watchUrl]  without the key
 * @property {boolean} [muted]
 * @property {Record<string, string>} [putOut]
 * @property {string} [guest]
 */

/**
 * The claims of a JWT without verifying them (the service does that), or null when it is none.
 * @param {string | undefined} token
 * @returns {Claims | null}
 */
export function readClaims(token) {
  try {
    const part = (token ?? '').split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

/**
 * The name that an invite fixes, or null.
 * @param {Claims} claims
 */
const fixedNameIn = (claims) => shownName(claims?.name) || null;

/**
 * The invite in a link, or undefined.
 * @param {string | undefined} url
 */
const inviteIn = (url) => (url ? new URLSearchParams(new URL(url).hash.slice(1)).get('invite') : undefined);

export class Meeting {
  /** @type {Kept} */
  #kept;

  /**
   * The meeting that an invite is for, or null when the invite is damaged.
   * @param {string} invite
   */
  static read(invite) {
    const link = readClaims(invite)?.meetingLinkId;
    return typeof link === 'string' ? new Meeting(link) : null;
  }

  /**
   * The meeting as a reload finds it, or null when this tab does not know it.
   * @param {string} link
   */
  static recall(link) {
    const meeting = new Meeting(link);
    return meeting.invite ? meeting : null;
  }

  /** @param {string} link */
  constructor(link) {
    this.link = link;
    this.#kept = recall(`meeting.${link}`) ?? {};
  }

  /** @param {Kept} changes */
  #keep(changes) {
    this.#kept = { ...this.#kept, ...changes };
    remember(`meeting.${this.link}`, this.#kept);
  }

  /**
   * Takes over the fragment of another link of the same meeting. What is not in it, or damaged, stays as it is. A
   * moderator's own link also has the invites that they may hand on.
   * @param {{invite?: string, key?: string, guests?: string, watch?: string}} fragment
   */
  adopt({ invite, key, guests, watch }) {
    this.#keep({
      invite, ...(key && { promised: true }), ...(keyTextValid(key) && { key }),
      ...(this.#isFor(guests, invite, 'publisher') && { shareUrl: `${api.base}#invite=${guests}` }),
      ...(this.#isFor(watch, invite, 'subscriber') && { watchUrl: `${api.base}#invite=${watch}` }),
    });
  }

  /**
   * @param {string | undefined} handedOn
   * @param {string | undefined} invite
   * @param {Role} role
   */
  #isFor(handedOn, invite, role) {
    const { meetingLinkId, meetingRole } = readClaims(handedOn) ?? {};
    return readClaims(invite)?.meetingRole === 'moderator' && meetingLinkId === this.link && meetingRole === role;
  }

  get invite() { return this.#kept.invite ?? ''; }
  get key() { return this.#kept.key ?? null; }
  set key(key) { this.#keep({ key: key ?? undefined }); }

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
  get shareLink() { return this.#kept.shareUrl ? this.#withKey(this.#kept.shareUrl) : null; }
  get watchLink() { return this.#kept.watchUrl ? this.#withKey(this.#kept.watchUrl) : null; }
  /** @param {string} url */
  set shareUrl(url) { this.#keep({ shareUrl: url }); }
  /** @param {string} url */
  set watchUrl(url) { this.#keep({ watchUrl: url }); }

  /** Our own link: whoever opens it, anywhere, is what we are and may hand on what we may. */
  get ownLink() {
    const { invite, shareUrl, watchUrl } = this.#kept;
    const parts = { invite, guests: inviteIn(shareUrl), watch: inviteIn(watchUrl) };
    const url = new URL(shareUrl ?? api.base);
    const known = Object.entries(parts).flatMap(([name, value]) => (value ? [[name, value]] : []));
    url.hash = new URLSearchParams(known).toString();
    return this.#withKey(url.href);
  }

  /** What ends every link of an encrypted meeting. */
  get linkEnding() { return this.key ? `&key=${this.key}` : ''; }

  // The key is added here and only here: no request ever holds it.
  /** @param {string} url */
  #withKey(url) {
    return url + this.linkEnding;
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

  /**
   * A token answer. The signed guest value makes us the same person after a reload; a stale one is dropped.
   * @param {string} [name]
   * @returns {Promise<Access>}
   */
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

  /**
   * @param {string} invite
   * @param {string} [name]
   */
  #ask(invite, name) {
    const { guest } = this.#kept;
    return api.requestToken(invite, this.link, { ...(name && !this.fixedName && { name }), ...(guest && { guest }) });
  }

  /**
   * Goes on with another invite if it lasts longer and the service takes it for the same person (attendee) in the same
   * role; resolves to whether it does.
   * @param {string} invite
   * @param {string} name
   * @param {string | undefined} attendee
   */
  async exchange(invite, name, attendee) {
    const claims = readClaims(invite) ?? {};
    const { exp, meetingRole } = claims;
    const longer = (exp ?? 0) > (this.#claims.exp ?? Infinity);
    if (!longer || meetingRole !== this.role || fixedNameIn(claims) !== this.fixedName)
      return false;
    const answer = await this.#ask(invite, name).catch(() => null);
    if (answer?.attendee !== attendee)
      return false;
    this.adopt({ invite });
    return true;
  }
}
