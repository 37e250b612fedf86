// Cameras, microphones and the screen: opening them, naming the error, and measuring how loud they are.
//
//   openDevices({ audio, video }, signal)   audio, video: each a device's id, true (any) or false (none) -> MediaStream.
//                                   Throws a DeviceError. When both were wanted, its `device` says which one failed, so
//                                   that the caller can go on with the other one.
//                                   When the signal aborts, the camera is not wanted any more. As far as the camera is not open
//                                   yet, it stays closed; the stream is without it. What the browser has opened is in the stream.
//   openScreen()                    -> MediaStream, with the sound of a shared tab if the person wants that
//   screenSupported()               whether this browser can share its screen (phones cannot)
//   listDevices()                   -> { audio: [{ id, label }], video: [{ id, label }] }, without speakers; before the person
//                                   has allowed the devices browsers give neither ids nor labels
//   noiseSuppressed(), suppressNoise(on)   whether the browser takes noise out of what is opened from now on; kept here
//   levelMeter(stream, onLevel)     calls onLevel(0..1) ten times a second, also while the track is disabled; in Firefox without a
//                                   speaker never. Returns stop(), which may be called twice
//   loudness(amplitude)             an amplitude (0..1, linear) on the meter's scale, on which 0 is silence
//
//   DeviceError: kind   'denied' | 'missing' | 'busy' | 'insecure' (the page was not loaded over https) | 'blur' (the
//                       background cannot be blurred as the person wants)
//                device 'audio' | 'video' | 'both' | 'screen'

const METER_INTERVAL = 100; // ms
const SILENCE = -60; // dB relative to full scale, shown as 0

import { blurWanted } from './blur.js';
import { prefer, preferred } from './storage.js';

/** @import { Kind } from './frame-crypto.js' */

/** @typedef {Record<Kind, {id: string, label: string}[]>} DeviceLists */
/** @typedef {string | boolean} Wish  a device's id; or true: any, false: none */
/** @typedef {'denied' | 'missing' | 'busy' | 'insecure' | 'blur'} Problem */

/** @type {Record<string, Problem>} */
const KINDS = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/** @type {Record<Kind, PermissionName>} */
const PERMISSIONS = { audio: 'microphone', video: 'camera' };

export class DeviceError extends Error {
  /**
   * @param {Problem} kind
   * @param {Kind | 'both' | 'screen'} device
   * @param {unknown} [cause]
   */
  constructor(kind, device, cause) {
    super(`${device}: ${kind}`, { cause });
    this.name = 'DeviceError';
    this.kind = kind;
    this.device = device;
  }
}

// Not `exact`: when the chosen device is gone, the browser takes another one of its kind.
/** @param {Wish} wish */
const chosen = (wish) => (typeof wish === 'string' ? { deviceId: { ideal: wish } } : {});

export const noiseSuppressed = () => preferred('noise') !== 'stays';

/** @param {boolean} on */
export function suppressNoise(on) {
  prefer('noise', on ? undefined : 'stays');
}

/** @type {(audio: Wish, video: Wish) => MediaStreamConstraints} */
function constraints(audio, video) {
  return {
    audio: Boolean(audio) && {
      ...chosen(audio), echoCancellation: true, noiseSuppression: noiseSuppressed(), autoGainControl: true,
    },
    video: Boolean(video) && {
      ...chosen(video), width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24, max: 30 },
    },
  };
}

/** @type {(audio: Wish, video: Wish, device: Kind | 'both') => Promise<MediaStream>} */
async function open(audio, video, device) {
  try {
    return await navigator.mediaDevices.getUserMedia(constraints(audio, video));
  } catch (error) {
    throw new DeviceError(KINDS[error.name] ?? 'busy', device, error);
  }
}

/** @param {Kind} device */
async function isDenied(device) {
  try {
    return (await navigator.permissions.query({ name: PERMISSIONS[device] })).state === 'denied';
  } catch {
    return false; // this browser does not tell
  }
}

/** @type {(audio: Wish, video: Wish) => Promise<boolean>} */
async function works(audio, video) {
  try {
    stopTracks(await open(audio, video, 'both'));
    return true;
  } catch {
    return false;
  }
}

/**
 * The error, with the device that failed. After a refusal only the browser is asked: to open the devices again would
 * ask the person again.
 * @type {(error: DeviceError, audio: Wish, video: Wish) => Promise<DeviceError>}
 */
async function withDevice(error, audio, video) {
  const denied = error.kind === 'denied';
  const audioFails = denied ? await isDenied('audio') : !(await works(audio, false));
  const videoFails = denied ? await isDenied('video') : !(await works(false, video));
  if (audioFails === videoFails) return error;
  return new DeviceError(error.kind, audioFails ? 'audio' : 'video', error);
}

/** @type {(audio: Wish, video: Wish) => Promise<MediaStream>} */
async function openPlain(audio, video) {
  const both = audio && video;
  try {
    return await open(audio, video, both ? 'both' : audio ? 'audio' : 'video');
  } catch (error) {
    throw both ? await withDevice(error, audio, video) : error;
  }
}

/**
 * Opens a camera whose background is blurred, and perhaps a microphone. The files for blurring come first: while they are being
 * loaded no camera is open. Where blurring is not possible the camera stays closed: nobody is to be seen with a background that
 * they wanted to hide.
 * @type {(audio: Wish, video: Wish, signal: AbortSignal) => Promise<MediaStream>}
 */
async function openBlurred(audio, video, signal) {
  let blurring;
  let stream = new MediaStream();
  try {
    const { prepare } = await import('./blurring.js');
    blurring = await prepare(signal);
    stream = await openPlain(audio, video);
    const [camera] = stream.getVideoTracks();
    stream.removeTrack(camera);
    stream.addTrack(await blurring.start(camera));
    return stream;
  } catch (error) {
    blurring?.close();
    if (error instanceof DeviceError) throw error;
    if (signal.aborted) return audio && !stream.getAudioTracks().length ? openPlain(audio, false) : stream;
    stopTracks(stream);
    throw new DeviceError('blur', 'video', error);
  }
}

/**
 * @param {{audio?: Wish, video?: Wish}} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<MediaStream>}
 */
export async function openDevices({ audio = false, video = false }, signal) {
  if (!navigator.mediaDevices) throw new DeviceError('insecure', audio && video ? 'both' : audio ? 'audio' : 'video');
  return video && blurWanted() ? openBlurred(audio, video, signal) : openPlain(audio, video);
}

export function screenSupported() {
  return Boolean(navigator.mediaDevices?.getDisplayMedia);
}

export async function openScreen() {
  if (!screenSupported()) throw new DeviceError(navigator.mediaDevices ? 'missing' : 'insecure', 'screen');
  try {
    const wanted = {
      video: { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: 15 } },
      audio: true,
      selfBrowserSurface: 'exclude', // not the meeting inside the meeting
      systemAudio: 'exclude', // it would hold the others' own voices
    };
    return await navigator.mediaDevices.getDisplayMedia(wanted);
  } catch (error) {
    throw new DeviceError(KINDS[error.name] ?? 'busy', 'screen', error);
  }
}

/** @returns {Promise<DeviceLists>} */
export async function listDevices() {
  const all = navigator.mediaDevices ? await navigator.mediaDevices.enumerateDevices() : [];
  /** @type {(kind: MediaDeviceKind, name: string) => {id: string, label: string}[]} */
  const list = (kind, name) =>
    all
      .filter((device) => device.kind === kind && device.deviceId !== '')
      .map((device, i) => ({ id: device.deviceId, label: device.label || `${name} ${i + 1}` }));
  return { audio: list('audioinput', 'Microphone'), video: list('videoinput', 'Camera') };
}

/** @param {MediaStream | null} stream */
export function stopTracks(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** @param {number} amplitude */
export function loudness(amplitude) {
  if (!(amplitude > 0)) return 0;
  return Math.min(1, Math.max(0, 1 - (20 * Math.log10(amplitude)) / SILENCE));
}

/** @type {(stream: MediaStream, onLevel: (level: number) => void) => () => void} */
export function levelMeter(stream, onLevel) {
  const [track] = stream.getAudioTracks();
  if (!track) return () => {};
  // A clone, which nobody sends: it is on while the track is off.
  const clone = track.clone();
  clone.enabled = true;
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 2048 });
  const samples = new Float32Array(analyser.fftSize);
  context.createMediaStreamSource(new MediaStream([clone])).connect(analyser);
  const timer = setInterval(() => {
    // A context that was made before the person has touched the page is suspended.
    if (context.state === 'suspended') context.resume().catch(() => {});
    if (context.currentTime === 0) return;
    analyser.getFloatTimeDomainData(samples);
    onLevel(loudness(Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)));
  }, METER_INTERVAL);
  let stopped = false;
  return () => {
    clearInterval(timer);
    clone.stop();
    if (!stopped) context.close(); // a closed one cannot be closed
    stopped = true;
  };
}
