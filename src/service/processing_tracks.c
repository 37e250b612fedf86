/* The first half of processing: a file of each person and stretch. */
#include <poll.h>
#include <string.h>

#include "archive/recordings.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "meeting/recorded_tracks.h"
#include "service/archive_files.h"
#include "service/job_keep.h"
#include "service/meeting_events.h"
#include "service/processing.h"
#include "service/processing_run.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

enum {
	PERSON_ID = 16, /* characters of a participant's id that are the same for all devices */
	LIST_SIZE = 4096,
	STALL_BASE = 600, /* seconds: the program tells nothing before its answer */
	STALL_PER_MINUTE = 60,
	LOOK_MS = 200,
};

/* Janus writes each 4096 bytes, so a file that it still writes may be so old, if hardly anything is
 * said. Only a killed Janus leaves such files. */
#define WRITTEN_AGE      (10 * SECOND)
#define WRITTEN_PATIENCE (5 * SECOND) /* in one run of the job */

struct track_making {
	struct processing *processing;
	struct recorded_person *people;
	const char **ids; /* PERSON_ID characters of each */
	size_t people_count;
	const char *answer; /* of confab-media */
	struct json_object *tracks;
	const char *text; /* the tracks for the archive's row */
	bool changed;
};

enum db_outcome archive_process(
    struct db *db, const char *archive_id, const char *host, int64_t now)
{
	return job_put_archive_tracks(db, archive_id, host, now);
}

/* Waits for Janus to close the files. */
static bool files_closed(struct processing *processing, struct error *error)
{
	const char *dir = processing->service->config.recordings_dir;
	int64_t until = clock_monotonic() + WRITTEN_PATIENCE;

	for (;;) {
		int64_t written = recordings_written(dir, processing->archive.archive_id);

		if (written == TIME_NONE || clock_now() - written > WRITTEN_AGE)
			return true;
		if (clock_monotonic() > until ||
		    (processing->job->told != NULL && processing->job->told()))
			return error_set(
			    error, ERROR_UNAVAILABLE, "Janus has not closed the track files yet");
		if (!job_keep(processing->service, processing->job, error))
			return false;
		poll(NULL, 0, LOOK_MS);
	}
}

/* ---- who was there ---- */

static bool people_find(struct track_making *making, struct error *error)
{
	struct service *service = making->processing->service;
	struct arena *arena = making->processing->arena;
	const char *session_id = making->processing->archive.session_id;

	db_deadline_start(service->db);
	if (!db_once(service->db, error,
		recorded_people_find(
		    service->db, arena, session_id, &making->people, &making->people_count)))
		return false;
	making->ids = arena_alloc(arena, (making->people_count + 1) * sizeof *making->ids);
	for (size_t i = 0; i < making->people_count; i++)
		making->ids[i] = arena_strndup(arena,
		    service->provider->participant_prefix(
			service->provider_state, arena, session_id, making->people[i].attendee),
		    PERSON_ID);
	return true;
}

/* The attendee of a participant's id; NULL: nobody. */
static const char *attendee_find(const struct track_making *making, const char *id)
{
	for (size_t i = 0; id != NULL && i < making->people_count; i++) {
		if (strcmp(making->ids[i], id) == 0)
			return making->people[i].attendee;
	}
	return NULL;
}

/* ---- the program ---- */

static void answer_take(void *context, const char *line)
{
	struct track_making *making = context;

	making->answer = arena_strdup(making->processing->arena, line);
}

static bool tracks_read(struct track_making *making, struct error *error)
{
	struct processing *processing = making->processing;
	const struct archive *archive = &processing->archive;
	struct arena *arena = processing->arena;
	int64_t length = archive->stopped_at - archive->created_at;
	struct buffer list = buffer_new(arena, LIST_SIZE);
	const char *writes[] = {processing->folder, NULL};
	const char *arguments[] = {processing->media, "tracks", "--from", processing->folder,
	    "--to", processing->folder, "--room", archive->session_id, "--participants", "-",
	    "--zero", arena_printf(arena, "%lld", (long long)archive->created_at), NULL};
	struct program program = {
	    .arguments = arguments, .writes = writes, .line = answer_take, .line_context = making};

	if (archive->stopped_at == TIME_NONE || length < 0)
		length = 0;
	for (size_t i = 0; i < making->people_count; i++)
		buffer_printf(&list, "%s\n", making->ids[i]);
	program.input = list.text;
	program.cpu = processing_cpu(length);
	program.stall = STALL_BASE + STALL_PER_MINUTE * (length / MINUTE);
	if (!processing_program(processing, &program, "reading the tracks", error))
		return false;
	return making->answer != NULL ||
	       error_set(error, ERROR_INTERNAL, "confab-media has given no answer");
}

/* ---- the answer ---- */

/* A row has the attendee's own id, and no participant. */
static void track_own(const struct track_making *making, struct json_object *track)
{
	const char *attendee = attendee_find(making, json_text_member(track, "attendee"));

	json_object_object_del(track, "participant");
	json_object_object_del(track, "attendee");
	json_add_text(track, "attendee", attendee);
}

/* In the order of time. */
static int track_compare(const void *a, const void *b)
{
	struct json_object *one = *(struct json_object *const *)a;
	struct json_object *other = *(struct json_object *const *)b;
	int64_t from = 0, other_from = 0;

	json_integer_member(one, "from", &from);
	json_integer_member(other, "from", &other_from);
	if (from != other_from)
		return from < other_from ? -1 : 1;
	return strcmp(json_text_member(one, "file"), json_text_member(other, "file"));
}

static void skipped_tell(const struct processing *processing, struct json_object *answer)
{
	struct json_object *skipped = json_member(answer, "skipped", json_type_array);
	size_t count = skipped == NULL ? 0 : json_object_array_length(skipped);
	struct json_object *first = count == 0 ? NULL : json_object_array_get_idx(skipped, 0);

	if (count > 0)
		log_event("info",
		    "archive %s: %zu track files have nothing that can be used; %s: %s",
		    processing->archive.archive_id, count, json_text_member(first, "file"),
		    json_text_member(first, "reason"));
}

static bool answer_read(struct track_making *making, struct error *error)
{
	struct processing *processing = making->processing;
	struct arena *arena = processing->arena;
	struct json_object *answer;
	struct recorded_track *tracks;
	size_t count;

	if (!json_parse(arena, making->answer, strlen(making->answer), &answer, error) ||
	    !recorded_tracks_read(arena, answer, &tracks, &count, error))
		return error_set(error, ERROR_INTERNAL, "confab-media's answer cannot be read");
	skipped_tell(processing, answer);
	making->tracks = json_member(answer, "tracks", json_type_array);
	for (size_t i = 0; i < count; i++)
		track_own(making, json_object_array_get_idx(making->tracks, i));
	json_object_array_sort(making->tracks, track_compare);
	making->text = json_text(making->tracks);
	return true;
}

/* ---- the result ---- */

static const char *track_type(const char *file)
{
	size_t len = strlen(file);

	return len > 4 && strcmp(file + len - 4, ".mkv") == 0 ? "video/x-matroska" : "video/webm";
}

/* The tracks as files of the archive. */
static struct archive_file *files_of(
    const struct track_making *making, int64_t *length, int64_t *size)
{
	size_t count = json_object_array_length(making->tracks);
	struct archive_file *files =
	    arena_alloc(making->processing->arena, (count + 1) * sizeof *files);

	*length = *size = 0;
	for (size_t i = 0; i < count; i++) {
		struct json_object *track = json_object_array_get_idx(making->tracks, i);
		int64_t to = 0;

		files[i] = (struct archive_file){
		    .path = json_text_member(track, "file"), .kind = ARCHIVE_FILE_TRACK};
		files[i].content_type = track_type(files[i].path);
		json_integer_member(track, "size", &files[i].size);
		json_integer_member(track, "to", &to);
		*size += files[i].size;
		if (to > *length)
			*length = to;
	}
	return files;
}

static enum db_outcome individual_write(struct track_making *making, int64_t now)
{
	struct processing *processing = making->processing;
	struct db *db = processing->service->db;
	const struct archive *archive = &processing->archive;
	struct archive_result result = {.tracks = making->text};
	struct archive_file *files;
	int64_t length;

	files = files_of(making, &length, &result.size);
	result.duration = length / SECOND;
	DB_TRY(archive_available_set(db, archive->archive_id, &result, now, &making->changed));
	if (!making->changed)
		return DB_OK;
	DB_TRY(
	    archive_files_offer(db, archive, files, json_object_array_length(making->tracks), now));
	DB_TRY(job_put_tracks_expire(db, archive->archive_id, archive->host,
	    now + processing->service->config.recording_keep_tracks, now));
	return meeting_event_add_recording(db, processing->arena, archive->session_id,
	    MEETING_EVENT_RECORDING_AVAILABLE, archive->archive_id, NULL, now);
}

static enum db_outcome composed_write(struct track_making *making, int64_t now)
{
	struct processing *processing = making->processing;
	struct db *db = processing->service->db;
	const struct archive *archive = &processing->archive;

	DB_TRY(archive_tracks_keep(db, archive->archive_id, making->text, now, &making->changed));
	if (!making->changed)
		return DB_OK;
	DB_TRY(job_put_archive_compose(db, archive->archive_id, archive->host, now));
	return meeting_event_add_progress(
	    db, processing->arena, archive->session_id, archive->archive_id, 0, now);
}

static enum db_outcome tracks_write(struct track_making *making)
{
	struct processing *processing = making->processing;
	struct db *db = processing->service->db;
	bool found;

	DB_TRY(meeting_touch(db, processing->archive.session_id, &found));
	DB_TRY(processing_is_mine(db, processing));
	return strcmp(processing->archive.output_mode, OUTPUT_INDIVIDUAL) == 0
		   ? individual_write(making, clock_now())
		   : composed_write(making, clock_now());
}

static bool tracks_make(struct track_making *making, struct error *error)
{
	return people_find(making, error) && tracks_read(making, error) &&
	       answer_read(making, error);
}

bool processing_tracks_make(struct processing *processing, const char **tracks, struct error *error)
{
	struct track_making making = {.processing = processing};

	if (!tracks_make(&making, error))
		return false;
	*tracks = making.text;
	return true;
}

static bool make(struct track_making *making, struct error *error)
{
	struct processing *processing = making->processing;
	struct service *service = processing->service;

	if (!processing_sweep(processing, false, error) || !tracks_make(making, error))
		return false;
	if (json_object_array_length(making->tracks) == 0)
		return processing_empty(processing,
		    "Nothing was recorded: no sound and no picture came that can be read.", error);
	db_deadline_start(service->db);
	return db_transact(service->db, error, tracks_write(making));
}

/* Has the recording no bytes? Then nothing else can be said about it. */
static bool recorded_nothing(const struct processing *processing, const char **reason)
{
	const struct config *config = &processing->service->config;
	int64_t size = processing->folder == NULL
			   ? 0
			   : recordings_tracks_size(config->recordings_dir,
				 processing->archive.archive_id, processing->archive.session_id);

	*reason = recordings_fault(config, size);
	return size == 0;
}

bool archive_tracks_make(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct processing processing = {.service = service, .arena = arena, .job = job};
	struct track_making making = {.processing = &processing};
	const char *reason;

	if (!processing_open(&processing, error))
		return false;
	if (!processing.found || strcmp(processing.archive.status, "stopped") != 0)
		return true;
	if (!processing_ready(&processing, error) || !files_closed(&processing, error))
		return false;
	if (recorded_nothing(&processing, &reason))
		return processing_empty(&processing, reason, error);
	return make(&making, error) || processing_failed(&processing, error);
}
