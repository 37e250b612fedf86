/* Counters that all worker processes share through a mapped file, shown as Prometheus text. */
#ifndef CONFAB_BASE_METRICS_H
#define CONFAB_BASE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum {
	METRICS_ROUTES_MAX = 64,
	METRICS_KINDS_MAX = 32, /* webhook events, provider calls */
	METRICS_WORKERS_MAX = 4096,
};

enum metrics_counter {
	METRICS_DB_RETRY,       /* a transaction run again */
	METRICS_DB_CONNECT,     /* a connection made */
	METRICS_DB_UNAVAILABLE, /* a request that gave up on the database */
	METRICS_EVENT_FAULT,    /* an event that a fault of the service has lost */
	METRICS_RECORDING_FAILED,
	METRICS_COUNTERS,
};

/* Maps `file` (made or made anew if it has another layout), or private memory if it is "". */
bool metrics_open(const char *file, struct error *error);
void metrics_close(void);

/* Names the routes of metrics_request(), "POST /session"; to be called after metrics_open(). The
 * text is copied. */
void metrics_routes(const char *const routes[], size_t route_count);

/* Says that this process is one of the pool, from now until it ends. */
void metrics_worker_enter(void);

/* One answered request: the route by its place in the list that metrics_routes() got (beyond it for
 * a path that is no route), its status, and how long it took in microseconds. */
void metrics_request(size_t route, int status, int64_t duration);
void metrics_count(enum metrics_counter counter);

/* One call to the provider: `operation` is static text ("create"), and whether it failed. */
void metrics_provider_call(const char *operation, bool failed);

/* One webhook event by its neutral kind (static text: "joined", "unknown"). */
void metrics_webhook_event(const char *kind);

/* How far the provider's clock is ahead by the newest event of a body (microseconds; below 0: the
 * event is late, or the clock is behind). The largest of the last minutes is shown: the event that
 * was on its way for the shortest time says the most. True when it goes over `tolerance` for the
 * first time since it was below it. */
bool metrics_provider_clock(int64_t ahead, int64_t tolerance);

/* All of it as Prometheus text, into the arena. */
char *metrics_text(struct arena *arena);

#endif
