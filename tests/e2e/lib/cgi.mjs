// The service as a plain CGI program, one process a request: for settings that the running stack does not have.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { Client, checkAgainstDescription } from './client.mjs';

const parse = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export class CgiClient extends Client {
  // `settings` go over the stack's own.
  constructor(stack, settings) {
    super(stack);
    this.settings = settings;
  }

  /**
   * @param {string} method
   * @param {string} target
   * @param {import('./client.mjs').Options} [options]
   * @returns {Promise<import('./client.mjs').Answer>}
   * @override
   */
  async call(method, target, { body, auth = {}, headers = {}, check = true } = {}) {
    const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const env = {
      PATH: process.env.PATH,
      CONFAB_CONF: path.join(this.stack.var, 'confab.conf'),
      METRICS_FILE: '',
      GATEWAY_INTERFACE: 'CGI/1.1',
      REQUEST_METHOD: method,
      REQUEST_URI: target,
      CONTENT_LENGTH: String(bytes.length),
      CONTENT_TYPE: 'application/json',
      ...this.settings,
    };
    for (const [name, value] of Object.entries(headers)) env[`HTTP_${name.toUpperCase().replaceAll('-', '_')}`] = value;
    if (auth !== null) env.HTTP_AUTHORIZATION = typeof auth === 'string' ? auth : `Bearer ${await this.bearer(auth)}`;
    const answer = await new Promise((resolve, reject) => {
      const program = spawn(path.join(this.stack.build, 'confab.fcgi'), [], { env, stdio: ['pipe', 'pipe', 'pipe'] });
      const out = [];
      const log = [];
      program.stdout.on('data', (piece) => out.push(piece));
      program.stderr.on('data', (piece) => log.push(piece));
      program.on('error', reject);
      program.stdin.on('error', () => {});
      program.stdin.end(bytes);
      program.on('close', (code) => {
        const [head, ...rest] = Buffer.concat(out).toString().split('\r\n\r\n');
        const text = rest.join('\r\n\r\n');
        const all = Object.fromEntries(head.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]));
        if (!all.status) reject(new Error(`no status from the program (exit ${code}): ${Buffer.concat(log)}`));
        else resolve({ status: Number(all.status.split(' ')[0]), headers: all, text, body: parse(text), log: Buffer.concat(log).toString() });
      });
    });
    if (check) checkAgainstDescription(method, target, answer);
    return answer;
  }
}
