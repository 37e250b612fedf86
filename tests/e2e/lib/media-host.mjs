// The host of a second Janus: its gate behind the nginx of a media host, with the site file that `make install` brings.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { build, freePort, gates, until } from './stack.mjs';

/**
 * Makes a certificate of 127.0.0.1, which is its own CA, in `folder`. Gives the names of its files.
 * @param {string} folder
 */
export function makeCertificate(folder) {
  const [cert, key] = ['tls.pem', 'tls.key'].map((name) => path.join(folder, name));
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
    '-keyout', key, '-out', cert,
  ], { stdio: 'ignore' });
  return { cert, key };
}

export class MediaHost {
  /**
   * @param {import('./second-janus.mjs').SecondJanus} janus
   * @param {{cert: string, key: string}} tls
   * @param {{tls: number, plain: number}} ports
   */
  constructor(janus, tls, ports) {
    this.name = janus.name;
    this.folder = path.join(janus.folder, 'nginx');
    this.controlUrl = `https://127.0.0.1:${ports.tls}/gate-control`;
    // Without TLS: the tests' WebSocket does not know the certificate.
    this.publicUrl = `ws://127.0.0.1:${ports.plain}/rtc/${janus.name}`;
    gates.set(String(ports.plain), { secret: janus.stack.conf.GATE_SECRET, port: janus.ports.events });
    mkdirSync(this.folder);
    this.#configure(janus, tls, ports);
  }

  static async start(janus, tls) {
    const host = new MediaHost(janus, tls, { tls: await freePort(), plain: await freePort() });
    await host.start();
    return host;
  }

  #configure(janus, tls, ports) {
    const site = [
      ['listen 80; listen [::]:80;', `listen 127.0.0.1:${ports.tls} ssl; ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key}; listen 127.0.0.1:${ports.plain};`],
      ['unix:/run/confab-gate/web.sock:', `127.0.0.1:${janus.ports.gate}`],
      ['127.0.0.1:8189', `127.0.0.1:${janus.ports.events}`],
      ['$hostname', this.name],
      ['# allow 192.0.2.1;', 'allow 127.0.0.1;'],
    ].reduce((text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`the site file does not say: ${from}`);
      return text.replaceAll(from, to);
    }, readFileSync(path.join(build, 'confab-media-site.conf'), 'utf8'));
    writeFileSync(path.join(this.folder, 'site.conf'), site);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${this.folder}/${kind};`).join(' ');
    const user = process.getuid() === 0 ? `user ${userInfo().username};` : '';
    writeFileSync(path.join(this.folder, 'nginx.conf'), `${user} daemon off; pid ${this.folder}/pid; worker_processes 1; events { }
http { access_log off; ${temporary} include site.conf; }
`);
  }

  async start() {
    this.nginx = spawn('setpriv', ['--pdeathsig', 'TERM', '/usr/sbin/nginx', '-p', this.folder, '-c', 'nginx.conf', '-e', path.join(this.folder, 'log')], { stdio: 'ignore' });
    this.gone = once(this.nginx, 'exit');
    await until(() => fetch(this.publicUrl.replace('ws:', 'http:')).then(({ status }) => status === 400, () => false), `the nginx of ${this.name}`);
  }

  async stop() {
    this.nginx.kill('SIGTERM');
    await this.gone;
  }
}
