/* What state a meeting is in: rules without I/O. */
#ifndef CONFAB_MEETING_LIFECYCLE_H
#define CONFAB_MEETING_LIFECYCLE_H

#include <stdbool.h>

#include "meeting/meeting.h"

/* Every meeting has exactly one. The numbers are those of the column meetings.status, by which
 * lists are made: sql/0002-moderation.sql has the same rule once more. */
enum meeting_status {
	MEETING_SCHEDULED = 1, /* it has a time, and nobody has been let in yet */
	MEETING_ACTIVE = 2,    /* neither of the two others */
	MEETING_ENDED = 3,     /* for good */
};

enum meeting_status meeting_status(const struct meeting *meeting);

/* "scheduled", "active", "ended". */
const char *meeting_status_name(enum meeting_status status);

/* False if `name` is none of them. */
bool meeting_status_parse(const char *name, enum meeting_status *status);

/* Is it being recorded, or will it be from the first media on? Nothing is once it has ended. */
bool meeting_is_recording(const struct meeting *meeting);

#endif
