/* VP8 in RTP: RFC 7741. */
#include "media/frames.h"

enum {
	START = 0x10, /* of the first byte: a partition begins; its number is in the low bits */
	PARTITION = 0x07,
	EXTENDED = 0x80,
	PICTURE_ID = 0x80, /* of the second byte: what follows it */
	TL0PICIDX = 0x40,
	TID = 0x20,
	KEYIDX = 0x10,
	LONG_ID = 0x80,
	KEY_SIZE = 10, /* the header of a key frame */
	SIZE_MASK = 0x3FFF,
};

/* The length of the descriptor in front of the data; 0 when it is cut. */
static size_t descriptor_size(const uint8_t *payload, size_t len)
{
	size_t size = 1;

	if (payload[0] & EXTENDED) {
		uint8_t follows;

		if (len < 2)
			return 0;
		follows = payload[1];
		size = 2;
		if (follows & PICTURE_ID) {
			if (len <= size)
				return 0;
			size += payload[size] & LONG_ID ? 2 : 1;
		}
		size += (follows & TL0PICIDX) != 0;
		size += (follows & (TID | KEYIDX)) != 0;
	}
	return size < len ? size : 0;
}

static bool begins(const uint8_t *payload, size_t len)
{
	(void)len;
	return (payload[0] & START) != 0 && (payload[0] & PARTITION) == 0;
}

static bool add(void *state, struct frame *frame, const uint8_t *payload, size_t len)
{
	size_t size = descriptor_size(payload, len);

	(void)state;
	if (size == 0)
		return false;
	frame_bytes_add(&frame->bytes, payload + size, len - size);
	return true;
}

static bool finish(void *state, struct frame *frame)
{
	const uint8_t *data = frame->bytes.data;

	(void)state;
	frame->key = (data[0] & 1) == 0;
	if (!frame->key)
		return true;
	if (frame->bytes.len < KEY_SIZE || data[3] != 0x9D || data[4] != 0x01 || data[5] != 0x2A)
		return false;
	frame->width = (data[6] | data[7] << 8) & SIZE_MASK;
	frame->height = (data[8] | data[9] << 8) & SIZE_MASK;
	return frame->width > 0 && frame->height > 0;
}

const struct depacketizer depacketizer_vp8 = {.begins = begins, .add = add, .finish = finish};
