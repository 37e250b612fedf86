/* Cross-origin calls from browsers: off unless CORS_ORIGINS lists the origin. */
#include "api/cors.h"

#include <string.h>

#include "api/routes.h"

/* Is `origin` exactly one of the words in `list`? */
static bool origin_listed(const char *list, const char *origin)
{
	size_t len = strlen(origin);

	while (*list != '\0') {
		size_t word = strcspn(list, " ,");

		if (len > 0 && word == len && memcmp(list, origin, len) == 0)
			return true;
		list += word;
		list += strspn(list, " ,");
	}
	return false;
}

static bool cors_on(const struct request_context *context)
{
	return *context->service->config.cors_origins != '\0';
}

bool cors_preflight(struct request_context *context, struct error *error)
{
	struct request *request = context->request;
	const struct route *route;
	const struct path_segment *parameters[ROUTE_PARAMETERS_MAX];
	const char *allow = NULL;

	if (request->method != METHOD_OPTIONS || !cors_on(context) ||
	    request_param(request, "HTTP_ORIGIN") == NULL ||
	    request_param(request, "HTTP_ACCESS_CONTROL_REQUEST_METHOD") == NULL)
		return false;
	/* The table has no OPTIONS: this looks for the methods of the path. */
	route_find(routes, route_count, request, &route, parameters, &allow, error);
	if (error->kind != ERROR_METHOD || allow == NULL)
		return true;
	error_clear(error);
	response_empty(context->response);
	if (origin_listed(
		context->service->config.cors_origins, request_param(request, "HTTP_ORIGIN"))) {
		response_header(context->response, "Access-Control-Allow-Methods", allow);
		response_header(context->response, "Access-Control-Allow-Headers",
		    "Authorization, Content-Type, Accept, Idempotency-Key");
		response_header(context->response, "Access-Control-Max-Age", "600");
	}
	return true;
}

void cors_headers(struct request_context *context)
{
	const char *origin = request_param(context->request, "HTTP_ORIGIN");

	if (!cors_on(context))
		return;
	response_header(context->response, "Vary", "Origin");
	if (origin == NULL || !origin_listed(context->service->config.cors_origins, origin))
		return;
	response_header(context->response, "Access-Control-Allow-Origin", origin);
	response_header(context->response, "Access-Control-Expose-Headers",
	    "Location, Retry-After, X-Request-Id, X-Total-Count, X-Recording, Content-Disposition,"
	    " WWW-Authenticate");
}
