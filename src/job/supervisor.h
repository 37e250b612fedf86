/* One process for each lane, started again when it dies. */
#ifndef CONFAB_JOB_SUPERVISOR_H
#define CONFAB_JOB_SUPERVISOR_H

/* What the process of a lane does, until TERM comes; gives its exit status. TERM, INT, QUIT and
 * CHLD are blocked when it is called. */
typedef int lane_process(const char *lane, void *context);

/* Starts a process for each lane that has jobs. One that ends is started again: at
 * once when it has run for a minute, else after a pause that grows from 1 to 60 s. TERM, INT and
 * QUIT are passed on as TERM; it returns when all processes have ended. When this process is
 * killed, the kernel sends TERM to the others. */
void lanes_supervise(lane_process *process, void *context);

#endif
