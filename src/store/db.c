/* The database: one connection, prepared statements, and transactions that are run again. */
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

enum {
	STATEMENTS_MAX = 160, /* different statements of one program */
	VALUES_MAX = 32,      /* of one statement */
	COLUMNS_MAX = 32,
	COLUMN_START = 256, /* bytes a text column's buffer has at first */
	BACKOFF_MIN_MS = 10,
	BACKOFF_MAX_MS = 200,
	CONNECT_TIMEOUT_S = 2,
	RETRY_AFTER_S = 2,
};

/* my_bool with MariaDB's client, bool with MySQL's. */
typedef __typeof__(*((MYSQL_BIND *)NULL)->is_null) db_flag;

struct column {
	enum { COLUMN_INTEGER, COLUMN_TIME, COLUMN_BYTES } kind;
	long long integer;
	MYSQL_TIME time;
	char *bytes;
	unsigned long size;
	unsigned long len;
	db_flag null;
	db_flag truncated;
};

struct statement {
	const char *sql; /* compared by address */
	MYSQL_STMT *stmt;
	size_t column_count;
	struct column *columns;
	MYSQL_BIND *binds;
};

struct db {
	const struct config *config;
	MYSQL *mysql; /* NULL while not connected */
	struct statement statements[STATEMENTS_MAX];
	size_t statement_count;
	int64_t deadline;       /* on the monotonic clock */
	int64_t connect_failed; /* when the last connect failed; 0: it did not */
	unsigned failure;       /* the error number behind the last DB_AGAIN */
	struct error error;     /* behind the last DB_FAILED */
};

/* The connection is lost, or its statements are: everything is set up anew. (Numbers as measured
 * with MariaDB, Galera and MySQL: see DESIGN.md.) */
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
 * such database or table (not migrated yet). Waiting inside the request does not help. */
static bool failure_is_refusal(unsigned failure)
{
	static const unsigned refusals[] = {
	    1040, 1203, 1226, 1290, 1836, 1044, 1045, 1049, 1054, 1142, 1146, 1698};

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
	db_deadline_start(db);
	return db;
}

static void statement_free(struct statement *statement)
{
	for (size_t i = 0; i < statement->column_count; i++)
		free(statement->columns[i].bytes);
	free(statement->columns);
	free(statement->binds);
	mysql_stmt_close(statement->stmt);
}

static void disconnect(struct db *db)
{
	for (size_t i = 0; i < db->statement_count; i++)
		statement_free(&db->statements[i]);
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

static MYSQL *handle_new(const struct config *config)
{
	MYSQL *mysql = mysql_init(NULL);
	unsigned connect_timeout = CONNECT_TIMEOUT_S;
	unsigned io_timeout = (unsigned)((config->db_deadline + SECOND - 1) / SECOND);

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

static enum db_outcome connect_now(struct db *db)
{
	const struct config *config = db->config;
	MYSQL *mysql = handle_new(config);
	const char *host = *config->db_host == '\0' ? NULL : config->db_host;
	const char *socket = *config->db_socket == '\0' ? NULL : config->db_socket;

	if (mysql_real_connect(mysql, host, config->db_user, config->db_password,
		config->db_database, (unsigned)config->db_port, host == NULL ? socket : NULL,
		0) != NULL) {
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

struct db_value db_integer(int64_t integer)
{
	return (struct db_value){.type = DB_INTEGER, .integer = integer};
}

struct db_value db_text(const char *text)
{
	if (text == NULL)
		return (struct db_value){.type = DB_NULL};
	return (struct db_value){.type = DB_BYTES, .bytes = text, .len = strlen(text)};
}

struct db_value db_bytes(const void *bytes, size_t len)
{
	return (struct db_value){.type = DB_BYTES, .bytes = bytes, .len = len};
}

struct db_value db_time(int64_t time)
{
	if (time == TIME_NONE)
		return (struct db_value){.type = DB_NULL};
	return (struct db_value){.type = DB_TIME, .integer = time};
}

static void column_prepare(struct column *column, MYSQL_BIND *bind, enum enum_field_types type)
{
	bind->is_null = &column->null;
	bind->error = &column->truncated;
	bind->length = &column->len;
	switch (type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
		column->kind = COLUMN_INTEGER;
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		bind->buffer = &column->integer;
		break;
	case MYSQL_TYPE_DATETIME:
	case MYSQL_TYPE_TIMESTAMP:
		column->kind = COLUMN_TIME;
		bind->buffer_type = MYSQL_TYPE_DATETIME;
		bind->buffer = &column->time;
		break;
	default:
		column->kind = COLUMN_BYTES;
		column->size = COLUMN_START;
		column->bytes = malloc(column->size);
		if (column->bytes == NULL)
			abort();
		bind->buffer_type = MYSQL_TYPE_BLOB;
		bind->buffer = column->bytes;
		bind->buffer_length = column->size;
		break;
	}
}

static void columns_prepare(struct statement *statement)
{
	MYSQL_RES *result = mysql_stmt_result_metadata(statement->stmt);
	MYSQL_FIELD *fields;

	if (result == NULL)
		return; /* no SELECT */
	statement->column_count = mysql_num_fields(result);
	statement->columns = calloc(statement->column_count, sizeof *statement->columns);
	statement->binds = calloc(statement->column_count, sizeof *statement->binds);
	if (statement->columns == NULL || statement->binds == NULL)
		abort();
	fields = mysql_fetch_fields(result);
	for (size_t i = 0; i < statement->column_count; i++)
		column_prepare(&statement->columns[i], &statement->binds[i], fields[i].type);
	mysql_free_result(result);
}

/* The prepared statement for `sql`: found again by its address, or made. */
static enum db_outcome statement_find(struct db *db, const char *sql, struct statement **statement)
{
	MYSQL_STMT *stmt;

	for (size_t i = 0; i < db->statement_count; i++) {
		if (db->statements[i].sql == sql) {
			*statement = &db->statements[i];
			return DB_OK;
		}
	}
	if (db->statement_count == STATEMENTS_MAX)
		return db_fail(db, ERROR_INTERNAL, "Too many statements.");
	stmt = mysql_stmt_init(db->mysql);
	if (stmt == NULL)
		abort();
	if (mysql_stmt_prepare(stmt, sql, strlen(sql)) != 0) {
		unsigned failure = mysql_stmt_errno(stmt);

		mysql_stmt_close(stmt);
		return statement_failed(db, failure, sql);
	}
	*statement = &db->statements[db->statement_count++];
	**statement = (struct statement){.sql = sql, .stmt = stmt};
	columns_prepare(*statement);
	return DB_OK;
}

static void value_bind(const struct db_value *value, MYSQL_BIND *bind, MYSQL_TIME *time)
{
	struct date date;

	switch (value->type) {
	case DB_NULL:
		bind->buffer_type = MYSQL_TYPE_NULL;
		break;
	case DB_INTEGER:
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		bind->buffer = (void *)&value->integer;
		break;
	case DB_BYTES:
		/* STRING, not BLOB: the bytes are checked UTF-8, and a BLOB cannot be compared with
		 * text columns without a conversion. VARBINARY columns take both as they are. */
		bind->buffer_type = MYSQL_TYPE_STRING;
		bind->buffer = (void *)value->bytes;
		bind->buffer_length = value->len;
		break;
	case DB_TIME:
		date = date_from_time(value->integer);
		*time = (MYSQL_TIME){.year = (unsigned)date.year,
		    .month = date.month,
		    .day = date.day,
		    .hour = date.hour,
		    .minute = date.minute,
		    .second = date.second,
		    .second_part = date.microsecond,
		    .time_type = MYSQL_TIMESTAMP_DATETIME};
		bind->buffer_type = MYSQL_TYPE_DATETIME;
		bind->buffer = time;
		break;
	}
}

/* Binds the values and executes; `*failure` is 0 or the error number. */
static enum db_outcome statement_execute(struct db *db, const char *sql,
    const struct db_value *values, size_t value_count, struct statement **statement,
    unsigned *failure)
{
	MYSQL_BIND binds[VALUES_MAX] = {0};
	MYSQL_TIME times[VALUES_MAX];

	*failure = 0;
	DB_TRY(statement_find(db, sql, statement));
	if (value_count > VALUES_MAX || value_count != mysql_stmt_param_count((*statement)->stmt))
		return db_fail(db, ERROR_INTERNAL, "Wrong number of values for a statement.");
	for (size_t i = 0; i < value_count; i++)
		value_bind(&values[i], &binds[i], &times[i]);
	if ((value_count > 0 && mysql_stmt_bind_param((*statement)->stmt, binds)) ||
	    mysql_stmt_execute((*statement)->stmt) != 0)
		*failure = mysql_stmt_errno((*statement)->stmt);
	return DB_OK;
}

enum db_outcome db_execute(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, uint64_t *affected)
{
	struct statement *statement;
	unsigned failure;

	DB_TRY(statement_execute(db, sql, values, value_count, &statement, &failure));
	if (failure != 0)
		return statement_failed(db, failure, sql);
	if (affected != NULL)
		*affected = mysql_stmt_affected_rows(statement->stmt);
	return DB_OK;
}

enum db_outcome db_insert(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, bool *duplicate)
{
	struct statement *statement;
	unsigned failure;

	DB_TRY(statement_execute(db, sql, values, value_count, &statement, &failure));
	*duplicate = failure == ER_DUP_ENTRY;
	if (failure != 0 && !*duplicate)
		return statement_failed(db, failure, sql);
	return DB_OK;
}

/* Fetches again what did not fit, with a larger buffer, which later rows then use too. */
static bool column_grow(struct statement *statement, size_t i)
{
	struct column *column = &statement->columns[i];
	char *bytes;

	if (column->kind != COLUMN_BYTES || column->null || column->len <= column->size)
		return true;
	bytes = realloc(column->bytes, column->len);
	if (bytes == NULL)
		abort();
	column->bytes = bytes;
	column->size = column->len;
	statement->binds[i].buffer = bytes;
	statement->binds[i].buffer_length = column->size;
	return mysql_stmt_fetch_column(statement->stmt, &statement->binds[i], (unsigned)i, 0) == 0;
}

static void cell_fill(struct db_cell *cell, const struct column *column, struct arena *arena)
{
	const MYSQL_TIME *time = &column->time;

	cell->null = column->null != 0;
	if (cell->null)
		return;
	switch (column->kind) {
	case COLUMN_INTEGER:
		cell->integer = column->integer;
		break;
	case COLUMN_TIME:
		cell->integer = date_to_time(&(struct date){.year = (int)time->year,
		    .month = time->month,
		    .day = time->day,
		    .hour = time->hour,
		    .minute = time->minute,
		    .second = time->second,
		    .microsecond = (unsigned)time->second_part});
		break;
	case COLUMN_BYTES:
		cell->text = arena_strndup(arena, column->bytes, column->len);
		cell->len = column->len;
		break;
	}
}

static enum db_outcome row_fetch(
    struct db *db, struct statement *statement, struct arena *arena, struct db_cell *cells)
{
	bool grown = false;
	int status = mysql_stmt_fetch(statement->stmt);

	if (status != 0 && status != MYSQL_DATA_TRUNCATED)
		return statement_failed(db, mysql_stmt_errno(statement->stmt), statement->sql);
	for (size_t i = 0; i < statement->column_count; i++) {
		unsigned long size = statement->columns[i].size;

		if (!column_grow(statement, i))
			return statement_failed(
			    db, mysql_stmt_errno(statement->stmt), statement->sql);
		grown = grown || size != statement->columns[i].size;
		cell_fill(&cells[i], &statement->columns[i], arena);
	}
	if (grown && mysql_stmt_bind_result(statement->stmt, statement->binds))
		return statement_failed(db, mysql_stmt_errno(statement->stmt), statement->sql);
	return DB_OK;
}

enum db_outcome db_select(struct db *db, struct arena *arena, const char *sql,
    const struct db_value *values, size_t value_count, struct db_rows *rows)
{
	struct statement *statement;
	unsigned failure;
	enum db_outcome outcome = DB_OK;

	*rows = (struct db_rows){0};
	DB_TRY(statement_execute(db, sql, values, value_count, &statement, &failure));
	if (failure != 0)
		return statement_failed(db, failure, sql);
	if (mysql_stmt_bind_result(statement->stmt, statement->binds) ||
	    mysql_stmt_store_result(statement->stmt) != 0)
		return statement_failed(db, mysql_stmt_errno(statement->stmt), sql);
	rows->columns = statement->column_count;
	rows->count = mysql_stmt_num_rows(statement->stmt);
	rows->cells = arena_alloc(arena, rows->count * rows->columns * sizeof *rows->cells);
	for (size_t i = 0; i < rows->count && outcome == DB_OK; i++)
		outcome = row_fetch(db, statement, arena, rows->cells + i * rows->columns);
	mysql_stmt_free_result(statement->stmt);
	return outcome;
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

const struct db_cell *db_cell(const struct db_rows *rows, size_t row, size_t column)
{
	return &rows->cells[row * rows->columns + column];
}

const char *db_cell_text(const struct db_rows *rows, size_t row, size_t column)
{
	return db_cell(rows, row, column)->text;
}

int64_t db_cell_integer(const struct db_rows *rows, size_t row, size_t column)
{
	return db_cell(rows, row, column)->integer;
}

int64_t db_cell_time(const struct db_rows *rows, size_t row, size_t column)
{
	const struct db_cell *cell = db_cell(rows, row, column);

	return cell->null ? TIME_NONE : cell->integer;
}

bool db_cell_null(const struct db_rows *rows, size_t row, size_t column)
{
	return db_cell(rows, row, column)->null;
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
