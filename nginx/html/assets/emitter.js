// An EventTarget that knows its events: the compiler (tests/js) checks their names and details where they are emitted
// and where they are listened to.

/**
 * @template {Record<string, any>} Details  an event's name -> its detail; undefined for an event without one
 * @typedef {object} Listening
 * @property {<Type extends keyof Details & string>(type: Type, listener: (event: CustomEvent<Details[Type]>) => void,
 *   options?: AddEventListenerOptions) => void} addEventListener
 * @property {(event: Event) => boolean} dispatchEvent
 */

/** EventTarget as the compiler sees it. */
const Target = /** @type {new <Details extends Record<string, any>>() => Listening<Details>} */ (
  /** @type {unknown} */ (EventTarget));

/**
 * @template {Record<string, any>} Details
 * @extends {Target<Details>}
 */
export class Emitter extends Target {
  /**
   * Calls the listeners of an event.
   * @template {keyof Details & string} Type
   * @param {Details[Type] extends undefined ? [type: Type] : [type: Type, detail: Details[Type]]} event
   */
  emit(...event) {
    const [type, detail] = event;
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
