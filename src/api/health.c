/* GET /health, /health/live and /metrics: for load balancers and monitoring. */
#include "api/request_context.h"
#include "api/routes.h"
#include "base/json.h"
#include "base/metrics.h"
#include "service/health.h"

static void part_add(struct error *error, const char *path, const char *message)
{
	if (*message == '\0')
		return;
	if (error->kind == ERROR_NONE)
		error_set(error, ERROR_UNAVAILABLE, "A part of the service is out of reach.");
	error_detail(error, path, "unavailable", NULL, "%s", message);
}

static const char *software_word(enum software_state state)
{
	switch (state) {
	case SOFTWARE_OUTDATED:
		return "outdated";
	case SOFTWARE_NOT_UPDATED:
		return "not updated";
	default:
		return "ok";
	}
}

bool health_get(struct request_context *context, struct error *error)
{
	struct json_object *answer;
	struct health health;

	if (!health_find(context->service, context->arena, &health))
		return error_set(
		    error, ERROR_UNAVAILABLE, "The service's health is not known yet.");
	part_add(error, "/database", health.database);
	part_add(error, "/provider", health.provider);
	if (error->kind != ERROR_NONE)
		return false;
	answer = json_object_new_object();
	json_add_text(answer, "status", "ok");
	json_add_text(answer, "database", "ok");
	json_add_text(answer, "provider", "ok");
	/* The operator should update it, but people can use this host. */
	json_add_text(answer, "providerSoftware", software_word(health.software));
	/* People can use this host: all but recording works. */
	json_add_text(answer, "recordings", health.recordings_low ? "low on space" : "ok");
	json_add_text(answer, "version", PACKAGE_VERSION);
	response_json(context->response, answer);
	json_object_put(answer);
	return true;
}

bool health_live_get(struct request_context *context, struct error *error)
{
	struct json_object *answer = json_object_new_object();

	(void)error;
	json_add_text(answer, "status", "ok");
	json_add_text(answer, "version", PACKAGE_VERSION);
	response_json(context->response, answer);
	json_object_put(answer);
	return true;
}

bool metrics_get(struct request_context *context, struct error *error)
{
	(void)error;
	metrics_recordings_free(recordings_free_bytes(context->service));
	response_text(context->response, metrics_text(context->arena));
	context->response->content_type = "text/plain; version=0.0.4; charset=utf-8";
	return true;
}
