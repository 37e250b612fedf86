/* VP9 in RTP: RFC 9628. */
#include <stdlib.h>

#include "media/frames.h"

enum {
	PICTURE_ID = 0x80, /* of the first byte */
	PREDICTED = 0x40,
	LAYERS = 0x20,
	FLEXIBLE = 0x10,
	START = 0x08,
	SCALABILITY = 0x02,
	LONG_ID = 0x80,
	REFERENCES_MAX = 3,
	FRAMES_MAX = 8, /* layers of one picture */
	SYNC = 0x498342,
	COLOUR_RGB = 7,
};

/* What the descriptor in front of the data says. */
struct descriptor {
	size_t size;
	bool start;        /* a frame (of one layer) begins */
	int layer;         /* spatial */
	int width, height; /* of the largest layer; 0: it does not say */
};

struct layers {
	size_t starts[FRAMES_MAX]; /* where the frames of the picture begin */
	int count;
	int width, height; /* of the largest layer; 0: unknown */
};

static void *state_new(void)
{
	struct layers *layers = calloc(1, sizeof *layers);

	if (layers == NULL)
		abort();
	return layers;
}

/* Bytes that are read one by one; `failed` when there are none left. */
struct bytes {
	const uint8_t *data;
	size_t len, at;
	bool failed;
};

static unsigned next(struct bytes *bytes)
{
	if (bytes->at >= bytes->len) {
		bytes->failed = true;
		return 0;
	}
	return bytes->data[bytes->at++];
}

static void scalability_read(struct bytes *bytes, struct descriptor *descriptor)
{
	unsigned first = next(bytes);
	unsigned layers = (first >> 5) + 1, pictures;

	if (first & 0x10) {
		for (unsigned i = 0; i < layers; i++) {
			unsigned width = next(bytes) << 8, height;

			width |= next(bytes);
			height = next(bytes) << 8;
			height |= next(bytes);
			descriptor->width = (int)width;
			descriptor->height = (int)height;
		}
	}
	if (first & 0x08) {
		pictures = next(bytes);
		for (unsigned i = 0; i < pictures && !bytes->failed; i++) {
			for (unsigned left = (next(bytes) >> 2) & 3; left > 0; left--)
				next(bytes);
		}
	}
}

static bool descriptor_read(const uint8_t *payload, size_t len, struct descriptor *descriptor)
{
	struct bytes bytes = {.data = payload, .len = len};
	unsigned first = next(&bytes);

	*descriptor = (struct descriptor){.start = (first & START) != 0};
	if ((first & PICTURE_ID) && (next(&bytes) & LONG_ID))
		next(&bytes);
	if (first & LAYERS) {
		descriptor->layer = (next(&bytes) >> 1) & 7;
		if ((first & FLEXIBLE) == 0)
			next(&bytes);
	}
	if ((first & FLEXIBLE) && (first & PREDICTED)) {
		for (int i = 0; i < REFERENCES_MAX && (next(&bytes) & 1); i++)
			;
	}
	if (first & SCALABILITY)
		scalability_read(&bytes, descriptor);
	descriptor->size = bytes.at;
	return !bytes.failed && bytes.at < len;
}

static bool begins(const uint8_t *payload, size_t len)
{
	struct descriptor descriptor;

	return descriptor_read(payload, len, &descriptor) && descriptor.start &&
	       descriptor.layer == 0;
}

static bool add(void *state, struct frame *frame, const uint8_t *payload, size_t len)
{
	struct layers *layers = state;
	struct descriptor descriptor;

	if (!descriptor_read(payload, len, &descriptor))
		return false;
	if (frame->bytes.len == 0)
		*layers = (struct layers){0};
	if (descriptor.start) {
		if (layers->count == FRAMES_MAX)
			return false;
		layers->starts[layers->count++] = frame->bytes.len;
	}
	if (descriptor.width > 0) {
		layers->width = descriptor.width;
		layers->height = descriptor.height;
	}
	frame_bytes_add(&frame->bytes, payload + descriptor.size, len - descriptor.size);
	return true;
}

/* The index that tells a decoder where the frames of the layers end. */
static void index_add(const struct layers *layers, struct frame *frame)
{
	enum { SIZE_BYTES = 4 };
	const uint8_t marker = (uint8_t)(0xC0 | (SIZE_BYTES - 1) << 3 | (layers->count - 1));
	size_t end = frame->bytes.len;

	frame_bytes_add(&frame->bytes, &marker, 1);
	for (int i = 0; i < layers->count; i++) {
		size_t size =
		    (i + 1 < layers->count ? layers->starts[i + 1] : end) - layers->starts[i];
		const uint8_t bytes[SIZE_BYTES] = {(uint8_t)size, (uint8_t)(size >> 8),
		    (uint8_t)(size >> 16), (uint8_t)(size >> 24)};

		frame_bytes_add(&frame->bytes, bytes, sizeof bytes);
	}
	frame_bytes_add(&frame->bytes, &marker, 1);
}

/* `count` bits at *at, and moves that. Zeros follow the data. */
static unsigned bits(const uint8_t *data, size_t *at, int count)
{
	unsigned value = 0;

	for (; count > 0; count--, (*at)++)
		value = value << 1 | ((data[*at / 8] >> (7 - *at % 8)) & 1U);
	return value;
}

/* Reads the header of the first frame: section 6.2 of the VP9 bitstream specification. */
static bool header_read(struct frame *frame)
{
	const uint8_t *data = frame->bytes.data;
	size_t at = 0;
	unsigned profile;

	if (bits(data, &at, 2) != 2)
		return false;
	profile = bits(data, &at, 1);
	profile |= bits(data, &at, 1) << 1;
	if (profile == 3)
		bits(data, &at, 1);
	if (bits(data, &at, 1) == 1)
		return true; /* it shows a frame again */
	frame->key = bits(data, &at, 1) == 0;
	bits(data, &at, 2);
	if (!frame->key)
		return true;
	if (bits(data, &at, 24) != SYNC)
		return false;
	if (profile >= 2)
		bits(data, &at, 1);
	if (bits(data, &at, 3) != COLOUR_RGB)
		bits(data, &at, profile % 2 == 1 ? 4 : 1);
	else
		bits(data, &at, profile % 2 == 1 ? 1 : 0);
	frame->width = (int)bits(data, &at, 16) + 1;
	frame->height = (int)bits(data, &at, 16) + 1;
	return true;
}

static bool finish(void *state, struct frame *frame)
{
	const struct layers *layers = state;

	if (!header_read(frame))
		return false;
	if (frame->key && layers->width > 0 && layers->height > 0) {
		frame->width = layers->width;
		frame->height = layers->height;
	}
	if (layers->count > 1)
		index_add(layers, frame);
	return true;
}

const struct depacketizer depacketizer_vp9 = {
    .state_new = state_new, .state_free = free, .begins = begins, .add = add, .finish = finish};
