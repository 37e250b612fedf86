/* Processes of this host, as /proc shows them. */
#include "base/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PID_BITS = 22, /* Linux has no larger process ids (PID_MAX_LIMIT) */
};

/* Reads /proc/PID/stat into `text`. False when there is no such process. */
static bool stat_read(pid_t pid, char *text, size_t size)
{
	char name[32];
	ssize_t len;
	int fd;

	snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, size - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	return true;
}

uint64_t process_mark(pid_t pid)
{
	char text[512];
	const char *fields;
	char state;
	unsigned long long started; /* clock ticks since the host's start */

	if (!stat_read(pid, text, sizeof text))
		return 0;
	/* The second field is the program's name, which may hold any character. Behind it the state
	 * is the 3rd field and the start the 22nd (proc(5)). */
	fields = strrchr(text, ')');
	if (fields == NULL ||
	    sscanf(fields,
		") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
		" %*s %*s %*s %*s %*s %*s %*s %llu",
		&state, &started) != 2 ||
	    strchr("ZXx", state) != NULL)
		return 0;
	return (uint64_t)started << PID_BITS | (uint64_t)pid;
}

bool process_runs(uint64_t mark)
{
	return mark != 0 && process_mark((pid_t)(mark & ((1U << PID_BITS) - 1))) == mark;
}
