/* The values of statements, and the rows and cells of their results. */
#ifndef CONFAB_STORE_DB_VALUE_H
#define CONFAB_STORE_DB_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value for a `?` of a statement. Text is borrowed until the call returns. */
struct db_value {
	enum { DB_NULL, DB_INTEGER, DB_BYTES, DB_TIME } type;
	int64_t integer; /* a DB_INTEGER; microseconds for a DB_TIME */
	const char *bytes;
	size_t len;
};

/* Make values. NULL text and TIME_NONE become NULL. */
struct db_value db_integer(int64_t integer);
struct db_value db_text(const char *text);
struct db_value db_bytes(const void *bytes, size_t len);
struct db_value db_time(int64_t time);

/* A list of values as two arguments for the functions of store/db.h. */
#define DB_VALUES(...)                                                                             \
	(const struct db_value[]){__VA_ARGS__},                                                    \
	    sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)
#define DB_NO_VALUES NULL, 0

/* The rows of a SELECT. store/db_row.h reads them into structs. The functions below read one cell
 * by the index of its column. */
struct db_rows {
	size_t count;
	size_t columns;
	const char *const *names; /* of the columns; good until the end of the transaction */
	struct db_cell *cells;
};
struct db_cell {
	bool null;
	int64_t integer;  /* an integer, or a time in microseconds */
	const char *text; /* text or bytes, with a NUL after it, in the arena */
	size_t len;
};

/* The value of a cell. For NULL: text gives NULL, a time TIME_NONE, an integer 0. */
const struct db_cell *db_cell(const struct db_rows *rows, size_t row, size_t column);
const char *db_cell_text(const struct db_rows *rows, size_t row, size_t column);
int64_t db_cell_integer(const struct db_rows *rows, size_t row, size_t column);
int64_t db_cell_time(const struct db_rows *rows, size_t row, size_t column);
bool db_cell_null(const struct db_rows *rows, size_t row, size_t column);

#endif
