/* Tables as comma-separated values (RFC 4180), for spreadsheets. */
#include "base/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	SIZE_START = 1024,
};

static void append(struct csv *csv, const char *bytes, size_t len)
{
	if (csv->size - csv->len <= len) {
		size_t size = csv->size == 0 ? SIZE_START : csv->size;
		char *text;

		while (size - csv->len <= len)
			size *= 2;
		text = arena_alloc(csv->arena, size);
		if (csv->len > 0)
			memcpy(text, csv->text, csv->len);
		csv->text = text;
		csv->size = size;
	}
	memcpy(csv->text + csv->len, bytes, len);
	csv->len += len;
	csv->text[csv->len] = '\0';
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
		text = arena_printf(csv->arena, "'%s", text);
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
