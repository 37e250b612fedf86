/* Runs statements on a connection. The connection keeps its prepared statements. */
#include <mysql.h>
#include <mysqld_error.h>
#include <string.h>

#include "base/log.h"
#include "store/db_failure.h"
#include "store/db_handle.h"

/* Decides what a failed statement means for its transaction. */
enum db_outcome db_statement_failed(struct db *db, unsigned failure, const char *sql)
{
	db->failure = failure;
	switch (db_failure_of(failure)) {
	case DB_FAILURE_LOST:
	case DB_FAILURE_CONFLICT:
		return DB_AGAIN;
	case DB_FAILURE_AWAY:
		outage_begin(&db->outage, "the server does not serve: error %u", failure);
		return DB_AGAIN;
	case DB_FAILURE_REFUSED:
		outage_complain(&db->outage, failure, sql);
		return DB_AGAIN;
	case DB_FAILURE_OUT_OF_SERVICE:
		outage_complain(&db->outage, failure, sql);
		return db_fail(db, ERROR_UNAVAILABLE, "The database does not serve us now.");
	case DB_FAILURE_OURS:
		break;
	}
	log_event("error", "database: error %u in: %.300s", failure, sql);
	return db_fail(db, ERROR_INTERNAL, "The database refused a statement.");
}

/* Finds the prepared statement by the address of `sql`, or prepares it. */
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
		return db_statement_failed(db, failure, sql);
	db->statement_count++;
	*statement = &kept->statement;
	return DB_OK;
}

/* `*failure` is 0 or the error number of the execution. The caller may expect some errors. */
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
		return db_statement_failed(db, failure, sql);
	if (affected != NULL)
		*affected = statement_affected(statement);
	return DB_OK;
}

enum db_outcome db_insert_noted(
    struct db *db, const char *sql, const struct db_value *values, size_t value_count)
{
	struct statement *statement;
	unsigned failure;
	uint64_t id;

	DB_TRY(execute(db, sql, values, value_count, &statement, &failure));
	if (failure != 0)
		return db_statement_failed(db, failure, sql);
	if (statement_affected(statement) == 0)
		return DB_OK;
	id = statement_inserted(statement);
	if (db->written.first == 0 || id < db->written.first)
		db->written.first = id;
	if (id > db->written.last)
		db->written.last = id;
	return DB_OK;
}

struct db_written db_written_take(struct db *db)
{
	struct db_written written = db->written;

	db->written = (struct db_written){0};
	return written;
}

enum db_outcome db_insert(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, bool *duplicate)
{
	struct statement *statement;
	unsigned failure;

	DB_TRY(execute(db, sql, values, value_count, &statement, &failure));
	*duplicate = failure == ER_DUP_ENTRY;
	if (failure != 0 && !*duplicate)
		return db_statement_failed(db, failure, sql);
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
	return failure == 0 ? DB_OK : db_statement_failed(db, failure, sql);
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

static enum db_outcome text_run(struct db *db, const char *sql, const unsigned *tolerated)
{
	unsigned failure;

	if (mysql_real_query(db->mysql, sql, strlen(sql)) == 0) {
		MYSQL_RES *result = mysql_store_result(db->mysql);

		if (result != NULL)
			mysql_free_result(result);
		return DB_OK;
	}
	failure = mysql_errno(db->mysql);
	for (; *tolerated != 0; tolerated++) {
		if (*tolerated == failure)
			return DB_OK;
	}
	db->failure = failure;
	if (db_failure_passes(failure))
		return DB_AGAIN;
	return db_fail(db, ERROR_INTERNAL, "database error %u: %s in: %.100s", failure,
	    mysql_error(db->mysql), sql);
}

bool db_execute_text(struct db *db, const char *sql, const unsigned *tolerated, struct error *error)
{
	return db_once(db, error, text_run(db, sql, tolerated));
}
