// One meeting as this tab knows it: the invite, the key, who we are in it, the links to share. A reload changes none of
// it.

import * as api from './api.js';
import { keyTextValid } from './encryption.js';
import { shownName } from './names.js';
import { recall, remember } from './storage.js';

/** @import { Access, Role } from './api.js' */
/** @import { Visit } from './visit.js' */

/**
 * What an invite says. Only the service verifies it.
 * @typedef {object} Claims
 * @property {string} [meetingLinkId]
 * @property {Role} [meetingRole]
 * @property {number} [exp]  seconds since 1970
 * @property {string} [name]  of the person that the invite is for
 */

/**
 * What the tab remembers of a meeting.
 * @typedef {object} Kept
 * @property {string} [invite]
 * @property {string} [key]
 * @property {boolean} [promised]  a link had a key
 * @property {string} [shareUrl]  without the key
 * @property {string} [watchUrl]  without the key
 * @property {boolean} [muted]
 * @property {Record<string, string>} [putOut]  the removed people; the name is in the storage of older tabs
 * @property {string} [guest]
 */

/**
 * The claims of a JWT, not verified; null: it is no JWT.
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
 * The name in a named invite, or null.
 * @param {Claims} claims
 */
const fixedNameIn = (claims) => shownName(claims?.name) || null;

/**
 * The invite in a link; undefined: there is none.
 * @param {string | undefined} url
 */
const inviteIn = (url) => (url ? new URLSearchParams(new URL(url).hash.slice(1)).get('invite') : undefined);

export class Meeting {
  /** @type {Kept} */
  #kept;
  /** What the service says that we come for; null: nothing.
   * @type {Visit | null} */
  visit = null;
  /** The last join token, and its end by the service's clock. */
  #pass = { token: '', end: 0 };

  /**
   * The meeting that an invite is for; null: the invite is damaged.
   * @param {string} invite
   */
  static read(invite) {
    const link = readClaims(invite)?.meetingLinkId;
    return typeof link === 'string' ? new Meeting(link) : null;
  }

  /**
   * The meeting as this tab remembers it; null: it does not.
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
   * Takes over what is in the fragment of a link of this meeting. What is missing or damaged there stays as it is. A
   * moderator's own link also has the invites that the moderator may share.
   * @param {{invite?: string, key?: string, guests?: string, watch?: string}} fragment
   */
  adopt({ invite, key, guests, watch }) {
    this.#keep({
      invite, ...(key && { promised: true }), ...(keyTextValid(key) && { key }),
      ...(this.#isToShare(guests, invite, 'publisher') && { shareUrl: `${api.base}#invite=${guests}` }),
      ...(this.#isToShare(watch, invite, 'subscriber') && { watchUrl: `${api.base}#invite=${watch}` }),
    });
  }

  /**
   * Whether an invite in a moderator's link is one to share, of this role.
   * @param {string | undefined} shared
   * @param {string | undefined} invite
   * @param {Role} role
   */
  #isToShare(shared, invite, role) {
    const { meetingLinkId, meetingRole } = readClaims(shared) ?? {};
    return readClaims(invite)?.meetingRole === 'moderator' && meetingLinkId === this.link && meetingRole === role;
  }

  get invite() { return this.#kept.invite ?? ''; }

  /** For requests about the meeting: an unnamed invite does not say who asks, a join token does. */
  get bearer() { return this.#pass.end > api.serviceNow() ? this.#pass.token : this.invite; }

  get key() { return this.#kept.key ?? null; }
  set key(key) { this.#keep({ key: key ?? undefined }); }

  /** Whether a link had a key, also a damaged one: then the meeting must not be joined without encryption. */
  get promisesEncryption() { return this.#kept.promised ?? this.key !== null; }

  get #claims() { return readClaims(this.invite) ?? {}; }
  get role() { return this.#claims.meetingRole; }
  get moderator() { return this.role === 'moderator'; }
  get mayRenewKey() { return this.moderator && this.key !== null; }
  get watching() { return this.role === 'subscriber'; }

  /** The end of the invite, in epoch milliseconds of this device's clock; null: unknown. */
  get inviteEnd() {
    const { exp } = this.#claims;
    return typeof exp === 'number' ? exp * 1000 - (api.serviceNow() - Date.now()) : null;
  }

  /** The name in a named invite, which the person cannot change; null: there is none. */
  get fixedName() { return fixedNameIn(this.#claims); }

  /** The links to share. The creator has them, and everybody who came with the creator's own link; null for others. */
  get shareLink() { return this.#kept.shareUrl ? this.#withKey(this.#kept.shareUrl) : null; }
  get watchLink() { return this.#kept.watchUrl ? this.#withKey(this.#kept.watchUrl) : null; }
  /** @param {string} url */
  set shareUrl(url) { this.#keep({ shareUrl: url }); }
  /** @param {string} url */
  set watchUrl(url) { this.#keep({ watchUrl: url }); }

  /** Our own link. A person who opens it, anywhere, has our role and the links that we may share. */
  get ownLink() {
    const { invite, shareUrl, watchUrl } = this.#kept;
    const parts = { invite, guests: inviteIn(shareUrl), watch: inviteIn(watchUrl) };
    const url = new URL(shareUrl ?? api.base);
    const known = Object.entries(parts).flatMap(([name, value]) => (value ? [[name, value]] : []));
    url.hash = new URLSearchParams(known).toString();
    return this.#withKey(url.href);
  }

  /** The end of every link of an encrypted meeting. */
  get linkEnding() { return this.key ? `&key=${this.key}` : ''; }

  // The only place that adds the key: no request holds it.
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

  /** Our identity as a guest, signed by the service; undefined: we have none. */
  get guest() { return this.#kept.guest; }
  set guest(guest) { this.#keep({ guest }); }

  /** The people that the moderator of this tab has removed: {attendee: name}. */
  get removed() { return this.#kept.putOut ?? {}; }
  set removed(people) { this.#keep({ putOut: people }); }

  /**
   * Asks for a join token. With the signed guest value we are the same person after a reload; one that the service does
   * not accept any more is dropped.
   * @param {string} [name]
   * @param {string} [participantId]  ours in the call, to renew the token of it
   * @returns {Promise<Access>}
   */
  async requestToken(name, participantId) {
    const ask = () => this.#ask(this.invite, name, participantId);
    let answer;
    try {
      answer = await ask();
    } catch (error) {
      this.visit = error.details?.[0]?.info?.visit ?? this.visit;
      if (error.code !== 'GUEST_INVALID')
        throw error;
      this.#keep({ guest: undefined });
      answer = await ask();
    }
    this.visit = answer.visit ?? null;
    if (answer.guest)
      this.#keep({ guest: answer.guest });
    this.#pass = { token: answer.token, end: Date.parse(answer.expiresAt) };
    return answer;
  }

  /**
   * @param {string} invite
   * @param {string} [name]
   * @param {string} [participantId]
   */
  #ask(invite, name, participantId) {
    const { guest } = this.#kept;
    return api.requestToken(invite, this.link, {
      ...(name && !this.fixedName && { name }), ...(guest && { guest }), ...(participantId && { participantId }),
    });
  }

  /**
   * Takes over another invite if it lasts longer, and if the service gives the same person (attendee) and role for it.
   * Resolves to whether it was taken over.
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
