/* What every handler gets: the request, the answer to fill, who calls, and the service. */
#ifndef CONFAB_API_REQUEST_CONTEXT_H
#define CONFAB_API_REQUEST_CONTEXT_H

#include <json-c/json.h>

#include "auth/bearer.h"
#include "auth/principal.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "meeting/act.h"
#include "meeting/meeting.h"
#include "meeting/role.h"
#include "meeting/scope.h"
#include "service/service.h"

enum {
	ROUTE_PARAMETERS_MAX = 2,
};

struct request_context {
	struct service *service;
	const struct bearer_keys *keys;
	struct arena *arena;
	struct request *request;
	struct response *response;
	struct principal principal; /* with ACCESS_BEARER */
	const struct route *route;
	const struct segment *parameters[ROUTE_PARAMETERS_MAX];
	struct json_object *body; /* with BODY_JSON: an object, perhaps empty */
	int64_t now;              /* the wall clock when the request came */
};

/* The first parameter of the path ("meetingLinkId", "archiveId"). */
const char *context_parameter(const struct request_context *context);

/* What the caller sees, for store/. */
struct scope context_scope(const struct request_context *context);

/* The meeting or archive that the path names first, and the caller's scope. */
struct target context_target(const struct request_context *context);

/* Who calls, in which request, and when. */
struct act context_act(const struct request_context *context);

/* ERROR_FORBIDDEN unless the principal may touch the meeting with this link. */
bool context_may_meeting(
    const struct request_context *context, const char *meeting_link, struct error *error);

/* ERROR_NOT_FOUND with the words that all operations use. */
bool meeting_not_found(struct error *error);

#endif
