/* Inspection: tells an operator the state of an installation's parts. */
#include "service/inspection.h"

#include <unistd.h>

#include "archive/program.h"
#include "archive/recordings.h"
#include "base/clock.h"
#include "base/http_client.h"
#include "store/connections.h"
#include "store/migrations.h"

#define PROVIDER_BUDGET (2 * SECOND)

/* What nginx answers at the address of a media server to a request that is no WebSocket. */
enum {
	STATUS_NO_WEBSOCKET = 400,
	STATUS_OTHER_PATH = 404,
	PUBLIC_ANSWER_MAX = 64 * 1024, /* bytes */
};

size_t inspection_host_count(const struct service *service)
{
	return db_host_count(service->db);
}

struct host_look inspection_host(const struct service *service, size_t i)
{
	struct host_look look = {.there = false};

	look.there = db_host_probe(service->db, i, &look.read_only, &look.error);
	db_host_name(service->db, i, look.name);
	return look;
}

static enum db_outcome max_connections_read(struct db *db, struct arena *arena, int64_t *most)
{
	static const char sql[] = "SELECT CAST(@@GLOBAL.max_connections AS SIGNED)";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_NO_VALUES, &rows));
	*most = db_cell_integer(&rows, 0, 0);
	return DB_OK;
}

bool inspection_database(
    struct service *service, struct arena *arena, struct database_look *look, struct error *error)
{
	struct db *db = service->db;

	*look = (struct database_look){.tables_good = false};
	db_deadline_start(db);
	if (!db_once(db, error, max_connections_read(db, arena, &look->max_connections)))
		return false;
	db_host_name(db, db_host_used(db), look->host);
	look->tables_good =
	    migrations_check(db, arena, &look->tables_error) &&
	    migrations_version(db, arena, &look->tables_version, &look->tables_error);
	return true;
}

bool inspection_provider(struct service *service, struct arena *arena,
    const struct media_server *server, struct error *error)
{
	return service->provider->ping(
	    service->provider_state, arena, server, PROVIDER_BUDGET, error);
}

bool inspection_public_address(struct service *service, struct arena *arena,
    const struct media_server *server, struct error *error)
{
	const char *ca = service->config.gate_tls_ca;
	const struct http_call call = {.method = "GET",
	    /* behind "ws": "s://…" or "://…" */
	    .url = arena_printf(arena, "http%s", server->public_url + 2),
	    .ca_file = *ca == '\0' ? NULL : ca,
	    .timeout = PROVIDER_BUDGET,
	    .answer_max = PUBLIC_ANSWER_MAX};
	struct http_client *client = http_client_new();
	struct http_answer answer;
	bool there = http_call(client, arena, &call, &answer, error);

	http_client_free(client);
	if (!there || answer.status == STATUS_NO_WEBSOCKET)
		return there;
	return error_set(error, ERROR_UNAVAILABLE,
	    answer.status == STATUS_OTHER_PATH ? "there is no media server %s at that host"
					       : "it does not lead to the gate of %s",
	    server->name);
}

bool inspection_software(struct service *service, struct arena *arena,
    const struct media_server *server, struct software *software, bool *known, struct error *error)
{
	*known = service->provider->software != NULL;
	return !*known || service->provider->software(service->provider_state, arena, server,
			      PROVIDER_BUDGET, software, error);
}

bool inspection_clock(struct service *service, int64_t *ahead, bool *known, struct error *error)
{
	*known = false;
	return db_once(
	    service->db, error, attendance_clock(service->db, clock_now(), ahead, known));
}

const char *inspection_missing(const struct service *service, struct arena *arena)
{
	static const char *const names[] = {"ffmpeg", "ffprobe"};
	const struct config *config = &service->config;

	if (!recordings_here(config))
		return NULL;
	if (program_media(arena) == NULL)
		return "confab-media";
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *path = arena_printf(arena, "%s/%s", config->ffmpeg_dir, names[i]);

		if (access(path, X_OK) != 0)
			return path;
	}
	return NULL;
}

int64_t inspection_recordings(const struct service *service, bool *low)
{
	*low = recordings_low(&service->config);
	return recordings_free(&service->config);
}
