// A MariaDB server of a test's own that listens on a TCP port, for tests of several database hosts.
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import { freePort, until } from './stack.mjs';

const run = promisify(execFile);
const asRoot = process.getuid() === 0 ? ['--user=root'] : [];

export class Mariadb {
  constructor(folder, port) {
    this.folder = folder;
    this.port = port;
    this.socket = path.join(folder, 'sock');
  }

  // Makes and starts `count` servers. They are not connected with each other. Each has the database and the
  // account that `conf` (the settings of a confab.conf) names.
  static async make(count, conf) {
    const servers = [];
    for (let i = 0; i < count; i++) {
      const server = new Mariadb(mkdtempSync(path.join(tmpdir(), 'cf-db-')), await freePort());
      servers.push(server);
      if (i === 0) await run('mariadb-install-db', ['--no-defaults', ...asRoot, `--datadir=${server.folder}/data`, '--skip-test-db', '--skip-name-resolve', '--innodb-log-file-size=8M', '--auth-root-authentication-method=normal'], { maxBuffer: 1 << 24 });
      else cpSync(`${servers[0].folder}/data`, `${server.folder}/data`, { recursive: true });
    }
    for (const server of servers) {
      await server.start();
      await server.admin(`CREATE DATABASE ${conf.DB_DATABASE} CHARACTER SET utf8mb4`);
      await server.admin(`CREATE USER ${conf.DB_USER} IDENTIFIED BY '${conf.DB_PASSWORD}'`);
      await server.admin(`GRANT ALL ON ${conf.DB_DATABASE}.* TO ${conf.DB_USER}`);
    }
    return servers;
  }

  async start() {
    // It ends with this process, also when that is killed.
    this.process = spawn('setpriv', ['--pdeathsig', 'KILL', '/usr/sbin/mariadbd', '--no-defaults', ...asRoot, `--datadir=${this.folder}/data`, `--socket=${this.socket}`, `--port=${this.port}`, '--bind-address=127.0.0.1,::1', `--pid-file=${this.folder}/pid`, '--skip-name-resolve', '--skip-log-bin', '--innodb-buffer-pool-size=32M', '--innodb-log-file-size=8M', '--performance-schema=OFF', `--log-error=${this.folder}/log`], { stdio: 'ignore' });
    this.gone = new Promise((resolve) => this.process.on('exit', resolve));
    await until(() => this.admin('SELECT 1').catch(() => undefined), 'the database server to answer', 30000);
  }

  // Ends at once, like a machine that lost its power.
  async kill() {
    this.process.kill('SIGKILL');
    await this.gone;
  }

  async admin(sql, values = []) {
    const connection = await mysql.createConnection({ socketPath: this.socket, user: 'root', dateStrings: true });
    try {
      return (await connection.query(sql, values))[0];
    } finally {
      await connection.end();
    }
  }

  async remove() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// Hands on what a client says with another name of the same length in place of a variable's.
function hiding(variable, client, server) {
  const other = 'x'.repeat(variable.length);
  client.on('data', (piece) => server.write(Buffer.from(piece.toString('latin1').replaceAll(variable, other), 'latin1')));
}

// Hands TCP connections on to a port, or keeps them without an answer while `port` is undefined. A change of
// `port` is for new connections only, as with a virtual address that moves.
export class Relay {
  hidden = ''; // a variable that the server does not know on new connections, as servers of another make
  sockets = new Set();
  taken = 0; // connections so far
  port = 0; // its own
  server = undefined;

  constructor(port) {
    this.port_ = port; // where it leads
  }

  static async open(port) {
    const relay = new Relay(port);
    relay.server = createServer((client) => {
      relay.taken += 1;
      const sockets = [client];
      if (relay.port_ !== undefined) {
        sockets.push(connect(relay.port_, '127.0.0.1'));
        if (relay.hidden) hiding(relay.hidden, client, sockets[1]);
        else client.pipe(sockets[1]);
        sockets[1].pipe(client);
      }
      for (const socket of sockets) {
        relay.sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          relay.sockets.delete(socket);
          for (const other of sockets) other.destroy();
        });
      }
    });
    await new Promise((resolve) => relay.server.listen(0, '127.0.0.1', resolve));
    relay.port = relay.server.address().port;
    return relay;
  }

  moveTo(port) {
    this.port_ = port;
  }

  close() {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(resolve));
  }
}
