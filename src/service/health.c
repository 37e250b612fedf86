/* Health: do the parts of the service work? */
#include "service/health.h"

#include <stdio.h>
#include <time.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "service/media_servers.h"
#include "store/migrations.h"

_Static_assert(sizeof(struct health) <= SHARED_RESULT_MAX, "it must fit");

/* A health check must answer soon. */
#define DATABASE_BUDGET (2 * SECOND)
#define PROVIDER_BUDGET SECOND

/* All workers share one result: a provider that hangs holds one worker at most. */
#define RESULT_LIFE SECOND /* no worker checks again before this */
#define RESULT_STALE                                                                               \
	(10 * SECOND) /* while another worker checks, a result is good for this long               \
		       */
#define CLAIM_LIMIT (DATABASE_BUDGET + 2 * PROVIDER_BUDGET + SECOND)
/* Without a result, as after a start, a worker waits a moment for the other one's. */
#define WAIT_STEP  (10 * MILLISECOND)
#define WAIT_STEPS 20

enum {
	SERVERS_MAX = 4, /* media servers to ask, until one answers */
};

static void part_keep(char message[static PART_MESSAGE_MAX], bool well, struct error *error)
{
	snprintf(message, PART_MESSAGE_MAX, "%s", well ? "" : error->message);
	error_clear(error);
}

/* A provider that cannot say is well here: ping() tells whether it answers. */
static enum software_state software_look(
    const struct service *service, struct arena *arena, const struct media_server *server)
{
	struct software software = {.state = SOFTWARE_OK};
	struct error error = {0};

	if (service->provider->software != NULL)
		service->provider->software(
		    service->provider_state, arena, server, PROVIDER_BUDGET, &software, &error);
	error_clear(&error);
	return software.state;
}

/* Finds the media servers to ask: those of the table, or this host's one if the database does not
 * answer. */
static size_t servers_find(
    struct service *service, struct arena *arena, struct media_server servers[static SERVERS_MAX])
{
	struct media_server_row *rows = NULL;
	struct error error = {0};
	size_t count = 0;

	if (!db_once(service->db, &error,
		media_servers_find(service->db, arena, service->provider->name, &rows, &count))) {
		error_clear(&error);
		count = 0;
	}
	if (count == 0)
		servers[0] = media_server_own(&service->config);
	for (size_t i = 0; i < count && i < SERVERS_MAX; i++)
		servers[i] = rows[i].server;
	return count == 0 ? 1 : count < SERVERS_MAX ? count : SERVERS_MAX;
}

/* The provider is well if one of its servers is: that one takes the meetings. */
static void provider_look(struct service *service, struct arena *arena, struct health *health)
{
	struct media_server servers[SERVERS_MAX];
	size_t count = servers_find(service, arena, servers);
	struct error error = {0};
	bool well = false;

	for (size_t i = 0; i < count && !well; i++) {
		error_clear(&error);
		well = service->provider->ping(service->provider_state, arena, &servers[i],
		    PROVIDER_BUDGET / (int64_t)count, &error);
		if (well)
			health->software = software_look(service, arena, &servers[i]);
	}
	part_keep(health->provider, well, &error);
}

static void health_look(struct service *service, struct arena *arena, struct health *health)
{
	struct error error = {0};
	bool well;

	*health = (struct health){.recordings_low = recordings_low(&service->config)};
	db_deadline_shorten(service->db, DATABASE_BUDGET);
	/* This reads a table: a node without quorum answers SELECT 1 and ping, but reads no table.
	 */
	well = migrations_check(service->db, arena, &error);
	part_keep(health->database, well, &error);
	provider_look(service, arena, health);
}

static void wait_step(void)
{
	const struct timespec step = {.tv_nsec = WAIT_STEP * 1000};

	nanosleep(&step, NULL);
}

int64_t recordings_free_bytes(const struct service *service)
{
	enum { MIB = 1024 * 1024 };
	int64_t free_mib = recordings_free(&service->config);

	return free_mib < 0 ? -1 : free_mib * MIB;
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
