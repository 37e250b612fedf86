/* Jobs: work that no request waits for, and the kinds that there are. */
#ifndef CONFAB_MEETING_JOB_H
#define CONFAB_MEETING_JOB_H

#include <stdbool.h>
#include <stdint.h>

#define JOB_ROOM_END                                                                               \
	"room-end" /* end one session at the provider; its key is "room-end:<session id>" */
#define JOB_RECORDING_DELETE "recording-delete" /* remove an archive's files, on their host */
#define JOB_ROOMS            "rooms" /* make a media server's rooms again: "rooms:<server>" */
#define JOB_RECONCILE                                                                              \
	"reconcile" /* compare attendance with a media server: "reconcile:<server>"; recurs */
#define JOB_EXPIRE "expire" /* remove what is too old; recurs */

/* A worker's hold on a job. Every write of the worker names the number, and does nothing when the
 * job has another one by now: the worker was slow, and its job went to another worker. */
struct job_lease {
	int64_t number;  /* raised by each claim */
	int64_t length;  /* microseconds from a renewal until others may take the job */
	int64_t renewed; /* on the monotonic clock */
	bool lost;       /* a write has found another number, or no job any more */
};

struct job {
	int64_t id;
	int64_t version;
	const char *kind;
	const char *dedup; /* at most one job has this key */
	unsigned attempts;
	const char *worker;      /* who has it */
	struct job_lease *lease; /* lies in the arena of the claim */
};

/* What a job's key names, behind its kind and a colon; "" for nothing. */
const char *job_subject(const struct job *job);

/* The media server that the job is about; NULL: the first one (an earlier version put the job). */
const char *job_server(const struct job *job);

#endif
