// The test of the call on the screen before it: the button, and the verdict.

import { base } from './api.js';
import { AWAY, verdictsOf } from './call-verdict.js';
import { byId, makeIcon, setText } from './page.js';

/** @import { Access } from './api.js' */
/** @import { Verdict } from './call-verdict.js' */

/** @type {Verdict} */
const FAILED = { good: false, title: 'The test did not work.', help: 'Load this page again and try again. You can also join without a test.' };
const RUNNING = 'Testing… Say a few words now.';

export class CallTestButton {
  #stream;
  #requestAccess;
  #listening = new AbortController();
  #running = false;
  /** @type {string | undefined} */
  #participantId; // of the last test

  /**
   * @param {object} options
   * @param {() => MediaStream | null} options.stream  the open devices
   * @param {(participantId?: string) => Promise<Access>} options.requestAccess  participantId: of an earlier answer
   */
  constructor({ stream, requestAccess }) {
    this.#stream = stream;
    this.#requestAccess = requestAccess;
    byId('test-call').addEventListener('click', () => this.#run().catch(() => this.#fail()), { signal: this.#listening.signal });
    this.#show('', []);
  }

  close() {
    this.#listening.abort();
    this.#show('', []);
  }

  #fail() {
    this.#running = false;
    if (!this.#listening.signal.aborted)
      this.#show('', [FAILED]);
  }

  async #run() {
    const { signal } = this.#listening;
    if (this.#running)
      return;
    this.#running = true;
    this.#show(RUNNING, []);
    // Only here, because it needs what a call needs.
    const test = await import('./precall-test.js').catch(() => null);
    const found = await test?.testCall({ requestAccess: () => this.#access(), base, stream: this.#stream(), signal });
    this.#running = false;
    if (!signal.aborted)
      this.#show('', found ? verdictsOf(found) : [AWAY]);
  }

  // Under the same id as before: the gate then ends a test that is left over, which the network has cut off.
  async #access() {
    const access = await this.#requestAccess(this.#participantId);
    this.#participantId = access.participantId;
    return access;
  }

  /**
   * @param {string} state
   * @param {Verdict[]} verdicts
   */
  #show(state, verdicts) {
    byId('test-call').setAttribute('aria-disabled', String(state !== ''));
    setText(byId('call-test-state'), state);
    byId('call-test-verdicts').replaceChildren(...verdicts.map(itemOf));
    byId('test-call-hint').hidden = state !== '' || verdicts.length > 0;
    if (verdicts.length)
      byId('call-test').scrollIntoView({ block: 'nearest' });
  }
}

/** @param {Verdict} verdict */
function itemOf({ good, title, help }) {
  const item = document.createElement('li');
  item.className = good ? 'verdict good' : 'verdict';
  const text = document.createElement('p');
  const strong = document.createElement('strong');
  strong.textContent = title;
  text.append(strong, ` ${help}`);
  item.append(makeIcon(good ? 'check' : 'notice'), text);
  return item;
}
