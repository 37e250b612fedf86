/* Moderation: a moderator mutes, removes or readmits one attendee of a meeting. */
#include "service/moderation.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "meeting/schedule.h"
#include "service/audit.h"
#include "service/gate.h"
#include "service/lookup.h"
#include "service/meeting_events.h"
#include "service/removal.h"
#include "service/session.h"
#include "store/attendance.h"
#include "store/grants.h"
#include "store/job_kinds.h"
#include "store/meetings.h"
#include "store/waiting.h"

struct moderation {
	struct service *service;
	struct arena *arena;
	const struct act *act;
	const struct moderated *who;
	struct meeting meeting;
	bool found; /* the meeting */
	bool known; /* the attendee, in a meeting that has not ended */
	bool muted; /* or unmuted */
	bool heard; /* the provider had their sound */
	struct open_connection *open;
	size_t open_count;
	const char **devices;
	size_t device_count;
};

/* Is the attendee known in the meeting? Only for a meeting that was found and has not ended. */
static enum db_outcome attendee_look(struct moderation *moderation)
{
	const struct meeting *meeting = &moderation->meeting;

	moderation->found = moderation->found && !meeting->deleted;
	moderation->known = false;
	if (!moderation->found || meeting->end_time != TIME_NONE)
		return DB_OK;
	return attendee_known(moderation->service->db, moderation->arena, meeting->session_id,
	    moderation->who->attendee, &moderation->known);
}

static enum db_outcome look(struct moderation *moderation)
{
	DB_TRY(lookup_meeting_step(moderation->service, moderation->arena, moderation->act,
	    moderation->who->meeting_link, &moderation->meeting, &moderation->found));
	return attendee_look(moderation);
}

/* The same, and locks the meeting's row. */
static enum db_outcome look_locked(struct moderation *moderation)
{
	DB_TRY(meeting_find_locked(moderation->service->db, moderation->arena,
	    act_target(moderation->act, moderation->who->meeting_link), &moderation->meeting,
	    &moderation->found));
	return attendee_look(moderation);
}

/* Sets the error for what look() has not found. */
static bool look_check(const struct moderation *moderation, struct error *error)
{
	if (!moderation->found)
		return meeting_not_found(error);
	if (!meeting_not_ended(&moderation->meeting, error))
		return false;
	return moderation->known ||
	       error_set(error, ERROR_NOT_FOUND, "There is no such attendee in this meeting.");
}

static enum db_outcome audit_attendee(const struct moderation *moderation, const char *action)
{
	struct json_object *object;
	enum db_outcome outcome;

	if (!moderation->service->config.audit_log)
		return DB_OK;
	object = json_object_new_object();
	json_add_text(object, "attendee", moderation->who->attendee);
	outcome = audit_write(moderation->service, moderation->act,
	    &(struct audit_entry){.entity = "meeting",
		.entity_id = moderation->meeting.meeting_link,
		.action = action,
		.after = json_text(object)});
	json_object_put(object);
	return outcome;
}

static enum db_outcome mute_find(struct moderation *moderation)
{
	DB_TRY(look(moderation));
	if (!moderation->known)
		return DB_OK;
	return attendance_open_of(moderation->service->db, moderation->arena,
	    moderation->meeting.session_id, moderation->who->attendee, &moderation->open,
	    &moderation->open_count);
}

static enum db_outcome event_add(const struct moderation *moderation, enum meeting_event_type type)
{
	return meeting_event_add_attendee(moderation->service->db, moderation->arena,
	    moderation->act, moderation->meeting.session_id, type, moderation->who->attendee);
}

static enum db_outcome mute_write(const struct moderation *moderation)
{
	bool found;

	DB_TRY(meeting_touch(moderation->service->db, moderation->meeting.session_id, &found));
	if (moderation->heard)
		DB_TRY(event_add(
		    moderation, moderation->muted ? MEETING_EVENT_MUTED : MEETING_EVENT_UNMUTED));
	return audit_attendee(moderation, moderation->muted ? "mute" : "unmute");
}

static bool mute_carry_out(struct moderation *moderation, struct error *error)
{
	struct service *service = moderation->service;
	const struct meeting *meeting = &moderation->meeting;
	struct session_ref session;
	const char **ids =
	    arena_alloc(moderation->arena, (moderation->open_count + 1) * sizeof *ids);
	size_t count = 0;

	for (size_t i = 0; i < moderation->open_count; i++) {
		if (*moderation->open[i].participant != '\0')
			ids[count++] = moderation->open[i].connection_id;
	}
	if (count > 0 &&
	    !(session_refer(service, moderation->arena, meeting->server, meeting->session_id,
		  &session, error) &&
		service->provider->attendee_mute(service->provider_state, moderation->arena,
		    &session, ids, count, moderation->muted, &moderation->heard, error)))
		return false;
	return moderation->heard || count < moderation->open_count ||
	       error_set(error, ERROR_NOT_FOUND, "This attendee is not in the meeting now.");
}

bool moderation_mute(struct service *service, struct arena *arena, const struct act *act,
    const struct moderated *moderated, bool muted, struct error *error)
{
	struct moderation moderation = {
	    .service = service, .arena = arena, .act = act, .who = moderated, .muted = muted};

	if (!db_once(service->db, error, mute_find(&moderation)) || !look_check(&moderation, error))
		return false;
	return provider_can(service->provider, FEATURE_MUTE, "mute others", error) &&
	       mute_carry_out(&moderation, error) &&
	       db_transact(service->db, error, mute_write(&moderation));
}

/* Ends the person's wait. `*refused`: they waited, now or until an earlier try of this request. */
static enum db_outcome refuse(struct moderation *moderation, bool *refused)
{
	const struct waiter waiter = {.attendee = moderation->who->attendee};
	const char *session_id = moderation->meeting.session_id;
	struct db *db = moderation->service->db;

	DB_TRY(waiting_end(db, session_id, &waiter, TIME_NONE, moderation->act->at, refused));
	if (*refused)
		return DB_OK;
	return meeting_event_added(
	    db, moderation->arena, moderation->act, session_id, MEETING_EVENT_REFUSED, refused);
}

/* Writes the ban and the ends of the connections. The job helps where this request cannot: the
 * provider does not answer, or a connection has not been reported yet. */
static enum db_outcome remove_write(struct moderation *moderation)
{
	struct db *db = moderation->service->db;
	const struct act *act = moderation->act;
	const char *attendee = moderation->who->attendee;
	const struct meeting *meeting = &moderation->meeting;
	struct attendance_changes changes = {0};
	bool refused = false;

	DB_TRY(look_locked(moderation));
	if (!moderation->known)
		return DB_OK;
	DB_TRY(refuse(moderation, &refused));
	DB_TRY(grants_ban(db, meeting->session_id, attendee, act->at));
	DB_TRY(event_add(moderation, refused ? MEETING_EVENT_REFUSED : MEETING_EVENT_REMOVED));
	DB_TRY(attendance_remove(db, moderation->arena, meeting->session_id, attendee, act->at,
	    &moderation->devices, &moderation->device_count, &changes));
	DB_TRY(meeting_events_add_attendance(db, moderation->arena, meeting->session_id, &changes));
	DB_TRY(job_put_reconcile(db, meeting->server, act->at, act->at));
	return audit_attendee(moderation, refused ? "refuse" : "remove");
}

static bool remove_carry_out(const struct moderation *moderation, struct error *error)
{
	struct service *service = moderation->service;
	const struct meeting *meeting = &moderation->meeting;
	struct session_ref session;

	if (!session_refer(
		service, moderation->arena, meeting->server, meeting->session_id, &session, error))
		return false;
	gate_remove(service, moderation->arena, &session, moderation->who->attendee);
	/* The token first: with it, a removed device could come back. */
	if (!removal_revoke(service, moderation->arena, meeting, moderation->who->attendee, error))
		return false;
	for (size_t i = 0; i < moderation->device_count; i++) {
		if (!service->provider->device_remove(service->provider_state, moderation->arena,
			&session.server, moderation->devices[i], error))
			return false;
	}
	return true;
}

bool moderation_remove(struct service *service, struct arena *arena, const struct act *act,
    const struct moderated *moderated, struct error *error)
{
	struct moderation moderation = {
	    .service = service, .arena = arena, .act = act, .who = moderated};

	if (!db_transact(service->db, error, remove_write(&moderation)) ||
	    !look_check(&moderation, error))
		return false;
	if (!remove_carry_out(&moderation, error)) {
		log_event("warning", "cannot remove an attendee, a job will: %s", error->message);
		error_clear(error);
	}
	return true;
}

static enum db_outcome readmit_write(struct moderation *moderation)
{
	bool readmitted;

	DB_TRY(look_locked(moderation));
	if (!moderation->known)
		return DB_OK;
	DB_TRY(grants_readmit(moderation->service->db, moderation->meeting.session_id,
	    moderation->who->attendee, moderation->act->at, &readmitted));
	if (!readmitted)
		return DB_OK;
	DB_TRY(event_add(moderation, MEETING_EVENT_READMITTED));
	return audit_attendee(moderation, "readmit");
}

bool moderation_readmit(struct service *service, struct arena *arena, const struct act *act,
    const struct moderated *moderated, struct error *error)
{
	struct moderation moderation = {
	    .service = service, .arena = arena, .act = act, .who = moderated};

	return db_transact(service->db, error, readmit_write(&moderation)) &&
	       look_check(&moderation, error);
}
