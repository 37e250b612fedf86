/* confab-media tracks: from the track files of a recording to files that people can watch. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "media/media.h"
#include "media/shown.h"
#include "media/stretch_write.h"

enum {
	FOLDER_MODE = 0750,
	ANSWER_SIZE = 4096,
	LINES_MAX = 100000, /* of the list of participants */
	LINE_MAX_SIZE = 256,
	PERCENT = 100,
};

struct options {
	const char *from, *to, *room, *participants;
	int64_t zero; /* TIME_NONE: the beginning of the first file */
};

struct run {
	struct arena *arena;
	struct options options;
	const char **participants; /* sorted; NULL: all */
	size_t participant_count;
	struct stretches stretches;
	struct stretch_writer writer;
	int64_t told; /* when the progress was written last */
};

/* ---- arguments ---- */

static bool number_read(const char *text, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoimax(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *number > 0 && *number <= TIME_MAX;
}

static bool options_read(int argc, char **argv, struct options *options)
{
	*options = (struct options){.zero = TIME_NONE};
	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (value == NULL)
			return false;
		if (strcmp(argv[i], "--from") == 0)
			options->from = value;
		else if (strcmp(argv[i], "--to") == 0)
			options->to = value;
		else if (strcmp(argv[i], "--room") == 0)
			options->room = value;
		else if (strcmp(argv[i], "--participants") == 0)
			options->participants = value;
		else if (strcmp(argv[i], "--zero") != 0 || !number_read(value, &options->zero))
			return false;
	}
	return options->from != NULL && options->to != NULL && options->room != NULL;
}

static int text_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Reads the ids, one a line. */
static bool participants_read(struct run *run, struct error *error)
{
	const char *path = run->options.participants;
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char line[LINE_MAX_SIZE];
	bool good;

	if (in == NULL)
		return error_set(
		    error, ERROR_UNAVAILABLE, "%s cannot be read: %s.", path, strerror(errno));
	run->participants = arena_alloc(run->arena, LINES_MAX * sizeof *run->participants);
	while (run->participant_count < LINES_MAX && fgets(line, sizeof line, in) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		run->participants[run->participant_count++] = arena_strdup(run->arena, line);
	}
	good = !ferror(in);
	if (in != stdin)
		fclose(in);
	qsort(run->participants, run->participant_count, sizeof *run->participants, text_compare);
	return good || error_set(error, ERROR_UNAVAILABLE, "%s cannot be read.", path);
}

/* ---- the answer ---- */

static void part_write(const struct run *run, const struct part *part, struct json_writer *json)
{
	const struct stretch *stretch = part->stretch;
	int64_t zero = run->options.zero;

	json_write_object(json, NULL);
	json_write_text(json, "file", part->name);
	json_write_text(json, "participant", stretch->participant);
	json_write_text(json, "attendee", stretch->attendee);
	json_write_boolean(json, "screen", stretch->screen);
	json_write_integer(json, "from", part->from - zero);
	json_write_integer(json, "to", part->to - zero);
	json_write_text(json, "audio", part->has_audio ? codec_name(CODEC_OPUS) : NULL);
	json_write_text(json, "video", part->has_video ? codec_name(part->video_codec) : NULL);
	changes_write(&part->changes, zero, json);
	json_write_array(json, "pictures");
	for (size_t i = 0; i < part->picture_count; i++) {
		json_write_object(json, NULL);
		json_write_integer(json, "from", part->pictures[i].from - zero);
		json_write_integer(json, "to", part->pictures[i].to - zero);
		json_close_object(json);
	}
	json_close_array(json);
	json_write_integer(json, "size", part->size);
	json_close_object(json);
}

static void counts_write(const struct run *run, struct json_writer *json)
{
	const struct track_counts *counts = &run->writer.counts;

	json_write_object(json, "counts");
	json_write_integer(json, "packets", counts->packets);
	json_write_integer(json, "bad", counts->bad);
	json_write_integer(json, "lost", counts->lost);
	json_write_integer(json, "frames", counts->frames);
	json_write_integer(json, "dropped", counts->dropped + run->writer.left_out);
	json_write_integer(json, "refused", run->writer.refused);
	json_write_integer(json, "skipped", counts->skipped);
	json_close_object(json);
}

static bool answer_write(const struct run *run, struct error *error)
{
	const struct stretches *stretches = &run->stretches;
	struct json_writer json = json_writer_new(run->arena, ANSWER_SIZE);

	json_write_object(&json, NULL);
	if (run->options.zero == TIME_NONE)
		json_write_stored(&json, "zero", NULL);
	else
		json_write_integer(&json, "zero", run->options.zero);
	json_write_array(&json, "tracks");
	for (size_t i = 0; i < run->writer.part_count; i++)
		part_write(run, &run->writer.parts[i], &json);
	json_close_array(&json);
	json_write_array(&json, "skipped");
	for (size_t i = 0; i < stretches->skipped_count; i++) {
		json_write_object(&json, NULL);
		json_write_text(&json, "file", stretches->skipped[i].name);
		json_write_text(&json, "reason", stretches->skipped[i].reason);
		json_close_object(&json);
	}
	json_close_array(&json);
	counts_write(run, &json);
	json_close_object(&json);
	return (puts(json.buffer.text) >= 0 && fflush(stdout) == 0) ||
	       error_set(
		   error, ERROR_UNAVAILABLE, "The answer cannot be written: %s.", strerror(errno));
}

/* ---- the work ---- */

static void progress(void *state, int64_t read)
{
	struct run *run = state;
	int64_t now = clock_monotonic();

	if (now - run->told < SECOND || run->stretches.size == 0)
		return;
	run->told = now;
	fprintf(stderr, "progress %" PRId64 "\n", PERCENT * read / run->stretches.size);
}

static void skip(struct run *run, const char *name, const char *reason)
{
	struct stretches *stretches = &run->stretches;

	if (stretches->skipped_count < STRETCH_FILES_MAX)
		stretches->skipped[stretches->skipped_count++] =
		    (struct skipped_file){name, arena_strdup(run->arena, reason)};
}

static void damaged(void *state, const char *name, int reason)
{
	struct run *run = state;

	skip(run, name,
	    arena_printf(run->arena, "It cannot be read to its end: %s.", strerror(reason)));
}

static int folder_open(const char *path, struct error *error)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		error_set(
		    error, ERROR_UNAVAILABLE, "%s cannot be opened: %s.", path, strerror(errno));
	return folder;
}

/* The earliest file's beginning, when the caller gave no zero. */
static void zero_find(struct run *run)
{
	if (run->options.zero != TIME_NONE)
		return;
	for (size_t i = 0; i < run->writer.part_count; i++) {
		int64_t from = run->writer.parts[i].from;

		if (run->options.zero == TIME_NONE || from < run->options.zero)
			run->options.zero = from;
	}
}

static bool stretches_write(struct run *run, struct error *error)
{
	for (size_t i = 0; i < run->stretches.count; i++) {
		const struct stretch *stretch = &run->stretches.stretches[i];

		if (stretch_write(&run->writer, stretch, error))
			continue;
		/* What one participant sent must not cost the others their recording. */
		if (error->kind != ERROR_MALFORMED)
			return false;
		skip(run, stretch->participant, error->message);
		error_clear(error);
	}
	shown_find(run->arena, run->writer.parts, run->writer.part_count);
	zero_find(run);
	return answer_write(run, error);
}

static bool tracks(struct run *run, struct error *error)
{
	struct options *options = &run->options;
	struct stretch_writer *writer = &run->writer;

	if (options->participants != NULL && !participants_read(run, error))
		return false;
	if (mkdir(options->to, FOLDER_MODE) != 0 && errno != EEXIST)
		return error_set(error, ERROR_UNAVAILABLE, "%s cannot be made: %s.", options->to,
		    strerror(errno));
	*writer = (struct stretch_writer){.arena = run->arena,
	    .from_folder = folder_open(options->from, error),
	    .to_folder = -1,
	    .to_path = options->to,
	    .progress = progress,
	    .progress_state = run,
	    .damaged = damaged,
	    .damaged_state = run};
	if (writer->from_folder < 0)
		return false;
	writer->to_folder = folder_open(options->to, error);
	return writer->to_folder >= 0 &&
	       stretches_read(run->arena, writer->from_folder, options->room, run->participants,
		   run->participant_count, &run->stretches, error) &&
	       stretches_write(run, error);
}

static int run(int argc, char **argv)
{
	struct run work = {.arena = arena_new()};
	struct error error = {0};
	bool good;

	work.writer.from_folder = work.writer.to_folder = -1;
	if (!options_read(argc, argv, &work.options)) {
		arena_free(work.arena);
		return media_misuse("tracks");
	}
	good = tracks(&work, &error);
	if (!good)
		fprintf(stderr, "confab-media tracks: %s\n", error.message);
	if (work.writer.from_folder >= 0)
		close(work.writer.from_folder);
	if (work.writer.to_folder >= 0)
		close(work.writer.to_folder);
	error_clear(&error);
	arena_free(work.arena);
	return good ? 0 : 1;
}

const struct media_command command_tracks = {.name = "tracks",
    .summary = "Make a file that can be watched of each person's tracks",
    .usage =
	"Usage: confab-media tracks --from FOLDER --to FOLDER --room ROOM [OPTION]...\n\n"
	"Reads the track files of the room ROOM in --from, and writes one file for each\n"
	"participant to --to (which is made when it is missing): .webm, or .mkv for H.264. A file\n"
	"begins when the participant's first media does; after 30 s without any, the next file\n"
	"begins. Sound has no gaps. Nothing is encoded again. A file appears when it is whole.\n\n"
	"  --participants FILE  use only the files of participants in FILE (-: standard input), one\n"
	"                       a line: a participant id, or an attendee's 16 characters for all\n"
	"                       devices of that person; default: all ids of the right form\n"
	"  --zero TIME          microseconds since 1970 from which the answer counts; default: the\n"
	"                       beginning of the first file\n\n"
	"The answer is one line of JSON. Its times are microseconds after \"zero\".\n"
	"  tracks: file, participant, attendee, screen, from, to, audio and video (the codec, or\n"
	"    null), width and height (of the largest picture), sizes [{at,width,height}],\n"
	"    orientations [{at,degrees,mirrored}] (turn the picture clockwise by so many degrees),\n"
	"    pictures [{from,to}] (when this file has the picture to show: not while the camera is\n"
	"    off or a newer connection of the same person has one), size (bytes)\n"
	"  skipped: file (or a participant, when a file of that participant failed), reason\n"
	"  counts: packets, bad, lost, frames, dropped, refused (by libavformat), skipped (bytes)\n"
	"Lines \"progress PERCENT\" come on standard error, at most one a second.\n",
    .run = run};
