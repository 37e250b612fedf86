/* Tables as comma-separated values (RFC 4180), for spreadsheets. */
#include "base/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	SIZE_START = 4096, /* bytes */
};

struct csv csv_new(struct arena *arena)
{
	return (struct csv){.buffer = buffer_new(arena, SIZE_START)};
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

/* In quotes, with each quote in it doubled. */
static void quoted(struct csv *csv, const char *text)
{
	append(csv, "\"", 1);
	while (*text != '\0') {
		size_t len = strcspn(text, "\"");

		append(csv, text, len);
		text += len;
		if (*text == '"') {
			append(csv, "\"\"", 2);
			text++;
		}
	}
	append(csv, "\"", 1);
}

void csv_text(struct csv *csv, const char *text)
{
	field_begin(csv);
	if (text == NULL || *text == '\0')
		return;
	if (strchr("=+-@\t\r", *text) != NULL)
		text = arena_printf(csv->buffer.arena, "'%s", text);
	if (strpbrk(text, "\",\r\n") != NULL)
		quoted(csv, text);
	else
		append(csv, text, strlen(text));
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
