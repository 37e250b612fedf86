/* POST /session/{meetingLinkId}/invites: a link with which somebody without credentials of the API
 * comes in. */
#include "api/body.h"
#include "api/call.h"
#include "api/metadata.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/json.h"
#include "meeting/schedule.h"
#include "store/audit_logs.h"
#include "store/meetings.h"

/* Beyond the meeting's time; a room's tokens live as long. */
#define INVITE_LIFE_MAX (400 * DAY)

struct invite_context {
	struct call *call;
	enum role role;
	const char *name;      /* NULL: for whoever has it */
	int64_t wanted_expiry; /* TIME_NONE: the default */
	int64_t expiry;
	const char *id;
	struct meeting meeting;
	bool found;
};

static bool wish_read(struct call *call, struct invite_context *invite, struct error *error)
{
	struct body body = body_open(call->body, error);
	enum role highest = principal_highest_role(&call->principal);
	const char *role = NULL;

	invite->role = highest < ROLE_PUBLISHER ? highest : ROLE_PUBLISHER;
	invite->wanted_expiry = TIME_NONE;
	if (body_text(&body, "role", 0, ATTENDEE_MAX, BODY_BYTES, &role) &&
	    !role_parse(role, &invite->role))
		body_fault(
		    &body, "role", "enum", "role must be subscriber, publisher or moderator.");
	body_time(&body, "expireTime", &invite->wanted_expiry);
	body_visible_text(&body, call->arena, "name", NAME_MAX_LENGTH, &invite->name);
	if (!body_close(&body))
		return false;
	return invite->role <= highest ||
	       error_set(error, ERROR_FORBIDDEN, "This caller may not give away the role %s.",
		   role_name(invite->role));
}

static const char *invite_text(const struct invite_context *invite)
{
	struct json_object *object = json_object_new_object();
	const char *text;

	json_add_text(object, "invite", invite->id);
	json_add_text(object, "role", role_name(invite->role));
	json_add_text(object, "name", invite->name);
	text = arena_strdup(invite->call->arena, json_text(object));
	json_object_put(object);
	return text;
}

static enum db_outcome invite_write(struct db *db, void *context)
{
	struct invite_context *invite = context;
	struct call *call = invite->call;

	DB_TRY(meeting_find(db, call->arena, call_target(call), &invite->meeting, &invite->found));
	invite->found = invite->found && !invite->meeting.deleted;
	if (!invite->found || invite->meeting.end_time != TIME_NONE ||
	    !call->service->config.audit_log)
		return DB_OK;
	return audit_add(db, &(struct audit){.entity = "meeting",
				 .entity_id = invite->meeting.meeting_link,
				 .action = "invite",
				 .actor = call->principal.actor,
				 .tenant = call->principal.tenant,
				 .request_id = call->request->id,
				 .acted_at = call->now,
				 .after = invite_text(invite)});
}

/* Its life is counted from the meeting's time, if that is still to come. */
static bool expiry_choose(struct invite_context *invite, struct error *error)
{
	const struct meeting *meeting = &invite->meeting;
	int64_t now = invite->call->now;
	int64_t ahead = 0;

	if (meeting->is_scheduled && meeting->schedule_time > now)
		ahead = meeting->schedule_time - now;
	return token_expiry(invite->wanted_expiry, now,
	    ahead + invite->call->service->config.invite_ttl, ahead + INVITE_LIFE_MAX,
	    &invite->expiry, error);
}

static void invite_answer(const struct invite_context *invite)
{
	struct call *call = invite->call;
	const struct config *config = &call->service->config;
	const struct bearer_claims claims = {.actor = invite->id,
	    .tenant = invite->meeting.tenant,
	    .name = invite->name,
	    .meeting_link = invite->meeting.meeting_link,
	    .meeting_role = role_name(invite->role),
	    .issued_at = call->now,
	    .expiry = invite->expiry};
	struct json_object *answer;
	const char *token = bearer_mint_invite(call->keys, call->arena, &claims);

	answer = json_object_new_object();
	/* The token in the fragment: no server gets it with the page's address. */
	json_add_text(answer, "url",
	    arena_printf(
		call->arena, "%s%s/#invite=%s", config->public_url, config->base_path, token));
	json_add_text(answer, "token", token);
	json_add_time(answer, "expiresAt", invite->expiry);
	response_json(call->response, answer);
	json_object_put(answer);
}

bool invite_create(struct call *call, struct error *error)
{
	struct invite_context invite = {.call = call, .id = invite_id_new(call->arena)};

	if (!wish_read(call, &invite, error) ||
	    !db_run_plain(call->service->db, invite_write, &invite, error))
		return false;
	if (!invite.found)
		return meeting_not_found(error);
	if (!meeting_not_ended(&invite.meeting, error) || !expiry_choose(&invite, error))
		return false;
	invite_answer(&invite);
	return true;
}
