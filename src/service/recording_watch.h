/* Watches the recordings that go on: stops those that must stop, and tells of those that do not
 * work. */
#ifndef CONFAB_SERVICE_RECORDING_WATCH_H
#define CONFAB_SERVICE_RECORDING_WATCH_H

#include "meeting/job.h"
#include "service/service.h"

/* Stops the recordings of meetings on this media server that were empty for RECORDING_IDLE: nobody
 * was in the room who may send. Such a recording has stopped at the time when the last person left,
 * because nothing was recorded since. A meeting that is recorded from its first media on gets its
 * next archive: that one begins with the next media.
 *
 * Call it after reconcile_people(): people whose events are late must not count as gone. Errors:
 * those of the provider and the database; the job runs again. */
bool recordings_idle_stop(struct service *service, struct arena *arena, const struct job *job,
    const char *server, struct error *error);

/* Looks after the recordings whose files are on this host. If less than RECORDING_MIN_FREE is free,
 * all of them stop. Else moderators get an event when media comes and nothing is written, and
 * another one when something is written after all. Errors as above. */
bool recordings_watch(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

#endif
