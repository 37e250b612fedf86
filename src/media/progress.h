/* Tells from a program's output whether its work goes on. */
#ifndef CONFAB_MEDIA_PROGRESS_H
#define CONFAB_MEDIA_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	PROGRESS_LINE = 256,
	PROGRESS_VALUE = 32,
	PROGRESS_KEYS = 3,
};

/* Start with {0}. */
struct progress {
	char line[PROGRESS_LINE]; /* not whole yet */
	size_t len;
	char values[PROGRESS_KEYS][PROGRESS_VALUE]; /* the last ones */
};

/* Takes the next `len` bytes. True if they show progress. ffmpeg 7 writes its lines KEY=VALUE each
 * second also when it is stuck, and the speed changes then: so of such lines only new values of
 * frame, total_size and out_time_us count, and progress=end. Every other line counts. */
bool progress_feed(struct progress *progress, const char *bytes, size_t len);

#endif
