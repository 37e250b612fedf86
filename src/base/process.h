/* Processes of this host. */
#ifndef CONFAB_BASE_PROCESS_H
#define CONFAB_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Names a process by one number, which fits into one atomic variable: its id and the time of its
 * start. The id alone is not enough: the system uses ids again. Gives 0 when there is no such
 * process, or when it has ended and its parent has not waited for it yet. */
uint64_t process_mark(pid_t pid);

/* Does the process of this mark still run? False for 0. */
bool process_runs(uint64_t mark);

#endif
