/* Writes JSON as text, piece by piece, into an arena. */
#include "base/json_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum {
	INTEGER_TEXT_MAX = 24, /* "-9223372036854775808" and its NUL */
	ESCAPE_MAX = 6,        /* "\u001f" */
};

struct json_writer json_writer_new(struct arena *arena, size_t size)
{
	return (struct json_writer){.buffer = buffer_new(arena, size)};
}

static void put(struct json_writer *writer, const char *bytes, size_t len)
{
	buffer_put(&writer->buffer, bytes, len);
}

/* Writes what comes before a value: comma, key, colon. */
static void lead(struct json_writer *writer, const char *key)
{
	if (writer->has_members)
		put(writer, ",", 1);
	writer->has_members = true;
	if (key == NULL)
		return;
	put(writer, "\"", 1);
	put(writer, key, strlen(key));
	put(writer, "\":", 2);
}

static void open_bracket(struct json_writer *writer, const char *key, const char *bracket)
{
	lead(writer, key);
	put(writer, bracket, 1);
	writer->has_members = false;
}

/* The array or object that was just closed is a member of the one around it. */
static void close_bracket(struct json_writer *writer, const char *bracket)
{
	put(writer, bracket, 1);
	writer->has_members = true;
}

void json_write_object(struct json_writer *writer, const char *key)
{
	open_bracket(writer, key, "{");
}

void json_write_array(struct json_writer *writer, const char *key)
{
	open_bracket(writer, key, "[");
}

void json_close_object(struct json_writer *writer)
{
	close_bracket(writer, "}");
}

void json_close_array(struct json_writer *writer)
{
	close_bracket(writer, "]");
}

/* RFC 8259, section 7: quotation mark, reverse solidus and control characters must be escaped. */
static size_t escape(unsigned char byte, char at[static ESCAPE_MAX])
{
	static const char digits[] = "0123456789abcdef";
	static const char short_forms[] = "\bb\ff\nn\rr\tt\"\"\\\\";

	for (const char *form = short_forms; *form != '\0'; form += 2) {
		if ((unsigned char)*form == byte) {
			at[0] = '\\';
			at[1] = form[1];
			return 2;
		}
	}
	memcpy(at, "\\u00", 4);
	at[4] = digits[byte >> 4];
	at[5] = digits[byte & 15];
	return ESCAPE_MAX;
}

static void put_string(struct json_writer *writer, const char *text)
{
	size_t len = strlen(text);
	char *start = buffer_room(&writer->buffer, len * ESCAPE_MAX + 2);
	char *at = start;

	*at++ = '"';
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte < 0x20 || byte == '"' || byte == '\\')
			at += escape(byte, at);
		else
			*at++ = text[i];
	}
	*at++ = '"';
	*at = '\0';
	writer->buffer.len += (size_t)(at - start);
}

void json_write_text(struct json_writer *writer, const char *key, const char *text)
{
	lead(writer, key);
	if (text == NULL)
		put(writer, "null", 4);
	else
		put_string(writer, text);
}

void json_write_integer(struct json_writer *writer, const char *key, int64_t value)
{
	char text[INTEGER_TEXT_MAX];
	int len = snprintf(text, sizeof text, "%" PRId64, value);

	lead(writer, key);
	put(writer, text, (size_t)len);
}

void json_write_boolean(struct json_writer *writer, const char *key, bool value)
{
	json_write_stored(writer, key, value ? "true" : "false");
}

void json_write_time(struct json_writer *writer, const char *key, int64_t time)
{
	char text[DATE_TEXT_MAX];

	json_write_text(writer, key, time == TIME_NONE ? NULL : date_format(time, text));
}

void json_write_stored(struct json_writer *writer, const char *key, const char *text)
{
	lead(writer, key);
	if (text == NULL)
		text = "null";
	put(writer, text, strlen(text));
}
