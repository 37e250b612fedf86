/* The database: one connection, and transactions that run again after a failure. */
#include "store/db.h"

#include <mysql.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/db_failure.h"
#include "store/db_handle.h"

enum {
	BACKOFF_MIN_MS = 10,
	BACKOFF_MAX_MS = 200,
	RETRY_AFTER_S = 2,
};

/* A request tries for so long when a server refuses its work. */
#define REFUSED_WAIT (2 * SECOND)

struct db *db_new(const struct config *config)
{
	struct db *db = calloc(1, sizeof *db);

	if (db == NULL)
		abort();
	db->config = config;
	db_servers_init(&db->servers, config);
	db_deadline_start(db);
	return db;
}

static void disconnect(struct db *db)
{
	for (size_t i = 0; i < db->statement_count; i++)
		statement_free(&db->statements[i].statement);
	db->statement_count = 0;
	if (db->mysql != NULL)
		mysql_close(db->mysql);
	db->mysql = NULL;
}

void db_free(struct db *db)
{
	if (db == NULL)
		return;
	disconnect(db);
	error_clear(&db->error);
	free(db);
	mysql_library_end();
}

void db_deadline_start(struct db *db)
{
	db->deadline = clock_monotonic() + db->config->db_deadline;
}

void db_deadline_shorten(struct db *db, int64_t budget)
{
	if (budget < db->config->db_deadline)
		db->deadline = clock_monotonic() + budget;
}

void db_statement_limit(struct db *db, int64_t limit)
{
	db->servers.statement_limit = limit;
}

static enum db_outcome connect_now(struct db *db)
{
	struct db_connect_failure failure;

	db->mysql = db_connect(&db->servers, db->deadline, &failure);
	if (db->mysql != NULL) {
		db->connect_failed = 0;
		metrics_count(METRICS_DB_CONNECT);
		return DB_OK;
	}
	db->failure = failure.number;
	db->connect_failed = clock_monotonic();
	outage_begin(&db->outage, "cannot connect: %s", failure.message);
	if (db_failure_passes(failure.number))
		return DB_AGAIN;
	return db_fail(db, ERROR_UNAVAILABLE, "%s",
	    db_failure_of(failure.number) == DB_FAILURE_OUT_OF_SERVICE
		? "The database does not serve us now."
		: "The database cannot be reached.");
}

void db_error_write(struct db *db, enum error_kind kind, const char *format, ...)
{
	char message[ERROR_MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	error_write(&db->error, kind, NULL, "%s", message);
}

static enum db_outcome query(struct db *db, const char *sql)
{
	if (mysql_real_query(db->mysql, sql, strlen(sql)) != 0)
		return db_statement_failed(db, mysql_errno(db->mysql), sql);
	return DB_OK;
}

/* Sleeps before the next try. False, without sleeping, when `deadline` would pass. */
static bool back_off(int64_t deadline, unsigned attempt)
{
	unsigned most = BACKOFF_MAX_MS;
	int64_t pause;
	struct timespec time;

	if (attempt < 5)
		most = (unsigned)BACKOFF_MIN_MS << attempt;
	if (most > BACKOFF_MAX_MS)
		most = BACKOFF_MAX_MS;
	pause = (BACKOFF_MIN_MS + random_below(most)) * MILLISECOND;
	if (clock_monotonic() + pause >= deadline)
		return false;
	time.tv_sec = (time_t)(pause / SECOND);
	time.tv_nsec = (long)(pause % SECOND * 1000);
	nanosleep(&time, NULL);
	return true;
}

/* Closes a connection that was idle for so long that the server is about to close it. Else the
 * request would find it closed. */
static void idle_close(struct db *db)
{
	if (db->mysql != NULL && db->servers.idle_limit != 0 &&
	    clock_monotonic() - db->used > db->servers.idle_limit)
		disconnect(db);
}

/* After a failed try: ends the transaction, or closes the connection. */
static void attempt_clean(struct db *db, enum db_outcome outcome, bool plain)
{
	enum db_failure failure =
	    outcome == DB_AGAIN ? db_failure_of(db->failure) : DB_FAILURE_OURS;

	if (db->mysql == NULL)
		return;
	if (failure == DB_FAILURE_AWAY || failure == DB_FAILURE_REFUSED) {
		disconnect(db);
		db_servers_advance(&db->servers);
		db->refused = clock_monotonic();
	} else if (failure == DB_FAILURE_LOST || (!plain && mysql_rollback(db->mysql) != 0)) {
		disconnect(db);
	}
}

static bool unavailable(struct error *error, const char *message)
{
	metrics_count(METRICS_DB_UNAVAILABLE);
	error_set(error, ERROR_UNAVAILABLE, "%s", message);
	error->retry_after = RETRY_AFTER_S;
	return false;
}

static bool failed(struct db *db, struct error *error)
{
	error_clear(error);
	*error = db->error;
	db->error = (struct error){0};
	if (error->kind == ERROR_UNAVAILABLE) {
		metrics_count(METRICS_DB_UNAVAILABLE);
		error->retry_after = RETRY_AFTER_S;
	}
	return false;
}

static void succeeded(struct db *db, unsigned attempt)
{
	outage_end(&db->outage, &db->servers);
	if (attempt > 0)
		db->refused = 0;
	if (db->servers.idle_limit != 0)
		db->used = clock_monotonic();
}

static bool is_recent(int64_t time)
{
	return time != 0 && clock_monotonic() - time < SECOND;
}

struct db_tries db_tries_begin(struct db *db, bool plain, struct error *error)
{
	idle_close(db);
	return (struct db_tries){.db = db,
	    .error = error,
	    .plain = plain,
	    /* When the server is known to be away, do not wait for it: all workers of a small pool
	     * would wait, and none would serve other requests. */
	    .no_waiting = is_recent(db->connect_failed) || is_recent(db->refused),
	    .deadline = db->deadline};
}

/* After a failed try: waits for the next one, or ends with the error. */
static void try_failed(struct db_tries *tries, enum db_outcome outcome)
{
	struct db *db = tries->db;

	attempt_clean(db, outcome, tries->plain);
	tries->ended = true;
	if (outcome == DB_FAILED) {
		failed(db, tries->error);
		return;
	}
	if (tries->deadline == db->deadline && db_failure_of(db->failure) == DB_FAILURE_REFUSED &&
	    clock_monotonic() + REFUSED_WAIT < tries->deadline)
		tries->deadline = clock_monotonic() + REFUSED_WAIT;
	if ((tries->no_waiting && db->mysql == NULL) ||
	    !back_off(tries->deadline, tries->attempt)) {
		unavailable(tries->error, "The database is out of reach; try again.");
		return;
	}
	metrics_count(METRICS_DB_RETRY);
	tries->attempt++;
	tries->ended = false;
}

bool db_tries_next(struct db_tries *tries)
{
	while (!tries->ended) {
		enum db_outcome outcome = DB_OK;

		if (tries->db->mysql == NULL)
			outcome = connect_now(tries->db);
		if (outcome == DB_OK && !tries->plain)
			outcome = query(tries->db, "BEGIN");
		if (outcome == DB_OK)
			return true;
		try_failed(tries, outcome);
	}
	return false;
}

bool db_tries_take(struct db_tries *tries, enum db_outcome outcome)
{
	if (outcome == DB_OK && !tries->plain)
		outcome = query(tries->db, "COMMIT");
	if (outcome != DB_OK) {
		try_failed(tries, outcome);
		return false;
	}
	succeeded(tries->db, tries->attempt);
	return true;
}

bool db_run(struct db *db, db_transaction *transaction, void *context, struct error *error)
{
	return db_transact(db, error, transaction(db, context));
}

bool db_run_plain(struct db *db, db_transaction *transaction, void *context, struct error *error)
{
	return db_once(db, error, transaction(db, context));
}

size_t db_host_count(const struct db *db)
{
	return db->servers.count;
}

const char *db_host_name(const struct db *db, size_t i, char *text)
{
	return db_server_name(&db->servers, i, text);
}

size_t db_host_used(const struct db *db)
{
	return db->servers.current;
}

bool db_host_probe(const struct db *db, size_t i, bool *read_only, struct error *error)
{
	struct db_connect_failure failure;

	*read_only = false;
	return db_server_probe(&db->servers, i, read_only, &failure) ||
	       error_set(error, ERROR_UNAVAILABLE, "%.300s", failure.message);
}
