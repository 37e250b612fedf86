/* The table of meetings. */
#include "store/meetings.h"

#include <string.h>

#include "base/clock.h"
#include "store/db_row.h"
#include "store/media_servers.h"

enum db_outcome meeting_insert(struct db *db, const struct meeting *meeting, bool *taken)
{
	static const char sql[] =
	    "INSERT INTO meetings (meeting_link, session_id, provider, is_scheduled,"
	    " schedule_time, is_archived, end_to_end_encryption, archive_id,"
	    " recording_id, ext_id, ext_metadata, created_on, modified_on, created_by,"
	    " modified_by, tenant, access)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

	return db_insert(db, sql,
	    DB_VALUES(db_text(meeting->meeting_link), db_text(meeting->session_id),
		db_text(meeting->provider), db_integer(meeting->is_scheduled),
		db_time(meeting->schedule_time), db_integer(meeting->is_archived),
		db_integer(meeting->end_to_end_encryption), db_text(meeting->archive_id),
		db_text(meeting->recording_id), db_text(meeting->ext_id),
		db_text(meeting->ext_metadata), db_time(meeting->created_on),
		db_time(meeting->modified_on), db_text(meeting->created_by),
		db_text(meeting->modified_by), db_text(meeting->tenant), db_text(meeting->access)),
	    taken);
}

static const struct db_column columns[] = {
    DB_COLUMN(struct meeting, id),
    DB_COLUMN(struct meeting, version),
    DB_COLUMN(struct meeting, meeting_link),
    DB_COLUMN(struct meeting, session_id),
    DB_COLUMN(struct meeting, provider),
    DB_COLUMN(struct meeting, is_scheduled),
    DB_TIME_COLUMN(struct meeting, schedule_time),
    DB_COLUMN(struct meeting, is_archived),
    DB_COLUMN(struct meeting, end_to_end_encryption),
    DB_COLUMN(struct meeting, archive_id),
    DB_COLUMN(struct meeting, recording_id),
    DB_COLUMN(struct meeting, upload_target),
    DB_TIME_COLUMN(struct meeting, start_time),
    DB_TIME_COLUMN(struct meeting, end_time),
    DB_COLUMN(struct meeting, ended_by_request),
    DB_COLUMN(struct meeting, ext_id),
    DB_COLUMN(struct meeting, ext_metadata),
    DB_COLUMN(struct meeting, deleted),
    DB_TIME_COLUMN(struct meeting, deleted_on),
    DB_COLUMN(struct meeting, deleted_by),
    DB_TIME_COLUMN(struct meeting, created_on),
    DB_TIME_COLUMN(struct meeting, modified_on),
    DB_COLUMN(struct meeting, created_by),
    DB_COLUMN(struct meeting, modified_by),
    DB_TIME_COLUMN(struct meeting, token_until),
    DB_COLUMN(struct meeting, tenant),
    DB_COLUMN(struct meeting, server),
    DB_COLUMN(struct meeting, access),
};

void meeting_read(const struct db_rows *rows, size_t row, struct meeting *meeting)
{
	db_row_read(rows, row, columns, DB_COLUMNS(columns), meeting);
}

static struct meeting *meetings_read(struct arena *arena, const struct db_rows *rows)
{
	struct meeting *meetings = arena_alloc(arena, (rows->count + 1) * sizeof *meetings);

	db_rows_read(rows, columns, DB_COLUMNS(columns), meetings, sizeof *meetings);
	return meetings;
}

static enum db_outcome find(struct db *db, struct arena *arena, const char *sql,
    struct target target, struct meeting *meeting, bool *found)
{
	struct db_rows rows;

	DB_TRY(db_select(
	    db, arena, sql, DB_VALUES(db_text(target.name), SCOPE_VALUES(target.scope)), &rows));
	*found = rows.count > 0;
	if (*found)
		meeting_read(&rows, 0, meeting);
	return DB_OK;
}

enum db_outcome meeting_find(
    struct db *db, struct arena *arena, struct target target, struct meeting *meeting, bool *found)
{
	static const char sql[] = "SELECT" MEETING_COLUMNS
				  " FROM meetings m WHERE meeting_link = ? AND " MEETING_IN_SCOPE;

	return find(db, arena, sql, target, meeting, found);
}

enum db_outcome meeting_find_locked(
    struct db *db, struct arena *arena, struct target target, struct meeting *meeting, bool *found)
{
	static const char sql[] =
	    "SELECT" MEETING_COLUMNS " FROM meetings m WHERE meeting_link = ? AND " MEETING_IN_SCOPE
	    " FOR UPDATE";

	return find(db, arena, sql, target, meeting, found);
}

enum db_outcome meeting_find_session(struct db *db, struct arena *arena, const char *session_id,
    struct meeting *meeting, bool *found)
{
	static const char sql[] =
	    "SELECT" MEETING_COLUMNS " FROM meetings m WHERE session_id = ? AND " MEETING_IN_SCOPE;

	return find(db, arena, sql, (struct target){SCOPE_ALL, session_id}, meeting, found);
}

enum db_outcome meeting_update(struct db *db, const struct meeting *meeting, const char *request_id)
{
	static const char sql[] =
	    "UPDATE meetings SET version = version + 1, is_scheduled = ?, schedule_time = ?,"
	    " is_archived = ?, archive_id = ?, recording_id = ?, upload_target = ?, ext_id = ?,"
	    " ext_metadata = ?, access = ?, deleted = ?, deleted_on = ?, deleted_by = ?, modified_on = ?,"
	    " modified_by = ?, edited_by_request = ?"
	    " WHERE id = ?";

	return db_execute(db, sql,
	    DB_VALUES(db_integer(meeting->is_scheduled), db_time(meeting->schedule_time),
		db_integer(meeting->is_archived), db_text(meeting->archive_id),
		db_text(meeting->recording_id), db_text(meeting->upload_target),
		db_text(meeting->ext_id), db_text(meeting->ext_metadata), db_text(meeting->access),
		db_integer(meeting->deleted), db_time(meeting->deleted_on),
		db_text(meeting->deleted_by), db_time(meeting->modified_on),
		db_text(meeting->modified_by), db_text(request_id), db_integer(meeting->id)),
	    NULL);
}

enum db_outcome meeting_updated(struct db *db, int64_t id, const char *request_id, bool *updated)
{
	static const char sql[] = "SELECT id FROM meetings WHERE id = ? AND edited_by_request = ?";

	return db_exists(db, sql, DB_VALUES(db_integer(id), db_text(request_id)), updated);
}

enum db_outcome meeting_end(
    struct db *db, int64_t id, int64_t now, const char *actor, const char *request_id, bool *ended)
{
	static const char update[] =
	    "UPDATE meetings SET version = version + 1, end_time = ?, ended_by_request = ?,"
	    " recording_id = NULL, modified_on = ?, modified_by = ?"
	    " WHERE id = ? AND end_time IS NULL";
	static const char select[] =
	    "SELECT id FROM meetings WHERE id = ? AND ended_by_request = ?";
	uint64_t affected;

	DB_TRY(db_execute(db, update,
	    DB_VALUES(
		db_time(now), db_text(request_id), db_time(now), db_text(actor), db_integer(id)),
	    &affected));
	*ended = affected > 0;
	if (*ended)
		return DB_OK;
	/* An earlier try of this request may have committed before its connection was lost. */
	return db_exists(db, select, DB_VALUES(db_integer(id), db_text(request_id)), ended);
}

enum db_outcome meeting_start(
    struct db *db, int64_t id, int64_t token_until, int64_t now, bool *going_on)
{
	static const char sql[] =
	    "UPDATE meetings SET version = version + 1, start_time = COALESCE(start_time, ?),"
	    " token_until = GREATEST(COALESCE(token_until, ?), ?), modified_on = ?"
	    " WHERE id = ? AND end_time IS NULL AND deleted = FALSE";

	uint64_t affected;

	DB_TRY(db_execute(db, sql,
	    DB_VALUES(db_time(now), db_time(token_until), db_time(token_until), db_time(now),
		db_integer(id)),
	    &affected));
	*going_on = affected > 0;
	return DB_OK;
}

enum db_outcome meeting_recording_claim(
    struct db *db, int64_t id, const char *archive_id, int64_t now, bool *claimed)
{
	static const char update[] =
	    "UPDATE meetings SET version = version + 1, recording_id = ?, modified_on = ?"
	    " WHERE id = ? AND recording_id IS NULL AND end_time IS NULL AND deleted = FALSE";
	static const char select[] = "SELECT id FROM meetings WHERE id = ? AND recording_id = ?";
	uint64_t affected;

	DB_TRY(db_execute(
	    db, update, DB_VALUES(db_text(archive_id), db_time(now), db_integer(id)), &affected));
	*claimed = affected > 0;
	if (*claimed)
		return DB_OK;
	return db_exists(db, select, DB_VALUES(db_integer(id), db_text(archive_id)), claimed);
}

enum db_outcome meeting_recording_drop(
    struct db *db, const char *session_id, const char *archive_id, int64_t now, bool *dropped)
{
	static const char sql[] =
	    "UPDATE meetings SET version = version + 1, recording_id = NULL, modified_on = ?"
	    " WHERE session_id = ? AND recording_id = ?";
	uint64_t affected;

	DB_TRY(db_execute(
	    db, sql, DB_VALUES(db_time(now), db_text(session_id), db_text(archive_id)), &affected));
	*dropped = affected > 0;
	return DB_OK;
}

enum db_outcome meeting_recording_renew(struct db *db, const char *session_id,
    const char *archive_id, const char *next, int64_t now, bool *renewed)
{
	static const char sql[] =
	    "UPDATE meetings SET version = version + 1, archive_id = ?, recording_id = ?,"
	    " modified_on = ? WHERE session_id = ? AND recording_id = ? AND archive_id = ?"
	    " AND is_archived AND end_time IS NULL AND deleted = FALSE";
	uint64_t affected;

	DB_TRY(db_execute(db, sql,
	    DB_VALUES(db_text(next), db_text(next), db_time(now), db_text(session_id),
		db_text(archive_id), db_text(archive_id)),
	    &affected));
	*renewed = affected > 0;
	return DB_OK;
}

enum db_outcome meeting_recording_restore(
    struct db *db, const char *session_id, const char *archive_id, int64_t now)
{
	static const char sql[] =
	    "UPDATE meetings m JOIN archives a ON a.session_id = m.session_id"
	    " SET m.version = m.version + 1, m.recording_id = a.archive_id, m.modified_on = ?"
	    " WHERE m.session_id = ? AND m.recording_id IS NULL AND m.end_time IS NULL"
	    " AND m.deleted = FALSE AND a.archive_id = ? AND a.status IN ('started', 'paused')";

	return db_execute(
	    db, sql, DB_VALUES(db_time(now), db_text(session_id), db_text(archive_id)), NULL);
}

enum db_outcome meeting_touch(struct db *db, const char *session_id, bool *found)
{
	static const char sql[] = "UPDATE meetings SET version = version + 1"
				  " WHERE session_id = ? AND deleted = FALSE";
	uint64_t affected;

	DB_TRY(db_execute(db, sql, DB_VALUES(db_text(session_id)), &affected));
	*found = affected > 0;
	return DB_OK;
}

enum db_outcome meeting_place(struct db *db, int64_t id, const char *server, bool *placed)
{
	static const char sql[] = "UPDATE meetings SET version = version + 1, server = ?"
				  " WHERE id = ? AND server IS NULL";
	uint64_t affected;

	DB_TRY(db_execute(db, sql, DB_VALUES(db_text(server), db_integer(id)), &affected));
	*placed = affected > 0;
	return DB_OK;
}

enum db_outcome meetings_running(struct db *db, struct arena *arena,
    const struct running_query *query, int64_t now, struct meeting **meetings, size_t *count)
{
	/* Reads a range of the key meetings_running (end_time, token_until). */
	static const char sql[] =
	    "SELECT" MEETING_COLUMNS " FROM meetings m WHERE m.end_time IS NULL"
	    " AND m.token_until > ? AND m.deleted = FALSE"
	    " AND COALESCE(m.server, " FIRST_SERVER ") = ? AND m.id > ? ORDER BY m.id LIMIT ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(db_time(now), db_text(query->server), db_integer(query->after),
		db_integer((int64_t)query->limit)),
	    &rows));
	*count = rows.count;
	*meetings = meetings_read(arena, &rows);
	return DB_OK;
}

/* Two ranges of a key that ends with starts_on and id, read backwards: the other meetings that
 * start at the time of the last one, then earlier meetings. The statement names the keys: a server
 * that expects many rows would otherwise read and sort all. */
#define MEETINGS_BEHIND                                                                            \
	" m.starts_on >= ? AND (m.starts_on < ? OR (m.starts_on = ? AND m.id < ?))"                \
	" ORDER BY m.starts_on DESC, m.id DESC LIMIT ?"

static enum db_outcome page_select(
    struct db *db, struct arena *arena, const struct meetings_query *query, struct db_rows *rows)
{
	static const char any[] =
	    "SELECT" MEETING_COLUMNS ", m.starts_on FROM meetings m FORCE INDEX (meetings_list)"
	    " WHERE m.deleted = FALSE AND" MEETINGS_BEHIND;
	static const char by_status[] =
	    "SELECT" MEETING_COLUMNS ", m.starts_on FROM meetings m FORCE INDEX (meetings_status)"
	    " WHERE m.deleted = FALSE AND m.status = ? AND" MEETINGS_BEHIND;
	const struct db_value from = db_time(query->from);
	const struct db_value time = db_time(query->after.starts_on);
	const struct db_value id = db_integer(query->after.id);
	const struct db_value limit = db_integer((int64_t)query->limit + 1);

	if (query->status == 0)
		return db_select(db, arena, any, DB_VALUES(from, time, time, id, limit), rows);
	return db_select(db, arena, by_status,
	    DB_VALUES(db_integer((int64_t)query->status), from, time, time, id, limit), rows);
}

/* A tenant's page is the best of two: its own meetings, and those without a tenant. The keys alone
 * give both; only the rows on the page are read. */
#define TENANT_PAGE(key, status)                                                                   \
	"SELECT" MEETING_COLUMNS ", page.starts_on FROM ("                                         \
	"SELECT own.id, own.starts_on FROM (SELECT m.id, m.starts_on FROM meetings m"              \
	" FORCE INDEX (" key ") WHERE m.tenant = ? AND m.deleted = FALSE" status                   \
	" AND" MEETINGS_BEHIND ") own"                                                             \
	" UNION ALL "                                                                              \
	"SELECT common.id, common.starts_on FROM (SELECT m.id, m.starts_on FROM meetings m"        \
	" FORCE INDEX (" key ") WHERE m.tenant IS NULL AND m.deleted = FALSE" status               \
	" AND" MEETINGS_BEHIND ") common"                                                          \
	") page STRAIGHT_JOIN meetings m ON m.id = page.id"                                        \
	" ORDER BY page.starts_on DESC, page.id DESC LIMIT ?"

static enum db_outcome tenant_page_select(struct db *db, struct arena *arena, const char *tenant_id,
    const struct meetings_query *query, struct db_rows *rows)
{
	static const char any[] = TENANT_PAGE("meetings_tenant", "");
	static const char by_status[] = TENANT_PAGE("meetings_tenant_status", " AND m.status = ?");
	const struct db_value tenant = db_text(tenant_id);
	const struct db_value from = db_time(query->from);
	const struct db_value time = db_time(query->after.starts_on);
	const struct db_value id = db_integer(query->after.id);
	const struct db_value limit = db_integer((int64_t)query->limit + 1);
	const struct db_value status = db_integer((int64_t)query->status);

	if (query->status == 0)
		return db_select(db, arena, any,
		    DB_VALUES(
			tenant, from, time, time, id, limit, from, time, time, id, limit, limit),
		    rows);
	return db_select(db, arena, by_status,
	    DB_VALUES(tenant, status, from, time, time, id, limit, status, from, time, time, id,
		limit, limit),
	    rows);
}

static const struct db_column place_columns[] = {
    DB_TIME_COLUMN(struct meeting_place, starts_on),
    DB_COLUMN(struct meeting_place, id),
};

enum db_outcome meetings_find(struct db *db, struct arena *arena, struct scope scope,
    const struct meetings_query *query, struct meetings_page *page)
{
	struct db_rows rows;

	*page = (struct meetings_page){0};
	if (scope.tenant == NULL)
		DB_TRY(page_select(db, arena, query, &rows));
	else
		DB_TRY(tenant_page_select(db, arena, scope.tenant, query, &rows));
	page->more = rows.count > query->limit;
	page->count = page->more ? query->limit : rows.count;
	page->meetings = meetings_read(arena, &rows);
	if (page->count > 0)
		db_row_read(
		    &rows, page->count - 1, place_columns, DB_COLUMNS(place_columns), &page->last);
	return DB_OK;
}

enum db_outcome meetings_unassigned(struct db *db, struct arena *arena, const char *creator,
    int64_t after, size_t limit, int64_t **ids, size_t *count)
{
	static const char sql[] = "SELECT id FROM meetings WHERE id > ? AND tenant IS NULL"
				  " AND created_by = ? ORDER BY id LIMIT ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(db_integer(after), db_text(creator), db_integer((int64_t)limit)), &rows));
	*count = rows.count;
	*ids = arena_alloc(arena, rows.count * sizeof **ids);
	for (size_t i = 0; i < rows.count; i++)
		(*ids)[i] = db_cell_integer(&rows, i, 0);
	return DB_OK;
}

enum db_outcome meetings_assign(
    struct db *db, const char *creator, int64_t first, int64_t last, const char *tenant)
{
	static const char sql[] = "UPDATE meetings SET version = version + 1, tenant = ?"
				  " WHERE id BETWEEN ? AND ? AND tenant IS NULL"
				  " AND created_by = ?";

	return db_execute(db, sql,
	    DB_VALUES(db_text(tenant), db_integer(first), db_integer(last), db_text(creator)),
	    NULL);
}
