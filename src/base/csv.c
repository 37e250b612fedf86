/* Tables as comma-separated values (RFC 4180), for spreadsheets. */
#include "base/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/visible_text.h"

enum {
	SIZE_START = 4096, /* bytes */
};

struct csv csv_new(struct arena *arena)
{
	/* Excel on Windows reads a file as UTF-8 only when it begins with this mark. */
	static const char mark[] = "\xEF\xBB\xBF";
	struct csv csv = {.buffer = buffer_new(arena, SIZE_START)};

	buffer_put(&csv.buffer, mark, sizeof mark - 1);
	return csv;
}

static void append(struct csv *csv, const char *bytes, size_t len)
{
	buffer_put(&csv->buffer, bytes, len);
}

static void field_begin(struct csv *csv)
{
	if (csv->in_row)
		append(csv, ",", 1);
	csv->in_row = true;
}

/* May a spreadsheet begin a new cell after this character? It may after each separator that its
 * user can choose, and after each end of a line. */
static bool begins_cell(uint32_t c)
{
	enum { NEXT_LINE = 0x85, LINE_SEPARATOR = 0x2028, PARAGRAPH_SEPARATOR = 0x2029 };

	return (c < 0x80 && strchr(",;|\t\n\v\f\r", (int)c) != NULL) || c == NEXT_LINE ||
	       c == LINE_SEPARATOR || c == PARAGRAPH_SEPARATOR;
}

/* Some spreadsheets also read the wide forms of = + - @ as the beginning of a formula. */
static bool begins_formula(uint32_t c)
{
	return (c < 0x80 && strchr("=+-@", (int)c) != NULL) || c == 0xFF1D || c == 0xFF0B ||
	       c == 0xFF0D || c == 0xFF20;
}

/* A spreadsheet may ignore these characters before a formula. */
static bool is_skipped(uint32_t c)
{
	return c == '"' || c == '\'' || !visible_character(c);
}

void csv_text(struct csv *csv, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);
	bool fresh = true; /* only ignored characters stand before it in its cell */

	field_begin(csv);
	if (len == 0)
		return;
	append(csv, "\"", 1);
	for (size_t i = 0; i < len;) {
		uint32_t c;
		size_t step = utf8_next(text + i, len - i, &c);

		if (fresh && begins_formula(c))
			append(csv, "'", 1);
		if (c == '"')
			append(csv, "\"", 1);
		append(csv, text + i, step);
		fresh = begins_cell(c) || (fresh && is_skipped(c));
		i += step;
	}
	append(csv, "\"", 1);
}

void csv_integer(struct csv *csv, int64_t number)
{
	char text[24];
	int len = snprintf(text, sizeof text, "%" PRId64, number);

	field_begin(csv);
	append(csv, text, (size_t)len);
}

void csv_row_end(struct csv *csv)
{
	append(csv, "\r\n", 2);
	csv->in_row = false;
}
