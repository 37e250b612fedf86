/* Invites: links to join a meeting. Their holders need no credentials of the API. */
#include "service/invites.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "meeting/invite_code.h"
#include "meeting/schedule.h"
#include "service/audit.h"
#include "service/ids.h"
#include "service/lookup.h"
#include "store/invite_codes.h"

/* Counted from the scheduled time; a room's tokens live as long. */
#define INVITE_LIFE_MAX (400 * DAY)

struct inviting {
	struct service *service;
	struct arena *arena;
	const struct act *act;
	const struct invite *invite;
	const char *session_id;
	unsigned char digest[SHA256_SIZE]; /* of the code */
};

static const char *audit_text(const struct inviting *inviting)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "invite", inviting->invite->id);
	json_add_text(object, "role", role_name(inviting->invite->role));
	json_add_text(object, "name", inviting->invite->name);
	return json_text_take(inviting->arena, object);
}

static enum db_outcome invite_write(struct inviting *inviting)
{
	struct service *service = inviting->service;
	const struct invite *invite = inviting->invite;
	const struct coded_invite coded = {.session_id = inviting->session_id,
	    .id = invite->id,
	    .role = invite->role,
	    .name = invite->name,
	    .created_on = invite->issued_at,
	    .expiry = invite->expiry};

	DB_TRY(invite_code_add(service->db, inviting->digest, &coded));
	if (!service->config.audit_log)
		return DB_OK;
	return audit_write(service, inviting->act,
	    &(struct audit_entry){.entity = "meeting",
		.entity_id = invite->meeting_link,
		.action = "invite",
		.after = audit_text(inviting)});
}

/* The invite's life begins at the scheduled time, if that is in the future. */
static bool expiry_choose(const struct service *service, const struct meeting *meeting,
    const struct invite_wish *wish, int64_t now, int64_t *expiry, struct error *error)
{
	int64_t ahead = 0;

	if (meeting->is_scheduled && meeting->schedule_time > now)
		ahead = meeting->schedule_time - now;
	return token_expiry(wish->expiry, now, ahead + service->config.invite_ttl,
	    ahead + INVITE_LIFE_MAX, expiry, error);
}

bool invite_make(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct invite_wish *wish, struct invite *invite,
    const char **code, struct error *error)
{
	struct inviting inviting = {
	    .service = service, .arena = arena, .act = act, .invite = invite};
	struct meeting meeting = {0};

	if (!lookup_meeting(service, arena, act, meeting_link, &meeting, error) ||
	    !meeting_not_ended(&meeting, error))
		return false;
	*invite = (struct invite){.id = invite_id_new(arena),
	    .tenant = meeting.tenant,
	    .role = wish->role,
	    .name = wish->name,
	    .meeting_link = meeting.meeting_link,
	    .issued_at = act->at};
	if (!expiry_choose(service, &meeting, wish, act->at, &invite->expiry, error))
		return false;
	*code = invite_code_new(arena);
	inviting.session_id = meeting.session_id;
	invite_code_digest(arena, *code, inviting.digest);
	return service->config.audit_log ? db_transact(service->db, error, invite_write(&inviting))
					 : db_once(service->db, error, invite_write(&inviting));
}

/* Counts a wrong code, or refuses it if the network has tried too many. */
static bool wrong_code(
    const struct service *service, const struct redemption *redemption, struct error *error)
{
	int64_t wait = rate_limit_wait(service->wrong_codes, redemption->address);

	if (wait == 0) {
		rate_limit_count(service->wrong_codes, redemption->address);
		return meeting_not_found(error);
	}
	error_set(
	    error, ERROR_TOO_MANY, "Too many wrong links from your network; try again later.");
	error->retry_after = (unsigned)((wait + SECOND - 1) / SECOND);
	return false;
}

bool invite_redeem(struct service *service, struct arena *arena,
    const struct redemption *redemption, struct invite *invite, struct error *error)
{
	unsigned char digest[SHA256_SIZE];
	struct coded_invite coded = {0};
	bool found = false;

	invite_code_digest(arena, redemption->code, digest);
	if (!db_once(
		service->db, error, invite_code_find(service->db, arena, digest, &coded, &found)))
		return false;
	/* A right code always passes: one device must not lock its whole network out. */
	if (!found || strcmp(coded.meeting_link, redemption->meeting_link) != 0)
		return wrong_code(service, redemption, error);
	if (coded.expiry <= redemption->at)
		return error_set_code(
		    error, ERROR_MALFORMED, "INVITE_EXPIRED", "This invite has expired.");
	*invite = (struct invite){.id = coded.id,
	    .tenant = coded.tenant,
	    .role = coded.role,
	    .name = coded.name,
	    .meeting_link = coded.meeting_link,
	    .issued_at = coded.created_on,
	    .expiry = coded.expiry};
	return true;
}
