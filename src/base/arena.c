/* The memory of one request: a list of blocks, freed together. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK_SIZE = 64 * 1024, /* most requests fit into one block */
};

struct block {
	struct block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char bytes[];
};

struct deferred {
	struct deferred *next;
	void (*release)(void *);
	void *object;
};

struct arena {
	struct block *blocks; /* the newest first; arena_reset() keeps the last one */
	struct deferred *deferred;
};

static void out_of_memory(void)
{
	fputs("{\"level\":\"error\",\"message\":\"out of memory\"}\n", stderr);
	abort();
}

static struct block *block_new(size_t size, struct block *next)
{
	struct block *block = malloc(sizeof *block + size);

	if (block == NULL)
		out_of_memory();
	block->next = next;
	block->used = 0;
	block->size = size;
	return block;
}

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof *arena);

	if (arena == NULL)
		out_of_memory();
	arena->blocks = block_new(BLOCK_SIZE, NULL);
	return arena;
}

void arena_reset(struct arena *arena)
{
	struct block *block = arena->blocks;

	/* The list of deferred calls lies in the arena itself, so run it before the blocks are
	 * freed. */
	for (struct deferred *deferred = arena->deferred; deferred != NULL;
	     deferred = deferred->next)
		deferred->release(deferred->object);
	arena->deferred = NULL;
	while (block->next != NULL) {
		struct block *next = block->next;

		free(block);
		block = next;
	}
	block->used = 0;
	arena->blocks = block;
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	arena_reset(arena);
	free(arena->blocks);
	free(arena);
}

/* As arena_alloc(), but the memory is not zeroed. */
static void *take(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *block = arena->blocks;
	void *memory;

	if (size > SIZE_MAX - BLOCK_SIZE)
		out_of_memory();
	size = (size + align - 1) / align * align;
	if (block->size - block->used < size) {
		block = block_new(size > BLOCK_SIZE ? size : BLOCK_SIZE, block);
		arena->blocks = block;
	}
	memory = block->bytes + block->used;
	block->used += size;
	return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size), 0, size);
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = take(arena, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text == NULL ? NULL : arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	struct block *block = arena->blocks;
	size_t room = block->size - block->used;
	char *text = (char *)block->bytes + block->used;
	va_list args;
	int len;

	/* Try to write directly to the final place. */
	va_start(args, format);
	len = vsnprintf(text, room, format, args);
	va_end(args);
	if (len < 0)
		out_of_memory();
	if ((size_t)len < room)
		return take(arena, (size_t)len + 1);
	text = take(arena, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

void arena_defer(struct arena *arena, void (*release)(void *), void *object)
{
	struct deferred *deferred = arena_alloc(arena, sizeof *deferred);

	deferred->release = release;
	deferred->object = object;
	deferred->next = arena->deferred;
	arena->deferred = deferred;
}
