/* confab-media probe: what is in track files. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "media/changes.h"
#include "media/media.h"
#include "media/track.h"

enum { LINE_SIZE = 1024 };

static void header_write(struct json_writer *writer, const struct mjr_header *header)
{
	json_write_text(writer, "kind", header->kind == MEDIA_AUDIO ? "audio" : "video");
	json_write_text(writer, "codec", codec_name(header->codec));
	json_write_integer(writer, "created", header->created);
	json_write_integer(writer, "first", header->first);
}

static void counts_write(struct json_writer *writer, const struct track_counts *counts)
{
	json_write_integer(writer, "last", counts->last * MILLISECOND);
	json_write_integer(writer, "packets", counts->packets);
	json_write_integer(writer, "bad", counts->bad);
	json_write_integer(writer, "lost", counts->lost);
	json_write_integer(writer, "frames", counts->frames);
	json_write_integer(writer, "keys", counts->keys);
	json_write_integer(writer, "dropped", counts->dropped);
	json_write_integer(writer, "skipped", counts->skipped);
	json_write_integer(writer, "cut", counts->cut);
}

/* Reads the whole track. False when the disk fails. */
static bool track_write(
    struct json_writer *writer, const struct mjr_file *file, struct error *error)
{
	struct changes changes = {.arena = writer->buffer.arena};
	struct track *track = track_new(file);
	struct track_counts counts;
	struct sample sample;
	int failed;

	while (track_next(track, &sample)) {
		if (file->header.kind == MEDIA_VIDEO)
			changes_note(&changes, &sample, sample.time);
	}
	counts = track_counts(track);
	failed = track_failed(track);
	track_free(track);
	header_write(writer, &file->header);
	counts_write(writer, &counts);
	if (file->header.kind == MEDIA_VIDEO)
		changes_write(&changes, file->header.first, writer);
	return failed == 0 || error_set(error, ERROR_UNAVAILABLE,
				  "It cannot be read to its end: %s.", strerror(failed));
}

static bool probe(struct arena *arena, const char *path)
{
	struct json_writer writer = json_writer_new(arena, LINE_SIZE);
	struct error error = {0};
	struct mjr_file file;
	enum mjr_outcome outcome = mjr_open(AT_FDCWD, path, &file, &error);
	bool good = outcome != MJR_UNREADABLE;

	json_write_object(&writer, NULL);
	json_write_text(
	    &writer, "file", utf8_valid(path, strlen(path)) ? path : "(its name is not UTF-8)");
	if (outcome == MJR_OPEN) {
		good = track_write(&writer, &file, &error);
		mjr_close(&file);
	}
	if (outcome == MJR_EMPTY)
		json_write_boolean(&writer, "empty", true);
	if (!good)
		json_write_text(&writer, "error", error.message);
	json_close_object(&writer);
	puts(writer.buffer.text);
	error_clear(&error);
	return good;
}

static int run(int argc, char **argv)
{
	struct arena *arena;
	bool good = true;

	if (argc < 2)
		return media_misuse("probe");
	arena = arena_new();
	for (int i = 1; i < argc; i++) {
		good = probe(arena, argv[i]) && good;
		arena_reset(arena);
	}
	arena_free(arena);
	return good ? 0 : 1;
}

const struct media_command command_probe = {.name = "probe",
    .summary = "Say what is in track files",
    .usage =
	"Usage: confab-media probe FILE.mjr...\n\n"
	"Reads each file from its beginning to its end and writes a line of JSON for it:\n"
	"file, kind (audio, video), codec, created and first (when the file was made and the\n"
	"first packet came, microseconds since 1970), last (when the last packet came,\n"
	"microseconds after the first), packets, bad (packets that cannot be read), lost\n"
	"(packets that never came), frames, keys (key frames), dropped (frames that cannot be\n"
	"decoded), skipped (bytes of damaged places), cut (bytes of a last packet that is not\n"
	"whole); for video also width, height, sizes and orientations, as in `confab-media\n"
	"tracks`. A file in which nothing came has only \"empty\":true. A file that cannot be\n"
	"read has \"error\", and the exit status is 1.\n",
    .run = run};
