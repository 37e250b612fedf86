/* The handlers of the kinds of jobs. */
#ifndef CONFAB_JOB_HANDLERS_H
#define CONFAB_JOB_HANDLERS_H

#include "meeting/job.h"
#include "service/service.h"

/* Runs a job. False with an error: the job runs again later. A handler with several steps calls
 * job_keep() (service/job_keep.h) between them. */
typedef bool job_handler(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

job_handler job_room_end;
job_handler job_rooms;
job_handler job_events;
job_handler job_reconcile;
job_handler job_recordings;
job_handler job_expire;
job_handler job_retention;
job_handler job_archive_tracks;
job_handler job_archive_compose;
job_handler job_archive_live;
job_handler job_tracks_expire;
job_handler job_archive_upload;
job_handler job_objects_delete;
job_handler job_recording_delete;
job_handler job_tracks_delete;

#endif
