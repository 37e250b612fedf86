#include "media/progress.h"

#include <stdio.h>
#include <string.h>

static const char *const keys[PROGRESS_KEYS] = {"frame", "total_size", "out_time_us"};

/* Is it a line KEY=VALUE? Gives the length of the key, else 0. */
static size_t key_length(const char *line)
{
	size_t len = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return line[len] == '=' ? len : 0;
}

static bool line_counts(struct progress *progress, const char *line)
{
	size_t len = key_length(line);
	char value[PROGRESS_VALUE];

	if (len == 0)
		return line[0] != '\0';
	snprintf(value, sizeof value, "%s", line + len + 1);
	for (size_t i = 0; i < PROGRESS_KEYS; i++) {
		char *last = progress->values[i];

		if (strlen(keys[i]) != len || strncmp(line, keys[i], len) != 0)
			continue;
		if (strcmp(value, last) == 0)
			return false;
		memcpy(last, value, sizeof value);
		return true;
	}
	return strcmp(line, "progress=end") == 0;
}

bool progress_feed(struct progress *progress, const char *bytes, size_t len)
{
	bool counts = false;

	for (size_t i = 0; i < len; i++) {
		bool full = progress->len == PROGRESS_LINE - 1;

		if (bytes[i] != '\n' && !full) {
			progress->line[progress->len++] = bytes[i];
			continue;
		}
		progress->line[progress->len] = '\0';
		progress->len = 0;
		counts = line_counts(progress, progress->line) || counts;
	}
	return counts;
}
