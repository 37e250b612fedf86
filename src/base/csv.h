/* Tables as comma-separated values (RFC 4180), for spreadsheets. */
#ifndef CONFAB_BASE_CSV_H
#define CONFAB_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* A table while it is written. Start with csv_new(). */
struct csv {
	struct buffer buffer; /* the text so far */
	bool in_row;
};

/* An empty table: only a byte order mark. */
struct csv csv_new(struct arena *arena);

/* Adds a field to the row: text in quotes (NULL gives an empty field), or a number.
 * Text may come from a stranger, and a spreadsheet runs a cell that begins with = + - or @ as a
 * formula. So each of these characters gets an apostrophe before it where a cell may begin: at the
 * start of the text, after an end of a line, and after , ; | or a tab. Quotes do not prevent a new
 * cell there, when the spreadsheet uses another separator. */
void csv_text(struct csv *csv, const char *text);
void csv_integer(struct csv *csv, int64_t number);

/* Ends the row. */
void csv_row_end(struct csv *csv);

#endif
