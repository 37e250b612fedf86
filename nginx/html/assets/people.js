// The people in the call: kept from what the service and Janus say, with a message when people join or leave.
//
//   const people = new People({ room, feed, own });
//     own   () -> { name, role, attendee }: ourselves
//   people.update()      something has changed in the room
//   people.list          ourselves first
//   people.unlisted      whether a person in the room is missing from the service's list
//   people.of(participant)   -> { name, verified }
//   people.isLost(participant)   their page has lost its connection
import { UNLISTED, nameInText } from './names.js';
import { announce, notify } from './notices.js';
import { pageId } from './participants.js';
import { changesOf, peopleOf } from './roster.js';

/** @import { MeetingFeed } from './feed.js' */
/** @import { Participant } from './participants.js' */
/** @import { Room } from './room.js' */
/** @import { Own, Person } from './roster.js' */

const NAMED_AT_ONCE = 3; // more people who join or leave at once are counted, not named

/**
 * "Ann joined.", "Ann and Ben joined.", "5 people joined."
 * @param {Person[]} people
 * @param {'joined' | 'left'} verb
 */
function changeText(people, verb) {
  const names = people.map((person) => nameInText(person.name));
  if (names.length > NAMED_AT_ONCE)
    return `${names.length} people ${verb}.`;
  return `${new Intl.ListFormat('en').format(names)} ${verb}.`;
}

/**
 * @param {Person} person
 * @param {Person | undefined} before
 */
function announceMicrophone({ self, name, microphone }, before) {
  if (before?.microphone && microphone && before.microphone !== microphone)
    announce(`${self ? 'Your' : `${nameInText(name)}'s`} microphone is ${microphone}.`);
}

export class People {
  /** @type {Person[]} */
  list = [];
  #room;
  #feed;
  #own;

  /** @param {{room: Room, feed: MeetingFeed, own: () => Omit<Own, 'local'>}} options */
  constructor({ room, feed, own }) {
    this.#room = room;
    this.#feed = feed;
    this.#own = own;
    feed.addEventListener('list', ({ detail: { first } }) => this.#listChanged(first));
  }

  get unlisted() {
    return this.list.some((person) => !person.self && person.attendee === null);
  }

  /**
   * @param {Participant} participant
   * @returns {{name: string, verified: boolean}}
   */
  of({ prefix }) {
    return this.list.find((person) => person.prefix === prefix) ?? { name: UNLISTED, verified: false };
  }

  /** @param {Participant} participant */
  isLost({ id }) {
    return this.#feed.lost.has(pageId(id));
  }

  update() {
    const before = new Map(this.list.map((person) => [person.key, person]));
    this.list = peopleOf({
      attendees: this.#feed.attendees, participants: [...this.#room.participants.values()],
      own: { local: this.#room.local, ...this.#own() }, lost: this.#feed.lost,
    });
    for (const person of this.list)
      announceMicrophone(person, before.get(person.key));
  }

  /** @param {boolean} first  the people of a first list have not just come */
  #listChanged(first) {
    const before = this.list;
    this.update();
    if (first)
      return;
    const { joined, left } = changesOf(before, this.list);
    if (joined.length)
      notify(changeText(joined, 'joined'));
    if (left.length)
      notify(changeText(left, 'left'));
  }
}
