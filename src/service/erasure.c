/* Erasure: removes a person's identity from meetings that have ended. */
#include "service/erasure.h"

#include <string.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "meeting/archive.h"
#include "meeting/recorded_tracks.h"
#include "service/audit.h"
#include "service/lookup.h"
#include "store/archive_files.h"
#include "store/archive_processing.h"
#include "store/archives.h"
#include "store/erasures.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

enum {
	PSEUDONYM_BYTES = 12, /* of the digest: 16 characters */
	ARCHIVES_MAX = 1000,  /* of one meeting */
	PAGE = 100,           /* meetings or audit entries of one step */
};

#define OVER_FOR (1 * HOUR)

static const char *pseudonym_of(const struct service *service, struct arena *arena,
    const char *session_id, const char *attendee)
{
	unsigned char digest[SHA256_SIZE];

	derive(
	    arena, service->config.service_secret, "erased person", session_id, attendee, digest);
	return arena_printf(arena, "erased-%s", base64url_encode(arena, digest, PSEUDONYM_BYTES));
}

void erasure_mark(const struct service *service, struct arena *arena, struct event *event)
{
	if (event->kind == EVENT_OPENED && event->session_id != NULL)
		event->connection.pseudonym =
		    pseudonym_of(service, arena, event->session_id, event->connection.attendee);
}

struct erasing {
	struct service *service;
	struct arena *arena;
	const struct act *act;
	const struct erasure_wish *wish;
	struct meeting meeting;
	bool found; /* the meeting */
	bool over;
	bool known; /* the person */
	struct erasure *erasure;
};

/* Has the meeting ended long enough ago? */
static bool over(const struct meeting *meeting, int64_t now)
{
	int64_t since = meeting->end_time;

	if (since == TIME_NONE && meeting->deleted)
		since = meeting->deleted_on;
	return since != TIME_NONE && now - since >= OVER_FOR;
}

/* Janus names a track file "videoroom-<room>-user-<participant>-<time>-<kind>-<number>.mjr". */
static enum db_outcome track_files_delete(struct db *db, const struct erasing *erasing,
    const struct archive *archive, const char *prefix, const struct identity *identity)
{
	const char *host = recordings_delete_host(&erasing->service->config, archive->host);
	int64_t now = erasing->act->at;

	DB_TRY(job_put_tracks_delete(db, erasing->arena, archive->archive_id, prefix, host, now));
	/* A Janus client may have used an id without this prefix. */
	for (size_t i = 0; i < identity->count; i++) {
		const struct alias *alias = &identity->aliases[i];

		if (alias->kind == ALIAS_PARTICIPANT &&
		    strncmp(alias->from, prefix, strlen(prefix)) != 0)
			DB_TRY(job_put_tracks_delete(db, erasing->arena, archive->archive_id,
			    arena_printf(erasing->arena, "%s-", alias->from), host, now));
	}
	return DB_OK;
}

/* Takes the person's tracks out of the archive's list. They have the person's files as their names
 * say, whose rows go too. */
static enum db_outcome tracks_erase(
    struct db *db, const struct erasing *erasing, const struct archive *archive, const char *prefix)
{
	int64_t now = erasing->act->at;
	const char *tracks;
	bool left;

	if (archive->tracks != NULL && recorded_tracks_without(erasing->arena, archive->tracks,
					   erasing->wish->attendee, &tracks))
		DB_TRY(archive_tracks_replace(db, archive->archive_id, tracks, now));
	DB_TRY(archive_files_erase(db, archive->archive_id, prefix, now, &left));
	return left ? job_put_objects_delete(db, archive->archive_id, now) : DB_OK;
}

static enum db_outcome recordings_erase(struct db *db, const struct erasing *erasing,
    const char *prefix, const struct identity *identity)
{
	const struct archive_query query = {
	    .session_id = erasing->meeting.session_id, .limit = ARCHIVES_MAX};
	struct erasure *erasure = erasing->erasure;
	struct archive_page page;

	DB_TRY(archives_find(db, erasing->arena, SCOPE_ALL, &query, &page));
	erasure->composed =
	    arena_alloc(erasing->arena, (page.count + 1) * sizeof *erasure->composed);
	erasure->composed_count = 0;
	for (size_t i = 0; i < page.count; i++) {
		const struct archive *archive = &page.archives[i];

		if (archive_is_composed(archive))
			erasure->composed[erasure->composed_count++] = archive->archive_id;
		if (prefix == NULL)
			continue;
		DB_TRY(track_files_delete(db, erasing, archive, prefix, identity));
		DB_TRY(tracks_erase(db, erasing, archive, prefix));
	}
	return DB_OK;
}

/* The entry holds the pseudonym, also as its actor if people erase themselves. */
static enum db_outcome audit_erase(const struct erasing *erasing)
{
	const char *pseudonym = erasing->erasure->pseudonym;
	struct act act = *erasing->act;
	struct json_object *object = json_object_new_object();
	enum db_outcome outcome;

	if (strcmp(act.actor, erasing->wish->attendee) == 0)
		act.actor = pseudonym;
	json_add_text(object, "attendee", pseudonym);
	outcome = audit_write(erasing->service, &act,
	    &(struct audit_entry){.entity = "meeting",
		.entity_id = erasing->meeting.meeting_link,
		.action = "erase",
		.after = json_text(object)});
	json_object_put(object);
	return outcome;
}

static enum db_outcome person_erase(struct db *db, struct erasing *erasing)
{
	struct service *service = erasing->service;
	struct arena *arena = erasing->arena;
	const struct meeting *meeting = &erasing->meeting;
	const char *attendee = erasing->wish->attendee, *prefix = NULL;
	struct erasure_target target = {.attendee = attendee};
	struct identity identity;

	DB_TRY(meeting_find_locked(db, arena, act_target(erasing->act, erasing->wish->meeting_link),
	    &erasing->meeting, &erasing->found));
	erasing->known = false;
	erasing->over = erasing->found && over(meeting, erasing->act->at);
	if (!erasing->found)
		return DB_OK;
	target.session_id = meeting->session_id;
	target.pseudonym = pseudonym_of(service, arena, meeting->session_id, attendee);
	erasing->erasure->pseudonym = target.pseudonym;
	DB_TRY(erasure_known(db, &target, &erasing->known));
	if (!erasing->over || !erasing->known)
		return DB_OK;
	if (service->provider->participant_prefix != NULL)
		prefix = service->provider->participant_prefix(
		    service->provider_state, arena, meeting->session_id, attendee);
	DB_TRY(erasure_identity(db, arena, &target, prefix, &identity));
	DB_TRY(recordings_erase(db, erasing, prefix, &identity));
	DB_TRY(erasure_write(db, arena, &target, &identity, erasing->act->at));
	return audit_erase(erasing);
}

bool erasure_run(struct service *service, struct arena *arena, const struct act *act,
    const struct erasure_wish *wish, struct erasure *erasure, struct error *error)
{
	struct erasing erasing = {
	    .service = service, .arena = arena, .act = act, .wish = wish, .erasure = erasure};

	*erasure = (struct erasure){0};
	if (!db_transact(service->db, error, person_erase(service->db, &erasing)))
		return false;
	if (!erasing.found)
		return meeting_not_found(error);
	if (!erasing.known)
		return error_set(
		    error, ERROR_NOT_FOUND, "There is no such attendee in this meeting.");
	return erasing.over || error_set_code(error, ERROR_CONFLICT, "MEETING_NOT_OVER",
				   "People can be erased from one hour after the meeting's end.");
}

/* Erases the person from one meeting of many. A meeting that has not ended is counted; this is no
 * error. */
static bool one_erase(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, struct erasure_everywhere *everywhere, struct error *error)
{
	const struct erasure_wish wish = {
	    .meeting_link = meeting_link, .attendee = everywhere->attendee};
	struct erasure erasure;

	db_deadline_start(service->db);
	if (erasure_run(service, arena, act, &wish, &erasure, error)) {
		everywhere->meetings++;
		for (size_t i = 0; i < erasure.composed_count; i++)
			everywhere->composed(erasure.composed[i]);
		return true;
	}
	if (error->kind == ERROR_CONFLICT)
		everywhere->waiting++;
	else if (error->kind != ERROR_NOT_FOUND) /* somebody deleted it meanwhile */
		return false;
	error_clear(error);
	return true;
}

static bool meetings_erase(struct service *service, struct arena *arena, const struct act *act,
    struct erasure_everywhere *everywhere, struct error *error)
{
	struct db *db = service->db;
	struct erasure_meeting *meetings = NULL;
	int64_t after = 0;
	size_t count = 0;

	do {
		arena_reset(arena);
		db_deadline_start(db);
		if (!db_once(db, error,
			erasure_meetings(db, arena, everywhere->tenant, everywhere->attendee, after,
			    PAGE, &meetings, &count)))
			return false;
		for (size_t i = 0; i < count; i++) {
			after = meetings[i].id;
			if (!one_erase(
				service, arena, act, meetings[i].meeting_link, everywhere, error))
				return false;
		}
	} while (count == PAGE);
	return true;
}

/* Entries about settings, and about meetings that no longer exist. */
static bool audit_rest_erase(struct service *service, struct arena *arena,
    const struct erasure_everywhere *everywhere, struct error *error)
{
	const struct alias alias = {.kind = ALIAS_ATTENDEE,
	    .from = everywhere->attendee,
	    .to = pseudonym_of(service, arena, "", everywhere->attendee)};
	const struct identity identity = {.aliases = &alias, .count = 1};
	struct erasure_batch batch = {.limit = PAGE}, next = {0};
	struct db *db = service->db;

	while (batch.limit > 0) {
		db_deadline_start(db);
		if (!db_transact(db, error,
			erasure_audit(db, arena, everywhere->tenant, &identity, batch, &next)))
			return false;
		batch = next;
	}
	return true;
}

bool erasure_run_everywhere(struct service *service, const struct act *act,
    struct erasure_everywhere *everywhere, struct error *error)
{
	struct arena *arena = arena_new();
	bool done;

	/* A page may have to read the whole table of meetings. */
	db_statement_limit(service->db, HOUR);
	everywhere->meetings = everywhere->waiting = 0;
	done = meetings_erase(service, arena, act, everywhere, error) &&
	       (everywhere->waiting > 0 || audit_rest_erase(service, arena, everywhere, error));
	arena_free(arena);
	return done;
}
