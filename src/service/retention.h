/* Retention: deletes old meetings and audit entries. */
#ifndef CONFAB_SERVICE_RETENTION_H
#define CONFAB_SERVICE_RETENTION_H

#include "meeting/job.h"
#include "service/service.h"

/* Deletes the files of recordings older than ARCHIVE_RETENTION_DAYS, meetings older than
 * RETENTION_DAYS and audit entries older than AUDIT_RETENTION_DAYS, at
 * most 1,000 rows in a transaction. A meeting goes with all its rows; jobs delete the files of its
 * recordings. If a run stops anywhere, the next run goes on. False with the error if the database
 * is out of reach or another worker has the job. */
bool retention_run(struct service *service, const struct job *job, struct error *error);

#endif
