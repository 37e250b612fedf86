/* POST /session/{meetingLinkId}/invites: a link with which somebody without credentials of the API
 * comes in. */
#include "api/body.h"
#include "api/request_context.h"
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
	struct request_context *context;
	enum role role;
	const char *name;      /* NULL: for whoever has it */
	int64_t wanted_expiry; /* TIME_NONE: the default */
	int64_t expiry;
	const char *id;
	struct meeting meeting;
	bool found;
};

static bool wish_read(
    struct request_context *context, struct invite_context *invite, struct error *error)
{
	struct body body = body_open(context->body, error);
	enum role highest = principal_highest_role(&context->principal);
	const char *role = NULL;

	invite->role = highest < ROLE_PUBLISHER ? highest : ROLE_PUBLISHER;
	invite->wanted_expiry = TIME_NONE;
	if (body_text(&body, "role", 0, ATTENDEE_MAX, BODY_BYTES, &role) &&
	    !role_parse(role, &invite->role))
		body_fault(
		    &body, "role", "enum", "role must be subscriber, publisher or moderator.");
	body_time(&body, "expireTime", &invite->wanted_expiry);
	body_visible_text(&body, context->arena, "name", NAME_MAX_LENGTH, &invite->name);
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
	text = arena_strdup(invite->context->arena, json_text(object));
	json_object_put(object);
	return text;
}

static enum db_outcome invite_write(struct db *db, void *data)
{
	struct invite_context *invite = data;
	struct request_context *context = invite->context;

	DB_TRY(meeting_find(
	    db, context->arena, context_target(context), &invite->meeting, &invite->found));
	invite->found = invite->found && !invite->meeting.deleted;
	if (!invite->found || invite->meeting.end_time != TIME_NONE ||
	    !context->service->config.audit_log)
		return DB_OK;
	return audit_add(db, &(struct audit){.entity = "meeting",
				 .entity_id = invite->meeting.meeting_link,
				 .action = "invite",
				 .actor = context->principal.actor,
				 .tenant = context->principal.tenant,
				 .request_id = context->request->id,
				 .acted_at = context->now,
				 .after = invite_text(invite)});
}

/* Its life is counted from the meeting's time, if that is still to come. */
static bool expiry_choose(struct invite_context *invite, struct error *error)
{
	const struct meeting *meeting = &invite->meeting;
	int64_t now = invite->context->now;
	int64_t ahead = 0;

	if (meeting->is_scheduled && meeting->schedule_time > now)
		ahead = meeting->schedule_time - now;
	return token_expiry(invite->wanted_expiry, now,
	    ahead + invite->context->service->config.invite_ttl, ahead + INVITE_LIFE_MAX,
	    &invite->expiry, error);
}

static void invite_answer(const struct invite_context *invite)
{
	struct request_context *context = invite->context;
	const struct config *config = &context->service->config;
	const struct bearer_claims claims = {.actor = invite->id,
	    .tenant = invite->meeting.tenant,
	    .name = invite->name,
	    .meeting_link = invite->meeting.meeting_link,
	    .meeting_role = role_name(invite->role),
	    .issued_at = context->now,
	    .expiry = invite->expiry};
	struct json_object *answer;
	const char *token = bearer_mint_invite(context->keys, context->arena, &claims);

	answer = json_object_new_object();
	/* The token in the fragment: no server gets it with the page's address. */
	json_add_text(answer, "url",
	    arena_printf(
		context->arena, "%s%s/#invite=%s", config->public_url, config->base_path, token));
	json_add_text(answer, "token", token);
	json_add_time(answer, "expiresAt", invite->expiry);
	response_json(context->response, answer);
	json_object_put(answer);
}

bool invite_create(struct request_context *context, struct error *error)
{
	struct invite_context invite = {.context = context, .id = invite_id_new(context->arena)};

	if (!wish_read(context, &invite, error) ||
	    !db_run_plain(context->service->db, invite_write, &invite, error))
		return false;
	if (!invite.found)
		return meeting_not_found(error);
	if (!meeting_not_ended(&invite.meeting, error) || !expiry_choose(&invite, error))
		return false;
	invite_answer(&invite);
	return true;
}
