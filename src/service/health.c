/* Health: are the parts of the service well? */
#include "service/health.h"

#include <stdio.h>
#include <time.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "store/migrations.h"

_Static_assert(sizeof(struct health) <= SHARED_RESULT_MAX, "it must fit");

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

static void part_keep(char message[static PART_MESSAGE_MAX], bool well, struct error *error)
{
	snprintf(message, PART_MESSAGE_MAX, "%s", well ? "" : error->message);
	error_clear(error);
}

/* A provider that does not say is well: whether it is there is looked at elsewhere. */
static enum software_state software_look(const struct service *service, struct arena *arena)
{
	struct software software = {.state = SOFTWARE_OK};
	struct error error = {0};

	if (service->provider->software != NULL)
		service->provider->software(
		    service->provider_state, arena, PROVIDER_BUDGET, &software, &error);
	error_clear(&error);
	return software.state;
}

static void health_look(struct service *service, struct arena *arena, struct health *health)
{
	struct error error = {0};
	bool well;

	*health = (struct health){.recordings_low = recordings_low(&service->config)};
	db_deadline_shorten(service->db, DATABASE_BUDGET);
	/* Reads a table: a node without quorum answers SELECT 1 and ping, but no table. */
	well = migrations_check(service->db, arena, &error);
	part_keep(health->database, well, &error);
	well = service->provider->ping(service->provider_state, arena, PROVIDER_BUDGET, &error);
	part_keep(health->provider, well, &error);
	if (well)
		health->software = software_look(service, arena);
}

static void wait_step(void)
{
	const struct timespec step = {.tv_nsec = WAIT_STEP * 1000};

	nanosleep(&step, NULL);
}

bool health_find(struct service *service, struct arena *arena, struct health *health)
{
	struct shared_result *shared = service->health;

	if (shared_result_get(shared, health, sizeof *health, RESULT_LIFE))
		return true;
	if (shared_result_claim(shared, CLAIM_LIMIT)) {
		health_look(service, arena, health);
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
