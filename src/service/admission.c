/* Admission: giving a person a role in a meeting, and the token to join it. */
#include "service/admission.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/visible_text.h"
#include "meeting/access.h"
#include "meeting/schedule.h"
#include "service/audit.h"
#include "service/lookup.h"
#include "service/meeting_events.h"
#include "service/placement.h"
#include "service/recording.h"
#include "service/removal.h"
#include "service/visit.h"
#include "store/grants.h"
#include "store/meetings.h"
#include "store/waiting.h"

/* Steps in which meetings.token_until rises: most tokens need no write. */
#define TOKEN_UNTIL_SLACK (2 * HOUR)

struct joining {
	struct service *service;
	struct arena *arena;
	const struct act *act;
	const char *meeting_link;
	const struct admission_wish *wish;
	struct grant_name name; /* `text` is NULL: not given */
	int64_t expiry;
	struct grant_view view;
	struct session_ref session;
	bool found;
	enum entry entry;
	bool ended;
	bool banned;
	bool room_made; /* or the provider has tried to make it */
};

/* Prepares the name of the wish for comparing and showing. */
static struct grant_name name_prepare(struct arena *arena, const struct admission_wish *wish)
{
	enum { KEPT = NAME_MAX_LENGTH - (sizeof GUEST_MARK - 1) };

	if (wish->name == NULL)
		return (struct grant_name){.text = NULL};
	return (struct grant_name){
	    .text = wish->name,
	    .verified = wish->name_verified,
	    .look = visible_text_look(arena, wish->name),
	    .guest_text = arena_printf(
		arena, "%.*s" GUEST_MARK, (int)utf8_bytes(wish->name, KEPT), wish->name),
	};
}

static const struct grant_name *name_given(const struct joining *joining)
{
	return joining->name.text == NULL ? NULL : &joining->name;
}

/* The name of the wish, as the others see it. */
static const char *name_shown(const struct joining *joining)
{
	return joining->view.name_taken ? joining->name.guest_text : joining->name.text;
}

static enum db_outcome view_find(struct joining *joining)
{
	const struct grant_look look = {.target = act_target(joining->act, joining->meeting_link),
	    .attendee = joining->wish->attendee,
	    .role = joining->wish->role,
	    .name = name_given(joining),
	    .invite = joining->wish->invite};

	DB_TRY(grant_view_find(
	    joining->service->db, joining->arena, &look, &joining->view, &joining->found));
	joining->found = joining->found && !joining->view.meeting.deleted;
	return DB_OK;
}

/* Gives the provider all sending grants. It asks for them when it makes the room. */
static bool grants_give(void *context, struct grant **grants, size_t *count, struct error *error)
{
	struct joining *joining = context;
	struct db *db = joining->service->db;

	if (!db_once(db, error,
		grants_sending(
		    db, joining->arena, joining->view.meeting.session_id, grants, count)))
		return false;
	joining->room_made = true;
	recording_prepare(joining->service, joining->view.meeting.recording_id);
	return true;
}

static enum entry entry_of(const struct grant_view *view)
{
	const struct arrival arrival = {.is_moderator = view->grant.role == ROLE_MODERATOR,
	    .is_known = view->is_suspect ? view->grant.id != 0 : view->is_known,
	    .waiting_since = view->grant.waiting_since,
	    .is_suspect = view->is_suspect};

	return entry_decide(view->meeting.access, &arrival);
}

/* A person who waited comes as a moderator now. */
static enum db_outcome waiting_stop(struct joining *joining)
{
	const char *session_id = joining->view.meeting.session_id;
	const struct waiter waiter = {.attendee = joining->wish->attendee};
	struct db *db = joining->service->db;
	bool found, waited;

	DB_TRY(meeting_touch(db, session_id, &found));
	DB_TRY(waiting_end(db, session_id, &waiter, TIME_NONE, joining->act->at, &waited));
	return waited ? meeting_event_add_attendee(db, joining->arena, joining->act, session_id,
			    MEETING_EVENT_ADMITTED, waiter.attendee)
		      : DB_OK;
}

static enum db_outcome grant_write(struct joining *joining)
{
	const struct meeting *meeting = &joining->view.meeting;
	struct grant grant = joining->view.grant;
	struct db *db = joining->service->db;

	if (joining->entry == ENTRY_ADMITTED && grant.waiting_since != TIME_NONE) {
		DB_TRY(waiting_stop(joining));
		grant.waiting_since = TIME_NONE;
	}
	DB_TRY(grant_put(db, meeting, &grant, name_given(joining), joining->act->at,
	    &joining->ended, &joining->banned));
	if (joining->ended || joining->banned)
		return DB_OK;
	if (joining->name.verified)
		DB_TRY(grants_mark_guests(db, meeting->session_id, joining->wish->attendee,
		    &joining->name, joining->act->at));
	return audit_write(joining->service, joining->act,
	    &(struct audit_entry){.entity = "grant",
		.entity_id = meeting->meeting_link,
		.action = role_name(joining->wish->role)});
}

static enum db_outcome go_on_write(struct joining *joining)
{
	bool going_on;

	DB_TRY(meeting_start(joining->service->db, joining->view.meeting.id,
	    joining->expiry + TOKEN_UNTIL_SLACK, joining->act->at, &going_on));
	joining->ended = !going_on;
	return joining->ended ? view_find(joining) : DB_OK;
}

/* go_on_write() locks the meeting's row. One of several first requests starts the meeting. */
static enum db_outcome start_write(struct joining *joining)
{
	DB_TRY(go_on_write(joining));
	if (joining->ended)
		return DB_OK;
	return meeting_event_add(joining->service->db, joining->arena, joining->act,
	    &joining->view.meeting, MEETING_EVENT_STARTED);
}

/* Undoes the grant: a moderator removed the person during the call of the provider. */
static bool admission_undo(const struct joining *joining, struct error *error)
{
	if (!removal_revoke(joining->service, joining->arena, &joining->view.meeting,
		joining->wish->attendee, error))
		error_clear(error); /* the reconciler does it */
	return attendee_removed(error);
}

static bool provider_grant(struct joining *joining, struct error *error)
{
	struct service *service = joining->service;
	const struct provider *provider = service->provider;
	const struct meeting *meeting = &joining->view.meeting;
	const struct grant_wish wish = {.meeting = meeting,
	    .grant = &joining->view.grant,
	    .grants = grants_give,
	    .context = joining};

	if (provider->grant != NULL && !provider->grant(service->provider_state, joining->arena,
					   &joining->session, &wish, error))
		return false;
	/* A recording that started or stopped meanwhile found no room to change. */
	return !joining->room_made || recording_follow(service, joining->arena, meeting->session_id,
					  meeting->recording_id, error);
}

/* Gives the grant to the provider, then keeps it in the database. The write fails if the meeting
 * has ended or the person is banned by then; then this function undoes the provider's part. */
static bool grant_give(struct joining *joining, struct error *error)
{
	struct service *service = joining->service;
	const struct provider *provider = service->provider;
	struct grant *grant = &joining->view.grant;
	bool plain = !service->config.audit_log && !joining->name.verified &&
		     grant->waiting_since == TIME_NONE;

	if (joining->name.text != NULL)
		grant->name = name_shown(joining);
	if (!provider_grant(joining, error))
		return false;
	grant->room_epoch = joining->view.epoch;
	if (!(plain ? db_once(service->db, error, grant_write(joining))
		    : db_transact(service->db, error, grant_write(joining))))
		return false;
	if (joining->banned)
		return admission_undo(joining, error);
	if (!joining->ended)
		return true;
	if (!provider->session_end(
		service->provider_state, joining->arena, &joining->session, NULL, 0, error))
		error_clear(error); /* the job that the end has left does it */
	return meeting_ended(error);
}

/* Looks again, now that the meeting's row is locked: a moderator may have decided meanwhile.
 * Someone who waits already only changes their name. */
static enum db_outcome waiting_write(struct joining *joining)
{
	struct grant *grant = &joining->view.grant;
	struct db *db = joining->service->db;
	bool begins, renamed, found;
	const char *before;

	DB_TRY(meeting_touch(db, joining->view.meeting.session_id, &found));
	DB_TRY(view_find(joining));
	joining->ended = !joining->found || joining->view.meeting.end_time != TIME_NONE;
	joining->banned = grant->banned_on != TIME_NONE;
	joining->entry = entry_of(&joining->view);
	if (joining->ended || joining->banned || joining->entry != ENTRY_WAITING)
		return DB_OK;
	begins = grant->waiting_since == TIME_NONE;
	if (begins)
		grant->waiting_since = joining->act->at;
	before = grant->name;
	if (joining->name.text != NULL)
		grant->name = name_shown(joining);
	/* Moderators are told the name that somebody gives later. */
	renamed = !text_equal(before, grant->name);
	grant->room_epoch = TIME_NONE;
	DB_TRY(grant_write(joining));
	if (!(begins || renamed) || joining->ended || joining->banned)
		return DB_OK;
	return meeting_event_add_attendee(db, joining->arena, joining->act,
	    joining->view.meeting.session_id, MEETING_EVENT_WAITING, joining->wish->attendee);
}

/* Has the person wait. The provider does not hear of them before they are admitted. */
static bool wait_begin(struct joining *joining, struct error *error)
{
	if (!db_transact(joining->service->db, error, waiting_write(joining)))
		return false;
	if (joining->ended)
		return joining->found ? meeting_ended(error) : meeting_not_found(error);
	return !joining->banned || attendee_removed(error);
}

static bool person_waits(struct error *error)
{
	return error_set_code(error, ERROR_FORBIDDEN, "WAITING",
	    "This is for people in the meeting: a moderator must admit you first.");
}

static bool meeting_locked(struct error *error)
{
	return error_set_code(error, ERROR_FORBIDDEN, "MEETING_LOCKED",
	    "The meeting is locked: nobody new can join it.");
}

/* Does the provider need the grant? Not if it has it already and has not restarted since. */
static bool grant_due(const struct joining *joining)
{
	const struct grant *grant = &joining->view.grant;

	if (grant->id == 0 || grant->room_epoch != joining->view.epoch ||
	    grant->waiting_since != TIME_NONE)
		return true;
	return joining->name.text != NULL &&
	       (grant->name == NULL || grant->verified != joining->name.verified ||
		   strcmp(name_shown(joining), grant->name) != 0);
}

/* Adds the visit to the error MEETING_NOT_OPEN, which says when the meeting opens. */
static bool not_open_tell(const struct joining *joining, struct error *error)
{
	struct json_object *info =
	    json_member(json_object_array_get_idx(error->details, 0), "info", json_type_object);

	json_object_object_add(info, "visit",
	    visit_json(&joining->service->config, joining->arena, &joining->view.meeting));
	return false;
}

static bool open_check(const struct joining *joining, struct error *error)
{
	if (meeting_joinable(&joining->view.meeting, joining->act->at,
		joining->service->config.time_to_start, error))
		return true;
	return error->details == NULL ? false : not_open_tell(joining, error);
}

/* May the person join now, and until when? */
static bool joining_check(struct joining *joining, struct error *error)
{
	const struct service *service = joining->service;
	const struct config *config = &service->config;
	int64_t now = joining->act->at;

	if (!joining->found)
		return meeting_not_found(error);
	if (!open_check(joining, error) ||
	    !token_expiry(joining->wish->expiry, now, config->token_ttl,
		service->provider->token_life_max, &joining->expiry, error))
		return false;
	if (joining->view.grant.banned_on != TIME_NONE)
		return attendee_removed(error);
	joining->entry = entry_of(&joining->view);
	return joining->entry != ENTRY_REFUSED || meeting_locked(error);
}

/* Finds the meeting's media server. The first token places the meeting. */
static bool session_place(struct joining *joining, struct error *error)
{
	struct grant_view *view = &joining->view;
	struct media_server_row row;

	if (view->server.name == NULL) {
		if (!placement_make(joining->service, joining->arena, &view->meeting, &row, error))
			return false;
		view->server = row.server;
		view->epoch = row.epoch;
	}
	joining->session = (struct session_ref){view->server, view->meeting.session_id};
	return true;
}

/* Starts the meeting, and keeps the expiry of its last token. */
static bool meeting_go_on(struct joining *joining, struct error *error)
{
	const struct meeting *meeting = &joining->view.meeting;
	struct db *db = joining->service->db;
	bool started = meeting->start_time != TIME_NONE;

	if (started && meeting->token_until >= joining->expiry)
		return true;
	/* One UPDATE needs no BEGIN and COMMIT around it. */
	if (!(started ? db_once(db, error, go_on_write(joining))
		      : db_transact(db, error, start_write(joining))))
		return false;
	if (joining->ended)
		return joining->found ? meeting_ended(error) : meeting_not_found(error);
	return true;
}

static bool entry_make(struct joining *joining, struct error *error)
{
	if (joining->entry == ENTRY_WAITING && !wait_begin(joining, error))
		return false;
	if (joining->entry == ENTRY_REFUSED)
		return meeting_locked(error);
	return joining->entry == ENTRY_WAITING || !grant_due(joining) || grant_give(joining, error);
}

bool admission_join(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct admission_wish *wish, struct admission *admission,
    struct error *error)
{
	struct joining joining = {.service = service,
	    .arena = arena,
	    .act = act,
	    .meeting_link = meeting_link,
	    .wish = wish,
	    .name = name_prepare(arena, wish)};
	const struct meeting *meeting = &joining.view.meeting;
	struct json_object *visit;

	if (!db_once(service->db, error, view_find(&joining)) || !joining_check(&joining, error) ||
	    !session_place(&joining, error) || !entry_make(&joining, error) ||
	    !meeting_go_on(&joining, error))
		return false;
	visit = visit_json(&service->config, arena, meeting);
	*admission = (struct admission){.meeting = *meeting,
	    .session = joining.session,
	    .attendee = wish->attendee,
	    .role = wish->role,
	    .expiry = joining.expiry,
	    .participant = wish->participant,
	    .visit = visit == NULL ? NULL : json_text_take(arena, visit),
	    .name = visible_text_clean(arena, joining.view.grant.name),
	    .provider = service->provider->name,
	    .waiting_since =
		joining.entry == ENTRY_WAITING ? joining.view.grant.waiting_since : TIME_NONE,
	    .start_time = meeting->start_time == TIME_NONE ? act->at : meeting->start_time,
	    .recordable =
		*service->config.recordings_dir != '\0' && !meeting->end_to_end_encryption};
	return true;
}

bool admission_check(struct service *service, struct arena *arena, const struct act *act,
    const struct admission_caller *caller, struct error *error)
{
	const struct grant_look look = {.target = act_target(act, act->meeting_link),
	    .attendee = caller->attendee,
	    .role = caller->role,
	    .invite = caller->invite};
	struct grant_view view = {.server.name = NULL};
	bool found = false;
	enum entry entry;

	if (!db_once(service->db, error, grant_view_find(service->db, arena, &look, &view, &found)))
		return false;
	if (!found)
		return true;
	if (view.grant.banned_on != TIME_NONE)
		return attendee_removed(error);
	/* A client of the integrator's need not have come to the meeting. */
	view.is_known = view.is_known || caller->role == 0;
	/* The holder of a join token has asked to come in already. */
	entry = caller->has_joined && view.grant.waiting_since != TIME_NONE ? ENTRY_WAITING
									    : entry_of(&view);
	if (entry == ENTRY_REFUSED)
		return meeting_locked(error);
	return entry == ENTRY_ADMITTED || person_waits(error);
}

bool admission_token(struct service *service, struct arena *arena,
    const struct admission *admission, struct json_writer *answer, struct gate_pass *pass,
    struct error *error)
{
	const struct token_wish wish = {.meeting = &admission->meeting,
	    .attendee = admission->attendee,
	    .role = admission->role,
	    .expiry = admission->expiry,
	    .participant = admission->participant};

	*pass = (struct gate_pass){0};
	if (admission->waiting_since != TIME_NONE && !(service->provider->features & FEATURE_GATE))
		return true;
	return service->provider->token_mint(
	    service->provider_state, arena, &admission->session, &wish, answer, pass, error);
}
