/* POST /session/{meetingLinkId}/invites: a link to join a meeting without credentials of the API.
 * POST /j/{meetingLinkId}: the invite of a short link. */
#include "service/invites.h"

#include "api/body.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/json.h"
#include "meeting/invite_code.h"

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

static const char *token_mint(const struct request_context *context, const struct invite *invite)
{
	const struct bearer_claims claims = {.actor = invite->id,
	    .tenant = invite->tenant,
	    .name = invite->name,
	    .meeting_link = invite->meeting_link,
	    .meeting_role = role_name(invite->role),
	    .issued_at = invite->issued_at,
	    .expiry = invite->expiry};

	return bearer_mint_invite(context->keys, context->arena, &claims);
}

/* Adds the links of a new invite. Codes and tokens are in fragments, which browsers send to no
 * server. A site of an earlier version, or none, does not know the path of short links. */
static void links_add(const struct request_context *context, struct json_object *answer,
    const struct invite *invite, const char *token, const char *code)
{
	const struct config *config = &context->service->config;
	struct arena *arena = context->arena;
	const char *base = arena_printf(arena, "%s%s", config->public_url, config->base_path);
	const char *longer = arena_printf(arena, "%s/#invite=%s", base, token);

	json_add_text(answer, "url",
	    context_site_has(context, "CONFAB_SHORT_LINKS")
		? arena_printf(arena, "%s/j/%s#%s", base, invite->meeting_link, code)
		: longer);
	json_add_text(answer, "longUrl", longer);
}

/* Answers with the invite. `code` is of a new invite, whose links the answer then has; NULL: of one
 * whose link the caller has. */
static void invite_answer(
    const struct request_context *context, const struct invite *invite, const char *code)
{
	struct json_object *answer = json_object_new_object();
	const char *token = token_mint(context, invite);

	if (code != NULL)
		links_add(context, answer, invite, token, code);
	json_add_text(answer, "token", token);
	json_add_time(answer, "expiresAt", invite->expiry);
	response_json(context->response, answer);
	json_object_put(answer);
}

bool invites_post(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct invite_wish wish;
	struct invite invite = {0};
	const char *code;

	if (!wish_read(context, &wish, error) ||
	    !invite_make(context->service, context->arena, &act, context_parameter(context), &wish,
		&invite, &code, error))
		return false;
	invite_answer(context, &invite, code);
	return true;
}

static const struct body_field redemption_fields[] = {
    BODY_TEXT("code", struct redemption, code, 1, INVITE_CODE_MAX, BODY_BYTES, .required = true),
};

bool invites_redeem_post(struct request_context *context, struct error *error)
{
	struct redemption redemption = {.meeting_link = context_parameter(context),
	    .address = request_param(context->request, "REMOTE_ADDR"),
	    .at = context->now};
	struct invite invite = {0};

	if (!body_read(
		context, redemption_fields, BODY_FIELDS(redemption_fields), &redemption, error) ||
	    !invite_redeem(context->service, context->arena, &redemption, &invite, error))
		return false;
	invite_answer(context, &invite, NULL);
	return true;
}
