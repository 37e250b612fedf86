// The sound of the call: one <audio> element for each participant whose sound is received, shared screens included.
//
// Sound and picture never share an element: an element with both tracks plays nothing before its first picture, so
// nobody would hear people without a camera. The elements are not part of the tiles either: a person without a tile is
// heard all the same.
//
//   const sound = new Sound(host, onHeld)    host: an element that is not shown. onHeld(): the browser plays no sound
//                                            before the person has touched the page; then call resume() in a click
//   sound.render(participants)               plays their audioStreams (participants.js), and nobody else's
//   sound.isPlaying(id)                      is this participant's sound played now?
//   sound.resume()                           starts what the browser has held back
//   sound.close()
export class Sound {
  #host;
  #onHeld;
  #elements = new Map(); // participant's id -> <audio>

  constructor(host, onHeld) {
    this.#host = host;
    this.#onHeld = onHeld;
    host.replaceChildren();
  }

  close() {
    this.render([]);
  }

  render(participants) {
    const streams = new Map(participants.map(({ id, audioStream }) => [id, audioStream]));
    for (const id of this.#elements.keys()) if (!streams.get(id)) this.#remove(id);
    for (const [id, stream] of streams) if (stream) this.#attach(id, stream);
  }

  isPlaying(id) {
    const element = this.#elements.get(id);
    return Boolean(element) && !element.paused && element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
  }

  resume() {
    for (const element of this.#elements.values()) this.#play(element);
  }

  #attach(id, stream) {
    const element = this.#elements.get(id) ?? this.#add(id);
    if (element.srcObject === stream) return;
    element.srcObject = stream;
    this.#play(element);
  }

  #add(id) {
    const element = document.createElement('audio');
    element.dataset.participant = id;
    this.#elements.set(id, element);
    this.#host.append(element);
    return element;
  }

  #remove(id) {
    const element = this.#elements.get(id);
    element.srcObject = null; // else it plays on without being in the page
    element.remove();
    this.#elements.delete(id);
  }

  #play(element) {
    element.play().catch((error) => {
      // AbortError: another stream has replaced this one; its own play() follows.
      if (error.name === 'NotAllowedError') this.#onHeld();
    });
  }
}
