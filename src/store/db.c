/* The database: one connection, its prepared statements, and transactions that are run again. */
#include "store/db.h"

#include <mysql.h>
#include <mysqld_error.h>
#include <errmsg.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/statement.h"

enum {
	STATEMENTS_MAX = 160, /* different statements of one program */
	BACKOFF_MIN_MS = 10,
	BACKOFF_MAX_MS = 200,
	CONNECT_TIMEOUT_S = 2,
	RETRY_AFTER_S = 2,
};

/* Kept for the connection's life. */
struct kept_statement {
	const char *sql; /* compared by address */
	struct statement statement;
};

struct db {
	const struct config *config;
	MYSQL *mysql; /* NULL while not connected */
	struct kept_statement statements[STATEMENTS_MAX];
	size_t statement_count;
	int64_t statement_limit;
	int64_t deadline;       /* on the monotonic clock */
	int64_t connect_failed; /* when the last connect failed; 0: it did not */
	unsigned failure;       /* the error number behind the last DB_AGAIN */
	struct error error;     /* behind the last DB_FAILED */
};

/* The connection is lost, or its statements are: everything is set up anew. The numbers are those
 * that were seen with MariaDB, Galera and MySQL. */
static bool failure_is_loss(unsigned failure)
{
	static const unsigned losses[] = {2002, 2003, 2006, 2013, 2014, 2055, 1047, 1053, 1158,
	    1159, 1160, 1161, 1927, 1243, 4031};

	for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
		if (losses[i] == failure)
			return true;
	}
	return false;
}

/* Two transactions met: a deadlock, a lock's time-out, or a row changed under a snapshot. */
static bool failure_is_conflict(unsigned failure)
{
	return failure == ER_LOCK_DEADLOCK || failure == ER_LOCK_WAIT_TIMEOUT || failure == 1020;
}

/* The server is there but does not serve us now: too many connections, read only, no rights, no
 * such database or table (not migrated yet), a full disk. Waiting inside the request does not help.
 */
static bool failure_is_refusal(unsigned failure)
{
	static const unsigned refusals[] = {1040, 1203, 1226, 1290, 1836, 1044, 1045, 1049, 1054,
	    1142, 1146, 1698, 1021, 1026, 1114};

	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		if (refusals[i] == failure)
			return true;
	}
	return false;
}

struct db *db_new(const struct config *config)
{
	struct db *db = calloc(1, sizeof *db);

	if (db == NULL)
		abort();
	db->config = config;
	db->statement_limit = config->db_deadline;
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
	db->statement_limit = limit;
}

static MYSQL *handle_new(const struct db *db)
{
	const struct config *config = db->config;
	MYSQL *mysql = mysql_init(NULL);
	unsigned connect_timeout = CONNECT_TIMEOUT_S;
	unsigned io_timeout = (unsigned)((db->statement_limit + SECOND - 1) / SECOND);

	if (mysql == NULL)
		abort();
#ifdef MARIADB_BASE_VERSION
	/* Off is the default of both clients; MySQL's newer ones warn when it is even mentioned. */
	mysql_options(mysql, MYSQL_OPT_RECONNECT, &(my_bool){0});
#endif
	mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
	mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &io_timeout);
	mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &io_timeout);
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options(mysql, MYSQL_INIT_COMMAND,
	    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
	    " time_zone = '+00:00'");
	mysql_options(
	    mysql, MYSQL_INIT_COMMAND, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	if (*config->db_tls_ca != '\0') {
		mysql_options(mysql, MYSQL_OPT_SSL_CA, config->db_tls_ca);
#ifdef MARIADB_BASE_VERSION
		mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &(my_bool){1});
#else
		mysql_options(
		    mysql, MYSQL_OPT_SSL_MODE, &(enum mysql_ssl_mode){SSL_MODE_VERIFY_IDENTITY});
#endif
	}
	return mysql;
}

/* In a Galera cluster another node may have what was committed here a moment ago not yet, and the
 * other way round: reads wait until they see all that was committed before them (measured: 0.12 ms
 * idle). A server that knows no such variable is no cluster. */
static void reads_wait(MYSQL *mysql)
{
	static const char sql[] = "SET SESSION wsrep_sync_wait = 1";

	(void)mysql_real_query(mysql, sql, sizeof sql - 1);
}

static enum db_outcome connect_now(struct db *db)
{
	const struct config *config = db->config;
	MYSQL *mysql = handle_new(db);
	const char *host = *config->db_host == '\0' ? NULL : config->db_host;
	const char *socket = *config->db_socket == '\0' ? NULL : config->db_socket;

	if (mysql_real_connect(mysql, host, config->db_user, config->db_password,
		config->db_database, (unsigned)config->db_port, host == NULL ? socket : NULL,
		0) != NULL) {
		reads_wait(mysql);
		db->mysql = mysql;
		db->connect_failed = 0;
		metrics_count(METRICS_DB_CONNECT);
		return DB_OK;
	}
	db->failure = mysql_errno(mysql);
	db->connect_failed = clock_monotonic();
	log_event("warning", "database: cannot connect: %u %s", db->failure, mysql_error(mysql));
	mysql_close(mysql);
	if (failure_is_refusal(db->failure))
		return db_fail(db, ERROR_UNAVAILABLE, "The database does not serve us now.");
	if (!failure_is_loss(db->failure))
		return db_fail(db, ERROR_UNAVAILABLE, "The database cannot be reached.");
	return DB_AGAIN;
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

/* What a failed statement means for its transaction. */
static enum db_outcome statement_failed(struct db *db, unsigned failure, const char *sql)
{
	db->failure = failure;
	if (failure_is_loss(failure) || failure_is_conflict(failure))
		return DB_AGAIN;
	/* The server's own text may quote values, so it is not logged. */
	log_event("error", "database: error %u in: %.300s", failure, sql);
	if (failure_is_refusal(failure))
		return db_fail(db, ERROR_UNAVAILABLE, "The database does not serve us now.");
	return db_fail(db, ERROR_INTERNAL, "The database refused a statement.");
}

static enum db_outcome query(struct db *db, const char *sql)
{
	if (mysql_real_query(db->mysql, sql, strlen(sql)) != 0)
		return statement_failed(db, mysql_errno(db->mysql), sql);
	return DB_OK;
}

/* Sleeps before the next try; false when the deadline would pass meanwhile. */
static bool back_off(struct db *db, unsigned attempt)
{
	unsigned most = BACKOFF_MAX_MS;
	int64_t pause;
	struct timespec time;

	if (attempt < 5)
		most = (unsigned)BACKOFF_MIN_MS << attempt;
	if (most > BACKOFF_MAX_MS)
		most = BACKOFF_MAX_MS;
	pause = (BACKOFF_MIN_MS + random_below(most)) * MILLISECOND;
	if (clock_monotonic() + pause >= db->deadline)
		return false;
	time.tv_sec = (time_t)(pause / SECOND);
	time.tv_nsec = (long)(pause % SECOND * 1000);
	nanosleep(&time, NULL);
	return true;
}

static enum db_outcome attempt_run(
    struct db *db, db_transaction *transaction, void *context, bool plain)
{
	if (db->mysql == NULL)
		DB_TRY(connect_now(db));
	if (plain)
		return transaction(db, context);
	DB_TRY(query(db, "BEGIN"));
	DB_TRY(transaction(db, context));
	return query(db, "COMMIT");
}

/* After a try that did not succeed: leaves the connection without a transaction, or closed. */
static void attempt_clean(struct db *db, enum db_outcome outcome, bool plain)
{
	if (db->mysql == NULL)
		return;
	if (outcome == DB_AGAIN && failure_is_loss(db->failure))
		disconnect(db);
	else if (!plain && mysql_rollback(db->mysql) != 0)
		disconnect(db);
}

static bool unavailable(struct error *error, const char *message)
{
	metrics_count(METRICS_DB_UNAVAILABLE);
	error_set(error, ERROR_UNAVAILABLE, "%s", message);
	error->retry_after = RETRY_AFTER_S;
	return false;
}

static bool run(
    struct db *db, db_transaction *transaction, void *context, bool plain, struct error *error)
{
	/* A small pool must not queue everybody behind a server that is known to be gone. */
	bool once = db->connect_failed != 0 && clock_monotonic() - db->connect_failed < SECOND;

	for (unsigned attempt = 0;; attempt++) {
		enum db_outcome outcome = attempt_run(db, transaction, context, plain);

		if (outcome == DB_OK)
			return true;
		attempt_clean(db, outcome, plain);
		if (outcome == DB_FAILED) {
			error_clear(error);
			*error = db->error;
			db->error = (struct error){0};
			if (error->kind == ERROR_UNAVAILABLE) {
				metrics_count(METRICS_DB_UNAVAILABLE);
				error->retry_after = RETRY_AFTER_S;
			}
			return false;
		}
		if ((once && db->mysql == NULL) || !back_off(db, attempt))
			return unavailable(error, "The database is out of reach; try again.");
		metrics_count(METRICS_DB_RETRY);
	}
}

bool db_run(struct db *db, db_transaction *transaction, void *context, struct error *error)
{
	return run(db, transaction, context, false, error);
}

bool db_run_plain(struct db *db, db_transaction *transaction, void *context, struct error *error)
{
	return run(db, transaction, context, true, error);
}

/* The prepared statement for `sql`: found again by its address, or made. */
static enum db_outcome statement_find(struct db *db, const char *sql, struct statement **statement)
{
	struct kept_statement *kept;
	unsigned failure;

	for (size_t i = 0; i < db->statement_count; i++) {
		if (db->statements[i].sql == sql) {
			*statement = &db->statements[i].statement;
			return DB_OK;
		}
	}
	if (db->statement_count == STATEMENTS_MAX)
		return db_fail(db, ERROR_INTERNAL, "Too many statements.");
	kept = &db->statements[db->statement_count];
	kept->sql = sql;
	failure = statement_prepare(&kept->statement, db->mysql, sql);
	if (failure != 0)
		return statement_failed(db, failure, sql);
	db->statement_count++;
	*statement = &kept->statement;
	return DB_OK;
}

/* `*failure` is 0 or the error number of the execution, which may mean something to the caller. */
static enum db_outcome execute(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, struct statement **statement, unsigned *failure)
{
	DB_TRY(statement_find(db, sql, statement));
	if (!statement_takes(*statement, value_count))
		return db_fail(db, ERROR_INTERNAL, "Wrong number of values for a statement.");
	*failure = statement_execute(*statement, values);
	return DB_OK;
}

enum db_outcome db_execute(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, uint64_t *affected)
{
	struct statement *statement;
	unsigned failure;

	DB_TRY(execute(db, sql, values, value_count, &statement, &failure));
	if (failure != 0)
		return statement_failed(db, failure, sql);
	if (affected != NULL)
		*affected = statement_affected(statement);
	return DB_OK;
}

enum db_outcome db_insert(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, bool *duplicate)
{
	struct statement *statement;
	unsigned failure;

	DB_TRY(execute(db, sql, values, value_count, &statement, &failure));
	*duplicate = failure == ER_DUP_ENTRY;
	if (failure != 0 && !*duplicate)
		return statement_failed(db, failure, sql);
	return DB_OK;
}

enum db_outcome db_select(struct db *db, struct arena *arena, const char *sql,
    const struct db_value *values, size_t value_count, struct db_rows *rows)
{
	struct statement *statement;
	unsigned failure;

	*rows = (struct db_rows){0};
	DB_TRY(execute(db, sql, values, value_count, &statement, &failure));
	if (failure == 0)
		failure = statement_fetch(statement, arena, rows);
	return failure == 0 ? DB_OK : statement_failed(db, failure, sql);
}

enum db_outcome db_exists(
    struct db *db, const char *sql, const struct db_value *values, size_t value_count, bool *exists)
{
	struct arena *arena = arena_new();
	struct db_rows rows;
	enum db_outcome outcome = db_select(db, arena, sql, values, value_count, &rows);

	if (outcome == DB_OK)
		*exists = rows.count > 0;
	arena_free(arena);
	return outcome;
}

struct text_run {
	const char *sql;
	const unsigned *tolerated;
};

static enum db_outcome text_run(struct db *db, void *context)
{
	const struct text_run *run = context;
	unsigned failure;

	if (mysql_real_query(db->mysql, run->sql, strlen(run->sql)) == 0) {
		MYSQL_RES *result = mysql_store_result(db->mysql);

		if (result != NULL)
			mysql_free_result(result);
		return DB_OK;
	}
	failure = mysql_errno(db->mysql);
	for (const unsigned *tolerated = run->tolerated; *tolerated != 0; tolerated++) {
		if (*tolerated == failure)
			return DB_OK;
	}
	if (failure_is_loss(failure) || failure_is_conflict(failure)) {
		db->failure = failure;
		return DB_AGAIN;
	}
	return db_fail(db, ERROR_INTERNAL, "database error %u: %s in: %.100s", failure,
	    mysql_error(db->mysql), run->sql);
}

bool db_execute_text(struct db *db, const char *sql, const unsigned *tolerated, struct error *error)
{
	struct text_run context = {.sql = sql, .tolerated = tolerated};

	return db_run_plain(db, text_run, &context, error);
}
