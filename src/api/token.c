/* POST /session/{meetingLinkId}/token: a token to join a meeting. */
#include <string.h>

#include "api/body.h"
#include "api/routes.h"
#include "auth/guest.h"
#include "auth/join_token.h"
#include "base/clock.h"
#include "base/visible_text.h"
#include "meeting/access.h"
#include "service/admission.h"

enum {
	GUEST_MAX = 255,       /* bytes of a guest's signed value */
	PARTICIPANT_MAX = 255, /* bytes */
	ANSWER_TEXT = 2048,    /* bytes that an answer usually takes */
};

struct token_wish_body {
	struct admission_wish admission;
	bool has_data;
	const char *guest; /* a guest's signed identity, from an earlier answer */
};

/* A path cannot hold "." or "..": moderators could not mute or remove such an attendee. */
static bool attendee_good(const char *text)
{
	return strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static const struct body_field fields[] = {
    BODY_ROLE("role", struct token_wish_body, admission.role),
    BODY_TIME("expireTime", struct token_wish_body, admission.expiry),
    BODY_TEXT("data", struct token_wish_body, admission.attendee, 1, ATTENDEE_MAX, BODY_BYTES,
	BODY_GOOD(attendee_good, "not", "must not be . or .."),
	BODY_GIVEN(struct token_wish_body, has_data)),
    BODY_VISIBLE_TEXT("name", struct token_wish_body, admission.name, NAME_MAX_LENGTH),
    BODY_TEXT("guest", struct token_wish_body, guest, 0, GUEST_MAX, BODY_BYTES),
    BODY_TEXT("participantId", struct token_wish_body, admission.participant, 1, PARTICIPANT_MAX,
	BODY_BYTES),
};

/* An invite with a name sets the attendee and the name. Invites of earlier versions may hold any
 * text: if it is invisible, the person chooses a name. */
static bool invite_name_take(
    const struct request_context *context, struct admission_wish *admission, struct error *error)
{
	const char *name = visible_text_clean(context->arena, context->principal.invite_name);

	if (name == NULL)
		return true;
	if (admission->name != NULL && strcmp(admission->name, name) != 0)
		return error_set(
		    error, ERROR_FORBIDDEN, "This invite has a name; the name cannot be changed.");
	admission->name = name;
	admission->name_verified = true;
	return true;
}

/* The signed value of an earlier answer makes a guest the same person again. */
static bool guest_identify(const struct request_context *context, const char *guest,
    struct admission_wish *admission, struct error *error)
{
	admission->invite = context->principal.actor;
	if (guest == NULL) {
		admission->attendee = guest_new(context->arena);
		return true;
	}
	admission->attendee = guest_verify(context->arena, context->service->config.service_secret,
	    context->principal.meeting_link, guest);
	return admission->attendee != NULL ||
	       error_set_code(error, ERROR_FORBIDDEN, "GUEST_INVALID",
		   "The value of guest was not signed for this meeting; ask without it.");
}

static bool wish_check(
    const struct request_context *context, const struct token_wish_body *wish, struct error *error)
{
	const struct principal *principal = &context->principal;

	if (wish->admission.role > principal_highest_role(principal))
		return error_set(error, ERROR_FORBIDDEN, "This caller may not ask for the role %s.",
		    role_name(wish->admission.role));
	if (wish->has_data && principal->meeting_link != NULL)
		return error_set(
		    error, ERROR_FORBIDDEN, "A token for one meeting may not name the attendee.");
	return true;
}

static bool wish_read(
    struct request_context *context, struct admission_wish *admission, struct error *error)
{
	const struct principal *principal = &context->principal;
	enum role highest = principal_highest_role(principal);
	bool invited = principal->invited_as != 0;
	struct token_wish_body wish = {
	    .admission = {
		.attendee = principal->actor,
		.role = invited || highest < ROLE_PUBLISHER ? highest : ROLE_PUBLISHER,
		.expiry = TIME_NONE,
	    }};

	if (!body_read(context, fields, BODY_FIELDS(fields), &wish, error) ||
	    !wish_check(context, &wish, error))
		return false;
	*admission = wish.admission;
	if (!invited) {
		/* The holder of an API token for all meetings may name attendees: such a name is
		 * verified. Anybody may have a token for one meeting. */
		admission->name_verified =
		    admission->name != NULL && principal->meeting_link == NULL;
		return true;
	}
	return principal->invite_name != NULL
		   ? invite_name_take(context, admission, error)
		   : guest_identify(context, wish.guest, admission, error);
}

/* Writes the members that do not come from the provider. */
static void admission_write(const struct request_context *context,
    const struct admission *admission, struct json_writer *answer)
{
	const struct principal *principal = &context->principal;

	json_write_text(answer, "sessionId", admission->meeting.session_id);
	json_write_text(answer, "role", role_name(admission->role));
	json_write_time(answer, "expiresAt", admission->expiry);
	json_write_text(answer, "provider", admission->provider);
	json_write_text(answer, "attendee", admission->attendee);
	json_write_text(answer, "name", admission->name);
	if (principal->invited_as != 0 && principal->invite_name == NULL)
		json_write_text(answer, "guest",
		    guest_sign(context->arena, context->service->config.service_secret,
			principal->meeting_link, admission->attendee));
	json_write_time(answer, "startTime", admission->start_time);
	json_write_boolean(answer, "recordable", admission->recordable);
	json_write_text(answer, "access", admission->meeting.access);
	json_write_boolean(answer, "waiting", admission->waiting_since != TIME_NONE);
	if (admission->visit != NULL)
		json_write_stored(answer, "visit", admission->visit);
	if (admission->waiting_since != TIME_NONE)
		json_write_time(answer, "waitingSince", admission->waiting_since);
}

/* The token for the signalling gate. While the gate cannot ask the service, it admits those whose
 * access is open: here everybody who need not wait. */
static const char *join_token(const struct request_context *context,
    const struct admission *admission, const struct gate_pass *pass)
{
	const struct join_token token = {.meeting = admission->meeting.session_id,
	    .link = admission->meeting.meeting_link,
	    .attendee = admission->attendee,
	    .participant = pass->participant,
	    .name = admission->name,
	    .tenant = admission->meeting.tenant,
	    .access = admission->waiting_since == TIME_NONE ? MEETING_OPEN : MEETING_WAITING_ROOM,
	    .role = admission->role,
	    .expiry = admission->expiry,
	    .room_expiry = pass->room_expiry};

	return join_token_sign(context->join_key, context->arena, &token);
}

bool token_post(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct json_writer answer = json_writer_new(context->arena, ANSWER_TEXT);
	struct admission_wish wish;
	struct admission admission;
	struct gate_pass pass;

	if (!wish_read(context, &wish, error) ||
	    !admission_join(context->service, context->arena, &act, context_parameter(context),
		&wish, &admission, error))
		return false;
	json_write_object(&answer, NULL);
	admission_write(context, &admission, &answer);
	if (!admission_token(context->service, context->arena, &admission, &answer, &pass, error))
		return false;
	if (pass.participant != NULL)
		json_write_text(&answer, "token", join_token(context, &admission, &pass));
	json_close_object(&answer);
	response_written(context->response, &answer);
	return true;
}
