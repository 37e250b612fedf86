/* The table of idempotency keys. */
#include "store/idempotency.h"

#include <string.h>

#include "store/db_row.h"

/* A key's row. */
struct key_row {
	const char *body_hash;
	const char *meeting_link;
	const char *session_id;
	const char *request_id;
	bool done;
	int64_t leased_until;
};

static const struct db_column columns[] = {
    DB_COLUMN(struct key_row, body_hash),
    DB_COLUMN(struct key_row, meeting_link),
    DB_COLUMN(struct key_row, session_id),
    DB_COLUMN(struct key_row, request_id),
    DB_COLUMN(struct key_row, done),
    DB_TIME_COLUMN(struct key_row, leased_until),
};

/* Whose key it is. A lease that has run out leaves the key free. */
static enum idempotency_state row_state(
    const struct key_row *row, const struct idempotency *idempotency, int64_t now)
{
	if (memcmp(row->body_hash, idempotency->body_hash, SHA256_SIZE) != 0)
		return IDEMPOTENCY_OTHER;
	if (row->done)
		return IDEMPOTENCY_DONE;
	if (strcmp(row->request_id, idempotency->request_id) == 0)
		return IDEMPOTENCY_MINE; /* an earlier try of this request took it */
	return row->leased_until >= now ? IDEMPOTENCY_BUSY : IDEMPOTENCY_NONE;
}

enum db_outcome idempotency_look(struct db *db, struct arena *arena,
    struct idempotency *idempotency, int64_t now, enum idempotency_state *state)
{
	static const char sql[] =
	    "SELECT body_hash, meeting_link, session_id, request_id, done, leased_until"
	    " FROM idempotency WHERE tenant = ? AND principal = ? AND idempotency_key = ? AND created_on > ?";
	struct db_rows rows;
	struct key_row row;

	*state = IDEMPOTENCY_NONE;
	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(db_text(idempotency->tenant), db_text(idempotency->principal),
		db_text(idempotency->key), db_time(now - IDEMPOTENCY_LIFE)),
	    &rows));
	if (rows.count == 0)
		return DB_OK;
	db_row_read(&rows, 0, columns, DB_COLUMNS(columns), &row);
	*state = row_state(&row, idempotency, now);
	if (*state != IDEMPOTENCY_OTHER && *state != IDEMPOTENCY_NONE) {
		idempotency->meeting_link = row.meeting_link;
		idempotency->session_id = row.session_id;
	}
	return DB_OK;
}

/* Adds the row if there is none. This is the usual case, and one statement. */
static enum db_outcome take_free(
    struct db *db, const struct idempotency *idempotency, int64_t now, bool *taken)
{
	static const char sql[] =
	    "INSERT INTO idempotency (tenant, principal, idempotency_key, body_hash, meeting_link,"
	    " session_id, request_id, leased_until, created_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
	bool duplicate;

	DB_TRY(db_insert(db, sql,
	    DB_VALUES(db_text(idempotency->tenant), db_text(idempotency->principal),
		db_text(idempotency->key), db_bytes(idempotency->body_hash, SHA256_SIZE),
		db_text(idempotency->meeting_link), db_text(idempotency->session_id),
		db_text(idempotency->request_id), db_time(now + IDEMPOTENCY_LEASE), db_time(now)),
	    &duplicate));
	*taken = !duplicate;
	return DB_OK;
}

/* Takes a row whose worker is gone (the link stays), or a row that is older than a day (as a new
 * one). */
static enum db_outcome take_left(
    struct db *db, const struct idempotency *idempotency, int64_t now, bool *taken)
{
	static const char abandoned[] =
	    "UPDATE idempotency SET version = version + 1, request_id = ?, leased_until = ?"
	    " WHERE tenant = ? AND principal = ? AND idempotency_key = ? AND body_hash = ? AND done = FALSE"
	    " AND leased_until < ? AND created_on > ?";
	static const char expired[] =
	    "UPDATE idempotency SET version = version + 1, body_hash = ?, meeting_link = ?,"
	    " session_id = ?, request_id = ?, done = FALSE, leased_until = ?, created_on = ?"
	    " WHERE tenant = ? AND principal = ? AND idempotency_key = ? AND created_on <= ?";
	uint64_t affected;

	DB_TRY(db_execute(db, abandoned,
	    DB_VALUES(db_text(idempotency->request_id), db_time(now + IDEMPOTENCY_LEASE),
		db_text(idempotency->tenant), db_text(idempotency->principal),
		db_text(idempotency->key), db_bytes(idempotency->body_hash, SHA256_SIZE),
		db_time(now), db_time(now - IDEMPOTENCY_LIFE)),
	    &affected));
	if (affected == 0)
		DB_TRY(db_execute(db, expired,
		    DB_VALUES(db_bytes(idempotency->body_hash, SHA256_SIZE),
			db_text(idempotency->meeting_link), db_text(idempotency->session_id),
			db_text(idempotency->request_id), db_time(now + IDEMPOTENCY_LEASE),
			db_time(now), db_text(idempotency->tenant), db_text(idempotency->principal),
			db_text(idempotency->key), db_time(now - IDEMPOTENCY_LIFE)),
		    &affected));
	*taken = affected > 0;
	return DB_OK;
}

enum db_outcome idempotency_take(struct db *db, struct arena *arena,
    struct idempotency *idempotency, int64_t now, enum idempotency_state *state)
{
	bool taken;

	*state = IDEMPOTENCY_MINE;
	DB_TRY(take_free(db, idempotency, now, &taken));
	if (taken)
		return DB_OK;
	DB_TRY(take_left(db, idempotency, now, &taken));
	DB_TRY(idempotency_look(db, arena, idempotency, now, state));
	/* Another request dropped the key just now. BUSY makes the caller try again. */
	if (*state == IDEMPOTENCY_NONE)
		*state = taken ? IDEMPOTENCY_MINE : IDEMPOTENCY_BUSY;
	return DB_OK;
}

enum db_outcome idempotency_done(struct db *db, const struct idempotency *idempotency)
{
	static const char sql[] =
	    "UPDATE idempotency SET version = version + 1, done = TRUE, session_id = ?"
	    " WHERE tenant = ? AND principal = ? AND idempotency_key = ? AND request_id = ?";

	return db_execute(db, sql,
	    DB_VALUES(db_text(idempotency->session_id), db_text(idempotency->tenant),
		db_text(idempotency->principal), db_text(idempotency->key),
		db_text(idempotency->request_id)),
	    NULL);
}

enum db_outcome idempotency_drop(struct db *db, const struct idempotency *idempotency)
{
	static const char sql[] = "DELETE FROM idempotency WHERE tenant = ? AND principal = ?"
				  " AND idempotency_key = ? AND request_id = ? AND done = FALSE";

	return db_execute(db, sql,
	    DB_VALUES(db_text(idempotency->tenant), db_text(idempotency->principal),
		db_text(idempotency->key), db_text(idempotency->request_id)),
	    NULL);
}

enum db_outcome idempotency_expire(struct db *db, int64_t now, size_t limit, uint64_t *removed)
{
	static const char sql[] =
	    "DELETE FROM idempotency WHERE created_on <= ? ORDER BY created_on LIMIT ?";

	return db_execute(db, sql,
	    DB_VALUES(db_time(now - IDEMPOTENCY_LIFE), db_integer((int64_t)limit)), removed);
}
