// What people do on the join page, in the page's own words.
import assert from 'node:assert/strict';
import { PERMISSIONS } from './client.mjs';
import { patience, until } from './stack.mjs';

const JOIN_LIMIT = 20000; // ms until devices are open and the call is there

const button = (page, name) => page.getByRole('button', { name, exact: true });

// Creates a meeting on the start screen, with the named options checked. Returns the links; the creator's page then shows the
// screen before the call.
export async function createMeeting(person, client, { options = [], watch = false } = {}) {
  const { page } = person;
  const bearer = await client.bearer({ permissions: PERMISSIONS });
  await page.goto(`${client.base}/#token=${bearer}`);
  for (const name of options) await page.getByRole('checkbox', { name }).check();
  await button(page, 'Create meeting').click();
  const links = { guest: await filled(page, '#created-link'), own: await filled(page, '#created-own-link') };
  if (watch) {
    await page.locator('#make-watch-link').click();
    links.watch = await filled(page, '#watch-link');
  }
  assert.ok(!page.url().includes('token='), 'the token stays in the address bar');
  await page.locator('#go-to-meeting').click();
  return links;
}

async function filled(page, selector) {
  await page.locator(selector).waitFor();
  return until(() => page.inputValue(selector), `a link in ${selector}`);
}

// The meeting that an invite's link is to: a short one, or a long one.
export function linkOf(url) {
  const short = new URL(url).pathname.match(/^\/j\/(.+)$/)?.[1];
  if (short) return short;
  const invite = new URLSearchParams(new URL(url).hash.slice(1)).get('invite');
  return JSON.parse(Buffer.from(invite.split('.')[1], 'base64url').toString()).meetingLinkId;
}

// From the screen before the call into the call.
export async function join(person, name, limit = JOIN_LIMIT) {
  const { page } = person;
  await button(page, 'Join').waitFor({ timeout: patience(limit) });
  if (name !== undefined) await page.getByLabel('Your name').fill(name);
  await until(() => button(page, 'Join').isEnabled(), 'the devices', limit);
  await button(page, 'Join').click();
  await untilJoined(person, limit);
}

// In the call, with the connection up.
export async function untilJoined({ page }, limit = JOIN_LIMIT) {
  await page.locator('#call-screen').waitFor({ timeout: patience(limit) });
  await page.locator('#connection-banner').waitFor({ state: 'hidden', timeout: patience(limit) });
}

// A reload during the call, after which the page goes back into it by itself.
export async function reload(person) {
  await person.page.reload();
  await untilJoined(person);
}

export async function enter(person, url, name, limit) {
  await person.page.goto(url);
  await join(person, name, limit);
}

// Opens the link and presses Join; the page then says that one waits.
export async function knock(person, url, name) {
  const { page } = person;
  await page.goto(url);
  await page.getByLabel('Your name').fill(name);
  await until(() => button(page, 'Join').isEnabled(), 'the devices');
  await button(page, 'Join').click();
  await page.locator('#waiting').waitFor();
}

// As if a link was opened in the tab that is in the call already. A short link of another meeting loads the page anew.
export async function openInTab({ page }, url) {
  const left = (error) => assert.match(error.message, /context was destroyed|navigat/i);
  await page.evaluate((address) => {
    location.href = address;
  }, url).catch(left);
  const { pathname } = new URL(url);
  await until(() => new URL(page.url()).hash === '' && new URL(page.url()).pathname === pathname, 'the secrets to be out of the address bar');
}

export const press = ({ page }, name) => button(page, name).click();

// An item of the menu "More".
export async function choose({ page }, name) {
  await button(page, 'More').click();
  await page.locator('#more-menu button', { hasText: new RegExp(`^\\s*${name}\\s*$`) }).click();
}

// Whether the menu has the item with this id.
export const inMenu = ({ page }, id) => page.locator(`#more-menu #${id}`).evaluate((item) => !(/** @type {HTMLElement} */ (item)).hidden);

// The list of people, opened if it is not.
export async function people({ page }) {
  if (!(await page.locator('#people-panel').isVisible())) await button(page, 'People').click();
  return page.locator('#people li');
}

// One of the list's buttons, "Mute" of "Bob".
export async function moderate(person, action, name) {
  await people(person);
  await button(person.page, `${action}: ${isolated(name)}`).click();
}

// A name as it is in sentences and labels: it cannot turn the direction of the text around it.
export const isolated = (name) => `\u2068${name}\u2069`;

export async function confirm({ page }) {
  await page.locator('#confirm-accept').click();
}

export const tile = ({ page }, name) => page.locator('#tiles > li.tile').filter({ has: page.locator('.tile-name', { hasText: name }) });

export const heading = ({ page }, name) => page.getByRole('heading', { name }).waitFor({ timeout: patience(JOIN_LIMIT) });
