/* The files of archives: who makes one offers it here, and who deletes an archive releases them. */
#ifndef CONFAB_SERVICE_ARCHIVE_FILES_H
#define CONFAB_SERVICE_ARCHIVE_FILES_H

#include "meeting/archive.h"
#include "service/service.h"

/* Adds files that were made in the archive's folder on this host (path, kind, content_type and size
 * of each). If the archive has a storage target, a job uploads them; when all are there, an archive
 * that is available becomes uploaded. Runs inside db_run(), in the transaction that sets the
 * archive to available. */
enum db_outcome archive_files_offer(struct db *db, const struct archive *archive,
    const struct archive_file *files, size_t count, int64_t now);

/* The archive's files are to be deleted: a job removes those in its storage. (Other jobs remove the
 * files on hosts.) Runs inside db_run(), after the archive's row has changed. */
enum db_outcome archive_files_release(struct db *db, const char *archive_id, int64_t now);

#endif
