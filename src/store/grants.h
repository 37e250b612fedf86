/* The table of grants: who was given which role in which meeting. */
#ifndef CONFAB_STORE_GRANTS_H
#define CONFAB_STORE_GRANTS_H

#include "meeting/meeting.h"
#include "provider/provider.h"
#include "store/db.h"

/* What a token request needs to know, in one query: the meeting of this link, this person's grant
 * of this role in it (grant->id 0: none yet), whether the person was put out in any role, and the
 * provider's epoch (settings.h). `*found` says whether there is such a meeting. */
struct grant_view {
	struct meeting meeting;
	struct grant grant;
	int64_t epoch;
};
enum db_outcome grant_view_find(struct db *db, struct arena *arena, const char *meeting_link,
    const char *attendee, enum role role, struct grant_view *view, bool *found);

/* Adds the grant or renews its name and epoch, but only while the meeting has not ended: `*ended`.
 */
enum db_outcome grant_put(struct db *db, const struct meeting *meeting, const struct grant *grant,
    int64_t now, bool *ended);

/* All who may send in a meeting and have not been put out, one entry a person with the highest
 * role. */
enum db_outcome grants_sending(struct db *db, struct arena *arena, const char *session_id,
    struct grant **grants, size_t *count);

/* Says that the provider has forgotten the meeting's room. */
enum db_outcome grants_forget_room(struct db *db, const char *session_id);

/* The highest role that a person was given and the name that goes with it; role 0: none. */
enum db_outcome grant_highest(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct grant *grant);

#endif
