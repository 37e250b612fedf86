/* The table of grants: the roles of people in meetings. */
#ifndef CONFAB_STORE_GRANTS_H
#define CONFAB_STORE_GRANTS_H

#include "base/visible_text.h"
#include "meeting/grant.h"
#include "meeting/meeting.h"
#include "meeting/scope.h"
#include "meeting/session_ref.h"
#include "store/db.h"

/* The name for a grant. */
struct grant_name {
	const char *text;
	const char
	    *guest_text;  /* `text` with the mark, for a person who looks like a verified one */
	bool verified;    /* as in struct grant */
	struct look look; /* of `text` */
};

/* follows an unverified name that looks like a verified one */
#define GUEST_MARK " (guest)"

/* The person of a token request. */
struct grant_look {
	struct target target; /* the meeting */
	const char *attendee;
	enum role role;
	const struct grant_name *name; /* the name that they ask for; NULL: none */
	const char *invite;            /* as in struct grant */
};

/* The data for a token request, from one query: the meeting, this person's grant of this role
 * (grant.id 0: none yet), whether the person is banned or waits in any role, and the meeting's
 * media server (name NULL: it has not been placed) with its epoch. `name_taken`: the name that they
 * ask for is not verified, and looks like the verified name of another person in the meeting.
 * `*found` says whether there is such a meeting. */
struct grant_view {
	struct meeting meeting;
	struct grant grant;
	struct media_server server;
	int64_t epoch;
	bool name_taken;
	bool is_known;   /* the person has a grant in some role */
	bool is_suspect; /* a guest with the same invite is banned */
};
enum db_outcome grant_view_find(struct db *db, struct arena *arena, const struct grant_look *look,
    struct grant_view *view, bool *found);

/* Adds the grant, or renews its epoch and (unless `name` is NULL) its name. A name that is taken
 * gets the mark. Writes nothing when the meeting has ended (`*ended`) or the person is banned in
 * any role (`*banned`). */
enum db_outcome grant_put(struct db *db, const struct meeting *meeting, const struct grant *grant,
    const struct grant_name *name, int64_t now, bool *ended, bool *banned);

/* Marks the names of all others in the session that are not verified and look like `name`, which is
 * verified: they came before the person with this name. Runs inside db_run(), after grant_put(). */
enum db_outcome grants_mark_guests(struct db *db, const char *session_id, const char *attendee,
    const struct grant_name *name, int64_t now);

/* Bans a person from a meeting: grant_put() refuses them in any role until grants_readmit(). A ban
 * that exists already stays as it is. */
enum db_outcome grants_ban(
    struct db *db, const char *session_id, const char *attendee, int64_t now);

/* Ends the ban. The provider then counts as not knowing the person's grants. `*readmitted` is
 * false, and nothing changes, when they were not banned. */
enum db_outcome grants_readmit(
    struct db *db, const char *session_id, const char *attendee, int64_t now, bool *readmitted);

/* Says that the provider does not know this person, unless they are banned. For a person who was
 * readmitted while their token was being revoked. */
enum db_outcome grants_forget_readmitted(
    struct db *db, const char *session_id, const char *attendee);

/* Finds the people who are banned from a session. A person may appear more than once. */
enum db_outcome grants_banned(struct db *db, struct arena *arena, const char *session_id,
    const char *const **attendees, size_t *count);

/* The people who must not be in a meeting: all after its end, and banned ones. */
struct session_access {
	int64_t ended_at; /* when the meeting ended or was deleted; TIME_NONE: neither */
	const char *const *banned;
	size_t banned_count;
};

enum db_outcome session_access_find(
    struct db *db, struct arena *arena, const char *session_id, struct session_access *access);

/* Finds the people who are banned from running meetings: meetings that have not ended, and for
 * which somebody may have a join token that is good at `now` (as meetings_running()). A person may
 * appear more than once. */
struct ban {
	const char *session_id;
	const char *attendee;
};
enum db_outcome bans_running(
    struct db *db, struct arena *arena, int64_t now, struct ban **bans, size_t *count);

/* Finds the people who may send in a meeting, are not banned and do not wait, each with their
 * highest role. */
enum db_outcome grants_sending(struct db *db, struct arena *arena, const char *session_id,
    struct grant **grants, size_t *count);

/* Says that the provider has forgotten the meeting's room. */
enum db_outcome grants_forget_room(struct db *db, const char *session_id);

/* Finds the highest role of a person and its name, which has the mark when it is taken. Role 0: no
 * grant. */
enum db_outcome grant_highest(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct grant *grant);

#endif
