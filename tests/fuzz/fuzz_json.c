/* Looks for JSON that json_parse() accepts, but that changes when it is written and read again. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct error error = {0};
	struct json_object *value, *again;

	if (json_parse(arena, (const char *)data, size, &value, &error)) {
		const char *text = arena_strdup(arena, json_text(value));

		if (json_depth(value) > JSON_DEPTH_MAX)
			abort();
		if (!json_parse(arena, text, strlen(text), &again, &error))
			abort();
		if (!json_object_equal(value, again) || strcmp(text, json_text(again)) != 0)
			abort();
	} else if (error.kind != ERROR_MALFORMED && error.kind != ERROR_INVALID) {
		abort();
	}
	error_clear(&error);
	arena_free(arena);
	return 0;
}
