/* The values of statements, and the rows and cells of their results. */
#include "store/db_value.h"

#include <string.h>

#include "base/clock.h"

struct db_value db_integer(int64_t integer)
{
	return (struct db_value){.type = DB_INTEGER, .integer = integer};
}

struct db_value db_text(const char *text)
{
	if (text == NULL)
		return (struct db_value){.type = DB_NULL};
	return (struct db_value){.type = DB_BYTES, .bytes = text, .len = strlen(text)};
}

struct db_value db_bytes(const void *bytes, size_t len)
{
	return (struct db_value){.type = DB_BYTES, .bytes = bytes, .len = len};
}

struct db_value db_time(int64_t time)
{
	if (time == TIME_NONE)
		return (struct db_value){.type = DB_NULL};
	return (struct db_value){.type = DB_TIME, .integer = time};
}

const struct db_cell *db_cell(const struct db_rows *rows, size_t row, size_t column)
{
	return &rows->cells[row * rows->columns + column];
}

const char *db_cell_text(const struct db_rows *rows, size_t row, size_t column)
{
	return db_cell(rows, row, column)->text;
}

int64_t db_cell_integer(const struct db_rows *rows, size_t row, size_t column)
{
	return db_cell(rows, row, column)->integer;
}

int64_t db_cell_time(const struct db_rows *rows, size_t row, size_t column)
{
	const struct db_cell *cell = db_cell(rows, row, column);

	return cell->null ? TIME_NONE : cell->integer;
}

bool db_cell_null(const struct db_rows *rows, size_t row, size_t column)
{
	return db_cell(rows, row, column)->null;
}
