/* A prepared statement of one connection, with the buffers for its rows. */
#include "store/statement.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	VALUES_MAX = 32,    /* of one statement */
	COLUMN_START = 256, /* bytes of a text column's buffer at the start */
};

/* my_bool with MariaDB's client, bool with MySQL's. */
typedef __typeof__(*((MYSQL_BIND *)NULL)->is_null) db_flag;

struct column {
	enum { COLUMN_INTEGER, COLUMN_TIME, COLUMN_BYTES } kind;
	long long integer;
	MYSQL_TIME time;
	char *bytes;
	unsigned long size;
	unsigned long len;
	db_flag null;
	db_flag truncated;
};

static void column_prepare(struct column *column, MYSQL_BIND *bind, enum enum_field_types type)
{
	bind->is_null = &column->null;
	bind->error = &column->truncated;
	bind->length = &column->len;
	switch (type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
		column->kind = COLUMN_INTEGER;
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		bind->buffer = &column->integer;
		break;
	case MYSQL_TYPE_DATETIME:
	case MYSQL_TYPE_TIMESTAMP:
		column->kind = COLUMN_TIME;
		bind->buffer_type = MYSQL_TYPE_DATETIME;
		bind->buffer = &column->time;
		break;
	default:
		column->kind = COLUMN_BYTES;
		column->size = COLUMN_START;
		column->bytes = malloc(column->size);
		if (column->bytes == NULL)
			abort();
		bind->buffer_type = MYSQL_TYPE_BLOB;
		bind->buffer = column->bytes;
		bind->buffer_length = column->size;
		break;
	}
}

static void columns_prepare(struct statement *statement)
{
	MYSQL_RES *result = mysql_stmt_result_metadata(statement->stmt);
	MYSQL_FIELD *fields;

	if (result == NULL)
		return; /* not a SELECT */
	statement->column_count = mysql_num_fields(result);
	statement->columns = calloc(statement->column_count, sizeof *statement->columns);
	statement->binds = calloc(statement->column_count, sizeof *statement->binds);
	statement->names = calloc(statement->column_count, sizeof *statement->names);
	if (statement->columns == NULL || statement->binds == NULL || statement->names == NULL)
		abort();
	fields = mysql_fetch_fields(result);
	for (size_t i = 0; i < statement->column_count; i++) {
		statement->names[i] = strdup(fields[i].name);
		if (statement->names[i] == NULL)
			abort();
		column_prepare(&statement->columns[i], &statement->binds[i], fields[i].type);
	}
	mysql_free_result(result);
}

unsigned statement_prepare(struct statement *statement, MYSQL *mysql, const char *sql)
{
	*statement = (struct statement){.stmt = mysql_stmt_init(mysql)};
	if (statement->stmt == NULL)
		abort();
	if (mysql_stmt_prepare(statement->stmt, sql, strlen(sql)) != 0) {
		unsigned failure = mysql_stmt_errno(statement->stmt);

		mysql_stmt_close(statement->stmt);
		return failure;
	}
	columns_prepare(statement);
	return 0;
}

void statement_free(struct statement *statement)
{
	for (size_t i = 0; i < statement->column_count; i++) {
		free(statement->columns[i].bytes);
		free(statement->names[i]);
	}
	free(statement->names);
	free(statement->columns);
	free(statement->binds);
	mysql_stmt_close(statement->stmt);
}

bool statement_takes(const struct statement *statement, size_t value_count)
{
	return value_count <= VALUES_MAX && value_count == mysql_stmt_param_count(statement->stmt);
}

static void value_bind(const struct db_value *value, MYSQL_BIND *bind, MYSQL_TIME *time)
{
	struct date date;

	switch (value->type) {
	case DB_NULL:
		bind->buffer_type = MYSQL_TYPE_NULL;
		break;
	case DB_INTEGER:
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		bind->buffer = (void *)&value->integer;
		break;
	case DB_BYTES:
		/* STRING, not BLOB: comparing a BLOB with a text column needs a conversion. The
		 * bytes are checked UTF-8. VARBINARY columns accept both. */
		bind->buffer_type = MYSQL_TYPE_STRING;
		bind->buffer = (void *)value->bytes;
		bind->buffer_length = value->len;
		break;
	case DB_TIME:
		date = date_from_time(value->integer);
		*time = (MYSQL_TIME){.year = (unsigned)date.year,
		    .month = date.month,
		    .day = date.day,
		    .hour = date.hour,
		    .minute = date.minute,
		    .second = date.second,
		    .second_part = date.microsecond,
		    .time_type = MYSQL_TIMESTAMP_DATETIME};
		bind->buffer_type = MYSQL_TYPE_DATETIME;
		bind->buffer = time;
		break;
	}
}

unsigned statement_execute(struct statement *statement, const struct db_value *values)
{
	size_t value_count = mysql_stmt_param_count(statement->stmt);
	MYSQL_BIND binds[VALUES_MAX] = {0};
	MYSQL_TIME times[VALUES_MAX];

	for (size_t i = 0; i < value_count; i++)
		value_bind(&values[i], &binds[i], &times[i]);
	if ((value_count > 0 && mysql_stmt_bind_param(statement->stmt, binds)) ||
	    mysql_stmt_execute(statement->stmt) != 0)
		return mysql_stmt_errno(statement->stmt);
	return 0;
}

uint64_t statement_affected(const struct statement *statement)
{
	return mysql_stmt_affected_rows(statement->stmt);
}

uint64_t statement_inserted(const struct statement *statement)
{
	return mysql_stmt_insert_id(statement->stmt);
}

/* Fetches a value that did not fit into its buffer again, with a larger buffer, which stays for
 * later rows. */
static bool column_grow(struct statement *statement, size_t i)
{
	struct column *column = &statement->columns[i];
	char *bytes;

	if (column->kind != COLUMN_BYTES || column->null || column->len <= column->size)
		return true;
	bytes = realloc(column->bytes, column->len);
	if (bytes == NULL)
		abort();
	column->bytes = bytes;
	column->size = column->len;
	statement->binds[i].buffer = bytes;
	statement->binds[i].buffer_length = column->size;
	return mysql_stmt_fetch_column(statement->stmt, &statement->binds[i], (unsigned)i, 0) == 0;
}

static void cell_fill(struct db_cell *cell, const struct column *column, struct arena *arena)
{
	const MYSQL_TIME *time = &column->time;

	cell->null = column->null != 0;
	if (cell->null)
		return;
	switch (column->kind) {
	case COLUMN_INTEGER:
		cell->integer = column->integer;
		break;
	case COLUMN_TIME:
		cell->integer = date_to_time(&(struct date){.year = (int)time->year,
		    .month = time->month,
		    .day = time->day,
		    .hour = time->hour,
		    .minute = time->minute,
		    .second = time->second,
		    .microsecond = (unsigned)time->second_part});
		break;
	case COLUMN_BYTES:
		cell->text = arena_strndup(arena, column->bytes, column->len);
		cell->len = column->len;
		break;
	}
}

static unsigned row_fetch(struct statement *statement, struct arena *arena, struct db_cell *cells)
{
	bool grown = false;
	int status = mysql_stmt_fetch(statement->stmt);

	if (status != 0 && status != MYSQL_DATA_TRUNCATED)
		return mysql_stmt_errno(statement->stmt);
	for (size_t i = 0; i < statement->column_count; i++) {
		unsigned long size = statement->columns[i].size;

		if (!column_grow(statement, i))
			return mysql_stmt_errno(statement->stmt);
		grown = grown || size != statement->columns[i].size;
		cell_fill(&cells[i], &statement->columns[i], arena);
	}
	if (grown && mysql_stmt_bind_result(statement->stmt, statement->binds))
		return mysql_stmt_errno(statement->stmt);
	return 0;
}

unsigned statement_fetch(struct statement *statement, struct arena *arena, struct db_rows *rows)
{
	unsigned failure = 0;

	if (mysql_stmt_bind_result(statement->stmt, statement->binds) ||
	    mysql_stmt_store_result(statement->stmt) != 0)
		return mysql_stmt_errno(statement->stmt);
	rows->columns = statement->column_count;
	rows->names = (const char *const *)statement->names;
	rows->count = mysql_stmt_num_rows(statement->stmt);
	rows->cells = arena_alloc(arena, rows->count * rows->columns * sizeof *rows->cells);
	for (size_t i = 0; i < rows->count && failure == 0; i++)
		failure = row_fetch(statement, arena, rows->cells + i * rows->columns);
	mysql_stmt_free_result(statement->stmt);
	return failure;
}
