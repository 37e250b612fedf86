// Every button that copies a link: it copies, and it says so when the browser does not let it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { PERMISSIONS, Client } from './lib/client.mjs';
import { choose, confirm, enter, join, linkOf, press } from './lib/page.mjs';
import { sharedStack, until } from './lib/stack.mjs';

const client = new Client(sharedStack());
let browser;

before(async () => {
  browser = await Browser.start();
});
after(() => browser?.close());

async function create({ page }, options = []) {
  await page.goto(`${client.base}/#token=${await client.bearer({ permissions: PERMISSIONS })}`);
  for (const name of options) await page.getByRole('checkbox', { name }).check();
  await page.getByRole('button', { name: 'Create meeting', exact: true }).click();
  await page.locator('#created').waitFor();
}

const buttons = ({ page }, visible) =>
  page.evaluate((only) => [...document.querySelectorAll('button[id^="copy-"]')].filter((one) => !only || one.checkVisibility()).map(({ id }) => id), visible);

// Presses every button that copies and can be seen; each time its field's text is what the clipboard then has.
async function copyAll(person, copied) {
  const { page } = person;
  for (const id of await buttons(person, true)) {
    const text = await page.inputValue(`#${id.replace('copy-', '')}`);
    assert.ok(text, id);
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await page.locator(`#${id}`).click();
    await until(async () => (await page.evaluate(() => navigator.clipboard.readText())) === text, `${id} to copy`);
    copied.add(id);
  }
}

test('every button that copies puts the text of its field into the clipboard', async () => {
  const copied = new Set();
  const permissions = ['camera', 'microphone', 'clipboard-read', 'clipboard-write'];
  const [ann, mia] = [await browser.person(), await browser.person()];
  for (const { context } of [ann, mia]) await context.grantPermissions(permissions);
  await create(ann, ['End-to-end encryption']);
  await press(ann, 'Make a link for those who only watch');
  await ann.page.locator('#watch-link').waitFor();
  await copyAll(ann, copied);
  const link = await ann.page.inputValue('#created-link');
  await press(ann, 'Go to the meeting');
  await join(ann, 'Ann');
  await choose(ann, 'Invite people');
  await copyAll(ann, copied);
  // A moderator without a link for guests hands on the new key's text.
  const { body } = await client.call('POST', `/session/${linkOf(link)}/invites`, { body: { role: 'moderator' } });
  await enter(mia, `${body.url}&key=${link.split('key=')[1]}`, 'Mia');
  await press(mia, 'End-to-end encrypted');
  await press(mia, 'Renew the key…');
  await press(mia, 'Renew the key');
  await confirm(mia);
  await mia.page.locator('#copy-link-ending').waitFor();
  await copyAll(mia, copied);
  assert.deepEqual([...copied].sort(), (await buttons(ann)).sort());
  for (const person of [ann, mia]) await person.leave();
});

test('a browser that refuses to copy: the page says so, and selects the text', async () => {
  const person = await browser.person();
  await person.context.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    document.execCommand = () => false;
  });
  const { page } = person;
  await create(person);
  await page.locator('#copy-created-own-link').click();
  await page.getByText('does not let this page copy').waitFor();
  assert.equal(await page.getByText('Copied.').count(), 0);
  assert.equal(await page.evaluate(() => getSelection().toString()), await page.inputValue('#created-own-link'));
  assert.equal(await page.locator('#copy-created-own-link use').getAttribute('href'), '#icon-copy');
  await person.leave();
});
