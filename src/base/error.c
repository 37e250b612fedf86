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

__attribute__((format(printf, 4, 0))) static bool set(
    struct error *error, enum error_kind kind, const char *code, const char *format, va_list args)
{
	error_clear(error);
	error->kind = kind;
	error->code = code;
	vsnprintf(error->message, sizeof error->message, format, args);
	tail_trim(error->message, sizeof error->message);
	return false;
}

bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(error, kind, NULL, format, args);
	va_end(args);
	return false;
}

bool error_set_code(
    struct error *error, enum error_kind kind, const char *code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set(error, kind, code, format, args);
	va_end(args);
	return false;
}

__attribute__((format(printf, 5, 0))) static void detail_add(struct error *error, const char *path,
    const char *rule, struct json_object *info, const char *format, va_list args)
{
	char message[ERROR_MESSAGE_MAX];
	char whole_path[ERROR_PATH_MAX];
	struct json_object *detail;

	if (error->details == NULL)
		error->details = json_object_new_array();
	if (json_object_array_length(error->details) == ERROR_DETAILS_MAX) {
		json_object_put(info);
		return;
	}
	vsnprintf(message, sizeof message, format, args);
	tail_trim(message, sizeof message);
	snprintf(whole_path, sizeof whole_path, "%s", path);
	tail_trim(whole_path, sizeof whole_path);
	detail = json_object_new_object();
	json_object_object_add(detail, "path", json_object_new_string(whole_path));
	json_object_object_add(detail, "code", json_object_new_string(rule));
	json_object_object_add(detail, "message", json_object_new_string(message));
	json_object_object_add(detail, "info", info != NULL ? info : json_object_new_object());
	json_object_array_add(error->details, detail);
}

bool error_detail(struct error *error, const char *path, const char *rule, struct json_object *info,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	detail_add(error, path, rule, info, format, args);
	va_end(args);
	return false;
}

bool error_fault(struct error *error, const char *path, const char *rule, struct json_object *info,
    const char *format, ...)
{
	va_list args;

	if (error->kind != ERROR_INVALID)
		error_set_code(error, ERROR_INVALID, "VALIDATION_FAILED",
		    "The request body has faults; see details.");
	va_start(args, format);
	detail_add(error, path, rule, info, format, args);
	va_end(args);
	return false;
}
