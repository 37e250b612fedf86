// A network between browsers and Janus as bad as a test wants it: a relay of UDP packets. It needs no rights, and no
// interfaces of its own: each page's peer connections are given its addresses in place of Janus'.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';

const QUEUE = 400; // ms of packets that wait at most; more are dropped, as a router does
// Browsers send nothing to loopback from another interface.
const address = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

// Runs in the page before its own scripts.
function useRelay() {
  const original = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = async function relayed(description) {
    let { sdp } = description;
    for (const [line, before, host, port, after] of sdp.matchAll(/^(a=candidate:\S+ \d+ udp \d+ )(\S+) (\d+)( .*)$/gim))
      sdp = sdp.replaceAll(line, `${before}${await window.relayOfTest(host, Number(port))}${after}`);
    return original.call(this, { type: description.type, sdp });
  };
  // Janus must not find a way past the relay.
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function sent(text) {
    const message = JSON.parse(String(text));
    if (message.janus === 'trickle') message.candidate = { completed: true };
    if (message.jsep) message.jsep.sdp = message.jsep.sdp.replace(/^a=candidate:.*\r\n/gm, '');
    send.call(this, JSON.stringify(message));
  };
}

export class Relay {
  rate = Infinity; // bits a second towards the browser
  loss = 0; // share of the packets, in both directions
  delay = 0; // ms in each direction
  gone = false; // nothing passes
  passed = 0; // bits towards the browser
  dropped = 0; // packets towards the browser
  #free = 0; // ms: when the queue is empty
  #sockets = new Set();
  #ways = new Map(); // address in the description, by Janus' port

  // The connections of this context's pages go through it from now on.
  async use(context) {
    await context.exposeFunction('relayOfTest', (host, port) => this.#way(host, port));
    await context.addInitScript(useRelay);
  }

  #way(host, port) {
    const key = `${host} ${port}`;
    if (!this.#ways.has(key)) this.#ways.set(key, this.#open(host, port));
    return this.#ways.get(key);
  }

  // A port of our own for one of Janus' ports. Every browser's port gets a socket of its own towards Janus.
  async #open(host, port) {
    const near = this.#socket();
    await once(near.bind(0, address), 'listening');
    const far = new Map();
    near.on('message', (packet, { port: from, address: source }) => {
      if (!far.has(from)) {
        const socket = this.#socket();
        socket.on('message', (answer) => this.#down(answer, () => near.send(answer, from, source)));
        far.set(from, socket);
      }
      this.#pass(() => far.get(from).send(packet, port, host), this.delay);
    });
    return `${address} ${near.address().port}`;
  }

  #socket() {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    socket.unref();
    socket.on('error', () => {}); // one who has gone
    this.#sockets.add(socket);
    return socket;
  }

  #pass(send, wait) {
    if (this.gone || Math.random() < this.loss) return;
    if (wait < 1) send();
    else setTimeout(() => this.#sockets.size > 0 && send(), wait);
  }

  #down(packet, send) {
    const now = performance.now();
    const bits = (packet.length + 28) * 8;
    if (this.#free - now > QUEUE) {
      this.dropped++;
      return;
    }
    this.#free = Math.max(now, this.#free) + (bits * 1000) / this.rate;
    this.passed += bits;
    this.#pass(send, this.#free - now + this.delay);
  }

  close() {
    for (const socket of this.#sockets) socket.close();
    this.#sockets.clear();
  }
}
