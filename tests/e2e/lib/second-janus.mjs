// A second Janus beside a stack's own one, with a gate of its own: the same programs and settings under another name and
// on other ports.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { Admin, connections } from './janus.mjs';
import { build, freePort, gates, until } from './stack.mjs';

const START_LIMIT = 30000; // ms

export class SecondJanus {
  /**
   * @param {any} stack
   * @param {string} name
   * @param {{admin: number, gate: number, events: number}} ports
   * @param {Record<string, string>} settings  of the gate, that go over those of the stack's own
   */
  constructor(stack, name, ports, settings) {
    this.stack = stack;
    this.ports = ports;
    this.settings = settings;
    this.name = name;
    this.folder = path.join(stack.var, `janus-${name}`);
    this.adminUrl = `http://127.0.0.1:${ports.admin}/admin`;
    this.controlUrl = `http://127.0.0.1:${ports.events}`;
    this.publicUrl = `ws://127.0.0.1:${ports.gate}/rtc/${name}`;
    gates.set(String(ports.gate), { secret: stack.conf.GATE_SECRET, port: ports.events });
    this.admin = new Admin({ conf: { ...stack.conf, JANUS_ADMIN_URL: this.adminUrl } });
    // The program as the stack runs it, and as whom.
    const first = stack.children('janus')[0];
    this.command = readFileSync(`/proc/${first}/cmdline`, 'utf8').split('\0').filter(Boolean);
    const { uid, gid } = statSync(`/proc/${first}`);
    this.user = { uid, gid };
    this.#configure(ports);
  }

  static async make(stack, name, settings = {}) {
    return new SecondJanus(stack, name, { admin: await freePort(), gate: await freePort(), events: await freePort() }, settings);
  }

  #configure(ports) {
    const own = readFileSync(path.join(this.stack.var, 'ports'), 'utf8');
    const [, admin] = own.match(/JANUS_ADMIN_PORT=(\d+)/);
    const [, events] = own.match(/GATE_PORT=(\d+)/);
    mkdirSync(this.folder);
    for (const file of readdirSync(path.join(this.stack.var, 'janus')).filter((one) => one.endsWith('.jcfg'))) {
      const text = readFileSync(path.join(this.stack.var, 'janus', file), 'utf8')
        .replace(`admin_port = ${admin}`, `admin_port = ${ports.admin}`)
        .replace(`127.0.0.1:${events}/events`, `127.0.0.1:${ports.events}/events`)
        .replace(/server_name = ".*"/, `server_name = "${this.name}"`)
        .replaceAll(path.join(this.stack.var, 'janus'), this.folder)
        .replace(/ws_unix = ".*"/, `ws_unix = "${path.join(this.folder, 'ws')}"`);
      writeFileSync(path.join(this.folder, file), text);
    }
    this.#configureGate(ports);
    chmodSync(this.folder, 0o777); // Janus makes its socket here
  }

  // It runs as the tests' user, who reaches every socket.
  #configureGate(ports) {
    const place = {
      GATE_LISTEN: `127.0.0.1:${ports.gate}`, GATE_CONTROL: `127.0.0.1:${ports.events}`, GATE_JANUS: `unix:${path.join(this.folder, 'ws')}`,
      GATE_STATE_DIR: path.join(this.folder, 'gate'), JANUS_ADMIN_URL: this.adminUrl, ...this.settings,
    };
    mkdirSync(place.GATE_STATE_DIR);
    const text = readFileSync(path.join(this.stack.var, 'gate/conf'), 'utf8').replace(/^([A-Z_]+)=.*$/gm, (line, key) => (place[key] ? `${key}=${place[key]}` : line));
    writeFileSync(path.join(this.folder, 'gate.conf'), text, { mode: 0o600 });
  }

  async startGate() {
    this.gate = spawn(path.join(build, 'confab-gate'), [], { env: { PATH: process.env.PATH, CONFAB_CONF: path.join(this.folder, 'gate.conf') }, stdio: 'ignore' });
    this.gateGone = once(this.gate, 'exit');
    await until(() => connections(this.publicUrl).then(() => true, () => false), `the gate of ${this.name} to answer`);
  }

  async start() {
    if (!this.gate) await this.startGate();
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

  // Ends the gate at once. startGate() starts it again.
  async killGate() {
    this.gate?.kill('SIGKILL');
    await this.gateGone;
    this.gate = undefined;
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
    this.gate?.kill();
    await this.gateGone;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
