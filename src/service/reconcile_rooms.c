/* Reconciling rooms: compares the running meetings with the provider's rooms. */
#include <stdlib.h>
#include <string.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "service/job_keep.h"
#include "service/reconcile.h"
#include "service/recording.h"
#include "service/removal.h"
#include "service/room_remake.h"
#include "service/session.h"
#include "store/archives.h"
#include "store/meetings.h"

enum {
	PAGE = 1000, /* meetings read at once: the database sorts all of them for each page */
};

/* All rooms of the server, and one page of meetings. */
struct page {
	const struct reconcile *reconcile;
	int64_t after;
	struct meeting *meetings;
	size_t meeting_count;
	struct room *rooms; /* sorted */
	size_t room_count;
	bool rooms_are_new; /* read after this page's meetings */
	int64_t rooms_at;   /* the time of the list of rooms */
};

static int room_compare(const void *a, const void *b)
{
	return strcmp(((const struct room *)a)->session_id, ((const struct room *)b)->session_id);
}

/* Makes a lost room again. No event has reported its loss. */
static bool room_restore(
    const struct reconcile *reconcile, const struct meeting *meeting, struct error *error)
{
	struct service *service = reconcile->service;

	log_event("warning", "a running meeting had lost its room; it is made again");
	return db_once(service->db, error, grants_forget_room(service->db, meeting->session_id)) &&
	       room_remake(service, reconcile->arena, &reconcile->server.server, meeting, error);
}

static int ban_session_compare(const void *a, const void *b)
{
	return strcmp(((const struct ban *)a)->session_id, ((const struct ban *)b)->session_id);
}

static bool session_has_bans(const struct reconcile *reconcile, const char *session_id)
{
	const struct ban key = {.session_id = session_id};

	return reconcile->ban_count > 0 && bsearch(&key, reconcile->bans, reconcile->ban_count,
					       sizeof key, ban_session_compare) != NULL;
}

/* Revokes the tokens of banned people again: the provider may have been out of reach at the
 * removal. The bans are read again: a moderator may have readmitted somebody. */
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

/* Corrects a room that is not recorded as its meeting says. If the meeting has changed a moment
 * ago, its request may still be at work: then the next run looks again. */
static bool recording_check(const struct page *page, const struct room *room, struct error *error)
{
	const struct reconcile *reconcile = page->reconcile;
	struct service *service = reconcile->service;
	struct meeting meeting;
	bool found;

	if (!session_meeting(service, reconcile->arena, room->session_id, &meeting, &found, error))
		return false;
	if (!found || meeting.end_time != TIME_NONE ||
	    meeting.modified_on > page->rooms_at - GRACE ||
	    text_equal(meeting.recording_id, room->recording_id))
		return true;
	log_event("warning", "a room was %s; this is corrected now",
	    meeting.recording_id == NULL ? "recorded and should not be"
					 : "not recorded as it should be");
	return recording_follow(
	    service, reconcile->arena, room->session_id, room->recording_id, error);
}

/* A recording whose start was not reported. */
struct beginning {
	const struct reconcile *reconcile;
	const struct meeting *meeting;
};

/* Locks the meeting's row: the meeting and its archives may end at this moment. */
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

/* Has media come? Janus writes files then. A host that cannot see the files looks for senders
 * instead. */
static bool media_came(const struct reconcile *reconcile, const struct meeting *meeting)
{
	const struct config *config = &reconcile->service->config;

	if (recordings_here(config))
		return recordings_tracks_size(
			   config->recordings_dir, meeting->archive_id, meeting->session_id) > 0;
	return reconcile_has_senders(reconcile, meeting->session_id);
}

/* Adds the missing row of a recording that started with the first media: the event was lost. If the
 * row is there, this costs one read by its key. */
static bool archive_check(
    const struct reconcile *reconcile, const struct meeting *meeting, struct error *error)
{
	struct beginning beginning = {.reconcile = reconcile, .meeting = meeting};
	struct db *db = reconcile->service->db;
	bool known;

	if (!meeting->is_archived || !text_equal(meeting->recording_id, meeting->archive_id))
		return true;
	if (!db_once(db, error, archive_known(db, meeting->archive_id, &known)))
		return false;
	if (known || !media_came(reconcile, meeting))
		return true;
	log_event("warning", "the start of a recording was not reported; its archive is added now");
	return db_run(db, beginning_write, &beginning, error);
}

static bool rooms_read(struct page *page, struct error *error)
{
	const struct reconcile *reconcile = page->reconcile;
	const struct service *service = reconcile->service;

	page->rooms_at = clock_now();
	if (!service->provider->rooms(service->provider_state, reconcile->arena,
		&reconcile->server.server, &page->rooms, &page->room_count, error))
		return false;
	if (page->room_count > 0)
		qsort(page->rooms, page->room_count, sizeof *page->rooms, room_compare);
	return true;
}

static const struct room *room_listed(const struct page *page, const char *session_id)
{
	const struct room key = {.session_id = session_id};

	return page->room_count == 0
		   ? NULL
		   : bsearch(&key, page->rooms, page->room_count, sizeof key, room_compare);
}

/* Finds the meeting's room. A room that is not in the list may have been made since: the list is
 * read again, at most once for each page. */
static bool room_find(
    struct page *page, const char *session_id, const struct room **room, struct error *error)
{
	*room = room_listed(page, session_id);
	if (*room != NULL || page->rooms_are_new)
		return true;
	page->rooms_are_new = true;
	if (!rooms_read(page, error))
		return false;
	*room = room_listed(page, session_id);
	return true;
}

static bool room_check(struct page *page, const struct meeting *meeting, struct error *error)
{
	const struct reconcile *reconcile = page->reconcile;
	struct service *service = reconcile->service;
	const struct room *room;

	if (!room_find(page, meeting->session_id, &room, error))
		return false;
	db_deadline_start(service->db);
	if (room == NULL)
		return room_restore(reconcile, meeting, error);
	if (!banned_revoke(reconcile, meeting, error))
		return false;
	if ((service->provider->features & FEATURE_RECORDING) == 0 ||
	    *service->config.recordings_dir == '\0')
		return true;
	if (!text_equal(meeting->recording_id, room->recording_id))
		return recording_check(page, room, error);
	return room->recording_id == NULL || archive_check(reconcile, meeting, error);
}

/* If the provider refuses a request for one meeting, the others must go on. */
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
	struct page page = {.reconcile = reconcile};

	if (service->provider->rooms == NULL)
		return true;
	do {
		const struct running_query query = {
		    reconcile->server.server.name, page.after, PAGE};

		db_deadline_start(service->db);
		if (!db_once(service->db, error,
			meetings_running(service->db, reconcile->arena, &query, clock_now(),
			    &page.meetings, &page.meeting_count)))
			return false;
		if (page.meeting_count == 0)
			return true;
		/* After the first meetings: so a room that is made meanwhile is in the list. */
		page.rooms_are_new = page.rooms_at == 0;
		if (page.rooms_are_new && !rooms_read(&page, error))
			return false;
		if (!page_check(&page, error))
			return false;
	} while (page.meeting_count == PAGE);
	return true;
}
