/* Jobs: work that no request waits for. The kinds of jobs, and their lanes. */
#ifndef CONFAB_MEETING_JOB_H
#define CONFAB_MEETING_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Slow work must not delay quick work: each lane has its own process. */
#define LANE_CONTROL  "control"  /* seconds: rooms and people at the provider */
#define LANE_DELIVERY "delivery" /* calls to customers' hooks */
#define LANE_MEDIA    "media"    /* recordings, on the host that has the files */
#define LANE_COMPOSE  "compose"  /* the same, minutes: a process for each core */
#define LANE_UPKEEP   "upkeep"   /* deletes old rows */

#define JOB_ROOM_END         "room-end"   /* end a session at the provider; its id */
#define JOB_ROOMS            "rooms"      /* make the rooms of the server of this name */
#define JOB_EVENTS           "events"     /* send what the gate of this server may have missed */
#define JOB_RECONCILE        "reconcile"  /* compare with the server of this name; recurs */
#define JOB_RECORDINGS       "recordings" /* look after those on the host of this name; recurs */
#define JOB_RECORDING_SIZES  "recording-sizes"  /* measure an ended session's recordings; its id */
#define JOB_RECORDING_DELETE "recording-delete" /* remove an archive's files; its id */
#define JOB_TRACKS_DELETE    "tracks-delete"    /* remove one person's track files */
#define JOB_ARCHIVE_TRACKS   "archive-tracks"   /* read an archive's track files; its id */
#define JOB_ARCHIVE_COMPOSE  "archive-compose"  /* make its composed file; its id */
#define JOB_ARCHIVE_LIVE     "archive-live"     /* compose what is over of a running recording */
#define JOB_TRACKS_EXPIRE    "tracks-expire"    /* remove what its result does not need; its id */
#define JOB_ARCHIVE_UPLOAD   "archive-upload" /* bring an archive's files to its storage; its id */
#define JOB_OBJECTS_DELETE   "objects-delete" /* remove an archive's files there; its id */
#define JOB_EXPIRE           "expire"         /* remove old idempotency keys; recurs */
#define JOB_RETENTION        "retention"      /* delete old meetings and audit entries; recurs */

/* A worker's lease of a job. Every write of the worker names the lease number. If the job has
 * another number by now, the write does nothing: the worker was slow, and another worker has the
 * job. */
struct job_lease {
	int64_t number;  /* raised by each claim */
	int64_t length;  /* microseconds; after that others may take the job */
	int64_t renewed; /* on the monotonic clock */
	bool lost;       /* a write has found another number, or no such job */
};

/* A worker that claims jobs. */
struct job_worker {
	const char *lane;
	const char *host;
	const char *name; /* unique among the running workers */
	int64_t lease;    /* microseconds */
};

struct job {
	int64_t id;
	int64_t version;
	const char *kind;
	const char *subject; /* the thing to work on; "": this kind has one job only */
	unsigned attempts;
	const char *worker;      /* the worker that has it */
	struct job_lease *lease; /* lies in the arena of the claim */
	bool (*told)(void);      /* must this worker end? A long job is given back then. NULL: no */
};

enum {
	JOB_SUBJECT_MAX = 255, /* bytes */
};

/* The lane of a kind. An unknown kind is in LANE_CONTROL. */
const char *job_kind_lane(const char *kind);

/* The lanes that have kinds of jobs, the most urgent first. */
extern const char *const job_lanes[];
extern const size_t job_lane_count;

/* The media server of the job; NULL: the first one (an earlier version put the job). */
const char *job_server(const struct job *job);

#endif
