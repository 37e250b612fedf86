/* Presence: keeps the provider's events about people and media. The same events in any order and
 * any number of times leave the same rows (meeting/attendance.h). */
#include "service/presence.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "service/erasure.h"
#include "service/media_servers.h"
#include "service/meeting_events.h"
#include "service/recording.h"
#include "store/attendance.h"
#include "store/grants.h"
#include "store/job_kinds.h"

/* One delivery of events. */
struct receipt {
	struct service *service;
	struct arena *arena;
	int64_t now; /* when the events came */
};

/* The events of one meeting, copied next to each other. */
struct session_events {
	const struct receipt *receipt;
	const char *session_id;
	struct event *items;
	size_t count;
};

enum db_outcome presence_apply(struct db *db, struct arena *arena, const char *session_id,
    const struct event *events, size_t count, int64_t now, bool *known)
{
	struct attendance_changes changes = {0};

	DB_TRY(attendance_apply(db, arena, session_id, events, count, now, &changes, known));
	return meeting_events_add_attendance(db, arena, session_id, &changes);
}

enum db_outcome presence_settle(struct db *db, struct arena *arena, const char *session_id,
    const char *server, int64_t at, int64_t now)
{
	struct attendance_changes changes = {0};

	DB_TRY(attendance_settle(db, arena, session_id, server, at, now, &changes));
	return meeting_events_add_attendance(db, arena, session_id, &changes);
}

static enum db_outcome session_write(struct db *db, void *context)
{
	const struct session_events *events = context;
	const struct receipt *receipt = events->receipt;
	bool known = false;

	DB_TRY(presence_apply(db, receipt->arena, events->session_id, events->items, events->count,
	    receipt->now, &known));
	if (!known)
		return DB_OK;
	for (size_t i = 0; i < events->count; i++) {
		const struct event *event = &events->items[i];

		if (event->kind == EVENT_PUBLISHED)
			DB_TRY(recording_begin(receipt->service, receipt->arena, events->session_id,
			    event->at, receipt->now));
		else if (event->kind == EVENT_LOST || event->kind == EVENT_BACK)
			DB_TRY(
			    meeting_event_add_page(db, receipt->arena, events->session_id, event));
		else if (event->kind == EVENT_ENDED && event->ending.scope == END_ROOM)
			DB_TRY(grants_forget_room(db, events->session_id));
	}
	return DB_OK;
}

/* A media server has started or stopped: all its connections have ended, and it needs its rooms
 * again. */
struct restart {
	const struct receipt *receipt;
	const struct event *event;
};

static enum db_outcome restart_write(struct db *db, void *context)
{
	const struct restart *restart = context;
	const char *server = restart->event->server;
	int64_t now = restart->receipt->now;

	DB_TRY(attendance_end_server(db, &restart->event->ending, now));
	DB_TRY(media_server_raise_epoch(db, server, restart->event->at, now));
	DB_TRY(job_put_rooms(db, server, now, now));
	return job_put_reconcile(db, server, now, now);
}

/* One transaction for each meeting: a single one would be too long on a large installation. */
static bool sessions_settle(
    const struct receipt *receipt, const struct ending *ending, struct error *error)
{
	enum { PAGE = 100 };
	struct db *db = receipt->service->db;
	const char *session_id = "", **session_ids = NULL;
	size_t count = 0;

	do {
		if (!db_once(db, error,
			sessions_of_ending(
			    db, receipt->arena, ending, session_id, PAGE, &session_ids, &count)))
			return false;
		for (size_t i = 0; i < count; i++) {
			session_id = session_ids[i];
			if (!db_transact(db, error,
				presence_settle(db, receipt->arena, session_id, ending->key,
				    ending->at, receipt->now)))
				return false;
		}
	} while (count > 0);
	return true;
}

static bool restart_apply(
    const struct receipt *receipt, const struct event *event, struct error *error)
{
	struct restart restart = {.receipt = receipt, .event = event};

	return db_run(receipt->service->db, restart_write, &restart, error) &&
	       sessions_settle(receipt, &event->ending, error);
}

/* Removes the device of a person who is banned, or came after the meeting's end. */
static void participant_remove(
    const struct receipt *receipt, const struct event *event, const char *why)
{
	struct service *service = receipt->service;
	struct media_server_row row;
	struct error error = {0};

	log_event("warning", "a participant %s and is removed", why);
	if (!media_server_read(service, receipt->arena, event->server, &row, &error) ||
	    !service->provider->device_remove(service->provider_state, receipt->arena, &row.server,
		event->connection.device, &error))
		log_event(
		    "error", "cannot remove a participant, the reconciler will: %s", error.message);
	error_clear(&error);
}

static bool proves_identity(const struct event *event)
{
	return event->kind == EVENT_OPENED || event->kind == EVENT_SEEN;
}

/* Marks the events of people who must not be in the meeting. Bans and end are read after the COMMIT
 * of the openings: a later removal or end finds these openings. */
static bool unwelcome_mark(
    const struct session_events *session, struct events *events, struct error *error)
{
	const struct receipt *receipt = session->receipt;
	struct db *db = receipt->service->db;
	struct session_access access;

	if (!db_once(
		db, error, session_access_find(db, receipt->arena, session->session_id, &access)))
		return false;
	for (size_t i = 0; i < events->count; i++) {
		struct event *event = &events->items[i];

		if (!proves_identity(event) || !text_equal(event->session_id, session->session_id))
			continue;
		event->late = access.ended_at != TIME_NONE && event->at > access.ended_at;
		for (size_t j = 0; j < access.banned_count; j++) {
			if (strcmp(access.banned[j], event->connection.attendee) == 0)
				event->banned = true;
		}
	}
	return true;
}

/* True if the error is a fault of the service itself: logs and counts it. A second try would not
 * help, and must not delay other events. */
static bool fault_passed_over(size_t *faults, const char *name, struct error *error)
{
	if (error->kind != ERROR_INTERNAL)
		return false;
	log_event("error", "an event (%s) could not be kept: %s", name, error->message);
	metrics_count(METRICS_EVENT_FAULT);
	(*faults)++;
	error_clear(error);
	return true;
}

/* Writes the session's events together. After a fault, writes them one by one. */
static bool session_events_write(
    const struct session_events *session, size_t *faults, struct error *error)
{
	struct db *db = session->receipt->service->db;

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

/* Writes all events of the same session as the one at `first`, if it is the first of them. */
static bool session_apply(const struct receipt *receipt, struct events *events, size_t first,
    size_t *faults, struct error *error)
{
	struct session_events session = {
	    .receipt = receipt, .session_id = events->items[first].session_id};
	bool writes = false, people = false;

	for (size_t i = 0; i < first; i++) {
		if (text_equal(events->items[i].session_id, session.session_id))
			return true; /* an earlier call has written them */
	}
	session.items = arena_alloc(receipt->arena, events->count * sizeof *session.items);
	for (size_t i = first; i < events->count; i++) {
		if (!text_equal(events->items[i].session_id, session.session_id))
			continue;
		session.items[session.count++] = events->items[i];
		writes = writes || events->items[i].kind != EVENT_SEEN;
		people = people || proves_identity(&events->items[i]);
	}
	return (!writes || session_events_write(&session, faults, error)) &&
	       (!people || unwelcome_mark(&session, events, error));
}

/* Runs after all events are kept: a provider that does not answer must not delay them. */
static void participants_remove(const struct receipt *receipt, const struct events *events)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct event *event = &events->items[i];

		if (event->banned)
			participant_remove(receipt, event, "was removed before");
		else if (event->late)
			participant_remove(receipt, event, "came after the end");
	}
}

/* A warning follows if the provider's clock is ahead by more than this. A clock that is behind
 * looks like a late event. */
#define CLOCK_TOLERANCE (2 * SECOND)

static void clock_compare(int64_t ahead)
{
	if (ahead != TIME_NONE && metrics_provider_clock(ahead, CLOCK_TOLERANCE))
		log_event("warning",
		    "the media server's clock is ahead by %lld s; times of events"
		    " are taken from the time of receipt",
		    (long long)(ahead / SECOND));
}

bool presence_keep(struct service *service, struct arena *arena, struct events *events, int64_t now,
    size_t *faults, struct error *error)
{
	const struct receipt receipt = {.service = service, .arena = arena, .now = now};

	*faults = 0;
	if (!media_servers_place(service, arena, events, error))
		return false;
	clock_compare(events_receive(events, now));
	for (size_t i = 0; i < events->count; i++)
		erasure_mark(service, arena, &events->items[i]);
	for (size_t i = 0; i < events->count; i++) {
		const struct event *event = &events->items[i];
		bool done = true;

		if (event->kind == EVENT_ENDED && event->ending.scope == END_SERVER)
			done = restart_apply(&receipt, event, error);
		else if (event->session_id != NULL)
			done = session_apply(&receipt, events, i, faults, error);
		if (!done && !fault_passed_over(faults, event->name, error))
			return false;
	}
	for (size_t i = 0; i < events->count; i++)
		metrics_webhook_event(events->items[i].name);
	participants_remove(&receipt, events);
	return true;
}
