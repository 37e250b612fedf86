/* The database: one connection, prepared statements, and transactions that are run again when the
 * server was lost or two of them met. */
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

/* Makes the handle; connects only when first used. */
struct db *db_new(const struct config *config);
void db_free(struct db *db);

/* What a step of a transaction came to. Everything but DB_OK must be passed up at once. */
enum db_outcome {
	DB_OK,
	DB_AGAIN,  /* connection lost, deadlock, or a server that takes no work: db_run() runs the
		    * whole transaction again */
	DB_FAILED, /* `error` of the transaction says why */
};

/* A transaction: runs statements on `db` and may be run several times, so no provider call, no
 * output, and nothing kept from an earlier run. An arena is not reset between retries. What it
 * finds out for the caller goes into its context; a rule's "no" is data for the caller, not an
 * error here. */
typedef enum db_outcome db_transaction(struct db *db, void *context);

/* Runs `transaction` between BEGIN and COMMIT, again after a lost connection, deadlock or lock
 * time-out, until it is through, fails, or the request's deadline has passed (ERROR_UNAVAILABLE). A
 * server that takes no work (it is read-only, or its cluster has no quorum) loses its connection,
 * so that the next try finds another host, or a new primary behind the same address. A connection
 * lost at COMMIT runs it again too: it must find out by key whether it was done. An outage is
 * logged once by each process, and once when it is over. */
bool db_run(struct db *db, db_transaction *transaction, void *context, struct error *error);

/* The same without BEGIN and COMMIT: for a single statement, or reads that may be apart. */
bool db_run_plain(struct db *db, db_transaction *transaction, void *context, struct error *error);

/* The same two for one call of a store function, which then needs no function around it:
 *
 *   if (!db_once(db, error, meeting_find(db, arena, target, &meeting, &found)))
 *           return false;
 *
 * `step` is evaluated once for each try. */
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

/* What is behind these: tries until one is through, fails for good, or there is no time left. */
struct db_tries {
	struct db *db;
	struct error *error;
	bool plain; /* without BEGIN and COMMIT */
	bool no_waiting;
	int64_t deadline;
	unsigned attempt;
	bool ended; /* there is nothing more to try */
};
struct db_tries db_tries_begin(struct db *db, bool plain, struct error *error);

/* Connects, and begins the transaction; false when there is nothing (more) to try. */
bool db_tries_next(struct db_tries *tries);

/* Ends the transaction of a try that came to `outcome`; true when it is through. */
bool db_tries_take(struct db_tries *tries, enum db_outcome outcome);

/* How long the server may take over one statement before its connection counts as lost; as long as
 * the request's deadline unless this says otherwise. To be called before the first use. */
void db_statement_limit(struct db *db, int64_t limit);

/* Starts the clock of a request: all db_run() calls until the next one share one deadline. */
void db_deadline_start(struct db *db);

/* The same with less time than DB_DEADLINE_MS: for health checks. */
void db_deadline_shorten(struct db *db, int64_t budget);

/* The servers that DB_HOST names (or the one behind DB_SOCKET), for `confabctl check`: how many,
 * the name of host `i` for people (`text` has HOST_TEXT_SIZE bytes), and the one that was used
 * last. */
size_t db_host_count(const struct db *db);
const char *db_host_name(const struct db *db, size_t i, char *text);
size_t db_host_used(const struct db *db);

/* Connects to host `i` with a connection of its own, which it closes again. False with the error
 * when the host does not answer. */
bool db_host_probe(const struct db *db, size_t i, bool *read_only, struct error *error);

/* Runs INSERT, UPDATE or DELETE. `sql` must be a constant: it is prepared once for a
 * connection and found again by its address. `affected` may be NULL and counts rows that were
 * really changed (1 for INSERT, 2 for ON DUPLICATE KEY UPDATE). */
enum db_outcome db_execute(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, uint64_t *affected);

/* As db_execute(), but a duplicate key is no failure: `*duplicate` says so. */
enum db_outcome db_insert(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, bool *duplicate);

/* The rows that a SELECT finds, all fetched; their text lies in the arena. */
enum db_outcome db_select(struct db *db, struct arena *arena, const char *sql,
    const struct db_value *values, size_t value_count, struct db_rows *rows);

/* Does this SELECT find a row? */
enum db_outcome db_exists(struct db *db, const char *sql, const struct db_value *values,
    size_t value_count, bool *exists);

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
