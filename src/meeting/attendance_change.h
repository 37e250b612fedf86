/* Changes of a person's attendance after new facts, for the events of the meeting. */
#ifndef CONFAB_MEETING_ATTENDANCE_CHANGE_H
#define CONFAB_MEETING_ATTENDANCE_CHANGE_H

#include "base/arena.h"
#include "meeting/attendance.h"

/* The person has joined or left the meeting at `at`. */
struct attendance_change {
	bool joined; /* false: left */
	const char *attendee;
	const char *name; /* from their grant; NULL: none */
	bool verified;    /* as in struct grant */
	enum role role;
	int64_t at;
	const char *reason; /* of leaving, see stay_reason() */
};

/* A list of changes, in the order of their events. It starts as {0}. */
struct attendance_changes {
	struct attendance_change *items; /* in the arena */
	size_t count, size;
};

/* Adds the changes of one person between the stays `before` and the stays `after`, both the oldest
 * first. Each stay gives a change for its beginning and one for its end. If late facts correct a
 * stay, there are further changes. The last change of a person always tells whether they are in the
 * meeting. Equal stays give no change. */
void attendance_compare(struct arena *arena, const struct stay *before, size_t before_count,
    const struct stay *after, size_t after_count, struct attendance_changes *changes);

#endif
