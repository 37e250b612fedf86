/* Retention: deletes meetings and audit logs that are older than they are kept. */
#ifndef CONFAB_SERVICE_RETENTION_H
#define CONFAB_SERVICE_RETENTION_H

#include "meeting/job.h"
#include "service/service.h"

/* Deletes what RETENTION_DAYS and AUDIT_RETENTION_DAYS do not keep, at most 1,000 rows in a
 * transaction. A meeting goes with all that belongs to it; jobs delete the files of its recordings.
 * A run that is stopped anywhere is taken up by the next one. False with the error when the
 * database is out of reach or another worker has the job. */
bool retention_run(struct service *service, const struct job *job, struct error *error);

#endif
