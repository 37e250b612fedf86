/* What uploads, their removal and the operator's commands have in common. */
#ifndef CONFAB_SERVICE_UPLOAD_RUN_H
#define CONFAB_SERVICE_UPLOAD_RUN_H

#include "archive/storage.h"
#include "meeting/job.h"
#include "service/service.h"
#include "store/archive_files.h"

/* One run of a job. */
struct upload_run {
	struct service *service;
	struct arena *arena;
	const struct job *job; /* NULL: an operator's command */
	struct archive archive;
	struct archive_file *files;
	size_t count;
	bool found;
	struct storage_target target;
	struct storage storage;
	struct archive_file *file; /* that is worked on */
	int64_t looked_at;         /* when the archive was last looked at, on the monotonic clock */
	struct error stop;         /* why the work must stop */
};

/* Reads the archive with its files, and its target. An archive without a target has nothing to do:
 * found is false. */
bool upload_run_open(struct upload_run *run, const char *archive_id, struct error *error);

/* The reading alone, as a step of a transaction. */
enum db_outcome upload_run_read(struct upload_run *run, const char *archive_id);

/* Writes down that a try with run->file failed. False: the job must run again later, and the error
 * says why. True: it has failed for too long and is given up. `what`: "The upload". */
bool upload_try_failed(struct upload_run *run, enum storage_fault fault,
    const struct error *failure, const char *what, struct error *error);

/* Sets ERROR_CONFLICT. */
bool upload_archive_deleted(struct error *error);

#endif
