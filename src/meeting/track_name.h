/* The names of track files. Janus names one
 * "videoroom-<room>-user-<participant>-<µs>-<kind>-<number>.mjr", with ".tmp" behind it as long as
 * it writes, or when it was killed. A participant id is "<attendee>-<device>" with "-screen" behind
 * it for a shared screen. A participant may have made files with other names, so only the names of
 * a known room and of a participant's form count. */
#ifndef CONFAB_MEETING_TRACK_NAME_H
#define CONFAB_MEETING_TRACK_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum {
	ATTENDEE_LENGTH = 16,    /* characters of an attendee's id in a participant id */
	PARTICIPANT_LENGTH = 25, /* of a participant id, without "-screen" */
};

/* The parts of a track file's name. Text lies in the arena. */
struct track_name {
	const char *participant; /* with "-screen" */
	const char *device;      /* the participant id without it */
	const char *attendee;
	bool screen;
	bool open; /* ".tmp" */
	int64_t made;
	bool is_video; /* false: sound */
};

/* Reads a name; false when it is not a track file of this room. */
bool track_name_read(
    struct arena *arena, const char *room, const char *name, struct track_name *parts);

#endif
