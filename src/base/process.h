/* Processes of this host. */
#ifndef CONFAB_BASE_PROCESS_H
#define CONFAB_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One number for a process, so that one atomic variable can hold it: its id and the time of its
 * start. The id alone is not enough, because the system uses ids again. 0 when there is no such
 * process, or when it has ended and waits for its parent. */
uint64_t process_mark(pid_t pid);

/* Does the process of this mark still run? False for 0. */
bool process_runs(uint64_t mark);

#endif
