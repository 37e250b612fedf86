/* Errors as values: what went wrong, as text that the caller may see. */
#include "base/error.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void error_clear(struct error *error)
{
	if (error->details != NULL)
		json_object_put(error->details);
	*error = (struct error){0};
}

/* Cutting text to the size of a buffer may leave a part of a character at the end. JSON must not
 * contain that. */
static void tail_trim(char *text, size_t size)
{
	size_t len = strnlen(text, size);

	for (size_t i = 0; i < len;) {
		size_t step = utf8_sequence(text + i, len - i);

		if (step == 0) {
			text[i] = '\0';
			return;
		}
		i += step;
	}
}

/* Formats a message. A message that is too long is cut between two characters. */
__attribute__((format(printf, 2, 0))) static void message_format(
    char message[static ERROR_MESSAGE_MAX], const char *format, va_list args)
{
	vsnprintf(message, ERROR_MESSAGE_MAX, format, args);
	tail_trim(message, ERROR_MESSAGE_MAX);
}

void error_write(
    struct error *error, enum error_kind kind, const char *code, const char *format, ...)
{
	char message[ERROR_MESSAGE_MAX];
	va_list args;

	/* Write to another place first: an argument may be the error's own text. */
	va_start(args, format);
	message_format(message, format, args);
	va_end(args);
	error_clear(error);
	error->kind = kind;
	error->code = code;
	memcpy(error->message, message, sizeof message);
}

void error_write_detail(struct error *error, bool is_fault, const char *path, const char *rule,
    struct json_object *info, const char *format, ...)
{
	char message[ERROR_MESSAGE_MAX];
	char whole_path[ERROR_PATH_MAX];
	struct json_object *detail;
	va_list args;

	va_start(args, format);
	message_format(message, format, args);
	va_end(args);
	if (is_fault && error->kind != ERROR_INVALID)
		error_write(error, ERROR_INVALID, "VALIDATION_FAILED",
		    "The request body has faults; see details.");
	if (error->details == NULL)
		error->details = json_object_new_array();
	if (json_object_array_length(error->details) == ERROR_DETAILS_MAX) {
		json_object_put(info);
		return;
	}
	snprintf(whole_path, sizeof whole_path, "%s", path);
	tail_trim(whole_path, sizeof whole_path);
	detail = json_object_new_object();
	json_object_object_add(detail, "path", json_object_new_string(whole_path));
	json_object_object_add(detail, "code", json_object_new_string(rule));
	json_object_object_add(detail, "message", json_object_new_string(message));
	json_object_object_add(detail, "info", info != NULL ? info : json_object_new_object());
	json_object_array_add(error->details, detail);
}
