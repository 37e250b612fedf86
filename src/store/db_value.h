/* What goes into statements and comes out of them: values, rows, cells. */
#ifndef CONFAB_STORE_DB_VALUE_H
#define CONFAB_STORE_DB_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* A list of values as the two arguments that the functions of store/db.h take. */
#define DB_VALUES(...)                                                                             \
	(const struct db_value[]){__VA_ARGS__},                                                    \
	    sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)
#define DB_NO_VALUES NULL, 0

/* Rows of a SELECT, all fetched. store/db_row.h reads them into structs; single cells are read by
 * the number of their column. */
struct db_rows {
	size_t count;
	size_t columns;
	const char *const *names; /* of the columns; good until the transaction ends */
	struct db_cell *cells;
};
struct db_cell {
	bool null;
	int64_t integer;  /* integers, and times in microseconds */
	const char *text; /* text and blobs, NUL behind them, in the arena */
	size_t len;
};

/* A cell's value. Text gives NULL for NULL, times TIME_NONE, integers 0. */
const struct db_cell *db_cell(const struct db_rows *rows, size_t row, size_t column);
const char *db_cell_text(const struct db_rows *rows, size_t row, size_t column);
int64_t db_cell_integer(const struct db_rows *rows, size_t row, size_t column);
int64_t db_cell_time(const struct db_rows *rows, size_t row, size_t column);
bool db_cell_null(const struct db_rows *rows, size_t row, size_t column);

#endif
