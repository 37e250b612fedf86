/* Tables as comma-separated values (RFC 4180), for spreadsheets. */
#ifndef CONFAB_BASE_CSV_H
#define CONFAB_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* A table that is being written. Start with csv_new(). */
struct csv {
	struct buffer buffer; /* the text so far */
	bool in_row;
};

/* An empty one: a byte order mark. */
struct csv csv_new(struct arena *arena);

/* Adds a field to the row: text in quotes (NULL gives an empty field), or a number. Text may come
 * from anybody, and a spreadsheet runs a cell that begins with = + - or @ as a formula. So each of
 * these gets an apostrophe in front where a cell may begin: at the start, behind an end of a line,
 * and behind , ; | or a tab, since quotes do not hold a text together when the spreadsheet is set
 * to another separator than ours. */
void csv_text(struct csv *csv, const char *text);
void csv_integer(struct csv *csv, int64_t number);

/* Ends the row. */
void csv_row_end(struct csv *csv);

#endif
