/* Jobs: work that no request waits for. The kinds that there are, and the lane of each. */
#ifndef CONFAB_MEETING_JOB_H
#define CONFAB_MEETING_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lanes keep slow work from holding up quick work: each has a process of its own. */
#define LANE_CONTROL  "control"  /* seconds: rooms and people at the provider */
#define LANE_DELIVERY "delivery" /* calls to customers' hooks */
#define LANE_MEDIA    "media"    /* recordings, on the host that has the files */
#define LANE_UPKEEP   "upkeep"   /* deletes what is too old */

#define JOB_ROOM_END         "room-end"  /* end a session at the provider; its id */
#define JOB_ROOMS            "rooms"     /* make the rooms of a media server again; its name */
#define JOB_RECONCILE        "reconcile" /* compare with a media server; its name; recurs */
#define JOB_RECORDING_SIZES  "recording-sizes"  /* measure an ended session's recordings; its id */
#define JOB_RECORDING_DELETE "recording-delete" /* remove an archive's files; its id */
#define JOB_TRACKS_DELETE    "tracks-delete"    /* remove one person's tracks of an archive */
#define JOB_EXPIRE           "expire"           /* remove what has expired; recurs */
#define JOB_RETENTION        "retention"        /* delete what is too old to be kept; recurs */

/* A worker's hold on a job. Every write of the worker names the number, and does nothing when the
 * job has another one by now: the worker was slow, and its job went to another worker. */
struct job_lease {
	int64_t number;  /* raised by each claim */
	int64_t length;  /* microseconds from a renewal until others may take the job */
	int64_t renewed; /* on the monotonic clock */
	bool lost;       /* a write has found another number, or no job any more */
};

/* Who claims jobs. */
struct job_worker {
	const char *lane;
	const char *host;
	const char *name; /* no other running worker has it */
	int64_t lease;    /* microseconds */
};

struct job {
	int64_t id;
	int64_t version;
	const char *kind;
	const char *subject; /* what it is about; "": there is one job of this kind alone */
	unsigned attempts;
	const char *worker;      /* who has it */
	struct job_lease *lease; /* lies in the arena of the claim */
};

enum {
	JOB_SUBJECT_MAX = 255, /* bytes */
};

/* The lane of a kind; a kind that is not known here is in LANE_CONTROL. */
const char *job_kind_lane(const char *kind);

/* The lanes that have kinds, the most urgent first. */
extern const char *const job_lanes[];
extern const size_t job_lane_count;

/* The media server that the job is about; NULL: the first one (an earlier version put the job). */
const char *job_server(const struct job *job);

#endif
