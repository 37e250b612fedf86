// The site of a stack once more, behind an nginx of its own that speaks TLS and HTTP/2, as README's section "Production" has it. Its log
// says what browsers have asked for.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { makeCertificate } from './media-host.mjs';
import { freePort, until } from './stack.mjs';

const FORMAT = '$request_method $request_uri $status $bytes_sent $server_protocol "$sent_http_content_encoding"';

export class TlsSite {
  #agent = new Agent({ rejectUnauthorized: false });

  constructor(stack, port, html) {
    this.folder = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR ?? tmpdir(), 'tls-'));
    this.base = `https://127.0.0.1:${port}`;
    let site = readFileSync(path.join(stack.var, 'nginx/confab.conf'), 'utf8');
    if (html) site = site.replace(/^\troot ".*";$/m, `\troot "${html}";`);
    this.html = site.match(/^\troot "(.*)";$/m)[1];
    const certificate = makeCertificate(this.folder);
    this.#configure(stack, site, `listen 127.0.0.1:${port} ssl http2; ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key};`);
    // Chromium trusts the certificate with this hash. If it only ignored the certificate, it would keep no file.
    const publicKey = execFileSync('sh', ['-c', `openssl x509 -in ${certificate.cert} -pubkey -noout | openssl pkey -pubin -outform der`]);
    this.flags = [`--ignore-certificate-errors-spki-list=${createHash('sha256').update(publicKey).digest('base64')}`];
  }

  /**
   * @param {{var: string}} stack
   * @param {string} [html] the folder of the page, in place of the stack's
   */
  static async start(stack, html = undefined) {
    const site = new TlsSite(stack, await freePort(), html);
    await site.#run();
    return site;
  }

  #configure(stack, site, listens) {
    writeFileSync(path.join(this.folder, 'site.conf'), site.replace(/^\tlisten .*$/m, `\t${listens}`));
    const all = readFileSync(path.join(stack.var, 'nginx/nginx.conf'), 'utf8')
      .replace(`include ${stack.var}/nginx/confab.conf;`, 'include site.conf;')
      .replaceAll(`${stack.var}/nginx/run/`, `${this.folder}/`).replaceAll(`${stack.var}/nginx/`, `${this.folder}/`)
      .replace('access_log off;', `log_format test '${FORMAT}'; access_log ${this.folder}/asked test;`);
    const user = process.getuid() === 0 ? `user ${userInfo().username};\n` : '';
    writeFileSync(path.join(this.folder, 'nginx.conf'), user + all);
  }

  async #run() {
    this.nginx = spawn('setpriv', ['--pdeathsig', 'TERM', '/usr/sbin/nginx', '-p', this.folder, '-c', 'nginx.conf', '-e', path.join(this.folder, 'log')], { stdio: 'ignore' });
    this.gone = once(this.nginx, 'exit');
    await until(() => this.get('/health/live').then(() => true, () => false), 'the nginx with TLS');
  }

  /**
   * A GET, or a POST of `body`. Gives { status, headers, body }.
   * @param {string} target
   * @param {Record<string, string>} [headers]
   * @param {object} [body]
   * @returns {Promise<{status: number, headers: import('node:http').IncomingHttpHeaders, body: Buffer}>}
   */
  get(target, headers = {}, body = undefined) {
    return new Promise((resolve, reject) => {
      request(this.base + target, { agent: this.#agent, headers, method: body ? 'POST' : 'GET' }, async (answer) => {
        const parts = [];
        for await (const part of answer) parts.push(part);
        resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) });
      }).on('error', reject).end(body && JSON.stringify(body));
    });
  }

  // What was asked for since the last forget(): { method, target, status, bytes (with headers), protocol, encoding }.
  get asked() {
    return readFileSync(path.join(this.folder, 'asked'), 'utf8').split('\n').filter(Boolean).map((line) => {
      const [, method, target, status, bytes, protocol, encoding] = line.match(/^(\S+) (\S+) (\d+) (\d+) (\S+) "(.*)"$/);
      return { method, target, status: Number(status), bytes: Number(bytes), protocol, encoding };
    });
  }

  forget() {
    truncateSync(path.join(this.folder, 'asked'));
  }

  // A link of the stack, by this site.
  own(url) {
    return this.base + url.slice(new URL(url).origin.length);
  }

  async stop() {
    this.#agent.destroy();
    this.nginx.kill('SIGTERM');
    await this.gone;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
