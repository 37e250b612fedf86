/* The table of attendees: one row for each person in a session, computed from the facts. */
#ifndef CONFAB_STORE_ATTENDEES_H
#define CONFAB_STORE_ATTENDEES_H

#include "meeting/attendance.h"
#include "meeting/attendee.h"
#include "meeting/grant.h"
#include "meeting/scope.h"
#include "store/db.h"

/* Writes one person's attendance, with the name of the grant. */
enum db_outcome attendee_put(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, const struct grant *grant, const struct attendance *attendance,
    int64_t now);

/* Has this person a grant in the session, or been in it? */
enum db_outcome attendee_known(
    struct db *db, struct arena *arena, const char *session_id, const char *attendee, bool *known);

/* The attendees of a meeting by its link, oldest first. */
enum db_outcome attendees_find(struct db *db, struct arena *arena, struct target target,
    const struct attendee_query *query, struct attendee_list *list);

#endif
