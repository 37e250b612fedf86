// A proxy in front of the private database, for rare cases: a statement that comes late, and a COMMIT whose answer
// is lost.
import { createServer, connect } from 'node:net';
import path from 'node:path';

const QUERY = 3;
const PREPARE = 22;
let count = 0;

function deferred() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

export class DatabaseProxy {
  constructor(stack) {
    this.socket = path.join(stack.var, `proxy-${process.pid}-${(count += 1)}.sock`);
    this.holds = [];
    this.commits = 0;
    this.lost = 0;
    /** @type {(number: number) => boolean} of the COMMIT */
    this.loses = () => false;
    this.isCut = false;
    this.hidden = ''; // a variable that the server does not know, as servers of another make
    /** @type {string[]} that were prepared, as the service wrote them */
    this.prepared = [];
    this.pairs = new Set();
    this.server = createServer((client) => this.#pair(client, connect(stack.conf.DB_SOCKET)));
  }

  // Takes connections at `socket`.
  static async open(stack) {
    const proxy = new DatabaseProxy(stack);
    await new Promise((resolve, reject) => proxy.server.on('error', reject).listen(proxy.socket, () => resolve(null)));
    return proxy;
  }

  close() {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
    return new Promise((resolve) => this.server.close(resolve));
  }

  // Holds the next statement with this text (or that a RegExp fits) back: `held` resolves when it has come, and release() lets it go on.
  hold(text) {
    const held = deferred();
    const released = deferred();
    const hold = { text, held: held.promise, come: held.resolve, released: released.promise, release: released.resolve };
    this.holds.push(hold);
    return hold;
  }

  // From now on nothing passes, and neither side hears that the other has closed: as when a cable is cut.
  cut() {
    this.isCut = true;
  }

  // Has each transaction's first COMMIT done but its answer lost, and with it the connection.
  loseFirstCommits() {
    this.loses = (number) => number % 2 === 1;
  }

  #pair(client, server) {
    const pair = [client, server];
    let bytes = Buffer.alloc(0);
    let turn = Promise.resolve();
    let losing = false;
    this.pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        if (this.isCut) return;
        this.pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
    client.on('data', (piece) => {
      bytes = Buffer.concat([bytes, piece]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUIntLE(0, 3)) {
        const packet = bytes.subarray(0, 4 + bytes.readUIntLE(0, 3));
        bytes = bytes.subarray(packet.length);
        turn = turn.then(async () => {
          losing = await this.#comes(packet);
          if (!this.isCut) server.write(this.#disguised(packet));
        });
      }
    });
    server.on('data', (piece) => {
      if (this.isCut) return;
      if (!losing) {
        client.write(piece);
        return;
      }
      this.lost += 1;
      for (const socket of pair) socket.destroy();
    });
  }

  // Another name of the same length stands for the hidden variable.
  #disguised(packet) {
    if (!this.hidden) return packet;
    return Buffer.from(packet.toString('latin1').replaceAll(this.hidden, 'x'.repeat(this.hidden.length)), 'latin1');
  }

  // Is the answer to this packet to be lost?
  async #comes(packet) {
    const text = packet[4] === QUERY || packet[4] === PREPARE ? packet.subarray(5).toString() : '';
    if (packet[4] === PREPARE) this.prepared.push(text);
    const hold = this.holds.find((one) => (one.text instanceof RegExp ? one.text.test(text) : text.includes(one.text)));
    if (hold) {
      this.holds.splice(this.holds.indexOf(hold), 1);
      hold.come();
      await hold.released;
    }
    return text === 'COMMIT' && this.loses((this.commits += 1));
  }
}
