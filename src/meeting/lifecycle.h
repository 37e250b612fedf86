/* The status of a meeting: rules without I/O. */
#ifndef CONFAB_MEETING_LIFECYCLE_H
#define CONFAB_MEETING_LIFECYCLE_H

#include <stdbool.h>

#include "meeting/meeting.h"

/* Every meeting has exactly one status. The numbers are those of the column meetings.status, which
 * lists use; sql/0002-moderation.sql has the same rule. */
enum meeting_status {
	MEETING_SCHEDULED = 1, /* it has a time, and nobody has a token yet */
	MEETING_ACTIVE = 2,    /* all other meetings */
	MEETING_ENDED = 3,     /* it never starts again */
};

enum meeting_status meeting_status(const struct meeting *meeting);

/* "scheduled", "active", "ended". */
const char *meeting_status_name(enum meeting_status status);

/* False when `name` is another text. */
bool meeting_status_parse(const char *name, enum meeting_status *status);

/* Does the meeting record, or will it record from the first media on? An ended meeting does not. */
bool meeting_is_recording(const struct meeting *meeting);

#endif
