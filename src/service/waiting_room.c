/* The waiting room: a moderator admits those who wait. */
#include "service/waiting_room.h"

#include "base/clock.h"
#include "base/json.h"
#include "meeting/schedule.h"
#include "service/audit.h"
#include "service/lookup.h"
#include "service/meeting_events.h"
#include "service/placement.h"
#include "service/removal.h"
#include "service/room_remake.h"
#include "store/attendees.h"
#include "store/meetings.h"
#include "store/waiting.h"

struct admitting {
	struct service *service;
	struct arena *arena;
	const struct act *act;
	const struct moderated *who; /* attendee NULL: all */
	struct meeting meeting;
	bool found; /* the meeting */
	bool known; /* the attendee */
	struct waiter *waiters;
	size_t count;
	int64_t epoch;
};

static enum db_outcome waiters_find(struct admitting *admitting)
{
	const struct target target = act_target(admitting->act, admitting->who->meeting_link);
	struct db *db = admitting->service->db;
	struct waiter *one;
	bool waits;

	if (admitting->who->attendee == NULL)
		return waiting_find(
		    db, admitting->arena, target, &admitting->waiters, &admitting->count);
	one = arena_alloc(admitting->arena, sizeof *one);
	DB_TRY(
	    waiting_find_one(db, admitting->arena, target, admitting->who->attendee, one, &waits));
	admitting->waiters = one;
	admitting->count = waits;
	return DB_OK;
}

static enum db_outcome look(struct admitting *admitting)
{
	const char *attendee = admitting->who->attendee;

	DB_TRY(lookup_meeting_step(admitting->service, admitting->arena, admitting->act,
	    admitting->who->meeting_link, &admitting->meeting, &admitting->found));
	admitting->known = attendee == NULL;
	if (!admitting->found)
		return DB_OK;
	if (attendee != NULL)
		DB_TRY(attendee_known(admitting->service->db, admitting->arena,
		    admitting->meeting.session_id, attendee, &admitting->known));
	return waiters_find(admitting);
}

static bool look_check(const struct admitting *admitting, struct error *error)
{
	if (!admitting->found)
		return meeting_not_found(error);
	if (!meeting_not_ended(&admitting->meeting, error))
		return false;
	return admitting->known ||
	       error_set(error, ERROR_NOT_FOUND, "There is no such attendee in this meeting.");
}

/* Has the provider let them send, before they hear that they may come in. */
static bool provider_grant(struct admitting *admitting, struct error *error)
{
	struct service *service = admitting->service;
	struct media_server_row row;

	if (!placement_make(service, admitting->arena, &admitting->meeting, &row, error))
		return false;
	admitting->epoch = row.epoch;
	for (size_t i = 0; i < admitting->count; i++) {
		const struct grant grant = {.attendee = admitting->waiters[i].attendee,
		    .role = (enum role)admitting->waiters[i].role,
		    .room_epoch = TIME_NONE,
		    .waiting_since = TIME_NONE,
		    .banned_on = TIME_NONE};

		if (!room_grant(
			service, admitting->arena, &row.server, &admitting->meeting, &grant, error))
			return false;
	}
	return true;
}

static enum db_outcome admit_one(
    struct admitting *admitting, const struct waiter *waiter, struct json_object *admitted)
{
	const char *session_id = admitting->meeting.session_id;
	const struct act *act = admitting->act;
	struct db *db = admitting->service->db;
	bool waited;

	DB_TRY(waiting_end(db, session_id, waiter, admitting->epoch, act->at, &waited));
	if (!waited)
		return DB_OK;
	json_object_array_add(admitted, json_object_new_string(waiter->attendee));
	return meeting_event_add_attendee(
	    db, admitting->arena, act, session_id, MEETING_EVENT_ADMITTED, waiter->attendee);
}

static enum db_outcome admitted_audit(
    const struct admitting *admitting, struct json_object *admitted)
{
	const struct audit_entry entry = {.entity = "meeting",
	    .entity_id = admitting->meeting.meeting_link,
	    .action = "admit",
	    .after = json_text(admitted)};

	if (json_object_array_length(admitted) == 0)
		return DB_OK;
	return audit_write(admitting->service, admitting->act, &entry);
}

static enum db_outcome admit_write(struct admitting *admitting)
{
	struct json_object *admitted = json_object_new_array();

	json_own(admitting->arena, admitted);
	DB_TRY(meeting_find_locked(admitting->service->db, admitting->arena,
	    act_target(admitting->act, admitting->who->meeting_link), &admitting->meeting,
	    &admitting->found));
	admitting->found = admitting->found && !admitting->meeting.deleted;
	if (!admitting->found || admitting->meeting.end_time != TIME_NONE)
		return DB_OK;
	for (size_t i = 0; i < admitting->count; i++)
		DB_TRY(admit_one(admitting, &admitting->waiters[i], admitted));
	return admitted_audit(admitting, admitted);
}

bool waiting_room_admit(struct service *service, struct arena *arena, const struct act *act,
    const struct moderated *moderated, struct error *error)
{
	struct admitting admitting = {
	    .service = service, .arena = arena, .act = act, .who = moderated};

	if (!db_once(service->db, error, look(&admitting)) || !look_check(&admitting, error))
		return false;
	if (admitting.count == 0)
		return true;
	return provider_grant(&admitting, error) &&
	       db_transact(service->db, error, admit_write(&admitting)) &&
	       look_check(&admitting, error);
}
