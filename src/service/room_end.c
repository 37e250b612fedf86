/* The end of a meeting's room at the provider, and the sizes of its recordings. */
#include "service/room_end.h"

#include <string.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/log.h"
#include "service/job_keep.h"
#include "service/recording.h"
#include "service/session.h"
#include "store/archives.h"
#include "store/attendance.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

struct room_end {
	struct service *service;
	struct arena *arena;
	const struct job *job;
	const char *session_id;
	struct meeting meeting;
	bool found;
	bool known; /* the archive that starts with the first media has a row */
	struct archive_page archives;
};

static bool archives_find_all(struct room_end *end, struct error *error)
{
	enum { ARCHIVES_MAX = 1000 };
	const struct archive_query query = {.session_id = end->session_id, .limit = ARCHIVES_MAX};
	struct db *db = end->service->db;

	return db_once(db, error, archives_find(db, end->arena, SCOPE_ALL, &query, &end->archives));
}

static bool recordings_elsewhere(const struct config *config)
{
	const char *host = recordings_host(config);

	return host != NULL && strcmp(host, config->host_name) != 0;
}

/* Leaves the sizes to the host that keeps recordings. This job does not wait for that host. */
static bool hand_over(const struct room_end *end, struct error *error)
{
	const char *host = recordings_host(&end->service->config);
	struct db *db = end->service->db;

	return db_once(db, error,
	    job_put_recording_sizes(db, end->session_id, host, clock_now(), clock_now()));
}

static enum db_outcome archive_look(struct db *db, void *context)
{
	struct room_end *end = context;
	const struct meeting *meeting = &end->meeting;

	DB_TRY(meeting_find_session(db, end->arena, end->session_id, &end->meeting, &end->found));
	end->found = end->found && meeting->is_archived && meeting->archive_id != NULL;
	return end->found ? archive_known(db, meeting->archive_id, &end->known) : DB_OK;
}

/* Adds the archive of a recording whose start was not reported. The start of the meeting stands for
 * its time. */
static bool recording_keep(struct room_end *end, struct error *error)
{
	const char *dir = end->service->config.recordings_dir;
	struct db *db = end->service->db;

	if (!end->found || end->known || end->meeting.start_time == TIME_NONE ||
	    recordings_tracks_size(dir, end->meeting.archive_id, end->session_id) == 0)
		return true;
	log_event("warning", "the start of a recording was not reported; its archive is added now");
	return db_transact(db, error,
		   recording_found(end->service, end->arena, end->session_id,
		       end->meeting.start_time, clock_now())) &&
	       archives_find_all(end, error);
}

/* Has the recording stopped on this host, without one byte? */
static bool nothing_recorded(const struct config *config, const struct archive *archive)
{
	return recordings_here(config) && archive->size == 0 &&
	       strcmp(archive->status, "stopped") == 0 &&
	       (archive->host == NULL || strcmp(archive->host, config->host_name) == 0);
}

/* Writes the sizes of the recordings, which are complete now. Only the host that keeps them can do
 * this. */
static bool sizes_keep(struct room_end *end, struct error *error)
{
	const struct config *config = &end->service->config;
	struct db *db = end->service->db;

	if (!archives_find_all(end, error) || !db_run_plain(db, archive_look, end, error))
		return false;
	if (recordings_elsewhere(config))
		return (end->archives.count == 0 && !end->found) || hand_over(end, error);
	if (!recording_keep(end, error))
		return false;
	for (size_t i = 0; i < end->archives.count; i++) {
		const struct archive *archive = &end->archives.archives[i];
		struct archive_end update;
		bool changed;

		if (!job_keep(end->service, end->job, error))
			return false;
		update.size = recordings_tracks_size(
		    config->recordings_dir, archive->archive_id, end->session_id);
		update.failed = update.size == 0;
		update.reason = recordings_fault(config, update.size);
		if (update.size <= archive->size && !nothing_recorded(config, archive))
			continue;
		if (!db_transact(db, error,
			recording_end_keep(
			    db, end->arena, archive, &update, clock_now(), &changed)))
			return false;
		if (changed)
			recording_end_report(&update);
	}
	return true;
}

static bool session_end(struct room_end *end, struct error *error)
{
	struct service *service = end->service;
	struct arena *arena = end->arena;
	struct meeting meeting;
	struct session_ref session;
	const char **devices;
	size_t device_count;
	bool found;

	if (!session_meeting(service, arena, end->session_id, &meeting, &found, error))
		return false;
	return session_refer(service, arena, found ? meeting.server : NULL, end->session_id,
		   &session, error) &&
	       db_once(service->db, error,
		   attendance_devices(
		       service->db, arena, end->session_id, &devices, &device_count)) &&
	       service->provider->session_end(
		   service->provider_state, arena, &session, devices, device_count, error);
}

bool room_end_finish(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct room_end end = {
	    .service = service, .arena = arena, .job = job, .session_id = job->subject};

	return session_end(&end, error) && job_keep(service, job, error) && sizes_keep(&end, error);
}
