// People at the join page in Debian's Firefox, driven over WebDriver BiDi: the same Person as in lib/browser.mjs, so the
// functions of lib/page.mjs work with both browsers. The fake devices are a tone and a moving picture.
import puppeteer from 'puppeteer-core';
import { Person, rememberPeers } from './browser.mjs';
import { until } from './stack.mjs';

const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
const LIMIT = 20000; // ms until an element is there
const PREFS = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0, // allowed
};

// Runs in the page: the elements that a locator's steps find, each step within the elements of the step before.
function find(steps) {
  const ROLES = { button: 'button', checkbox: 'input[type=checkbox]', radio: 'input[type=radio]', heading: 'h1, h2, h3' };
  const squeeze = (text) => text.replace(/\s+/g, ' ').trim();
  const nameOf = (element) => squeeze(element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent);
  const matches = (text, wanted, exact) => (exact ? text === wanted : text.toLowerCase().includes(wanted.toLowerCase()));
  const all = (roots, selector) => [...new Set(roots.flatMap((root) => [...root.querySelectorAll(selector)]))];
  const next = {
    css: (roots, { css }) => all(roots, css),
    text: (roots, { text }) => roots.filter((element) => matches(squeeze(element.textContent), text)),
    pattern: (roots, { pattern }) => roots.filter((element) => new RegExp(pattern).test(element.textContent)),
    has: (roots, { has }) => roots.filter((element) => follow(has, [element]).length > 0),
    role: (roots, { role, name, exact }) =>
      all(roots, ROLES[role]).filter((element) => element.checkVisibility() && (name === undefined || matches(nameOf(element), name, exact))),
    label: (roots, { label }) =>
      all(roots, 'label').filter((element) => element.checkVisibility() && matches(squeeze(element.textContent), label)).map(({ control }) => control),
  };
  const follow = (list, roots) => list.reduce((found, step) => next[Object.keys(step)[0]](found, step), roots);
  return follow(steps, [document]);
}

// The part of Playwright's locators that the tests use. It acts on the first element that is found.
class Locator {
  #page;
  #steps;

  constructor(page, steps) {
    this.#page = page;
    this.#steps = steps;
  }

  locator(css, options) {
    return this.#then(...stepsOf(css, options));
  }

  getByRole(role, options) {
    return this.#then({ role, ...options });
  }

  filter({ has, hasText }) {
    return this.#then(...(has ? [{ has: has.#steps }] : []), ...(hasText ? [{ text: hasText }] : []));
  }

  count() {
    return this.#run('(elements) => elements.length');
  }

  isVisible() {
    return this.#run('([element]) => Boolean(element?.checkVisibility())');
  }

  async isHidden() {
    return !(await this.isVisible());
  }

  async waitFor({ state = 'visible', timeout = LIMIT } = {}) {
    await until(async () => (await this.isVisible()) === (state === 'visible'), `${JSON.stringify(this.#steps)} to be ${state}`, timeout);
  }

  isEnabled() {
    return this.#get('(element) => !element.disabled');
  }

  textContent() {
    return this.#get('(element) => element.textContent');
  }

  inputValue() {
    return this.#get('(element) => element.value');
  }

  getAttribute(name) {
    return this.#get(`(element) => element.getAttribute(${JSON.stringify(name)})`);
  }

  evaluate(action) {
    return this.#get(String(action));
  }

  async click({ timeout = LIMIT } = {}) {
    await this.waitFor({ timeout });
    const handle = await this.#page.evaluateHandle(`(${find})(${JSON.stringify(this.#steps)})[0]`);
    try {
      await handle.click();
    } finally {
      await handle.dispose();
    }
  }

  focus() {
    return this.#get('(element) => element.focus()');
  }

  async check() {
    if (!(await this.#get('(element) => element.checked'))) await this.click();
  }

  async fill(text) {
    await this.waitFor();
    await this.#get('(element) => { element.focus(); element.select(); }');
    if (text === '') await this.#page.keyboard.press('Delete');
    else await this.#page.keyboard.type(text);
  }

  #then(...steps) {
    return new Locator(this.#page, [...this.#steps, ...steps]);
  }

  #run(action) {
    return this.#page.evaluate(`(${action})((${find})(${JSON.stringify(this.#steps)}))`);
  }

  async #get(action) {
    await until(() => this.count(), JSON.stringify(this.#steps), LIMIT);
    return this.#run(`([element]) => (${action})(element)`);
  }
}

/** @type {(css: string, options?: {hasText?: string | RegExp}) => object[]} */
const stepsOf = (css, { hasText } = {}) => [{ css }, ...(hasText ? [hasText instanceof RegExp ? { pattern: hasText.source } : { text: hasText }] : [])];

// The part of Playwright's page that the tests use, made from puppeteer's.
class Page {
  #page;

  constructor(page) {
    this.#page = page;
    this.keyboard = page.keyboard;
  }

  locator(css, options) {
    return new Locator(this.#page, stepsOf(css, options));
  }

  getByRole(role, options) {
    return new Locator(this.#page, [{ role, ...options }]);
  }

  getByLabel(label) {
    return new Locator(this.#page, [{ label }]);
  }

  inputValue(css) {
    return this.locator(css).inputValue();
  }

  on(event, action) {
    this.#page.on(event, action);
  }

  url() {
    return this.#page.url();
  }

  // A change of the fragment alone loads nothing, as in Playwright.
  goto(url, options) {
    return this.#page.goto(url, options);
  }

  reload(options) {
    return this.#page.reload(options);
  }

  evaluate(action, value) {
    return this.#page.evaluate(action, value);
  }

  // Runs in the page before its own scripts, from the next time that it is loaded.
  addInitScript(action) {
    return this.#page.evaluateOnNewDocument(action);
  }

  screenshot({ path }) {
    return this.#page.screenshot({ path });
  }

  close() {
    return this.#page.close();
  }
}

export class Firefox {
  #browser;

  constructor(browser) {
    this.#browser = browser;
  }

  // prefs are added to those above. The profile is a new folder, removed with the browser.
  static async start({ prefs = {} } = {}) {
    /** @type {import('puppeteer-core').LaunchOptions} */
    const options = { browser: 'firefox', executablePath: FIREFOX, headless: true, extraPrefsFirefox: { ...PREFS, ...prefs } };
    return new Firefox(await puppeteer.launch(options));
  }

  // A person with cookies and storage of their own. person.context has addInitScript(), as Playwright's has.
  async person({ viewport = { width: 1280, height: 800 } } = {}) {
    const context = await this.#browser.createBrowserContext();
    // A window, because the next person's tab would hide this one, and Firefox is slow in hidden tabs.
    const puppet = await context.newPage({ type: 'window' });
    await puppet.setViewport(viewport);
    await puppet.evaluateOnNewDocument(rememberPeers);
    const page = new Page(puppet);
    return new Person({ addInitScript: (action) => page.addInitScript(action), close: () => context.close() }, page);
  }

  close() {
    return this.#browser.close();
  }

  // As a crash of the machine ends it: without any clean-up.
  kill() {
    this.#browser.process().kill('SIGKILL');
  }
}
