// How much a camera and a screen may send.

/** @typedef {{maxBitrate?: number, maxFramerate?: number, scaleResolutionDownBy?: number}} Limit  of one sender */

// Bits and frames a second of one's camera, by how many cameras there are: 12 people have to fit into a small machine,
// which decodes what all the others send.
const CAMERA_LIMITS = [
  { cameras: 2, limit: { maxBitrate: 800000, maxFramerate: 24, scaleResolutionDownBy: 1 } },
  { cameras: 4, limit: { maxBitrate: 500000, maxFramerate: 24, scaleResolutionDownBy: 1 } },
  { cameras: 6, limit: { maxBitrate: 300000, maxFramerate: 20, scaleResolutionDownBy: 1 } },
  { cameras: 9, limit: { maxBitrate: 180000, maxFramerate: 15, scaleResolutionDownBy: 2 } },
];
const CROWD_LIMIT = { maxBitrate: 120000, maxFramerate: 12, scaleResolutionDownBy: 2 };

export const SCREEN_LIMIT = { maxBitrate: 1500000, maxFramerate: 8 };
export const AUDIO_LIMIT = { maxBitrate: 32000 }; // a voice in Opus

/**
 * The same object for the same limit.
 * @param {number} cameras  in the room, our own among them
 * @returns {Limit}
 */
export function cameraLimit(cameras) {
  return CAMERA_LIMITS.find((tier) => cameras <= tier.cameras)?.limit ?? CROWD_LIMIT;
}
