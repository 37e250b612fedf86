/* What changed in a person's attendance when new facts came: how it is told to others. */
#ifndef CONFAB_MEETING_ATTENDANCE_CHANGE_H
#define CONFAB_MEETING_ATTENDANCE_CHANGE_H

#include "base/arena.h"
#include "meeting/attendance.h"

/* The person is in the meeting, or out of it, since `at`. */
struct attendance_change {
	bool joined; /* false: left */
	const char *attendee;
	const char *name; /* the one that goes with their grant; NULL: none */
	bool verified;    /* as in struct grant */
	enum role role;
	int64_t at;
	const char *reason; /* of leaving, see stay_reason() */
};

/* A list of them, in the order in which they are told; starts as {0}. */
struct attendance_changes {
	struct attendance_change *items; /* in the arena */
	size_t count, size;
};

/* Adds what has to be told of one person, whose stays were `before` and are `after` now, both the
 * oldest first. Every stay is told of, with its beginning and its end. What facts that come late
 * correct is told once more. Whoever hears all of it in this order knows from the last change
 * whether the person is in. Equal stays give no change. */
void attendance_compare(struct arena *arena, const struct stay *before, size_t before_count,
    const struct stay *after, size_t after_count, struct attendance_changes *changes);

#endif
