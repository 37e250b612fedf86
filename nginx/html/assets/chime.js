// A soft sound of two notes: a person who waits is admitted, or somebody new waits for a moderator.

const NOTES = [523.25, 659.25]; // Hz
const NOTE = 0.18; // s from one note to the next
const LOUDNESS = 0.06;

/** Plays it, if the browser allows sound. */
export function chime() {
  const context = new AudioContext();
  const start = context.currentTime + 0.02;
  NOTES.forEach((frequency, i) => {
    const tone = new OscillatorNode(context, { frequency });
    const volume = new GainNode(context, { gain: 0 });
    const at = start + i * NOTE;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + NOTE * 2);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + NOTE * 2);
    if (i === NOTES.length - 1) tone.onended = () => context.close();
  });
}
