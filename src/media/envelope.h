/* The lower envelope of delays. A packet comes at its time or later, never earlier: the smallest
 * delay of many packets is nearly the delay of the network alone. It tells how a sender's clock
 * lies to the clock of arrival, which all senders share. */
#ifndef CONFAB_MEDIA_ENVELOPE_H
#define CONFAB_MEDIA_ENVELOPE_H

#include <stdint.h>

struct envelope;

/* `window`: how far before and after a packet the envelope looks, in ms; at most 60,000.
 * envelope_free() frees it. */
struct envelope *envelope_new(int64_t window);
void envelope_free(struct envelope *envelope);

/* Adds a packet's delay (arrival minus the sender's time, in microseconds). `arrival` (ms) must not
 * be less than that of the one before. */
void envelope_add(struct envelope *envelope, int64_t arrival, int64_t delay);

/* The smallest delay of the packets that arrived within the window around `arrival`. All packets up
 * to `arrival` + window must have been added, and none after that. `arrival` must not be less
 * than in the call before. When nothing was added within the window, the packet before it counts.
 */
int64_t envelope_at(struct envelope *envelope, int64_t arrival);

/* After a pause: if all delays from `arrival` on are larger than one before by more than `most`
 * microseconds, the sender's clock stood still in the pause, and what was before no longer counts.
 * The same conditions as for envelope_at(). */
void envelope_pause(struct envelope *envelope, int64_t arrival, int64_t most);

#endif
