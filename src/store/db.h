/* The database: one connection, prepared statements, and transactions that are run again when the
 * server was lost or two of them met (DESIGN.md, "Database rules"). */
#ifndef CONFAB_STORE_DB_H
#define CONFAB_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"

struct db;

/* Makes the handle; connects only when first used. */
struct db *db_new(const struct config *config);
void db_free(struct db *db);

/* A value for a statement's `?`. Text is borrowed until the call returns. */
struct db_value {
	enum { DB_NULL, DB_INTEGER, DB_BYTES, DB_TIME } type;
	int64_t integer; /* DB_INTEGER, or microseconds for DB_TIME */
	const char *bytes;
	size_t len;
};

/* Makers of values. NULL text and TIME_NONE become NULL. */
struct db_value db_integer(int64_t integer);
struct db_value db_text(const char *text);
struct db_value db_bytes(const void *bytes, size_t len);
struct db_value db_time(int64_t time);

/* A list of values as the two arguments that the functions below take. */
#define DB_VALUES(...)                                                                             \
	(const struct db_value[]){__VA_ARGS__},                                                    \
	    sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)
#define DB_NO_VALUES NULL, 0

/* What a step of a transaction came to. Everything but DB_OK must be passed up at once. */
enum db_outcome {
	DB_OK,
	DB_AGAIN,  /* connection lost or deadlock: db_run() runs the whole transaction again */
	DB_FAILED, /* `error` of the transaction says why */
};

/* A transaction: runs statements on `db` and may be run several times, so no provider call, no
 * output, and nothing kept from an earlier run. `arena` is emptied of nothing between runs. What it
 * finds out for the caller goes into its context; a rule's "no" is data for the caller, not an
 * error here. */
typedef enum db_outcome db_transaction(struct db *db, void *context);

/* Runs `transaction` between BEGIN and COMMIT, again after a lost connection, deadlock or lock
 * time-out, until it is through, fails, or the request's deadline has passed (ERROR_UNAVAILABLE). A
 * connection lost at COMMIT runs it again too: it must find out by key whether it was done. */
bool db_run(struct db *db, db_transaction *transaction, void *context, struct error *error);

/* The same without BEGIN and COMMIT: for a single statement, or reads that may be apart. */
bool db_run_plain(struct db *db, db_transaction *transaction, void *context, struct error *error);

/* Starts the clock of a request: all db_run() calls until the next one share one deadline. */
void db_deadline_start(struct db *db);

/* The same with less time than DB_DEADLINE_MS: for health checks. */
void db_deadline_shorten(struct db *db, int64_t budget);

/* The sides of a statement that changes rows. `sql` must be a constant: it is prepared once for a
 * connection and found again by its address. `affected` may be NULL and counts rows that were
 * really changed (1 for INSERT, 2 for ON DUPLICATE KEY UPDATE). */
enum db_outcome db_execute(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, uint64_t *affected);

/* As db_execute(), but a duplicate key is no failure: `*duplicate` says so. */
enum db_outcome db_insert(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, bool *duplicate);

/* Rows of a SELECT, all fetched. Columns are read by number. */
struct db_rows {
	size_t count;
	size_t columns;
	struct db_cell *cells;
};
struct db_cell {
	bool null;
	int64_t integer;  /* integers, and times in microseconds */
	const char *text; /* text and blobs, NUL behind them, in the arena */
	size_t len;
};

enum db_outcome db_select(struct db *db, struct arena *arena, const char *sql,
    const struct db_value *values, size_t value_count, struct db_rows *rows);

/* Does this SELECT find a row? */
enum db_outcome db_exists(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, bool *exists);

/* A cell's value. Text gives NULL for NULL, times TIME_NONE, integers 0. */
const struct db_cell *db_cell(const struct db_rows *rows, size_t row, size_t column);
const char *db_cell_text(const struct db_rows *rows, size_t row, size_t column);
int64_t db_cell_integer(const struct db_rows *rows, size_t row, size_t column);
int64_t db_cell_time(const struct db_rows *rows, size_t row, size_t column);
bool db_cell_null(const struct db_rows *rows, size_t row, size_t column);

/* Runs SQL text without values, outside of transactions: for migrations alone. `tolerated` are
 * error numbers that count as success, 0-ended. */
bool db_execute_text(
    struct db *db, const char *sql, const unsigned *tolerated, struct error *error);

/* Makes the transaction fail with this error, and is DB_FAILED. */
#define db_fail(db, kind, ...) (db_error_write(db, kind, __VA_ARGS__), DB_FAILED)
__attribute__((format(printf, 3, 4))) void db_error_write(
    struct db *db, enum error_kind kind, const char *format, ...);

/* Returns from the calling transaction unless `step` is DB_OK. */
#define DB_TRY(step)                                                                               \
	do {                                                                                       \
		enum db_outcome db_try_outcome = (step);                                           \
		if (db_try_outcome != DB_OK)                                                       \
			return db_try_outcome;                                                     \
	} while (0)

#endif
