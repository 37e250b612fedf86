/* Counters that all workers share through a mapped file, and their text for Prometheus. */
#ifndef CONFAB_BASE_METRICS_H
#define CONFAB_BASE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum {
	METRICS_ROUTES_MAX = 64,
	METRICS_KINDS_MAX = 32, /* kinds of events, and of calls to the provider */
	METRICS_WORKERS_MAX = 4096,
};

enum {
	METRICS_UPLOAD_FAULTS = 11,
};

enum metrics_counter {
	METRICS_DB_RETRY,       /* a transaction that ran again */
	METRICS_DB_CONNECT,     /* a new connection */
	METRICS_DB_UNAVAILABLE, /* a request that got no answer from the database in time */
	METRICS_EVENT_FAULT,    /* an event that was lost by a fault of the service */
	METRICS_RECORDING_FAILED,
	METRICS_RECORDING_SILENT,  /* media came, and nothing was written */
	METRICS_RECORDING_STOPPED, /* by the service, because the disk was nearly full */
	METRICS_UPLOAD_BYTES,      /* of recordings, to their storage */
	/* Tries to upload or remove a file that failed, by their faults (archive/storage_fault.h).
	 */
	METRICS_UPLOAD_FAILED,
	METRICS_UPLOAD_FAILED_LAST = METRICS_UPLOAD_FAILED + METRICS_UPLOAD_FAULTS - 1,
	METRICS_PROCESSING_CPU, /* microseconds used for finished recordings and failed tries */
	METRICS_PROCESSING_RECORDED, /* microseconds of recordings whose result is there */
	METRICS_PROCESSING_PROGRAM,  /* a recording that failed for good: a program did */
	METRICS_PROCESSING_LIMIT,    /* the same: it took too much CPU time or space */
	METRICS_PROCESSING_STALL,    /* the same: it made no progress */
	METRICS_PROCESSING_KILLED,   /* the same: it crashed, or the machine had no memory */
	METRICS_PROCESSING_RESULT,   /* the same: the composed file is not as it should be */
	METRICS_ARCHIVES_WAITING,    /* set: archives that are not finished */
	METRICS_ARCHIVES_AGE,        /* set: seconds for which the oldest of them is due */
	METRICS_COUNTERS,
};

/* Maps `file`, or private memory when it is "". A file that does not exist or has another layout is
 * made anew. */
bool metrics_open(const char *file, struct error *error);
void metrics_close(void);

/* Names the routes of metrics_request(), such as "POST /session". Call it after metrics_open(). The
 * names are copied. */
void metrics_routes(const char *const routes[], size_t route_count);

/* Counts this process as a worker of the pool, from now until its end. */
void metrics_worker_enter(void);

/* Counts one answered request. `route` is the index in the list of metrics_routes(), or its length
 * for an unknown path. `duration` is in microseconds. */
void metrics_request(size_t route, int status, int64_t duration);
void metrics_count(enum metrics_counter counter);
void metrics_add(enum metrics_counter counter, uint64_t value);

/* For the two that are set. */
void metrics_set(enum metrics_counter counter, uint64_t value);

/* Counts one call to the provider. `operation` is static text ("create"). */
void metrics_provider_call(const char *operation, bool failed);

/* Counts one event from the provider. `kind` is static text ("joined", "unknown"). */
void metrics_webhook_event(const char *kind);

/* Says how far the provider's clock is ahead of the service's, by the newest event of a body:
 * microseconds, below 0 when the event came late or the clock is behind. The largest value of the
 * last minutes counts, because that event had the shortest way. True when this value is over
 * `tolerance`, and was not at the call before. */
bool metrics_provider_clock(int64_t ahead, int64_t tolerance);

/* Says how many bytes are free for recordings on this host, for the next metrics_text() of this
 * process. -1: not known, and left out. */
void metrics_recordings_free(int64_t bytes);

/* All counters as text for Prometheus. It lies in the arena. */
char *metrics_text(struct arena *arena);

#endif
