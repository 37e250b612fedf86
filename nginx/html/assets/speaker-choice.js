// The list of speakers and its button for a test sound: on the screen before the call, and in the dialog during a call.

import { notify } from './notices.js';
import { byId } from './page.js';
import { chooseSpeaker, chosenSpeaker, listSpeakers, playTestSound } from './speaker.js';

const OWN = 'As this device does';

export class SpeakerChoice {
  #prefix;
  #onChange;
  #playing = false;

  /**
   * The elements' ids are PREFIXspeaker-field, PREFIXspeaker-select and PREFIXtest-sound.
   * @param {string} prefix
   * @param {AbortSignal} signal
   * @param {() => void} [onChange]  another one was chosen
   */
  constructor(prefix, signal, onChange = () => {}) {
    this.#prefix = prefix;
    this.#onChange = onChange;
    this.#select.addEventListener('change', () => this.#choose(), { signal });
    byId(`${prefix}test-sound`).addEventListener('click', () => this.#play(), { signal });
    this.refresh();
  }

  get #select() {
    return byId(`${this.#prefix}speaker-select`, HTMLSelectElement);
  }

  /** Lists the speakers that there are now. Browsers that let no page choose show none. */
  async refresh() {
    const speakers = await listSpeakers().catch(() => []);
    const select = this.#select;
    // The device's own choice comes first; some browsers list it too.
    const others = speakers.filter(({ id }) => id !== 'default');
    byId(`${this.#prefix}speaker-field`).hidden = others.length === 0;
    select.replaceChildren(new Option(OWN, ''), ...others.map(({ id, label }) => new Option(label, id)));
    select.value = others.some(({ id }) => id === chosenSpeaker()) ? chosenSpeaker() : '';
  }

  #choose() {
    chooseSpeaker(this.#select.value);
    this.#onChange();
  }

  async #play() {
    if (this.#playing)
      return;
    this.#playing = true;
    try {
      notify('You should hear three notes now.');
      await playTestSound();
    } catch {
      notify('Your browser does not play the test sound. Choose another speaker.');
    }
    this.#playing = false;
  }
}
