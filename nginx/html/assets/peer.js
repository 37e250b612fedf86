// A peer connection with Janus, and what to do when it falters: first an ICE restart, then it is given up.
//
// Events: 'restart'   its owner shall negotiate with new ICE credentials
//         'lost'      it does not come back (detail: { reason })
//
// While it falters the session is probed: when Janus is gone, or has put us out, waiting for ICE is in vain.

import { Emitter } from './emitter.js';

/** @import { JanusHandle } from './janus.js' */

const PATIENCE = 2000; // ms of interruption that often end by themselves
const RESTART_LIMIT = 8000; // ms

// Names of the local network say nothing to Janus, which would look them up.
/** @param {string} candidate */
const isLocalName = (candidate) => candidate.includes('.local ');

/** @extends {Emitter<{restart: undefined, lost: {reason: string}}>} */
export class Peer extends Emitter {
  /** @type {number | undefined} */
  #timer;
  #restarted = false;
  #closed = false;

  /**
   * @param {JanusHandle} handle
   * @param {RTCIceServer[]} iceServers
   */
  constructor(handle, iceServers) {
    super();
    this.handle = handle;
    this.connection = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    this.connection.onicecandidate = ({ candidate }) => this.#trickle(candidate);
    this.connection.onconnectionstatechange = () => this.#changed(this.connection.connectionState);
    handle.addEventListener('hangup', ({ detail }) => this.#lost(detail.reason));
  }

  get receivers() {
    return this.connection.getReceivers();
  }

  // Our side as Janus is told it. It holds the candidates found so far: when negotiating again, all of them.
  get description() {
    const { type, sdp } = /** @type {RTCSessionDescription} */ (this.connection.localDescription);
    return { type, sdp: sdp.replace(/^a=candidate:.*\r\n/gm, (line) => (isLocalName(line) ? '' : line)) };
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.connection.onconnectionstatechange = null;
    this.connection.onicecandidate = null;
    this.connection.close();
  }

  /** @param {RTCIceCandidate | null} candidate */
  #trickle(candidate) {
    if (candidate && isLocalName(candidate.candidate)) return;
    this.handle.trickle(candidate?.candidate ? candidate.toJSON() : null);
  }

  /** @param {RTCPeerConnectionState} state */
  #changed(state) {
    if (state === 'connected') {
      clearTimeout(this.#timer);
      this.#restarted = false;
    }
    if (!['disconnected', 'failed', 'closed'].includes(state)) return;
    this.handle.session.probe();
    if (state === 'closed') this.#lost(state);
    if (this.#restarted) return; // it has its time
    clearTimeout(this.#timer);
    if (state === 'failed') this.#restart();
    if (state === 'disconnected') this.#timer = setTimeout(() => this.#restart(), PATIENCE);
  }

  #restart() {
    this.#restarted = true;
    this.#timer = setTimeout(() => {
      this.#restarted = false;
      if (this.connection.connectionState !== 'connected') this.#lost('ICE restart');
    }, RESTART_LIMIT);
    this.tell('restart');
  }

  /** @param {string} reason */
  #lost(reason) {
    clearTimeout(this.#timer);
    if (this.#closed) return; // Janus tells us of our own leaving, too
    this.tell('lost', { reason });
  }
}
