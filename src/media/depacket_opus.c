/* Opus in RTP: one packet is one frame (RFC 7587). */
#include "media/frames.h"

static bool begins(const uint8_t *payload, size_t len)
{
	(void)payload;
	(void)len;
	return true;
}

static bool add(void *state, struct frame *frame, const uint8_t *payload, size_t len)
{
	(void)state;
	frame_bytes_add(&frame->bytes, payload, len);
	return true;
}

static bool finish(void *state, struct frame *frame)
{
	(void)state;
	frame->key = true;
	return true;
}

const struct depacketizer depacketizer_opus = {
    .one_packet = true, .begins = begins, .add = add, .finish = finish};
