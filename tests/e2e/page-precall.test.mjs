// The test before the call: through the real server and back, with microphones and networks of all kinds.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { inspect } from './lib/inspect.mjs';
import { microphoneOf, writeVoice } from './lib/microphone.mjs';
import { createMeeting, heading, join, knock, linkOf, people, press } from './lib/page.mjs';
import { patience, sharedStack, until } from './lib/stack.mjs';

const LIMIT = 10000; // ms until the verdict
const client = new Client(sharedStack());
const folder = mkdtempSync(path.join(tmpdir(), 'cf-voice-'));
/** @type {Browser} */
let browser;

before(async () => {
  browser = await Browser.start({ flags: [microphoneOf(writeVoice(`${folder}/good.wav`, 0.5))] });
});
afterEach(() => browser.closePages());
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

const invite = async (link) => (await client.call('POST', `/session/${link}/invites`, { body: { name: 'Bob' } })).body.url;

// On the screen before the call, with the devices open. `socket` gets the page's WebSockets, in place of the gate.
async function open(link, { of = browser, prepare = undefined, socket = undefined } = {}) {
  const person = await of.person();
  if (socket) await person.page.routeWebSocket(/\/rtc/, socket);
  if (prepare) await person.context.addInitScript(prepare);
  await person.page.goto(await invite(link));
  await heading(person, 'Join the meeting');
  await until(() => person.page.locator('#preview-video').evaluate(({ videoWidth }) => videoWidth > 0), 'a preview');
  return person;
}

// Presses the button and waits for the verdict; gives it with the ms that it took. `meanwhile` happens during the test.
async function verdict(person, meanwhile = async () => {}) {
  const { page } = person;
  const began = Date.now();
  await press(person, 'Test the call');
  await page.getByText('Say a few words now').waitFor();
  await meanwhile();
  await page.locator('#call-test-verdicts li').first().waitFor({ timeout: patience(LIMIT) });
  return { ms: Date.now() - began, text: (await page.locator('#call-test-verdicts').textContent()) ?? '' };
}

// Runs in the page before its own scripts: this network lets no packet of a call out.
function blockNetwork() {
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration) {
      super({ ...configuration, iceServers: [], iceTransportPolicy: 'relay' });
    }
  };
}

test('everything works: sound and picture come back, and nobody in the meeting notices', async () => {
  const mo = await browser.person();
  const links = await createMeeting(mo, client);
  const link = linkOf(links.guest);
  await join(mo, 'Mo');
  const bob = await open(link);
  const { ms, text } = await verdict(bob);
  assert.match(text, /^Everything works\. Your sound and your picture went to the service and came back\.$/);
  assert.ok(ms <= patience(LIMIT), `${ms} ms`);
  const list = await people(mo);
  assert.equal(await list.count(), 1);
  const { body } = await client.call('GET', `/session/${link}/attendees?active=true`);
  assert.deepEqual(body.map(({ name }) => name), ['Mo']);
  assert.deepEqual(await bob.page.evaluate(() => window.peersOfTest.map(({ connectionState }) => connectionState)), ['closed']);
  bob.assertNoErrors();
  await inspect(bob, 'precall-good');
  await join(bob);
  await Promise.all([mo, bob].map((one) => one.untilPlaying({ videos: 1 })));
});

test('a microphone that is off is tested all the same, and stays off', async () => {
  const bob = await open(await client.meeting({}));
  await bob.page.locator('#preview-microphone').click();
  assert.match((await verdict(bob)).text, /^Everything works/);
  assert.equal(await bob.page.locator('#preview-microphone').getAttribute('aria-pressed'), 'false');
});

test('a network that blocks calls is named, with what to do', async () => {
  const bob = await open(await client.meeting({}), { prepare: blockNetwork });
  const { ms, text } = await verdict(bob);
  assert.match(text, /^Your network blocks calls: .*Use another network/);
  assert.ok(ms <= patience(LIMIT), `${ms} ms`);
  await inspect(bob, 'precall-blocked');
});

test('a test that fails says so, and the next one works', async () => {
  const bob = await open(await client.meeting({}));
  await bob.page.route('**/session/*/token', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), iceServers: undefined } });
  });
  assert.match((await verdict(bob)).text, /^The test did not work\./);
  await bob.page.unroute('**/session/*/token');
  assert.match((await verdict(bob)).text, /^Everything works/);
});

test('the service is away: the verdict says so', async () => {
  const bob = await open(await client.meeting({}));
  await bob.context.setOffline(true);
  assert.match((await verdict(bob)).text, /The service cannot be reached/);
});

test('a gate of an older version: the verdict says that there is no test', async () => {
  const bob = await open(await client.meeting({}), {
    socket: (socket) => socket.onMessage((text) => {
      const { transaction } = JSON.parse(String(text));
      const error = { code: 405, reason: "The field 'echo' is not allowed here." };
      socket.send(JSON.stringify({ janus: 'error', transaction, error }));
      socket.close({ code: 4401, reason: 'no join token' });
    }),
  });
  assert.match((await verdict(bob)).text, /^This service has no test of the call\./);
});

test('a test that the network has cut off does not stand in the way of the next one', async () => {
  const codes = [];
  // The gate hears nothing of the end of the first test.
  const bob = await open(await client.meeting({}), {
    socket: (socket) => {
      const gate = socket.connectToServer();
      socket.onMessage((text) => {
        if (JSON.parse(String(text)).janus !== 'destroy') gate.send(text);
      });
      socket.onClose(() => {});
      gate.onClose((code) => codes.push(code));
    },
  });
  assert.match((await verdict(bob)).text, /^Everything works/);
  assert.deepEqual(codes, []);
  assert.match((await verdict(bob)).text, /^Everything works/);
  assert.deepEqual(codes, [4409]);
});

test('a meeting that ends during the test is no fault of the network', async () => {
  const link = await client.meeting({});
  // Nothing comes back, so that the test takes as long as it can.
  const bob = await open(link, {
    prepare: () => {
      RTCPeerConnection.prototype.getStats = async () => new Map();
    },
  });
  const { text } = await verdict(bob, async () => {
    await until(() => bob.page.evaluate(() => window.peersOfTest?.some(({ connectionState }) => connectionState === 'connected')), 'the echo');
    assert.equal((await client.call('PATCH', `/session/${link}/end`)).status, 204);
  });
  assert.match(text, /^The service does not let you test\./);
});

test('people in the waiting room test too, and go on waiting', async () => {
  const mo = await browser.person();
  const links = await createMeeting(mo, client);
  await join(mo, 'Mo');
  const { status } = await client.call('PATCH', `/session/${linkOf(links.guest)}`, { body: { access: 'waitingRoom' } });
  assert.equal(status, 204);
  const ann = await browser.person();
  await knock(ann, links.guest, 'Ann');
  assert.match((await verdict(ann)).text, /^Everything works/);
  assert.ok(await ann.page.locator('#waiting').isVisible());
  await inspect(ann, 'precall-waiting');
  await press(mo, 'Admit');
  await ann.page.locator('#call-screen').waitFor();
});

test('people who only watch have nothing to test', async () => {
  const link = await client.meeting({});
  const { body } = await client.call('POST', `/session/${link}/invites`, { body: { role: 'subscriber' } });
  const walt = await browser.person();
  await walt.page.goto(body.url);
  await heading(walt, 'Join the meeting');
  assert.ok(await walt.page.locator('#test-call').isHidden());
});

/** @type {[string, number, RegExp][]} */
const MICROPHONES = [
  ['silent', 0, /^Your microphone is silent\./],
  ['very loud', 4, /^Your microphone is very loud\./],
  ['very quiet', 0.0004, /^Your microphone is very quiet\. Did you speak\?/],
];
for (const [name, amplitude, words] of MICROPHONES) {
  test(`a ${name} microphone is named`, async () => {
    const own = await Browser.start({ flags: [microphoneOf(writeVoice(`${folder}/${amplitude}.wav`, amplitude))] });
    try {
      const bob = await open(await client.meeting({}), { of: own });
      assert.match((await verdict(bob)).text, words);
    } finally {
      await own.close();
    }
  });
}

test('without a microphone the test says so', async () => {
  const bob = await open(await client.meeting({}), {
    prepare: () => {
      const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        if (wanted.audio) throw new DOMException('none', 'NotFoundError');
        return original(wanted);
      };
    },
  });
  assert.match((await verdict(bob)).text, /^No microphone is open\./);
});

test('the test sound plays on the chosen speaker, which this device remembers', async () => {
  const bob = await open(await client.meeting({}), {
    prepare: () => {
      window.sinksOfTest = [];
      const original = HTMLMediaElement.prototype.setSinkId;
      HTMLMediaElement.prototype.setSinkId = function setSinkId(id) {
        window.sinksOfTest.push([false, id]);
        return original.call(this, id);
      };
    },
  });
  const { page } = bob;
  const more = page.locator('#more-devices summary');
  await more.click();
  const select = page.locator('#speaker-select');
  await select.waitFor();
  const ids = await select.locator('option').evaluateAll((options) => options.map(({ value }) => value));
  assert.ok(ids.length >= 2, ids.join());
  await select.selectOption(ids.at(-1));
  await press(bob, 'Play a test sound');
  await page.getByText('You should hear three notes now.').waitFor();
  await until(() => page.evaluate((id) => window.sinksOfTest.some(([, one]) => one === id), ids.at(-1)), 'the speaker to be used');
  await inspect(bob, 'precall-more');
  await page.reload();
  await more.click();
  await select.waitFor();
  await until(async () => (await select.inputValue()) === ids.at(-1), 'the speaker to be remembered');
  bob.assertNoErrors();
});
