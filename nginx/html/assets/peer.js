// A peer connection with Janus. When it is interrupted, an ICE restart is tried first; then it is lost.
//
// Events: 'restart'   its owner must negotiate again, with new ICE credentials
//         'lost'      (detail: { reason }) it does not come back
//
// At each interruption the session is probed: when Janus is gone, or has removed us, ICE cannot succeed.

import './adapter.js';
import { Emitter } from './emitter.js';

/** @import { JanusHandle } from './janus.js' */

const PATIENCE = 2000; // ms: a shorter interruption often ends without a restart
const RESTART_LIMIT = 8000; // ms

// Janus would look up names of the local network, and find nothing.
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
   * @param {RTCIceTransportPolicy} [iceTransportPolicy]
   */
  constructor(handle, iceServers, iceTransportPolicy = 'all') {
    super();
    this.handle = handle;
    this.connection = new RTCPeerConnection({ iceServers, iceTransportPolicy, bundlePolicy: 'max-bundle' });
    this.connection.onicecandidate = ({ candidate }) => this.#trickle(candidate);
    this.connection.onconnectionstatechange = () => this.#stateChanged(this.connection.connectionState);
    handle.addEventListener('hangup', ({ detail }) => this.#lost(detail.reason));
  }

  get receivers() {
    return this.connection.getReceivers();
  }

  // Our description for Janus, with the candidates found so far: in a later negotiation these are all.
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
  #stateChanged(state) {
    if (state === 'connected') {
      clearTimeout(this.#timer);
      this.#restarted = false;
    }
    if (!['disconnected', 'failed', 'closed'].includes(state)) return;
    this.handle.session.probe();
    if (state === 'closed') this.#lost(state);
    if (this.#restarted) return; // RESTART_LIMIT decides
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
    this.emit('restart');
  }

  /** @param {string} reason */
  #lost(reason) {
    clearTimeout(this.#timer);
    if (this.#closed) return; // Janus also reports a hangup that we have made
    this.emit('lost', { reason });
  }
}
