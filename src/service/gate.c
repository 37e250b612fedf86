/* The signalling gate in front of a media server: the service tells it what has happened. */
#include "service/gate.h"

#include <string.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "store/job_kinds.h"
#include "store/meeting_events.h"

enum {
	BODY_TEXT = 512,  /* bytes that a body usually takes */
	FAILURES_MAX = 8, /* gates that are remembered */
};

#define PUSH_LIMIT  (100 * MILLISECOND)
#define END_LIMIT   SECOND /* somebody must be out: the caller waits for that */
#define FAILED_REST (2 * SECOND)
/* A worker that had begun to push before it knew of the failure rests a little later. */
#define CATCH_UP_AFTER (FAILED_REST + SECOND / 2)
#define CATCH_UP_LIMIT (2 * SECOND)

/* What all workers know of gates that failed. */
struct gate_failures {
	struct gate_failure {
		char server[MEDIA_SERVER_NAME_MAX + 1];
		int64_t at; /* monotonic; 0: none */
	} list[FAILURES_MAX];
};

_Static_assert(sizeof(struct gate_failures) <= SHARED_RESULT_MAX, "failures are shared");

static bool is_of(const struct gate_failure *failure, const struct media_server *server)
{
	return strncmp(failure->server, server->name, sizeof failure->server) == 0;
}

static bool has_failed(const struct service *service, const struct media_server *server)
{
	int64_t since = clock_monotonic() - FAILED_REST;
	struct gate_failures failures;

	if (service->gate == NULL ||
	    !shared_result_get(service->gate, &failures, sizeof failures, FAILED_REST))
		return false;
	for (size_t i = 0; i < FAILURES_MAX; i++) {
		if (failures.list[i].at > since && is_of(&failures.list[i], server))
			return true;
	}
	return false;
}

/* Takes the server's place in the list, or that of the oldest failure. */
static void failure_share(const struct service *service, const struct media_server *server)
{
	struct gate_failures failures;
	struct gate_failure *place = failures.list;

	if (service->gate == NULL)
		return;
	if (!shared_result_get(service->gate, &failures, sizeof failures, FAILED_REST))
		failures = (struct gate_failures){0};
	for (size_t i = 0; i < FAILURES_MAX && !is_of(place, server); i++) {
		if (failures.list[i].at < place->at || is_of(&failures.list[i], server))
			place = &failures.list[i];
	}
	*place = (struct gate_failure){.at = clock_monotonic()};
	strncpy(place->server, server->name, sizeof place->server - 1);
	shared_result_put(service->gate, &failures, sizeof failures);
}

/* False: the gate has failed, and rests. */
static bool tell(struct service *service, struct arena *arena, const struct media_server *server,
    const char *path, const struct json_writer *body, int64_t limit)
{
	struct error error = {0};

	if (service->provider->gate_tell(
		service->provider_state, arena, server, path, body->buffer.text, limit, &error))
		return true;
	log_event("warning", "the gate of %s: %s", server->name, error.message);
	error_clear(&error);
	failure_share(service, server);
	return false;
}

static struct json_writer events_body(
    struct arena *arena, const struct written_event *list, size_t count)
{
	struct json_writer body = json_writer_new(arena, count * BODY_TEXT);

	json_write_object(&body, NULL);
	json_write_array(&body, "events");
	for (size_t i = 0; i < count; i++)
		meeting_event_write(&body, list[i].session_id, &list[i].event);
	json_close_array(&body);
	json_close_object(&body);
	return body;
}

/* Events of one server, from `list`. */
static void events_tell(
    struct service *service, struct arena *arena, const struct written_event *list, size_t count)
{
	const struct json_writer body = events_body(arena, list, count);
	const struct media_server *server = &list[0].server;
	int64_t now = clock_now();
	struct error error = {0};

	if (tell(service, arena, server, "/push", &body, PUSH_LIMIT))
		return;
	if (!db_once(service->db, &error,
		job_put_events(service->db, server->name, now + CATCH_UP_AFTER, now)))
		log_event(
		    "warning", "the gate of %s misses events: %s", server->name, error.message);
	error_clear(&error);
}

void gate_push(struct service *service, struct arena *arena)
{
	const struct db_written written = db_written_take(service->db);
	struct written_event *list = NULL;
	struct error error = {0};
	size_t count = 0, end;

	if (written.first == 0 || service->provider->gate_tell == NULL)
		return;
	if (!db_once(service->db, &error,
		meeting_events_written(
		    service->db, arena, written.first, written.last, &list, &count))) {
		log_event("warning", "events are not pushed: %s", error.message);
		error_clear(&error);
		return;
	}
	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count; end++) {
			if (strcmp(list[end].server.name, list[i].server.name) != 0)
				break;
		}
		if (!has_failed(service, &list[i].server))
			events_tell(service, arena, list + i, end - i);
	}
}

bool gate_catch_up(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	const struct media_server server = {.name = job->subject};
	struct written_event *list;
	struct json_writer body;
	size_t count;

	if (has_failed(service, &server))
		return error_set(error, ERROR_UNAVAILABLE, "the gate failed a moment ago");
	if (!db_once(service->db, error,
		meeting_events_newest(service->db, arena, server.name, &list, &count)))
		return false;
	if (count == 0 || service->provider->gate_tell == NULL)
		return true;
	body = events_body(arena, list, count);
	return service->provider->gate_tell(service->provider_state, arena, &list[0].server,
	    "/push", body.buffer.text, CATCH_UP_LIMIT, error);
}

static void session_tell(struct service *service, struct arena *arena,
    const struct session_ref *session, const char *path, const char *attendee)
{
	struct json_writer body = json_writer_new(arena, BODY_TEXT);

	if (service->provider->gate_tell == NULL || session->server.name == NULL)
		return;
	json_write_object(&body, NULL);
	json_write_text(&body, "sessionId", session->session_id);
	if (attendee != NULL)
		json_write_text(&body, "attendee", attendee);
	json_close_object(&body);
	tell(service, arena, &session->server, path, &body, END_LIMIT);
}

void gate_remove(struct service *service, struct arena *arena, const struct session_ref *session,
    const char *attendee)
{
	session_tell(service, arena, session, "/remove", attendee);
}

void gate_end(struct service *service, struct arena *arena, const struct session_ref *session)
{
	session_tell(service, arena, session, "/end", NULL);
}
