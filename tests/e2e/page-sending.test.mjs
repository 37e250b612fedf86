// The call's switches, without a browser: the last click counts, also while a device is being opened.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { FakeStream, FakeTrack, deferred, pageModule, settled } from './lib/modules.mjs';

let room;
let sending;
let notices;
let buttons;

// As the room does it; `room.opening` is the device that is being opened.
class FakeRoom {
  local = { microphone: false, camera: false, forcedMute: false, stream: null };
  asked = [];
  wanted = { audio: false, video: false };

  wants(kind) {
    return this.wanted[kind];
  }

  async #set(kind, name, on) {
    this.asked.push([name, on]);
    this.wanted[kind] = on;
    if (on) {
      this.opening = deferred();
      await this.opening.promise;
    }
    this.local[name] = this.wanted[kind];
  }

  setMicrophone(on) {
    return this.#set('audio', 'microphone', on);
  }

  setCamera(on) {
    return this.#set('video', 'camera', on);
  }
}

beforeEach(async () => {
  room = new FakeRoom();
  notices = [];
  buttons = {};
  const { Sending } = await pageModule('sending.js', {
    'devices.js': { openDevices() {}, openScreen() {} },
    'notices.js': { notify: (text) => notices.push(text) },
    'page.js': { byId: (id) => {
      buttons[id] ??= { setAttribute(name, value) {
        this[name] = value;
      } };
      return buttons[id];
    } },
  });
  sending = new Sending(room, () => sending.render());
});

test('a click while the camera is being opened switches it off, and the button tells that it is being opened', async () => {
  sending.toggle('video');
  assert.equal(buttons['camera-button']['aria-busy'], 'true');
  assert.equal(buttons['camera-button'].title, 'The camera is being opened');
  await sending.toggle('video');
  assert.equal(buttons['camera-button']['aria-busy'], 'false');
  assert.deepEqual(room.asked, [['camera', true], ['camera', false]]);
  room.opening.resolve();
  await settled();
  assert.equal(room.local.camera, false);
});

/** @type {[string, RegExp][]} */
const REASONS = [
  ['denied', /^The browser does not let this page use your camera\..* then press "Camera"\.$/],
  ['missing', /^No camera was found\. Connect one and try again\.$/],
  ['busy', /^Your camera cannot be used: another program/],
  ['blur', /^Your background cannot be blurred.*Switch off "Blur my background" in "Devices" and try again\.$/],
  ['insecure', /^This page was not opened over https/],
];

test('a device that cannot be opened in the call is told with its own reason, and with what to do', async () => {
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Chrome', maxTouchPoints: 0 }, configurable: true });
  for (const [kind, words] of REASONS) {
    room.wanted.video = false;
    const opening = sending.toggle('video');
    room.opening.reject(Object.assign(new Error(), { kind, device: 'video' }));
    await opening;
    assert.match(notices.at(-1), words);
    assert.doesNotMatch(notices.at(-1), /join/);
  }
  const talking = sending.talk(true);
  room.opening.reject(Object.assign(new Error(), { kind: 'denied', device: 'audio' }));
  await talking;
  assert.match(notices.at(-1), /your microphone\..* then press "Mic"\.$/);
});

test('the key to speak leaves alone a microphone that is being opened', async () => {
  sending.toggle('audio');
  await sending.talk(true);
  await sending.talk(false);
  assert.deepEqual(room.asked, [['microphone', true]]);
});

test('for the way back the microphone of a held key is off, and a person without devices is known as such', async () => {
  assert.equal(sending.switches.none, true);
  Object.assign(room.local, { stream: new FakeStream([new FakeTrack('audio')]), microphone: true, camera: false });
  sending.tell(null);
  assert.deepEqual(sending.switches, { microphone: true, camera: false, none: false });
  room.local.microphone = false;
  sending.talk(true);
  room.opening.resolve();
  await settled();
  sending.tell(null);
  assert.deepEqual([room.local.microphone, sending.switches.microphone], [true, false]);
});

test('the next preview starts with the switches of the call; joining without devices changes them not', async () => {
  const stored = { devices: { audio: 'one', microphone: true, camera: true } };
  const { noteCall } = await pageModule('reentry.js', { 'storage.js': {
    recall: (name) => stored[name],
    remember: (name, value) => {
      stored[name] = value;
    },
  } });
  noteCall({ link: 'abc' }, { microphone: false, camera: false, none: true });
  assert.deepEqual(stored.devices, { audio: 'one', microphone: true, camera: true });
  noteCall({ link: 'abc' }, { microphone: true, camera: false, none: false });
  assert.deepEqual(stored.devices, { audio: 'one', microphone: true, camera: false });
});
