/* Puts jobs of each kind into the table. */
#ifndef CONFAB_STORE_JOB_KINDS_H
#define CONFAB_STORE_JOB_KINDS_H

#include "store/jobs.h"

enum db_outcome job_put_room_end(struct db *db, const char *session_id, int64_t due, int64_t now);
enum db_outcome job_seed_recordings(struct db *db, const char *host, int64_t now);
enum db_outcome job_put_recording_sizes(
    struct db *db, const char *session_id, const char *host, int64_t due, int64_t now);
enum db_outcome job_put_recording_delete(
    struct db *db, const char *archive_id, const char *host, int64_t due, int64_t now);

/* Jobs on an archive's files run on the host that has them; objects-delete runs on any host. */
enum db_outcome job_put_archive_upload(
    struct db *db, const char *archive_id, const char *host, int64_t now);
enum db_outcome job_put_archive_tracks(
    struct db *db, const char *archive_id, const char *host, int64_t now);
enum db_outcome job_put_archive_compose(
    struct db *db, const char *archive_id, const char *host, int64_t now);

/* Is a recording that has stopped waiting for a worker of this host? */
enum db_outcome jobs_process_due(struct db *db, const char *host, int64_t now, bool *waiting);

/* Adds a job, due at `due`, for each recording on this host that goes on and has none. */
enum db_outcome jobs_seed_archive_live(struct db *db, const char *host, int64_t due, int64_t now);
enum db_outcome job_put_tracks_expire(
    struct db *db, const char *archive_id, const char *host, int64_t due, int64_t now);
enum db_outcome job_put_objects_delete(struct db *db, const char *archive_id, int64_t now);

/* Puts a job that removes the track files of participants whose ids begin with `prefix`. The job's
 * subject is "<archive id>/<prefix>". If that is too long for a subject, no file can have such a
 * name: there is no job then. */
enum db_outcome job_put_tracks_delete(struct db *db, struct arena *arena, const char *archive_id,
    const char *prefix, const char *host, int64_t now);

/* Jobs of a media server; NULL: of the first one. */
enum db_outcome job_put_reconcile(struct db *db, const char *server, int64_t due, int64_t now);
enum db_outcome job_put_rooms(struct db *db, const char *server, int64_t due, int64_t now);

/* For the gate of the server of this name. */
enum db_outcome job_put_events(struct db *db, const char *server, int64_t due, int64_t now);

/* Adds the job that compares with this server if it is not there, and removes that of earlier
 * versions, which had one server. */
enum db_outcome job_seed_reconcile(struct db *db, const char *server, int64_t now);

#endif
