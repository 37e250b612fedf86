/* From a front end's request to its answer, with the checks in the order that confab(7) says. */
#ifndef CONFAB_API_DISPATCH_H
#define CONFAB_API_DISPATCH_H

#include "api/request_context.h"

/* What answers requests: the service, and the keys of those who call it. */
struct api {
	struct service service; /* its configuration is filled in by the caller */
	struct bearer_keys *keys;
	struct key join_key;
};

/* Opens the service and the keys. The error names the setting that is wrong. api_close() in any
 * case. */
bool api_open(struct api *api, struct error *error);
void api_close(struct api *api);

/* Answers one request and logs and counts it. Everything is freed with `arena`, which the caller
 * resets. */
void dispatch(struct api *api, struct arena *arena, const struct front *front);

/* What follows an answer that has been sent: live pages are told what the request has changed. */
void dispatch_after(struct api *api, struct arena *arena);

#endif
