/* Looks for text that cursor_parse() accepts, but cursor_text() never writes. Input: the text. */
#include <stdlib.h>
#include <string.h>

#include "api/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *text = arena_strndup(arena, (const char *)data, size);
	struct meeting_place place;

	if (cursor_parse(arena, text, &place) && strcmp(cursor_text(arena, &place), text) != 0)
		abort();
	arena_free(arena);
	return 0;
}
