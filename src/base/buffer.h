/* Text that grows piece by piece in an arena. */
#ifndef CONFAB_BASE_BUFFER_H
#define CONFAB_BASE_BUFFER_H

#include <stddef.h>

#include "base/arena.h"

struct buffer {
	struct arena *arena;
	char *text; /* a NUL follows */
	size_t len;
	size_t size; /* of the memory at `text`, in bytes */
};

/* An empty buffer with room for `size` bytes. It grows when it is full. */
struct buffer buffer_new(struct arena *arena, size_t size);

/* Makes room for `more` bytes and a NUL after the text, and gives the place. The caller writes the
 * bytes and the NUL there and raises `len`. */
char *buffer_room(struct buffer *buffer, size_t more);

/* Adds `len` bytes. */
void buffer_put(struct buffer *buffer, const char *bytes, size_t len);

/* Adds text as printf() writes it. */
__attribute__((format(printf, 2, 3))) void buffer_printf(
    struct buffer *buffer, const char *format, ...);

#endif
