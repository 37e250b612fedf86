/* The table of the codes of short links. */
#include "store/invite_codes.h"

#include "store/db_row.h"

enum db_outcome invite_code_add(struct db *db, const unsigned char digest[static SHA256_SIZE],
    const struct coded_invite *invite)
{
	static const char sql[] =
	    "INSERT INTO invite_codes (code, session_id, invite, role, name, created_on, expires_at)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?)";
	bool duplicate;

	return db_insert(db, sql,
	    DB_VALUES(db_bytes(digest, SHA256_SIZE), db_text(invite->session_id),
		db_text(invite->id), db_integer(invite->role), db_text(invite->name),
		db_time(invite->created_on), db_time(invite->expiry)),
	    &duplicate);
}

static const struct db_column columns[] = {
    DB_COLUMN(struct coded_invite, session_id),
    DB_COLUMN_AS("invite", struct coded_invite, id),
    DB_COLUMN(struct coded_invite, role),
    DB_COLUMN(struct coded_invite, name),
    DB_COLUMN(struct coded_invite, meeting_link),
    DB_COLUMN(struct coded_invite, tenant),
    DB_TIME_COLUMN(struct coded_invite, created_on),
    DB_TIME_COLUMN_AS("expires_at", struct coded_invite, expiry),
};

enum db_outcome invite_code_find(struct db *db, struct arena *arena,
    const unsigned char digest[static SHA256_SIZE], struct coded_invite *invite, bool *found)
{
	/* Looks at the code alone: the time does not depend on the meeting that the caller names.
	 */
	static const char sql[] =
	    "SELECT c.session_id, c.invite, c.role, c.name, c.created_on, c.expires_at,"
	    " m.meeting_link, m.tenant FROM invite_codes c"
	    " JOIN meetings m ON m.session_id = c.session_id AND m.deleted = FALSE"
	    " WHERE c.code = ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_bytes(digest, SHA256_SIZE)), &rows));
	*found = rows.count > 0;
	if (*found)
		db_row_read(&rows, 0, columns, DB_COLUMNS(columns), invite);
	return DB_OK;
}

enum db_outcome invite_codes_delete(struct db *db, const char *session_id)
{
	static const char sql[] = "DELETE FROM invite_codes WHERE session_id = ?";

	return db_execute(db, sql, DB_VALUES(db_text(session_id)), NULL);
}

enum db_outcome invite_codes_expire(struct db *db, int64_t now, size_t limit, uint64_t *removed)
{
	static const char sql[] =
	    "DELETE FROM invite_codes WHERE expires_at <= ? ORDER BY expires_at LIMIT ?";

	return db_execute(db, sql,
	    DB_VALUES(db_time(now - INVITE_CODE_KEPT), db_integer((int64_t)limit)), removed);
}

enum db_outcome invite_codes_left_delete(
    struct db *db, int64_t now, size_t limit, uint64_t *removed)
{
	/* DELETE with two tables has no LIMIT. */
	static const char sql[] =
	    "DELETE c FROM invite_codes c JOIN (SELECT i.id FROM invite_codes i"
	    " LEFT JOIN meetings m ON m.session_id = i.session_id"
	    " WHERE COALESCE(m.deleted, TRUE) = TRUE LIMIT ?) AS l ON l.id = c.id";

	(void)now;
	return db_execute(db, sql, DB_VALUES(db_integer((int64_t)limit)), removed);
}
