/* Memory of one request (or one job): allocated piece by piece, freed all at once. */
#ifndef CONFAB_BASE_ARENA_H
#define CONFAB_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new, empty arena; the caller frees it with arena_free(). Ends the process when the machine is
 * out of memory, as does every function here: a worker is replaced, and half an answer helps
 * nobody. */
struct arena *arena_new(void);

/* Frees everything allocated from `arena` and runs what arena_defer() was given, last first, but
 * keeps the arena itself (and one block) for the next request. */
void arena_reset(struct arena *arena);

/* arena_reset() and the arena too. NULL is fine. */
void arena_free(struct arena *arena);

/* `size` bytes, zeroed, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of `len` bytes at `text` with a NUL behind them. */
char *arena_strndup(struct arena *arena, const char *text, size_t len);

/* A copy of NUL-ended `text`; NULL gives NULL. */
char *arena_strdup(struct arena *arena, const char *text);

/* printf into the arena. */
__attribute__((format(printf, 2, 3))) char *arena_printf(
    struct arena *arena, const char *format, ...);

/* Has `release(object)` called when the arena is reset: for what libraries own (json-c objects). */
void arena_defer(struct arena *arena, void (*release)(void *), void *object);

#endif
