// A second Janus beside a stack's own one: the same program and settings under another name and on other ports.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { Admin } from './janus.mjs';
import { freePort, until } from './stack.mjs';

const START_LIMIT = 30000; // ms

export class SecondJanus {
  constructor(stack, name, ports) {
    this.stack = stack;
    this.name = name;
    this.folder = path.join(stack.var, `janus-${name}`);
    this.controlUrl = `http://127.0.0.1:${ports.admin}/admin`;
    this.publicUrl = `ws://127.0.0.1:${ports.ws}/rtc/${name}`;
    this.admin = new Admin({ conf: { ...stack.conf, JANUS_ADMIN_URL: this.controlUrl } });
    // The program as the stack runs it, and as whom.
    const first = stack.children('janus')[0];
    this.command = readFileSync(`/proc/${first}/cmdline`, 'utf8').split('\0').filter(Boolean);
    const { uid, gid } = statSync(`/proc/${first}`);
    this.user = { uid, gid };
    this.#configure(ports);
  }

  static async make(stack, name) {
    return new SecondJanus(stack, name, { admin: await freePort(), ws: await freePort() });
  }

  #configure(ports) {
    const own = readFileSync(path.join(this.stack.var, 'ports'), 'utf8');
    const [, admin] = own.match(/JANUS_ADMIN_PORT=(\d+)/);
    const [, ws] = own.match(/JANUS_WS_PORT=(\d+)/);
    mkdirSync(this.folder);
    for (const file of readdirSync(path.join(this.stack.var, 'janus')).filter((one) => one.endsWith('.jcfg'))) {
      const text = readFileSync(path.join(this.stack.var, 'janus', file), 'utf8')
        .replace(`admin_port = ${admin}`, `admin_port = ${ports.admin}`)
        .replace(`ws_port = ${ws}`, `ws_port = ${ports.ws}`)
        .replace(/server_name = ".*"/, `server_name = "${this.name}"`)
        .replaceAll(path.join(this.stack.var, 'janus'), this.folder);
      writeFileSync(path.join(this.folder, file), text);
    }
    chmodSync(this.folder, 0o755);
  }

  async start() {
    const command = this.command.map((arg) => arg.replace(`=${path.join(this.stack.var, 'janus')}`, `=${this.folder}`));
    // It ends with this process, also when that is killed.
    this.process = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', ...command],
      { ...this.user, env: { PATH: process.env.PATH }, stdio: 'ignore' },
    );
    this.gone = once(this.process, 'exit');
    await until(() => this.admin.core({ janus: 'ping' }).then(() => true, () => false), `${this.name} to answer`, START_LIMIT);
  }

  // Ends at once, and tells nobody.
  async kill() {
    this.process?.kill('SIGKILL');
    await this.gone;
  }

  // Answers nothing, and forgets nothing, until resume().
  pause() {
    this.process.kill('SIGSTOP');
  }

  resume() {
    this.process.kill('SIGCONT');
  }

  async remove() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
