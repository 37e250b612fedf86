/* The status of a meeting: rules without I/O. */
#include "meeting/lifecycle.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"

static const char *const names[] = {
    [MEETING_SCHEDULED] = "scheduled",
    [MEETING_ACTIVE] = "active",
    [MEETING_ENDED] = "ended",
};

enum meeting_status meeting_status(const struct meeting *meeting)
{
	if (meeting->end_time != TIME_NONE)
		return MEETING_ENDED;
	if (meeting->start_time == TIME_NONE && meeting->is_scheduled)
		return MEETING_SCHEDULED;
	return MEETING_ACTIVE;
}

const char *meeting_status_name(enum meeting_status status)
{
	return names[status];
}

bool meeting_status_parse(const char *name, enum meeting_status *status)
{
	for (size_t i = MEETING_SCHEDULED; i <= MEETING_ENDED; i++) {
		if (strcmp(names[i], name) == 0) {
			*status = (enum meeting_status)i;
			return true;
		}
	}
	return false;
}

bool meeting_is_recording(const struct meeting *meeting)
{
	return meeting->recording_id != NULL && meeting->end_time == TIME_NONE;
}
