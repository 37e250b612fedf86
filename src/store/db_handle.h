/* The members of struct db. Only db.c and db_statements.c use them. */
#ifndef CONFAB_STORE_DB_HANDLE_H
#define CONFAB_STORE_DB_HANDLE_H

#include <mysql.h>

#include "store/db.h"
#include "store/db_connect.h"
#include "store/db_outage.h"
#include "store/statement.h"

enum {
	STATEMENTS_MAX = 160, /* different statements of one program */
};

/* A statement that lives as long as its connection. */
struct kept_statement {
	const char *sql; /* compared by address */
	struct statement statement;
};

/* Times are on the monotonic clock, in microseconds. */
struct db {
	const struct config *config;
	struct db_servers servers;
	MYSQL *mysql; /* NULL while not connected */
	struct kept_statement statements[STATEMENTS_MAX];
	size_t statement_count;
	int64_t deadline;       /* of the request */
	int64_t used;           /* the last use of the connection */
	int64_t connect_failed; /* the last connect, if it failed; else 0 */
	int64_t refused;        /* a server refused work; 0: it has accepted work since */
	struct outage outage;
	struct db_written written;
	unsigned failure;   /* the error number of the last DB_AGAIN */
	struct error error; /* of the last DB_FAILED */
};

/* Keeps the error number of a failed statement, logs it when an operator must see it, and decides
 * between DB_AGAIN and DB_FAILED. */
enum db_outcome db_statement_failed(struct db *db, unsigned failure, const char *sql);

#endif
