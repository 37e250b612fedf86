// Blurs the background of the own camera's picture. MediaPipe's selfie segmentation says where the person is; its files are
// in the folder blur/ beside this module if the operator has fetched them (scripts/fetch-blur).
//
//   const blurring = await prepare(signal)   before the camera is open: loads the files
//   await blurring.start(camera)   a track with the same picture, blurred where no person is. It owns the camera's track and ends
//                                  with it.
//   blurring.close()               when it is not started; the camera closes, too
//
// prepare and start reject when this browser cannot do it, when it takes longer than LIMIT, and as soon as the signal aborts.
// Nothing is open then, also no camera.
//
// Everything is drawn on a canvas and captured from there: all browsers can do that.

import { blurEvents, setSource, wantBlur } from './blur.js';

/**
 * @typedef {object} Segmentation  of MediaPipe
 * @property {(options: {modelSelection: 0 | 1}) => void} setOptions  1: wide pictures
 * @property {(act: (results: {segmentationMask: CanvasImageSource, image: CanvasImageSource}) => void) => void} onResults
 * @property {() => Promise<void>} initialize
 * @property {(input: {image: HTMLVideoElement}) => Promise<void>} send  resolves after onResults
 * @property {() => Promise<void>} close
 */

const FOLDER = new URL('blur/', import.meta.url);
const FRAME_RATE = 24;
const SLOWEST_RATE = 8; // pictures a second: below, it is switched off
const PATIENCE = 5000; // ms in which it is slower than that
const LIMIT = 15000; // ms for the files, and again for the first picture
const BLUR = 14; // px

/** @type {Promise<void> | undefined} */
let script;

/** MediaPipe's script is no module. */
function loadScript() {
  script ??= new Promise((resolve, reject) => {
    const element = document.createElement('script');
    element.src = new URL('selfie_segmentation.js', FOLDER).href;
    element.onload = () => resolve();
    element.onerror = () => {
      script = undefined; // the next one tries again
      reject(new Error('the files for blurring cannot be loaded'));
    };
    document.head.append(element);
  });
  return script;
}

/** @returns {Promise<Segmentation>} */
async function makeSegmentation() {
  await loadScript();
  const { SelfieSegmentation } = /** @type {any} */ (window);
  const segmentation = new SelfieSegmentation({ locateFile: (/** @type {string} */ file) => new URL(file, FOLDER).href });
  segmentation.setOptions({ modelSelection: 1 });
  await segmentation.initialize();
  return segmentation;
}

/**
 * @template Result
 * @param {Promise<Result>} promise
 * @param {AbortSignal} signal
 * @returns {Promise<Result>}
 */
function inTime(promise, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('blurring is not wanted any more'));
    const timer = setTimeout(() => reject(new Error('blurring takes too long to start')), LIMIT);
    signal.addEventListener('abort', abort);
    if (signal.aborted)
      abort();
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    });
  });
}

class Blurring {
  /** @type {MediaStreamTrack | undefined} */
  #camera;
  #segmentation;
  #signal;
  #video = document.createElement('video');
  #canvas = document.createElement('canvas');
  #closed = false;
  #end = () => {};
  /** @type {number[]} */
  #drawn = []; // when, in the last PATIENCE ms
  #since = 0; // the first picture that counts
  #looked = 0; // the last look

  /**
   * @param {Segmentation} segmentation
   * @param {AbortSignal} signal
   */
  constructor(segmentation, signal) {
    this.#segmentation = segmentation;
    this.#signal = signal;
    segmentation.onResults(({ segmentationMask, image }) => this.#draw(segmentationMask, image));
  }

  /** @param {MediaStreamTrack} camera */
  async start(camera) {
    this.#camera = camera;
    try {
      await inTime(this.#drawFirst(camera), this.#signal);
    } catch (error) {
      this.close();
      throw error;
    }
    return this.#capture(camera);
  }

  close() {
    if (this.#closed)
      return;
    this.#closed = true;
    if (this.#camera) {
      this.#camera.onended = null;
      this.#camera.stop();
    }
    this.#video.srcObject = null;
    this.#segmentation.close().catch(() => {});
  }

  /** @param {MediaStreamTrack} camera */
  async #drawFirst(camera) {
    this.#video.muted = true;
    this.#video.srcObject = new MediaStream([camera]);
    await this.#video.play();
    await this.#segmentation.send({ image: this.#video });
  }

  /** @param {MediaStreamTrack} camera */
  #capture(camera) {
    const [track] = this.#canvas.captureStream(FRAME_RATE).getVideoTracks();
    setSource(track, camera);
    const stop = track.stop.bind(track);
    track.stop = () => {
      stop();
      this.close();
    };
    this.#end = () => {
      track.stop();
      track.dispatchEvent(new Event('ended')); // as a camera's own track does
    };
    camera.onended = this.#end;
    this.#since = performance.now();
    this.#looked = this.#since;
    this.#loop();
    return track;
  }

  // A timer, and not the video's own callback: that one rests while the page is in the background.
  async #loop() {
    while (!this.#closed) {
      const began = performance.now();
      const drew = await this.#segmentation.send({ image: this.#video }).then(() => true, () => false);
      this.#look(performance.now(), drew);
      const left = 1000 / FRAME_RATE - (performance.now() - began);
      await new Promise((resolve) => {
        setTimeout(resolve, Math.max(0, left));
      });
    }
  }

  /**
   * @param {number} now
   * @param {boolean} drew  a picture, just now
   */
  #look(now, drew) {
    // In the background browsers slow timers down, and a machine that sleeps draws nothing.
    const slept = this.#drawn.length > 0 && now - this.#looked > PATIENCE;
    this.#looked = now;
    if (document.hidden || slept) {
      this.#since = now;
      this.#drawn = [];
      return;
    }
    this.#drawn = [...this.#drawn, ...(drew ? [now] : [])].filter((at) => at > now - PATIENCE);
    if (now - this.#since > PATIENCE && this.#drawn.length < (SLOWEST_RATE * PATIENCE) / 1000)
      this.#giveUp();
  }

  /** The camera closes in any case: nobody is to be seen with a background that they wanted to hide. */
  #giveUp() {
    if (this.#closed)
      return;
    wantBlur(false);
    blurEvents.emit('slow');
    if (!this.#closed)
      this.#end();
  }

  /**
   * @param {CanvasImageSource} mask  opaque where the person is
   * @param {CanvasImageSource} image
   */
  #draw(mask, image) {
    const { videoWidth: width, videoHeight: height } = this.#video;
    // A phone that is turned gives pictures of another shape. (Setting the size clears the canvas.)
    if (this.#canvas.width !== width || this.#canvas.height !== height)
      Object.assign(this.#canvas, { width, height });
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext('2d'));
    context.globalCompositeOperation = 'copy';
    context.filter = 'none';
    context.drawImage(mask, 0, 0, width, height);
    context.globalCompositeOperation = 'source-in';
    context.drawImage(image, 0, 0, width, height);
    context.globalCompositeOperation = 'destination-over';
    context.filter = `blur(${BLUR}px)`;
    // Larger than the canvas: what is outside would darken the edges.
    context.drawImage(image, -2 * BLUR, -2 * BLUR, width + 4 * BLUR, height + 4 * BLUR);
  }
}

/** @param {AbortSignal} signal */
export async function prepare(signal) {
  const making = makeSegmentation();
  try {
    return new Blurring(await inTime(making, signal), signal);
  } catch (error) {
    making.then((late) => late.close()).catch(() => {});
    throw error;
  }
}
