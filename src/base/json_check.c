/* A strict check of JSON text.
 *
 * Measured with json-c 0.16 and its flags STRICT and VALIDATE_UTF8: it accepts '…', NaN, -Infinity,
 * "1.", control characters in strings and overlong UTF-8, and it cuts keys at \u0000. So this file
 * checks the text before json-c reads it. */
#include "base/json_check.h"

#include <string.h>

#include "base/text.h"

/* The place that the check has reached. When a function returns false, `what` says why. */
struct scan {
	const char *start;
	const char *at;
	const char *end;
	unsigned depth;
	unsigned depth_max;
	const char *what;
};

static bool value_scan(struct scan *scan);

static bool scan_fail(struct scan *scan, const char *what)
{
	if (scan->what == NULL)
		scan->what = what;
	return false;
}

static void blanks_skip(struct scan *scan)
{
	while (scan->at < scan->end &&
	       (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
		scan->at++;
}

static bool at_char(const struct scan *scan, char c)
{
	return scan->at < scan->end && *scan->at == c;
}

static bool at_digit(const struct scan *scan)
{
	return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

static bool digits_scan(struct scan *scan)
{
	if (!at_digit(scan))
		return scan_fail(scan, "a digit is missing");
	while (at_digit(scan))
		scan->at++;
	return true;
}

static bool number_scan(struct scan *scan)
{
	if (at_char(scan, '-'))
		scan->at++;
	if (at_char(scan, '0')) {
		scan->at++;
		if (at_digit(scan))
			return scan_fail(scan, "a number may not start with 0");
	} else if (!digits_scan(scan)) {
		return false;
	}
	if (at_char(scan, '.')) {
		scan->at++;
		if (!digits_scan(scan))
			return false;
	}
	if (at_char(scan, 'e') || at_char(scan, 'E')) {
		scan->at++;
		if (at_char(scan, '+') || at_char(scan, '-'))
			scan->at++;
		if (!digits_scan(scan))
			return false;
	}
	return true;
}

/* Reads the four hex digits after \u. */
static bool hex4_scan(struct scan *scan, unsigned *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++) {
		char c = scan->at < scan->end ? *scan->at : '\0';

		*unit *= 16;
		if (c >= '0' && c <= '9')
			*unit += (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*unit += (unsigned)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			*unit += (unsigned)(c - 'A' + 10);
		else
			return scan_fail(scan, "\\u needs four hex digits");
		scan->at++;
	}
	return true;
}

static bool unicode_escape_scan(struct scan *scan, bool is_key)
{
	unsigned unit, low;

	if (!hex4_scan(scan, &unit))
		return false;
	if (unit == 0 && is_key)
		return scan_fail(scan, "\\u0000 is not allowed in a key");
	if (unit >= 0xDC00 && unit <= 0xDFFF)
		return scan_fail(scan, "a low surrogate without its high one");
	if (unit >= 0xD800 && unit <= 0xDBFF) {
		if (scan->end - scan->at < 2 || scan->at[0] != '\\' || scan->at[1] != 'u')
			return scan_fail(scan, "a high surrogate without its low one");
		scan->at += 2;
		if (!hex4_scan(scan, &low))
			return false;
		if (low < 0xDC00 || low > 0xDFFF)
			return scan_fail(scan, "a high surrogate without its low one");
	}
	return true;
}

static bool escape_scan(struct scan *scan, bool is_key)
{
	char c = scan->at < scan->end ? *scan->at : '\0';

	if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL)
		return scan_fail(scan, "an unknown escape");
	scan->at++;
	return c != 'u' || unicode_escape_scan(scan, is_key);
}

static bool string_scan(struct scan *scan, bool is_key)
{
	scan->at++; /* the opening quote */
	while (scan->at < scan->end) {
		unsigned char c = (unsigned char)*scan->at;
		size_t step;

		if (c == '"') {
			scan->at++;
			return true;
		}
		if (c < 0x20)
			return scan_fail(scan, "a control character in a string");
		if (c == '\\') {
			scan->at++;
			if (!escape_scan(scan, is_key))
				return false;
			continue;
		}
		step = utf8_sequence(scan->at, (size_t)(scan->end - scan->at));
		if (step == 0)
			return scan_fail(scan, "invalid UTF-8");
		scan->at += step;
	}
	return scan_fail(scan, "a string without end");
}

static bool member_scan(struct scan *scan)
{
	blanks_skip(scan);
	if (!at_char(scan, '"'))
		return scan_fail(scan, "a key in double quotes is missing");
	if (!string_scan(scan, true))
		return false;
	blanks_skip(scan);
	if (!at_char(scan, ':'))
		return scan_fail(scan, "a colon is missing");
	scan->at++;
	return value_scan(scan);
}

/* Reads an array or an object; `item` reads one of its members. */
static bool list_scan(struct scan *scan, char close, bool (*item)(struct scan *))
{
	if (++scan->depth > scan->depth_max)
		return scan_fail(scan, "too deeply nested");
	scan->at++; /* the opening bracket */
	blanks_skip(scan);
	if (at_char(scan, close)) {
		scan->at++;
		scan->depth--;
		return true;
	}
	for (;;) {
		if (!item(scan))
			return false;
		blanks_skip(scan);
		if (at_char(scan, close))
			break;
		if (!at_char(scan, ','))
			return scan_fail(scan, "a comma or a closing bracket is missing");
		scan->at++;
	}
	scan->at++;
	scan->depth--;
	return true;
}

static bool word_scan(struct scan *scan, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		return scan_fail(scan, "a value is missing");
	scan->at += len;
	return true;
}

static bool value_scan(struct scan *scan)
{
	blanks_skip(scan);
	if (scan->at == scan->end)
		return scan_fail(scan, "a value is missing");
	switch (*scan->at) {
	case '{':
		return list_scan(scan, '}', member_scan);
	case '[':
		return list_scan(scan, ']', value_scan);
	case '"':
		return string_scan(scan, false);
	case 't':
		return word_scan(scan, "true");
	case 'f':
		return word_scan(scan, "false");
	case 'n':
		return word_scan(scan, "null");
	default:
		if (*scan->at == '-' || at_digit(scan))
			return number_scan(scan);
		return scan_fail(scan, "a value is missing");
	}
}

bool json_check(const char *text, size_t len, unsigned depth_max, struct error *error)
{
	struct scan scan = {.start = text, .at = text, .end = text + len, .depth_max = depth_max};
	size_t line = 1, column = 1;

	if (value_scan(&scan)) {
		blanks_skip(&scan);
		if (scan.at == scan.end)
			return true;
		scan_fail(&scan, "something behind the value");
	}
	for (const char *c = text; c < scan.at; c++) {
		column++;
		if (*c == '\n') {
			line++;
			column = 1;
		}
	}
	return error_set(error, ERROR_MALFORMED, "Malformed JSON at line %zu, column %zu: %s.",
	    line, column, scan.what);
}
