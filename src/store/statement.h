/* A prepared statement of one connection, with the buffers that its rows are fetched into. */
#ifndef CONFAB_STORE_STATEMENT_H
#define CONFAB_STORE_STATEMENT_H

#include <mysql.h>

#include "base/arena.h"
#include "store/db_value.h"

/* What can fail gives 0 or an error number, the client's or the server's. */
struct statement {
	MYSQL_STMT *stmt;
	size_t column_count;
	struct column *columns;
	char **names; /* of the columns */
	MYSQL_BIND *binds;
};

/* Prepares `sql`; when that fails there is nothing to free. */
unsigned statement_prepare(struct statement *statement, MYSQL *mysql, const char *sql);
void statement_free(struct statement *statement);

/* Does it take this many values? */
bool statement_takes(const struct statement *statement, size_t value_count);

/* Binds the values, as many as it takes, and executes. */
unsigned statement_execute(struct statement *statement, const struct db_value *values);

/* How many rows the execution has changed. */
uint64_t statement_affected(const struct statement *statement);

/* Fetches all rows of the execution; text goes into the arena. */
unsigned statement_fetch(struct statement *statement, struct arena *arena, struct db_rows *rows);

#endif
