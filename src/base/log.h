/* The log: one JSON object a line on standard error. Never a token, a secret or a body. */
#ifndef CONFAB_BASE_LOG_H
#define CONFAB_BASE_LOG_H

#include <stdint.h>

/* An event worth an operator's eye. `level` is "error", "warning" or "info". */
__attribute__((format(printf, 2, 3))) void log_event(const char *level, const char *format, ...);

/* What a request's line holds. Text may be NULL. */
struct log_request {
	const char *request_id;
	const char *method;
	const char *route; /* the pattern, not the path: paths hold meeting links */
	int status;
	int64_t duration; /* microseconds */
	const char *actor;
	const char *error; /* the internal reason of a 5xx, which the answer does not tell */
};

void log_request(const struct log_request *request);

#endif
