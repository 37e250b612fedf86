// One person with two tabs of the same meeting in one browser: the second tab asks whether to go on in it, and is the same
// person then.
//
//   const seat = new Seat(meeting, onMoved);    this tab is in the call; onMoved: the call goes on in another tab
//   seat.close()
//   await findSeat(meeting)                     -> the tab that is in the call: { guest, take(), close() }; null: there is none
//     guest    the signed identity of the person there, if they are a guest
//     take()   that tab leaves the call: only when this one has a place in it
//     close()  that tab stays

/** @import { Meeting } from './meeting.js' */

/** @typedef {{guest: string | undefined, take: () => void, close: () => void}} Taken */

const ANSWER_LIMIT = 400; // ms

/**
 * Tabs with links of another role or name are another person's. Null: this browser lets tabs not talk to each other.
 * @param {Meeting} meeting
 */
function open({ link, role, fixedName }) {
  try {
    return new BroadcastChannel(`confab.${link}.${role}.${fixedName ?? ''}`);
  } catch {
    return null;
  }
}

export class Seat {
  #channel;

  /**
   * @param {Meeting} meeting
   * @param {() => void} onMoved
   */
  constructor(meeting, onMoved) {
    this.#channel = open(meeting);
    this.#channel?.addEventListener('message', ({ data }) => {
      if (data.ask)
        this.#channel?.postMessage({ seat: true, guest: meeting.guest });
      if (data.take)
        onMoved();
    });
  }

  close() {
    this.#channel?.close();
  }
}

/**
 * @param {Meeting} meeting
 * @returns {Promise<Taken | null>}
 */
export function findSeat(meeting) {
  const channel = open(meeting);
  if (!channel)
    return Promise.resolve(null);
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      channel.close();
      resolve(null);
    }, ANSWER_LIMIT);
    channel.addEventListener('message', ({ data }) => {
      if (!data.seat)
        return;
      clearTimeout(timer);
      resolve({
        guest: data.guest,
        take() {
          channel.postMessage({ take: true });
          channel.close();
        },
        close: () => channel.close(),
      });
    });
    channel.postMessage({ ask: true });
  });
}
