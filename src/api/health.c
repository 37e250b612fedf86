/* GET /health, /health/live and /metrics: for load balancers and monitoring. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/call.h"
#include "api/routes.h"
#include "archive/recordings.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/metrics.h"
#include "base/shared_result.h"
#include "store/migrations.h"

/* A health check that waits is of no use. */
#define DATABASE_BUDGET (2 * SECOND)
#define PROVIDER_BUDGET SECOND

/* All workers share one result, so that a provider that hangs holds one worker at most. */
#define RESULT_LIFE  SECOND        /* for so long nobody looks again */
#define RESULT_STALE (10 * SECOND) /* and for so long it will do while another worker looks */
#define CLAIM_LIMIT  (DATABASE_BUDGET + 2 * PROVIDER_BUDGET + SECOND)
/* Without any result, as after a start, it is worth while to wait for it for a moment. */
#define WAIT_STEP  (10 * MILLISECOND)
#define WAIT_STEPS 20

enum {
	PART_MESSAGE_MAX = ERROR_MESSAGE_MAX,
};

/* What was found out; "" for a part that is well. */
struct health {
	char database[PART_MESSAGE_MAX];
	char provider[PART_MESSAGE_MAX];
	enum software_state software;
	bool recordings_low;
};
_Static_assert(sizeof(struct health) <= SHARED_RESULT_MAX, "it must fit");

static void part_keep(char message[static PART_MESSAGE_MAX], bool well, struct error *error)
{
	snprintf(message, PART_MESSAGE_MAX, "%s", well ? "" : error->message);
	error_clear(error);
}

/* A provider that does not say is well: whether it is there is looked at elsewhere. */
static enum software_state software_look(struct call *call)
{
	const struct service *service = call->service;
	struct software software = {.state = SOFTWARE_OK};
	struct error error = {0};

	if (service->provider->software != NULL)
		service->provider->software(
		    service->provider_state, call->arena, PROVIDER_BUDGET, &software, &error);
	error_clear(&error);
	return software.state;
}

static void health_look(struct call *call, struct health *health)
{
	const struct service *service = call->service;
	struct error error = {0};
	bool well;

	*health = (struct health){.recordings_low = recordings_low(&service->config)};
	db_deadline_shorten(service->db, DATABASE_BUDGET);
	/* Reads a table: a node without quorum answers SELECT 1 and ping, but no table. */
	well = migrations_check(service->db, call->arena, &error);
	part_keep(health->database, well, &error);
	well =
	    service->provider->ping(service->provider_state, call->arena, PROVIDER_BUDGET, &error);
	part_keep(health->provider, well, &error);
	if (well)
		health->software = software_look(call);
}

static void wait_step(void)
{
	const struct timespec step = {.tv_nsec = WAIT_STEP * 1000};

	nanosleep(&step, NULL);
}

/* The shared result, or a new one. False: another worker is finding it out, for the first time
 * since long. */
static bool health_find(struct call *call, struct health *health)
{
	struct shared_result *shared = call->service->health;

	if (shared_result_get(shared, health, sizeof *health, RESULT_LIFE))
		return true;
	if (shared_result_claim(shared, CLAIM_LIMIT)) {
		health_look(call, health);
		shared_result_put(shared, health, sizeof *health);
		return true;
	}
	for (int i = 0; i < WAIT_STEPS; i++) {
		if (shared_result_get(shared, health, sizeof *health, RESULT_STALE))
			return true;
		wait_step();
	}
	return false;
}

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

bool health_get(struct call *call, struct error *error)
{
	struct json_object *answer;
	struct health health;

	if (!health_find(call, &health))
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
	/* A reason to update it, and none to send people elsewhere. */
	json_add_text(answer, "providerSoftware", software_word(health.software));
	/* No reason to send people elsewhere: all but recording works. */
	json_add_text(answer, "recordings", health.recordings_low ? "low on space" : "ok");
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
