/* The table of attendees: one row for each person in a session, which follows from the facts. */
#ifndef CONFAB_STORE_ATTENDEES_H
#define CONFAB_STORE_ATTENDEES_H

#include "meeting/attendance.h"
#include "meeting/attendee.h"
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

/* The attendees of a meeting by its link, oldest first. */
enum db_outcome attendees_find(struct db *db, struct arena *arena, struct target target,
    const struct attendee_query *query, struct attendee_list *list);

#endif
