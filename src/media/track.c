/* One track file as a row of samples. Two cursors go through the file: a scout, which adds the
 * delays of the near future to the envelope, and the reader behind it. So the memory does not grow
 * with the file. */
#include "media/track.h"

#include <stdlib.h>

#include "base/clock.h"
#include "media/envelope.h"
#include "media/reorder.h"

enum {
	WINDOW_VIDEO = 30000, /* ms: pictures stall for seconds, but their clock only drifts */
	WINDOW_AUDIO = 1000,  /* ms: an overloaded sender loses sound, and its clock steps */
	PAUSE_MIN = 1500,     /* ms without a packet */
	RATE_VIDEO = 90000,
	RATE_AUDIO = 48000,
};

#define DELAY_MAX (30 * SECOND)       /* between making a frame and its arrival */
#define SLEPT_MIN (500 * MILLISECOND) /* that a sender's clock lost in a pause */
#define EARLY_MAX (5 * SECOND)        /* of a frame before the first packet's arrival */

/* Reads packets in the order of their arrival. */
struct source {
	struct mjr_cursor *cursor;
	struct rtp_clock clock;
	int64_t packets, bad;
};

struct track {
	struct mjr_file file;
	struct source scout, reader;
	struct timed_packet ahead; /* the scout's packet that is not in the envelope yet */
	bool has_ahead, ended;
	struct envelope *envelope;
	int64_t window;
	struct reorder *reorder;
	struct frames *frames;
	struct track_counts counts;
	bool started; /* the first key frame has come */
	int64_t last; /* the time of the last sample */
	int orientation;
};

static bool source_next(
    const struct track *track, struct source *source, struct timed_packet *packet)
{
	struct mjr_packet read;

	while (mjr_next(source->cursor, &read)) {
		if (!rtp_read(
			read.data, read.len, track->file.header.orientation_id, &packet->rtp)) {
			source->bad++;
			continue;
		}
		source->packets++;
		packet->arrival = read.arrival;
		packet->sure = read.sure || source->packets == 1;
		packet->media = rtp_clock_time(&source->clock, packet->rtp.timestamp, read.arrival);
		return true;
	}
	return false;
}

static struct source source_new(const struct mjr_file *file)
{
	return (struct source){.cursor = mjr_cursor_new(file),
	    .clock = {.rate = file->header.kind == MEDIA_VIDEO ? RATE_VIDEO : RATE_AUDIO}};
}

struct track *track_new(const struct mjr_file *file)
{
	struct track *track = calloc(1, sizeof *track);

	if (track == NULL)
		abort();
	track->file = *file;
	track->scout = source_new(&track->file);
	track->reader = source_new(&track->file);
	track->window = file->header.kind == MEDIA_VIDEO ? WINDOW_VIDEO : WINDOW_AUDIO;
	track->envelope = envelope_new(track->window);
	track->reorder = reorder_new();
	track->frames = frames_new(file->header.codec);
	track->has_ahead = source_next(track, &track->scout, &track->ahead);
	track->last = INT64_MIN;
	return track;
}

void track_free(struct track *track)
{
	if (track == NULL)
		return;
	mjr_cursor_free(track->scout.cursor);
	mjr_cursor_free(track->reader.cursor);
	envelope_free(track->envelope);
	reorder_free(track->reorder);
	frames_free(track->frames);
	free(track);
}

int track_failed(const struct track *track)
{
	int failed = mjr_failed(track->reader.cursor);

	return failed != 0 ? failed : mjr_failed(track->scout.cursor);
}

struct track_counts track_counts(const struct track *track)
{
	struct track_counts counts = track->counts;

	counts.packets = track->reader.packets;
	counts.bad = track->reader.bad;
	counts.lost = reorder_lost(track->reorder);
	counts.dropped += frames_dropped(track->frames);
	counts.skipped = mjr_skipped(track->reader.cursor);
	counts.cut = mjr_cut(track->reader.cursor);
	return counts;
}

void track_counts_add(struct track_counts *sum, const struct track_counts *more)
{
	sum->packets += more->packets;
	sum->bad += more->bad;
	sum->lost += more->lost;
	sum->frames += more->frames;
	sum->keys += more->keys;
	sum->dropped += more->dropped;
	sum->skipped += more->skipped;
	sum->cut += more->cut;
}

int64_t track_at(const struct track *track)
{
	return mjr_at(track->reader.cursor);
}

/* Adds the delays up to `until` (ms) to the envelope. */
static void envelope_advance(struct track *track, int64_t until)
{
	while (track->has_ahead && track->ahead.arrival <= until) {
		if (track->ahead.sure)
			envelope_add(track->envelope, track->ahead.arrival,
			    track->ahead.arrival * MILLISECOND - track->ahead.media);
		track->has_ahead = source_next(track, &track->scout, &track->ahead);
	}
}

/* Reads one packet and puts it among those that wait for their turn. */
static void packet_read(struct track *track)
{
	struct timed_packet packet = {0};
	int64_t arrived;

	if (!source_next(track, &track->reader, &packet)) {
		track->ended = true;
		reorder_end(track->reorder);
		return;
	}
	arrived = packet.arrival * MILLISECOND;
	envelope_advance(track, packet.arrival + track->window);
	/* The clock of a sleeping laptop may stand still. A network that stalls looks alike, but
	 * then the delays become small again. */
	if (packet.arrival - track->counts.last > PAUSE_MIN)
		envelope_pause(track->envelope, packet.arrival, SLEPT_MIN);
	packet.time = packet.media + envelope_at(track->envelope, packet.arrival);
	/* The envelope is at most the delay of each packet in it. Packets with an unsure arrival
	 * are not in it. */
	if (packet.time > arrived)
		packet.time = arrived;
	if (packet.time < arrived - DELAY_MAX)
		packet.time = arrived - DELAY_MAX;
	if (packet.time < -EARLY_MAX)
		packet.time = -EARLY_MAX;
	track->counts.last = packet.arrival;
	reorder_add(track->reorder, &packet);
}

/* The next whole frame. */
static bool frame_next(struct track *track, struct whole_frame *whole)
{
	for (;;) {
		const struct timed_packet *packet = reorder_next(track->reorder);
		bool consumed, found;

		if (packet == NULL && track->ended)
			return frames_end(track->frames, whole);
		if (packet == NULL) {
			packet_read(track);
			continue;
		}
		found = frames_add(track->frames, packet, &consumed, whole);
		if (consumed)
			reorder_drop(track->reorder);
		if (found)
			return true;
	}
}

int64_t opus_length(const uint8_t *packet, size_t len)
{
	enum { FRAME_COUNT = 0x3F };
	/* Milliseconds of a frame: SILK and the three bandwidths of it, hybrid, CELT. */
	static const int64_t silk[] = {10000, 20000, 40000, 60000};
	static const int64_t celt[] = {2500, 5000, 10000, 20000};
	const int64_t most = 120000;
	int64_t frame, count;
	int mode;

	if (len == 0)
		return 0;
	mode = packet[0] >> 3;
	if (mode < 12)
		frame = silk[mode % 4];
	else if (mode < 16)
		frame = mode % 2 == 0 ? 10000 : 20000;
	else
		frame = celt[mode % 4];
	switch (packet[0] & 3) {
	case 0:
		count = 1;
		break;
	case 3:
		count = len > 1 ? packet[1] & FRAME_COUNT : 0;
		break;
	default:
		count = 2;
	}
	return frame * count <= most ? frame * count : 0;
}

/* Is the frame of use? If so it becomes the sample. */
static bool sample_make(struct track *track, const struct whole_frame *whole, struct sample *sample)
{
	const struct frame *frame = whole->frame;

	*sample = (struct sample){
	    .first = track->counts.frames == 0, .media = whole->media, .frame = frame};
	if (track->file.header.kind == MEDIA_AUDIO) {
		sample->length = opus_length(frame->bytes.data, frame->bytes.len);
		if (sample->length == 0)
			return false;
	} else if (!track->started && !frame->key) {
		return false;
	}
	if (whole->orientation >= 0)
		track->orientation = whole->orientation;
	sample->orientation = track->orientation;
	sample->time = track->file.header.first + whole->time;
	/* A file counts in milliseconds. Where a sender's picture changes its size, Janus writes a
	 * key frame of each size in nearly the same moment, the one that stays last. */
	if (sample->time >= track->last + MILLISECOND)
		return true;
	/* Frames that come too often for their times must not lead the track into the future. */
	if (track->last - sample->time > SECOND)
		return false;
	sample->time = track->last + MILLISECOND;
	return true;
}

bool track_next(struct track *track, struct sample *sample)
{
	struct whole_frame whole;

	while (frame_next(track, &whole)) {
		if (!sample_make(track, &whole, sample)) {
			track->counts.dropped++;
			continue;
		}
		track->started = true;
		track->last = sample->time;
		track->counts.frames++;
		track->counts.keys += sample->frame->key;
		return true;
	}
	return false;
}
