/* The kinds of jobs there are, the lane of each, and how each is put into the table. */
#ifndef CONFAB_STORE_JOB_KINDS_H
#define CONFAB_STORE_JOB_KINDS_H

#include "store/jobs.h"

/* Lanes keep slow work from holding up quick work: each has a process of its own. */
#define LANE_CONTROL  "control"  /* seconds: rooms and people at the provider */
#define LANE_DELIVERY "delivery" /* calls to customers' hooks */
#define LANE_MEDIA    "media"    /* recordings, on the host that has the files */
#define LANE_UPKEEP   "upkeep"   /* deletes what is too old */

#define JOB_ROOM_END         "room-end"         /* end a session at the provider; its id */
#define JOB_ROOMS            "rooms"            /* make the rooms of running meetings again */
#define JOB_RECONCILE        "reconcile"        /* compare attendance with the provider; recurs */
#define JOB_RECORDING_SIZES  "recording-sizes"  /* measure an ended session's recordings; its id */
#define JOB_RECORDING_DELETE "recording-delete" /* remove an archive's files; its id */
#define JOB_EXPIRE           "expire"           /* remove what has expired; recurs */
#define JOB_RETENTION        "retention"        /* delete what is too old to be kept; recurs */

/* The lane of a kind; one that is not known here goes into LANE_CONTROL. */
const char *job_kind_lane(const char *kind);

/* The lanes that have kinds, the most urgent first. */
extern const char *const job_lanes[];
extern const size_t job_lane_count;

enum db_outcome job_put_room_end(struct db *db, const char *session_id, int64_t due, int64_t now);
enum db_outcome job_put_recording_sizes(
    struct db *db, const char *session_id, const char *host, int64_t due, int64_t now);
enum db_outcome job_put_recording_delete(
    struct db *db, const char *archive_id, const char *host, int64_t due, int64_t now);
enum db_outcome job_put_reconcile(struct db *db, int64_t due, int64_t now);
enum db_outcome job_put_rooms(struct db *db, int64_t due, int64_t now);

#endif
