// The page's modules in node, without a browser. Fakes replace some modules, and the parts of a browser that they need.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const assets = new URL('../../../nginx/html/assets/', import.meta.url).pathname;

class CustomEventOfOldNode extends Event {
  constructor(type, init) {
    super(type);
    this.detail = init?.detail ?? null;
  }
}

/** @type {any} */ (globalThis).CustomEvent ??= CustomEventOfOldNode;

const folders = [];
process.on('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true })));

// One module of the page. `fakes`: file name -> the exports that replace that module's own.
export async function pageModule(name, fakes = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'cf-page-'));
  folders.push(folder); // until the end: it may import others later
  cpSync(assets, folder, { recursive: true, filter: (file) => path.basename(file) !== 'blur' }); // 12 MB, where it is
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}'); // node needs it
  writeFileSync(path.join(folder, 'adapter.js'), ''); // the browser gets the system's
  globalThis.fakesOfTest = { ...globalThis.fakesOfTest, [folder]: fakes };
  for (const [file, exported] of Object.entries(fakes))
    writeFileSync(path.join(folder, file), `export const { ${Object.keys(exported).join()} } = fakesOfTest['${folder}']['${file}'];`);
  return import(pathToFileURL(path.join(folder, name)).href);
}

// A promise that the test resolves or rejects: { promise, resolve, reject }.
export function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

// Long enough for everything that waits for promises only.
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export class FakeTrack extends EventTarget {
  enabled = true;
  readyState = 'live';
  onended = undefined;

  constructor(kind) {
    super();
    this.kind = kind;
  }

  stop() {
    this.readyState = 'ended';
  }

  // As when its device is unplugged.
  end() {
    this.readyState = 'ended';
    this.onended?.();
    this.dispatchEvent(new Event('ended'));
  }
}

export class FakeStream {
  constructor(tracks = []) {
    this.tracks = [...tracks];
  }

  getTracks() {
    return [...this.tracks];
  }

  getAudioTracks() {
    return this.tracks.filter(({ kind }) => kind === 'audio');
  }

  getVideoTracks() {
    return this.tracks.filter(({ kind }) => kind === 'video');
  }

  addTrack(track) {
    this.tracks.push(track);
  }

  removeTrack(track) {
    this.tracks = this.tracks.filter((one) => one !== track);
  }
}

/** @type {any} */ (globalThis).MediaStream = FakeStream;

// devices.js with devices that open when the test says so: `asked` holds { wish, signal, stream, resolve(), reject(error) } of each request.
export function fakeDevices() {
  const asked = [];
  const stopTracks = (stream) => stream?.getTracks().forEach((track) => track.stop());
  const openDevices = (wish, signal) => {
    const { promise, resolve, reject } = deferred();
    const stream = new FakeStream(Object.keys(wish).map((kind) => new FakeTrack(kind)));
    asked.push({ wish, signal, stream, reject, resolve: () => resolve(stream) });
    return promise;
  };
  return { asked, module: { openDevices, stopTracks, levelMeter: () => () => {}, loudness: (amplitude) => amplitude } };
}
