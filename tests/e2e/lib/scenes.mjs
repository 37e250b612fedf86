// Every screen of the join page in a state that is worth looking at. A scene is a function that takes a person there and leaves them.
import { painter, crowd, openFakeCall, showPeople } from './fake-call.mjs';
import { choose, createMeeting, enter, heading, join, knock, linkOf, people, press, tile } from './page.mjs';
import { until } from './stack.mjs';

/** @import { Browser, Person } from './browser.mjs' */
/** @import { Client } from './client.mjs' */

const WIDE = /** @type {[number, number]} */ ([1280, 720]);
const VISIT = { title: 'Check-up after the operation', host: 'Dr Ada Meyer', duration: 30, timeZone: 'Europe/Berlin' };

// Runs in the page before its own scripts: the camera shows a painted person.
function paintCamera() {
  const { mediaDevices } = navigator;
  const original = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async ({ audio, video }) => {
    const stream = await original({ audio, video });
    const [camera] = stream.getVideoTracks();
    if (camera) {
      camera.stop();
      stream.removeTrack(camera);
      const [painted] = window.paintOfTest('camera', [1280, 720], 7).getVideoTracks();
      stream.addTrack(painted);
    }
    return stream;
  };
}

const preview = ({ page }) => until(() => page.locator('#preview-video').evaluate((video) => /** @type {HTMLVideoElement} */ (video).videoWidth > 0), 'a preview');

/** @param {import('playwright-core').Page} page */
async function untilPictured(page) {
  await until(() => page.evaluate(() => [...document.querySelectorAll('.tile.pictured')].filter((one) => one.checkVisibility()).every((one) => one.classList.contains('live'))), 'the pictures');
}

export class Scenes {
  #browser;
  #client;

  /**
   * @param {Browser} browser
   * @param {Client} client
   */
  constructor(browser, client) {
    this.#browser = browser;
    this.#client = client;
  }

  async #person() {
    const person = await this.#browser.person({ timezoneId: 'Europe/Berlin', locale: 'en-GB', reducedMotion: 'reduce', hasTouch: false });
    await person.context.addInitScript(`window.paintOfTest = (${painter})()`);
    await person.context.addInitScript(paintCamera);
    return person;
  }

  async #fake(fakes, { self = WIDE, view = '' } = {}) {
    const person = await this.#person();
    await person.page.goto(this.#client.base);
    await person.page.locator('#start-screen').waitFor();
    await openFakeCall(person.page, { self });
    await showPeople(person.page, fakes);
    await untilPictured(person.page);
    if (view) await choose(person, view);
    return person;
  }

  async #invited(meeting, invite) {
    const link = await this.#client.meeting(meeting);
    const { body } = await this.#client.call('POST', `/session/${link}/invites`, { body: invite });
    const person = await this.#person();
    await person.page.goto(body.url);
    return person;
  }

  async #start() {
    const person = await this.#person();
    await person.page.goto(this.#client.base);
    await heading(person, 'Start a meeting');
    return person;
  }

  async #create() {
    const person = await this.#person();
    await person.page.goto(`${this.#client.base}/#token=${await this.#client.bearer()}`);
    await person.page.locator('#create-form').waitFor();
    return person;
  }

  async #created() {
    const person = await this.#create();
    await press(person, 'Create meeting');
    await heading(person, 'Your meeting is ready');
    return person;
  }

  async #early() {
    const person = await this.#invited({ isScheduled: true, scheduleTime: '2031-05-06T08:30:00Z', extMetadata: VISIT }, { name: 'Ms Lee' });
    await heading(person, 'This meeting is not open yet');
    return person;
  }

  async #before() {
    const person = await this.#invited({ extMetadata: VISIT }, { name: 'Ms Lee' });
    await preview(person);
    return person;
  }

  async #damaged() {
    const person = await this.#person();
    await person.page.goto(`${this.#client.base}/#invite=nonsense`);
    await heading(person, 'This link is damaged');
    return person;
  }

  // A patient waits; the moderator sees it.
  async #waitingRoom() {
    const mo = await this.#person();
    const links = await createMeeting(mo, this.#client);
    await join(mo, 'Dr Meyer');
    await this.#client.call('PATCH', `/session/${linkOf(links.guest)}`, { body: { access: 'waitingRoom', extMetadata: VISIT } });
    const guest = await this.#person();
    await knock(guest, links.guest, 'Ms Lee');
    await preview(guest);
    return { mo, guest, links };
  }

  // A call of two that is real. The service records it.
  async #call() {
    const ann = await this.#person();
    const links = await createMeeting(ann, this.#client, { options: ['Record this meeting'] });
    await join(ann, 'Dr Meyer');
    const bob = await this.#person();
    await enter(bob, links.guest, 'Ms Lee');
    await ann.untilPlaying({ videos: 1, sounds: 0 });
    return { ann, bob };
  }

  /** @type {Record<string, () => Promise<Person>>}  by name */
  all = {
    'start-token': () => this.#start(),
    'start': () => this.#create(),
    'created': () => this.#created(),
    'damaged': () => this.#damaged(),
    'early': () => this.#early(),
    'before-the-call': () => this.#before(),
    'waiting-room': async () => (await this.#waitingRoom()).guest,
    'waiting-banner': async () => (await this.#waitingRoom()).mo,
    'alone': async () => {
      const person = await this.#invited({}, { name: 'Ms Lee' });
      await join(person);
      return person;
    },
    'one-to-one': () => this.#fake([{ id: 'doctor', name: 'Dr Ada Meyer', size: WIDE }]),
    'one-to-one-phone': () => this.#fake([{ id: 'doctor', name: 'Dr Ada Meyer', size: [720, 1280] }], { self: [720, 1280] }),
    'camera-off': () => this.#fake([{ id: 'doctor', name: 'Dr Ada Meyer', microphoneOff: true }]),
    'four': () => this.#fake(crowd(3, WIDE).map((one, i) => ({ ...one, speaking: i === 1 }))),
    'class': () => this.#fake(crowd(11).map((one, i) => ({ ...one, speaking: i === 4, microphoneOff: i > 5, ...(i === 8 && { size: undefined }) }))),
    'pages': () => this.#fake(crowd(30)),
    'speaker': () => this.#fake(crowd(11).map((one, i) => ({ ...one, speaking: i === 4 })), { view: 'Speaker view' }),
    'screen': () => this.#fake([...crowd(5), { id: 'person-0-screen', name: 'Ana', size: WIDE }]),
    'pinned': async () => {
      const person = await this.#fake(crowd(4));
      await tile(person, 'Chloé').hover();
      await tile(person, 'Chloé').locator('.tile-pin').click();
      return person;
    },
    'menu': async () => {
      const person = await this.#fake(crowd(3));
      await press(person, 'More');
      return person;
    },
    'names': () => this.#fake([
      { id: 'a', name: 'Dr Maximiliane Freifrau von und zu Hohenstein-Wittelsbach the Younger', size: WIDE },
      { id: 'b', name: '‏שלום הלל בן דוד', microphoneOff: true }, { id: 'c', name: 'محمد بن عبد الله', size: [720, 1280] }, { id: 'd', name: 'W'.repeat(60) }]),
    'real-call': async () => (await this.#call()).ann,
    'people': async () => {
      const { ann } = await this.#call();
      await people(ann);
      return ann;
    },
    'devices': async () => {
      const { bob } = await this.#call();
      await choose(bob, 'Devices');
      return bob;
    },
    'invite': async () => {
      const { ann } = await this.#call();
      await choose(ann, 'Invite people');
      return ann;
    },
    'leaving': async () => {
      const { ann } = await this.#call();
      await press(ann, 'Leave');
      return ann;
    },
    'after': async () => {
      const { ann } = await this.#call();
      await press(ann, 'Leave');
      await ann.page.locator('#leave-accept').click();
      await heading(ann, 'You have left the call');
      await until(async () => (await ann.page.locator('#attendance-rows tr').count()) >= 2, 'the attendance');
      return ann;
    },
  };
}
