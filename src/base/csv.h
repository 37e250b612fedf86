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

/* An empty one. */
struct csv csv_new(struct arena *arena);

/* Adds a field to the row: text (NULL gives an empty field), or a number. Text that a spreadsheet
 * would run as a formula, since it begins with = + - @ or a tab or CR, gets an apostrophe in front:
 * it may come from anybody. */
void csv_text(struct csv *csv, const char *text);
void csv_integer(struct csv *csv, int64_t number);

/* Ends the row. */
void csv_row_end(struct csv *csv);

#endif
