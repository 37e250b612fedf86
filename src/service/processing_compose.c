/* The second half of processing: one file with everybody in it. */
#include <string.h>

#include "archive/compose.h"
#include "archive/recordings.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/metrics.h"
#include "meeting/chapters.h"
#include "meeting/recorded_tracks.h"
#include "service/archive_files.h"
#include "service/meeting_events.h"
#include "service/processing.h"
#include "service/processing_run.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

enum {
	NAME_BYTES = 8, /* of the digest in a file's name */
	MIX_WORK = 1,   /* of the sound, in the unit of segment_work(), for each frame */
	CHECK_CPU = 120,
	STRIP_SIZE = 256,
	ANSWER_SIZE = 2048,
};

struct compose_run {
	struct processing processing;
	struct composing composing;
	struct recorded_track *tracks;
	size_t track_count;
	struct segment_plan plan;
	const char **labels;   /* their paths */
	const char **segments; /* the names of their files */
	const char *mix;       /* the path of the sound */
	struct compose_progress progress;
	int64_t present_work; /* of the program that runs */
	int64_t
	    present_size; /* frames or microseconds that it makes; 0: its progress is not told */
	bool by_time;     /* present_size is a time */
	struct buffer answer; /* of ffprobe */
	bool changed;
};

/* ---- the plan ---- */

static bool tracks_open(struct compose_run *run, struct error *error)
{
	struct processing *processing = &run->processing;
	struct service *service = processing->service;
	struct arena *arena = processing->arena;
	const char *text = arena_printf(arena, "{\"tracks\":%s}", processing->archive.tracks);
	struct json_object *object;
	struct recorded_person *people = NULL;
	size_t count = 0;

	db_deadline_start(service->db);
	if (!json_parse(arena, text, strlen(text), &object, error) ||
	    !recorded_tracks_read(arena, object, &run->tracks, &run->track_count, error) ||
	    !db_once(service->db, error,
		recorded_people_find(
		    service->db, arena, processing->archive.session_id, &people, &count)))
		return false;
	for (size_t i = 0; i < run->track_count; i++)
		run->tracks[i].name = recorded_person_name(people, count, run->tracks[i].person);
	return true;
}

static void plan_make(struct compose_run *run)
{
	struct processing *processing = &run->processing;
	bool mp4 = strcmp(processing->service->config.archive_format, "mp4") == 0;

	run->plan = segments_plan(processing->arena, run->tracks, run->track_count, false);
	run->composing = (struct composing){.arena = processing->arena,
	    .format = mp4 ? COMPOSE_MP4 : COMPOSE_WEBM,
	    .plan = &run->plan,
	    .tracks = processing->folder};
	processing->work = MIX_WORK * run->plan.frames;
	for (size_t i = 0; i < run->plan.segment_count; i++)
		processing->work += segment_work(&run->plan.segments[i]);
}

/* ---- one program after another ---- */

static void progress_take(void *context, const char *line)
{
	struct compose_run *run = context;
	int64_t done;

	compose_progress_read(&run->progress, line);
	done = run->by_time ? run->progress.time : run->progress.frames;
	if (run->present_size > 0 && done <= run->present_size)
		run->processing.step = run->present_work * done / run->present_size;
}

static void present_begin(struct compose_run *run, int64_t work, int64_t size, bool by_time)
{
	run->progress = (struct compose_progress){0};
	run->present_work = work;
	run->present_size = size;
	run->by_time = by_time;
}

static void present_end(struct compose_run *run)
{
	run->processing.work_done += run->present_work;
	run->processing.step = 0;
	present_begin(run, 0, 0, false);
}

static bool make(struct compose_run *run, const char *name, const char *what,
    const char *const *arguments, struct error *error)
{
	struct processing *processing = &run->processing;
	const struct making making = {.name = name,
	    .what = what,
	    .arguments = arguments,
	    .cpu = processing_cpu(run->plan.duration),
	    .line = progress_take,
	    .context = run};

	return processing_make(processing, &making, error);
}

/* A name that is another one when the arguments are. */
static const char *name_of_arguments(
    const struct compose_run *run, const char *begin, const char *const *arguments, const char *end)
{
	struct buffer text = buffer_new(run->processing.arena, ANSWER_SIZE);
	unsigned char digest[SHA256_SIZE];
	char hex[2 * NAME_BYTES + 1];

	for (; *arguments != NULL; arguments++)
		buffer_put(&text, *arguments, strlen(*arguments) + 1);
	sha256(text.text, text.len, digest);
	hex_encode(digest, NAME_BYTES, hex);
	return arena_printf(run->processing.arena, "segment-%s-%s.%s", begin, hex, end);
}

/* ---- labels and segments ---- */

static bool label_make(struct compose_run *run, size_t index, struct error *error)
{
	struct processing *processing = &run->processing;
	struct arena *arena = processing->arena;
	const struct label *label = &run->plan.labels[index];
	/* The program renames the file itself. */
	const char *writes[] = {processing->folder, NULL};
	const char *named[] = {
	    label->text, arena_printf(arena, "%dx%d", label->width, label->height), NULL};
	const char *name = name_of_arguments(run, "label", named, "png");
	struct program program = {.writes = writes, .cpu = CHECK_CPU, .input = label->text};

	run->labels[index] = processing_path(processing, name);
	if (processing_has(processing, name))
		return true;
	program.arguments =
	    compose_label(&run->composing, processing->media, label, run->labels[index]);
	return processing_program(processing, &program, "drawing a name", error);
}

static bool labels_make(struct compose_run *run, struct error *error)
{
	run->labels =
	    arena_alloc(run->processing.arena, (run->plan.label_count + 1) * sizeof *run->labels);
	for (size_t i = 0; i < run->plan.label_count; i++) {
		if (!label_make(run, i, error))
			return false;
	}
	return true;
}

static bool segment_make(struct compose_run *run, size_t index, struct error *error)
{
	struct processing *processing = &run->processing;
	const struct segment *segment = &run->plan.segments[index];
	const char *name = compose_segment_name(&run->composing, segment);
	bool done = true;

	run->segments[index] = name;
	present_begin(run, segment_work(segment), segment->frames, false);
	if (!processing_has(processing, name))
		done = make(run, name, "encoding a segment",
			   compose_segment(&run->composing, segment, run->labels,
			       processing_part(processing, name)),
			   error) &&
		       processing_keep_file(processing, name, error);
	if (done)
		present_end(run);
	return done;
}

static bool segments_make(struct compose_run *run, struct error *error)
{
	run->segments = arena_alloc(
	    run->processing.arena, (run->plan.segment_count + 1) * sizeof *run->segments);
	for (size_t i = 0; i < run->plan.segment_count; i++) {
		if (!segment_make(run, i, error))
			return false;
	}
	return true;
}

/* ---- sound ---- */

/* Mixes these sounds, if an earlier run has not. `*path` gets the file. */
static bool mix_make(struct compose_run *run, const struct compose_sound *sounds, size_t count,
    bool last, const char **path, struct error *error)
{
	struct processing *processing = &run->processing;
	const char *end = !last ? "mkv" : run->composing.format == COMPOSE_MP4 ? "mp4" : "webm";
	const char *name = name_of_arguments(
	    run, "sound", compose_mix(&run->composing, sounds, count, last, ""), end);

	*path = processing_path(processing, name);
	if (processing_has(processing, name))
		return true;
	return make(run, name, "mixing the sound",
		   compose_mix(
		       &run->composing, sounds, count, last, processing_part(processing, name)),
		   error) &&
	       processing_keep_file(processing, name, error);
}

/* One program opens so many files at most: more of them are mixed in groups first. */
static bool sound_make(struct compose_run *run, struct error *error)
{
	size_t count, groups = 0;
	struct compose_sound *sounds =
	    compose_sounds(&run->composing, run->tracks, run->track_count, &count);

	present_begin(run, MIX_WORK * run->plan.frames, run->plan.duration, true);
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
	present_end(run);
	return true;
}

/* ---- the whole ---- */

static const char *result_name(const struct compose_run *run)
{
	return run->composing.format == COMPOSE_MP4 ? "meeting.mp4" : "meeting.webm";
}

static bool join(struct compose_run *run, struct error *error)
{
	static const char list[] = "segment-list.txt";
	struct processing *processing = &run->processing;
	const char *text = compose_list(&run->composing, run->segments);

	return processing_write(processing, list, text, strlen(text), error) &&
	       processing_keep_file(processing, list, error) &&
	       make(run, result_name(run), "joining the segments",
		   compose_join(&run->composing, processing_path(processing, list), run->mix,
		       processing_part(processing, result_name(run))),
		   error);
}

static void answer_take(void *context, const char *line)
{
	struct compose_run *run = context;

	buffer_printf(&run->answer, "%s\n", line);
}

static bool wrong_result(struct compose_run *run)
{
	run->processing.fault = FAULT_RESULT;
	return false;
}

static bool decode(struct compose_run *run, const struct segment *segment, struct error *error)
{
	struct processing *processing = &run->processing;
	struct program program = {.cpu = processing_cpu(MINUTE),
	    .line = progress_take,
	    .line_context = run,
	    .arguments = compose_decode(
		&run->composing, segment, processing_part(processing, result_name(run)))};

	present_begin(run, 0, 0, false);
	if (!processing_program(processing, &program, "decoding the result", error))
		return processing->fault == FAULT_NONE ? false : wrong_result(run);
	if (run->progress.frames == 0) {
		error_set(error, ERROR_PROVIDER, "the result has no pictures where it should");
		return wrong_result(run);
	}
	return true;
}

/* Both streams, the planned length, and the first and the last segment can be decoded. */
static bool check(struct compose_run *run, struct error *error)
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

static bool pictures_make(struct compose_run *run, struct error *error)
{
	struct processing *processing = &run->processing;
	const char *result = processing_part(processing, result_name(run));
	const char *text =
	    chapters_write(processing->arena, run->tracks, run->track_count, run->plan.duration);

	return make(run, poster, "making the poster",
		   compose_poster(&run->composing, result, processing_part(processing, poster)),
		   error) &&
	       make(run, thumbnails, "making the thumbnails",
		   compose_thumbnails(
		       &run->composing, result, processing_part(processing, thumbnails)),
		   error) &&
	       processing_write(processing, chapters, text, strlen(text), error);
}

/* The files get their names when this worker cannot lose the job. */
static bool files_keep(struct compose_run *run, struct error *error)
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

static const char *strip_text(const struct compose_run *run)
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
    struct compose_run *run, const struct archive_file *files, size_t count)
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

static bool result_keep(struct compose_run *run, struct error *error)
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

static bool compose(struct compose_run *run, struct error *error)
{
	if (!processing_sweep(&run->processing, false, error) || !tracks_open(run, error))
		return false;
	plan_make(run);
	if (run->plan.segment_count == 0)
		return processing_empty(
		    &run->processing, "Nothing was recorded: no sound and no picture came.", error);
	return labels_make(run, error) && segments_make(run, error) && sound_make(run, error) &&
	       join(run, error) && check(run, error) && pictures_make(run, error) &&
	       result_keep(run, error) && processing_sweep(&run->processing, true, error);
}

/* The folder of a deleted archive is gone, unless a program has written into it meanwhile. */
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
	struct compose_run run = {.processing = {.service = service, .arena = arena, .job = job}};
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
