/* Archives: listing and deleting recordings. (service/recording.h makes them.) */
#ifndef CONFAB_SERVICE_ARCHIVES_H
#define CONFAB_SERVICE_ARCHIVES_H

#include "meeting/act.h"
#include "meeting/archive.h"
#include "meeting/job.h"
#include "service/archive_media.h"
#include "service/service.h"

/* Lists the archives that the actor may see, newest first. Their text lies in the arena. An actor
 * with access to one meeting gets the archives of that meeting: ERROR_FORBIDDEN if the query names
 * another one. */
bool archives_list(struct service *service, struct arena *arena, const struct act *act,
    const struct archive_query *query, struct archive_page *page, struct error *error);

/* Finds one archive, with links to its files, and its tracks. Errors as lookup_archive(). */
bool archive_show(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, struct archive *archive, struct archive_tracks *tracks,
    struct error *error);

/* Deletes an archive's media and marks its row. What is in its storage, a job deletes. Errors as
 * lookup_archive(), ERROR_CONFLICT while the recording runs, ERROR_UNAVAILABLE if the files cannot
 * be removed. After an error nothing has changed. */
bool recording_delete(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, struct error *error);

/* The work of the job recording-delete: removes the files of a deleted archive from this host. A
 * host without such files leaves the job to the host that has them (ERROR_UNAVAILABLE), for a day
 * at most. */
bool recording_files_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

/* The work of the job tracks-delete: removes one person's track files from one archive. Other hosts
 * are treated as in recording_files_delete(). */
bool recording_tracks_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

#endif
