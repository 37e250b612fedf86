/* Keeps a process running for each lane. */
#ifndef CONFAB_JOB_SUPERVISOR_H
#define CONFAB_JOB_SUPERVISOR_H

#include <stddef.h>

/* The work of a lane's process, until TERM comes. Returns the exit status. TERM, INT, QUIT and CHLD
 * are blocked at the call. */
typedef int lane_process(const char *lane, void *context);

/* Starts a process for each of these lanes, and for LANE_COMPOSE as many as the machine has cores
 * (up to 4). A process that ends starts again: at once if it has run for a minute, else after a
 * pause that grows from 1 to 60 s. After TERM, INT or QUIT the processes get TERM; the function
 * returns when all have ended. If this process is killed, the kernel sends TERM to the others. */
void lanes_supervise(const char *const *lanes, size_t count, lane_process *process, void *context);

#endif
