// Which pictures come in another size than was asked for, and when to ask again. Janus changes the size of a picture at a key
// frame, and asks the sender for that once. Where the key frame was lost, or came while the stream began, the picture would stay as
// it is. Pure: the time comes from outside, in ms.
//
//   const sizes = new Sizes();
//   sizes.note(key, substream)   Janus tells which size of a picture comes from now on
//   sizes.late(wanted, now)      wanted: Map of key -> { substream, isScreen } of all pictures that are subscribed; substream: as it was
//                                asked for, null: the picture is paused. Gives the keys of those to ask for again; twice a second

/** @typedef {{substream: number | null, isScreen: boolean}} Wanted */

const LIMIT = 2000; // ms until a size comes; doubled each time
const ASKED_MAX = 4; // times: each costs key frames, and the sender may not send the size now. Janus takes it when it begins

/**
 * Of a screen's two sizes the larger one is asked for as 2 and comes as 1.
 * @param {Wanted} wanted
 * @param {number | undefined} coming
 */
function isRight({ substream, isScreen }, coming) {
  if (substream === null || coming === undefined)
    return true;
  return coming === substream || (isScreen && coming > 0 && substream > 0);
}

export class Sizes {
  /** @type {Map<string, number>} */
  #coming = new Map();
  /** @type {Map<string, {substream: number | null, at: number, asked: number}>} */
  #waiting = new Map(); // for a size; at: when to ask again

  /**
   * @param {string} key
   * @param {number} substream
   */
  note(key, substream) {
    this.#coming.set(key, substream);
  }

  /**
   * @param {Map<string, Wanted>} wanted
   * @param {number} now
   */
  late(wanted, now) {
    for (const known of [this.#coming, this.#waiting])
      for (const key of known.keys()) if (!wanted.has(key)) known.delete(key);
    return [...wanted].filter(([key, picture]) => this.#isLate(key, picture, now)).map(([key]) => key);
  }

  /** @type {(key: string, picture: Wanted, now: number) => boolean} */
  #isLate(key, picture, now) {
    const wait = this.#waiting.get(key);
    if (isRight(picture, this.#coming.get(key))) {
      this.#waiting.delete(key);
      return false;
    }
    if (wait?.substream !== picture.substream) {
      this.#waiting.set(key, { substream: picture.substream, at: now + LIMIT, asked: 0 });
      return false;
    }
    if (now < wait.at || wait.asked === ASKED_MAX)
      return false;
    wait.asked += 1;
    wait.at = now + LIMIT * 2 ** wait.asked;
    return true;
  }
}
