/* GET /health, /health/live and /metrics: for load balancers and monitoring. */
#include <string.h>

#include "api/call.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/metrics.h"
#include "store/migrations.h"

/* A health check that waits is of no use. */
#define HEALTH_BUDGET (2 * SECOND)

static void part_add(struct error *error, const char *path, const struct error *part)
{
	if (error->kind == ERROR_NONE)
		error_set(error, ERROR_UNAVAILABLE, "A part of the service is out of reach.");
	error_detail(error, path, "unavailable", NULL, "%s", part->message);
}

bool health_get(struct call *call, struct error *error)
{
	const struct service *service = call->service;
	struct error part = {0};
	struct json_object *answer;

	db_deadline_shorten(service->db, HEALTH_BUDGET);
	/* Reads a table: a node without quorum answers SELECT 1 and ping, but no table. */
	if (!migrations_check(service->db, call->arena, &part))
		part_add(error, "/database", &part);
	error_clear(&part);
	if (!service->provider->ping(service->provider_state, call->arena, HEALTH_BUDGET, &part))
		part_add(error, "/provider", &part);
	error_clear(&part);
	if (error->kind != ERROR_NONE)
		return false;
	answer = json_object_new_object();
	json_add_text(answer, "status", "ok");
	json_add_text(answer, "database", "ok");
	json_add_text(answer, "provider", "ok");
	json_add_text(answer, "version", PACKAGE_VERSION);
	response_json(call->response, answer);
	json_object_put(answer);
	return true;
}

bool health_live_get(struct call *call, struct error *error)
{
	struct json_object *answer = json_object_new_object();

	(void)error;
	json_add_text(answer, "status", "ok");
	json_add_text(answer, "version", PACKAGE_VERSION);
	response_json(call->response, answer);
	json_object_put(answer);
	return true;
}

bool metrics_get(struct call *call, struct error *error)
{
	(void)error;
	response_text(call->response, metrics_text(call->arena));
	call->response->content_type = "text/plain; version=0.0.4; charset=utf-8";
	return true;
}
