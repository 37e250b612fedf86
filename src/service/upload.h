/* Uploads: brings the files of archives to their storage, and removes them there. */
#ifndef CONFAB_SERVICE_UPLOAD_H
#define CONFAB_SERVICE_UPLOAD_H

#include "meeting/job.h"
#include "service/service.h"
#include "store/archive_files.h"

/* The work of the job archive-upload: uploads the archive's files, verifies them, and then removes
 * the copies on this host, unless the target's fallback is "opentok". If it is killed anywhere, the
 * next run goes on. False with the error: a file could not be uploaded, and stays. After
 * UPLOAD_RETRY_DAYS of failures the job gives up, and the files stay on this host. */
bool archive_upload(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

/* The work of the job objects-delete: removes the files of a deleted or expired archive, or those
 * of erased people, from its storage. It gives up like the other job. */
bool archive_objects_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

/* For operators. `service` needs service_prepare(). */

/* Lists archives with files that are not yet where they should be, the worst first. */
bool uploads_list(struct service *service, struct arena *arena, struct stuck_archive **archives,
    size_t *count, struct error *error);

/* Makes the job of this archive run now, also when it was given up. ERROR_NOT_FOUND if there is no
 * such archive, ERROR_CONFLICT if it has nothing to upload or to remove. */
bool upload_retry(
    struct service *service, struct arena *arena, const char *archive_id, struct error *error);

/* What a file is found to be. */
struct upload_check {
	const struct archive_file *file;
	bool good;
	const char *says; /* for people */
};

/* Reads each object of the archive whole, and compares its bytes with what was uploaded. Calls
 * `tell` for each file. `*good`: all are as they should be. ERROR_NOT_FOUND if there is no such
 * archive. */
bool upload_verify(struct service *service, struct arena *arena, const char *archive_id,
    void (*tell)(const struct upload_check *check), bool *good, struct error *error);

#endif
