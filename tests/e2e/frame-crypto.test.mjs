// The cryptography of end-to-end encrypted frames, without a browser.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { pageModule } from './lib/modules.mjs';

/** @type {any} */ (globalThis).crypto ??= webcrypto; // as browsers, and Node.js from 20 on, have it

const {
  FrameDecryptor, FrameEncryptor, FrameError, ReplayWindow, SALT_BYTES, TRAILER_BYTES, headerLength, importMeetingKey,
} = await pageModule('frame-crypto.js');
const { KEY_BYTES, keyBytes, keyText, keyTextValid } = await pageModule('meeting-key.js');

const TAG_BYTES = 16;
const random = (length) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + 65536)));
  return bytes;
};
const meetingKey = await importMeetingKey(random(KEY_BYTES));
const otherKey = await importMeetingKey(random(KEY_BYTES));

// Frames as the encoders make them: a VP8 frame's first bit is 0 in key frames.
const frames = {
  audio: () => random(80),
  keyFrame: () => random(1200).map((byte, i) => (i === 0 ? byte & 0xfe : byte)),
  deltaFrame: () => random(600).map((byte, i) => (i === 0 ? byte | 1 : byte)),
};
const kindOf = { audio: 'audio', keyFrame: 'video', deltaFrame: 'video' };

const sender = (kind, { key = meetingKey, id = 'ann-device01' } = {}) => FrameEncryptor.create(key, id, kind);
const receiver = (kind, { key = meetingKey, id = 'ann-device01' } = {}) => new FrameDecryptor(key, id, kind);
const refused = (promise, code) =>
  assert.rejects(promise, (/** @type {any} */ error) => error instanceof FrameError && (code === undefined || error.code === code));
const counterOf = (sealed) => new DataView(sealed.buffer).getBigUint64(sealed.length - 9);
const saltOf = (sealed) => Buffer.from(sealed.subarray(-TRAILER_BYTES, -TRAILER_BYTES + SALT_BYTES)).toString('hex');

for (const [name, make] of Object.entries(frames)) {
  const kind = kindOf[name];

  test(`${name}: comes back unchanged, and only its header is readable on the way`, async () => {
    const [ann, bob] = [await sender(kind), receiver(kind)];
    const header = { audio: 1, keyFrame: 10, deltaFrame: 3 }[name];
    for (let i = 0; i < 20; i++) {
      const frame = make();
      const sealed = await ann.encrypt(frame);
      assert.equal(sealed.length, frame.length + TAG_BYTES + TRAILER_BYTES);
      assert.deepEqual(sealed.subarray(0, header), frame.subarray(0, header));
      const hidden = Buffer.from(sealed.subarray(header));
      assert.equal(hidden.indexOf(frame.subarray(header, header + 16)), -1);
      assert.deepEqual(await bob.decrypt(sealed), frame);
    }
  });

  test(`${name}: any changed bit is noticed: header, text, tag, salt, counter, version`, async () => {
    const [ann, bob] = [await sender(kind), receiver(kind)];
    const sealed = await ann.encrypt(make());
    const trailerAt = sealed.length - TRAILER_BYTES;
    const places = [0, headerLength(kind, sealed) - 1, headerLength(kind, sealed), trailerAt - TAG_BYTES, trailerAt - 1,
      trailerAt, trailerAt + SALT_BYTES - 1, trailerAt + SALT_BYTES, sealed.length - 2, sealed.length - 1];
    for (const at of places) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = sealed.slice();
        changed[at] ^= 1 << bit;
        await refused(bob.decrypt(changed), at === sealed.length - 1 ? 'version' : 'authentication');
      }
    }
    await bob.decrypt(sealed); // none of that did it any harm
  });
}

test('a frame of another meeting key, participant or kind is refused', async () => {
  for (const kind of ['audio', 'video']) {
    const sealed = await (await sender(kind)).encrypt(frames.deltaFrame());
    await refused(receiver(kind, { key: otherKey }).decrypt(sealed), 'authentication');
    await refused(receiver(kind, { id: 'bob-device01' }).decrypt(sealed), 'authentication');
    await refused(receiver(kind, { id: 'ann-device01-screen' }).decrypt(sealed), 'authentication');
    await refused(receiver(kind === 'audio' ? 'video' : 'audio').decrypt(sealed), 'authentication');
    await receiver(kind).decrypt(sealed);
  }
});

test('a repeated frame is refused, a late one is taken once', async () => {
  const [ann, bob] = [await sender('audio'), receiver('audio')];
  const sealed = [];
  for (let i = 0; i < 40; i++) sealed.push(await ann.encrypt(frames.audio()));
  const order = sealed.map((_, i) => i).sort((a, b) => ((a * 7) % 11) - ((b * 7) % 11));
  for (const i of order) await bob.decrypt(sealed[i]);
  for (const i of order) await refused(bob.decrypt(sealed[i]), 'replay');
});

test('a frame that comes twice at the same moment is taken once, also as the first of its salt', async () => {
  const [ann, bob] = [await sender('audio'), receiver('audio')];
  for (let i = 0; i < 3; i++) {
    const sealed = await ann.encrypt(frames.audio());
    const results = await Promise.allSettled([1, 2, 3].map(() => bob.decrypt(sealed)));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  }
});

test('the window: late within 1024 is taken, later is not, whatever comes in between', () => {
  const window = new ReplayWindow();
  assert.equal(window.accept(0), true);
  assert.equal(window.accept(5000), true);
  assert.equal(window.accept(5000 - 1023), true);
  assert.equal(window.accept(5000 - 1023), false);
  assert.equal(window.accept(5000 - 1024), false);
  assert.equal(window.accept(0), false);
  for (let counter = 5001; counter < 9000; counter += 3) assert.equal(window.accept(counter), true);
  for (let counter = 8999; counter > 8999 - 1000; counter--)
    assert.equal(window.accept(counter), (counter - 5001) % 3 !== 0, String(counter));
  assert.equal(window.accept(Number.MAX_SAFE_INTEGER), true);
  assert.equal(window.accept(Number.MAX_SAFE_INTEGER), false);
});

test('a counter is never used twice, also when frames are encrypted at the same time', async () => {
  const ann = await sender('video');
  const sealed = await Promise.all(Array.from({ length: 3000 }, () => ann.encrypt(frames.deltaFrame())));
  const counters = sealed.map(counterOf).sort((a, b) => (a < b ? -1 : 1));
  counters.forEach((counter, i) => assert.equal(counter, BigInt(i)));
  assert.equal(new Set(sealed.map(saltOf)).size, 1);
});

test('when the counter starts again the salt changes', async () => {
  const salts = new Set();
  for (let i = 0; i < 50; i++) salts.add(saltOf(await (await sender('audio')).encrypt(frames.audio())));
  assert.equal(salts.size, 50);
});

test('salts of a sender are remembered up to the limit, forged ones never', async () => {
  const bob = receiver('audio');
  const first = await sender('audio');
  const early = await first.encrypt(frames.audio());
  await bob.decrypt(early);
  for (let i = 0; i < 100; i++) {
    const forged = early.slice();
    forged.set(random(SALT_BYTES), forged.length - TRAILER_BYTES);
    await refused(bob.decrypt(forged), 'authentication');
  }
  for (let i = 1; i < 8; i++) await bob.decrypt(await (await sender('audio')).encrypt(frames.audio()));
  await refused(bob.decrypt(await (await sender('audio')).encrypt(frames.audio())), 'salts');
  await refused(bob.decrypt(early), 'replay'); // none was forgotten for a newer one
  await bob.decrypt(await first.encrypt(frames.audio()));
});

test('frames shorter than a header, empty ones and huge ones come back unchanged', async () => {
  for (const kind of ['audio', 'video']) {
    const [ann, bob] = [await sender(kind), receiver(kind)];
    for (let length = 0; length < 14; length++)
      for (const first of [0, 1]) {
        const frame = random(length).map((byte, i) => (i === 0 ? first : byte));
        assert.deepEqual(await bob.decrypt(await ann.encrypt(frame)), frame);
      }
    const huge = random(5_000_000);
    assert.deepEqual(await bob.decrypt(await ann.encrypt(huge)), huge);
  }
});

test('a truncated frame is refused', async () => {
  const [ann, bob] = [await sender('audio'), receiver('audio')];
  const sealed = await ann.encrypt(frames.audio());
  for (let length = 0; length < sealed.length; length++) {
    await refused(bob.decrypt(sealed.slice(0, length)));
    await refused(bob.decrypt(sealed.slice(sealed.length - length)));
  }
});

test('unencrypted frames are refused, and random bytes end in no other error', async () => {
  for (const kind of ['audio', 'video']) {
    const bob = receiver(kind);
    for (const make of Object.values(frames)) await refused(bob.decrypt(make()));
    for (let i = 0; i < 3000; i++) {
      const bytes = random(Math.floor(Math.random() * 200));
      if (i % 2 === 0 && bytes.length > 0) bytes[bytes.length - 1] = 1; // far enough to be looked at
      await refused(bob.decrypt(bytes));
    }
  }
});

test('a key is 16 bytes, as 22 characters of base64url and nothing else', async () => {
  for (let i = 0; i < 100; i++) {
    const bytes = random(KEY_BYTES);
    const text = keyText(bytes);
    assert.equal(text, Buffer.from(bytes).toString('base64url'));
    assert.deepEqual(keyBytes(text), bytes);
  }
  const good = keyText(random(KEY_BYTES));
  const wrong = ['', good.slice(1), `${good}A`, `${good.slice(0, 21)}B`, `${good.slice(0, 21)}=`, `+${good.slice(1)}`,
    ` ${good}`, `${good}\n`, null, undefined, 5];
  for (const text of wrong) {
    assert.ok(!keyTextValid(text));
    assert.throws(() => keyBytes(text), TypeError);
  }
  await refused(importMeetingKey(random(15)), 'key');
});
