/* Puts packets into the order of their sequence numbers, and drops doubles. Packets that were sent
 * again come late. The memory is bounded: a packet that does not come is given up. */
#ifndef CONFAB_MEDIA_REORDER_H
#define CONFAB_MEDIA_REORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "media/rtp.h"

/* A packet and its times. */
struct timed_packet {
	struct rtp_packet rtp;
	int64_t arrival; /* ms since the first packet of the file */
	bool sure;       /* see struct mjr_packet */
	int64_t media;   /* µs by the sender's clock, since the first packet */
	int64_t time;    /* µs since the first packet: when it was made, see track.h */
};

struct reorder;

struct reorder *reorder_new(void);
void reorder_free(struct reorder *reorder);

/* Takes a copy of the packet. */
void reorder_add(struct reorder *reorder, const struct timed_packet *packet);

/* No packet comes any more: what is there need not wait. */
void reorder_end(struct reorder *reorder);

/* The next packet in order; NULL when it has not come yet and may still come. It is good until
 * reorder_drop(), which removes it. */
const struct timed_packet *reorder_next(struct reorder *reorder);
void reorder_drop(struct reorder *reorder);

/* Packets given up so far: numbers that were left out. */
int64_t reorder_lost(const struct reorder *reorder);

#endif
