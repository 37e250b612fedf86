// The stage of the call screen: cameras and shared screens, each in a grid of its own.
//
//   const stage = new Stage({ room, people, onBlocked });
//     onBlocked        () the browser plays nothing before the person has touched the page; then call play() in a click
//   stage.render()     shows what the room and the people are now
//   stage.size         how many people can be seen or heard, ourselves among them
//   stage.play()       starts the pictures that the browser has blocked
//   stage.close()
import { byId } from './page.js';
import { TileGrid } from './tile-grid.js';
import { tilesOf } from './tiles.js';

/** @import { People } from './people.js' */
/** @import { Room } from './room.js' */

export class Stage {
  size = 0;
  #room;
  #people;
  #cameras;
  #screens;

  /** @param {{room: Room, people: People, onBlocked: () => void}} options */
  constructor({ room, people, onBlocked }) {
    this.#room = room;
    this.#people = people;
    this.#cameras = new TileGrid(byId('tiles'), onBlocked, () => this.#view());
    this.#screens = new TileGrid(byId('screens'), onBlocked, () => this.#view());
  }

  render() {
    const { cameras, screens } = tilesOf({
      room: this.#room, self: this.#people.list[0], personOf: (participant) => this.#people.of(participant),
      isLost: (participant) => this.#people.isLost(participant), absent: this.#people.absent.tiles,
    });
    this.size = cameras.length;
    byId('stage').classList.toggle('presenting', screens.length > 0);
    byId('screens').hidden = screens.length === 0;
    this.#screens.render(screens);
    this.#cameras.render(cameras);
    this.#view();
  }

  #view() {
    const sizes = [...this.#screens.sizes(), ...this.#cameras.sizes()];
    this.#room.view(new Map(sizes.filter(([id]) => this.#room.participants.has(id))));
  }

  play() {
    this.#cameras.play();
    this.#screens.play();
  }

  close() {
    this.#cameras.close();
    this.#screens.close();
  }
}
