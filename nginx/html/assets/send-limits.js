// How much a camera and a screen send. A picture is sent in several sizes at once (simulcast), and each receiver gets
// the one that it has room for: layers.js. The largest comes first: of a small picture Chromium sends the first ones
// alone.

/** Bits a second of a camera's layers, from the largest one: all of its size, half of it, a quarter. */
export const CAMERA_BITS = [1500000, 500000, 150000];
/** The same of a screen: all of its size, and half of it. */
export const SCREEN_BITS = [1800000, 400000];
/** With more participants than this, nobody sends packets of silence. */
export const CROWD = 12;

const CAMERA_FRAMES = 24; // a second
const SCREEN_FRAMES = 15;
const TEMPORAL_LAYERS = 'L1T3'; // receivers can do without half, or three quarters, of the frames

/** @type {RTCRtpEncodingParameters[]} */
export const CAMERA_LAYERS = ['h', 'm', 'l'].map((rid, i) => layer(rid, CAMERA_BITS[i], 2 ** i, CAMERA_FRAMES));
/** @type {RTCRtpEncodingParameters[]} */
export const SCREEN_LAYERS = ['h', 'l'].map((rid, i) => layer(rid, SCREEN_BITS[i], 2 ** i, SCREEN_FRAMES));

export const VOICE = { maxBitrate: 32000 }; // in Opus
export const SCREEN_SOUND = { maxBitrate: 64000 }; // music and films

/**
 * @param {string} rid
 * @param {number} maxBitrate
 * @param {number} scaleResolutionDownBy
 * @param {number} maxFramerate
 */
function layer(rid, maxBitrate, scaleResolutionDownBy, maxFramerate) {
  // TypeScript's list of the fields lacks the last one.
  return /** @type {RTCRtpEncodingParameters} */ ({ rid, maxBitrate, scaleResolutionDownBy, maxFramerate, scalabilityMode: TEMPORAL_LAYERS });
}

/**
 * A description whose sender sends next to nothing while nobody speaks (DTX of Opus).
 * @param {string} sdp  Janus' answer
 */
export function withoutSilence(sdp) {
  const [, opus] = sdp.match(/^a=rtpmap:(\d+) opus\//m) ?? [];
  if (opus === undefined || sdp.includes('usedtx=1')) return sdp;
  const format = new RegExp(`^a=fmtp:${opus} .*$`, 'm');
  if (format.test(sdp)) return sdp.replace(format, (line) => `${line};usedtx=1`);
  return sdp.replace(/^a=rtpmap:\d+ opus\/.*$/m, (line) => `${line}\r\na=fmtp:${opus} usedtx=1`);
}
