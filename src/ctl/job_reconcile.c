/* The job reconcile: compares what the tables say with what the provider sees, and so makes up for
 * events that were lost. */
#include <stdlib.h>
#include <string.h>

#include "api/dismissal.h"
#include "api/recording_follow.h"
#include "archive/recordings.h"
#include "base/clock.h"
#include "base/log.h"
#include "ctl/job_handlers.h"
#include "ctl/room_remake.h"
#include "store/archives.h"
#include "store/attendance.h"
#include "store/grants.h"
#include "store/meetings.h"
#include "store/settings.h"

/* What the service got to know of later than this before may be newer than the provider's list.
 * (Not when it happened: that is told by another clock.) */
#define GRACE (5 * SECOND)

enum {
	PAGE = 100, /* meetings read at once */
};

struct reconcile {
	struct service *service;
	struct arena *arena;
	const struct job *job;
	int64_t asked_at; /* when the provider was asked */
	int64_t epoch;
	struct open_connection *open;
	size_t open_count;
	const char *const *alive; /* sorted */
	size_t alive_count;
	struct presence *present;
	size_t present_count;
	struct ban *bans; /* sorted */
	size_t ban_count;
	struct room *rooms; /* sorted */
	size_t room_count;
	/* one page of meetings */
	int64_t after;
	struct meeting *meetings;
	size_t meeting_count;
};

static int text_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool keep(const struct reconcile *reconcile, struct error *error)
{
	return job_keep(reconcile->service, reconcile->job, error);
}

static bool text_listed(const char *const *list, size_t count, const char *text)
{
	return count > 0 && bsearch(&text, list, count, sizeof *list, text_compare) != NULL;
}

static void text_sort(const char *const *list, size_t count)
{
	if (count > 0)
		qsort((void *)list, count, sizeof *list, text_compare);
}

static int room_compare(const void *a, const void *b)
{
	return strcmp(((const struct room *)a)->session_id, ((const struct room *)b)->session_id);
}

static int ban_compare(const void *a, const void *b)
{
	const struct ban *one = a, *other = b;
	int order = strcmp(one->session_id, other->session_id);

	return order != 0 ? order : strcmp(one->attendee, other->attendee);
}

static bool banned(const struct reconcile *reconcile, const char *session_id, const char *attendee)
{
	const struct ban ban = {.session_id = session_id, .attendee = attendee};

	return reconcile->ban_count > 0 && bsearch(&ban, reconcile->bans, reconcile->ban_count,
					       sizeof ban, ban_compare) != NULL;
}

static enum db_outcome open_find(struct db *db, void *context)
{
	struct reconcile *reconcile = context;
	const char *epoch;

	DB_TRY(setting_get(db, reconcile->arena, SETTING_PROVIDER_EPOCH, &epoch));
	reconcile->epoch = setting_epoch(epoch);
	return attendance_open(
	    db, reconcile->arena, NULL, &reconcile->open, &reconcile->open_count);
}

static bool provider_ask(struct reconcile *reconcile, struct error *error)
{
	struct service *service = reconcile->service;
	const char **known = arena_alloc(reconcile->arena, reconcile->open_count * sizeof *known);

	for (size_t i = 0; i < reconcile->open_count; i++)
		known[i] = reconcile->open[i].device;
	reconcile->asked_at = clock_now();
	if (!service->provider->participants(service->provider_state, reconcile->arena, known,
		reconcile->open_count, &reconcile->alive, &reconcile->alive_count,
		&reconcile->present, &reconcile->present_count, error))
		return false;
	text_sort(reconcile->alive, reconcile->alive_count);
	return true;
}

static enum db_outcome bans_find(struct db *db, void *context)
{
	struct reconcile *reconcile = context;

	return bans_running(
	    db, reconcile->arena, clock_now(), &reconcile->bans, &reconcile->ban_count);
}

static bool device_remove(
    const struct reconcile *reconcile, const char *device, struct error *error)
{
	const struct service *service = reconcile->service;

	return service->provider->device_remove(
	    service->provider_state, reconcile->arena, device, error);
}

/* The bans are read after the provider was asked: whoever was readmitted and came back before that
 * is not among them, and whoever comes back later is not in the provider's list. */
static bool bans_read(struct reconcile *reconcile, struct error *error)
{
	db_deadline_start(reconcile->service->db);
	if (!db_run_plain(reconcile->service->db, bans_find, reconcile, error))
		return false;
	if (reconcile->ban_count > 0)
		qsort(reconcile->bans, reconcile->ban_count, sizeof *reconcile->bans, ban_compare);
	return true;
}

/* Puts out who was put out before and is (still) there, also where no attendance shows it. */
static bool banned_remove(struct reconcile *reconcile, struct error *error)
{
	for (size_t i = 0; i < reconcile->open_count; i++) {
		const struct open_connection *open = &reconcile->open[i];

		if (banned(reconcile, open->session_id, open->attendee) &&
		    !(keep(reconcile, error) && device_remove(reconcile, open->device, error)))
			return false;
	}
	for (size_t i = 0; i < reconcile->present_count; i++) {
		const struct presence *presence = &reconcile->present[i];

		if (banned(reconcile, presence->session_id, presence->connection.attendee) &&
		    !(keep(reconcile, error) &&
			device_remove(reconcile, presence->connection.device, error)))
			return false;
	}
	return true;
}

/* One event of one meeting, applied by itself: reconciling finds few. */
struct finding {
	struct reconcile *reconcile;
	struct event event;
};

static enum db_outcome finding_write(struct db *db, void *context)
{
	struct finding *finding = context;
	bool known;

	return attendance_apply(db, finding->reconcile->arena, finding->event.session_id,
	    &finding->event, 1, clock_now(), &known);
}

static enum db_outcome session_settle(struct db *db, void *context)
{
	const struct finding *finding = context;

	const struct reconcile *reconcile = finding->reconcile;

	return attendance_settle(
	    db, reconcile->arena, finding->event.session_id, reconcile->epoch, clock_now());
}

/* A connection that the provider no longer has, since the list was made: not before its opening,
 * which may be a moment ahead by another clock. The event of its end may still come, with the true
 * time: the earlier one counts. */
static struct finding loss(struct reconcile *reconcile, const struct open_connection *open)
{
	int64_t at = open->joined_at > reconcile->asked_at ? open->joined_at : reconcile->asked_at;

	return (struct finding){.reconcile = reconcile,
	    .event = {.kind = EVENT_ENDED,
		.name = EVENT_NAME_LOST,
		.session_id = open->session_id,
		.at = at,
		.ending = {.scope = END_CONNECTION,
		    .key = open->connection_id,
		    .event = EVENT_NAME_LOST,
		    .at = at,
		    .stamped_at = TIME_NONE}}};
}

/* Somebody whose connection the provider no longer has has left; and an end of everything that was
 * noted just while their opening was being written is applied now. */
static bool lost_close(struct reconcile *reconcile, struct error *error)
{
	struct db *db = reconcile->service->db;

	for (size_t i = 0; i < reconcile->open_count; i++) {
		const struct open_connection *open = &reconcile->open[i];
		struct finding finding = loss(reconcile, open);

		if (!keep(reconcile, error))
			return false;
		db_deadline_start(db);
		if (open->joined_at < reconcile->epoch &&
		    !db_run(db, session_settle, &finding, error))
			return false;
		if (open->received_at > reconcile->asked_at - GRACE ||
		    text_listed(reconcile->alive, reconcile->alive_count, open->device))
			continue;
		if (!db_run(db, finding_write, &finding, error))
			return false;
	}
	return true;
}

struct session_look {
	struct arena *arena;
	const char *session_id;
	struct meeting meeting;
	bool found;
};

static enum db_outcome session_find(struct db *db, void *context)
{
	struct session_look *look = context;

	return meeting_find_session(
	    db, look->arena, look->session_id, &look->meeting, &look->found);
}

static bool connection_open(const struct reconcile *reconcile, const char *connection_id)
{
	for (size_t i = 0; i < reconcile->open_count; i++) {
		if (strcmp(reconcile->open[i].connection_id, connection_id) == 0)
			return true;
	}
	return false;
}

/* Somebody who is there but whose opening was lost is in the meeting since now (until the event
 * comes after all: attendance_supersede()); somebody who is left in a meeting that has ended is put
 * out. */
static bool present_open(struct reconcile *reconcile, struct error *error)
{
	struct service *service = reconcile->service;

	for (size_t i = 0; i < reconcile->present_count; i++) {
		const struct presence *presence = &reconcile->present[i];
		struct session_look look = {
		    .arena = reconcile->arena, .session_id = presence->session_id};
		struct finding finding = {.reconcile = reconcile,
		    .event = {.kind = EVENT_OPENED,
			.name = EVENT_NAME_FOUND,
			.session_id = presence->session_id,
			.at = reconcile->asked_at,
			.connection = presence->connection}};

		if (presence->outside ||
		    banned(reconcile, presence->session_id, presence->connection.attendee) ||
		    connection_open(reconcile, presence->connection.connection_id))
			continue;
		if (!keep(reconcile, error))
			return false;
		db_deadline_start(service->db);
		if (!db_run_plain(service->db, session_find, &look, error))
			return false;
		if (!look.found)
			continue;
		if (look.meeting.end_time != TIME_NONE || look.meeting.deleted) {
			if (!device_remove(reconcile, presence->connection.device, error))
				return false;
			continue;
		}
		finding.event.connection.joined_at = reconcile->asked_at;
		finding.event.connection.stamped_at = TIME_NONE;
		finding.event.connection.event = EVENT_NAME_FOUND;
		if (!db_run(service->db, finding_write, &finding, error))
			return false;
	}
	return true;
}

static enum db_outcome page_find(struct db *db, void *context)
{
	struct reconcile *reconcile = context;

	return meetings_running(db, reconcile->arena, clock_now(), reconcile->after, PAGE,
	    &reconcile->meetings, &reconcile->meeting_count);
}

static enum db_outcome room_forget(struct db *db, void *context)
{
	return grants_forget_room(db, context);
}

/* A room that should be there and is not: its loss was not reported. */
static bool room_restore(
    struct reconcile *reconcile, const struct meeting *meeting, struct error *error)
{
	struct service *service = reconcile->service;

	log_event("warning", "a running meeting had lost its room; it is made again");
	return db_run_plain(
		   service->db, room_forget, (void *)(uintptr_t)meeting->session_id, error) &&
	       room_remake(service, reconcile->arena, meeting, error);
}

/* Whoever was put out is on the room's list no more: the provider may have been out of reach then.
 * They are read again just before, since somebody may have been readmitted. */
struct ban_look {
	struct arena *arena;
	const char *session_id;
	const char *const *attendees;
	size_t count;
};

static enum db_outcome ban_look_find(struct db *db, void *context)
{
	struct ban_look *look = context;

	return grants_banned(db, look->arena, look->session_id, &look->attendees, &look->count);
}

static bool session_has_bans(const struct reconcile *reconcile, const char *session_id)
{
	for (size_t i = 0; i < reconcile->ban_count; i++) {
		if (strcmp(reconcile->bans[i].session_id, session_id) == 0)
			return true;
	}
	return false;
}

static bool banned_dismiss(
    struct reconcile *reconcile, const struct meeting *meeting, struct error *error)
{
	struct service *service = reconcile->service;
	struct ban_look look = {.arena = reconcile->arena, .session_id = meeting->session_id};

	if (!session_has_bans(reconcile, meeting->session_id))
		return true;
	if (!db_run_plain(service->db, ban_look_find, &look, error))
		return false;
	for (size_t i = 0; i < look.count; i++) {
		if (!dismissal_carry_out(
			service, reconcile->arena, meeting, look.attendees[i], error))
			return false;
	}
	return true;
}

/* The room is not recorded as its meeting said just before. Where that has changed a moment ago, a
 * request is on its way to the provider with it, or was: the next run looks again. */
static bool recording_check(
    struct reconcile *reconcile, const struct room *room, struct error *error)
{
	struct service *service = reconcile->service;
	struct session_look look = {.arena = reconcile->arena, .session_id = room->session_id};

	if (!db_run_plain(service->db, session_find, &look, error))
		return false;
	if (!look.found || look.meeting.end_time != TIME_NONE ||
	    look.meeting.modified_on > clock_now() - GRACE ||
	    recording_same(look.meeting.recording_id, room->recording_id))
		return true;
	log_event("warning", "a room was %s; that is put right",
	    look.meeting.recording_id == NULL ? "recorded and should not be"
					      : "not recorded as it should be");
	return recording_follow(
	    service, reconcile->arena, room->session_id, room->recording_id, error);
}

/* A recording whose beginning was not reported. */
struct beginning {
	const struct reconcile *reconcile;
	const struct meeting *meeting;
	bool known;
};

static enum db_outcome beginning_known(struct db *db, void *context)
{
	struct beginning *beginning = context;

	return archive_known(db, beginning->meeting->archive_id, &beginning->known);
}

/* Under the meeting's lock: it may be ending just now, with its archives. */
static enum db_outcome beginning_write(struct db *db, void *context)
{
	const struct beginning *beginning = context;
	const struct reconcile *reconcile = beginning->reconcile;
	const char *session_id = beginning->meeting->session_id;
	bool found;

	DB_TRY(meeting_touch(db, session_id, &found));
	return !found ? DB_OK
		      : archive_begin(db, session_id, recordings_host(&reconcile->service->config),
			    reconcile->asked_at, clock_now());
}

/* Is somebody in the room who may send? */
static bool session_has_senders(const struct reconcile *reconcile, const char *session_id)
{
	for (size_t i = 0; i < reconcile->open_count; i++) {
		const struct open_connection *open = &reconcile->open[i];

		if (*open->participant != '\0' && strcmp(open->session_id, session_id) == 0)
			return true;
	}
	return false;
}

/* Janus makes files when media comes. Who cannot see them takes the people for it. */
static bool media_came(const struct reconcile *reconcile, const struct meeting *meeting)
{
	const struct config *config = &reconcile->service->config;

	if (recordings_here(config))
		return recordings_size(config->recordings_dir, meeting->archive_id) > 0;
	return session_has_senders(reconcile, meeting->session_id);
}

/* A recording that goes on since the first media has its row, also when the event of that was lost.
 * Where the row is there already this costs one look by its key. */
static bool archive_check(
    const struct reconcile *reconcile, const struct meeting *meeting, struct error *error)
{
	struct beginning beginning = {.reconcile = reconcile, .meeting = meeting};
	struct db *db = reconcile->service->db;

	if (!meeting->is_archived || !recording_same(meeting->recording_id, meeting->archive_id))
		return true;
	if (!db_run_plain(db, beginning_known, &beginning, error))
		return false;
	if (beginning.known || !media_came(reconcile, meeting))
		return true;
	log_event("warning", "a recording's beginning was not reported; it has its archive now");
	return db_run(db, beginning_write, &beginning, error);
}

static bool room_check(
    struct reconcile *reconcile, const struct meeting *meeting, struct error *error)
{
	struct service *service = reconcile->service;
	const struct room key = {.session_id = meeting->session_id};
	const struct room *room =
	    reconcile->room_count == 0
		? NULL
		: bsearch(&key, reconcile->rooms, reconcile->room_count, sizeof key, room_compare);

	db_deadline_start(service->db);
	if (room == NULL)
		return room_restore(reconcile, meeting, error);
	if (!banned_dismiss(reconcile, meeting, error))
		return false;
	if (service->provider->recording_set == NULL || *service->config.recordings_dir == '\0')
		return true;
	if (!recording_same(meeting->recording_id, room->recording_id))
		return recording_check(reconcile, room, error);
	return room->recording_id == NULL || archive_check(reconcile, meeting, error);
}

/* What the provider refuses for one meeting does not hold up the others. */
static bool refusal_passed_over(struct error *error)
{
	if (error->kind != ERROR_PROVIDER)
		return false;
	log_event("warning", "reconciling a meeting's room: %s", error->message);
	error_clear(error);
	return true;
}

static bool rooms_check(struct reconcile *reconcile, struct error *error)
{
	struct service *service = reconcile->service;

	/* The meetings first: a room made meanwhile is then in the list. */
	do {
		db_deadline_start(service->db);
		if (!db_run_plain(service->db, page_find, reconcile, error))
			return false;
		if (reconcile->meeting_count == 0)
			return true;
		if (!service->provider->rooms(service->provider_state, reconcile->arena,
			&reconcile->rooms, &reconcile->room_count, error))
			return false;
		if (reconcile->room_count > 0)
			qsort(reconcile->rooms, reconcile->room_count, sizeof *reconcile->rooms,
			    room_compare);
		for (size_t i = 0; i < reconcile->meeting_count; i++) {
			if (!keep(reconcile, error) ||
			    (!room_check(reconcile, &reconcile->meetings[i], error) &&
				!refusal_passed_over(error)))
				return false;
			reconcile->after = reconcile->meetings[i].id;
		}
	} while (reconcile->meeting_count == PAGE);
	return true;
}

bool job_reconcile(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct reconcile reconcile = {.service = service, .arena = arena, .job = job};

	if (service->provider->participants != NULL &&
	    (!db_run_plain(service->db, open_find, &reconcile, error) ||
		!provider_ask(&reconcile, error)))
		return false;
	return bans_read(&reconcile, error) && banned_remove(&reconcile, error) &&
	       lost_close(&reconcile, error) && present_open(&reconcile, error) &&
	       (service->provider->rooms == NULL || rooms_check(&reconcile, error));
}
