// The speaker or headset on which others are heard: chosen for this device, where the browser lets a page choose.

import { prefer, preferred } from './storage.js';

const NOTES = [392, 523.25, 659.25]; // Hz
const NOTE = 0.25; // s
const LOUDNESS = 0.15;
const LIMIT = 2000; // ms: Firefox without a speaker never starts
const NAME = 'speaker'; // in storage

export const speakersSupported = () => 'setSinkId' in HTMLMediaElement.prototype;

/** The id of the chosen one; empty: the one that the device itself uses. */
export const chosenSpeaker = () => preferred(NAME) ?? '';

/** @param {string} id */
export function chooseSpeaker(id) {
  prefer(NAME, id || undefined);
}

/**
 * The speakers that one can choose from. Browsers name them when the person has allowed the microphone.
 * @returns {Promise<{id: string, label: string, group: string}[]>}
 */
export async function listSpeakers() {
  if (!speakersSupported() || !navigator.mediaDevices)
    return [];
  return (await navigator.mediaDevices.enumerateDevices())
    .filter(({ kind, deviceId }) => kind === 'audiooutput' && deviceId !== '')
    .map(({ deviceId, label, groupId }, i) => ({ id: deviceId, label: label || `Speaker ${i + 1}`, group: groupId }));
}

/** The id of the chosen one if it is there now; empty: the device's own one. */
export async function presentSpeaker() {
  const speakers = await listSpeakers().catch(() => []);
  // A browser that lists none does not say that the chosen one is gone.
  return speakers.length === 0 || speakers.some(({ id }) => id === chosenSpeaker()) ? chosenSpeaker() : '';
}

/**
 * Has an element play on a speaker; on the device's own one when that is gone.
 * @param {HTMLMediaElement} element
 * @param {string} [id]
 */
export async function useSpeaker(element, id = chosenSpeaker()) {
  if (!speakersSupported() || element.sinkId === id)
    return;
  await element.setSinkId(id).catch(() => element.setSinkId('').catch(() => {}));
}

/** Plays three notes on the chosen speaker. Resolves when they are over; throws when the browser does not play them. */
export async function playTestSound() {
  const context = new AudioContext();
  const output = context.createMediaStreamDestination();
  // Not the context's own output: few browsers can choose its speaker.
  const element = new Audio();
  element.srcObject = output.stream;
  try {
    await useSpeaker(element);
    await Promise.race([Promise.all([context.resume(), element.play()]), new Promise((_, reject) => {
      setTimeout(reject, LIMIT);
    })]);
    await Promise.all(NOTES.map((frequency, i) => note(context, output, frequency, context.currentTime + 0.1 + i * NOTE)));
  } finally {
    element.srcObject = null;
    context.close();
  }
}

/** @type {(context: AudioContext, output: AudioNode, frequency: number, at: number) => Promise<void>} */
function note(context, output, frequency, at) {
  const tone = new OscillatorNode(context, { frequency });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.03);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + NOTE * 2);
  tone.connect(volume).connect(output);
  tone.start(at);
  tone.stop(at + NOTE * 2);
  return new Promise((resolve) => {
    tone.onended = () => resolve();
  });
}
