/* One track file as a row of samples (frames with their times), in order. */
#ifndef CONFAB_MEDIA_TRACK_H
#define CONFAB_MEDIA_TRACK_H

#include "media/frames.h"
#include "media/mjr.h"

/* A frame of sound or of pictures. */
struct sample {
	bool first;    /* of its track file: the sender's clock begins anew */
	int64_t time;  /* when it was made, as a time of the wall clock; each is at least 1 ms later
			  than the last */
	int64_t media; /* µs by the sender's clock since the track's first packet */
	int64_t length; /* µs of sound; 0 for a picture */
	const struct frame *frame;
	int orientation; /* the byte of RTP's orientation extension: bits 0 and 1 quarter turns
			    clockwise, bit 2 mirrored */
};

/* What was found while reading. */
struct track_counts {
	int64_t packets; /* good ones */
	int64_t bad;     /* that were not RTP, or impossible */
	int64_t lost;    /* numbers that never came */
	int64_t frames, keys;
	int64_t dropped;      /* frames: damaged ones, and those before the first key frame */
	int64_t skipped, cut; /* bytes, see mjr_skipped() */
	int64_t last;         /* arrival of the last packet, ms since the first */
};

struct track;

/* Begins to read. The caller closes the file after track_free(). */
struct track *track_new(const struct mjr_file *file);
void track_free(struct track *track);

/* The next sample, good until the next call. The first picture is a key frame. False at the end,
 * and when the disk fails (then track_failed()).
 *
 * The time of a sample comes from the arrival of packets: the file has no other clock that people
 * share. A packet comes late by an unknown delay, and a sender's clock drifts or steps; so the
 * smallest delay nearby counts (envelope.h). It is at most the arrival. */
bool track_next(struct track *track, struct sample *sample);

/* The errno of a failed read; 0: none failed. */
int track_failed(const struct track *track);

struct track_counts track_counts(const struct track *track);

/* Adds the counts of another track, but not `last`. */
void track_counts_add(struct track_counts *sum, const struct track_counts *more);

/* The bytes of the file that were read so far. */
int64_t track_at(const struct track *track);

/* How long the sound of an Opus packet is, in microseconds (RFC 6716, 3.1); 0: it is no packet. */
int64_t opus_length(const uint8_t *packet, size_t len);

#endif
