/* Answers a front end's request. confab(7) gives the order of the checks. */
#ifndef CONFAB_API_DISPATCH_H
#define CONFAB_API_DISPATCH_H

#include "api/request_context.h"

/* The parts that answer requests: the service, and the keys for bearer tokens. */
struct api {
	struct service service; /* the caller fills in its configuration */
	struct bearer_keys *keys;
	struct key join_key;
};

/* Opens the service and the keys. The error names the wrong setting. Call api_close() in any case.
 */
bool api_open(struct api *api, struct error *error);
void api_close(struct api *api);

/* Answers one request, and logs and counts it. All memory is in `arena`; the caller resets it. */
void dispatch(struct api *api, struct arena *arena, const struct front *front);

/* What follows an answer that has been sent: live pages are told what the request has changed. */
void dispatch_after(struct api *api, struct arena *arena);

#endif
