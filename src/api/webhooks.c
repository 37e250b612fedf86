/* POST /webhooks/session: events from the provider. 204 only after COMMIT; the same events in any
 * order and any number of times leave the same rows (meeting/attendance.h).
 *
 * An event that cannot be read, or that a fault of the service hits, does not hold up the others of
 * its body: they are kept, and it is logged and counted. The answer is then 400 or 500, which means
 * that to send it again is of no use. 503 means that it is. */
#include <string.h>

#include "api/routes.h"
#include "api/call.h"
#include "archive/recordings.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/archives.h"
#include "store/attendance.h"
#include "store/grants.h"
#include "store/job_kinds.h"
#include "store/settings.h"

/* The events of one meeting, copied next to each other. */
struct session_events {
	struct call *call;
	const char *session_id;
	struct event *items;
	size_t count;
	struct session_access access; /* of this meeting */
};

static bool session_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static enum db_outcome session_write(struct db *db, void *context)
{
	const struct session_events *events = context;
	struct call *call = events->call;
	bool known;

	DB_TRY(attendance_apply(
	    db, call->arena, events->session_id, events->items, events->count, call->now, &known));
	if (!known)
		return DB_OK;
	for (size_t i = 0; i < events->count; i++) {
		const struct event *event = &events->items[i];

		if (event->kind == EVENT_PUBLISHED)
			DB_TRY(archive_begin(db, events->session_id,
			    recordings_host(&call->service->config), event->at, call->now));
		else if (event->kind == EVENT_ENDED && event->ending.scope == END_ROOM)
			DB_TRY(grants_forget_room(db, events->session_id));
	}
	return DB_OK;
}

/* The provider has lost everything: everybody is out, and the rooms have to be made again. */
struct restart {
	struct call *call;
	const struct event *event;
};

static enum db_outcome restart_write(struct db *db, void *context)
{
	const struct restart *restart = context;
	int64_t now = restart->call->now;

	DB_TRY(attendance_end_all(db, &restart->event->ending, now));
	DB_TRY(setting_raise_epoch(db, restart->event->at, now));
	DB_TRY(job_put_rooms(db, now, now));
	return job_put_reconcile(db, now, now);
}

struct settle {
	struct call *call;
	const struct ending *ending;
	const char *session_id;
	const char **session_ids;
	size_t count;
};

static enum db_outcome covered_sessions_find(struct db *db, void *context)
{
	enum { PAGE = 100 };
	struct settle *settle = context;

	return attendance_covered_sessions(db, settle->call->arena, settle->ending,
	    settle->session_id, PAGE, &settle->session_ids, &settle->count);
}

static enum db_outcome session_settle(struct db *db, void *context)
{
	const struct settle *settle = context;

	return attendance_settle(
	    db, settle->call->arena, settle->session_id, settle->ending->at, settle->call->now);
}

/* One transaction a meeting, so that a large installation's restart is no single long one. */
static bool sessions_settle(struct call *call, const struct ending *ending, struct error *error)
{
	struct settle settle = {.call = call, .ending = ending, .session_id = ""};
	struct db *db = call->service->db;

	do {
		if (!db_run_plain(db, covered_sessions_find, &settle, error))
			return false;
		for (size_t i = 0; i < settle.count; i++) {
			settle.session_id = settle.session_ids[i];
			if (!db_run(db, session_settle, &settle, error))
				return false;
		}
	} while (settle.count > 0);
	return true;
}

static bool restart_apply(struct call *call, const struct event *event, struct error *error)
{
	struct restart restart = {.call = call, .event = event};

	return db_run(call->service->db, restart_write, &restart, error) &&
	       sessions_settle(call, &event->ending, error);
}

/* Somebody came in under an id that is not theirs, was put out of the meeting before, or came after
 * its end: out they go. The attendance of an impostor stands, under the name that their token
 * proves. */
static void participant_remove(struct call *call, const struct event *event, const char *why)
{
	const struct service *service = call->service;
	struct error error = {0};

	log_event("warning", "a participant %s and is put out", why);
	if (!service->provider->device_remove(
		service->provider_state, call->arena, event->connection.device, &error))
		log_event("error", "cannot put a participant out, the reconciler will: %s",
		    error.message);
	error_clear(&error);
}

static bool proves_identity(const struct event *event)
{
	return event->kind == EVENT_OPENED || event->kind == EVENT_SEEN;
}

static enum db_outcome access_find(struct db *db, void *context)
{
	struct session_events *session = context;

	return session_access_find(db, session->call->arena, session->session_id, &session->access);
}

/* Marks the events of people who are not to be in the meeting. It is looked up after the COMMIT of
 * their openings: whoever puts them out, or ends it, later finds these. */
static bool unwelcome_mark(
    struct session_events *session, struct events *events, struct error *error)
{
	const struct session_access *access = &session->access;

	if (!db_run_plain(session->call->service->db, access_find, session, error))
		return false;
	for (size_t i = 0; i < events->count; i++) {
		struct event *event = &events->items[i];

		if (!proves_identity(event) ||
		    !session_same(event->session_id, session->session_id))
			continue;
		event->late = access->closed_at != TIME_NONE && event->at > access->closed_at;
		for (size_t j = 0; j < access->banned_count; j++) {
			if (strcmp(access->banned[j], event->connection.attendee) == 0)
				event->banned = true;
		}
	}
	return true;
}

/* What was not kept, and why. */
struct faults {
	size_t count;
};

/* True, and the fault is noted, if it is one of the service itself: to do it again would not help,
 * and must not hold up other events. */
static bool fault_passed_over(struct faults *faults, const char *name, struct error *error)
{
	if (error->kind != ERROR_INTERNAL)
		return false;
	log_event("error", "an event (%s) could not be kept: %s", name, error->message);
	metrics_count(METRICS_EVENT_FAULT);
	faults->count++;
	error_clear(error);
	return true;
}

/* Writes the session's events together; if that hits a fault, one by one. */
static bool session_events_write(
    const struct session_events *session, struct faults *faults, struct error *error)
{
	struct db *db = session->call->service->db;

	if (db_run(db, session_write, (void *)(uintptr_t)session, error))
		return true;
	if (error->kind != ERROR_INTERNAL)
		return false;
	error_clear(error);
	for (size_t i = 0; i < session->count; i++) {
		struct session_events one = *session;

		one.items = &session->items[i];
		one.count = 1;
		if (!db_run(db, session_write, &one, error) &&
		    !fault_passed_over(faults, one.items->name, error))
			return false;
	}
	return true;
}

/* Writes all events of the session that the event at `first` has, and leaves the others. */
static bool session_apply(struct call *call, struct events *events, size_t first,
    struct faults *faults, struct error *error)
{
	struct session_events session = {
	    .call = call, .session_id = events->items[first].session_id};
	bool writes = false, people = false;

	for (size_t i = 0; i < first; i++) {
		if (session_same(events->items[i].session_id, session.session_id))
			return true; /* done with that one */
	}
	session.items = arena_alloc(call->arena, events->count * sizeof *session.items);
	for (size_t i = first; i < events->count; i++) {
		if (!session_same(events->items[i].session_id, session.session_id))
			continue;
		session.items[session.count++] = events->items[i];
		writes = writes || events->items[i].kind != EVENT_SEEN;
		people = people || proves_identity(&events->items[i]);
	}
	return (!writes || session_events_write(&session, faults, error)) &&
	       (!people || unwelcome_mark(&session, events, error));
}

/* After everything is kept: a provider that does not answer must not hold that up. */
static void participants_remove(struct call *call, const struct events *events)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct event *event = &events->items[i];

		if (event->impostor)
			participant_remove(call, event, "used an id that is not theirs");
		else if (event->banned)
			participant_remove(call, event, "was put out before");
		else if (event->late)
			participant_remove(call, event, "came after the end");
	}
}

static bool events_apply(
    struct call *call, struct events *events, struct faults *faults, struct error *error)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct event *event = &events->items[i];
		bool done = true;

		if (event->kind == EVENT_ENDED && event->ending.scope == END_ALL)
			done = restart_apply(call, event, error);
		else if (event->session_id != NULL)
			done = session_apply(call, events, i, faults, error);
		if (!done && !fault_passed_over(faults, event->name, error))
			return false;
	}
	for (size_t i = 0; i < events->count; i++)
		metrics_webhook_event(events->items[i].name);
	participants_remove(call, events);
	return true;
}

/* A provider's clock that is ahead by more than this is worth a warning. What is behind cannot be
 * told from what is late. */
#define CLOCK_TOLERANCE (2 * SECOND)

static void clock_compare(int64_t ahead)
{
	if (ahead != TIME_NONE && metrics_provider_clock(ahead, CLOCK_TOLERANCE))
		log_event("warning",
		    "the media server's clock is ahead by %lld s; times of events"
		    " are taken to be those of their receipt",
		    (long long)(ahead / SECOND));
}

/* What the body as a whole is answered with, once all that can be kept is. */
static bool events_answer(
    const struct events *events, const struct faults *faults, struct error *error)
{
	if (faults->count > 0)
		return error_set(error, ERROR_INTERNAL, "%zu of %zu events could not be kept",
		    faults->count, events->count);
	return events->malformed == NULL ||
	       error_set(error, ERROR_MALFORMED, "%s", events->malformed);
}

bool webhook_receive(struct call *call, struct error *error)
{
	const struct service *service = call->service;
	const struct provider *provider = service->provider;
	const struct request *request = call->request;
	const struct webhook webhook = {
	    .authorization = request_param(request, "HTTP_AUTHORIZATION"),
	    .content_type = request_param(request, "CONTENT_TYPE"),
	    .body = request->body,
	    .body_len = request->body_len,
	};
	struct events events = {0};
	struct faults faults = {0};

	if (!provider->webhook_verify(service->provider_state, &webhook, error) ||
	    !provider->webhook_parse(
		service->provider_state, call->arena, &webhook, &events, error))
		return false;
	if (events.malformed != NULL)
		log_event("warning", "an event cannot be read: %s", events.malformed);
	clock_compare(events_receive(&events, call->now));
	if (!events_apply(call, &events, &faults, error) || !events_answer(&events, &faults, error))
		return false;
	response_empty(call->response);
	return true;
}
