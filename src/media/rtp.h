/* RTP packets (RFC 3550), and the clock of their timestamps. */
#ifndef CONFAB_MEDIA_RTP_H
#define CONFAB_MEDIA_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RTP_PAYLOAD_MAX = 1500, /* bytes; a longer one did not come over a network */
};

struct rtp_packet {
	uint16_t seq;
	uint32_t timestamp;
	bool marker;
	int orientation;        /* the byte of the orientation extension; -1: absent */
	size_t len;             /* of the payload, without padding; may be 0 */
	const uint8_t *payload; /* inside the packet that was read */
};

/* Reads a packet. `orientation_id` is the number of the orientation extension, 0: none. False when
 * it is not RTP version 2, when an extension or the padding goes beyond its end, or when the
 * payload is longer than RTP_PAYLOAD_MAX. */
bool rtp_read(const uint8_t *data, size_t len, int orientation_id, struct rtp_packet *packet);

/* Unwraps timestamps. Start with {.rate = …}. */
struct rtp_clock {
	int rate; /* ticks a second */
	bool started;
	uint32_t timestamp; /* of the last packet */
	int64_t ticks;      /* of the last packet, since the first one */
	int64_t arrival;    /* of the last packet, in ms */
};

/* The time of a packet in microseconds since the first packet, by its timestamp. Call it in the
 * order of arrival (`arrival` in ms). A jump of the timestamp that the arrival does not show is not
 * real: the time goes on as the arrival does. */
int64_t rtp_clock_time(struct rtp_clock *clock, uint32_t timestamp, int64_t arrival);

#endif
