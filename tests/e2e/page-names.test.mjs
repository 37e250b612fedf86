// Names and links in the page: a name cannot turn the text around it, nor pass for another person's; a link is found also
// after a mail program has changed it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Client } from './lib/client.mjs';
import { Page } from './lib/janus.mjs';
import { pageModule } from './lib/modules.mjs';
import { enter, heading, isolated, moderate, openInTab, people, press, tile } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const stack = sharedStack();
const client = new Client(stack);
const inviteUrl = async (link, body = {}) => (await client.call('POST', `/session/${link}/invites`, { body })).body.url;
const TURNING = /[\u202A-\u202E\u2066\u2067]/;
// As earlier versions may have stored them: override, embedding and isolate without an end, and a name in Hebrew.
const NAMES = { 'Eve\u202Egnp': 'Evegnp', '\u202BMallory': 'Mallory', 'Trent\u2067': 'Trent', '\u05D3\u05D5\u05D3 \u05DB\u05D4\u05DF': '\u05D3\u05D5\u05D3 \u05DB\u05D4\u05DF' };

describe('a link that a mail program has changed', () => {
  const token = `eyJhbGciOiJIUzI1NiJ9.eyJtZWV0aW5nTGlua0lkIjoiYWJjIn0.${'s-_9'.repeat(11).slice(0, 43)}`;
  const other = token.replace('s-_9', '1234');
  const key = 'k-_'.repeat(8).slice(0, 22);
  const half = token.slice(0, 30);
  const rest = token.slice(30);
  const plain = {
    'as it was': token, 'a full stop': `${token}.`, 'an angle bracket': `${token}>`, 'a bracket': `${token})`, 'a quote': `${token}"`,
    'a comma and a word': `${token}, thanks`, 'a line end': `${token}%0D%0A`, 'wrapped': `${half}%0D%0A${rest}`, 'wrapped and quoted': `${half}\r\n> ${rest}`,
    'a blank inside': `${half}%20${rest}`, 'encoded twice': `${half}%250D%250A${rest}`, 'quoted-printable': `3D${half}=\r\n${rest}`,
    'invisible characters': `\u200B${half}\u00AD${rest}`, 'a stray percent sign': `${token}%`, 'a word glued on': `${token}Thanks`,
  };
  let readFragment;
  let readAddress;
  let bearerIn;
  before(async () => ({ readFragment, readAddress, bearerIn } = await pageModule('link.js')));

  for (const [what, text] of Object.entries(plain))
    test(`the invite is found: ${what}`, () => {
      const { invite, damaged } = readFragment(`#invite=${text}`);
      assert.equal(invite, token);
      assert.equal(damaged, false);
    });

  test('the key of an encrypted meeting and the other invites are found too', () => {
    for (const end of ['', '.', '>', ')', '"', '%0D%0A', '%20Thanks'])
      assert.equal(readFragment(`#invite=${token}&key=${key}${end}`).key, key, end);
    const found = readFragment(`#invite=${token}.&amp;guests=${other})&watch=%0A${other}&amp;key=${key.slice(0, 9)}%0D%0A${key.slice(9)}`);
    assert.deepEqual([found.invite, found.guests, found.watch, found.key], [token, other, other, key]);
    assert.equal(readFragment(`#invite=${token}&key=${key.slice(0, 9)}.`).key, key.slice(0, 9), 'the rest of a key that was cut off is found');
    assert.equal(readFragment(`#invite=${token}`).key, undefined);
  });

  test('a text that is no token is damaged; a fragment that is not ours is not', () => {
    for (const text of ['', '%20', 'abc', '>', half, token.slice(0, -1), '%F0%9F%98%80', '...', `${token.slice(0, 20)}..${rest}`])
      assert.deepEqual([readFragment(`#invite=${text}`).invite, readFragment(`#invite=${text}`).damaged], [undefined, true], text);
    for (const hash of ['', '#', '#top', '#token=a.b.c']) assert.equal(readFragment(hash).damaged, false, hash);
  });

  test('the code of a short link is found, and only there', () => {
    const code = '7q3k9xw2m4hd8rna';
    for (const text of [code, `${code}.`, `${code}>`, `${code})"`, `${code.slice(0, 5)}%0D%0A${code.slice(5)}`, `${code}%20Thanks`, code.toUpperCase(), '7q3k-9xw2-m4hd-8rna'])
      assert.deepEqual([readFragment(`#${text}`, true).code, readFragment(`#${text}`, true).damaged], [code, false], text);
    const found = readFragment(`#${code}&guests=${code.replace('7', '8')}&amp;watch=${code.replace('7', '9')}&key=${key}.`, true);
    assert.deepEqual([found.code, found.guests, found.watch, found.key], [code, code.replace('7', '8'), code.replace('7', '9'), key]);
    for (const text of [code.slice(1), `key=${key}`, 'invite=x']) assert.deepEqual([readFragment(`#${text}`, true).code, readFragment(`#${text}`, true).damaged], [undefined, true], text);
    assert.deepEqual([readFragment(`#invite=${token}`, true).invite, readFragment(`#invite=${token}`, true).damaged], [token, false]);
    assert.equal(readFragment(`#${code}`).code, undefined);
    assert.equal(readFragment(`#invite=${token}&guests=${token.slice(0, 30)}`).guests, undefined, 'half an invite is no code');
  });

  test('an address says where the service is, and which meeting', () => {
    for (const [address, base, meeting] of [
      ['https://a.example/', 'https://a.example/', null], ['https://a.example/index.html', 'https://a.example/', null], ['https://a.example/j/Ab_-9#x', 'https://a.example/', 'Ab_-9'],
      ['https://a.example/meet/j/x', 'https://a.example/meet/', 'x'], ['https://a.example/meet/', 'https://a.example/meet/', null], ['https://a.example/j/', 'https://a.example/', ''],
    ]) {
      const found = readAddress(address);
      assert.deepEqual([found.base.href, found.link], [base, meeting], address);
    }
  });

  test('a bearer token is found in what was pasted', () => {
    const bearer = `eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.${'r-_7'.repeat(90)}`;
    for (const text of [bearer, `Bearer ${bearer}\r\n`, ` ${bearer.slice(0, 50)}\n${bearer.slice(50)} `, `"${bearer}"`]) assert.equal(bearerIn(text), bearer);
    assert.equal(readFragment(`#token=${bearer}%0A`).token, bearer);
    assert.equal(bearerIn('nonsense'), '');
  });
});

test('the initials of a name leave out what is in brackets', async () => {
  const { initials } = await pageModule('names.js');
  const all = ['Lena Park (guest)', 'Dr Ann Meyer', 'Bo', '(guest)'].map(initials);
  assert.deepEqual(all, ['LP', 'DM', 'B', '(']);
});

test('a name in a sentence is always isolated, and cannot break out', async () => {
  const { nameInText, shownName } = await pageModule('names.js');
  assert.equal(nameInText('Ann'), isolated('Ann'));
  for (const [stored, shown] of Object.entries(NAMES)) assert.equal(nameInText(stored), isolated(shown));
  assert.equal(nameInText('Ann\u2069\u2069 was \u2068'), isolated('Ann was'));
  assert.equal(nameInText('x'.repeat(300)), isolated(`${'x'.repeat(40)}…`));
  for (const unseen of ['\u200B', '\u202E\u3164', '\u2800 ', null, undefined]) assert.equal(shownName(unseen), '');
  assert.equal(shownName('می\u200Cخواهم'), 'می\u200Cخواهم');
});

describe('in browsers', () => {
  let browser;
  before(async () => {
    browser = await Browser.start();
  });
  after(() => browser.close());

  test('a link from a mail leads into the meeting; a damaged one says what to do', async () => {
    const link = await client.meeting({});
    const { url: short, longUrl: url } = (await client.call('POST', `/session/${link}/invites`, { body: { role: 'subscriber' } })).body;
    const cut = url.length - 60;
    const half = short.length - 8;
    const person = await browser.person();
    const open = async (address) => {
      await person.page.goto('about:blank');
      await person.page.goto(address);
    };
    for (const mangled of [`${url}.`, `${url}>`, `${url})"`, `${url.slice(0, cut)}%0D%0A${url.slice(cut)}`, `${url.slice(0, cut)}%20${url.slice(cut)}%0D%0A`,
      short, `${short}.`, `${short}>`, `${short.slice(0, half)}%0D%0A${short.slice(half)})`, `${short}%20Thanks`, short.replace(/#.*/, (code) => code.toUpperCase())]) {
      await open(mangled);
      await heading(person, 'Join the meeting');
    }
    for (const damaged of [url.slice(0, cut), `${client.base}/#invite=%0D%0A`, `${client.base}/#invite=`, short.slice(0, half)]) {
      await open(damaged);
      await heading(person, 'This link is damaged');
      await person.page.getByText('Copy the whole link').waitFor();
    }
    person.assertNoErrors();
    await person.leave();
  });

  test('a token with a line end inside is refused at once', async () => {
    const person = await browser.person();
    await person.page.goto(client.base);
    await person.page.evaluate(() => sessionStorage.setItem('confab.bearer', JSON.stringify('abc\ndef')));
    await person.page.reload();
    await press(person, 'Create meeting');
    await person.page.getByText('The access token was not accepted').waitFor();
  });

  test('a person who was invited by name has a mark; a guest of the same name is shown as a guest', async () => {
    const link = await client.meeting({});
    const [ann, bob] = await Promise.all([browser.person(), browser.person()]);
    const guests = await inviteUrl(link, { role: 'subscriber' });
    await enter(bob, guests, 'ANN');
    await enter(ann, await inviteUrl(link, { name: 'Ann', role: 'moderator' }));
    for (const person of [ann, bob]) {
      const list = await people(person);
      await list.filter({ hasText: 'ANN (guest)' }).waitFor();
      const marked = list.filter({ has: person.page.getByText('verified', { exact: true }) }).filter({ has: person.page.locator('.person-verified:visible') });
      await until(async () => (await marked.count()) === 1, 'one mark');
      assert.equal(await marked.locator('.person-name').textContent(), 'Ann');
    }
    await tile(bob, /^Ann$/).locator('.tile-verified:visible').waitFor();
    assert.match(await tile(bob, /^Ann$/).locator('.tile-state').textContent(), /verified/);
    // In the call a damaged link changes nothing.
    await openInTab(bob, guests.slice(0, -3));
    await bob.page.getByText('That link is damaged').waitFor();
    assert.ok(await bob.page.locator('#call-screen').isVisible());
    for (const person of [ann, bob]) person.assertNoErrors();
    await Promise.all([ann.leave(), bob.leave()]);
  });

  test('a person whom the list does not have yet has no name, whatever they call themselves', async () => {
    const link = await client.meeting({});
    const [ann, bob] = await Promise.all([browser.person(), browser.person()]);
    const hidden = { list: true };
    await bob.page.route('**/attendees?active=true', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: hidden.list ? [] : await response.json() });
    });
    await enter(ann, await inviteUrl(link, { name: 'Ann' }));
    await enter(bob, await inviteUrl(link, { role: 'subscriber' }), 'Bob');
    await tile(bob, 'New participant').waitFor();
    assert.ok(!(await bob.page.locator('#call-screen').textContent()).includes('Ann'), 'the name that Ann gives herself is shown');
    hidden.list = false;
    await tile(bob, 'Ann').waitFor();
    await Promise.all([ann.leave(), bob.leave()]);
  });

  test('names that turn the text are shown harmless, and isolated in messages, questions and labels', async () => {
    const link = await client.meeting({});
    const ann = await browser.person();
    const names = Object.keys(NAMES);
    const extra = { count: 0 };
    // The service accepts no such names any more: the test adds them to its answers.
    await ann.page.route('**/attendees?active=true', async (route) => {
      const response = await route.fetch();
      const [own] = await response.json();
      const others = names.slice(0, extra.count).map((name, i) => ({ ...own, id: 100 + i, attendee: `x${i}`, name, verified: false, extMetadata: { webhookPayload: null } }));
      await route.fulfill({ response, json: own ? [own, ...others] : [] });
    });
    await ann.page.addInitScript(() => {
      window.saidOfTest = [];
      new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach((node) => window.saidOfTest.push(node.textContent))))
        .observe(document, { childList: true, subtree: true });
    });
    await enter(ann, await inviteUrl(link, { role: 'moderator', name: 'Ann' }));
    await until(async () => (await (await people(ann)).count()) === 1, 'Ann');
    const said = () => ann.page.evaluate(() => window.saidOfTest);
    for (const [i, shown] of Object.values(NAMES).entries()) {
      extra.count = i + 1;
      // The page asks for the list when somebody comes who sends.
      const comer = await Page.join(await client.token(link, { data: `comer${i}` }));
      await until(async () => (await said()).includes(`${isolated(shown)} joined.`), `${shown} to be announced`);
      const row = (await people(ann)).filter({ hasText: shown });
      assert.equal(await row.locator('.person-name').textContent(), shown);
      assert.equal(await row.locator('.person-name').getAttribute('title'), shown);
      comer.kill();
    }
    const [, mallory] = Object.values(NAMES);
    await moderate(ann, 'Remove', mallory);
    assert.ok((await ann.page.locator('#confirm-text').textContent()).startsWith(`${isolated(mallory)} leaves`));
    await ann.page.locator('#confirm-cancel').click();
    const attributes = await ann.page.evaluate(() => /** @type {HTMLElement[]} */ ([...document.querySelectorAll('*')]).flatMap((element) => [element.title, element.ariaLabel, element.textContent]));
    assert.deepEqual(attributes.filter((text) => text && TURNING.test(text)), []);
    await ann.leave();
  });
});
