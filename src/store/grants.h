/* The table of grants: who was given which role in which meeting. */
#ifndef CONFAB_STORE_GRANTS_H
#define CONFAB_STORE_GRANTS_H

#include "base/visible_text.h"
#include "meeting/grant.h"
#include "meeting/meeting.h"
#include "meeting/scope.h"
#include "meeting/session_ref.h"
#include "store/db.h"

/* A name that a grant is to get. */
struct grant_name {
	const char *text;
	const char
	    *guest_text;  /* `text` as it is shown of somebody who looks like a verified one */
	bool verified;    /* as in struct grant */
	struct look look; /* of `text` */
};

/* Behind the name of a person whose name is not verified and looks like one that is. */
#define GUEST_MARK " (guest)"

/* Whose token request it is. */
struct grant_look {
	struct target target; /* the meeting */
	const char *attendee;
	enum role role;
	const struct grant_name *name; /* what they ask to be called; NULL: nothing */
};

/* What a token request needs to know, in one query: the meeting, this person's grant of this role
 * in it (grant.id 0: none yet), whether the person was removed in any role, and the meeting's
 * media server (name NULL: it has not been placed) with its epoch. `name_taken`: the name that they ask for is not verified, and looks like a
 * verified name of somebody else in the meeting. `*found` says whether there is such a meeting. */
struct grant_view {
	struct meeting meeting;
	struct grant grant;
	struct media_server server;
	int64_t epoch;
	bool name_taken;
};
enum db_outcome grant_view_find(struct db *db, struct arena *arena, const struct grant_look *look,
    struct grant_view *view, bool *found);

/* Adds the grant or renews its epoch and, unless `name` is NULL, its name, which is marked when it
 * is taken (as above). Only while the meeting has not ended and the person has not been put out of
 * it, in whatever role: else `*ended` or `*banned`. */
enum db_outcome grant_put(struct db *db, const struct meeting *meeting, const struct grant *grant,
    const struct grant_name *name, int64_t now, bool *ended, bool *banned);

/* Marks the names of all others in the session that are not verified and look like `name`, a
 * verified one: those who came before the person whom it belongs to. Runs inside db_run(), after
 * grant_put(). */
enum db_outcome grants_mark_guests(struct db *db, const char *session_id, const char *attendee,
    const struct grant_name *name, int64_t now);

/* Puts a person out of a meeting: no role can be given to them until grants_readmit(). A ban that
 * is there already stays as it is. */
enum db_outcome grants_ban(
    struct db *db, const char *session_id, const char *attendee, int64_t now);

/* Undoes that; all their grants then count as unknown to the provider. `*readmitted` is false, and
 * nothing is changed, when they were not put out. */
enum db_outcome grants_readmit(
    struct db *db, const char *session_id, const char *attendee, int64_t now, bool *readmitted);

/* Says that the provider does not know this person any more, if they are not put out (then it need
 * not be said): for one who was readmitted while their token was being taken off the list. */
enum db_outcome grants_forget_readmitted(
    struct db *db, const char *session_id, const char *attendee);

/* Everybody who was put out of a session, once or more often. */
enum db_outcome grants_banned(struct db *db, struct arena *arena, const char *session_id,
    const char *const **attendees, size_t *count);

/* Who is not to be in a meeting's session. */
struct session_access {
	int64_t closed_at; /* when the meeting ended or was deleted; TIME_NONE: it goes on */
	const char *const *banned;
	size_t banned_count;
};

enum db_outcome session_access_find(
    struct db *db, struct arena *arena, const char *session_id, struct session_access *access);

/* Everybody who was put out of a meeting that has not ended and to which somebody may hold a join
 * token that is good at `now` (as meetings_running()), once or more often. */
struct ban {
	const char *session_id;
	const char *attendee;
};
enum db_outcome bans_running(
    struct db *db, struct arena *arena, int64_t now, struct ban **bans, size_t *count);

/* All who may send in a meeting and have not been put out, one entry a person with the highest
 * role. */
enum db_outcome grants_sending(struct db *db, struct arena *arena, const char *session_id,
    struct grant **grants, size_t *count);

/* Says that the provider has forgotten the meeting's room. */
enum db_outcome grants_forget_room(struct db *db, const char *session_id);

/* The highest role that a person was given and the name that goes with it, marked when it is taken;
 * role 0: none. */
enum db_outcome grant_highest(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct grant *grant);

#endif
