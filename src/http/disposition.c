/* The header Content-Disposition: the name under which a browser saves an answer (RFC 6266). */
#include "http/disposition.h"

#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

enum {
	ASCII_FIRST = 0x20, /* the first that is no control character */
	ASCII_DELETE = 0x7f,
	NAME_ROOM = 256,
};

/* Is it in the way in a file name on some system, or a control character? */
static bool awkward(uint32_t character)
{
	return character < ASCII_FIRST || character == ASCII_DELETE ||
	       (character < ASCII_DELETE && strchr("/\\:*?\"<>|", (int)character) != NULL);
}

/* Adds one character to both forms of the name. */
static void character_put(struct buffer *plain, struct buffer *full, const char *text, size_t len,
    uint32_t character, bool first)
{
	static const char unreserved[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	/* A name with a dot at its beginning is hidden. */
	if (awkward(character) || (first && character == '.')) {
		buffer_put(plain, "_", 1);
		buffer_put(full, "_", 1);
		return;
	}
	/* Some browsers decode %XX in the plain form too. */
	buffer_put(plain, character < ASCII_DELETE && character != '%' ? text : "_", 1);
	for (size_t i = 0; i < len; i++) {
		if (strchr(unreserved, text[i]) != NULL)
			buffer_put(full, &text[i], 1);
		else
			buffer_printf(full, "%%%02X", (unsigned char)text[i]);
	}
}

const char *disposition(struct arena *arena, bool attachment, const char *name)
{
	struct buffer plain = buffer_new(arena, NAME_ROOM), full = buffer_new(arena, NAME_ROOM);
	size_t left = strlen(name);

	for (const char *at = name; left > 0;) {
		uint32_t character;
		size_t len = utf8_next(at, left, &character);

		character_put(&plain, &full, at, len, character, at == name);
		at += len;
		left -= len;
	}
	return arena_printf(arena, "%s; filename=\"%s\"; filename*=UTF-8''%s",
	    attachment ? "attachment" : "inline", plain.text, full.text);
}
