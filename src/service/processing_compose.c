/* The second half of processing: one file with everybody in it. */
#include <string.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "base/metrics.h"
#include "meeting/chapters.h"
#include "service/archive_files.h"
#include "service/meeting_events.h"
#include "service/processing.h"
#include "service/processing_segments.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

enum {
	CHECK_CPU = 120,
	STRIP_SIZE = 256,
	ANSWER_SIZE = 2048,
};

/* ---- segments ---- */

static bool segments_make(struct composition *run, struct error *error)
{
	for (size_t i = 0; i < run->plan.segment_count; i++) {
		if (!composition_segment(run, i, error))
			return false;
	}
	return true;
}

/* ---- sound ---- */

/* Mixes these sounds, if an earlier run has not. `*path` gets the file. */
static bool mix_make(struct composition *run, const struct compose_sound *sounds, size_t count,
    bool last, const char **path, struct error *error)
{
	struct processing *processing = &run->processing;
	const char *end = !last ? "mkv" : run->composing.format == COMPOSE_MP4 ? "mp4" : "webm";
	const char *name = composition_name(
	    run, "sound", compose_mix(&run->composing, sounds, count, last, ""), end);

	*path = processing_path(processing, name);
	if (processing_has(processing, name))
		return true;
	return composition_make(run, name, "mixing the sound",
		   compose_mix(
		       &run->composing, sounds, count, last, processing_part(processing, name)),
		   error) &&
	       processing_keep_file(processing, name, error);
}

/* One program opens so many files at most: more of them are mixed in groups first. */
static bool sound_make(struct composition *run, struct error *error)
{
	size_t count, groups = 0;
	struct compose_sound *sounds =
	    compose_sounds(&run->composing, run->tracks, run->track_count, &count);

	composition_begin(run, COMPOSITION_MIX_WORK * run->plan.frames, run->plan.duration, true);
	while (count > COMPOSE_SOUNDS_MAX) {
		groups = 0;
		for (size_t i = 0; i < count; i += COMPOSE_SOUNDS_MAX) {
			size_t left = count - i;
			const char *path;

			if (!mix_make(run, sounds + i,
				left < COMPOSE_SOUNDS_MAX ? left : COMPOSE_SOUNDS_MAX, false, &path,
				error))
				return false;
			sounds[groups++] = (struct compose_sound){.path = path, .at = 0};
		}
		count = groups;
	}
	if (!mix_make(run, sounds, count, true, &run->mix, error))
		return false;
	composition_end(run);
	return true;
}

/* ---- the whole ---- */

static const char *result_name(const struct composition *run)
{
	return run->composing.format == COMPOSE_MP4 ? "meeting.mp4" : "meeting.webm";
}

static bool join(struct composition *run, struct error *error)
{
	static const char list[] = "segment-list.txt";
	struct processing *processing = &run->processing;
	const char *text = compose_list(&run->composing, run->segments);

	return processing_write(processing, list, text, strlen(text), error) &&
	       processing_keep_file(processing, list, error) &&
	       composition_make(run, result_name(run), "joining the segments",
		   compose_join(&run->composing, processing_path(processing, list), run->mix,
		       processing_part(processing, result_name(run))),
		   error);
}

static void answer_take(void *context, const char *line)
{
	struct composition *run = context;

	buffer_printf(&run->answer, "%s\n", line);
}

static bool wrong_result(struct composition *run)
{
	run->processing.fault = FAULT_RESULT;
	return false;
}

static bool decode(struct composition *run, const struct segment *segment, struct error *error)
{
	struct processing *processing = &run->processing;
	struct program program = {.cpu = processing_cpu(MINUTE),
	    .line = composition_progress,
	    .line_context = run,
	    .arguments = compose_decode(
		&run->composing, segment, processing_part(processing, result_name(run)))};

	composition_begin(run, 0, 0, false);
	if (!processing_program(processing, &program, "decoding the result", error))
		return processing->fault == FAULT_NONE ? false : wrong_result(run);
	if (run->progress.frames == 0) {
		error_set(error, ERROR_PROVIDER, "the result has no pictures where it should");
		return wrong_result(run);
	}
	return true;
}

/* Both streams, the planned length, and the first and the last segment can be decoded. */
static bool check(struct composition *run, struct error *error)
{
	struct processing *processing = &run->processing;
	const struct segment_plan *plan = &run->plan;
	struct program program = {.cpu = CHECK_CPU,
	    .line = answer_take,
	    .line_context = run,
	    .arguments =
		compose_probe(&run->composing, processing_part(processing, result_name(run)))};

	run->answer = buffer_new(processing->arena, ANSWER_SIZE);
	if (!processing_program(processing, &program, "looking at the result", error))
		return processing->fault == FAULT_NONE ? false : wrong_result(run);
	if (!compose_check(&run->composing, run->answer.text, run->answer.len, error))
		return wrong_result(run);
	return decode(run, &plan->segments[0], error) &&
	       decode(run, &plan->segments[plan->segment_count - 1], error);
}

static const char poster[] = "poster.jpg", thumbnails[] = "thumbnails.jpg",
		  chapters[] = "chapters.vtt";

static bool pictures_make(struct composition *run, struct error *error)
{
	struct processing *processing = &run->processing;
	const char *result = processing_part(processing, result_name(run));
	const char *text =
	    chapters_write(processing->arena, run->tracks, run->track_count, run->plan.duration);

	return composition_make(run, poster, "making the poster",
		   compose_poster(&run->composing, result, processing_part(processing, poster)),
		   error) &&
	       composition_make(run, thumbnails, "making the thumbnails",
		   compose_thumbnails(
		       &run->composing, result, processing_part(processing, thumbnails)),
		   error) &&
	       processing_write(processing, chapters, text, strlen(text), error);
}

/* The files get their names when this worker cannot lose the job. */
static bool files_keep(struct composition *run, struct error *error)
{
	struct processing *processing = &run->processing;
	struct service *service = processing->service;
	const char *names[] = {poster, thumbnails, chapters, result_name(run)};

	db_deadline_start(service->db);
	if (!db_once(service->db, error, processing_is_mine(service->db, processing)))
		return false;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!processing_keep_file(processing, names[i], error))
			return false;
	}
	return true;
}

/* ---- the rows ---- */

static const char *strip_text(const struct composition *run)
{
	const struct compose_strip strip = compose_strip(&run->plan);
	struct json_writer json = json_writer_new(run->processing.arena, STRIP_SIZE);

	json_write_object(&json, NULL);
	json_write_integer(&json, "interval", strip.interval / MILLISECOND);
	json_write_integer(&json, "columns", strip.columns);
	json_write_integer(&json, "rows", strip.rows);
	json_write_integer(&json, "count", strip.count);
	json_write_integer(&json, "width", strip.width);
	json_write_integer(&json, "height", strip.height);
	json_close_object(&json);
	return json.buffer.text;
}

static enum db_outcome result_write(
    struct composition *run, const struct archive_file *files, size_t count)
{
	struct processing *processing = &run->processing;
	struct db *db = processing->service->db;
	const struct archive *archive = &processing->archive;
	const struct archive_result result = {.tracks = archive->tracks,
	    .width = run->plan.width,
	    .height = run->plan.height,
	    .strip = strip_text(run),
	    .duration = (run->plan.duration + SECOND / 2) / SECOND,
	    .size = files[0].size};
	int64_t now = clock_now();
	bool found;

	DB_TRY(meeting_touch(db, archive->session_id, &found));
	DB_TRY(processing_is_mine(db, processing));
	DB_TRY(archive_available_set(db, archive->archive_id, &result, now, &run->changed));
	if (!run->changed)
		return DB_OK;
	DB_TRY(archive_files_offer(db, archive, files, count, now));
	DB_TRY(job_put_tracks_expire(db, archive->archive_id, archive->host,
	    now + processing->service->config.recording_keep_tracks, now));
	return meeting_event_add_recording(db, processing->arena, archive->session_id,
	    MEETING_EVENT_RECORDING_AVAILABLE, archive->archive_id, NULL, now);
}

static bool result_keep(struct composition *run, struct error *error)
{
	struct processing *processing = &run->processing;
	struct db *db = processing->service->db;
	bool mp4 = run->composing.format == COMPOSE_MP4;
	struct archive_file files[] = {{.path = result_name(run),
					   .kind = ARCHIVE_FILE_COMPOSED,
					   .content_type = mp4 ? "video/mp4" : "video/webm"},
	    {.path = poster, .kind = ARCHIVE_FILE_POSTER, .content_type = "image/jpeg"},
	    {.path = thumbnails, .kind = ARCHIVE_FILE_THUMBNAILS, .content_type = "image/jpeg"},
	    {.path = chapters, .kind = ARCHIVE_FILE_CHAPTERS, .content_type = "text/vtt"}};
	const size_t count = sizeof files / sizeof files[0];

	if (!files_keep(run, error))
		return false;
	for (size_t i = 0; i < count; i++)
		files[i].size = processing_size(processing, files[i].path);
	db_deadline_start(db);
	if (!db_transact(db, error, result_write(run, files, count)))
		return false;
	if (run->changed)
		metrics_add(METRICS_PROCESSING_RECORDED, (uint64_t)run->plan.duration);
	return true;
}

static bool compose(struct composition *run, struct error *error)
{
	if (!processing_sweep(&run->processing, false, error) ||
	    !composition_open(run, run->processing.archive.tracks, error))
		return false;
	if (run->plan.segment_count == 0)
		return processing_empty(
		    &run->processing, "Nothing was recorded: no sound and no picture came.", error);
	return composition_labels(run, error) && segments_make(run, error) &&
	       sound_make(run, error) && join(run, error) && check(run, error) &&
	       pictures_make(run, error) && result_keep(run, error) &&
	       processing_sweep(&run->processing, true, error);
}

/* The folder of a deleted archive is gone, unless a program has written into it since. */
static bool deleted_end(struct processing *processing, struct error *error)
{
	struct error before = *error;
	bool found;

	*error = (struct error){0};
	if (!processing_open(processing, error))
		return false;
	if (processing->found) {
		*error = before;
		return false;
	}
	error_clear(&before);
	return recordings_delete(
	    processing->service->config.recordings_dir, processing->job->subject, &found, error);
}

bool archive_compose(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct composition run = {.processing = {.service = service, .arena = arena, .job = job}};
	struct processing *processing = &run.processing;

	if (!processing_open(processing, error))
		return false;
	if (!processing->found)
		return true;
	if (strcmp(processing->archive.status, "processing") != 0)
		return !archive_is_composed(&processing->archive) ||
		       processing_sweep(processing, true, error);
	if (processing->archive.tracks == NULL)
		return true;
	if (!processing_ready(processing, error))
		return false;
	return compose(&run, error) || processing_failed(processing, error) ||
	       deleted_end(processing, error);
}
