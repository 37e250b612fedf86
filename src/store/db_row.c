/* Reads rows of a SELECT into structs, by a table of columns. */
#include "store/db_row.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum {
	COLUMNS_MAX = 64, /* of one table */
};

/* The index of a column in the result. */
static size_t column_find(const struct db_rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->columns; i++) {
		if (strcmp(rows->names[i], name) == 0)
			return i;
	}
	log_event("error", "a SELECT lacks its column %s", name);
	abort();
}

static void places_find(const struct db_rows *rows, const struct db_column *columns,
    size_t column_count, size_t places[static COLUMNS_MAX])
{
	if (column_count > COLUMNS_MAX)
		abort();
	for (size_t i = 0; i < column_count; i++)
		places[i] = column_find(rows, columns[i].name);
}

static void member_fill(const struct db_cell *cell, enum db_member type, char *member)
{
	int64_t number = cell->null ? 0 : cell->integer;
	const char *text = cell->null ? NULL : cell->text;
	int small = (int)number;
	bool flag = number != 0;

	switch (type) {
	case DB_MEMBER_TEXT:
		memcpy(member, &text, sizeof text);
		break;
	case DB_MEMBER_TIME:
		number = cell->null ? TIME_NONE : cell->integer;
		memcpy(member, &number, sizeof number);
		break;
	case DB_MEMBER_INT64:
		memcpy(member, &number, sizeof number);
		break;
	case DB_MEMBER_INT:
		memcpy(member, &small, sizeof small);
		break;
	case DB_MEMBER_BOOL:
		memcpy(member, &flag, sizeof flag);
		break;
	}
}

static void row_fill(const struct db_rows *rows, size_t row, const struct db_column *columns,
    size_t column_count, const size_t *places, char *item)
{
	for (size_t i = 0; i < column_count; i++)
		member_fill(
		    db_cell(rows, row, places[i]), columns[i].type, item + columns[i].offset);
}

void db_row_read(const struct db_rows *rows, size_t row, const struct db_column *columns,
    size_t column_count, void *item)
{
	size_t places[COLUMNS_MAX];

	places_find(rows, columns, column_count, places);
	row_fill(rows, row, columns, column_count, places, item);
}

void db_rows_read(const struct db_rows *rows, const struct db_column *columns, size_t column_count,
    void *items, size_t size)
{
	size_t places[COLUMNS_MAX];

	if (rows->count == 0)
		return;
	places_find(rows, columns, column_count, places);
	for (size_t i = 0; i < rows->count; i++)
		row_fill(rows, i, columns, column_count, places, (char *)items + i * size);
}

const char **db_rows_texts(struct arena *arena, const struct db_rows *rows)
{
	const char **texts = arena_alloc(arena, (rows->count + 1) * sizeof *texts);

	for (size_t i = 0; i < rows->count; i++)
		texts[i] = db_cell_text(rows, i, 0);
	return texts;
}
