// The people in the call: kept from what the service and Janus say, with a message when people join or leave.
//
//   const people = new People({ room, feed, own, onChange });
//     onChange   () the tile of an absent person has gone
//     own   () -> { name, role, attendee }: ourselves
//   people.update()      something has changed in the room
//   people.list          ourselves first
//   people.unlisted      whether a person in the room is missing from the service's list
//   people.of(participant)   -> { name, verified }
//   people.isLost(participant)   their page has lost its connection
//   people.absent        Absent: who has lost the connection and has left the room since
//   people.hadOthers     whether anybody else was there since we have come
//   people.close()
import { Absent } from './absent.js';
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
  hadOthers = false;
  absent;

  /** @param {{room: Room, feed: MeetingFeed, own: () => Omit<Own, 'local'>, onChange: () => void}} options */
  constructor({ room, feed, own, onChange }) {
    this.absent = new Absent(onChange);
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
    return this.#personOf(prefix);
  }

  /** @param {Participant} participant */
  isLost({ id }) {
    const page = pageId(id);
    return this.#feed.lost.has(page) || this.#room.participants.get(page)?.silent === true;
  }

  close() {
    this.absent.close();
  }

  update() {
    const before = new Map(this.list.map((person) => [person.key, person]));
    const participants = [...this.#room.participants.values()];
    /** @type {[string, string][]} */
    const silent = participants.filter((participant) => participant.silent).map(({ id }) => [id, '']);
    this.list = peopleOf({
      attendees: this.#feed.attendees, participants, own: { local: this.#room.local, ...this.#own() },
      lost: new Map([...silent, ...this.#feed.lost]),
    });
    this.hadOthers ||= this.list.length > 1;
    this.#updateAbsent(participants);
    for (const person of this.list) {
      announceMicrophone(person, before.get(person.key));
      if (person.lost && before.get(person.key)?.lost === false)
        announce(`${nameInText(person.name)} has lost the connection.`);
    }
  }

  /** @param {Participant[]} participants */
  #updateAbsent(participants) {
    if (this.#room.state !== 'joined')
      return; // it is our own connection that is lost
    const missed = this.absent.missing.length;
    const cameras = participants.filter(({ isScreen }) => !isScreen);
    const lost = cameras.filter((camera) => this.isLost(camera)).map(({ id, prefix }) => {
      const { attendee = null, name, verified } = this.#personOf(prefix);
      return { id, prefix, attendee, name, verified };
    });
    this.absent.update({ lost, here: new Set(cameras.map(({ prefix }) => prefix)) });
    if (this.absent.missing.length > missed)
      this.#tellMissing(this.absent.missing.at(-1)?.name ?? UNLISTED);
  }

  /**
   * A person who is alone now reads it in the middle of the page.
   * @param {string} name
   */
  #tellMissing(name) {
    const tell = this.list.length > 1 ? notify : announce;
    tell(`${nameInText(name)} has not come back yet.`);
  }

  /**
   * @param {string} prefix
   * @returns {{attendee?: string | null, name: string, verified: boolean}}
   */
  #personOf(prefix) {
    return this.list.find((person) => person.prefix === prefix) ?? { name: UNLISTED, verified: false };
  }

  /** @param {boolean} first  the people of a first list have not just come */
  #listChanged(first) {
    const before = this.list;
    this.update();
    if (first)
      return;
    const changes = changesOf(before, this.list);
    const { joined } = changes;
    const left = changes.left.filter(({ attendee }) => !this.absent.has(attendee));
    if (joined.length)
      notify(changeText(joined, 'joined'));
    if (left.length)
      notify(changeText(left, 'left'));
  }
}
