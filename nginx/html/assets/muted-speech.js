// Notices that somebody speaks while their microphone is off.
//
//   const speech = new MutedSpeech({ level, onSpeech });
//     level      () -> how loud it is at the microphone (devices.js); null: it is on, or none is open
//     onSpeech   () the person has spoken; not again before AGAIN
//   speech.close()

const INTERVAL = 100; // ms
const SPEAKING = 0.4; // loudness, -36 dB, as in speakers.js
const LOOKS = 10; // the last second
const LOUD_LOOKS = 5; // that many of them are loud when somebody speaks: a cough or a key press is shorter
const AGAIN = 30000; // ms

export class MutedSpeech {
  #level;
  #onSpeech;
  /** @type {boolean[]} */
  #looks = []; // whether it was loud
  #told = -AGAIN;
  #timer;

  /** @param {{level: () => number | null, onSpeech: () => void}} options */
  constructor({ level, onSpeech }) {
    this.#level = level;
    this.#onSpeech = onSpeech;
    this.#timer = setInterval(() => this.#look(), INTERVAL);
  }

  close() {
    clearInterval(this.#timer);
  }

  #look() {
    const level = this.#level();
    if (level === null) {
      this.#looks = [];
      return;
    }
    this.#looks = [...this.#looks, level >= SPEAKING].slice(-LOOKS);
    const now = performance.now();
    if (this.#looks.filter(Boolean).length < LOUD_LOOKS || now - this.#told < AGAIN)
      return;
    this.#told = now;
    this.#onSpeech();
  }
}
