/* The runner of background jobs. Any number of processes may run jobs, on any hosts. */
#ifndef CONFAB_JOB_RUNNER_H
#define CONFAB_JOB_RUNNER_H

#include "service/service.h"

/* The default lease: after this time without a renewal another worker may take the job
 * (microseconds). */
#define JOB_LEASE (60 * SECOND)

/* Does a lane of this name exist, and has it jobs? */
bool jobs_lane_known(const char *lane);

/* Runs the due jobs of these lanes. `*count` gets the number of finished
 * jobs. False if the table of jobs cannot be used; this is logged. */
bool jobs_run_due(struct service *service, const char *const *lanes, size_t lane_count,
    int64_t lease, unsigned *count);

/* Runs the jobs of this lane when they are due, until TERM, INT or QUIT comes. Finishes the running
 * job first. */
void jobs_run_until_told(struct service *service, const char *lane, int64_t lease);

#endif
