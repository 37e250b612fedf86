// Blurs the background of the own camera's picture. MediaPipe's selfie segmentation says where the person is; its files are
// in the folder blur/ beside this module if the operator has fetched them (scripts/fetch-blur).
//
//   await blurred(track)        a track with the same picture, blurred where no person is. It owns the camera's track and
//                               ends with it. Throws when this browser cannot do it.
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
const BLUR = 14; // px

/** @type {Promise<void> | undefined} */
let script;

/** MediaPipe's script is no module. */
function loadScript() {
  script ??= new Promise((resolve, reject) => {
    const element = document.createElement('script');
    element.src = new URL('selfie_segmentation.js', FOLDER).href;
    element.onload = () => resolve();
    element.onerror = () => reject(new Error('the files for blurring cannot be loaded'));
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

class Blurring {
  #camera;
  #segmentation;
  #video = document.createElement('video');
  #canvas = document.createElement('canvas');
  #closed = false;
  #end = () => {};
  /** @type {number[]} */
  #drawn = []; // when, in the last PATIENCE ms
  #since = 0; // the first picture that counts
  #looked = 0; // the last look

  /**
   * @param {MediaStreamTrack} camera
   * @param {Segmentation} segmentation
   */
  constructor(camera, segmentation) {
    this.#camera = camera;
    this.#segmentation = segmentation;
    const { width = 640, height = 360 } = camera.getSettings();
    Object.assign(this.#canvas, { width, height });
    segmentation.onResults(({ segmentationMask, image }) => this.#draw(segmentationMask, image));
  }

  async start() {
    this.#video.muted = true;
    this.#video.srcObject = new MediaStream([this.#camera]);
    await this.#video.play();
    await this.#segmentation.send({ image: this.#video });
    const [track] = this.#canvas.captureStream(FRAME_RATE).getVideoTracks();
    setSource(track, this.#camera);
    const stop = track.stop.bind(track);
    track.stop = () => {
      stop();
      this.#close();
    };
    this.#end = () => {
      track.stop();
      track.dispatchEvent(new Event('ended')); // as a camera's own track does
    };
    this.#camera.onended = this.#end;
    this.#since = performance.now();
    this.#looked = this.#since;
    this.#loop();
    return track;
  }

  #close() {
    if (this.#closed)
      return;
    this.#closed = true;
    this.#camera.onended = null;
    this.#camera.stop();
    this.#video.srcObject = null;
    this.#segmentation.close().catch(() => {});
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
    const { width, height } = this.#canvas;
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

/** @param {MediaStreamTrack} camera */
export async function blurred(camera) {
  const segmentation = await makeSegmentation();
  return new Blurring(camera, segmentation).start();
}
