/* Confines the calling process, for a program that decodes what strangers sent. */
#ifndef CONFAB_MEDIA_SANDBOX_H
#define CONFAB_MEDIA_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "media/landlock.h"

enum {
	SANDBOX_DESCRIPTORS = 64, /* the most that the program may have */
};

/* What the system refused: an errno, or 0. The system calls are refused all the same. */
struct sandbox_lacks {
	int namespaces, landlock;
};

struct sandbox {
	int64_t cpu;       /* seconds */
	int64_t memory;    /* bytes of address space; 0: no limit */
	int64_t file_size; /* bytes of each file */
	const int *kept;   /* descriptors to keep, above 2, in rising order */
	size_t kept_count;
	const struct reach *reaches; /* beside the system's programs; none: all files */
	size_t reach_count;
	pid_t parent; /* the process is killed when this one dies */
};

/* Takes from this process all that the program does not need: descriptors beside 0 to 2 and the
 * kept ones, the network, other processes, children of its own, new privileges, priority, and
 * resources above the limits. Threads work. Only exec should follow.
 *
 * Not each system has namespaces and Landlock, which is no failure: `*lacks` tells. False if
 * something else fails. */
bool sandbox_enter(const struct sandbox *sandbox, struct sandbox_lacks *lacks, struct error *error);

#endif
