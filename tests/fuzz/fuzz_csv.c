/* Looks for text that csv_text() writes wrongly: a reader of RFC 4180 gets other text, or a
 * spreadsheet with any separator runs it as a formula. Input: cells, each ended by a NUL; an empty
 * cell also ends the row. */
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/text.h"
#include "base/visible_text.h"

enum { MARK_SIZE = 3 }; /* bytes of the byte order mark */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_formula_sign(uint32_t c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || c == 0xFF1D || c == 0xFF0B ||
	       c == 0xFF0D || c == 0xFF20;
}

static bool is_separator(uint32_t c)
{
	return c == ',' || c == ';' || c == '\t' || c == '|' || c == '\n' || c == '\r';
}

/* Reads the field at `at` as RFC 4180 says. Gives the place after it. */
static const char *field_read(const char *at, char *field)
{
	if (*at == '"') {
		for (at++; *at != '"' || at[1] == '"'; at++) {
			if (*at == '\0')
				abort(); /* the quote is not closed */
			*field++ = *at;
			at += *at == '"';
		}
		at++;
	} else {
		while (*at != ',' && *at != '\r')
			*field++ = *at++;
	}
	*field = '\0';
	return at;
}

/* Is the field equal to the cell, except for apostrophes before formulas? */
static bool field_matches(const char *field, const char *cell)
{
	while (*cell != '\0') {
		uint32_t c;
		size_t step = utf8_next(cell, strlen(cell), &c);

		if (is_formula_sign(c) && *field == '\'' && strncmp(field + 1, cell, step) == 0)
			field++;
		if (strncmp(field, cell, step) != 0)
			return false;
		field += step;
		cell += step;
	}
	return *field == '\0';
}

/* Does any cell begin with a formula, when every separator counts, inside of quotes too? Invisible
 * characters and quotation marks may stand before it. */
static bool has_formula(const char *text)
{
	bool begins = true;
	uint32_t before = 0;

	for (size_t left = strlen(text); left > 0;) {
		uint32_t c;
		size_t step = utf8_next(text, left, &c);

		if (begins && is_formula_sign(c) && before != '\'')
			return true;
		begins =
		    is_separator(c) || (begins && (c == '"' || c == '\'' || !visible_character(c)));
		before = c;
		text += step;
		left -= step;
	}
	return false;
}

static void rows_check(const char *at, const char *cells, const char *end, char *field)
{
	for (const char *cell = cells; cell < end; cell += strlen(cell) + 1) {
		at = field_read(at, field);
		if (!field_matches(field, cell))
			abort();
		if (*cell != '\0' && cell + strlen(cell) + 1 < end) {
			if (*at++ != ',')
				abort();
			continue;
		}
		if (strncmp(at, "\r\n", 2) != 0)
			abort();
		at += 2;
	}
	if (*at != '\0')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *cells = arena_strndup(arena, (const char *)data, size);
	const char *end = cells + size + 1;
	struct csv csv = csv_new(arena);

	/* The service writes only checked UTF-8. */
	for (const char *cell = cells; cell < end; cell += strlen(cell) + 1) {
		if (!utf8_valid(cell, strlen(cell)))
			goto out;
		csv_text(&csv, cell);
		if (*cell == '\0' || cell + strlen(cell) + 1 == end)
			csv_row_end(&csv);
	}
	rows_check(csv.buffer.text + MARK_SIZE, cells, end, arena_alloc(arena, csv.buffer.len));
	if (has_formula(csv.buffer.text + MARK_SIZE))
		abort();
out:
	arena_free(arena);
	return 0;
}
