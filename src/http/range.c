/* The header Range: a piece of a file (RFC 9110, section 14). */
#include "http/range.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { DECIMAL = 10 };

/* Reads digits; a number beyond int64_t becomes INT64_MAX. Returns the place after them; NULL:
 * there are none. */
static const char *number_read(const char *text, int64_t *number)
{
	const char *start = text;

	*number = 0;
	for (; *text >= '0' && *text <= '9'; text++) {
		int digit = *text - '0';

		*number =
		    *number > (INT64_MAX - digit) / DECIMAL ? INT64_MAX : *number * DECIMAL + digit;
	}
	return text == start ? NULL : text;
}

/* "-5": the last five bytes. */
static struct range last_bytes(int64_t count, int64_t size)
{
	if (count == 0 || size == 0)
		return (struct range){.kind = RANGE_NONE};
	if (count > size)
		count = size;
	return (struct range){.kind = RANGE_PIECE, .from = size - count, .size = count};
}

static struct range bytes_between(int64_t first, int64_t last, int64_t size)
{
	if (first >= size)
		return (struct range){.kind = RANGE_NONE};
	if (last >= size)
		last = size - 1;
	return (struct range){.kind = RANGE_PIECE, .from = first, .size = last - first + 1};
}

struct range range_read(const char *value, int64_t size)
{
	static const char unit[] = "bytes=";
	const struct range none = {.kind = RANGE_NONE};
	int64_t first = 0, last = INT64_MAX;
	const char *at;

	if (value == NULL || strncasecmp(value, unit, sizeof unit - 1) != 0 ||
	    strchr(value, ',') != NULL)
		return (struct range){.kind = RANGE_WHOLE};
	at = value + sizeof unit - 1;
	if (*at == '-') {
		at = number_read(at + 1, &last);
		return at == NULL || *at != '\0' ? none : last_bytes(last, size);
	}
	at = number_read(at, &first);
	if (at == NULL || *at != '-')
		return none;
	at++;
	if (*at != '\0')
		at = number_read(at, &last);
	if (at == NULL || *at != '\0' || last < first)
		return none;
	return bytes_between(first, last, size);
}
