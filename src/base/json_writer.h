/* JSON written as text, piece by piece, into an arena: for long answers and frequent ones.
 * (Measured: of a list of ten attendees two thirds of all instructions went into building and
 * printing json-c's objects.) */
#ifndef CONFAB_BASE_JSON_WRITER_H
#define CONFAB_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Start with json_writer_new(). */
struct json_writer {
	struct buffer buffer; /* the text so far */
	bool has_members;     /* of what is open: the next one needs a comma in front */
};

/* An empty one, with room for `size` bytes at first. */
struct json_writer json_writer_new(struct arena *arena, size_t size);

/* Open and close an object or array. `key` names a member of the open object (static text that
 * needs no escaping); NULL inside an array, and for the value as a whole. */
void json_write_object(struct json_writer *writer, const char *key);
void json_write_array(struct json_writer *writer, const char *key);
void json_close_object(struct json_writer *writer);
void json_close_array(struct json_writer *writer);

/* Values, in the same form as base/json.h's json_add_…(): NULL text and TIME_NONE become null,
 * times are RFC 3339. Text is UTF-8. */
void json_write_text(struct json_writer *writer, const char *key, const char *text);
void json_write_integer(struct json_writer *writer, const char *key, int64_t value);
void json_write_boolean(struct json_writer *writer, const char *key, bool value);
void json_write_time(struct json_writer *writer, const char *key, int64_t time);

/* `text` is JSON that was checked before it was stored; NULL becomes null. */
void json_write_stored(struct json_writer *writer, const char *key, const char *text);

#endif
