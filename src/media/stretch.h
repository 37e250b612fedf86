/* Which files of a recording's folder belong together. Janus names a track file
 * "videoroom-<room>-user-<participant>-<µs>-<kind>-<number>.mjr", with ".tmp" behind it as long as
 * it writes, or when it was killed. A participant id is "<attendee>-<device>" with "-screen" behind
 * it for a shared screen. A participant may have made files with other names, so only the names of
 * a known room and participant count. */
#ifndef CONFAB_MEDIA_STRETCH_H
#define CONFAB_MEDIA_STRETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "media/chain.h"

enum {
	ATTENDEE_LENGTH = 16,    /* characters of an attendee's id in a participant id */
	PARTICIPANT_LENGTH = 25, /* of a participant id, without "-screen" */
	STRETCH_FILES_MAX = 20000,
};

/* The parts of a track file's name. Text lies in the arena. */
struct track_name {
	const char *participant; /* with "-screen" */
	const char *device;      /* the participant id without it */
	const char *attendee;
	bool screen;
	bool open; /* ".tmp" */
	int64_t made;
	enum media_kind kind;
};

/* Reads a name; false when it is not a track file of this room. */
bool track_name_read(
    struct arena *arena, const char *room, const char *name, struct track_name *parts);

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
