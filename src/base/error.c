/* Errors as values: what went wrong, in words that may be shown to the caller. */
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

/* Cutting text to a buffer's size may leave half a character at its end, which must not get into
 * JSON. */
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

/* printf into a message's size, whole characters only. */
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

	/* Written aside first: the arguments may lie in the error itself. */
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
