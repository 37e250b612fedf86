/* How the composed file is made: the argument lists for ffmpeg, and what its answers mean. Nothing
 * here runs a program.
 *
 * ffmpeg gets only files that this service made. Each input names its demuxer and may use files
 * alone, because ffmpeg would otherwise look at the bytes and could follow addresses in them. No
 * text of a person is in an argument: names come as pictures, and the paths are those of this
 * service.
 *
 * All paths are absolute. An output is written to the path as it is: give it a name for the time
 * until it is whole, and rename it then. Argument lists end with NULL and lie in the arena. */
#ifndef CONFAB_ARCHIVE_COMPOSE_H
#define CONFAB_ARCHIVE_COMPOSE_H

#include "base/arena.h"
#include "base/error.h"
#include "meeting/segments.h"

#define COMPOSE_FFMPEG  "/usr/bin/ffmpeg"
#define COMPOSE_FFPROBE "/usr/bin/ffprobe"

enum {
	COMPOSE_SOUNDS_MAX = 32, /* files that one program mixes: it opens them all at once */
};

enum compose_format {
	COMPOSE_MP4,  /* H.264 and AAC */
	COMPOSE_WEBM, /* VP9 and Opus */
};

struct composing {
	struct arena *arena;
	enum compose_format format;
	const struct segment_plan *plan;
	const char *tracks; /* the folder of the track files */
};

/* Draws a label of the plan. `program` is confab-media. The text comes on standard input. */
const char *const *compose_label(const struct composing *composing, const char *program,
    const struct label *label, const char *to);

/* Encodes a segment, without sound. `labels` are the paths of the plan's labels, in its order. */
const char *const *compose_segment(const struct composing *composing, const struct segment *segment,
    const char *const *labels, const char *to);

/* A name for the segment's file. It is another one when anything else would be in the file, so a
 * file of this name from an earlier run can be used as it is. */
const char *compose_segment_name(const struct composing *composing, const struct segment *segment);

/* A file with sound. */
struct compose_sound {
	const char *path; /* Matroska or WebM */
	int64_t at;       /* where it begins in the recording; may be negative */
};

/* The sounds of the plan's tracks, in the order of time: `*count` of them, in the arena. `tracks`
 * are those of the plan. */
struct compose_sound *compose_sounds(const struct composing *composing,
    const struct recorded_track *tracks, size_t track_count, size_t *count);

/* Mixes at most COMPOSE_SOUNDS_MAX sounds for the whole time; none: silence. With `last` it encodes
 * them as the composed file needs it. When there are more, mix some without `last` first: each
 * result (Matroska without loss) is a sound that begins at 0. */
const char *const *compose_mix(const struct composing *composing,
    const struct compose_sound *sounds, size_t count, bool last, const char *to);

/* The list of segments that compose_join() reads. `names` are the files' names in the list's
 * folder: letters, digits, ".", "_" and "-". */
const char *compose_list(const struct composing *composing, const char *const *names);

/* Joins the segments and the sound without encoding them again. */
const char *const *compose_join(
    const struct composing *composing, const char *list, const char *mix, const char *to);

/* A JPEG of the moment with the most pictures. */
const char *const *compose_poster(
    const struct composing *composing, const char *file, const char *to);

/* Small pictures in one JPEG, from left to right and from top to bottom. */
struct compose_strip {
	int64_t interval; /* microseconds from one to the next */
	int columns, rows, count;
	int width, height; /* of one */
};

struct compose_strip compose_strip(const struct segment_plan *plan);
const char *const *compose_thumbnails(
    const struct composing *composing, const char *file, const char *to);

/* ---- checks ---- */

/* Asks ffprobe about the composed file; compose_check() reads the answer. */
const char *const *compose_probe(const struct composing *composing, const char *file);

/* Does the answer say that the file has both streams, and the plan's duration within a second?
 * ERROR_PROVIDER with what is wrong if not. */
bool compose_check(
    const struct composing *composing, const char *answer, size_t len, struct error *error);

/* Decodes the time of a segment of the composed file. It is good when the program ends with 0 and
 * its progress says that there were frames. */
const char *const *compose_decode(
    const struct composing *composing, const struct segment *segment, const char *file);

/* What the programs above write on standard output while they work. Make it zero first. */
struct compose_progress {
	int64_t frames; /* of pictures so far */
	int64_t time;   /* microseconds of the output so far */
	bool ended;
};

/* Reads a line without its line end. Unknown lines, and numbers that are not known yet, change
 * nothing. */
void compose_progress_read(struct compose_progress *progress, const char *line);

#endif
