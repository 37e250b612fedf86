/* Reconciling rooms: those of running meetings, by the tables and at the provider. */
#include <stdlib.h>
#include <string.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/log.h"
#include "service/job_keep.h"
#include "service/reconcile.h"
#include "service/recording.h"
#include "service/removal.h"
#include "service/room_remake.h"
#include "service/session.h"
#include "store/archives.h"
#include "store/meetings.h"

enum {
	PAGE = 100, /* meetings read at once */
};

/* One page of meetings, and all rooms that are there. */
struct page {
	const struct reconcile *reconcile;
	int64_t after;
	struct meeting *meetings;
	size_t meeting_count;
	struct room *rooms; /* sorted */
	size_t room_count;
};

static int room_compare(const void *a, const void *b)
{
	return strcmp(((const struct room *)a)->session_id, ((const struct room *)b)->session_id);
}

/* A room that should be there and is not: its loss was not reported. */
static bool room_restore(
    const struct reconcile *reconcile, const struct meeting *meeting, struct error *error)
{
	struct service *service = reconcile->service;

	log_event("warning", "a running meeting had lost its room; it is made again");
	return db_once(service->db, error, grants_forget_room(service->db, meeting->session_id)) &&
	       room_remake(service, reconcile->arena, meeting, error);
}

static bool session_has_bans(const struct reconcile *reconcile, const char *session_id)
{
	for (size_t i = 0; i < reconcile->ban_count; i++) {
		if (strcmp(reconcile->bans[i].session_id, session_id) == 0)
			return true;
	}
	return false;
}

/* People who were removed may send no more: the provider may have been out of reach when that was
 * told. The bans are read again just before, since somebody may have been readmitted. */
static bool banned_revoke(
    const struct reconcile *reconcile, const struct meeting *meeting, struct error *error)
{
	struct service *service = reconcile->service;
	const char *const *attendees;
	size_t count;

	if (!session_has_bans(reconcile, meeting->session_id))
		return true;
	if (!db_once(service->db, error,
		grants_banned(
		    service->db, reconcile->arena, meeting->session_id, &attendees, &count)))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!removal_revoke(service, reconcile->arena, meeting, attendees[i], error))
			return false;
	}
	return true;
}

/* The room is not recorded as its meeting said just before. Where that has changed a moment ago, a
 * request is on its way to the provider with it, or was: the next run looks again. */
static bool recording_check(
    const struct reconcile *reconcile, const struct room *room, struct error *error)
{
	struct service *service = reconcile->service;
	struct meeting meeting;
	bool found;

	if (!session_meeting(service, reconcile->arena, room->session_id, &meeting, &found, error))
		return false;
	if (!found || meeting.end_time != TIME_NONE || meeting.modified_on > clock_now() - GRACE ||
	    recording_same(meeting.recording_id, room->recording_id))
		return true;
	log_event("warning", "a room was %s; that is put right",
	    meeting.recording_id == NULL ? "recorded and should not be"
					 : "not recorded as it should be");
	return recording_follow(
	    service, reconcile->arena, room->session_id, room->recording_id, error);
}

/* A recording whose beginning was not reported. */
struct beginning {
	const struct reconcile *reconcile;
	const struct meeting *meeting;
};

/* Under the meeting's lock: it may be ending just now, with its archives. */
static enum db_outcome beginning_write(struct db *db, void *context)
{
	const struct beginning *beginning = context;
	const struct reconcile *reconcile = beginning->reconcile;
	const char *session_id = beginning->meeting->session_id;
	bool found;

	DB_TRY(meeting_touch(db, session_id, &found));
	return !found ? DB_OK
		      : recording_begin(reconcile->service, reconcile->arena, session_id,
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
	bool known;

	if (!meeting->is_archived || !recording_same(meeting->recording_id, meeting->archive_id))
		return true;
	if (!db_once(db, error, archive_known(db, meeting->archive_id, &known)))
		return false;
	if (known || !media_came(reconcile, meeting))
		return true;
	log_event("warning", "a recording's beginning was not reported; it has its archive now");
	return db_run(db, beginning_write, &beginning, error);
}

static bool room_check(const struct page *page, const struct meeting *meeting, struct error *error)
{
	const struct reconcile *reconcile = page->reconcile;
	struct service *service = reconcile->service;
	const struct room key = {.session_id = meeting->session_id};
	const struct room *room =
	    page->room_count == 0
		? NULL
		: bsearch(&key, page->rooms, page->room_count, sizeof key, room_compare);

	db_deadline_start(service->db);
	if (room == NULL)
		return room_restore(reconcile, meeting, error);
	if (!banned_revoke(reconcile, meeting, error))
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

static bool page_check(struct page *page, struct error *error)
{
	const struct reconcile *reconcile = page->reconcile;

	for (size_t i = 0; i < page->meeting_count; i++) {
		if (!job_keep(reconcile->service, reconcile->job, error) ||
		    (!room_check(page, &page->meetings[i], error) && !refusal_passed_over(error)))
			return false;
		page->after = page->meetings[i].id;
	}
	return true;
}

bool reconcile_rooms(const struct reconcile *reconcile, struct error *error)
{
	const struct service *service = reconcile->service;
	struct arena *arena = reconcile->arena;
	struct page page = {.reconcile = reconcile};

	if (service->provider->rooms == NULL)
		return true;
	/* The meetings first: a room made meanwhile is then in the list. */
	do {
		db_deadline_start(service->db);
		if (!db_once(service->db, error,
			meetings_running(service->db, arena, clock_now(), page.after, PAGE,
			    &page.meetings, &page.meeting_count)))
			return false;
		if (page.meeting_count == 0)
			return true;
		if (!service->provider->rooms(
			service->provider_state, arena, &page.rooms, &page.room_count, error))
			return false;
		if (page.room_count > 0)
			qsort(page.rooms, page.room_count, sizeof *page.rooms, room_compare);
		if (!page_check(&page, error))
			return false;
	} while (page.meeting_count == PAGE);
	return true;
}
