/* Invites: links to join a meeting. Their holders need no credentials of the API. */
#include "service/invites.h"

#include "base/clock.h"
#include "base/json.h"
#include "meeting/schedule.h"
#include "service/audit.h"
#include "service/ids.h"
#include "service/lookup.h"

/* Counted from the scheduled time; a room's tokens live as long. */
#define INVITE_LIFE_MAX (400 * DAY)

struct inviting {
	struct service *service;
	struct arena *arena;
	const struct act *act;
	const char *meeting_link;
	const struct invite_wish *wish;
	const char *id;
	struct meeting meeting;
	bool found;
};

static const char *invite_text(const struct inviting *inviting)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "invite", inviting->id);
	json_add_text(object, "role", role_name(inviting->wish->role));
	json_add_text(object, "name", inviting->wish->name);
	return json_text_take(inviting->arena, object);
}

static enum db_outcome invite_write(struct inviting *inviting)
{
	struct service *service = inviting->service;
	const struct meeting *meeting = &inviting->meeting;

	DB_TRY(lookup_meeting_step(service, inviting->arena, inviting->act, inviting->meeting_link,
	    &inviting->meeting, &inviting->found));
	if (!inviting->found || meeting->end_time != TIME_NONE || !service->config.audit_log)
		return DB_OK;
	return audit_write(service, inviting->act,
	    &(struct audit_entry){.entity = "meeting",
		.entity_id = meeting->meeting_link,
		.action = "invite",
		.after = invite_text(inviting)});
}

/* The invite's life begins at the scheduled time, if that is in the future. */
static bool expiry_choose(const struct inviting *inviting, int64_t *expiry, struct error *error)
{
	const struct meeting *meeting = &inviting->meeting;
	int64_t now = inviting->act->at;
	int64_t ahead = 0;

	if (meeting->is_scheduled && meeting->schedule_time > now)
		ahead = meeting->schedule_time - now;
	return token_expiry(inviting->wish->expiry, now,
	    ahead + inviting->service->config.invite_ttl, ahead + INVITE_LIFE_MAX, expiry, error);
}

bool invite_prepare(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct invite_wish *wish, struct invite *invite,
    struct error *error)
{
	struct inviting inviting = {.service = service,
	    .arena = arena,
	    .act = act,
	    .meeting_link = meeting_link,
	    .wish = wish,
	    .id = invite_id_new(arena)};

	if (!db_once(service->db, error, invite_write(&inviting)))
		return false;
	if (!inviting.found)
		return meeting_not_found(error);
	*invite = (struct invite){.id = inviting.id, .tenant = inviting.meeting.tenant};
	return meeting_not_ended(&inviting.meeting, error) &&
	       expiry_choose(&inviting, &invite->expiry, error);
}
