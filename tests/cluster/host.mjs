// A service host: pool, background work and nginx by scripts/up, on the first host beside Janus and its gate.
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, childrenOf, source, until } from '../e2e/lib/stack.mjs';

const WORKERS = '4';

export class Host {
  constructor(network, name, address, folder) {
    this.network = network;
    this.name = name;
    this.address = address;
    this.var = folder;
    this.file = path.join(folder, 'confab.conf');
    this.parts = ['pool', 'nginx', 'work', 'media'];
    this.env = {
      PATH: process.env.PATH,
      CONFAB_VAR: folder,
      CONFAB_BUILD: build,
      CONFAB_NO_BUILD: '1',
      CONFAB_WORKERS: WORKERS,
      CONFAB_TOKEN_RATE: 'off',
      CONFAB_WEBHOOK_RATE: 'off',
      CONFAB_JANUS_DIR: process.env.CONFAB_JANUS_DIR,
    };
  }

  // Makes the host with Janus and the gate, by scripts/up as a whole.
  async makeFirst(settings) {
    const extra = `${this.var}.extra`;
    writeFileSync(extra, Object.entries({ HOST_NAME: this.name, ...settings }).map(([name, value]) => `${name}=${value}\n`).join(''));
    await this.#script('up', [], { CONFAB_CONF_EXTRA: extra });
    this.parts = ['gate', 'janus', ...this.parts];
    this.gatePort = readFileSync(path.join(this.var, 'ports'), 'utf8').match(/^GATE_PORT=(\d+)$/m)?.[1];
    this.#relay();
  }

  // Makes a host with the settings and secrets of another, whose gate and Janus it uses.
  async makeBeside(first, settings) {
    mkdirSync(this.var);
    copyFileSync(path.join(first.var, 'ports'), path.join(this.var, 'ports'));
    copyFileSync(first.file, this.file);
    for (const [name, value] of Object.entries({
      HOST_NAME: this.name,
      METRICS_FILE: path.join(this.var, 'run/metrics'),
      GATE_CONTROL: `${first.address}:${first.gatePort}`,
      ...settings,
    }))
      this.put(name, value);
    await this.start();
  }

  // The service's address, on this host.
  get base() {
    return `http://127.0.0.1:${this.setting('CONFAB_PORT')}`;
  }

  setting(name) {
    return readFileSync(this.file, 'utf8').match(new RegExp(`^${name}=(.*)$`, 'm'))?.[1];
  }

  put(name, value) {
    const others = readFileSync(this.file, 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith(`${name}=`));
    writeFileSync(this.file, [...others, `${name}=${value}`, ''].join('\n'));
  }

  async #script(name, args, env = {}) {
    try {
      await this.network.execute(this.name, path.join(source, 'scripts', name), args, { env: { ...this.env, ...env } });
    } catch (error) {
      throw new Error(`scripts/${name} failed on ${this.name}: ${error.stderr}`);
    }
  }

  // Starts a part, or starts it anew when its settings have changed.
  up(part) {
    return this.#script('up', ['--only', part]);
  }

  down(part) {
    return this.#script('down', ['--only', part]);
  }

  // Starts what does not run.
  async start() {
    for (const part of this.parts) await this.up(part);
    if (this.gatePort) this.#relay();
    await this.healthy();
  }

  // The other host reaches this one's gate, which listens on loopback.
  #relay() {
    const script = new URL('relay.mjs', import.meta.url).pathname;
    this.network.spawn(this.name, process.execPath, [script, this.address, this.gatePort], { stdio: 'ignore' }).unref();
  }

  healthy(limit = 30000) {
    const args = ['--noproxy', '*', '-sf', '-m', '5', '-o', '/dev/null', `${this.base}/health`];
    const check = () => this.network.execute(this.name, 'curl', args).then(() => true, () => false);
    return until(check, `${this.name} to be healthy`, limit);
  }

  #leader(part) {
    return Number(readFileSync(path.join(this.var, 'started', `${part}.pid`), 'utf8').split(' ')[0]);
  }

  // The processes below a part's recorded leader.
  children(part) {
    return childrenOf(this.#leader(part));
  }

  // The leader, and those below it.
  processes(part) {
    return [this.#leader(part), ...this.children(part)];
  }

  async confabctl(...args) {
    const { stdout } = await this.network.execute(this.name, path.join(build, 'confabctl'), args, { env: { ...this.env, CONFAB_CONF: this.file } });
    return stdout.trim();
  }

  // Kills everything on the host except the clients.
  kill(spared) {
    return this.network.kill(this.name, spared);
  }

  logSize(part) {
    const file = path.join(this.var, 'log', `${part}.log`);
    return existsSync(file) ? statSync(file).size : 0;
  }

  // The lines that a part has logged from `offset` on.
  logged(part, offset) {
    const file = path.join(this.var, 'log', `${part}.log`);
    return existsSync(file) ? readFileSync(file).subarray(offset).toString().split('\n') : [];
  }
}
