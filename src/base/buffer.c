/* Text that grows piece by piece in an arena. */
#include "base/buffer.h"

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
