/* Text that grows piece by piece in an arena. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct buffer buffer_new(struct arena *arena, size_t size)
{
	return (struct buffer){
	    .arena = arena, .text = arena_alloc(arena, size + 1), .size = size + 1};
}

char *buffer_room(struct buffer *buffer, size_t more)
{
	if (buffer->len + more + 1 > buffer->size) {
		size_t size = (buffer->len + more + 1) * 2;
		char *text = arena_alloc(buffer->arena, size);

		memcpy(text, buffer->text, buffer->len);
		buffer->text = text;
		buffer->size = size;
	}
	return buffer->text + buffer->len;
}

void buffer_put(struct buffer *buffer, const char *bytes, size_t len)
{
	memcpy(buffer_room(buffer, len), bytes, len);
	buffer->len += len;
	buffer->text[buffer->len] = '\0';
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	size_t room = buffer->size - buffer->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buffer->text + buffer->len, room, format, args);
	va_end(args);
	if (len < 0)
		abort();
	if ((size_t)len >= room) {
		char *at = buffer_room(buffer, (size_t)len);

		va_start(args, format);
		vsnprintf(at, (size_t)len + 1, format, args);
		va_end(args);
	}
	buffer->len += (size_t)len;
}
