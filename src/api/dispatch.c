/* Answers a front end's request. confab(7) gives the order of the checks. */
#include "api/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/cors.h"
#include "api/routes.h"
#include "auth/join_token.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "service/admission.h"
#include "service/archive_media.h"
#include "service/gate.h"
#include "service/lookup.h"

/* Counts requests for each row of the route table. */
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

static void join_key_make(struct api *api)
{
	struct arena *arena = arena_new();

	join_key_load(join_key_derive(arena, api->service.config.service_secret), &api->join_key);
	arena_free(arena);
}

bool api_open(struct api *api, struct error *error)
{
	if (!bearer_keys_load(&api->service.config, &api->keys, error) ||
	    !service_open(&api->service, error))
		return false;
	join_key_make(api);
	routes_count();
	return true;
}

void api_close(struct api *api)
{
	bearer_keys_free(api->keys);
	key_clear(&api->join_key);
	service_close(&api->service);
}

/* The route table tells what an invite allows; its claims do not. */
static bool invite_allows(const struct request_context *context, struct error *error)
{
	enum route_access access = context->route->access;

	const struct principal *principal = &context->principal;

	if ((access == ACCESS_INVITED && !principal->has_joined) || access == ACCESS_ATTENDEE ||
	    ((access == ACCESS_MODERATOR || access == ACCESS_LINK) &&
		principal->invited_as == ROLE_MODERATOR))
		return true;
	return error_set(error, ERROR_FORBIDDEN, "This %s does not allow that.",
	    principal->has_joined ? "join token" : "invite");
}

static bool permission_held(const struct request_context *context, struct error *error)
{
	const char *const *permissions = context->route->permissions;

	for (size_t i = 0; i < ROUTE_PERMISSIONS_MAX && permissions[i] != NULL; i++) {
		if (principal_may(&context->principal, permissions[i]))
			return true;
	}
	return error_set(error, ERROR_FORBIDDEN, "The token lacks the permission %s%s%s.",
	    permissions[0], permissions[1] == NULL ? "" : " or ",
	    permissions[1] == NULL ? "" : permissions[1]);
}

/* Checks a token for one meeting, in all operations on a meeting. Other operations check it
 * themselves. */
static bool restriction_check(const struct request_context *context, struct error *error)
{
	static const char meeting[] = "/session/{meetingLinkId}";

	const struct act act = context_act(context);

	return strncmp(context->route->pattern, meeting, sizeof meeting - 1) != 0 ||
	       act_allows_meeting(&act, context_parameter(context), error);
}

/* A person who was removed, or who waits for a moderator, has no access to their meeting. */
static bool presence_check(const struct request_context *context, struct error *error)
{
	const struct principal *principal = &context->principal;
	const struct act act = context_act(context);
	const struct admission_caller caller = {.attendee = principal->attendee,
	    .role = principal->invited_as,
	    .invite = principal->has_joined ? NULL : principal->actor,
	    .has_joined = principal->has_joined};

	if (context->route->access != ACCESS_ATTENDEE &&
	    context->route->access != ACCESS_MODERATOR && context->route->access != ACCESS_LINK)
		return true;
	return (principal->attendee == NULL && principal->invited_as == 0) ||
	       admission_check(context->service, context->arena, &act, &caller, error);
}

/* Is it the signalling gate? It knows GATE_SECRET. */
static bool gate_verify(const struct request_context *context, struct error *error)
{
	static const char scheme[] = "Bearer ";
	const char *secret = context->service->config.gate_secret;
	const char *given = request_param(context->request, "HTTP_AUTHORIZATION");

	if (*secret != '\0' && given != NULL &&
	    strncasecmp(given, scheme, sizeof scheme - 1) == 0) {
		given += sizeof scheme - 1;
		if (secret_equal(given, strlen(given), secret, strlen(secret)))
			return true;
	}
	return error_set(error, ERROR_UNAUTHENTICATED, "This is for the signalling gate alone.");
}

/* Does the query have a link's parameters? Then they count, and no token. */
static bool link_given(const struct request *request)
{
	for (size_t i = 0; i < request->query_len; i++) {
		if (strcmp(request->query[i].name, "signature") == 0 ||
		    strcmp(request->query[i].name, "expires") == 0)
			return true;
	}
	return false;
}

static bool link_verify(struct request_context *context, struct error *error)
{
	const struct request *request = context->request;
	struct archive_link link = {.archive_id = context_parameter(context)};
	const char *expires = NULL;
	char *end;

	if (!request_query(request, "file", &link.path, error) ||
	    !request_query(request, "expires", &expires, error) ||
	    !request_query(request, "signature", &link.signature, error))
		return false;
	/* What is missing or no number has no good signature. */
	link.path = link.path == NULL ? "" : link.path;
	link.signature = link.signature == NULL ? "" : link.signature;
	link.expires = expires == NULL ? 0 : strtoll(expires, &end, 10);
	context->linked =
	    archive_link_verify(context->service, context->arena, &link, context->now, error);
	return context->linked;
}

static bool access_check(struct request_context *context, struct error *error)
{
	switch (context->route->access) {
	case ACCESS_PUBLIC:
	case ACCESS_PROVIDER:
		return true;
	case ACCESS_LOCAL:
		if (!context->request->local)
			return error_set(error, ERROR_NOT_FOUND, "There is nothing at this path.");
		return true;
	case ACCESS_GATE:
		return gate_verify(context, error);
	case ACCESS_LINK:
		if (link_given(context->request))
			return link_verify(context, error);
		break;
	case ACCESS_BEARER:
	case ACCESS_INVITED:
	case ACCESS_ATTENDEE:
	case ACCESS_MODERATOR:
		break;
	}
	if (!bearer_verify(context->keys, context->arena,
		request_param(context->request, "HTTP_AUTHORIZATION"), context->now,
		&context->principal, error))
		return false;
	return (context->principal.invited_as != 0 ? invite_allows(context, error)
						   : permission_held(context, error)) &&
	       restriction_check(context, error) && presence_check(context, error);
}

/* Is it application/json, in upper or lower case, with or without parameters? An absent type counts
 * as JSON. */
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

static bool body_parse(struct request_context *context, struct error *error)
{
	struct request *request = context->request;

	if (request->body_len == 0) {
		context->body = json_object_new_object();
		json_own(context->arena, context->body);
		return true;
	}
	if (!content_type_is_json(request_param(request, "CONTENT_TYPE")))
		return error_set(error, ERROR_MEDIA_TYPE, "The body must be application/json.");
	if (!json_parse(context->arena, request->body, request->body_len, &context->body, error))
		return false;
	if (!json_object_is_type(context->body, json_type_object))
		return error_fault(error, "", "type", NULL, "The body must be a JSON object.");
	return true;
}

static bool body_take(struct request_context *context, struct error *error)
{
	size_t max = context->request->local ? BODY_MAX_LOCAL : BODY_MAX;

	switch (context->route->body) {
	case BODY_NONE:
		return true;
	case BODY_RAW:
		return request_body_read(context->request, max, error);
	case BODY_JSON:
		return request_body_read(context->request, max, error) &&
		       body_parse(context, error);
	}
	return false;
}

/* Makes all checks, then calls the handler. `*allow` is for a 405. */
static bool answer(struct request_context *context, const char **allow, struct error *error)
{
	struct request *request = context->request;
	const struct config *config = &context->service->config;

	if (!request_read(request, context->arena, request->front, config->base_path, error))
		return false;
	if (cors_preflight(context, error))
		return error->kind == ERROR_NONE;
	if (!route_find(
		routes, route_count, request, &context->route, context->parameters, allow, error))
		return false;
	return access_check(context, error) && body_take(context, error) &&
	       context->route->handle(context, error);
}

static void finish(struct request_context *context, const struct error *error, int64_t started)
{
	int64_t duration = clock_monotonic() - started;
	size_t row = context->route == NULL ? route_count : (size_t)(context->route - routes);

	metrics_request(row, context->response->status, duration);
	log_request(&(struct log_request){
	    .request_id = context->request->id,
	    .method = context->request->method_name,
	    .route = context->route == NULL ? NULL : context->route->pattern,
	    .status = context->response->status,
	    .duration = duration,
	    .actor = context->principal.actor,
	    .error = context->response->status >= 500 ? error->message : NULL,
	});
}

void dispatch(struct api *api, struct arena *arena, const struct front *front)
{
	int64_t started = clock_monotonic();
	struct request request = {.front = front, .arena = arena};
	struct response response = {.arena = arena};
	struct request_context context = {.service = &api->service,
	    .keys = api->keys,
	    .join_key = &api->join_key,
	    .arena = arena,
	    .request = &request,
	    .response = &response,
	    .now = clock_now()};
	struct error error = {0};
	const char *allow = NULL;

	service_deadline_start(&api->service);
	if (!answer(&context, &allow, &error)) {
		response_error(&response, &error);
		if (error.kind == ERROR_METHOD && allow != NULL)
			response_header(&response, "Allow", allow);
	}
	cors_headers(&context);
	response_send(&response, &request);
	finish(&context, &error, started);
	error_clear(&error);
}

void dispatch_after(struct api *api, struct arena *arena)
{
	gate_push(&api->service, arena);
}
