/* Sound without gaps. Players and mixers set one packet of sound after the other and do not look at
 * the times, so each gap would shift all that follows. Silence fills the gaps; packets that come
 * too many for their time are left out. */
#ifndef CONFAB_MEDIA_SOUND_H
#define CONFAB_MEDIA_SOUND_H

#include "media/chain.h"

/* A packet of sound in its place. */
struct sound_piece {
	int64_t time;
	int64_t length; /* µs */
	const uint8_t *data;
	size_t len;
	bool silence; /* it fills a gap */
};

/* Set `chain` and make the rest zero, then call sound_begin(). */
struct sound {
	struct chain *chain; /* NULL: there is no sound */
	int64_t next;        /* where the next piece begins */
	int64_t media_end;   /* of the last packet, by the sender's clock */
	int64_t silences;    /* pieces of silence before the next packet */
	bool begun;          /* a packet was placed since sound_begin() */
	bool placed;         /* the chain's present packet has its place */
	bool leaving_out;    /* packets, until the time is right again */
	int64_t left_out;    /* packets so far */
};

/* The sound now begins at `start`, which is not after the next packet. */
void sound_begin(struct sound *sound, int64_t start);

/* When the next packet of the participant was made (silence does not count); INT64_MAX: there is
 * none. */
int64_t sound_packet_time(const struct sound *sound);

/* The next piece; false at the end. It is good until sound_advance(). */
bool sound_piece(struct sound *sound, struct sound_piece *piece);
void sound_advance(struct sound *sound);

#endif
