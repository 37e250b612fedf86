/* Events of meetings: the use cases write them, listeners read them. */
#include "service/meeting_events.h"

#include <string.h>

#include "base/visible_text.h"
#include "service/lookup.h"
#include "service/removal.h"
#include "store/connections.h"
#include "store/grants.h"
#include "store/meeting_events.h"

enum db_outcome meeting_events_add_attendance(struct db *db, struct arena *arena,
    const char *session_id, const struct attendance_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		const struct attendance_change *change = &changes->items[i];
		const char *name = visible_text_clean(arena, change->name);
		const struct meeting_event event = {
		    .type = change->joined ? MEETING_EVENT_JOINED : MEETING_EVENT_LEFT,
		    .at = change->at,
		    .attendee = change->attendee,
		    .name = name,
		    .verified = change->verified && name != NULL,
		    .role = change->role,
		    .reason = change->reason};

		DB_TRY(meeting_event_insert(db, arena, session_id, &event));
	}
	return DB_OK;
}

static const char *cause_text(
    struct arena *arena, enum meeting_event_type type, const char *identity)
{
	return arena_printf(arena, "%s:%s", meeting_event_name(type), identity);
}

enum db_outcome meeting_event_add(struct db *db, struct arena *arena, const struct act *act,
    const struct meeting *meeting, enum meeting_event_type type)
{
	/* A meeting starts, ends and is deleted once. */
	const char *cause = type == MEETING_EVENT_EDITED ? cause_text(arena, type, act->request_id)
							 : meeting_event_name(type);
	const struct meeting_event event = {
	    .type = type, .cause = cause, .at = act->at, .meeting = meeting};

	return meeting_event_insert(db, arena, meeting->session_id, &event);
}

/* Completes an event about one attendee with their name and role, and adds it. */
static enum db_outcome attendee_event_insert(
    struct db *db, struct arena *arena, const char *session_id, struct meeting_event event)
{
	struct grant grant;

	DB_TRY(grant_highest(db, arena, session_id, event.attendee, &grant));
	event.name = visible_text_clean(arena, grant.name);
	event.verified = grant.verified && event.name != NULL;
	event.role = grant.role;
	return meeting_event_insert(db, arena, session_id, &event);
}

enum db_outcome meeting_event_add_attendee(struct db *db, struct arena *arena,
    const struct act *act, const char *session_id, enum meeting_event_type type,
    const char *attendee)
{
	/* A request may admit many, each once: it finds them by their rows. */
	const struct meeting_event event = {.type = type,
	    .cause =
		type == MEETING_EVENT_ADMITTED ? NULL : cause_text(arena, type, act->request_id),
	    .at = act->at,
	    .attendee = attendee};

	return attendee_event_insert(db, arena, session_id, event);
}

enum db_outcome meeting_event_add_page(
    struct db *db, struct arena *arena, const char *session_id, const struct event *event)
{
	const struct connection *page = &event->connection;
	enum meeting_event_type type =
	    event->kind == EVENT_LOST ? MEETING_EVENT_LOST : MEETING_EVENT_BACK;
	const char *identity = arena_printf(arena, "%s/%lld", page->device, (long long)event->at);
	const struct meeting_event lost_or_back = {.type = type,
	    .cause = cause_text(arena, type, identity),
	    .at = event->at,
	    .attendee = page->attendee,
	    .participant = page->participant};
	struct open_connection *open;
	size_t count;
	bool is_open = false;

	DB_TRY(attendance_open_of(db, arena, session_id, page->attendee, &open, &count));
	for (size_t i = 0; i < count; i++)
		is_open = is_open || strcmp(open[i].device, page->device) == 0;
	return is_open ? attendee_event_insert(db, arena, session_id, lost_or_back) : DB_OK;
}

enum db_outcome meeting_event_added(struct db *db, struct arena *arena, const struct act *act,
    const char *session_id, enum meeting_event_type type, bool *added)
{
	return meeting_event_caused(
	    db, session_id, cause_text(arena, type, act->request_id), added);
}

enum db_outcome meeting_event_add_recording(struct db *db, struct arena *arena,
    const char *session_id, enum meeting_event_type type, const char *archive_id,
    const char *reason, int64_t at)
{
	const struct meeting_event event = {.type = type,
	    .cause = cause_text(arena, type, archive_id),
	    .at = at,
	    .archive_id = archive_id,
	    .reason = reason};

	return meeting_event_insert(db, arena, session_id, &event);
}

enum db_outcome meeting_event_add_progress(struct db *db, struct arena *arena,
    const char *session_id, const char *archive_id, int progress, int64_t at)
{
	const enum meeting_event_type type = MEETING_EVENT_RECORDING_PROGRESS;
	const struct meeting_event event = {.type = type,
	    .cause = cause_text(arena, type, arena_printf(arena, "%s %d", archive_id, progress)),
	    .at = at,
	    .archive_id = archive_id,
	    .progress = progress};

	return meeting_event_insert(db, arena, session_id, &event);
}

enum db_outcome meeting_event_add_silent_recording(struct db *db, struct arena *arena,
    const char *session_id, const char *archive_id, const char *reason, int64_t at)
{
	/* The archive may fail in the end, too: that is another event. */
	const struct meeting_event event = {.type = MEETING_EVENT_RECORDING_FAILED,
	    .cause = arena_printf(arena, "recording.silent:%s", archive_id),
	    .at = at,
	    .archive_id = archive_id,
	    .reason = reason};

	return meeting_event_insert(db, arena, session_id, &event);
}

bool meeting_events_list(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct meeting_events_query *query,
    struct meeting_events *events, struct error *error)
{
	struct db *db = service->db;
	size_t kept = 0;

	*events = (struct meeting_events){0};
	if (!db_once(db, error,
		meeting_events_find(db, arena, act_target(act, meeting_link), query, events)))
		return false;
	if (!events->meeting_found)
		return meeting_not_found(error);
	if (events->is_banned)
		return attendee_removed(error);
	for (size_t i = 0; i < events->count; i++) {
		if (audience_includes(arena, events->list[i].audience, &query->listener))
			events->list[kept++] = events->list[i];
	}
	events->count = kept;
	return true;
}

bool meeting_events_missed(struct service *service, struct arena *arena, const char *session_id,
    int64_t after, size_t limit, struct meeting_events *events, struct error *error)
{
	*events = (struct meeting_events){0};
	return db_once(service->db, error,
	    meeting_events_behind(
		service->db, arena, session_id, after, limit, &events->list, &events->count));
}
