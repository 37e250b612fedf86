/* From a front end's request to its answer, with the checks in the order that confab(7) says. */
#include "api/dispatch.h"

#include <stdio.h>
#include <string.h>

#include "api/cors.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"

/* Counts requests by the route table's rows. */
static void routes_count(void)
{
	char texts[METRICS_ROUTES_MAX][80];
	const char *names[METRICS_ROUTES_MAX];

	for (size_t i = 0; i < route_count && i < METRICS_ROUTES_MAX; i++) {
		snprintf(texts[i], sizeof texts[i], "%s %s", method_name(routes[i].method),
		    routes[i].pattern);
		names[i] = texts[i];
	}
	metrics_routes(names, route_count);
}

bool api_open(struct api *api, struct error *error)
{
	if (!bearer_keys_load(&api->service.config, &api->keys, error) ||
	    !service_open(&api->service, error))
		return false;
	routes_count();
	return true;
}

void api_close(struct api *api)
{
	bearer_keys_free(api->keys);
	service_close(&api->service);
}

const char *call_parameter(const struct call *call)
{
	return call->parameters[0]->text;
}

struct scope call_scope(const struct call *call)
{
	return (struct scope){.tenant = call->principal.tenant};
}

struct target call_target(const struct call *call)
{
	return (struct target){call_scope(call), call_parameter(call)};
}

struct act call_act(const struct call *call)
{
	return (struct act){.actor = call->principal.actor,
	    .tenant = call->principal.tenant,
	    .request_id = call->request->id,
	    .at = call->now};
}

/* A meeting's link is letters, digits, - and _; whatever else is asked for cannot be one. */
bool call_may_meeting(const struct call *call, const char *meeting_link, struct error *error)
{
	const char *only = call->principal.meeting_link;

	if (only != NULL && strcmp(only, meeting_link) != 0)
		return error_set(error, ERROR_FORBIDDEN, "This token is for another meeting only.");
	return true;
}

bool meeting_not_found(struct error *error)
{
	return error_set(error, ERROR_NOT_FOUND, "There is no such meeting.");
}

/* An invite allows what the route table says, whatever is written in it. */
static bool invite_allows(const struct call *call, struct error *error)
{
	enum route_access access = call->route->access;

	if (access == ACCESS_INVITED ||
	    (access == ACCESS_MODERATOR && call->principal.invited_as == ROLE_MODERATOR))
		return true;
	return error_set(error, ERROR_FORBIDDEN, "This invite does not allow that.");
}

static bool permission_held(const struct call *call, struct error *error)
{
	const char *const *permissions = call->route->permissions;

	for (size_t i = 0; i < ROUTE_PERMISSIONS_MAX && permissions[i] != NULL; i++) {
		if (principal_may(&call->principal, permissions[i]))
			return true;
	}
	return error_set(error, ERROR_FORBIDDEN, "The token lacks the permission %s%s%s.",
	    permissions[0], permissions[1] == NULL ? "" : " or ",
	    permissions[1] == NULL ? "" : permissions[1]);
}

/* A token for one meeting is checked here for every operation on a meeting; lists, archives and
 * what names neither look at it themselves. */
static bool restriction_check(const struct call *call, struct error *error)
{
	static const char meeting[] = "/session/{meetingLinkId}";

	return strncmp(call->route->pattern, meeting, sizeof meeting - 1) != 0 ||
	       call_may_meeting(call, call_parameter(call), error);
}

static bool access_check(struct call *call, struct error *error)
{
	switch (call->route->access) {
	case ACCESS_PUBLIC:
	case ACCESS_PROVIDER:
		return true;
	case ACCESS_LOCAL:
		if (!call->request->local)
			return error_set(error, ERROR_NOT_FOUND, "There is nothing at this path.");
		return true;
	case ACCESS_BEARER:
	case ACCESS_INVITED:
	case ACCESS_MODERATOR:
		break;
	}
	if (!bearer_verify(call->keys, call->arena,
		request_param(call->request, "HTTP_AUTHORIZATION"), call->now, &call->principal,
		error))
		return false;
	return (call->principal.invited_as != 0 ? invite_allows(call, error)
						: permission_held(call, error)) &&
	       restriction_check(call, error);
}

/* application/json, perhaps with parameters, in any case; absent counts as JSON. */
static bool content_type_is_json(const char *type)
{
	static const char json[] = "application/json";
	const char *end;

	if (type == NULL || *type == '\0')
		return true;
	if (strncasecmp(type, json, sizeof json - 1) != 0)
		return false;
	end = type + sizeof json - 1;
	return *end == '\0' || *end == ';' || *end == ' ' || *end == '\t';
}

static bool body_parse(struct call *call, struct error *error)
{
	struct request *request = call->request;

	if (request->body_len == 0) {
		call->body = json_object_new_object();
		json_own(call->arena, call->body);
		return true;
	}
	if (!content_type_is_json(request_param(request, "CONTENT_TYPE")))
		return error_set(error, ERROR_MEDIA_TYPE, "The body must be application/json.");
	if (!json_parse(call->arena, request->body, request->body_len, &call->body, error))
		return false;
	if (!json_object_is_type(call->body, json_type_object))
		return error_fault(error, "", "type", NULL, "The body must be a JSON object.");
	return true;
}

static bool body_take(struct call *call, struct error *error)
{
	size_t max = call->request->local ? BODY_MAX_LOCAL : BODY_MAX;

	switch (call->route->body) {
	case BODY_NONE:
		return true;
	case BODY_RAW:
		return request_body_read(call->request, max, error);
	case BODY_JSON:
		return request_body_read(call->request, max, error) && body_parse(call, error);
	}
	return false;
}

/* Everything up to the handler, and the handler. `*allow` is for a 405. */
static bool answer(struct call *call, const char **allow, struct error *error)
{
	struct request *request = call->request;
	const struct config *config = &call->service->config;

	if (!request_read(request, call->arena, request->front, config->base_path, error))
		return false;
	if (cors_preflight(call, error))
		return error->kind == ERROR_NONE;
	if (!route_find(routes, route_count, request, &call->route, call->parameters, allow, error))
		return false;
	return access_check(call, error) && body_take(call, error) &&
	       call->route->handle(call, error);
}

static void finish(struct call *call, const struct error *error, int64_t started)
{
	int64_t duration = clock_monotonic() - started;
	size_t row = call->route == NULL ? route_count : (size_t)(call->route - routes);

	metrics_request(row, call->response->status, duration);
	log_request(&(struct log_request){
	    .request_id = call->request->id,
	    .method = call->request->method_name,
	    .route = call->route == NULL ? NULL : call->route->pattern,
	    .status = call->response->status,
	    .duration = duration,
	    .actor = call->principal.actor,
	    .error = call->response->status >= 500 ? error->message : NULL,
	});
}

void dispatch(struct api *api, struct arena *arena, const struct front *front)
{
	int64_t started = clock_monotonic();
	struct request request = {.front = front, .arena = arena};
	struct response response = {.arena = arena};
	struct call call = {.service = &api->service,
	    .keys = api->keys,
	    .arena = arena,
	    .request = &request,
	    .response = &response,
	    .now = clock_now()};
	struct error error = {0};
	const char *allow = NULL;

	db_deadline_start(api->service.db);
	if (!answer(&call, &allow, &error)) {
		response_error(&response, &error);
		if (error.kind == ERROR_METHOD && allow != NULL)
			response_header(&response, "Allow", allow);
	}
	cors_headers(&call);
	response_send(&response, &request);
	finish(&call, &error, started);
	error_clear(&error);
}
