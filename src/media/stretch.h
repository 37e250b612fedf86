/* Which files of a recording's folder belong together (meeting/track_name.h). */
#ifndef CONFAB_MEDIA_STRETCH_H
#define CONFAB_MEDIA_STRETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "media/chain.h"
#include "meeting/track_name.h"

enum {
	STRETCH_FILES_MAX = 20000,
};

/* The files of one participant, each kind in the order of time. */
struct stretch {
	const char *participant, *attendee;
	bool screen;
	struct chain_file *audio, *video;
	size_t audio_count, video_count;
};

/* A file that is not used, and why. */
struct skipped_file {
	const char *name, *reason;
};

struct stretches {
	struct stretch *stretches; /* in the order of the participants' ids */
	size_t count;
	struct skipped_file *skipped;
	size_t skipped_count;
	int64_t size; /* bytes of all track files that are used */
};

/* Lists the folder with the descriptor `folder`. `participants` are the ids that may be used,
 * sorted by strcmp(); NULL: all. Files in which nothing came are neither used nor skipped. False
 * when the folder cannot be read, or holds more than STRETCH_FILES_MAX files. */
bool stretches_read(struct arena *arena, int folder, const char *room,
    const char *const *participants, size_t participant_count, struct stretches *stretches,
    struct error *error);

#endif
