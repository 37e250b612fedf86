/* The log: one JSON object per line on standard error. It never contains a token, a secret or a
 * body. */
#ifndef CONFAB_BASE_LOG_H
#define CONFAB_BASE_LOG_H

#include <stdint.h>

/* Logs an event that an operator should see. `level` is "error", "warning" or "info". */
__attribute__((format(printf, 2, 3))) void log_event(const char *level, const char *format, ...);

/* The data of a request's line. Text may be NULL. */
struct log_request {
	const char *request_id;
	const char *method;
	const char *route; /* the pattern, because a path contains a meeting's link */
	int status;
	int64_t duration; /* microseconds */
	const char *actor;
	const char *error; /* the internal reason of a 5xx; the answer does not contain it */
};

void log_request(const struct log_request *request);

#endif
