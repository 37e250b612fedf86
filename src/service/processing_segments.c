/* Composing an archive: the plan, the names and the segments. */
#include "service/processing_segments.h"

#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "meeting/recorded_tracks.h"
#include "store/archive_processing.h"

enum {
	NAME_BYTES = 8,  /* of the digest in a file's name */
	LABEL_CPU = 120, /* seconds */
	ANSWER_SIZE = 2048,
};

/* ---- the plan ---- */

static void plan_make(struct composition *run)
{
	struct processing *processing = &run->processing;
	bool mp4 = strcmp(processing->service->config.archive_format, "mp4") == 0;

	run->plan = segments_plan(processing->arena, run->tracks, run->track_count,
	    processing->service->config.recording_live);
	run->composing = (struct composing){.arena = processing->arena,
	    .format = mp4 ? COMPOSE_MP4 : COMPOSE_WEBM,
	    .plan = &run->plan,
	    .tracks = processing->folder};
	processing->work = COMPOSITION_MIX_WORK * run->plan.frames;
	run->segments =
	    arena_alloc(processing->arena, (run->plan.segment_count + 1) * sizeof *run->segments);
	for (size_t i = 0; i < run->plan.segment_count; i++)
		processing->work += segment_work(&run->plan.segments[i]);
}

bool composition_open(struct composition *run, const char *tracks, struct error *error)
{
	struct processing *processing = &run->processing;
	struct service *service = processing->service;
	struct arena *arena = processing->arena;
	const char *text = arena_printf(arena, "{\"tracks\":%s}", tracks);
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
	plan_make(run);
	return true;
}

/* ---- one program after another ---- */

void composition_progress(void *context, const char *line)
{
	struct composition *run = context;
	int64_t done;

	compose_progress_read(&run->progress, line);
	done = run->by_time ? run->progress.time : run->progress.frames;
	if (run->present_size > 0 && done <= run->present_size)
		run->processing.step = run->present_work * done / run->present_size;
}

void composition_begin(struct composition *run, int64_t work, int64_t size, bool by_time)
{
	run->progress = (struct compose_progress){0};
	run->present_work = work;
	run->present_size = size;
	run->by_time = by_time;
}

void composition_end(struct composition *run)
{
	run->processing.work_done += run->present_work;
	run->processing.step = 0;
	composition_begin(run, 0, 0, false);
}

bool composition_make(struct composition *run, const char *name, const char *what,
    const char *const *arguments, struct error *error)
{
	struct processing *processing = &run->processing;
	const struct making making = {.name = name,
	    .what = what,
	    .arguments = arguments,
	    .cpu = processing_cpu(run->plan.duration),
	    .line = composition_progress,
	    .context = run};

	return processing_make(processing, &making, error);
}

/* A name that is another one when the arguments are. */
const char *composition_name(
    const struct composition *run, const char *begin, const char *const *arguments, const char *end)
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

static bool label_make(struct composition *run, size_t index, struct error *error)
{
	struct processing *processing = &run->processing;
	struct arena *arena = processing->arena;
	const struct label *label = &run->plan.labels[index];
	/* The program renames the file itself. */
	const char *writes[] = {processing->folder, NULL};
	const char *named[] = {
	    label->text, arena_printf(arena, "%dx%d", label->width, label->height), NULL};
	const char *name = composition_name(run, "label", named, "png");
	struct program program = {.writes = writes, .cpu = LABEL_CPU, .input = label->text};

	run->labels[index] = processing_path(processing, name);
	if (processing_has(processing, name))
		return true;
	program.arguments =
	    compose_label(&run->composing, processing->media, label, run->labels[index]);
	return processing_program(processing, &program, "drawing a name", error);
}

bool composition_labels(struct composition *run, struct error *error)
{
	run->labels =
	    arena_alloc(run->processing.arena, (run->plan.label_count + 1) * sizeof *run->labels);
	for (size_t i = 0; i < run->plan.label_count; i++) {
		if (!label_make(run, i, error))
			return false;
	}
	return true;
}

bool composition_segment(struct composition *run, size_t index, struct error *error)
{
	struct processing *processing = &run->processing;
	const struct segment *segment = &run->plan.segments[index];
	const char *name = compose_segment_name(&run->composing, segment);
	bool done = true;

	run->segments[index] = name;
	composition_begin(run, segment_work(segment), segment->frames, false);
	if (!processing_has(processing, name))
		done = composition_make(run, name, "encoding a segment",
			   compose_segment(&run->composing, segment, run->labels,
			       processing_part(processing, name)),
			   error) &&
		       processing_keep_file(processing, name, error);
	if (done)
		composition_end(run);
	return done;
}
