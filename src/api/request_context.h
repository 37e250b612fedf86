/* The context of a request, for its handler: the request, its answer, the caller, and the service.
 */
#ifndef CONFAB_API_REQUEST_CONTEXT_H
#define CONFAB_API_REQUEST_CONTEXT_H

#include <json-c/json.h>

#include "auth/bearer.h"
#include "auth/key.h"
#include "auth/principal.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "meeting/act.h"
#include "service/service.h"

enum {
	ROUTE_PARAMETERS_MAX = 2,
};

struct request_context {
	struct service *service;
	const struct bearer_keys *keys;
	const struct key *join_key; /* of join tokens */
	struct arena *arena;
	struct request *request;
	struct response *response;
	struct principal principal; /* with ACCESS_BEARER */
	bool linked;                /* with ACCESS_LINK: a good link stands for the principal */
	const struct route *route;
	const struct path_segment *parameters[ROUTE_PARAMETERS_MAX];
	struct json_object *body; /* with BODY_JSON: an object, perhaps empty */
	int64_t now;              /* the time of the request */
};

/* The first parameter of the path ("meetingLinkId", "archiveId"). */
const char *context_parameter(const struct request_context *context);

/* Has the web server's site set this parameter to 1: does it know what the parameter is about? A
 * client cannot set it. */
bool context_site_has(const struct request_context *context, const char *parameter);

/* Makes the act for service/: the actor, their scope, the request's id and its time. */
struct act context_act(const struct request_context *context);

#endif
