/* The table of attendees: one row for each person in a session, which follows from the facts. */
#ifndef CONFAB_STORE_ATTENDEES_H
#define CONFAB_STORE_ATTENDEES_H

#include "meeting/attendance.h"
#include "meeting/grant.h"
#include "meeting/scope.h"
#include "store/db.h"

/* Writes what one person's facts amount to; the name is the grant's. */
enum db_outcome attendee_put(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, const struct grant *grant, const struct attendance *attendance,
    int64_t now);

/* Does anybody know this person in this session: were they given a role, or seen in it? */
enum db_outcome attendee_known(
    struct db *db, struct arena *arena, const char *session_id, const char *attendee, bool *known);

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
	bool is_recording;  /* the meeting is, as meeting_is_recording() says */
	struct attendee *attendees;
	size_t count;
	int64_t total; /* with_total: how many there are without limit and offset */
};

/* The attendees of a meeting by its link, oldest first. */
enum db_outcome attendees_find(struct db *db, struct arena *arena, struct target target,
    const struct attendee_query *query, struct attendee_list *list);

#endif
