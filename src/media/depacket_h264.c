/* H.264 in RTP: RFC 6184. The frames come out with start codes (Annex B). */
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>

#include "media/frames.h"

enum {
	NAL_SLICE = 1, /* kinds of units */
	NAL_IDR = 5,
	NAL_SEI = 6,
	NAL_SPS = 7,
	NAL_PPS = 8,
	NAL_DELIMITER = 9,
	NAL_SINGLE_MAX = 23,
	NAL_STAP_A = 24, /* several units in one packet */
	NAL_FU_A = 28,   /* a part of a unit */
	TYPE = 0x1F,
	FU_START = 0x80,
	FIRST_SLICE = 0x80, /* of a slice's second byte: its first macroblock is the picture's */
	SET_MAX = 1024,     /* bytes of a parameter set */
	START_CODE = 4,
};

static const uint8_t start_code[START_CODE] = {0, 0, 0, 1};

struct parameter_set {
	uint8_t bytes[START_CODE + SET_MAX];
	size_t len; /* with the start code; 0: none came yet */
};

struct h264 {
	AVCodecParserContext *parser;
	AVCodecContext *context;
	struct parameter_set sps, pps; /* the last ones */
	uint8_t setup[2 * (START_CODE + SET_MAX)];
};

static void *state_new(void)
{
	struct h264 *h264 = calloc(1, sizeof *h264);

	if (h264 == NULL)
		abort();
	h264->parser = av_parser_init(AV_CODEC_ID_H264);
	h264->context = avcodec_alloc_context3(NULL);
	if (h264->parser == NULL || h264->context == NULL)
		abort();
	h264->parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
	h264->context->codec_id = AV_CODEC_ID_H264;
	return h264;
}

static void state_free(void *state)
{
	struct h264 *h264 = state;

	av_parser_close(h264->parser);
	avcodec_free_context(&h264->context);
	free(h264);
}

/* Can a frame begin with a unit of this kind? `second`: the byte after its header. */
static bool unit_begins(unsigned type, uint8_t second)
{
	if (type == NAL_SLICE || type == NAL_IDR)
		return (second & FIRST_SLICE) != 0;
	return type >= NAL_SEI && type <= NAL_DELIMITER;
}

static bool begins(const uint8_t *payload, size_t len)
{
	unsigned type = payload[0] & TYPE;

	if (type == NAL_STAP_A)
		return len > 4 && unit_begins(payload[3] & TYPE, payload[4]);
	if (type == NAL_FU_A)
		return len > 2 && (payload[1] & FU_START) &&
		       unit_begins(payload[1] & TYPE, payload[2]);
	return len > 1 && unit_begins(type, payload[1]);
}

static bool units_add(struct frame *frame, const uint8_t *payload, size_t len)
{
	size_t at = 1;

	while (len - at >= 2) {
		size_t size = (size_t)payload[at] << 8 | payload[at + 1];

		at += 2;
		if (size == 0 || size > len - at)
			return false;
		frame_bytes_add(&frame->bytes, start_code, START_CODE);
		frame_bytes_add(&frame->bytes, payload + at, size);
		at += size;
	}
	return at == len;
}

static bool part_add(struct frame *frame, const uint8_t *payload, size_t len)
{
	uint8_t header;

	if (len <= 2)
		return false;
	if (payload[1] & FU_START) {
		header = (uint8_t)((payload[0] & ~TYPE) | (payload[1] & TYPE));
		frame_bytes_add(&frame->bytes, start_code, START_CODE);
		frame_bytes_add(&frame->bytes, &header, 1);
	}
	frame_bytes_add(&frame->bytes, payload + 2, len - 2);
	return true;
}

static bool add(void *state, struct frame *frame, const uint8_t *payload, size_t len)
{
	unsigned type = payload[0] & TYPE;

	(void)state;
	if (type == NAL_STAP_A)
		return units_add(frame, payload, len);
	if (type == NAL_FU_A)
		return part_add(frame, payload, len);
	if (type == 0 || type > NAL_SINGLE_MAX)
		return false;
	frame_bytes_add(&frame->bytes, start_code, START_CODE);
	frame_bytes_add(&frame->bytes, payload, len);
	return true;
}

static void set_keep(struct parameter_set *set, const uint8_t *unit, size_t len)
{
	if (len > SET_MAX)
		return;
	memcpy(set->bytes, start_code, START_CODE);
	memcpy(set->bytes + START_CODE, unit, len);
	set->len = START_CODE + len;
}

/* Looks at each unit of the frame: keeps the parameter sets. Says whether there is a key picture,
 * and whether the frame brings a parameter set. */
static void units_read(struct h264 *h264, const struct frame *frame, bool *idr, bool *sps)
{
	const uint8_t *unit = frame->bytes.data, *end = unit + frame->bytes.len;

	*idr = *sps = false;
	while (unit != NULL && end - unit > START_CODE) {
		const uint8_t *next;
		unsigned type;

		unit += START_CODE;
		next = memmem(unit, (size_t)(end - unit), start_code, START_CODE);
		type = unit[0] & TYPE;
		*idr = *idr || type == NAL_IDR;
		*sps = *sps || type == NAL_SPS;
		if (type == NAL_SPS || type == NAL_PPS)
			set_keep(type == NAL_SPS ? &h264->sps : &h264->pps, unit,
			    (size_t)((next == NULL ? end : next) - unit));
		unit = next;
	}
}

/* Writes the parameter sets in front of the frame's bytes. */
static void sets_insert(struct h264 *h264, struct frame *frame)
{
	struct frame_bytes *bytes = &frame->bytes;
	size_t len = bytes->len;

	frame_bytes_add(bytes, h264->setup, frame->setup_len); /* only makes room */
	if (bytes->failed)
		return;
	memmove(bytes->data + frame->setup_len, bytes->data, len);
	memcpy(bytes->data, h264->setup, frame->setup_len);
}

static bool finish(void *state, struct frame *frame)
{
	struct h264 *h264 = state;
	uint8_t *data;
	int size;
	bool idr, sps;

	units_read(h264, frame, &idr, &sps);
	if (!idr)
		return true;
	if (h264->sps.len == 0 || h264->pps.len == 0)
		return false; /* it cannot be decoded */
	memcpy(h264->setup, h264->sps.bytes, h264->sps.len);
	memcpy(h264->setup + h264->sps.len, h264->pps.bytes, h264->pps.len);
	frame->setup = h264->setup;
	frame->setup_len = h264->sps.len + h264->pps.len;
	if (!sps)
		sets_insert(h264, frame);
	if (frame->bytes.failed)
		return false;
	av_parser_parse2(h264->parser, h264->context, &data, &size, frame->bytes.data,
	    (int)frame->bytes.len, AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
	frame->key = true;
	frame->width = h264->parser->width;
	frame->height = h264->parser->height;
	return frame->width > 0 && frame->height > 0;
}

const struct depacketizer depacketizer_h264 = {.state_new = state_new,
    .state_free = state_free,
    .begins = begins,
    .add = add,
    .finish = finish};
