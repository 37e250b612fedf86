/* The table of jobs: work that no request waits for. */
#include "store/jobs.h"

enum db_outcome job_put(struct db *db, const char *kind, const char *dedup, const char *payload,
    const char *host, int64_t due, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO jobs (kind, dedup, payload, host, due, created_on)"
	    " VALUES (?, ?, ?, ?, ?, ?)"
	    " ON DUPLICATE KEY UPDATE version = version + 1, due = LEAST(due, VALUES(due))";

	return db_execute(db, sql,
	    DB_VALUES(db_text(kind), db_text(dedup), db_text(payload), db_text(host), db_time(due),
		db_time(now)),
	    NULL);
}

enum db_outcome job_seed(
    struct db *db, const char *kind, const char *dedup, int64_t due, int64_t now)
{
	static const char sql[] = "INSERT INTO jobs (kind, dedup, payload, due, created_on)"
				  " VALUES (?, ?, '{}', ?, ?)";
	bool duplicate;

	return db_insert(db, sql,
	    DB_VALUES(db_text(kind), db_text(dedup), db_time(due), db_time(now)), &duplicate);
}

enum db_outcome job_claim(struct db *db, struct arena *arena, const char *host, const char *worker,
    int64_t lease, int64_t now, struct job *job, bool *found)
{
	static const char select[] =
	    "SELECT id, version, kind, dedup, payload, attempts FROM jobs"
	    " WHERE due <= ? AND (leased_until IS NULL OR leased_until < ?)"
	    " AND (host IS NULL OR host = ?)"
	    " ORDER BY due LIMIT 1 FOR UPDATE SKIP LOCKED";
	static const char update[] =
	    "UPDATE jobs SET version = version + 1, attempts = attempts + 1,"
	    " leased_until = ?, leased_by = ? WHERE id = ? AND version = ?";
	struct db_rows rows;
	uint64_t affected;

	*found = false;
	DB_TRY(db_select(
	    db, arena, select, DB_VALUES(db_time(now), db_time(now), db_text(host)), &rows));
	if (rows.count == 0)
		return DB_OK;
	*job = (struct job){.id = db_cell_integer(&rows, 0, 0),
	    .version = db_cell_integer(&rows, 0, 1),
	    .kind = db_cell_text(&rows, 0, 2),
	    .dedup = db_cell_text(&rows, 0, 3),
	    .payload = db_cell_text(&rows, 0, 4),
	    .attempts = (unsigned)db_cell_integer(&rows, 0, 5) + 1};
	DB_TRY(db_execute(db, update,
	    DB_VALUES(db_time(now + lease), db_text(worker), db_integer(job->id),
		db_integer(job->version)),
	    &affected));
	*found = affected > 0;
	job->version++;
	return DB_OK;
}

/* Gives back a job that was put again while it was worked on, or does nothing. */
static enum db_outcome job_release(struct db *db, const struct job *job)
{
	static const char sql[] =
	    "UPDATE jobs SET version = version + 1, attempts = 0, leased_until = NULL,"
	    " leased_by = NULL WHERE id = ?";

	return db_execute(db, sql, DB_VALUES(db_integer(job->id)), NULL);
}

enum db_outcome job_done(struct db *db, const struct job *job)
{
	static const char sql[] = "DELETE FROM jobs WHERE id = ? AND version = ?";
	uint64_t affected;

	DB_TRY(db_execute(
	    db, sql, DB_VALUES(db_integer(job->id), db_integer(job->version)), &affected));
	return affected > 0 ? DB_OK : job_release(db, job);
}

enum db_outcome job_again(struct db *db, const struct job *job, int64_t due, const char *error)
{
	static const char sql[] =
	    "UPDATE jobs SET version = version + 1, due = ?, leased_until = NULL,"
	    " leased_by = NULL, last_error = ?, attempts = IF(? IS NULL, 0, attempts)"
	    " WHERE id = ? AND version = ?";
	uint64_t affected;

	DB_TRY(db_execute(db, sql,
	    DB_VALUES(db_time(due), db_text(error), db_text(error), db_integer(job->id),
		db_integer(job->version)),
	    &affected));
	return affected > 0 ? DB_OK : job_release(db, job);
}
