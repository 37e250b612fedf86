// A list that the service gives and that events change. An answer of the service may be older than an event that came while the answer
// was on its way: it does not undo what that event has changed.

/**
 * @template Item
 * @typedef {(items: Item[]) => Item[]} Change  gives the same array where nothing changes
 */

/** @template Item */
export class LiveList {
  /** @type {Item[]} */
  items = [];
  /** @type {Set<Change<Item>[]>} */
  #later = new Set(); // of each answer that is on its way: the changes since it was asked for

  /**
   * @param {Change<Item>} change
   * @returns {boolean} whether anything has changed
   */
  change(change) {
    const before = this.items;
    for (const changes of this.#later) changes.push(change);
    this.items = change(before);
    return this.items !== before;
  }

  /**
   * Takes the list that `ask` gives, and makes the changes that have come since. The list stays as it is if `ask` gives null, or throws.
   * @param {() => Promise<Item[] | null>} ask
   */
  async load(ask) {
    /** @type {Change<Item>[]} */
    const changes = [];
    this.#later.add(changes);
    try {
      const items = await ask();
      if (items) this.items = changes.reduce((list, change) => change(list), items);
    } finally {
      this.#later.delete(changes);
    }
  }
}
