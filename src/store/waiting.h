/* The people in the table of grants who wait for a moderator. */
#ifndef CONFAB_STORE_WAITING_H
#define CONFAB_STORE_WAITING_H

#include "meeting/scope.h"
#include "meeting/waiter.h"
#include "store/db.h"

/* Finds those who wait in a meeting, the longest first. */
enum db_outcome waiting_find(struct db *db, struct arena *arena, struct target target,
    struct waiter **waiters, size_t *count);

/* The same for one attendee: `*found` says whether they wait. */
enum db_outcome waiting_find_one(struct db *db, struct arena *arena, struct target target,
    const char *attendee, struct waiter *waiter, bool *found);

/* Ends the waiting of a person: they may come in from now on, unless they are banned. `room_epoch`
 * is the provider's epoch if it knows of the grant of this role; TIME_NONE: it does not. `*waited`
 * is false, and nothing changes, when the person does not wait. */
enum db_outcome waiting_end(struct db *db, const char *session_id, const struct waiter *waiter,
    int64_t room_epoch, int64_t now, bool *waited);

/* Who may be in the call of a session. */
enum db_outcome session_entries_find(
    struct db *db, struct arena *arena, const char *session_id, struct session_entries *entries);

#endif
