// The stage of the call screen: the pictures of people and shared screens, their places, and what is done with them.
//
//   const stage = new Stage({ room, people, onBlocked, onChange });
//     onBlocked        () the browser plays nothing before the person has touched the page; then call play() in a click
//     onChange         () what the person has chosen on the stage is another now
//   stage.render()     shows what the room and the people are now
//   stage.size         how many people can be seen or heard, ourselves among them
//   stage.turn(step)   1: shows the next page of people, -1: the one before
//   stage.play()       starts the pictures that the browser has blocked
//   stage.choice · selfView · pip · hasSelf    what the menu changes
//   stage.close()
import { layoutOf, viewsOf } from './layout.js';
import { announce } from './notices.js';
import { byId } from './page.js';
import { Pager } from './pager.js';
import { PictureInPicture } from './picture-in-picture.js';
import { SelfView } from './self-view.js';
import { TileGrid } from './tile-grid.js';
import { tilesOf } from './tiles.js';
import { ViewChoice, withSpeaker } from './view-choice.js';
import { Zoom } from './zoom.js';

/** @import { Layout } from './layout.js' */
/** @import { People } from './people.js' */
/** @import { Room } from './room.js' */
/** @import { Tile } from './tiles.js' */

export class Stage {
  size = 0;
  hasSelf = false; // we can be seen
  choice;
  selfView;
  pip;
  #room;
  #people;
  #onChange;
  #element = byId('stage');
  #cameras;
  #screens;
  #pager;
  #zoom;
  /** @type {Tile[]} */
  #tiles = [];
  #page = 0;
  /** @type {Layout | null} */
  #layout = null;
  #resized = new ResizeObserver(() => this.#place());

  /** @param {{room: Room, people: People, onBlocked: () => void, onChange: () => void}} options */
  constructor({ room, people, onBlocked, onChange }) {
    this.#room = room;
    this.#people = people;
    this.#onChange = onChange;
    const listeners = { onBlocked, onShape: () => this.#place(), onPin: (/** @type {string} */ id) => this.#pin(id) };
    this.#cameras = new TileGrid(byId('tiles'), listeners);
    this.#screens = new TileGrid(byId('screens'), listeners);
    this.choice = new ViewChoice(() => this.#changed());
    this.selfView = new SelfView(() => this.#changed());
    this.pip = new PictureInPicture(() => this.#changed());
    this.#pager = new Pager(this.#element, (step) => this.turn(step));
    this.#zoom = new Zoom(() => this.#tellRoom());
    this.#resized.observe(this.#element);
  }

  render() {
    const { cameras, screens } = tilesOf({
      room: this.#room, self: this.#people.list[0], personOf: (participant) => this.#people.of(participant),
      isLost: (participant) => this.#people.isLost(participant), absent: this.#people.absent.tiles,
    });
    this.hasSelf = cameras.some(({ self }) => self);
    const shown = cameras.filter(({ self }) => !(self && this.selfView.hidden));
    this.size = shown.length;
    byId('screens').hidden = screens.length === 0;
    this.#tiles = [...shown, ...screens];
    // Where one is large anyway, there is nothing to pin.
    const choosable = this.#tiles.filter(({ self }) => !self).length > 1;
    /** @param {Tile} tile */
    const pinOf = (tile) => (choosable ? { pinned: this.choice.isPinned(tile) } : null);
    this.#screens.render(screens, pinOf);
    this.#cameras.render(shown, pinOf);
    this.#place();
  }

  /** @param {-1 | 1} step */
  turn(step) {
    const { page = 0, pages = 1 } = this.#layout ?? {};
    this.#page = Math.max(0, Math.min(page + step, pages - 1));
    if (this.#page === page)
      return;
    this.#place();
    announce(`Page ${this.#page + 1} of ${pages}.`);
  }

  play() {
    this.#cameras.play();
    this.#screens.play();
  }

  close() {
    this.#resized.disconnect();
    this.choice.close();
    this.selfView.close();
    this.pip.close();
    this.#pager.close();
    this.#zoom.close();
    this.#cameras.close();
    this.#screens.close();
  }

  #changed() {
    this.#onChange();
  }

  /** @param {string} id */
  #pin(id) {
    const tile = this.#tiles.find((one) => one.id === id);
    if (!tile)
      return;
    this.choice.pin(tile);
    announce(this.choice.isPinned(tile) ? 'Pinned.' : 'No longer pinned.');
  }

  #place() {
    this.choice.follow(this.#room.activeSpeaker);
    const { clientWidth: width, clientHeight: height } = this.#element;
    if (width === 0 || height === 0)
      return; // it is not shown
    const main = this.choice.main(this.#tiles);
    const layout = this.#layoutOf(main, { width, height });
    this.#layout = layout;
    this.#page = layout.page;
    this.#cameras.place(layout.places);
    this.#screens.place(layout.places);
    this.#pager.render(layout);
    this.selfView.attach(this.#cameras.element('local'), this.#element);
    this.#element.style.setProperty('--floating-width', `${[...layout.places.values()].find(({ kind }) => kind === 'floating')?.width ?? 0}px`);
    this.#zoom.attach(main === null ? null : this.#screens.element(main));
    this.pip.render(this.#pictured(main));
    this.#tellRoom();
  }

  /**
   * @param {string | null} main
   * @param {{width: number, height: number}} size
   */
  #layoutOf(main, size) {
    const items = this.#tiles.map(({ id, self, screen }) => ({ id, self, screen, aspect: (screen ? this.#screens : this.#cameras).aspect(id) }));
    const stage = { main, ...size, spot: this.selfView.spot };
    const first = layoutOf({ ...stage, items, page: 0 });
    if (first.pages === 1)
      return first;
    const large = items.filter(({ id }) => id === main);
    const others = items.filter(({ id }) => id !== main);
    const ordered = withSpeaker(others, this.choice.speaker, first.places.size - large.length);
    return layoutOf({ ...stage, items: [...large, ...ordered], page: this.#page });
  }

  /**
   * Who is in picture in picture: who is large, else who speaks, else another person.
   * @param {string | null} main
   */
  #pictured(main) {
    const others = this.#tiles.filter(({ self }) => !self);
    return others.find(({ id }) => id === (main ?? this.choice.speaker)) ?? others.find(({ picture }) => picture) ?? others[0] ?? null;
  }

  /** Tells the room whose pictures are needed, and how large. */
  #tellRoom() {
    if (!this.#layout)
      return;
    const views = viewsOf(this.#layout, devicePixelRatio, (id) => this.#zoom.scaleOf(this.#screens.element(id)));
    const { view } = this.pip; // of a person who may be on another page
    if (view && !this.#layout.places.has(view.id))
      views.set(view.id, { width: view.width, height: view.height });
    this.#room.view(views);
  }
}
