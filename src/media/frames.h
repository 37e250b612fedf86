/* Puts the packets of a frame together. A codec says how its packets are read (RFC 7741, RFC 9628,
 * RFC 6184, RFC 7587). A frame that misses a packet is dropped; decoding goes on with the next one.
 */
#ifndef CONFAB_MEDIA_FRAMES_H
#define CONFAB_MEDIA_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/mjr.h"
#include "media/reorder.h"

enum {
	WIDTH_MAX = 4096, /* pixels; a larger picture would cost its decoder too much memory */
	HEIGHT_MAX = 2160,
};

/* The bytes of a frame that grows. Zeros follow, as libavcodec wants them. */
struct frame_bytes {
	uint8_t *data;
	size_t len;
	size_t size; /* of the memory */
	bool failed; /* the frame became too long */
};

void frame_bytes_add(struct frame_bytes *bytes, const uint8_t *data, size_t len);

/* What a codec's functions know of a frame. */
struct frame {
	struct frame_bytes bytes;
	bool key;          /* a decoder can start here */
	int width, height; /* of a key frame with a picture, in pixels */
	/* What a decoder must know before its first frame (H.264: the parameter sets). Of a key
	 * frame; NULL: nothing. */
	const uint8_t *setup;
	size_t setup_len;
};

/* How the packets of a codec are read. */
struct depacketizer {
	bool one_packet; /* each packet is a frame */
	/* Makes the codec's memory; NULL: it needs none. `free` releases it. */
	void *(*state_new)(void);
	void (*state_free)(void *state);
	/* Is this payload (not empty) the beginning of a frame? */
	bool (*begins)(const uint8_t *payload, size_t len);
	/* Adds a payload to the frame; false when it is malformed. */
	bool (*add)(void *state, struct frame *frame, const uint8_t *payload, size_t len);
	/* All packets are there: finds out what kind of frame it is, and may change its bytes.
	 * False when it is no frame. */
	bool (*finish)(void *state, struct frame *frame);
};

extern const struct depacketizer depacketizer_vp8, depacketizer_vp9, depacketizer_h264,
    depacketizer_opus;

/* Puts frames together. */
struct frames;

struct frames *frames_new(enum media_codec codec);
void frames_free(struct frames *frames);

/* A whole frame; good until the next call. */
struct whole_frame {
	const struct frame *frame;
	int64_t media, time; /* of its first packet, see struct timed_packet */
	int orientation;     /* of its packets; -1: they do not say */
};

/* Takes the next packet in order. `*consumed` is false when the packet must be given again, because
 * a frame came to its end before it. True when `*whole` is a whole frame. */
bool frames_add(struct frames *frames, const struct timed_packet *packet, bool *consumed,
    struct whole_frame *whole);

/* No packet comes any more: true when `*whole` is the last frame. */
bool frames_end(struct frames *frames, struct whole_frame *whole);

/* Frames that were dropped. */
int64_t frames_dropped(const struct frames *frames);

#endif
