/* Archives: listing and deleting recordings. (service/recording.h makes them.) */
#ifndef CONFAB_SERVICE_ARCHIVES_H
#define CONFAB_SERVICE_ARCHIVES_H

#include "meeting/act.h"
#include "meeting/archive.h"
#include "meeting/job.h"
#include "service/service.h"

/* The archives that the actor sees, newest first; their text lies in the arena. An actor who may
 * touch one meeting only gets that meeting's: ERROR_FORBIDDEN when the query is about another. */
bool archives_list(struct service *service, struct arena *arena, const struct act *act,
    const struct archive_query *query, struct archive_page *page, struct error *error);

/* Deletes an archive's media and marks its row. Errors as lookup_archive(), ERROR_CONFLICT while it
 * is being recorded, ERROR_UNAVAILABLE when the files cannot be removed: then nothing changes. */
bool recording_delete(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, struct error *error);

/* The work of the job recording-delete: removes the files of a deleted archive that are on this
 * host. A host that has no files of it leaves the job to the one that has (ERROR_UNAVAILABLE), for
 * a day at most. */
bool recording_files_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

/* The work of the job tracks-delete, in the same way: removes the track files of one archive that
 * are one person's. */
bool recording_tracks_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

#endif
