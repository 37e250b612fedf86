/* Processing: from the track files of a recording to files that people can watch.
 *
 * Each function here that works can be killed anywhere and run again: what it makes appears under
 * its name when it is whole, and the archive's row changes in one transaction with the rows of its
 * files. */
#ifndef CONFAB_SERVICE_PROCESSING_H
#define CONFAB_SERVICE_PROCESSING_H

#include "meeting/archive.h"
#include "meeting/job.h"
#include "service/service.h"
#include "store/archive_processing.h"

/* The recording of this archive has stopped, and is not known to be empty: a job processes it, on
 * the host that has its files. Runs inside db_run(), in the transaction that stops the archive. */
enum db_outcome archive_process(
    struct db *db, const char *archive_id, const char *host, int64_t now);

/* The work of the job archive-tracks: makes a file of each person and stretch, which can be watched
 * at once. With OUTPUT_INDIVIDUAL these are the result; else the job archive-compose follows. */
bool archive_tracks_make(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

/* The work of the job archive-compose: makes the composed file with its poster, thumbnails and
 * chapters, in small steps. A step that was done is not done again by the next run. */
bool archive_compose(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

/* The work of the job archive-live: while a recording goes on and the machine has time, encodes the
 * segments that are over. With RECORDING_LIVE only. */
bool archive_live(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

/* The work of the job tracks-expire: removes from the archive's folder what its result does not
 * need. */
bool archive_tracks_expire(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

/* For operators. `service` needs service_prepare(). */

/* Lists archives that are stopped, processing or failed, the oldest first. */
bool processing_list(struct service *service, struct arena *arena,
    struct waiting_archive **archives, size_t *count, struct error *error);

/* Processes an archive that is stopped, processing or failed again, from the beginning. `*done` is
 * false for any other archive. ERROR_NOT_FOUND if there is no such archive. */
bool processing_retry(struct service *service, struct arena *arena, const char *archive_id,
    bool *done, struct error *error);

/* Counts the waiting archives for the metrics. */
void processing_measure(struct service *service);

#endif
