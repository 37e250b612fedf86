/* The job reconcile: compares what the tables say with what the provider sees, and so makes up for
 * events that were lost. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "ctl/job_handlers.h"
#include "ctl/room_remake.h"
#include "store/attendance.h"
#include "store/grants.h"
#include "store/meetings.h"
#include "store/settings.h"

/* An opening younger than this may be newer than the provider's list. */
#define GRACE (5 * SECOND)

enum {
	PAGE = 100, /* meetings read at once */
};

struct reconcile {
	struct service *service;
	struct arena *arena;
	int64_t asked_at; /* when the provider was asked */
	int64_t epoch;
	struct open_connection *open;
	size_t open_count;
	const char *const *alive; /* sorted */
	size_t alive_count;
	struct presence *present;
	size_t present_count;
	const char *const *rooms; /* sorted */
	size_t room_count;
	/* one page of meetings */
	int64_t after;
	struct meeting *meetings;
	size_t meeting_count;
};

static int text_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool text_listed(const char *const *list, size_t count, const char *text)
{
	return count > 0 && bsearch(&text, list, count, sizeof *list, text_compare) != NULL;
}

static void text_sort(const char *const *list, size_t count)
{
	if (count > 0)
		qsort((void *)list, count, sizeof *list, text_compare);
}

static enum db_outcome open_find(struct db *db, void *context)
{
	struct reconcile *reconcile = context;
	const char *epoch;

	DB_TRY(setting_get(db, reconcile->arena, SETTING_PROVIDER_EPOCH, &epoch));
	reconcile->epoch = setting_epoch(epoch);
	return attendance_open(
	    db, reconcile->arena, NULL, &reconcile->open, &reconcile->open_count);
}

static bool provider_ask(struct reconcile *reconcile, struct error *error)
{
	struct service *service = reconcile->service;
	const char **known = arena_alloc(reconcile->arena, reconcile->open_count * sizeof *known);

	for (size_t i = 0; i < reconcile->open_count; i++)
		known[i] = reconcile->open[i].device;
	reconcile->asked_at = clock_now();
	if (!service->provider->participants(service->provider_state, reconcile->arena, known,
		reconcile->open_count, &reconcile->alive, &reconcile->alive_count,
		&reconcile->present, &reconcile->present_count, error))
		return false;
	text_sort(reconcile->alive, reconcile->alive_count);
	return true;
}

/* One event of one meeting, applied by itself: reconciling finds few. */
struct finding {
	struct reconcile *reconcile;
	struct event event;
};

static enum db_outcome finding_write(struct db *db, void *context)
{
	struct finding *finding = context;
	bool known;

	return attendance_apply(db, finding->reconcile->arena, finding->event.session_id,
	    &finding->event, 1, clock_now(), &known);
}

static enum db_outcome session_settle(struct db *db, void *context)
{
	const struct finding *finding = context;

	const struct reconcile *reconcile = finding->reconcile;

	return attendance_settle(
	    db, reconcile->arena, finding->event.session_id, reconcile->epoch, clock_now());
}

/* Somebody whose connection the provider no longer has has left; and an end of everything that was
 * noted just while their opening was being written is applied now. */
static bool lost_close(struct reconcile *reconcile, struct error *error)
{
	struct db *db = reconcile->service->db;

	for (size_t i = 0; i < reconcile->open_count; i++) {
		const struct open_connection *open = &reconcile->open[i];
		struct finding finding = {.reconcile = reconcile,
		    .event = {.kind = EVENT_ENDED,
			.name = "lost",
			.session_id = open->session_id,
			.at = reconcile->asked_at,
			.ending = {.scope = END_CONNECTION,
			    .key = open->connection_id,
			    .event = "lost",
			    .at = reconcile->asked_at}}};

		db_deadline_start(db);
		if (open->joined_at < reconcile->epoch &&
		    !db_run(db, session_settle, &finding, error))
			return false;
		if (open->joined_at > reconcile->asked_at - GRACE ||
		    text_listed(reconcile->alive, reconcile->alive_count, open->device))
			continue;
		if (!db_run(db, finding_write, &finding, error))
			return false;
	}
	return true;
}

struct session_look {
	struct arena *arena;
	const char *session_id;
	struct meeting meeting;
	bool found;
};

static enum db_outcome session_find(struct db *db, void *context)
{
	struct session_look *look = context;

	return meeting_find_session(
	    db, look->arena, look->session_id, &look->meeting, &look->found);
}

static bool connection_open(const struct reconcile *reconcile, const char *connection_id)
{
	for (size_t i = 0; i < reconcile->open_count; i++) {
		if (strcmp(reconcile->open[i].connection_id, connection_id) == 0)
			return true;
	}
	return false;
}

/* Somebody who is there but whose opening was lost is in the meeting since now; somebody who is
 * left in a meeting that has ended is put out. */
static bool present_open(struct reconcile *reconcile, struct error *error)
{
	struct service *service = reconcile->service;

	for (size_t i = 0; i < reconcile->present_count; i++) {
		const struct presence *presence = &reconcile->present[i];
		struct session_look look = {
		    .arena = reconcile->arena, .session_id = presence->session_id};
		struct finding finding = {.reconcile = reconcile,
		    .event = {.kind = EVENT_OPENED,
			.name = "found",
			.session_id = presence->session_id,
			.at = reconcile->asked_at,
			.connection = presence->connection}};

		if (connection_open(reconcile, presence->connection.connection_id))
			continue;
		db_deadline_start(service->db);
		if (!db_run_plain(service->db, session_find, &look, error))
			return false;
		if (!look.found)
			continue;
		if (look.meeting.end_time != TIME_NONE || look.meeting.deleted) {
			if (!service->provider->device_remove(service->provider_state,
				reconcile->arena, presence->connection.device, error))
				return false;
			continue;
		}
		finding.event.connection.joined_at = reconcile->asked_at;
		finding.event.connection.event = "found";
		if (!db_run(service->db, finding_write, &finding, error))
			return false;
	}
	return true;
}

static enum db_outcome page_find(struct db *db, void *context)
{
	struct reconcile *reconcile = context;

	return meetings_running(db, reconcile->arena, clock_now(), reconcile->after, PAGE,
	    &reconcile->meetings, &reconcile->meeting_count);
}

static enum db_outcome room_forget(struct db *db, void *context)
{
	return grants_forget_room(db, context);
}

/* A room that should be there and is not: its loss was not reported. */
static bool room_restore(
    struct reconcile *reconcile, const struct meeting *meeting, struct error *error)
{
	struct service *service = reconcile->service;

	if (text_listed(reconcile->rooms, reconcile->room_count, meeting->session_id))
		return true;
	log_event("warning", "a running meeting had lost its room; it is made again");
	db_deadline_start(service->db);
	return db_run_plain(
		   service->db, room_forget, (void *)(uintptr_t)meeting->session_id, error) &&
	       room_remake(service, reconcile->arena, meeting, error);
}

static bool rooms_restore(struct reconcile *reconcile, struct error *error)
{
	struct service *service = reconcile->service;

	/* The meetings first: a room made meanwhile is then in the list. */
	do {
		db_deadline_start(service->db);
		if (!db_run_plain(service->db, page_find, reconcile, error))
			return false;
		if (reconcile->meeting_count == 0)
			return true;
		if (!service->provider->rooms(service->provider_state, reconcile->arena,
			&reconcile->rooms, &reconcile->room_count, error))
			return false;
		text_sort(reconcile->rooms, reconcile->room_count);
		for (size_t i = 0; i < reconcile->meeting_count; i++) {
			if (!room_restore(reconcile, &reconcile->meetings[i], error))
				return false;
			reconcile->after = reconcile->meetings[i].id;
		}
	} while (reconcile->meeting_count == PAGE);
	return true;
}

bool job_reconcile(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct reconcile reconcile = {.service = service, .arena = arena};

	(void)job;
	if (service->provider->participants != NULL &&
	    (!db_run_plain(service->db, open_find, &reconcile, error) ||
		!provider_ask(&reconcile, error) || !lost_close(&reconcile, error) ||
		!present_open(&reconcile, error)))
		return false;
	return service->provider->rooms == NULL || rooms_restore(&reconcile, error);
}
