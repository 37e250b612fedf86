/* POST /session/{meetingLinkId}/invites: a link to join a meeting without credentials of the API.
 */
#include "service/invites.h"

#include "api/body.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/json.h"

static const struct body_field fields[] = {
    BODY_ROLE("role", struct invite_wish, role),
    BODY_TIME("expireTime", struct invite_wish, expiry),
    BODY_VISIBLE_TEXT("name", struct invite_wish, name, NAME_MAX_LENGTH),
};

static bool wish_read(
    struct request_context *context, struct invite_wish *wish, struct error *error)
{
	enum role highest = principal_highest_role(&context->principal);

	*wish = (struct invite_wish){
	    .role = highest < ROLE_PUBLISHER ? highest : ROLE_PUBLISHER,
	    .expiry = TIME_NONE,
	};
	if (!body_read(context, fields, BODY_FIELDS(fields), wish, error))
		return false;
	return wish->role <= highest ||
	       error_set(error, ERROR_FORBIDDEN, "This caller may not invite with the role %s.",
		   role_name(wish->role));
}

static const char *token_mint(const struct request_context *context, const struct invite_wish *wish,
    const struct invite *invite)
{
	const struct bearer_claims claims = {.actor = invite->id,
	    .tenant = invite->tenant,
	    .name = wish->name,
	    .meeting_link = context_parameter(context),
	    .meeting_role = role_name(wish->role),
	    .issued_at = context->now,
	    .expiry = invite->expiry};

	return bearer_mint_invite(context->keys, context->arena, &claims);
}

bool invites_post(struct request_context *context, struct error *error)
{
	const struct config *config = &context->service->config;
	const struct act act = context_act(context);
	struct json_object *answer;
	struct invite_wish wish;
	struct invite invite;
	const char *token;

	if (!wish_read(context, &wish, error) ||
	    !invite_prepare(context->service, context->arena, &act, context_parameter(context),
		&wish, &invite, error))
		return false;
	token = token_mint(context, &wish, &invite);
	answer = json_object_new_object();
	/* The token is in the fragment: browsers do not send that to servers. */
	json_add_text(answer, "url",
	    arena_printf(
		context->arena, "%s%s/#invite=%s", config->public_url, config->base_path, token));
	json_add_text(answer, "token", token);
	json_add_time(answer, "expiresAt", invite.expiry);
	response_json(context->response, answer);
	json_object_put(answer);
	return true;
}
