/* A prepared statement of one connection, with the buffers for its rows. */
#ifndef CONFAB_STORE_STATEMENT_H
#define CONFAB_STORE_STATEMENT_H

#include <mysql.h>

#include "base/arena.h"
#include "store/db_value.h"

/* The functions that can fail return 0 or an error number of the client or the server. */
struct statement {
	MYSQL_STMT *stmt;
	size_t column_count;
	struct column *columns;
	char **names; /* of the columns */
	MYSQL_BIND *binds;
};

/* Prepares `sql`. After a failure there is nothing to free. */
unsigned statement_prepare(struct statement *statement, MYSQL *mysql, const char *sql);
void statement_free(struct statement *statement);

/* Does the statement take so many values? */
bool statement_takes(const struct statement *statement, size_t value_count);

/* Binds the values, as many as the statement takes, and executes it. */
unsigned statement_execute(struct statement *statement, const struct db_value *values);

/* The number of rows that the execution changed. */
uint64_t statement_affected(const struct statement *statement);

/* The id that the execution has given to a new row. */
uint64_t statement_inserted(const struct statement *statement);

/* Fetches all rows of the execution. Their text lies in the arena. */
unsigned statement_fetch(struct statement *statement, struct arena *arena, struct db_rows *rows);

#endif
