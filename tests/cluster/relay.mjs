// Hands connections on: ADDRESS PORT is open to the other host and leads to 127.0.0.1:PORT of this one.
import { connect, createServer } from 'node:net';

const [address, port] = process.argv.slice(2);

createServer((outer) => {
  const inner = connect(Number(port), '127.0.0.1');
  for (const [one, other] of [[outer, inner], [inner, outer]]) {
    one.pipe(other);
    one.on('error', () => {});
    one.on('close', () => other.destroy());
  }
}).listen(Number(port), address);
