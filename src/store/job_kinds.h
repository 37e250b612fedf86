/* The kinds of jobs there are, and how each is put into the table. */
#ifndef CONFAB_STORE_JOB_KINDS_H
#define CONFAB_STORE_JOB_KINDS_H

#include "store/jobs.h"

#define JOB_ROOM_END                                                                               \
	"room-end" /* end one session at the provider; its key is "room-end:<session id>" */
#define JOB_RECORDING_DELETE "recording-delete" /* remove an archive's files, on their host */
#define JOB_ROOMS            "rooms"            /* make the rooms of running meetings again */
#define JOB_RECONCILE        "reconcile"        /* compare attendance with the provider; recurs */
#define JOB_EXPIRE           "expire"           /* remove what is too old; recurs */

/* What a job's key names, behind its kind and a colon. */
const char *job_subject(const struct job *job);

enum db_outcome job_put_room_end(struct db *db, const char *session_id, int64_t due, int64_t now);
enum db_outcome job_put_recording_delete(
    struct db *db, const char *archive_id, const char *host, int64_t due, int64_t now);
enum db_outcome job_put_reconcile(struct db *db, int64_t due, int64_t now);
enum db_outcome job_put_rooms(struct db *db, int64_t due, int64_t now);

#endif
