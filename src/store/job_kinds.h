/* The kinds of jobs there are, and how each is put into the table. */
#ifndef CONFAB_STORE_JOB_KINDS_H
#define CONFAB_STORE_JOB_KINDS_H

#include "store/jobs.h"

#define JOB_ROOM_END                                                                               \
	"room-end" /* end one session at the provider; its key is "room-end:<session id>" */
#define JOB_RECORDING_DELETE "recording-delete" /* remove an archive's files, on their host */
#define JOB_ROOMS            "rooms"     /* make the rooms of a media server again: "rooms:<server>" */
#define JOB_RECONCILE                                                                              \
	"reconcile" /* compare attendance with a media server: "reconcile:<server>"; recurs */
#define JOB_EXPIRE           "expire"           /* remove what is too old; recurs */

/* What a job's key names, behind its kind and a colon; "" for nothing. */
const char *job_subject(const struct job *job);

enum db_outcome job_put_room_end(struct db *db, const char *session_id, int64_t due, int64_t now);
enum db_outcome job_put_recording_delete(
    struct db *db, const char *archive_id, const char *host, int64_t due, int64_t now);

/* Jobs of a media server; NULL: of the first one. */
enum db_outcome job_put_reconcile(struct db *db, const char *server, int64_t due, int64_t now);
enum db_outcome job_put_rooms(struct db *db, const char *server, int64_t due, int64_t now);

/* Adds the job that compares with this server if it is not there, and removes that of earlier
 * versions, which had one server. */
enum db_outcome job_seed_reconcile(struct db *db, const char *server, int64_t now);

/* The media server that the job is about; NULL for one that an earlier version put: the first. */
const char *job_server(const struct job *job);

#endif
