// Visits in real browsers that are recorded, and the archives that come of them.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { enter } from './page.mjs';
import { until } from './stack.mjs';
import { timeDevices } from './true-time.mjs';

/** @import { Look } from './true-time.mjs' */

/** @type {Record<string, Look>} */
export const LOOKS = {
  Ann: { colour: [255, 255, 0], tone: 700, screen: [0, 0, 255] },
  Bob: { colour: [0, 255, 255], tone: 1200 },
  Cem: { colour: [255, 0, 255], tone: 1900 },
  Dora: { colour: [0, 255, 0], tone: 2900 },
};

export class Visit {
  constructor(client, browser, link) {
    this.client = client;
    this.browser = browser;
    this.link = link;
  }

  static async begin(client, browser) {
    return new Visit(client, browser, await client.meeting({ enableArchiving: true }));
  }

  // A person with a camera and a microphone that tell the time joins by an invite with their name; `url`: of an earlier one.
  async come(name, url) {
    const person = await this.browser.person();
    await person.context.addInitScript(timeDevices, LOOKS[name]);
    const body = { role: name === 'Ann' ? 'moderator' : 'publisher', name };
    const invite = url ?? (await this.client.call('POST', `/session/${this.link}/invites`, { body })).body.url;
    await enter(person, invite);
    return Object.assign(person, { invite });
  }

  async end() {
    assert.equal((await this.client.call('PATCH', `/session/${this.link}/end`)).status, 204);
  }

  // Waits until the visit's archive fulfils this, and gives its metaData.
  async archive(fulfils, what, limit) {
    const { items } = (await this.client.call('GET', `/archives?meetingLinkId=${this.link}`)).body;
    assert.equal(items.length, 1);
    let metaData;
    await until(async () => {
      ({ metaData } = (await this.client.call('GET', `/archives/${items[0].metaData.id}`)).body);
      assert.notEqual(metaData.status, 'failed', metaData.reason);
      return fulfils(metaData);
    }, what, limit).catch((error) => {
      throw new Error(`${error.message}: it is ${JSON.stringify(metaData)}`);
    });
    return metaData;
  }

  // Saves what is behind a link of the archive.
  async download(url, file) {
    const { pathname, search } = new URL(url, this.client.base);
    const response = await fetch(new URL(pathname + search, this.client.base));
    assert.equal(response.status, 200);
    writeFileSync(file, Buffer.from(await response.arrayBuffer()));
    return file;
  }
}
