/* Writes JSON as text, piece by piece, into an arena. For long answers and frequent ones. (Measured
 * with a list of ten attendees: building and printing json-c's objects took two thirds of all
 * instructions.) */
#ifndef CONFAB_BASE_JSON_WRITER_H
#define CONFAB_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Start with json_writer_new(). */
struct json_writer {
	struct buffer buffer; /* the text so far */
	bool has_members;     /* the open array or object has some: the next one needs a comma */
};

/* An empty writer with room for `size` bytes. It grows when it is full. */
struct json_writer json_writer_new(struct arena *arena, size_t size);

/* Open and close an object or array. `key` is the name in the object around it (static text that
 * needs no escaping). It is NULL inside an array, and for the outermost value. */
void json_write_object(struct json_writer *writer, const char *key);
void json_write_array(struct json_writer *writer, const char *key);
void json_close_object(struct json_writer *writer);
void json_close_array(struct json_writer *writer);

/* Write values in the same form as the functions json_add_… of base/json.h: NULL text and TIME_NONE
 * become null, times are RFC 3339 dates. Text is UTF-8. */
void json_write_text(struct json_writer *writer, const char *key, const char *text);
void json_write_integer(struct json_writer *writer, const char *key, int64_t value);
void json_write_boolean(struct json_writer *writer, const char *key, bool value);
void json_write_time(struct json_writer *writer, const char *key, int64_t time);

/* `text` is JSON that was checked before it was stored. NULL becomes null. */
void json_write_stored(struct json_writer *writer, const char *key, const char *text);

#endif
