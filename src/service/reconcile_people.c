/* Reconciling people: compares the connections of the tables with those of the provider. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/job_keep.h"
#include "service/presence.h"
#include "service/reconcile.h"
#include "service/session.h"

static int text_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool text_listed(const char *const *list, size_t count, const char *text)
{
	return count > 0 && bsearch(&text, list, count, sizeof *list, text_compare) != NULL;
}

static void text_sort(const char **list, size_t count)
{
	if (count > 0)
		qsort(list, count, sizeof *list, text_compare);
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

static bool open_find(struct reconcile *reconcile, struct error *error)
{
	struct db *db = reconcile->service->db;

	return db_once(db, error,
	    attendance_open(db, reconcile->arena, reconcile->server.server.name, &reconcile->open,
		&reconcile->open_count));
}

static int open_compare(const void *a, const void *b)
{
	const struct open_connection *one = a, *other = b;
	int order = strcmp(one->session_id, other->session_id);

	return order != 0 ? order : (*one->participant == '\0') - (*other->participant == '\0');
}

bool reconcile_has_senders(const struct reconcile *reconcile, const char *session_id)
{
	const struct open_connection sender = {.session_id = session_id, .participant = "x"};

	return reconcile->open_count > 0 && bsearch(&sender, reconcile->open, reconcile->open_count,
						sizeof sender, open_compare) != NULL;
}

static bool provider_ask(struct reconcile *reconcile, struct error *error)
{
	struct service *service = reconcile->service;
	struct participants *participants = &reconcile->participants;
	const char **known = arena_alloc(reconcile->arena, reconcile->open_count * sizeof *known);

	for (size_t i = 0; i < reconcile->open_count; i++)
		known[i] = reconcile->open[i].device;
	text_sort(known, reconcile->open_count);
	if (reconcile->open_count > 0)
		qsort(
		    reconcile->open, reconcile->open_count, sizeof *reconcile->open, open_compare);
	reconcile->asked_at = clock_now();
	if (!service->provider->participants(service->provider_state, reconcile->arena,
		&reconcile->server.server, known, reconcile->open_count, participants, error)) {
		if (error->kind == ERROR_UNAVAILABLE)
			reconcile_server_failed(reconcile);
		return false;
	}
	return reconcile_server_answered(reconcile, error);
}

static bool device_remove(
    const struct reconcile *reconcile, const char *device, struct error *error)
{
	const struct service *service = reconcile->service;

	return service->provider->device_remove(
	    service->provider_state, reconcile->arena, &reconcile->server.server, device, error);
}

/* The bans are read after the provider's list. A person who was readmitted and came back before the
 * list has no ban any more. A person who comes back later is not in the list. */
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

/* Removes the devices of banned people, also those that no attendance shows. */
static bool banned_remove(struct reconcile *reconcile, struct error *error)
{
	for (size_t i = 0; i < reconcile->open_count; i++) {
		const struct open_connection *open = &reconcile->open[i];

		if (banned(reconcile, open->session_id, open->attendee) &&
		    !(job_keep(reconcile->service, reconcile->job, error) &&
			device_remove(reconcile, open->device, error)))
			return false;
	}
	for (size_t i = 0; i < reconcile->participants.present_count; i++) {
		const struct presence *presence = &reconcile->participants.present[i];

		if (banned(reconcile, presence->session_id, presence->connection.attendee) &&
		    !(job_keep(reconcile->service, reconcile->job, error) &&
			device_remove(reconcile, presence->connection.device, error)))
			return false;
	}
	return true;
}

/* Applies one event in its own transaction: reconciling finds few. */
static bool event_write(
    const struct reconcile *reconcile, const struct event *event, struct error *error)
{
	struct db *db = reconcile->service->db;
	bool known;

	return db_transact(db, error,
	    presence_apply(db, reconcile->arena, event->session_id, event, 1, clock_now(), &known));
}

/* Makes the end of a connection that the provider no longer has. Its time is that of the list, but
 * not before the opening, which comes from another clock. If the event of the true end comes later,
 * the earlier time counts. */
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

/* Ends the connections that the provider no longer has. If the server has ended while an opening
 * was being written, its end is applied here. */
static bool lost_end(struct reconcile *reconcile, struct error *error)
{
	struct db *db = reconcile->service->db;

	for (size_t i = 0; i < reconcile->open_count; i++) {
		const struct open_connection *open = &reconcile->open[i];
		struct event event = loss(reconcile, open);

		if (!job_keep(reconcile->service, reconcile->job, error))
			return false;
		db_deadline_start(db);
		if (open->joined_at < reconcile->server.epoch &&
		    !db_transact(db, error,
			presence_settle(db, reconcile->arena, open->session_id,
			    reconcile->server.server.name, reconcile->server.epoch, clock_now())))
			return false;
		if (open->received_at > reconcile->asked_at - GRACE ||
		    text_listed(reconcile->participants.alive, reconcile->participants.alive_count,
			open->device))
			continue;
		if (!event_write(reconcile, &event, error))
			return false;
	}
	return true;
}

static bool elsewhere(const struct reconcile *reconcile, const struct meeting *meeting)
{
	return meeting->server != NULL &&
	       strcmp(meeting->server, reconcile->server.server.name) != 0;
}

/* Ends the sessions that belong to nobody. */
static bool strays_remove(const struct reconcile *reconcile, struct error *error)
{
	const struct participants *participants = &reconcile->participants;

	for (size_t i = 0; i < participants->stray_count; i++) {
		log_event(
		    "warning", "a session of the media server belongs to nobody; it is ended");
		if (!job_keep(reconcile->service, reconcile->job, error) ||
		    !device_remove(reconcile, participants->strays[i], error))
			return false;
	}
	return true;
}

/* Opens the connections whose openings were lost; their time is that of the list. (If the event
 * comes later: attendance_supersede().) Removes devices from meetings that have ended or are on
 * another server. */
static bool present_open(struct reconcile *reconcile, struct error *error)
{
	struct service *service = reconcile->service;

	for (size_t i = 0; i < reconcile->participants.present_count; i++) {
		const struct presence *presence = &reconcile->participants.present[i];
		struct meeting meeting;
		bool found;
		struct event event = {.kind = EVENT_OPENED,
		    .name = EVENT_NAME_FOUND,
		    .session_id = presence->session_id,
		    .at = reconcile->asked_at,
		    .connection = presence->connection};

		if (presence->outside ||
		    banned(reconcile, presence->session_id, presence->connection.attendee))
			continue;
		if (!job_keep(reconcile->service, reconcile->job, error))
			return false;
		db_deadline_start(service->db);
		if (!session_meeting(
			service, reconcile->arena, presence->session_id, &meeting, &found, error))
			return false;
		if (!found)
			continue;
		if (meeting.end_time != TIME_NONE || meeting.deleted ||
		    elsewhere(reconcile, &meeting)) {
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
	    (!open_find(reconcile, error) || !provider_ask(reconcile, error)))
		return false;
	return bans_read(reconcile, error) && banned_remove(reconcile, error) &&
	       strays_remove(reconcile, error) && lost_end(reconcile, error) &&
	       present_open(reconcile, error);
}
