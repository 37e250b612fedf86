// People at the join page: one Chromium of Debian with fake devices (a beep and a moving picture), and in it a context for each
// person.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { childrenOf, patience, until } from './stack.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream', '--auto-select-desktop-capture-source=Entire screen',
  '--autoplay-policy=no-user-gesture-required',
];
const DESKTOP = { width: 1280, height: 800 };
const PLAY_LIMIT = 20000; // ms
const PAGE_LIMIT = 30000; // ms for one action on the page

// Runs in the page before its own scripts: remembers the peer connections, so that a test can see what they carry.
export function rememberPeers() {
  const peers = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...parameters) {
      super(...parameters);
      peers.push(this);
    }
  };
  window.peersOfTest = peers;
}

// Runs in the page: the received videos that are shown, and the received sounds.
async function received() {
  const peers = window.peersOfTest.filter((peer) => peer.connectionState !== 'closed');
  const tracks = new Set(peers.flatMap((peer) => peer.getReceivers().map((receiver) => receiver.track.id)));
  const streamOf = (video) => /** @type {MediaStream} */ (video.srcObject);
  const isReceived = ({ srcObject }) => srcObject?.getTracks().some((track) => tracks.has(track.id));
  const videos = [...document.querySelectorAll('video')]
    .filter((video) => isReceived(video) && streamOf(video).getVideoTracks().length > 0)
    .map((video) => ({
      stream: streamOf(video).id, width: video.videoWidth, height: video.videoHeight, time: video.currentTime,
    }));
  const reports = await Promise.all(peers.map((peer) => peer.getStats()));
  const sounds = reports
    .flatMap((report) => [...report.values()])
    .filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')
    .map(({ trackIdentifier, totalAudioEnergy = 0 }) => ({ track: trackIdentifier, energy: totalAudioEnergy }));
  return { videos, sounds };
}

// One person's page. `errors` holds the page's errors so far.
export class Person {
  errors = [];

  constructor(context, page) {
    this.context = context;
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.errors.push(error.stack ?? String(error)));
  }

  // No error but those that match one of `expected`, regular expressions.
  assertNoErrors(expected = []) {
    const unexpected = this.errors.filter((text) => !expected.some((pattern) => pattern.test(text)));
    assert.deepEqual(unexpected, []);
  }

  received() {
    return this.page.evaluate(received);
  }

  // Waits until that many videos of others really play (they have a size, and their time goes on) and the energy of that many
  // sounds grows. Returns the last state.
  async untilPlaying({ videos, sounds = videos, limit = PLAY_LIMIT }) {
    let before = await this.received();
    return until(
      async () => {
        const now = await this.received();
        const playing = now.videos.filter(({ stream, width, height, time }) => {
          const last = before.videos.find((video) => video.stream === stream);
          return width > 0 && height > 0 && last && time > last.time;
        });
        const sounding = now.sounds.filter(({ track, energy }) => {
          const last = before.sounds.find((sound) => sound.track === track);
          return last && energy > last.energy;
        });
        if (playing.length === videos && now.videos.length === videos && sounding.length >= sounds) return now;
        // There is a beep each second: the state to compare with is replaced only when the number of videos or sounds changes.
        if (now.videos.length !== before.videos.length || now.sounds.length !== before.sounds.length) before = now;
        return null;
      },
      `${videos} videos and ${sounds} sounds`,
      limit,
    );
  }

  // Closes the tab.
  leave() {
    return this.page.close();
  }
}

export class Browser {
  constructor(browser, server) {
    this.browser = browser;
    this.server = server;
  }

  static async start({ flags = [] } = {}) {
    const server = await chromium.launchServer({ executablePath: CHROMIUM, args: [...FLAGS, ...flags] });
    return new Browser(await chromium.connect(server.wsEndpoint()), server);
  }

  // A person in a browser context of their own; `allowed`: false refuses the devices.
  async person({ viewport = DESKTOP, colorScheme = 'light', allowed = true, ...options } = {}) {
    const permissions = allowed ? ['camera', 'microphone'] : [];
    const context = await this.browser.newContext({ viewport, colorScheme, permissions, ...options });
    context.setDefaultTimeout(patience(PAGE_LIMIT));
    await context.addInitScript(rememberPeers);
    return new Person(context, await context.newPage());
  }

  // Closes the pages of everybody.
  async closePages() {
    await Promise.all(this.browser.contexts().map((context) => context.close()));
  }

  async close() {
    await this.browser.close();
    await this.server.close();
  }

  // As a machine that sleeps, or whose network died: it says nothing any more. The function that it returns wakes it.
  freeze() {
    const all = [this.server.process().pid];
    for (const pid of all) all.push(...childrenOf(pid));
    for (const pid of all) process.kill(pid, 'SIGSTOP');
    return () => {
      for (const pid of all.toReversed()) {
        try {
          process.kill(pid, 'SIGCONT');
        } catch {
          // It has ended.
        }
      }
    };
  }

  // As a crash of the machine ends it: without any clean-up. The process of the network goes first: left alone for a
  // moment, it would still close the WebSockets in an orderly way.
  kill() {
    const leader = this.server.process().pid;
    const all = [leader];
    for (const pid of all) all.push(...childrenOf(pid));
    const commandOf = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    for (const pid of all.filter((one) => commandOf(one).includes('NetworkService'))) process.kill(pid, 'SIGKILL');
    process.kill(leader, 'SIGKILL');
  }
}
