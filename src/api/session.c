/* POST /session: makes a meeting. */
#include <string.h>

#include "api/body.h"
#include "api/call.h"
#include "api/metadata.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/json.h"
#include "http/accept.h"
#include "meeting/schedule.h"
#include "store/audit_logs.h"
#include "store/idempotency.h"
#include "store/meetings.h"

enum {
	LINK_TRIES = 5, /* a link that is taken by chance: once in 2^60 */
};

struct creation {
	struct call *call;
	struct meeting meeting;
	struct idempotency idempotency; /* key NULL: without */
	enum idempotency_state state;
	bool taken; /* the link was somebody else's */
};

static bool wish_read(struct call *call, struct creation *creation, struct error *error)
{
	struct body body = body_open(call->body, error);
	struct meeting_wish wish = {.schedule_time = TIME_NONE};
	struct meeting *meeting = &creation->meeting;

	body_boolean(&body, "isScheduled", &wish.is_scheduled);
	body_time(&body, "scheduleTime", &wish.schedule_time);
	body_boolean(&body, "enableArchiving", &wish.is_archived);
	body_boolean(&body, "endToEndEncryption", &wish.end_to_end_encryption);
	body_text(&body, "extId", 0, NAME_MAX_LENGTH, BODY_CHARACTERS, &meeting->ext_id);
	metadata_read(&body, call->arena, &meeting->ext_metadata);
	if (!body_close(&body))
		return false;
	meeting->is_scheduled = wish.is_scheduled;
	meeting->schedule_time = wish.schedule_time;
	meeting->is_archived = wish.is_archived;
	meeting->end_to_end_encryption = wish.end_to_end_encryption;
	return true;
}

static bool wish_check(const struct creation *creation, struct error *error)
{
	const struct meeting *meeting = &creation->meeting;
	const struct meeting_wish wish = {
	    .is_scheduled = meeting->is_scheduled,
	    .schedule_time = meeting->schedule_time,
	    .is_archived = meeting->is_archived,
	    .end_to_end_encryption = meeting->end_to_end_encryption,
	};

	return meeting_wish_check(&wish, creation->call->now, error);
}

static bool key_read(struct call *call, struct creation *creation, struct error *error)
{
	struct idempotency *idempotency = &creation->idempotency;
	const char *key = request_param(call->request, "HTTP_IDEMPOTENCY_KEY");

	if (key == NULL)
		return true;
	if (*key == '\0' || strlen(key) > IDEMPOTENCY_KEY_MAX)
		return error_set(error, ERROR_MALFORMED, "Idempotency-Key must have 1 to %d bytes.",
		    IDEMPOTENCY_KEY_MAX);
	idempotency->key = key;
	idempotency->tenant = call->principal.tenant == NULL ? "" : call->principal.tenant;
	idempotency->principal = call->principal.actor;
	idempotency->request_id = call->request->id;
	sha256(call->request->body, call->request->body_len, idempotency->body_hash);
	return true;
}

static enum db_outcome key_take(struct db *db, void *context)
{
	struct creation *creation = context;
	struct idempotency *idempotency = &creation->idempotency;

	idempotency->meeting_link = creation->meeting.meeting_link;
	idempotency->session_id = NULL;
	return idempotency_take(
	    db, creation->call->arena, idempotency, creation->call->now, &creation->state);
}

/* What a key that is not ours means. */
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

static enum db_outcome audit_creation(struct db *db, const struct creation *creation)
{
	const struct meeting *meeting = &creation->meeting;

	return audit_add(db, &(struct audit){.entity = "meeting",
				 .entity_id = meeting->meeting_link,
				 .action = "create",
				 .actor = meeting->created_by,
				 .tenant = meeting->tenant,
				 .request_id = creation->call->request->id,
				 .acted_at = creation->call->now,
				 .after = meeting_audit_text(creation->call->arena, meeting)});
}

static enum db_outcome meeting_add(struct db *db, void *context)
{
	struct creation *creation = context;
	struct meeting *meeting = &creation->meeting;
	struct meeting present;
	bool found;

	DB_TRY(meeting_insert(db, meeting, &creation->taken));
	if (creation->taken) {
		/* An earlier try of this request whose answer was lost, or a link taken by chance.
		 */
		DB_TRY(meeting_find(db, creation->call->arena,
		    (struct target){call_scope(creation->call), meeting->meeting_link}, &present,
		    &found));
		creation->taken = !found || strcmp(present.session_id, meeting->session_id) != 0;
		return DB_OK;
	}
	if (creation->idempotency.key != NULL) {
		creation->idempotency.session_id = meeting->session_id;
		DB_TRY(idempotency_done(db, &creation->idempotency));
	}
	if (creation->call->service->config.audit_log)
		DB_TRY(audit_creation(db, creation));
	return DB_OK;
}

/* One INSERT needs no BEGIN and COMMIT around it. */
static bool meeting_store(struct creation *creation, struct error *error)
{
	const struct service *service = creation->call->service;
	bool plain = creation->idempotency.key == NULL && !service->config.audit_log;

	return plain ? db_run_plain(service->db, meeting_add, creation, error)
		     : db_run(service->db, meeting_add, creation, error);
}

static bool meeting_make(struct creation *creation, struct error *error)
{
	struct call *call = creation->call;
	const struct service *service = call->service;
	struct meeting *meeting = &creation->meeting;
	const struct session_wish wish = {
	    .recording = meeting->is_archived,
	    .end_to_end_encryption = meeting->end_to_end_encryption,
	};

	if ((wish.recording && !provider_can(service->provider, FEATURE_RECORDING, "record", error)) ||
	    (wish.end_to_end_encryption &&
		!provider_can(service->provider, FEATURE_END_TO_END_ENCRYPTION,
		    "encrypt from end to end", error)) ||
	    !service->provider->session_create(
		service->provider_state, call->arena, &wish, &meeting->session_id, error))
		return false;
	for (int i = 0; i < LINK_TRIES; i++) {
		if (!meeting_store(creation, error))
			return false;
		if (!creation->taken)
			return true;
		if (creation->idempotency.key != NULL)
			break; /* the key's row has this link */
		meeting->meeting_link = meeting_link_new(call->arena);
	}
	return error_set(error, ERROR_UNAVAILABLE, "The meeting could not be made; try again.");
}

/* Takes the key and makes the meeting; a failure gives the key back. */
static bool meeting_make_keyed(struct creation *creation, struct error *error)
{
	struct db *db = creation->call->service->db;
	struct error ignored = {0};

	if (!db_run_plain(db, key_take, creation, error))
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

static void meeting_fill(struct call *call, struct meeting *meeting)
{
	meeting->meeting_link = meeting_link_new(call->arena);
	meeting->provider = call->service->provider->name;
	if (meeting->is_archived)
		meeting->archive_id = meeting->recording_id = archive_id_new(call->arena);
	meeting->start_time = meeting->end_time = meeting->deleted_on = TIME_NONE;
	meeting->created_on = meeting->modified_on = call->now;
	meeting->created_by = meeting->modified_by = call->principal.actor;
	meeting->tenant = call->principal.tenant;
}

/* Text unless the client would rather have JSON: a tie is text. */
static bool form_choose(const struct call *call, bool *as_json, struct error *error)
{
	const char *accept = request_param(call->request, "HTTP_ACCEPT");
	unsigned text = accept_weight(accept, "text/plain");
	unsigned json = accept_weight(accept, "application/json");

	*as_json = json > text;
	if (json == 0 && text == 0)
		return error_set(
		    error, ERROR_NOT_ACCEPTABLE, "The answer is text/plain or application/json.");
	return true;
}

static void link_answer(struct call *call, const char *link, bool as_json)
{
	struct json_object *document;

	response_header(call->response, "Location",
	    arena_printf(call->arena, "%s/session/%s", call->service->config.base_path, link));
	if (!as_json) {
		response_text(call->response, link);
		return;
	}
	document = json_object_new_object();
	json_add_text(document, "code", link);
	response_json(call->response, document);
	json_object_put(document);
}

bool session_create(struct call *call, struct error *error)
{
	struct creation creation = {
	    .call = call, .meeting = {.schedule_time = TIME_NONE}, .state = IDEMPOTENCY_NONE};
	struct db *db = call->service->db;
	bool as_json;

	if (call->principal.meeting_link != NULL)
		return error_set(error, ERROR_FORBIDDEN, "This token is for another meeting only.");
	if (!form_choose(call, &as_json, error) || !wish_read(call, &creation, error) ||
	    !key_read(call, &creation, error))
		return false;
	/* A repeated request gets its answer even if the rules would refuse it by now. */
	if (creation.idempotency.key != NULL &&
	    !db_once(db, error,
		idempotency_look(
		    db, call->arena, &creation.idempotency, call->now, &creation.state)))
		return false;
	if (creation.state == IDEMPOTENCY_DONE) {
		link_answer(call, creation.idempotency.meeting_link, as_json);
		return true;
	}
	if (creation.state == IDEMPOTENCY_OTHER || creation.state == IDEMPOTENCY_BUSY)
		return key_refuse(creation.state, error);
	if (!wish_check(&creation, error))
		return false;
	meeting_fill(call, &creation.meeting);
	if (creation.idempotency.key == NULL ? !meeting_make(&creation, error)
					     : !meeting_make_keyed(&creation, error))
		return false;
	link_answer(call, creation.meeting.meeting_link, as_json);
	return true;
}
