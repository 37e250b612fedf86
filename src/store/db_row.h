/* Reads rows of a SELECT into structs: a table binds columns of the result to members by their
 * names.
 *
 *   static const struct db_column columns[] = {
 *       DB_COLUMN(struct meeting, id),
 *       DB_TIME_COLUMN(struct meeting, start_time),
 *   };
 *   db_row_read(&rows, 0, columns, DB_COLUMNS(columns), &meeting);
 *
 * The SELECT names its columns like the members ("m.id", "COUNT(*) AS total"), in any order. A
 * missing column is a bug and ends the process. */
#ifndef CONFAB_STORE_DB_ROW_H
#define CONFAB_STORE_DB_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/db_value.h"

/* The members' types. NULL becomes NULL text, 0, false, or TIME_NONE. */
enum db_member { DB_MEMBER_TEXT, DB_MEMBER_INT64, DB_MEMBER_INT, DB_MEMBER_BOOL, DB_MEMBER_TIME };

struct db_column {
	const char *name; /* of the result's column */
	enum db_member type;
	size_t offset;
};

#define DB_MEMBER_OF(type, member)                                                                 \
	_Generic(((type *)0)->member,                                                              \
	    const char *: DB_MEMBER_TEXT,                                                          \
	    int64_t: DB_MEMBER_INT64,                                                              \
	    int: DB_MEMBER_INT,                                                                    \
	    unsigned: DB_MEMBER_INT,                                                               \
	    bool: DB_MEMBER_BOOL)

#define DB_COLUMN_AS(column, type, member)                                                         \
	{                                                                                          \
		column, DB_MEMBER_OF(type, member), offsetof(type, member)                         \
	}
#define DB_COLUMN(type, member) DB_COLUMN_AS(#member, type, member)

/* A time; the member holds microseconds. */
#define DB_TIME_COLUMN_AS(column, type, member)                                                    \
	{                                                                                          \
		column,                                                                            \
		    _Generic(((type *)0)->member, int64_t                                          \
			     : DB_MEMBER_TIME),                                                    \
		    offsetof(type, member)                                                         \
	}
#define DB_TIME_COLUMN(type, member) DB_TIME_COLUMN_AS(#member, type, member)

#define DB_COLUMNS(columns) (sizeof(columns) / sizeof((columns)[0]))

/* Fills those members of one struct that the table names. The others stay as they are. */
void db_row_read(const struct db_rows *rows, size_t row, const struct db_column *columns,
    size_t column_count, void *item);

/* Fills an array of structs, one per row. `size` is the size of one struct. */
void db_rows_read(const struct db_rows *rows, const struct db_column *columns, size_t column_count,
    void *items, size_t size);

/* The text of the first column of all rows. The array has at least one place. */
const char **db_rows_texts(struct arena *arena, const struct db_rows *rows);

#endif
