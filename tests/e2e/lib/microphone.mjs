// Sounds that Chromium takes for a microphone's.
import { writeFileSync } from 'node:fs';

const RATE = 48000; // samples a second
const SECONDS = 4;
const SYLLABLE = 0.22; // s of sound, and as much of silence after it: noise suppression takes a steady tone for noise

// Writes a .wav file of syllables of a voice-like sound. `amplitude`: 0..1 of the loudest that there is; 0: silence.
export function writeVoice(file, amplitude) {
  const samples = Buffer.alloc(RATE * SECONDS * 2);
  for (let i = 0; i < RATE * SECONDS; i += 1) {
    const time = i / RATE;
    const place = time % (2 * SYLLABLE);
    const shape = place < SYLLABLE ? Math.sin((Math.PI * place) / SYLLABLE) : 0;
    let tone = 0;
    for (let n = 1; n <= 12; n += 1) tone += Math.sin(2 * Math.PI * 140 * n * time * (1 + 0.02 * Math.sin(3 * time))) / n;
    samples.writeInt16LE(Math.round(32767 * Math.max(-1, Math.min(1, (amplitude * shape * tone) / 1.9))), i * 2);
  }
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // channel
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  writeFileSync(file, Buffer.concat([header, samples]));
  return file;
}

// The flag with which Chromium's microphone plays the file again and again.
export const microphoneOf = (file) => `--use-file-for-fake-audio-capture=${file}`;
