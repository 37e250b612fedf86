/* The table of grants: the roles of people in meetings. */
#include "store/grants.h"

#include "base/clock.h"
#include "store/db_row.h"
#include "store/meetings.h"

/* Does another person than `attendee` have a verified name in this session that looks like this
 * name? Reads a range of the key grants_verified. */
#define TAKEN(session, attendee, shape, folded, lock)                                              \
	"EXISTS (SELECT v.id FROM grants v WHERE v.session_id = " session                          \
	" AND v.verified = TRUE AND v.attendee <> " attendee " AND (v.name_shape = " shape         \
	" OR v.name_folded = " folded ") " lock ")"

/* A name with the guest's mark. The column has room for 255 characters. */
#define MARKED(name) "CONCAT(LEFT(" name ", 247), '" GUEST_MARK "')"

#define GRANT_MARKED    MARKED("g.name")
#define ATTENDEE_MARKED MARKED("a.name")

/* Is the name of grant g taken, and not marked yet? */
#define OWN_NAME_TAKEN                                                                             \
	"g.verified = FALSE AND g.name_shape IS NOT NULL AND g.name NOT LIKE '%" GUEST_MARK        \
	"' AND " TAKEN("g.session_id", "g.attendee", "g.name_shape", "g.name_folded", "")

/* A ban is valid for all roles, also for a role that the person gets later. */
#define VIEW_SELECT(taken)                                                                         \
	"SELECT" MEETING_COLUMNS ", g.id AS grant_id, g.name, g.room_epoch, g.verified,"           \
	" (SELECT MAX(b.banned_on) FROM grants b"                                                  \
	" WHERE b.session_id = m.session_id AND b.attendee = ?) AS banned_on,"                     \
	" (SELECT MAX(w.waiting_since) FROM grants w"                                              \
	" WHERE w.session_id = m.session_id AND w.attendee = ?) AS waiting_since,"                 \
	" EXISTS (SELECT 1 FROM grants k"                                                          \
	" WHERE k.session_id = m.session_id AND k.attendee = ?) AS is_known,"                      \
	" EXISTS (SELECT 1 FROM grants h WHERE h.session_id = m.session_id"                        \
	" AND h.banned_on IS NOT NULL AND h.invite = ?) AS is_suspect, s.name AS server_name,"     \
	" s.control_url, s.public_url, s.epoch, " taken " AS name_taken"                           \
	" FROM meetings m"                                                                         \
	" LEFT JOIN grants g ON g.session_id = m.session_id AND g.attendee = ? AND g.role = ?"     \
	" LEFT JOIN media_servers s ON s.name = m.server"                                          \
	" WHERE m.meeting_link = ? AND " MEETING_IN_SCOPE

static enum db_outcome view_select(
    struct db *db, struct arena *arena, const struct grant_look *look, struct db_rows *rows)
{
	static const char plain[] = VIEW_SELECT("FALSE");
	static const char named[] = VIEW_SELECT(TAKEN("m.session_id", "?", "?", "?", ""));
	const struct db_value who = db_text(look->attendee);
	const struct db_value role = db_integer((int64_t)look->role);
	const struct db_value link = db_text(look->target.name);
	const struct db_value invite = db_text(look->invite);
	const struct grant_name *name = look->name;

	if (name == NULL || name->verified)
		return db_select(db, arena, plain,
		    DB_VALUES(
			who, who, who, invite, who, role, link, SCOPE_VALUES(look->target.scope)),
		    rows);
	return db_select(db, arena, named,
	    DB_VALUES(who, who, who, invite, who, db_text(name->look.shape),
		db_text(name->look.folded), who, role, link, SCOPE_VALUES(look->target.scope)),
	    rows);
}

/* These follow the meeting's columns. */
static const struct db_column view_columns[] = {
    DB_COLUMN_AS("grant_id", struct grant_view, grant.id),
    DB_COLUMN_AS("name", struct grant_view, grant.name),
    DB_COLUMN_AS("verified", struct grant_view, grant.verified),
    DB_TIME_COLUMN_AS("room_epoch", struct grant_view, grant.room_epoch),
    DB_TIME_COLUMN_AS("banned_on", struct grant_view, grant.banned_on),
    DB_TIME_COLUMN_AS("waiting_since", struct grant_view, grant.waiting_since),
    DB_COLUMN(struct grant_view, is_known),
    DB_COLUMN(struct grant_view, is_suspect),
    DB_COLUMN_AS("server_name", struct grant_view, server.name),
    DB_COLUMN_AS("control_url", struct grant_view, server.control_url),
    DB_COLUMN_AS("public_url", struct grant_view, server.public_url),
    DB_COLUMN(struct grant_view, epoch),
    DB_COLUMN(struct grant_view, name_taken),
};

enum db_outcome grant_view_find(struct db *db, struct arena *arena, const struct grant_look *look,
    struct grant_view *view, bool *found)
{
	struct db_rows rows;

	DB_TRY(view_select(db, arena, look, &rows));
	*found = rows.count > 0;
	if (!*found)
		return DB_OK;
	meeting_read(&rows, 0, &view->meeting);
	view->grant =
	    (struct grant){.attendee = look->attendee, .role = look->role, .invite = look->invite};
	db_row_read(&rows, 0, view_columns, DB_COLUMNS(view_columns), view);
	return DB_OK;
}

/* Finds the reason why no grant was written: the meeting has ended; otherwise the person is banned.
 */
static enum db_outcome refusal_find(struct db *db, int64_t meeting_id, bool *ended)
{
	static const char sql[] =
	    "SELECT id FROM meetings WHERE id = ? AND end_time IS NULL AND deleted = FALSE";
	bool running;

	DB_TRY(db_exists(db, sql, DB_VALUES(db_integer(meeting_id)), &running));
	*ended = !running;
	return DB_OK;
}

/* The name is checked here again: a verified person may have come since grants_view(). A verified
 * person locks the meeting's row alone until the names that look like theirs are marked; others
 * lock it together. So one of them sees the other. */
#define PUT(lock)                                                                                             \
	"INSERT INTO grants (session_id, attendee, role, name, verified, name_shape,"                         \
	" name_folded, room_epoch, invite, waiting_since, created_on, modified_on)"                           \
	" SELECT m.session_id, ?, ?,"                                                                         \
	" IF(? AND " TAKEN("m.session_id", "?", "?", "?",                                                     \
	    "LOCK IN SHARE MODE") ", ?, ?),"                                                                  \
				  " ?, ?, ?, ?, ?, ?, ?, ?"                                                   \
				  " FROM meetings m"                                                          \
				  " WHERE m.id = ? AND m.end_time IS NULL AND m.deleted = FALSE"              \
				  " AND NOT EXISTS (SELECT 1 FROM grants b WHERE b.session_id = m.session_id" \
				  " AND b.attendee = ? AND b.banned_on IS NOT NULL) " lock                    \
				  " ON DUPLICATE KEY UPDATE version = grants.version + 1,"                    \
				  " verified = IF(VALUES(name) IS NULL, grants.verified, VALUES(verified)),"  \
				  " name_shape = COALESCE(VALUES(name_shape), grants.name_shape),"            \
				  " name_folded = COALESCE(VALUES(name_folded), grants.name_folded),"         \
				  " name = COALESCE(VALUES(name), grants.name),"                              \
				  " invite = COALESCE(VALUES(invite), grants.invite),"                        \
				  " room_epoch = VALUES(room_epoch), modified_on = VALUES(modified_on)"

enum db_outcome grant_put(struct db *db, const struct meeting *meeting, const struct grant *grant,
    const struct grant_name *name, int64_t now, bool *ended, bool *banned)
{
	static const char shared[] = PUT("LOCK IN SHARE MODE");
	static const char alone[] = PUT("FOR UPDATE");
	static const struct grant_name none;
	bool named = name != NULL;
	const struct db_value who = db_text(grant->attendee);
	const struct db_value shape = db_text(named ? name->look.shape : NULL);
	const struct db_value folded = db_text(named ? name->look.folded : NULL);
	uint64_t affected;

	if (!named)
		name = &none;
	DB_TRY(db_execute(db, name->verified ? alone : shared,
	    DB_VALUES(who, db_integer((int64_t)grant->role), db_integer(named && !name->verified),
		who, shape, folded, db_text(name->guest_text), db_text(name->text),
		db_integer(name->verified), shape, folded,
		grant->room_epoch == TIME_NONE ? db_text(NULL) : db_integer(grant->room_epoch),
		db_text(grant->invite), db_time(grant->waiting_since), db_time(now), db_time(now),
		db_integer(meeting->id), who),
	    &affected));
	*ended = *banned = false;
	if (affected > 0)
		return DB_OK;
	DB_TRY(refusal_find(db, meeting->id, ended));
	*banned = !*ended;
	return DB_OK;
}

enum db_outcome grants_mark_guests(struct db *db, const char *session_id, const char *attendee,
    const struct grant_name *name, int64_t now)
{
	/* Names with the mark are left out: they look like the name of another verified person. */
	static const char sql[] =
	    "UPDATE grants g LEFT JOIN attendees a"
	    " ON a.session_id = g.session_id AND a.attendee = g.attendee AND a.name = g.name"
	    " SET g.version = g.version + 1, g.modified_on = ?,"
	    " g.name = " GRANT_MARKED ", a.name = " ATTENDEE_MARKED
	    " WHERE g.session_id = ? AND g.verified = FALSE AND g.attendee <> ?"
	    " AND (g.name_shape = ? OR g.name_folded = ?)"
	    " AND g.name NOT LIKE '%" GUEST_MARK "'";

	return db_execute(db, sql,
	    DB_VALUES(db_time(now), db_text(session_id), db_text(attendee),
		db_text(name->look.shape), db_text(name->look.folded)),
	    NULL);
}

static const struct db_column columns[] = {
    DB_COLUMN(struct grant, attendee),
    DB_COLUMN(struct grant, role),
    DB_COLUMN(struct grant, name),
    DB_COLUMN(struct grant, verified),
    DB_TIME_COLUMN(struct grant, room_epoch),
    DB_TIME_COLUMN(struct grant, banned_on),
};

enum db_outcome grants_sending(struct db *db, struct arena *arena, const char *session_id,
    struct grant **grants, size_t *count)
{
	static const char sql[] =
	    "SELECT attendee, MAX(role) AS role, MAX(name) AS name, MAX(verified) AS verified,"
	    " NULL AS room_epoch, NULL AS banned_on FROM grants WHERE session_id = ?"
	    " GROUP BY attendee HAVING MAX(role) >= 2 AND MAX(banned_on) IS NULL"
	    " AND MAX(waiting_since) IS NULL";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id)), &rows));
	*count = rows.count;
	*grants = arena_alloc(arena, (rows.count + 1) * sizeof **grants);
	db_rows_read(&rows, columns, DB_COLUMNS(columns), *grants, sizeof **grants);
	return DB_OK;
}

enum db_outcome grants_forget_room(struct db *db, const char *session_id)
{
	static const char sql[] = "UPDATE grants SET version = version + 1, room_epoch = NULL"
				  " WHERE session_id = ? AND room_epoch IS NOT NULL";

	return db_execute(db, sql, DB_VALUES(db_text(session_id)), NULL);
}

enum db_outcome grant_highest(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct grant *grant)
{
	/* The lock protects the attendees' rows, which copy the name: nobody may mark the name in
	 * the grant between this read and that copy. In a cluster the lock is only of one node, so
	 * the name is checked here too. */
	static const char sql[] = "SELECT g.attendee, g.role, IF(" OWN_NAME_TAKEN ", " GRANT_MARKED
				  ", g.name) AS name, g.verified, g.room_epoch, g.banned_on"
				  " FROM grants g WHERE g.session_id = ? AND g.attendee = ?"
				  " ORDER BY g.role DESC LIMIT 1 LOCK IN SHARE MODE";
	struct db_rows rows;

	*grant = (struct grant){0};
	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id), db_text(attendee)), &rows));
	if (rows.count > 0)
		db_row_read(&rows, 0, columns, DB_COLUMNS(columns), grant);
	return DB_OK;
}

enum db_outcome grants_ban(struct db *db, const char *session_id, const char *attendee, int64_t now)
{
	/* There is always a row with the lowest role: a person may be known only from events. */
	static const char put[] =
	    "INSERT INTO grants (session_id, attendee, role, banned_on, created_on, modified_on)"
	    " VALUES (?, ?, 1, ?, ?, ?)"
	    " ON DUPLICATE KEY UPDATE version = version + 1,"
	    " banned_on = COALESCE(banned_on, VALUES(banned_on))";
	static const char update[] =
	    "UPDATE grants SET version = version + 1, banned_on = ?, modified_on = ?"
	    " WHERE session_id = ? AND attendee = ? AND banned_on IS NULL";

	DB_TRY(db_execute(db, put,
	    DB_VALUES(
		db_text(session_id), db_text(attendee), db_time(now), db_time(now), db_time(now)),
	    NULL));
	return db_execute(db, update,
	    DB_VALUES(db_time(now), db_time(now), db_text(session_id), db_text(attendee)), NULL);
}

enum db_outcome grants_readmit(
    struct db *db, const char *session_id, const char *attendee, int64_t now, bool *readmitted)
{
	static const char lift[] =
	    "UPDATE grants SET version = version + 1, banned_on = NULL, modified_on = ?"
	    " WHERE session_id = ? AND attendee = ? AND banned_on IS NOT NULL";
	/* A role that was granted while the person was being removed has no ban in its row. */
	static const char forget[] =
	    "UPDATE grants SET version = version + 1, room_epoch = NULL, modified_on = ?"
	    " WHERE session_id = ? AND attendee = ? AND room_epoch IS NOT NULL";
	uint64_t affected;

	DB_TRY(db_execute(
	    db, lift, DB_VALUES(db_time(now), db_text(session_id), db_text(attendee)), &affected));
	*readmitted = affected > 0;
	if (!*readmitted)
		return DB_OK;
	return db_execute(
	    db, forget, DB_VALUES(db_time(now), db_text(session_id), db_text(attendee)), NULL);
}

enum db_outcome grants_forget_readmitted(
    struct db *db, const char *session_id, const char *attendee)
{
	static const char sql[] = "UPDATE grants SET version = version + 1, room_epoch = NULL"
				  " WHERE session_id = ? AND attendee = ?"
				  " AND banned_on IS NULL AND room_epoch IS NOT NULL";

	return db_execute(db, sql, DB_VALUES(db_text(session_id), db_text(attendee)), NULL);
}

enum db_outcome grants_banned(struct db *db, struct arena *arena, const char *session_id,
    const char *const **attendees, size_t *count)
{
	/* A range of the key grants_banned (session_id, banned_on). It is usually empty. */
	static const char sql[] = "SELECT attendee FROM grants"
				  " WHERE session_id = ? AND banned_on IS NOT NULL";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id)), &rows));
	*attendees = db_rows_texts(arena, &rows);
	*count = rows.count;
	return DB_OK;
}

enum db_outcome session_access_find(
    struct db *db, struct arena *arena, const char *session_id, struct session_access *access)
{
	/* Reads the key of the session and a range of the key grants_banned, which is usually
	 * empty. */
	static const char sql[] =
	    "SELECT COALESCE(m.end_time, IF(m.deleted, m.deleted_on, NULL)), g.attendee"
	    " FROM meetings m LEFT JOIN grants g ON g.session_id = m.session_id"
	    " AND g.banned_on IS NOT NULL WHERE m.session_id = ?";
	struct db_rows rows;
	const char **names;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id)), &rows));
	*access = (struct session_access){.ended_at = TIME_NONE};
	if (rows.count == 0)
		return DB_OK;
	access->ended_at = db_cell_time(&rows, 0, 0);
	names = arena_alloc(arena, rows.count * sizeof *names);
	for (size_t i = 0; i < rows.count; i++) {
		if (!db_cell_null(&rows, i, 1))
			names[access->banned_count++] = db_cell_text(&rows, i, 1);
	}
	access->banned = names;
	return DB_OK;
}

enum db_outcome bans_running(
    struct db *db, struct arena *arena, int64_t now, struct ban **bans, size_t *count)
{
	/* Reads a range of the key meetings_running, and a range of grants_banned for each meeting
	 * in it. */
	static const char sql[] =
	    "SELECT m.session_id, g.attendee FROM meetings m"
	    " JOIN grants g ON g.session_id = m.session_id AND g.banned_on IS NOT NULL"
	    " WHERE m.end_time IS NULL AND m.token_until > ? AND m.deleted = FALSE";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_time(now)), &rows));
	*count = rows.count;
	*bans = arena_alloc(arena, (rows.count + 1) * sizeof **bans);
	for (size_t i = 0; i < rows.count; i++)
		(*bans)[i] = (struct ban){
		    .session_id = db_cell_text(&rows, i, 0), .attendee = db_cell_text(&rows, i, 1)};
	return DB_OK;
}
