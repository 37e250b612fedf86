/* Reconciling people: who is connected, by the tables and by the provider. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/job_keep.h"
#include "service/presence.h"
#include "service/reconcile.h"
#include "service/session.h"
#include "store/settings.h"

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

static int ban_compare(const void *a, const void *b)
{
	const struct ban *one = a, *other = b;
	int order = strcmp(one->session_id, other->session_id);

	return order != 0 ? order : strcmp(one->attendee, other->attendee);
}

static bool banned(const struct reconcile *reconcile, const char *session_id, const char *attendee)
{
	const struct ban ban = {.session_id = session_id, .attendee = attendee};

	return reconcile->ban_count > 0 && bsearch(&ban, reconcile->bans, reconcile->ban_count,
					       sizeof ban, ban_compare) != NULL;
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

static bool device_remove(
    const struct reconcile *reconcile, const char *device, struct error *error)
{
	const struct service *service = reconcile->service;

	return service->provider->device_remove(
	    service->provider_state, reconcile->arena, device, error);
}

/* The bans are read after the provider was asked: whoever was readmitted and came back before that
 * is not among them, and whoever comes back later is not in the provider's list. */
static bool bans_read(struct reconcile *reconcile, struct error *error)
{
	struct db *db = reconcile->service->db;

	db_deadline_start(db);
	if (!db_once(db, error,
		bans_running(
		    db, reconcile->arena, clock_now(), &reconcile->bans, &reconcile->ban_count)))
		return false;
	if (reconcile->ban_count > 0)
		qsort(reconcile->bans, reconcile->ban_count, sizeof *reconcile->bans, ban_compare);
	return true;
}

/* Puts out who was put out before and is (still) there, also where no attendance shows it. */
static bool banned_remove(struct reconcile *reconcile, struct error *error)
{
	for (size_t i = 0; i < reconcile->open_count; i++) {
		const struct open_connection *open = &reconcile->open[i];

		if (banned(reconcile, open->session_id, open->attendee) &&
		    !(job_keep(reconcile->service, reconcile->job, error) &&
			device_remove(reconcile, open->device, error)))
			return false;
	}
	for (size_t i = 0; i < reconcile->present_count; i++) {
		const struct presence *presence = &reconcile->present[i];

		if (banned(reconcile, presence->session_id, presence->connection.attendee) &&
		    !(job_keep(reconcile->service, reconcile->job, error) &&
			device_remove(reconcile, presence->connection.device, error)))
			return false;
	}
	return true;
}

/* Applies one event of one meeting by itself: reconciling finds few. */
static bool event_write(
    const struct reconcile *reconcile, const struct event *event, struct error *error)
{
	struct db *db = reconcile->service->db;
	bool known;

	return db_transact(db, error,
	    presence_apply(db, reconcile->arena, event->session_id, event, 1, clock_now(), &known));
}

/* A connection that the provider no longer has, since the list was made: not before its opening,
 * which may be a moment ahead by another clock. The event of its end may still come, with the true
 * time: the earlier one counts. */
static struct event loss(const struct reconcile *reconcile, const struct open_connection *open)
{
	int64_t at = open->joined_at > reconcile->asked_at ? open->joined_at : reconcile->asked_at;

	return (struct event){.kind = EVENT_ENDED,
	    .name = EVENT_NAME_LOST,
	    .session_id = open->session_id,
	    .at = at,
	    .ending = {.scope = END_CONNECTION,
		.key = open->connection_id,
		.event = EVENT_NAME_LOST,
		.at = at,
		.stamped_at = TIME_NONE}};
}

/* Somebody whose connection the provider no longer has has left; and an end of everything that was
 * noted just while their opening was being written is applied now. */
static bool lost_close(struct reconcile *reconcile, struct error *error)
{
	struct db *db = reconcile->service->db;

	for (size_t i = 0; i < reconcile->open_count; i++) {
		const struct open_connection *open = &reconcile->open[i];
		struct event event = loss(reconcile, open);

		if (!job_keep(reconcile->service, reconcile->job, error))
			return false;
		db_deadline_start(db);
		if (open->joined_at < reconcile->epoch &&
		    !db_transact(db, error,
			presence_settle(
			    db, reconcile->arena, open->session_id, reconcile->epoch, clock_now())))
			return false;
		if (open->received_at > reconcile->asked_at - GRACE ||
		    text_listed(reconcile->alive, reconcile->alive_count, open->device))
			continue;
		if (!event_write(reconcile, &event, error))
			return false;
	}
	return true;
}

static bool connection_open(const struct reconcile *reconcile, const char *connection_id)
{
	for (size_t i = 0; i < reconcile->open_count; i++) {
		if (strcmp(reconcile->open[i].connection_id, connection_id) == 0)
			return true;
	}
	return false;
}

/* Somebody who is there but whose opening was lost is in the meeting since now (until the event
 * comes after all: attendance_supersede()); somebody who is left in a meeting that has ended is put
 * out. */
static bool present_open(struct reconcile *reconcile, struct error *error)
{
	struct service *service = reconcile->service;

	for (size_t i = 0; i < reconcile->present_count; i++) {
		const struct presence *presence = &reconcile->present[i];
		struct meeting meeting;
		bool found;
		struct event event = {.kind = EVENT_OPENED,
		    .name = EVENT_NAME_FOUND,
		    .session_id = presence->session_id,
		    .at = reconcile->asked_at,
		    .connection = presence->connection};

		if (presence->outside ||
		    banned(reconcile, presence->session_id, presence->connection.attendee) ||
		    connection_open(reconcile, presence->connection.connection_id))
			continue;
		if (!job_keep(reconcile->service, reconcile->job, error))
			return false;
		db_deadline_start(service->db);
		if (!session_meeting(
			service, reconcile->arena, presence->session_id, &meeting, &found, error))
			return false;
		if (!found)
			continue;
		if (meeting.end_time != TIME_NONE || meeting.deleted) {
			if (!device_remove(reconcile, presence->connection.device, error))
				return false;
			continue;
		}
		event.connection.joined_at = reconcile->asked_at;
		event.connection.stamped_at = TIME_NONE;
		event.connection.event = EVENT_NAME_FOUND;
		if (!event_write(reconcile, &event, error))
			return false;
	}
	return true;
}

bool reconcile_people(struct reconcile *reconcile, struct error *error)
{
	const struct service *service = reconcile->service;

	if (service->provider->participants != NULL &&
	    (!db_run_plain(service->db, open_find, reconcile, error) ||
		!provider_ask(reconcile, error)))
		return false;
	return bans_read(reconcile, error) && banned_remove(reconcile, error) &&
	       lost_close(reconcile, error) && present_open(reconcile, error);
}
