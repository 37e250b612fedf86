/* The media servers: their list, the server of each event, and the heartbeat of this host's server.
 */
#include "service/media_servers.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/connections.h"
#include "store/job_kinds.h"

#define PING_LIMIT   SECOND
#define EMITTER_LIFE (10 * SECOND) /* a name that was found is not looked up again so long */

enum {
	LOAD_OF_CONNECTION = 1000, /* on a host with one processor */
};

struct media_server media_server_own(const struct config *config)
{
	return (struct media_server){.name = config->media_server};
}

bool media_server_read(struct service *service, struct arena *arena, const char *name,
    struct media_server_row *row, struct error *error)
{
	bool found = false;

	if (!db_once(service->db, error, media_server_find(service->db, arena, name, row, &found)))
		return false;
	if (found)
		return true;
	return name == NULL
		   ? error_set(error, ERROR_UNAVAILABLE,
			 "There is no media server: `confabctl migrate` adds this host's.")
		   : error_set(error, ERROR_UNAVAILABLE, "There is no media server %s.", name);
}

bool media_servers_list(struct service *service, struct arena *arena,
    struct media_server_row **servers, size_t *count, struct error *error)
{
	db_deadline_start(service->db);
	return db_once(service->db, error,
	    media_servers_find(service->db, arena, service->config.provider, servers, count));
}

static enum db_outcome server_put(struct service *service, const struct media_server *server)
{
	int64_t now = clock_now();

	DB_TRY(media_server_put(service->db, server, service->config.provider, now));
	return job_seed_reconcile(service->db, server->name, now);
}

bool media_server_add(
    struct service *service, const struct media_server *server, struct error *error)
{
	db_deadline_start(service->db);
	return db_transact(service->db, error, server_put(service, server));
}

static enum db_outcome beat_write(struct db *db, const char *name)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t connections;

	DB_TRY(connections_count(db, name, &connections));
	return media_server_beat(db, name,
	    connections * LOAD_OF_CONNECTION / (processors > 0 ? processors : 1), clock_now());
}

void media_server_heartbeat(struct service *service, struct arena *arena)
{
	const char *name = service->config.media_server;
	struct error error = {0};
	struct media_server_row row;

	db_deadline_start(service->db);
	if (media_server_read(service, arena, name, &row, &error) &&
	    service->provider->ping(
		service->provider_state, arena, &row.server, PING_LIMIT, &error) &&
	    !db_once(service->db, &error, beat_write(service->db, name)))
		error_clear(&error);
	error_clear(&error);
}

/* The server among these that has the name `emitter`; NULL: none. */
static const struct media_server_row *server_choose(
    const struct media_server_row *servers, size_t count, const char *emitter)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(servers[i].server.name, emitter) == 0)
			return &servers[i];
	}
	return count == 1 && (!servers[0].named || *emitter == '\0') ? &servers[0] : NULL;
}

/* Finds the server in the table, and notes there that the server has used its own name. */
static enum db_outcome emitter_look(struct service *service, struct arena *arena,
    const char *emitter, const struct media_server_row **row)
{
	struct media_server_row *servers;
	size_t count;

	DB_TRY(media_servers_find(service->db, arena, service->provider->name, &servers, &count));
	*row = server_choose(servers, count, emitter);
	if (*row == NULL || (*row)->named || strcmp((*row)->server.name, emitter) != 0)
		return DB_OK;
	return media_server_set_named(service->db, emitter, true);
}

/* `*server` gets the name of the server whose events have the name `emitter`; NULL: there is none.
 */
static bool emitter_find(struct service *service, struct arena *arena, const char *emitter,
    const char **server, struct error *error)
{
	struct emitter *last = &service->emitter;
	const struct media_server_row *row = NULL;

	if (clock_monotonic() < last->until && strcmp(last->name, emitter) == 0) {
		*server = arena_strdup(arena, last->server);
		return true;
	}
	if (!db_once(service->db, error, emitter_look(service, arena, emitter, &row)))
		return false;
	*server = row == NULL ? NULL : row->server.name;
	if (row == NULL)
		return true;
	snprintf(last->name, sizeof last->name, "%s", emitter);
	snprintf(last->server, sizeof last->server, "%s", *server);
	last->until = clock_monotonic() + EMITTER_LIFE;
	return true;
}

/* The gate's own events name a device: they need no server. */
static bool needs_server(const struct event *event)
{
	switch (event->kind) {
	case EVENT_UNKNOWN:
	case EVENT_MALFORMED:
	case EVENT_LOST:
	case EVENT_BACK:
		return false;
	case EVENT_ENDED:
		return event->ending.scope != END_DEVICE;
	case EVENT_OPENED:
	case EVENT_SEEN:
	case EVENT_PUBLISHED:
		break;
	}
	return true;
}

static void unknown_server(struct arena *arena, struct events *events, struct event *event)
{
	if (events->malformed == NULL)
		events->malformed = arena_printf(arena,
		    "An event comes from %s, which is no media server in the table.",
		    event->server == NULL ? "an unnamed server" : event->server);
	*event = (struct event){.kind = EVENT_MALFORMED, .name = "malformed"};
}

bool media_servers_place(
    struct service *service, struct arena *arena, struct events *events, struct error *error)
{
	const char *last = NULL, *server = NULL;

	for (size_t i = 0; i < events->count; i++) {
		struct event *event = &events->items[i];
		const char *emitter = event->server == NULL ? "" : event->server;

		if (!needs_server(event))
			continue;
		/* Usually all events of a body come from one server. */
		if ((last == NULL || strcmp(last, emitter) != 0) &&
		    !emitter_find(service, arena, emitter, &server, error))
			return false;
		last = emitter;
		if (server == NULL)
			unknown_server(arena, events, event);
		else
			event_place(event, server);
	}
	return true;
}
