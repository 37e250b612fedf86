/* The argument lists that make the pictures of a composed file: labels and segments. */
#include <inttypes.h>
#include <string.h>

#include "archive/compose_arguments.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/crypto.h"

enum {
	GRAPH_SIZE = 2048,
	CORNER_MARGIN = 4, /* pixels between the number of those who have no place and the edge */
	VP9_BITS = 600000, /* a second, for the largest canvas */
	VP9_BITS_MIN = 150000,
	NAME_BYTES = 8, /* of a segment's digest in its file's name */
};

/* A screen that does not change may send one frame a second, so decoding begins before the segment.
 */
#define LEAD_MAX (2 * SECOND)

/* ---- labels ---- */

const char *const *compose_label(const struct composing *composing, const char *program,
    const struct label *label, const char *to)
{
	struct arguments list = {.arena = composing->arena};

	ARGUMENTS_PUT(&list, program, "name", "--text", "-", "--to", to, "--width",
	    argument_number(list.arena, label->width), "--height",
	    argument_number(list.arena, label->height));
	return list.items;
}

/* ---- segments ---- */

/* Adds the cell's file as an input that begins before the segment, and the filters that make a
 * picture for its place of it. */
static void cell_put(struct arguments *list, struct buffer *graph,
    const struct composing *composing, const struct segment *segment, const struct cell *cell,
    size_t index)
{
	struct arena *arena = list->arena;
	int64_t begin = segment_time(segment->first);
	int64_t length = segment_time(segment->first + segment->frames) - begin;
	int64_t from = begin - LEAD_MAX;
	bool lies = cell->degrees == 90 || cell->degrees == 270;

	if (from < cell->picture_from)
		from = cell->picture_from;
	input_begin(list, "matroska");
	/* The picture's size may change in the file: the first filter scales each frame, and the
	 * graph must not be made anew, because it would lose the other inputs' frames. */
	ARGUMENTS_PUT(list, "-reinit_filter", "0", "-an", "-ss",
	    argument_seconds(arena, from - cell->track->from), "-t",
	    argument_seconds(arena, begin - from + length + SECOND));
	input_end(list, arena_printf(arena, "%s/%s", composing->tracks, cell->track->file));
	buffer_printf(graph, ";[%zu:v]setpts=PTS-(%s)/TB,scale=%d:%d:flags=bilinear,format=yuv420p",
	    index, argument_seconds(arena, begin - from), lies ? cell->height : cell->width,
	    lies ? cell->width : cell->height);
	if (cell->mirrored)
		buffer_printf(graph, ",hflip");
	if (cell->degrees == 180)
		buffer_printf(graph, ",hflip,vflip");
	else if (lies)
		buffer_printf(graph, ",transpose=%s", cell->degrees == 90 ? "clock" : "cclock");
	buffer_printf(graph, ",setsar=1[p%zu]", index);
}

/* Lays the picture `name` over what there is so far: [c<layers>]. */
static void overlay_put(struct buffer *graph, const char *name, int x, int y, size_t *layers)
{
	buffer_printf(graph, ";[c%zu][%s]overlay=x=%d:y=%d:eval=init[c%zu]", *layers, name, x, y,
	    *layers + 1);
	++*layers;
}

static void label_put(struct arguments *list, struct buffer *graph, const char *path, int x, int y,
    size_t *inputs, size_t *layers)
{
	const char *name = arena_printf(list->arena, "%zu:v", *inputs);

	input_begin(list, "png_pipe");
	input_end(list, path);
	++*inputs;
	overlay_put(graph, name, x, y, layers);
}

static void encoder_put(struct arguments *list, const struct composing *composing)
{
	struct arena *arena = list->arena;
	const char *rate = argument_number(arena, SEGMENT_RATE);
	int64_t bits = (int64_t)VP9_BITS * composing->plan->width * composing->plan->height /
		       ((int64_t)CANVAS_WIDTH * CANVAS_HEIGHT);

	if (composing->format == COMPOSE_MP4)
		ARGUMENTS_PUT(list, "-c:v", "libx264", "-preset", "superfast", "-crf", "30",
		    "-video_track_timescale", "24000");
	else
		ARGUMENTS_PUT(list, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8",
		    "-lag-in-frames", "0", "-b:v",
		    argument_number(arena, bits < VP9_BITS_MIN ? VP9_BITS_MIN : bits));
	ARGUMENTS_PUT(list, "-r", rate, "-g", "96", "-pix_fmt", "yuv420p", "-an");
}

const char *const *compose_segment(const struct composing *composing, const struct segment *segment,
    const char *const *labels, const char *to)
{
	const struct segment_plan *plan = composing->plan;
	struct arena *arena = composing->arena;
	struct arguments list = ffmpeg_arguments(arena);
	struct buffer graph = buffer_new(arena, GRAPH_SIZE);
	size_t inputs = 0, layers = 0;

	buffer_printf(&graph, "color=c=black:s=%dx%d:r=%d,format=yuv420p[c0]", plan->width,
	    plan->height, SEGMENT_RATE);
	for (size_t i = 0; i < segment->cell_count; i++)
		cell_put(&list, &graph, composing, segment, &segment->cells[i], inputs++);
	for (size_t i = 0; i < segment->cell_count; i++) {
		const struct cell *cell = &segment->cells[i];

		overlay_put(&graph, arena_printf(arena, "p%zu", i), cell->x, cell->y, &layers);
		if (cell->label != LABEL_NONE)
			label_put(&list, &graph, labels[cell->label], cell->x,
			    cell->y + cell->height - plan->labels[cell->label].height, &inputs,
			    &layers);
	}
	if (segment->more_label != LABEL_NONE)
		label_put(&list, &graph, labels[segment->more_label],
		    plan->width - plan->labels[segment->more_label].width, CORNER_MARGIN, &inputs,
		    &layers);
	ARGUMENTS_PUT(&list, "-filter_complex", graph.text, "-map",
	    arena_printf(arena, "[c%zu]", layers), "-frames:v",
	    argument_number(arena, segment->frames));
	encoder_put(&list, composing);
	return output_end(&list, compose_muxer(composing->format), argument_file(arena, to));
}

/* Adds what the label shows; a NUL ends the text, so that no text can look like what follows. */
static void label_describe(struct buffer *text, const struct segment_plan *plan, size_t index)
{
	const struct label *label = &plan->labels[index];

	buffer_printf(text, " %dx%d ", label->width, label->height);
	buffer_put(text, label->text, strlen(label->text) + 1);
}

const char *compose_segment_name(const struct composing *composing, const struct segment *segment)
{
	const struct segment_plan *plan = composing->plan;
	struct buffer text = buffer_new(composing->arena, GRAPH_SIZE);
	unsigned char digest[SHA256_SIZE];
	char hex[2 * NAME_BYTES + 1];

	buffer_printf(&text, "%d %dx%d %" PRId64 "+%" PRId64, (int)composing->format, plan->width,
	    plan->height, segment->first, segment->frames);
	for (size_t i = 0; i < segment->cell_count; i++) {
		const struct cell *cell = &segment->cells[i];

		buffer_printf(&text, "; %s %" PRId64 " %" PRId64 " %d,%d %dx%d %d %d",
		    cell->track->file, cell->track->from, cell->picture_from, cell->x, cell->y,
		    cell->width, cell->height, cell->degrees, cell->mirrored);
		if (cell->label != LABEL_NONE)
			label_describe(&text, plan, cell->label);
	}
	if (segment->more_label != LABEL_NONE)
		label_describe(&text, plan, segment->more_label);
	sha256(text.text, text.len, digest);
	hex_encode(digest, NAME_BYTES, hex);
	return arena_printf(
	    composing->arena, "segment-%s.%s", hex, compose_muxer(composing->format));
}
