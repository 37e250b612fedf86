// The sound of the call: one <audio> element for each participant whose sound is received, shared screens included.
//
// Sound and picture never share an element: an element with both tracks plays nothing before its first picture, so that
// people without a camera would not be heard. The elements are not in the tiles either: a person without a tile is
// heard all the same.
//
//   const sound = new Sound(host, onBlocked);
//     host                     an element that is not shown
//     onBlocked                () the browser plays no sound before the person has touched the page; then call resume()
//                              in a click
//   sound.render(participants)   plays their audioStreams (participants.js), and no others
//   sound.isPlaying(id)          whether this participant's sound is played now
//   sound.resume()               starts what the browser has blocked
//   sound.useSpeaker()           another speaker was chosen (speaker.js)
//   sound.close()
//
// When the speaker is unplugged, everybody is heard on the device's own one until it comes back.
import { notify } from './notices.js';
import { chosenSpeaker, presentSpeaker, useSpeaker } from './speaker.js';

/** @import { Participant } from './participants.js' */

export class Sound {
  #host;
  #onBlocked;
  /** @type {Map<string, HTMLAudioElement>} */
  #elements = new Map(); // by the participant's id
  #speaker = chosenSpeaker();
  #listening = new AbortController();

  /**
   * @param {HTMLElement} host
   * @param {() => void} onBlocked
   */
  constructor(host, onBlocked) {
    this.#host = host;
    this.#onBlocked = onBlocked;
    host.replaceChildren();
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#devicesChanged(), { signal: this.#listening.signal });
  }

  close() {
    this.#listening.abort();
    this.render([]);
  }

  /** @param {Participant[]} participants */
  render(participants) {
    const streams = new Map(participants.map(({ id, audioStream }) => [id, audioStream]));
    for (const [id, element] of this.#elements) if (!streams.get(id)) this.#remove(id, element);
    for (const [id, stream] of streams) if (stream) this.#attach(id, stream);
  }

  /** @param {string} id */
  isPlaying(id) {
    const element = this.#elements.get(id);
    return element !== undefined && !element.paused && element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
  }

  resume() {
    for (const element of this.#elements.values()) this.#play(element);
  }

  useSpeaker() {
    this.#moveTo(chosenSpeaker());
  }

  /** An element whose speaker is gone plays on in silence in some browsers. */
  async #devicesChanged() {
    const speaker = await presentSpeaker();
    if (this.#listening.signal.aborted) return;
    const wasHeard = this.#speaker !== '' && [...this.#elements.values()].some(({ sinkId }) => sinkId === this.#speaker);
    this.#moveTo(speaker);
    if (wasHeard && speaker === '') notify('Your speaker is not connected any more. The sound comes from the speaker of this device now.');
  }

  /** @param {string} speaker  id */
  #moveTo(speaker) {
    this.#speaker = speaker;
    for (const element of this.#elements.values()) useSpeaker(element, speaker);
  }

  /**
   * @param {string} id
   * @param {MediaStream} stream
   */
  #attach(id, stream) {
    const element = this.#elements.get(id) ?? this.#add(id);
    if (element.srcObject === stream) return;
    element.srcObject = stream;
    this.#play(element);
  }

  /** @param {string} id */
  #add(id) {
    const element = document.createElement('audio');
    element.dataset.participant = id;
    this.#elements.set(id, element);
    this.#host.append(element);
    useSpeaker(element);
    return element;
  }

  /**
   * @param {string} id
   * @param {HTMLAudioElement} element
   */
  #remove(id, element) {
    element.srcObject = null; // otherwise it goes on playing outside the page
    element.remove();
    this.#elements.delete(id);
  }

  /** @param {HTMLAudioElement} element */
  #play(element) {
    element.play().catch((error) => {
      // AbortError: another stream has replaced this one; its own play() follows.
      if (error.name === 'NotAllowedError') this.#onBlocked();
    });
  }
}
