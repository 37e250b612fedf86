/* HTTP requests of the gate: to the service, and to Janus' Admin API. The work is libcurl's. */
#ifndef CONFAB_GATE_OUTWARD_H
#define CONFAB_GATE_OUTWARD_H

#include <stddef.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "gate/gate.h"

struct exchange; /* one request */

enum {
	JSON_START = 1024, /* bytes that a request's body has room for at first */
};

struct outward_call {
	const char *path;  /* behind the service's, or the Admin API's, address */
	const char *body;  /* copied */
	int64_t limit;     /* microseconds for all of it */
	size_t answer_max; /* bytes */
};

/* The answer; status 0: there was none. `body` is borrowed. */
typedef void outward_done(void *owner, long status, const char *body, size_t len);

struct outward *outward_new(struct gate *gate);
void outward_free(struct outward *outward);

/* POSTs to the service, with the gate's secret; to the service's webhook, with what Janus' events
 * come with; to Janus' Admin API, with nothing. `done` is called later, never by these. */
struct exchange *outward_pool(
    struct outward *outward, const struct outward_call *call, outward_done *done, void *owner);
struct exchange *outward_webhook(
    struct outward *outward, const struct outward_call *call, outward_done *done, void *owner);
struct exchange *outward_admin(
    struct outward *outward, const struct outward_call *call, outward_done *done, void *owner);

/* The owner is gone; NULL is fine. */
void outward_forget(struct exchange *exchange);

#endif
