/* Attendees: the people who were or are in a meeting, as callers list them. */
#ifndef CONFAB_MEETING_ATTENDEE_H
#define CONFAB_MEETING_ATTENDEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meeting/attendance.h"

/* An attendee as listed. */
struct attendee {
	int64_t id;
	const char *session_id;
	const char *attendee;
	const char *name;
	bool verified; /* as in struct grant */
	int role;
	int64_t joined_on, left_on;
	bool is_active;
	int64_t open_since, closed_us;
	int64_t devices;
	const char *event_payload;
	int64_t created_on, modified_on;
};

/* Which attendees of a meeting to list. */
struct attendee_query {
	bool active_only;
	int64_t limit, offset; /* limit 0: all */
	bool with_total;
};

struct attendee_list {
	bool meeting_found; /* there is such a meeting, and it is not deleted */
	bool is_recording;  /* meeting_is_recording() of the meeting */
	struct attendee *attendees;
	size_t count;
	int64_t total; /* if with_total: the number without limit and offset */
};

/* The merged connections of all people in a meeting, and the names that others see. */
struct attended {
	bool meeting_found; /* there is such a meeting, and it is not deleted */
	struct connection *connections;
	const char **names; /* one per connection: the name of its attendee; NULL for none */
	size_t count;
};

#endif
