// The requests to the service. Every failure is a ServiceError.

import { readAddress } from './link.js';

/** @import { Media, Track } from './recordings.js' */
/** @import { MeetingEvent } from './signalling.js' */
/** @import { Visit } from './visit.js' */

/** @typedef {'moderator' | 'publisher' | 'subscriber'} Role */

/**
 * The answer to a request for a join token.
 * @typedef {object} Access
 * @property {string} sessionId  the room's id
 * @property {string} token  for the signalling, until expiresAt
 * @property {string} expiresAt
 * @property {string} url  of the media server's WebSocket
 * @property {string} participantId  ours in the room
 * @property {string} attendee  who we are, as in the list of attendees
 * @property {Role} role
 * @property {RTCIceServer[]} iceServers
 * @property {boolean} endToEndEncryption
 * @property {boolean} [recordable]
 * @property {string} access  who may come in: 'open', 'waitingRoom' or 'locked'
 * @property {string} startTime
 * @property {string} [guest]  a guest's identity, signed by the service
 * @property {Visit} [visit]  what the person comes for
 * @property {boolean} [waiting]  a moderator must admit us first
 * @property {string} [waitingSince]
 */

/**
 * A person in the meeting: the part of the service's list that the page uses.
 * @typedef {object} Attendee
 * @property {string} attendee
 * @property {string | null} name
 * @property {boolean} verified
 * @property {Role} role
 * @property {string} joinedOn
 * @property {number} connections  devices in the meeting now
 * @property {string} [status]  'waiting' for a moderator, 'active' or 'left'
 * @property {string} [waitingSince]
 * @property {{webhookPayload?: {participantId?: string} | null}} [extMetadata]
 */

/**
 * A stay of a person, as in the list of attendance.
 * @typedef {object} Stay
 * @property {string} identity
 * @property {string | null} name
 * @property {Role} role
 * @property {string} joined
 * @property {string | null} left  null: still there
 * @property {number} seconds
 */

/**
 * A recording, as the service lists it.
 * @typedef {object} Archive
 * @property {string | null} name
 * @property {{id: string, status: string, createdAt: string, duration: number, size: number, outputMode: string,
 *   progress?: number | null, reason: string | null, media?: Media | null, tracks?: Track[] | null}} metaData
 */

/** @typedef {{path: string, code: string, message: string, info: Record<string, any>}} Fault  of a request's field */

/** The address of the service. */
export const { base } = readAddress(location.href);

const TIMEOUT_MS = 20000;

/** The service's error code when a moderator has removed the person. */
export const REMOVED = 'PUT_OUT';
/** And when a moderator must admit them first. */
export const WAITING = 'WAITING';

// ms that this device's clock is behind the service's, by the Date header of the last answer.
let clockBehind = 0;

/** The time by the service's clock, in epoch milliseconds. Meetings open by this clock. */
export function serviceNow() {
  return Date.now() + clockBehind;
}

export class ServiceError extends Error {
  /**
   * @param {number} status  0: no answer came
   * @param {{code?: string | null, message: string, details?: Fault[]}} error
   * @param {number | null} [retryAfter]  in seconds
   */
  constructor(status, { code = null, message, details = [] }, retryAfter = null) {
    super(message);
    this.name = 'ServiceError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may work in a while. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * The fault of the credentials: 'expired', 'signature', 'malformed' …; null: there is none.
 * @param {Response} response
 */
function credentialFault(response) {
  return response.headers.get('WWW-Authenticate')?.match(/error_description="([^"]*)"/)?.[1] ?? null;
}

/** @param {Response} response */
async function failureOf(response) {
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  const body = await response.json().catch(() => ({}));
  const error = {
    message: `The service answered with status ${response.status}.`, code: credentialFault(response), ...body.error,
  };
  return new ServiceError(response.status, error, Number.isNaN(seconds) ? null : seconds);
}

/**
 * @param {string} method
 * @param {string} path  from `base` on
 * @param {{bearer: string, body?: object, accept?: string}} request
 */
async function send(method, path, { bearer, body, accept = 'application/json' }) {
  /** @type {Record<string, string>} */
  const headers = { Accept: accept };
  if (bearer)
    headers.Authorization = `Bearer ${bearer}`;
  if (body)
    headers['Content-Type'] = 'application/json';
  // A header cannot carry such a token, so that it can never work.
  if (bearer && !/^[A-Za-z0-9_.-]+$/.test(bearer))
    throw new ServiceError(401, { code: 'malformed', message: 'The access token holds characters that are not allowed.' });
  let response;
  try {
    response = await fetch(new URL(path, base), {
      method, headers, body: body && JSON.stringify(body), cache: 'no-store', credentials: 'omit',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ServiceError(0, { code: 'UNREACHABLE', message: 'The service cannot be reached.' });
  }
  const date = Date.parse(response.headers.get('Date') ?? '');
  if (!Number.isNaN(date))
    clockBehind = Math.abs(date - Date.now()) < 2000 ? 0 : date - Date.now();
  if (!response.ok)
    throw await failureOf(response);
  return response;
}

/** @param {Parameters<typeof send>} request */
const json = async (...request) => (await send(...request)).json();
/** @type {(link: string, rest?: string) => string} */
const meetingPath = (link, rest = '') => `session/${encodeURIComponent(link)}${rest}`;
/** @type {(link: string, attendee: string, rest?: string) => string} */
const attendeePath = (link, attendee, rest = '') => (
  meetingPath(link, `/attendees/${encodeURIComponent(attendee)}${rest}`));

/**
 * Creates a meeting and resolves to its link id.
 * @param {string} bearer
 * @param {object} body
 * @returns {Promise<string>}
 */
export async function createMeeting(bearer, body) {
  return (await json('POST', 'session', { bearer, body })).code;
}

/**
 * @param {string} bearer
 * @param {string} link
 * @param {{role: Role}} body
 * @returns {Promise<{url: string, token: string, expiresAt: string}>}  the token is an invite
 */
export function createInvite(bearer, link, body) {
  return json('POST', meetingPath(link, '/invites'), { bearer, body });
}

/**
 * The invite that a short link's code stands for.
 * @param {string} link
 * @param {string} code
 * @returns {Promise<string>}
 */
export async function redeemCode(link, code) {
  return (await json('POST', `j/${encodeURIComponent(link)}`, { bearer: '', body: { code } })).token;
}

/**
 * A join token. The request alone brings nobody into the room.
 * @param {string} invite
 * @param {string} link
 * @param {{name?: string, guest?: string, participantId?: string}} body
 * @returns {Promise<Access>}
 */
export function requestToken(invite, link, body) {
  return json('POST', meetingPath(link, '/token'), { bearer: invite, body });
}

/**
 * Who is in the meeting now, and whether it is being recorded.
 * @param {string} bearer  a join token, or an invite
 * @param {string} link
 * @returns {Promise<{attendees: Attendee[], recording: boolean}>}
 */
export async function activeAttendees(bearer, link) {
  const response = await send('GET', meetingPath(link, '/attendees?active=true'), { bearer });
  return { attendees: await response.json(), recording: response.headers.get('X-Recording') === 'true' };
}

/**
 * Who waits for a moderator: the list begins with them.
 * @param {string} bearer  of a moderator
 * @param {string} link
 * @returns {Promise<Attendee[]>}
 */
export async function waitingAttendees(bearer, link) {
  /** @type {Attendee[]} */
  const attendees = await json('GET', meetingPath(link, '/attendees?limit=100'), { bearer });
  return attendees.filter(({ status }) => status === 'waiting');
}

/** @type {(bearer: string, link: string, attendee: string) => Promise<void>} */
export async function admitAttendee(bearer, link, attendee) {
  await send('POST', attendeePath(link, attendee, '/admit'), { bearer });
}

/** @type {(bearer: string, link: string) => Promise<void>} */
export async function admitAll(bearer, link) {
  await send('POST', meetingPath(link, '/attendees/admit'), { bearer });
}

/** @type {(bearer: string, link: string, access: string) => Promise<void>} */
export async function setAccess(bearer, link, access) {
  await send('PATCH', meetingPath(link), { bearer, body: { access } });
}

/**
 * What has happened in the meeting since the event `after`, as far as it is for us; upTo: the last one that was
 * looked at.
 * @param {string} bearer
 * @param {string} link
 * @param {number} after
 * @returns {Promise<{events: MeetingEvent[], upTo: number}>}
 */
export function events(bearer, link, after) {
  return json('GET', meetingPath(link, `/events?after=${after}&limit=1000`), { bearer });
}

/** @type {(bearer: string, link: string, attendee: string, muted: boolean) => Promise<void>} */
export async function muteAttendee(bearer, link, attendee, muted) {
  await send('POST', attendeePath(link, attendee, '/mute'), { bearer, body: { muted } });
}

/** @type {(bearer: string, link: string, attendee: string) => Promise<void>} */
export async function removeAttendee(bearer, link, attendee) {
  await send('DELETE', attendeePath(link, attendee), { bearer });
}

/** @type {(bearer: string, link: string, attendee: string) => Promise<void>} */
export async function readmitAttendee(bearer, link, attendee) {
  await send('POST', attendeePath(link, attendee, '/readmit'), { bearer });
}

/** @type {(bearer: string, link: string) => Promise<void>} */
export async function startRecording(bearer, link) {
  await send('POST', meetingPath(link, '/archives'), { bearer });
}

/**
 * Stops every recording of the meeting that goes on.
 * @type {(bearer: string, link: string) => Promise<void>}
 */
export async function stopRecording(bearer, link) {
  const query = new URLSearchParams({ meetingLinkId: link, status: 'started' });
  const { items } = await json('GET', `archives?${query}`, { bearer });
  for (const { metaData } of items)
    await send('PATCH', `archives/${encodeURIComponent(metaData.id)}/stop`, { bearer });
}

/**
 * Recordings, the newest first; of one meeting, or (link: undefined) of all that the bearer may see. count: how many
 * there are.
 * @type {(bearer: string, link: string | undefined, limit: number) => Promise<{count: number, items: Archive[]}>}
 */
export function archives(bearer, link, limit) {
  const query = new URLSearchParams({ ...(link && { meetingLinkId: link }), limit: String(limit) });
  return json('GET', `archives?${query}`, { bearer });
}

/**
 * One recording with its tracks, and with links that have just been made.
 * @type {(bearer: string, id: string) => Promise<Archive>}
 */
export function archive(bearer, id) {
  return json('GET', `archives/${encodeURIComponent(id)}`, { bearer });
}

/** @type {(bearer: string, id: string) => Promise<void>} */
export async function deleteArchive(bearer, id) {
  await send('DELETE', `archives/${encodeURIComponent(id)}`, { bearer, accept: '*/*' });
}

/**
 * The text of a file of a recording. The address is a link, which needs no bearer.
 * @type {(address: string) => Promise<string>}
 */
export async function mediaText(address) {
  return (await send('GET', address, { bearer: '', accept: '*/*' })).text();
}

/** @type {(bearer: string, link: string) => Promise<void>} */
export async function endMeeting(bearer, link) {
  await send('PATCH', meetingPath(link, '/end'), { bearer });
}

/** @type {(bearer: string, link: string) => Promise<Stay[]>} */
export function attendance(bearer, link) {
  return json('GET', meetingPath(link, '/attendance'), { bearer });
}

/**
 * The attendance as a CSV file.
 * @type {(bearer: string, link: string) => Promise<Blob>}
 */
export async function attendanceFile(bearer, link) {
  return (await send('GET', meetingPath(link, '/attendance'), { bearer, accept: 'text/csv' })).blob();
}
