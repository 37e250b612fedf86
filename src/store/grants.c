/* The table of grants: who was given which role in which meeting. */
#include "store/grants.h"

#include "base/clock.h"
#include "store/meetings.h"
#include "store/settings.h"

enum db_outcome grant_view_find(struct db *db, struct arena *arena, const char *meeting_link,
    const char *attendee, enum role role, struct grant_view *view, bool *found)
{
	static const char sql[] =
	    "SELECT" MEETING_COLUMNS ", g.id, g.name, g.room_epoch, g.banned_on, s.value"
	    " FROM meetings m"
	    " LEFT JOIN grants g ON g.session_id = m.session_id AND g.attendee = ? AND g.role = ?"
	    " LEFT JOIN settings s ON s.name = '" SETTING_PROVIDER_EPOCH "'"
	    " WHERE m.meeting_link = ?";
	struct db_rows rows;
	const char *epoch;

	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(db_text(attendee), db_integer((int64_t)role), db_text(meeting_link)), &rows));
	*found = rows.count > 0;
	if (!*found)
		return DB_OK;
	meeting_read(&rows, 0, &view->meeting);
	view->grant = (struct grant){
	    .id = db_cell_integer(&rows, 0, MEETING_COLUMN_COUNT),
	    .attendee = attendee,
	    .role = role,
	    .name = db_cell_text(&rows, 0, MEETING_COLUMN_COUNT + 1),
	    .room_epoch = db_cell_time(&rows, 0, MEETING_COLUMN_COUNT + 2),
	    .banned_on = db_cell_time(&rows, 0, MEETING_COLUMN_COUNT + 3),
	};
	epoch = db_cell_text(&rows, 0, MEETING_COLUMN_COUNT + 4);
	view->epoch = setting_epoch(epoch);
	return DB_OK;
}

enum db_outcome grant_put(struct db *db, const struct meeting *meeting, const struct grant *grant,
    int64_t now, bool *ended)
{
	static const char sql[] =
	    "INSERT INTO grants"
	    " (session_id, attendee, role, name, room_epoch, created_on, modified_on)"
	    " SELECT m.session_id, ?, ?, ?, ?, ?, ? FROM meetings m"
	    " WHERE m.id = ? AND m.end_time IS NULL AND m.deleted = FALSE"
	    " ON DUPLICATE KEY UPDATE version = grants.version + 1, name = VALUES(name),"
	    " room_epoch = VALUES(room_epoch), modified_on = VALUES(modified_on)";
	uint64_t affected;

	DB_TRY(db_execute(db, sql,
	    DB_VALUES(db_text(grant->attendee), db_integer((int64_t)grant->role),
		db_text(grant->name), db_integer(grant->room_epoch), db_time(now), db_time(now),
		db_integer(meeting->id)),
	    &affected));
	*ended = affected == 0;
	return DB_OK;
}

static void grant_read(const struct db_rows *rows, size_t row, struct grant *grant)
{
	*grant = (struct grant){
	    .attendee = db_cell_text(rows, row, 0),
	    .role = (enum role)db_cell_integer(rows, row, 1),
	    .name = db_cell_text(rows, row, 2),
	    .room_epoch = TIME_NONE,
	    .banned_on = TIME_NONE,
	};
}

enum db_outcome grants_sending(struct db *db, struct arena *arena, const char *session_id,
    struct grant **grants, size_t *count)
{
	static const char sql[] =
	    "SELECT attendee, MAX(role), MAX(name) FROM grants WHERE session_id = ?"
	    " GROUP BY attendee HAVING MAX(role) >= 2 AND MAX(banned_on) IS NULL";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id)), &rows));
	*count = rows.count;
	*grants = arena_alloc(arena, rows.count * sizeof **grants);
	for (size_t i = 0; i < rows.count; i++)
		grant_read(&rows, i, *grants + i);
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
	static const char sql[] =
	    "SELECT attendee, role, name FROM grants"
	    " WHERE session_id = ? AND attendee = ? ORDER BY role DESC LIMIT 1";
	struct db_rows rows;

	*grant = (struct grant){0};
	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id), db_text(attendee)), &rows));
	if (rows.count > 0)
		grant_read(&rows, 0, grant);
	return DB_OK;
}
