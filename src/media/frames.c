/* Puts the packets of a frame together: those with the same timestamp, with no number missing. */
#include "media/frames.h"

#include <stdlib.h>
#include <string.h>

enum {
	FRAME_MAX = 4 * 1024 * 1024, /* bytes */
	START_SIZE = 16 * 1024,
	PADDING = 64, /* zeros after a frame: AV_INPUT_BUFFER_PADDING_SIZE */
};

struct frames {
	const struct depacketizer *codec;
	void *state;
	struct frame frame;
	struct whole_frame whole;
	bool open, bad; /* a frame has begun; it misses something */
	bool started;   /* `seq` is the number of the last packet */
	uint16_t seq;
	uint32_t timestamp;
	int64_t dropped;
};

static const struct depacketizer *depacketizer_of(enum media_codec codec)
{
	static const struct depacketizer *const all[] = {[CODEC_OPUS] = &depacketizer_opus,
	    [CODEC_VP8] = &depacketizer_vp8,
	    [CODEC_VP9] = &depacketizer_vp9,
	    [CODEC_H264] = &depacketizer_h264};

	return all[codec];
}

void frame_bytes_add(struct frame_bytes *bytes, const uint8_t *data, size_t len)
{
	if (bytes->failed || len > FRAME_MAX - bytes->len) {
		bytes->failed = true;
		return;
	}
	if (bytes->len + len + PADDING > bytes->size) {
		size_t size = bytes->size == 0 ? START_SIZE : bytes->size;

		while (bytes->len + len + PADDING > size)
			size *= 2;
		bytes->data = realloc(bytes->data, size);
		if (bytes->data == NULL)
			abort();
		bytes->size = size;
	}
	memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
	memset(bytes->data + bytes->len, 0, PADDING);
}

struct frames *frames_new(enum media_codec codec)
{
	struct frames *frames = calloc(1, sizeof *frames);

	if (frames == NULL)
		abort();
	frames->codec = depacketizer_of(codec);
	if (frames->codec->state_new != NULL)
		frames->state = frames->codec->state_new();
	return frames;
}

void frames_free(struct frames *frames)
{
	if (frames == NULL)
		return;
	if (frames->codec->state_free != NULL)
		frames->codec->state_free(frames->state);
	free(frames->frame.bytes.data);
	free(frames);
}

int64_t frames_dropped(const struct frames *frames)
{
	return frames->dropped;
}

static void frame_open(struct frames *frames, const struct timed_packet *packet)
{
	struct frame_bytes bytes = frames->frame.bytes;

	bytes.len = 0;
	bytes.failed = false;
	frames->frame = (struct frame){.bytes = bytes};
	frames->whole = (struct whole_frame){.frame = &frames->frame,
	    .media = packet->media,
	    .time = packet->time,
	    .orientation = -1};
	frames->open = true;
	frames->bad = !frames->codec->begins(packet->rtp.payload, packet->rtp.len);
	frames->timestamp = packet->rtp.timestamp;
}

static bool size_good(const struct frame *frame)
{
	return !frame->key || (frame->width <= WIDTH_MAX && frame->height <= HEIGHT_MAX);
}

/* The open frame is at its end. */
static bool frame_close(struct frames *frames, struct whole_frame *whole)
{
	frames->open = false;
	if (!frames->bad && !frames->frame.bytes.failed && frames->frame.bytes.len > 0 &&
	    frames->codec->finish(frames->state, &frames->frame) && size_good(&frames->frame) &&
	    !frames->frame.bytes.failed) {
		*whole = frames->whole;
		return true;
	}
	frames->dropped++;
	return false;
}

bool frames_add(struct frames *frames, const struct timed_packet *packet, bool *consumed,
    struct whole_frame *whole)
{
	const struct rtp_packet *rtp = &packet->rtp;
	bool follows = frames->started && rtp->seq == (uint16_t)(frames->seq + 1);

	if (frames->open && !follows)
		frames->bad = true;
	if (frames->open && rtp->timestamp != frames->timestamp) {
		*consumed = false;
		return frame_close(frames, whole);
	}
	*consumed = true;
	frames->started = true;
	frames->seq = rtp->seq;
	if (rtp->len == 0)
		return false; /* it only probes the bandwidth */
	if (!frames->open)
		frame_open(frames, packet);
	if (rtp->orientation >= 0)
		frames->whole.orientation = rtp->orientation;
	if (!frames->codec->add(frames->state, &frames->frame, rtp->payload, rtp->len))
		frames->bad = true;
	return (rtp->marker || frames->codec->one_packet) && frame_close(frames, whole);
}

bool frames_end(struct frames *frames, struct whole_frame *whole)
{
	return frames->open && frame_close(frames, whole);
}
