/* Tables as comma-separated values (RFC 4180), for spreadsheets. */
#ifndef CONFAB_BASE_CSV_H
#define CONFAB_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* A table that is being written. Start with `struct csv csv = {.arena = arena}`. */
struct csv {
	struct arena *arena;
	char *text; /* NUL behind it; NULL until something is written */
	size_t len;
	size_t size;
	bool in_row;
};

/* Adds a field to the row: text (NULL gives an empty field), or a number. Text that a spreadsheet
 * would run as a formula, since it begins with = + - @ or a tab or CR, gets an apostrophe in front:
 * it may come from anybody. */
void csv_text(struct csv *csv, const char *text);
void csv_integer(struct csv *csv, int64_t number);

/* Ends the row. */
void csv_row_end(struct csv *csv);

#endif
