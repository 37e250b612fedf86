/* The runner of background jobs. Any number of processes may run jobs, on any hosts. */
#ifndef CONFAB_JOB_RUNNER_H
#define CONFAB_JOB_RUNNER_H

#include "service/service.h"

/* A worker that has not renewed its lease of a job for so long is taken for gone (microseconds). */
#define JOB_LEASE (60 * SECOND)

/* Are there jobs of this lane? */
bool jobs_lane_known(const char *lane);

/* Runs the jobs of this lane, or of all lanes (NULL), that are due now. `*count` gets how many were
 * done; false when the table of jobs cannot be used, which is logged. */
bool jobs_run_due(struct service *service, const char *lane, int64_t lease, unsigned *count);

/* Runs the jobs of this lane when they are due until TERM, INT or QUIT comes; the job in hand is
 * finished. */
void jobs_run_until_told(struct service *service, const char *lane, int64_t lease);

#endif
