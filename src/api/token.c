/* POST /session/{meetingLinkId}/token: a token to join a meeting. */
#include <string.h>

#include "api/body.h"
#include "api/call.h"
#include "api/metadata.h"
#include "api/routes.h"
#include "auth/guest.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/visible_text.h"
#include "meeting/schedule.h"
#include "service/placement.h"
#include "service/recording.h"
#include "service/removal.h"
#include "store/audit_logs.h"
#include "store/grants.h"
#include "store/meetings.h"

/* meetings.token_until is raised in steps, so that it is seldom written. */
#define TOKEN_UNTIL_SLACK (2 * HOUR)

enum {
	GUEST_MAX = 255,    /* bytes of a guest's signed value */
	ANSWER_TEXT = 2048, /* bytes that an answer usually takes */
};

struct token_context {
	struct call *call;
	enum role role;
	int64_t wanted_expiry; /* TIME_NONE: the default */
	int64_t expiry;
	const char *attendee;
	struct grant_name name; /* `text` is NULL: not given */
	const char *guest;      /* the signed identity that a guest has from an earlier answer */
	struct grant_view view;
	struct session_ref session;
	bool found;
	bool ended;
	bool banned;
	bool room_made; /* or was to be */
};

/* Fills in what follows from the name that was given. A token of the API that is for all meetings
 * vouches for the name, as an invite by name does: its holder may say who an attendee is. A token
 * for one meeting may be in anybody's hands. */
static void name_prepare(struct token_context *token)
{
	enum { KEPT = NAME_MAX_LENGTH - (sizeof GUEST_MARK - 1) };
	const struct principal *principal = &token->call->principal;
	struct arena *arena = token->call->arena;
	struct grant_name *name = &token->name;

	if (name->text == NULL)
		return;
	if (principal->invited_as == 0 && principal->meeting_link == NULL)
		name->verified = true;
	name->look = visible_text_look(arena, name->text);
	name->guest_text =
	    arena_printf(arena, "%.*s" GUEST_MARK, (int)utf8_bytes(name->text, KEPT), name->text);
}

static const struct grant_name *name_given(const struct token_context *token)
{
	return token->name.text == NULL ? NULL : &token->name;
}

/* The name that was given, as the others see it. */
static const char *name_shown(const struct token_context *token)
{
	return token->view.name_taken ? token->name.guest_text : token->name.text;
}

/* Who comes with an invite: the person it is for, by the name that was given to them, or a guest,
 * who is the same one again with the value that was signed for them. */
static bool invited_identify(struct token_context *token, struct error *error)
{
	const struct call *call = token->call;
	const struct principal *principal = &call->principal;
	const char *secret = call->service->config.service_secret;

	if (principal->invite_name != NULL) {
		/* Invites of earlier versions may hold any text. Where nothing of it can be seen,
		 * the person chooses a name. */
		const char *name = visible_text_clean(call->arena, principal->invite_name);

		if (name == NULL)
			return true;
		if (token->name.text != NULL && strcmp(token->name.text, name) != 0)
			return error_set(error, ERROR_FORBIDDEN,
			    "This invite is for somebody by name; it cannot be changed.");
		token->name.text = name;
		token->name.verified = true;
		return true;
	}
	if (token->guest == NULL) {
		token->attendee = guest_new(call->arena);
		return true;
	}
	token->attendee = guest_verify(call->arena, secret, principal->meeting_link, token->guest);
	return token->attendee != NULL ||
	       error_set_code(error, ERROR_FORBIDDEN, "GUEST_INVALID",
		   "The value of guest was not signed for this meeting; ask without it.");
}

static bool wish_read(struct call *call, struct token_context *token, struct error *error)
{
	struct body body = body_open(call->body, error);
	enum role highest = principal_highest_role(&call->principal);
	bool invited = call->principal.invited_as != 0;
	const char *role = NULL;
	bool has_data;

	token->role = invited || highest < ROLE_PUBLISHER ? highest : ROLE_PUBLISHER;
	token->attendee = call->principal.actor;
	token->wanted_expiry = TIME_NONE;
	if (body_text(&body, "role", 0, ATTENDEE_MAX, BODY_BYTES, &role) &&
	    !role_parse(role, &token->role))
		body_fault(
		    &body, "role", "enum", "role must be subscriber, publisher or moderator.");
	body_time(&body, "expireTime", &token->wanted_expiry);
	has_data = body_text(&body, "data", 1, ATTENDEE_MAX, BODY_BYTES, &token->attendee);
	/* No path can hold them: nobody could mute them or put them out. */
	if (has_data && (strcmp(token->attendee, ".") == 0 || strcmp(token->attendee, "..") == 0))
		body_fault(&body, "data", "not", "data must not be . or ..");
	body_visible_text(&body, call->arena, "name", NAME_MAX_LENGTH, &token->name.text);
	body_text(&body, "guest", 0, GUEST_MAX, BODY_BYTES, &token->guest);
	if (!body_close(&body))
		return false;
	if (token->role > highest)
		return error_set(error, ERROR_FORBIDDEN, "This caller may not ask for the role %s.",
		    role_name(token->role));
	if (has_data && call->principal.meeting_link != NULL)
		return error_set(error, ERROR_FORBIDDEN,
		    "A token for one meeting only may not say who the attendee is.");
	if (invited && !invited_identify(token, error))
		return false;
	name_prepare(token);
	return true;
}

static enum db_outcome view_find(struct db *db, void *context)
{
	struct token_context *token = context;
	const struct grant_look look = {.target = call_target(token->call),
	    .attendee = token->attendee,
	    .role = token->role,
	    .name = name_given(token)};

	DB_TRY(grant_view_find(db, token->call->arena, &look, &token->view, &token->found));
	token->found = token->found && !token->view.meeting.deleted;
	return DB_OK;
}

/* Gives the provider the list of those who may send, when it has to make the room. */
static bool grants_give(void *context, struct grant **grants, size_t *count, struct error *error)
{
	struct token_context *token = context;
	struct db *db = token->call->service->db;

	if (!db_once(db, error,
		grants_sending(
		    db, token->call->arena, token->view.meeting.session_id, grants, count)))
		return false;
	token->room_made = true;
	recording_prepare(token->call->service, token->view.meeting.recording_id);
	return true;
}

static enum db_outcome grant_write(struct db *db, void *context)
{
	struct token_context *token = context;
	struct call *call = token->call;

	DB_TRY(grant_put(db, &token->view.meeting, &token->view.grant, name_given(token), call->now,
	    &token->ended, &token->banned));
	if (token->ended || token->banned)
		return DB_OK;
	if (token->name.verified)
		DB_TRY(grants_mark_guests(
		    db, token->view.meeting.session_id, token->attendee, &token->name, call->now));
	if (!call->service->config.audit_log)
		return DB_OK;
	return audit_add(db, &(struct audit){.entity = "grant",
				 .entity_id = token->view.meeting.meeting_link,
				 .action = role_name(token->role),
				 .actor = call->principal.actor,
				 .tenant = call->principal.tenant,
				 .request_id = call->request->id,
				 .acted_at = call->now});
}

static enum db_outcome start_write(struct db *db, void *context)
{
	struct token_context *token = context;
	bool going_on;

	DB_TRY(meeting_start(db, token->view.meeting.id, token->expiry + TOKEN_UNTIL_SLACK,
	    token->call->now, &going_on));
	token->ended = !going_on;
	return token->ended ? view_find(db, token) : DB_OK;
}

static bool put_out(struct error *error)
{
	return error_set_code(
	    error, ERROR_FORBIDDEN, "PUT_OUT", "This attendee was put out of the meeting.");
}

/* Undoes the admission of somebody who was put out meanwhile. */
static bool admission_undo(struct token_context *token, struct error *error)
{
	struct call *call = token->call;

	if (!removal_revoke(
		call->service, call->arena, &token->view.meeting, token->attendee, error))
		error_clear(error); /* the reconciler does it */
	return put_out(error);
}

/* Has the provider let the person in, and keeps that it did. The grant is written after the
 * provider's call and only while the meeting has not ended and the person has not been put out: a
 * request that overlaps the end takes the room away again. */
static bool admit(struct token_context *token, struct error *error)
{
	struct call *call = token->call;
	struct service *service = call->service;
	const struct provider *provider = service->provider;
	struct grant *grant = &token->view.grant;
	const struct grant_wish wish = {.meeting = &token->view.meeting,
	    .grant = grant,
	    .grants = grants_give,
	    .context = token};
	bool plain = !service->config.audit_log && !token->name.verified;

	if (token->name.text != NULL)
		grant->name = name_shown(token);
	if (provider->grant != NULL &&
	    !provider->grant(service->provider_state, call->arena, &token->session, &wish, error))
		return false;
	/* A recording that was started or stopped meanwhile found no room. */
	if (token->room_made &&
	    !recording_follow(service, call->arena, token->view.meeting.session_id,
		token->view.meeting.recording_id, error))
		return false;
	grant->room_epoch = token->view.epoch;
	if (!(plain ? db_run_plain(service->db, grant_write, token, error)
		    : db_run(service->db, grant_write, token, error)))
		return false;
	if (token->banned)
		return admission_undo(token, error);
	if (!token->ended)
		return true;
	if (!provider->session_end(
		service->provider_state, call->arena, &token->session, NULL, 0, error))
		error_clear(error); /* the job that the end has left does it */
	return meeting_ended(error);
}

/* Finds out which media server the meeting is on; places it when this is its first token. */
static bool session_place(struct token_context *token, struct error *error)
{
	struct grant_view *view = &token->view;
	struct call *call = token->call;
	struct media_server_row row;

	if (view->server.name == NULL) {
		if (!placement_make(call->service, call->arena, &view->meeting, &row, error))
			return false;
		view->server = row.server;
		view->epoch = row.epoch;
	}
	token->session = (struct session_ref){view->server, view->meeting.session_id};
	return true;
}

/* Is the provider to be asked? Not when it knows this person in this role already and has not been
 * restarted since. */
static bool admission_due(const struct token_context *token)
{
	const struct grant *grant = &token->view.grant;

	if (grant->id == 0 || grant->room_epoch != token->view.epoch)
		return true;
	return token->name.text != NULL &&
	       (grant->name == NULL || grant->verified != token->name.verified ||
		   strcmp(name_shown(token), grant->name) != 0);
}

/* What does not come from the provider. */
static void answer_write(const struct token_context *token, struct json_writer *answer)
{
	const struct call *call = token->call;
	const struct service *service = call->service;
	const struct meeting *meeting = &token->view.meeting;

	json_write_text(answer, "sessionId", meeting->session_id);
	json_write_text(answer, "role", role_name(token->role));
	json_write_time(answer, "expiresAt", token->expiry);
	json_write_text(answer, "provider", service->provider->name);
	json_write_text(answer, "attendee", token->attendee);
	json_write_text(answer, "name", visible_text_clean(call->arena, token->view.grant.name));
	if (call->principal.invited_as != 0 && call->principal.invite_name == NULL)
		json_write_text(answer, "guest",
		    guest_sign(call->arena, service->config.service_secret,
			call->principal.meeting_link, token->attendee));
	json_write_time(answer, "startTime",
	    meeting->start_time == TIME_NONE ? call->now : meeting->start_time);
	json_write_boolean(answer, "recordable",
	    *service->config.recordings_dir != '\0' && !meeting->end_to_end_encryption);
}

static bool token_answer(struct token_context *token, struct error *error)
{
	struct call *call = token->call;
	const struct service *service = call->service;
	const struct token_wish wish = {.meeting = &token->view.meeting,
	    .attendee = token->attendee,
	    .role = token->role,
	    .expiry = token->expiry};
	struct json_writer answer = json_writer_new(call->arena, ANSWER_TEXT);

	json_write_object(&answer, NULL);
	answer_write(token, &answer);
	if (!service->provider->token_mint(
		service->provider_state, call->arena, &token->session, &wish, &answer, error))
		return false;
	json_close_object(&answer);
	response_written(call->response, &answer);
	return true;
}

bool token_create(struct call *call, struct error *error)
{
	const struct service *service = call->service;
	const struct config *config = &service->config;
	struct token_context token = {.call = call};

	if (!wish_read(call, &token, error) || !db_run_plain(service->db, view_find, &token, error))
		return false;
	if (!token.found)
		return meeting_not_found(error);
	if (!meeting_joinable(&token.view.meeting, call->now, config->time_to_start, error) ||
	    !token_expiry(token.wanted_expiry, call->now, config->token_ttl,
		service->provider->token_life_max, &token.expiry, error))
		return false;
	if (token.view.grant.banned_on != TIME_NONE)
		return put_out(error);
	if (!session_place(&token, error))
		return false;
	if (admission_due(&token) && !admit(&token, error))
		return false;
	if ((token.view.meeting.start_time == TIME_NONE ||
		token.view.meeting.token_until < token.expiry) &&
	    !db_run_plain(service->db, start_write, &token, error))
		return false;
	if (token.ended)
		return token.found ? meeting_ended(error) : meeting_not_found(error);
	return token_answer(&token, error);
}
