// One meeting as this tab knows it: the invite, the key, who we are in it, the links to share. A reload changes none of
// it.

import * as api from './api.js';
import { codeOf, readAddress } from './link.js';
import { keyTextValid } from './meeting-key.js';
import { shownName } from './names.js';
import { recall, remember } from './storage.js';

/** @import { Access, Role } from './api.js' */
/** @import { Fragment } from './link.js' */
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
 * @property {string} [code]  of the short link, for which the service gives the invite
 * @property {string} [guests]  codes of the links to share that came in the link: not looked at yet
 * @property {string} [watch]
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
 * What a link has to share: its code, or its invite; undefined: there is none.
 * @param {string | undefined} url
 */
const secretIn = (url) => (
  codeOf(url) ?? (url && new URLSearchParams(new URL(url).hash.slice(1)).get('invite')) ?? undefined);

/** @param {string | undefined} text */
const isCode = (text) => Boolean(text) && !text?.includes('.');

export class Meeting {
  /** @type {Kept} */
  #kept;
  /** What the service says that we come for; null: nothing.
   * @type {Visit | null} */
  visit = null;
  /** The last join token, and its end by the service's clock. */
  #pass = { token: '', end: 0 };

  /**
   * The meeting that a link is to; null: to none, or its invite is damaged.
   * @param {Pick<Fragment, 'invite' | 'code'>} fragment
   * @param {string | null} place  the meeting in a short link's path
   */
  static read({ invite, code }, place) {
    const link = code ? place : readClaims(invite)?.meetingLinkId;
    return typeof link === 'string' ? new Meeting(link) : null;
  }

  /**
   * The meeting as this tab remembers it; null: it does not.
   * @param {string} link
   */
  static recall(link) {
    const meeting = new Meeting(link);
    return meeting.invite || meeting.code ? meeting : null;
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
   * moderator's own link also has the invites that the moderator may share, or their codes.
   * @param {Partial<Fragment>} fragment
   */
  adopt({ invite, code, key, guests, watch }) {
    if (invite || code !== this.code)
      this.#keep({ invite, code });
    this.#keep({
      ...(isCode(guests) && { guests }), ...(isCode(watch) && { watch }), ...(key && { promised: true }), ...(keyTextValid(key) && { key }),
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

  /** '' while the service has not given it for the code of a short link. */
  get invite() { return this.#kept.invite ?? ''; }
  get code() { return this.#kept.code; }

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
    const { invite, code, shareUrl, watchUrl } = this.#kept;
    const { base } = readAddress(shareUrl ?? api.base);
    const guests = secretIn(shareUrl) ?? this.#kept.guests;
    const watch = secretIn(watchUrl) ?? this.#kept.watch;
    const values = Object.entries({ invite: code ? undefined : invite, guests, watch }).flatMap(([name, value]) => (value ? [`${name}=${value}`] : []));
    const url = code ? this.#shortUrl(code, base) : `${base}#`;
    return this.#withKey(url + (code && values.length > 0 ? '&' : '') + values.join('&'));
  }

  /**
   * @param {string} code
   * @param {string | URL} [base]
   */
  #shortUrl(code, base = api.base) {
    return `${base}j/${this.link}#${code}`;
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
    await this.#redeem();
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

  /** Asks for the invite of a short link, once. */
  async #redeem() {
    const { code } = this;
    if (!this.invite && code) {
      const invite = await api.redeemCode(this.link, code);
      if (code === this.code)
        this.#keep({ invite });
    }
    // Nobody waits for these: only the dialog with the links shows them.
    this.#redeemShared('guests', 'shareUrl', 'publisher');
    this.#redeemShared('watch', 'watchUrl', 'subscriber');
  }

  /**
   * Takes over a link to share that came with a moderator's own one, unless its code is for another role.
   * @param {'guests' | 'watch'} from
   * @param {'shareUrl' | 'watchUrl'} to
   * @param {Role} role
   */
  async #redeemShared(from, to, role) {
    const code = this.#kept[from];
    if (!code)
      return;
    const shared = await api.redeemCode(this.link, code).catch((error) => (error.passing ? null : ''));
    if (shared !== null)
      this.#keep({ [from]: undefined, ...(this.#isToShare(shared, this.invite, role) && { [to]: this.#shortUrl(code) }) });
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
   * Takes over the invite of another link if it lasts longer, and if the service gives the same person (attendee) and
   * role for it. Resolves to whether it was taken over.
   * @param {Pick<Fragment, 'invite' | 'code'>} fragment
   * @param {string} name
   * @param {string | undefined} attendee
   */
  async exchange({ invite = '', code }, name, attendee) {
    if (code)
      invite = await api.redeemCode(this.link, code).catch(() => '');
    const claims = readClaims(invite) ?? {};
    const { exp, meetingRole } = claims;
    const longer = (exp ?? 0) > (this.#claims.exp ?? Infinity);
    if (!longer || meetingRole !== this.role || fixedNameIn(claims) !== this.fixedName)
      return false;
    const answer = await this.#ask(invite, name).catch(() => null);
    if (answer?.attendee !== attendee)
      return false;
    this.adopt({ invite, code });
    return true;
  }
}
