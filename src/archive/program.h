/* Runs a program that works on a recording, confined by `confab-media run`. */
#ifndef CONFAB_ARCHIVE_PROGRAM_H
#define CONFAB_ARCHIVE_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/run_status.h"

enum {
	PROGRAM_COMPLAINT_MAX = 300, /* bytes, NUL included */
};

/* Lists end with NULL. Paths are absolute, and must exist. */
struct program {
	const char *media;            /* the path of confab-media */
	const char *const *arguments; /* the program's own path first */
	const char *const *reads;     /* files and folders that it may read; NULL: none */
	const char *const *writes;    /* those that it may change; NULL: none */
	int64_t cpu;                  /* seconds of CPU time that it may use */
	int64_t stall;                /* seconds that it may make no progress */
	const char *input;            /* its standard input; NULL: nothing */
	/* Is called each half second. False ends the program. May be NULL. */
	bool (*keep)(void *context);
	void *keep_context;
	/* Gets each line of its standard output, without the line end. May be NULL. */
	void (*line)(void *context, const char *line);
	void *line_context;
	/* Results: */
	int64_t cpu_used;                      /* microseconds */
	char complaint[PROGRAM_COMPLAINT_MAX]; /* the end of its standard error */
};

/* The path of confab-media: it lies beside this program, or in the folder of installed programs.
 * The text lies in the arena. NULL: it is in neither. */
const char *program_media(struct arena *arena);

/* Runs the program to its end. RUN_TOLD when keep() has ended it. If this process dies, the program
 * is killed. `arena` holds the arguments. */
enum run_status program_run(struct arena *arena, struct program *program);

#endif
