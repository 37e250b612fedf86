/* The table of jobs: work that no request waits for. */
#include "store/jobs.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/db_row.h"

enum {
	DEDUP_MAX = 300, /* bytes, as the column */
};

/* Programs of the last release identify a job by this text alone. */
static enum db_outcome dedup_write(
    struct db *db, const char *kind, const char *subject, char *dedup, size_t size)
{
	int len = snprintf(dedup, size, "%s%s%s", kind, *subject == '\0' ? "" : ":", subject);

	if ((size_t)len >= size || strlen(subject) > JOB_SUBJECT_MAX)
		return db_fail(db, ERROR_INTERNAL, "the job %s has too long a subject", kind);
	return DB_OK;
}

enum db_outcome job_put(struct db *db, const char *kind, const char *subject, const char *host,
    int64_t due, int64_t now)
{
	/* A program of the last release may have added the row. It knows neither lane nor subject.
	 */
	static const char sql[] =
	    "INSERT INTO jobs (lane, kind, subject, dedup, host, due, created_on)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?)"
	    " ON DUPLICATE KEY UPDATE version = version + 1, wanted_again = TRUE,"
	    " lane = VALUES(lane), subject = VALUES(subject), due = LEAST(due, VALUES(due))";
	char dedup[DEDUP_MAX + 1];

	DB_TRY(dedup_write(db, kind, subject, dedup, sizeof dedup));
	return db_execute(db, sql,
	    DB_VALUES(db_text(job_kind_lane(kind)), db_text(kind), db_text(subject), db_text(dedup),
		db_text(host), db_time(due), db_time(now)),
	    NULL);
}

enum db_outcome job_seed(struct db *db, const char *kind, const char *subject, const char *host,
    int64_t due, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO jobs (lane, kind, subject, dedup, host, due, created_on)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?)"
	    " ON DUPLICATE KEY UPDATE lane = VALUES(lane), subject = VALUES(subject)";
	char dedup[DEDUP_MAX + 1];

	DB_TRY(dedup_write(db, kind, subject, dedup, sizeof dedup));
	return db_execute(db, sql,
	    DB_VALUES(db_text(job_kind_lane(kind)), db_text(kind), db_text(subject), db_text(dedup),
		db_text(host), db_time(due), db_time(now)),
	    NULL);
}

static const struct db_column columns[] = {
    DB_COLUMN(struct job, id),
    DB_COLUMN(struct job, version),
    DB_COLUMN(struct job, kind),
    DB_COLUMN(struct job, subject),
    DB_COLUMN(struct job, attempts),
};

static const struct db_column lease_columns[] = {DB_COLUMN_AS("lease", struct job_lease, number)};

enum db_outcome job_claim(struct db *db, struct arena *arena, const struct job_worker *worker,
    int64_t now, struct job *job, bool *found)
{
	/* A range of the key jobs_lane. A job of a program of the last release has its subject in
	 * dedup, "kind:subject". */
	static const char select[] =
	    "SELECT id, version, lease, kind, attempts, COALESCE(subject,"
	    " IF(LOCATE(':', dedup) = 0, '', SUBSTRING(dedup, LOCATE(':', dedup) + 1))) AS subject"
	    " FROM jobs WHERE lane = ? AND due <= ?"
	    " AND (leased_until IS NULL OR leased_until < ?) AND (host IS NULL OR host = ?)"
	    " ORDER BY due LIMIT 1 FOR UPDATE SKIP LOCKED";
	/* `version` as well: a claim of a program of the last release raises nothing else. */
	static const char update[] =
	    "UPDATE jobs SET version = version + 1, lease = lease + 1, wanted_again = FALSE,"
	    " attempts = attempts + 1, leased_until = ?, leased_by = ?"
	    " WHERE id = ? AND lease = ? AND version = ?";
	struct db_rows rows;
	uint64_t affected;

	*found = false;
	DB_TRY(db_select(db, arena, select,
	    DB_VALUES(db_text(worker->lane), db_time(now), db_time(now), db_text(worker->host)),
	    &rows));
	if (rows.count == 0)
		return DB_OK;
	*job =
	    (struct job){.worker = worker->name, .lease = arena_alloc(arena, sizeof *job->lease)};
	*job->lease = (struct job_lease){.length = worker->lease, .renewed = clock_monotonic()};
	db_row_read(&rows, 0, columns, DB_COLUMNS(columns), job);
	db_row_read(&rows, 0, lease_columns, DB_COLUMNS(lease_columns), job->lease);
	/* The values after the claim. */
	job->version++;
	job->attempts++;
	job->lease->number++;
	DB_TRY(db_execute(db, update,
	    DB_VALUES(db_time(now + worker->lease), db_text(worker->name), db_integer(job->id),
		db_integer(job->lease->number - 1), db_integer(job->version - 1)),
	    &affected));
	*found = affected > 0;
	return DB_OK;
}

enum db_outcome job_is_leased(
    struct db *db, const char *kind, const char *subject, int64_t now, bool *leased)
{
	static const char sql[] =
	    "SELECT id FROM jobs WHERE kind = ? AND subject = ? AND leased_until >= ?";

	return db_exists(db, sql, DB_VALUES(db_text(kind), db_text(subject), db_time(now)), leased);
}

/* The condition of every write of the worker that has the job. `leased_by` as well: a program of
 * the last release takes a job without raising `lease`. */
#define WHERE_MINE " WHERE id = ? AND lease = ? AND leased_by = ?"
#define MINE(job)  db_integer((job)->id), db_integer((job)->lease->number), db_text((job)->worker)

enum db_outcome job_renew(struct db *db, const struct job *job, int64_t now)
{
	static const char sql[] = "UPDATE jobs SET leased_until = ?" WHERE_MINE;
	uint64_t affected;

	DB_TRY(db_execute(
	    db, sql, DB_VALUES(db_time(now + job->lease->length), MINE(job)), &affected));
	job->lease->lost = affected == 0;
	return DB_OK;
}

/* Gives back a job that was put again while it was worked on: it is due at once. */
static enum db_outcome job_release(struct db *db, const struct job *job)
{
	static const char sql[] =
	    "UPDATE jobs SET version = version + 1, wanted_again = FALSE, attempts = 0,"
	    " leased_until = NULL, leased_by = NULL" WHERE_MINE;
	uint64_t affected;

	DB_TRY(db_execute(db, sql, DB_VALUES(MINE(job)), &affected));
	job->lease->lost = affected == 0;
	return DB_OK;
}

enum db_outcome job_done(struct db *db, const struct job *job)
{
	/* `version`: a program of the last release puts a job again without `wanted_again`. */
	static const char sql[] =
	    "DELETE FROM jobs" WHERE_MINE " AND wanted_again = FALSE AND version = ?";
	uint64_t affected;

	DB_TRY(db_execute(db, sql, DB_VALUES(MINE(job), db_integer(job->version)), &affected));
	return affected > 0 ? DB_OK : job_release(db, job);
}

enum db_outcome job_again(struct db *db, const struct job *job, int64_t due, const char *error)
{
	/* A job that was put again keeps the time at which it is due, which has come. Columns are
	 * set from left to right. */
	static const char sql[] =
	    "UPDATE jobs SET due = IF(wanted_again OR version <> ?, due, ?),"
	    " attempts = IF(wanted_again OR version <> ? OR ? IS NULL, 0, attempts),"
	    " last_error = ?, leased_until = NULL, leased_by = NULL, wanted_again = FALSE,"
	    " version = version + 1" WHERE_MINE;
	uint64_t affected;

	DB_TRY(db_execute(db, sql,
	    DB_VALUES(db_integer(job->version), db_time(due), db_integer(job->version),
		db_text(error), db_text(error), MINE(job)),
	    &affected));
	job->lease->lost = affected == 0;
	return DB_OK;
}
