/* Scheduling: creates, edits and deletes meetings. */
#include "service/scheduling.h"

#include <string.h>

#include "base/clock.h"
#include "service/audit.h"
#include "service/ending.h"
#include "service/ids.h"
#include "service/lookup.h"
#include "service/meeting_events.h"
#include "store/idempotency.h"
#include "store/invite_codes.h"
#include "store/meetings.h"

enum {
	LINK_TRIES = 5, /* a random link is taken once in 2^60 */
};

struct creation {
	struct service *service;
	struct arena *arena;
	const struct act *act;
	struct meeting meeting;
	struct idempotency idempotency; /* without a key its `key` is NULL */
	enum idempotency_state state;
	bool taken; /* another meeting has the link */
};

static void meeting_fill(struct creation *creation, const struct meeting_wish *wish)
{
	const struct act *act = creation->act;
	struct meeting *meeting = &creation->meeting;

	*meeting = (struct meeting){
	    .meeting_link = meeting_link_new(creation->arena),
	    .provider = creation->service->provider->name,
	    .is_scheduled = wish->is_scheduled,
	    .schedule_time = wish->schedule_time,
	    .is_archived = wish->is_archived,
	    .end_to_end_encryption = wish->end_to_end_encryption,
	    .access = wish->access,
	    .start_time = TIME_NONE,
	    .end_time = TIME_NONE,
	    .ext_id = wish->ext_id,
	    .ext_metadata = wish->ext_metadata,
	    .deleted_on = TIME_NONE,
	    .created_on = act->at,
	    .modified_on = act->at,
	    .created_by = act->actor,
	    .modified_by = act->actor,
	    .tenant = act->tenant,
	};
	if (meeting->is_archived)
		meeting->archive_id = meeting->recording_id = archive_id_new(creation->arena);
}

static void key_fill(struct creation *creation, const struct creation_key *key)
{
	const struct act *act = creation->act;
	struct idempotency *idempotency = &creation->idempotency;

	idempotency->key = key->text;
	idempotency->tenant = act->tenant == NULL ? "" : act->tenant;
	idempotency->principal = act->actor;
	idempotency->request_id = act->request_id;
	memcpy(idempotency->body_hash, key->body_hash, sizeof idempotency->body_hash);
}

static enum db_outcome key_take(struct creation *creation)
{
	struct idempotency *idempotency = &creation->idempotency;

	idempotency->meeting_link = creation->meeting.meeting_link;
	idempotency->session_id = NULL;
	return idempotency_take(creation->service->db, creation->arena, idempotency,
	    creation->act->at, &creation->state);
}

/* Sets the error for a key that another request has. */
static bool key_refuse(enum idempotency_state state, struct error *error)
{
	if (state == IDEMPOTENCY_OTHER)
		return error_fault(error, "", "idempotencyKey", NULL,
		    "This Idempotency-Key was used with another body.");
	error_set(
	    error, ERROR_CONFLICT, "The first request with this Idempotency-Key is still at work.");
	error->retry_after = 1;
	return false;
}

/* The link is taken: by chance, or by an earlier try of this request whose answer was lost. */
static enum db_outcome taken_look(struct creation *creation)
{
	const struct meeting *meeting = &creation->meeting;
	struct meeting present;
	bool found;

	DB_TRY(meeting_find(creation->service->db, creation->arena,
	    act_target(creation->act, meeting->meeting_link), &present, &found));
	creation->taken = !found || strcmp(present.session_id, meeting->session_id) != 0;
	return DB_OK;
}

static enum db_outcome creation_write(struct creation *creation)
{
	struct service *service = creation->service;
	struct meeting *meeting = &creation->meeting;

	DB_TRY(meeting_insert(service->db, meeting, &creation->taken));
	if (creation->taken)
		return taken_look(creation);
	if (creation->idempotency.key != NULL) {
		creation->idempotency.session_id = meeting->session_id;
		DB_TRY(idempotency_done(service->db, &creation->idempotency));
	}
	if (!service->config.audit_log)
		return DB_OK;
	return audit_write(service, creation->act,
	    &(struct audit_entry){.entity = "meeting",
		.entity_id = meeting->meeting_link,
		.action = "create",
		.after = audit_meeting(creation->arena, meeting)});
}

/* One INSERT needs no BEGIN and COMMIT around it. */
static bool meeting_store(struct creation *creation, struct error *error)
{
	const struct service *service = creation->service;

	return creation->idempotency.key == NULL && !service->config.audit_log
		   ? db_once(service->db, error, creation_write(creation))
		   : db_transact(service->db, error, creation_write(creation));
}

static bool features_check(
    const struct provider *provider, const struct session_wish *wish, struct error *error)
{
	return (!wish->recording || provider_can(provider, FEATURE_RECORDING, "record", error)) &&
	       (!wish->end_to_end_encryption ||
		   provider_can(provider, FEATURE_END_TO_END_ENCRYPTION,
		       "carry media that is encrypted from end to end", error));
}

static bool meeting_make(struct creation *creation, struct error *error)
{
	const struct service *service = creation->service;
	struct meeting *meeting = &creation->meeting;
	const struct session_wish wish = {
	    .recording = meeting->is_archived,
	    .end_to_end_encryption = meeting->end_to_end_encryption,
	};

	if (!features_check(service->provider, &wish, error) ||
	    !service->provider->session_create(
		service->provider_state, creation->arena, &wish, &meeting->session_id, error))
		return false;
	for (int i = 0; i < LINK_TRIES; i++) {
		if (!meeting_store(creation, error))
			return false;
		if (!creation->taken)
			return true;
		if (creation->idempotency.key != NULL)
			break; /* the key's row has this link */
		meeting->meeting_link = meeting_link_new(creation->arena);
	}
	return error_set(error, ERROR_UNAVAILABLE, "The meeting could not be created; try again.");
}

/* Takes the key and makes the meeting; a failure gives the key back. */
static bool meeting_make_keyed(struct creation *creation, struct error *error)
{
	struct db *db = creation->service->db;
	struct error ignored = {0};

	if (!db_once(db, error, key_take(creation)))
		return false;
	creation->meeting.meeting_link = creation->idempotency.meeting_link;
	if (creation->state == IDEMPOTENCY_DONE)
		return true;
	if (creation->state != IDEMPOTENCY_MINE)
		return key_refuse(creation->state, error);
	if (meeting_make(creation, error))
		return true;
	/* If this fails too, the key's lease runs out. */
	if (!db_once(db, &ignored, idempotency_drop(db, &creation->idempotency)))
		error_clear(&ignored);
	return false;
}

bool scheduling_create(struct service *service, struct arena *arena, const struct act *act,
    const struct meeting_wish *wish, const struct creation_key *key, const char **link,
    struct error *error)
{
	struct creation creation = {
	    .service = service, .arena = arena, .act = act, .state = IDEMPOTENCY_NONE};

	if (key != NULL) {
		key_fill(&creation, key);
		if (!db_once(service->db, error,
			idempotency_look(
			    service->db, arena, &creation.idempotency, act->at, &creation.state)))
			return false;
	}
	if (creation.state == IDEMPOTENCY_DONE) {
		*link = creation.idempotency.meeting_link;
		return true;
	}
	if (creation.state == IDEMPOTENCY_OTHER || creation.state == IDEMPOTENCY_BUSY)
		return key_refuse(creation.state, error);
	if (!meeting_wish_check(wish, act->at, error))
		return false;
	meeting_fill(&creation, wish);
	if (key == NULL ? !meeting_make(&creation, error) : !meeting_make_keyed(&creation, error))
		return false;
	*link = creation.meeting.meeting_link;
	return true;
}

struct edit {
	struct service *service;
	struct arena *arena;
	const struct act *act;
	const char *meeting_link;
	const struct meeting_change *change;
	struct meeting meeting;
	struct ending_work work;
	struct error refusal; /* what the rules say about the locked row */
	const char *archive_id;
	bool found;
	bool ended; /* because it is deleted */
};

/* Switches the recording that starts with the first media. A meeting that has started does not
 * change here: recording_start() and recording_stop() are for that. If recording_start() has named
 * an archive already, that recording goes on instead. */
static void archiving_set(struct meeting *meeting, const char *archive_id)
{
	const char *recording = meeting->recording_id;
	bool own = recording != NULL && meeting->archive_id != NULL &&
		   strcmp(recording, meeting->archive_id) == 0;

	if (meeting->start_time != TIME_NONE)
		return;
	if (!meeting->is_archived) {
		if (own)
			meeting->recording_id = NULL;
		return;
	}
	if (recording != NULL && !own) {
		meeting->archive_id = NULL;
		return;
	}
	if (meeting->archive_id == NULL)
		meeting->archive_id = archive_id;
	meeting->recording_id = meeting->archive_id;
}

static void meeting_stamp(struct edit *edit)
{
	struct meeting *meeting = &edit->meeting;

	meeting->modified_on = edit->act->at;
	meeting->modified_by = edit->act->actor;
	if (meeting->deleted) {
		meeting->deleted_on = edit->act->at;
		meeting->deleted_by = edit->act->actor;
	}
	if (edit->change->has_is_archived)
		archiving_set(meeting, edit->archive_id);
	if (meeting->deleted)
		meeting->recording_id = NULL;
}

/* Writes the change to the locked row, if the rules allow it. */
static enum db_outcome change_write(struct edit *edit)
{
	struct service *service = edit->service;
	struct meeting *meeting = &edit->meeting;
	const char *before = service->config.audit_log ? audit_meeting(edit->arena, meeting) : NULL;

	if (!meeting_change_apply(meeting, edit->change, edit->act->at, &edit->refusal))
		return DB_OK;
	meeting_stamp(edit);
	/* Also if it has not started: a token request may have made its room just now. */
	if (meeting->deleted)
		DB_TRY(ending_write(
		    service->db, edit->arena, edit->act, meeting, &edit->work, &edit->ended));
	/* Before the update: a deleted meeting gets no events. */
	DB_TRY(meeting_event_add(service->db, edit->arena, edit->act, meeting,
	    meeting->deleted ? MEETING_EVENT_DELETED : MEETING_EVENT_EDITED));
	DB_TRY(meeting_update(service->db, meeting, edit->act->request_id));
	if (meeting->deleted)
		DB_TRY(invite_codes_delete(service->db, meeting->session_id));
	if (before == NULL)
		return DB_OK;
	return audit_write(service, edit->act,
	    &(struct audit_entry){.entity = "meeting",
		.entity_id = meeting->meeting_link,
		.action = meeting->deleted ? "delete" : "edit",
		.before = before,
		.after = audit_meeting(edit->arena, meeting)});
}

/* Runs again after a lost connection. It resets the results of an earlier run. The request's id in
 * the row tells whether that run has committed. */
static enum db_outcome edit_write(struct edit *edit)
{
	struct db *db = edit->service->db;
	struct meeting *meeting = &edit->meeting;
	bool done;

	error_clear(&edit->refusal);
	edit->ended = false;
	DB_TRY(meeting_find_locked(
	    db, edit->arena, act_target(edit->act, edit->meeting_link), meeting, &edit->found));
	if (!edit->found)
		return DB_OK;
	DB_TRY(meeting_updated(db, meeting->id, edit->act->request_id, &done));
	if (done)
		return meeting->deleted ? ending_write(db, edit->arena, edit->act, meeting,
					      &edit->work, &edit->ended)
					: DB_OK;
	edit->found = !meeting->deleted;
	return edit->found ? change_write(edit) : DB_OK;
}

bool scheduling_edit(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct meeting_change *change, struct error *error)
{
	struct edit edit = {.service = service,
	    .arena = arena,
	    .act = act,
	    .meeting_link = meeting_link,
	    .change = change,
	    .archive_id = archive_id_new(arena)};

	if (!db_transact(service->db, error, edit_write(&edit))) {
		error_clear(&edit.refusal);
		return false;
	}
	if (!edit.found)
		return meeting_not_found(error);
	if (edit.refusal.kind != ERROR_NONE) {
		*error = edit.refusal;
		return false;
	}
	if (edit.ended)
		ending_carry_out(service, arena, &edit.work);
	return true;
}
