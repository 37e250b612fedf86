/* The memory of one request (or one job): allocated piece by piece, freed together. */
#ifndef CONFAB_BASE_ARENA_H
#define CONFAB_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new, empty arena; the caller frees it with arena_free(). When the machine has no memory, this
 * and every other function here ends the process: the pool then starts a new worker. */
struct arena *arena_new(void);

/* Frees everything that was allocated from `arena`, and makes the calls of arena_defer(), the last
 * one first. Keeps the arena itself and one block for the next request. */
void arena_reset(struct arena *arena);

/* Does arena_reset(), then frees the arena. NULL is allowed. */
void arena_free(struct arena *arena);

/* Gives `size` bytes of zeros, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);

/* Copies `len` bytes of `text` and adds a NUL. */
char *arena_strndup(struct arena *arena, const char *text, size_t len);

/* Copies `text`, which ends with a NUL. NULL gives NULL. */
char *arena_strdup(struct arena *arena, const char *text);

/* Formats text as printf() does, into the arena. */
__attribute__((format(printf, 2, 3))) char *arena_printf(
    struct arena *arena, const char *format, ...);

/* Calls `release(object)` when the arena is reset. For objects of libraries, such as json-c's. */
void arena_defer(struct arena *arena, void (*release)(void *), void *object);

#endif
