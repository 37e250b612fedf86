/* Archives: listing and deleting recordings. */
#include "service/archives.h"

#include <string.h>

#include "archive/recordings.h"
#include "base/log.h"
#include "service/archive_files.h"
#include "service/archive_media.h"
#include "service/audit.h"
#include "service/lookup.h"
#include "service/meeting_events.h"
#include "store/archives.h"
#include "store/job_kinds.h"
#include "store/meetings.h"
#include "store/retention.h"

enum {
	DELETE_TRIES_MAX = 300, /* with the job runner's pauses this takes a day */
};

bool archives_list(struct service *service, struct arena *arena, const struct act *act,
    const struct archive_query *query, struct archive_page *page, struct error *error)
{
	struct archive_query visible = *query;

	if (query->meeting_link != NULL && !act_allows_meeting(act, query->meeting_link, error))
		return false;
	if (act->meeting_link != NULL)
		visible.meeting_link = act->meeting_link;
	if (!db_once(service->db, error,
		archives_find(service->db, arena, act_scope(act), &visible, page)))
		return false;
	for (size_t i = 0; i < page->count; i++)
		archive_links_make(service, arena, &page->archives[i], act->at);
	return true;
}

bool archive_show(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, struct archive *archive, struct archive_tracks *tracks,
    struct error *error)
{
	if (!lookup_archive(service, arena, act, archive_id, archive, error))
		return false;
	archive_links_make(service, arena, archive, act->at);
	return archive_tracks_find(service, arena, archive, act->at, tracks, error);
}

struct deletion {
	struct service *service;
	struct arena *arena;
	const struct act *act;
	struct archive archive;
	bool settled; /* no other host can have its files */
	bool deleted;
};

/* If the files may be on another host, a job removes them there. */
static enum db_outcome delete_write(struct deletion *deletion)
{
	struct db *db = deletion->service->db;
	const struct act *act = deletion->act;
	const struct archive *archive = &deletion->archive;
	bool found;

	DB_TRY(meeting_touch(db, archive->session_id, &found));
	DB_TRY(archive_mark_deleted(db, archive->id, act->at, act->request_id, &deletion->deleted));
	if (!deletion->deleted)
		return DB_OK;
	if (!deletion->settled)
		DB_TRY(job_put_recording_delete(db, archive->archive_id,
		    recordings_delete_host(&deletion->service->config, archive->host), act->at,
		    act->at));
	DB_TRY(archive_files_release(db, archive->archive_id, act->at));
	DB_TRY(meeting_event_add_recording(db, deletion->arena, archive->session_id,
	    MEETING_EVENT_RECORDING_DELETED, archive->archive_id, NULL, act->at));
	return audit_write(deletion->service, act,
	    &(struct audit_entry){
		.entity = "archive", .entity_id = archive->archive_id, .action = "delete"});
}

static bool files_delete(struct deletion *deletion, struct error *error)
{
	const struct config *config = &deletion->service->config;
	const struct archive *archive = &deletion->archive;
	bool found;

	if (!recordings_delete(config->recordings_dir, archive->archive_id, &found, error))
		return false;
	deletion->settled = recordings_settled(config, archive->host, found);
	return true;
}

bool recording_delete(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, struct error *error)
{
	struct deletion deletion = {.service = service, .arena = arena, .act = act};

	if (!lookup_archive(service, arena, act, archive_id, &deletion.archive, error))
		return false;
	if (archive_is_recording(&deletion.archive))
		return error_set(
		    error, ERROR_CONFLICT, "The archive is being recorded; stop it first.");
	/* The files first: if that fails, nothing has changed. If the row remains, the client can
	 * repeat the request. */
	if (!files_delete(&deletion, error) ||
	    !db_transact(service->db, error, delete_write(&deletion)))
		return false;
	return deletion.deleted || archive_not_found(error);
}

/* The row of an archive outlives the meeting's row until the files are gone. */
static bool row_forget(struct service *service, const char *archive_id, struct error *error)
{
	return db_once(service->db, error, archive_forget(service->db, archive_id));
}

/* Are all files of the archive deleted, now that this host has none? ERROR_UNAVAILABLE while
 * another host may have some. If no host takes the job within a day, no host has that name any
 * more: somebody renamed a single machine, and it had no such files. */
static bool files_settled(const struct service *service, const struct job *job,
    const char *archive_id, const char *kept_by, bool found, struct error *error)
{
	const char *host = kept_by == NULL ? "the host that keeps recordings" : kept_by;

	if (recordings_settled(&service->config, kept_by, found))
		return true;
	if (job->attempts < DELETE_TRIES_MAX)
		return error_set(error, ERROR_UNAVAILABLE,
		    "the recording's files are not here; this waits for %.200s", host);
	log_event("warning",
	    "no host has files of the deleted archive %s; %s has not taken the job", archive_id,
	    host);
	return true;
}

bool recording_files_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	const char *archive_id = job->subject;
	const char *kept_by = NULL;
	bool found = false;

	return db_once(service->db, error,
		   archive_host_find(service->db, arena, archive_id, &kept_by)) &&
	       recordings_delete(service->config.recordings_dir, archive_id, &found, error) &&
	       files_settled(service, job, archive_id, kept_by, found, error) &&
	       row_forget(service, archive_id, error);
}

bool recording_tracks_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	const char *dir = service->config.recordings_dir;
	const char *slash = strchr(job->subject, '/');
	const char *archive_id, *kept_by = NULL;
	bool found = false;

	if (slash == NULL)
		return error_set(error, ERROR_INTERNAL, "the job names no tracks");
	archive_id = arena_strndup(arena, job->subject, (size_t)(slash - job->subject));
	if (!db_once(
		service->db, error, archive_host_find(service->db, arena, archive_id, &kept_by)) ||
	    !recordings_tracks_delete(dir, archive_id, slash + 1, &found, error) ||
	    !files_settled(service, job, archive_id, kept_by, found, error))
		return false;
	return !found ||
	       db_once(service->db, error,
		   archive_size_set(service->db, archive_id, recordings_size(dir, archive_id)));
}
