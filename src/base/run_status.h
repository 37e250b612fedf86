/* How `confab-media run` ends: the job that started it tells the reasons apart by its exit status.
 */
#ifndef CONFAB_BASE_RUN_STATUS_H
#define CONFAB_BASE_RUN_STATUS_H

enum run_status {
	RUN_DONE = 0,
	RUN_FAILED = 1,      /* the program's own exit status was not 0 */
	RUN_MISUSE = 2,      /* the arguments are wrong */
	RUN_NO_START = 3,    /* there is no such program, or it cannot be confined */
	RUN_LIMIT = 4,       /* it reached its CPU time or its file size */
	RUN_NO_PROGRESS = 5, /* it wrote nothing new for too long */
	RUN_TOLD = 6,        /* TERM or INT came, or nobody reads the output */
	RUN_KILLED = 7,      /* another signal ended it: it crashed, or the machine has no memory */
};

#endif
