/* The database: one connection, prepared statements, and transactions that run again when the
 * connection was lost or two transactions were in conflict. */
#ifndef CONFAB_STORE_DB_H
#define CONFAB_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/host_list.h"
#include "store/db_value.h"

struct db;

/* Makes the handle. The first use connects. */
struct db *db_new(const struct config *config);
void db_free(struct db *db);

/* The outcome of one step of a transaction. The caller returns anything but DB_OK at once. */
enum db_outcome {
	DB_OK,
	DB_AGAIN,  /* the connection was lost, a deadlock, or the server refuses work: db_run() runs
		      the whole transaction again */
	DB_FAILED, /* the error of the transaction says why */
};

/* A transaction runs statements on `db`. It may run several times: it makes no call to the
 * provider, writes no output and uses nothing from an earlier run. (The arena is not reset between
 * retries.) Its results go into its context. When a rule says no, that is a result and not an error
 * here. */
typedef enum db_outcome db_transaction(struct db *db, void *context);

/* Runs `transaction` between BEGIN and COMMIT. Runs it again after a lost connection, a deadlock or
 * a lock timeout, until it succeeds, fails, or the deadline of the request has passed
 * (ERROR_UNAVAILABLE). When a server refuses work (it is read-only, or its cluster has no quorum),
 * the connection is closed: the next try finds another host, or a new primary at the same address.
 * When the connection is lost at COMMIT, the transaction also runs again: it must find out by a key
 * whether the first run was committed. Each process logs the beginning of an outage once, and its
 * end once. */
bool db_run(struct db *db, db_transaction *transaction, void *context, struct error *error);

/* The same without BEGIN and COMMIT. For one statement, or for reads that need not be consistent.
 * */
bool db_run_plain(struct db *db, db_transaction *transaction, void *context, struct error *error);

/* The same two for one call of a store function: no function around it is needed.
 *
 *   if (!db_once(db, error, meeting_find(db, arena, target, &meeting, &found)))
 *           return false;
 *
 * Each try evaluates `step` once. */
#define db_transact(db, error, step) DB_TRIES(db, false, error, step)
#define db_once(db, error, step)     DB_TRIES(db, true, error, step)

#define DB_TRIES(db, plain, error, step)                                                           \
	({                                                                                         \
		struct db_tries db_tries_made = db_tries_begin(db, plain, error);                  \
		bool db_tries_done = false;                                                        \
		while (!db_tries_done && db_tries_next(&db_tries_made))                            \
			db_tries_done = db_tries_take(&db_tries_made, step);                       \
		db_tries_done;                                                                     \
	})

/* The functions behind these macros: they try until one try succeeds, the transaction fails, or no
 * time is left. */
struct db_tries {
	struct db *db;
	struct error *error;
	bool plain; /* no BEGIN and COMMIT */
	bool no_waiting;
	int64_t deadline;
	unsigned attempt;
	bool ended; /* no more tries */
};
struct db_tries db_tries_begin(struct db *db, bool plain, struct error *error);

/* Connects and begins the transaction. False when there are no more tries. */
bool db_tries_next(struct db_tries *tries);

/* Ends the transaction of a try with this outcome. True when it succeeded. */
bool db_tries_take(struct db_tries *tries, enum db_outcome outcome);

/* Sets how long the server may work on one statement before the connection counts as lost. The
 * default is the deadline of a request. Call it before the first use. */
void db_statement_limit(struct db *db, int64_t limit);

/* Begins a request: all calls of db_run() until the next db_deadline_start() share one deadline. */
void db_deadline_start(struct db *db);

/* The same with a shorter time than DB_DEADLINE_MS. For health checks. */
void db_deadline_shorten(struct db *db, int64_t budget);

/* The servers of DB_HOST (or the one of DB_SOCKET), for `confabctl check`: their number, the name
 * of host `i` for people (`text` has HOST_TEXT_SIZE bytes), and the host that was used last. */
size_t db_host_count(const struct db *db);
const char *db_host_name(const struct db *db, size_t i, char *text);
size_t db_host_used(const struct db *db);

/* Connects to host `i` on a connection of its own and closes it. False with the error when the host
 * does not answer. */
bool db_host_probe(const struct db *db, size_t i, bool *read_only, struct error *error);

/* Runs INSERT, UPDATE or DELETE. `sql` is a constant: it is prepared once per connection and found
 * again by its address. `*affected` is the number of rows that changed (1 for INSERT, 2 for ON
 * DUPLICATE KEY UPDATE); `affected` may be NULL. */
enum db_outcome db_execute(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, uint64_t *affected);

/* As db_execute() for an INSERT of at most one row, whose id is remembered until db_written_take().
 * Ids of transactions that were rolled back are remembered too. */
enum db_outcome db_insert_noted(
    struct db *db, const char *sql, const struct db_value *values, size_t value_count);

/* The ids that db_insert_noted() has given to rows. */
struct db_written {
	uint64_t first, last; /* the least and the greatest; 0: there are none */
};

/* Reads them, and forgets them. */
struct db_written db_written_take(struct db *db);

/* As db_execute(), but a duplicate key is not a failure: `*duplicate` is true then. */
enum db_outcome db_insert(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, bool *duplicate);

/* Runs a SELECT and fetches all rows. Their text lies in the arena. */
enum db_outcome db_select(struct db *db, struct arena *arena, const char *sql,
    const struct db_value *values, size_t value_count, struct db_rows *rows);

/* Does this SELECT find a row? */
enum db_outcome db_exists(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, bool *exists);

/* Runs SQL text without values, outside of transactions. Only for migrations. The error numbers in
 * `tolerated`, which ends with 0, count as success. */
bool db_execute_text(
    struct db *db, const char *sql, const unsigned *tolerated, struct error *error);

/* Makes the transaction fail with this error. The value is DB_FAILED. */
#define db_fail(db, kind, ...) (db_error_write(db, kind, __VA_ARGS__), DB_FAILED)
__attribute__((format(printf, 3, 4))) void db_error_write(
    struct db *db, enum error_kind kind, const char *format, ...);

/* Returns from the calling function unless `step` is DB_OK. */
#define DB_TRY(step)                                                                               \
	do {                                                                                       \
		enum db_outcome db_try_outcome = (step);                                           \
		if (db_try_outcome != DB_OK)                                                       \
			return db_try_outcome;                                                     \
	} while (0)

#endif
