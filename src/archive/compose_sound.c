/* The argument lists that mix the sound of a composed file. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/compose_arguments.h"
#include "base/buffer.h"
#include "base/clock.h"

enum {
	GRAPH_SIZE = 2048,
	SOUND_RATE = 48000,
};

static int sound_compare(const void *a, const void *b)
{
	const struct compose_sound *one = a, *other = b;
	int order = (one->at > other->at) - (one->at < other->at);

	return order != 0 ? order : strcmp(one->path, other->path);
}

struct compose_sound *compose_sounds(const struct composing *composing,
    const struct recorded_track *tracks, size_t track_count, size_t *count)
{
	struct arena *arena = composing->arena;
	struct compose_sound *sounds = arena_alloc(arena, (track_count + 1) * sizeof *sounds);

	*count = 0;
	for (size_t i = 0; i < track_count; i++) {
		if (tracks[i].has_sound)
			sounds[(*count)++] = (struct compose_sound){
			    arena_printf(arena, "%s/%s", composing->tracks, tracks[i].file),
			    tracks[i].from};
	}
	qsort(sounds, *count, sizeof *sounds, sound_compare);
	return sounds;
}

/* Adds a sound as an input, with silence before it. The silence is a source of its own: filters
 * that delay sound keep all of it in memory, which are hundreds of MiB for an hour. */
static void sound_put(
    struct arguments *list, struct buffer *graph, const struct compose_sound *sound, size_t index)
{
	int64_t before = sound->at > 0 ? sound->at * SOUND_RATE / SECOND : 0;

	input_begin(list, "matroska");
	argument_put(list, "-vn");
	if (sound->at < 0)
		ARGUMENTS_PUT(list, "-ss", argument_seconds(list->arena, -sound->at));
	input_end(list, sound->path);
	buffer_printf(graph,
	    "[%zu:a]aresample=%d:async=1:first_pts=0,"
	    "aformat=sample_fmts=fltp:channel_layouts=stereo[%s%zu];",
	    index, SOUND_RATE, before > 0 ? "t" : "a", index);
	if (before > 0)
		buffer_printf(graph,
		    "anullsrc=r=%d:cl=stereo,atrim=end_sample=%" PRId64
		    ",aformat=sample_fmts=fltp[s%zu];"
		    "[s%zu][t%zu]concat=n=2:v=0:a=1[a%zu];",
		    SOUND_RATE, before, index, index, index, index);
}

const char *const *compose_mix(const struct composing *composing,
    const struct compose_sound *sounds, size_t count, bool last, const char *to)
{
	struct arena *arena = composing->arena;
	struct arguments list = ffmpeg_arguments(arena);
	struct buffer graph = buffer_new(arena, GRAPH_SIZE);

	for (size_t i = 0; i < count; i++)
		sound_put(&list, &graph, &sounds[i], i);
	for (size_t i = 0; i < count; i++)
		buffer_printf(&graph, "[a%zu]", i);
	if (count == 0)
		buffer_printf(&graph, "anullsrc=r=%d:cl=stereo[m]", SOUND_RATE);
	else
		buffer_printf(&graph,
		    "amix=inputs=%zu:normalize=0:dropout_transition=0:duration=longest,"
		    "alimiter=limit=0.9:level=0,apad[m]",
		    count);
	ARGUMENTS_PUT(&list, "-filter_complex", graph.text, "-map", "[m]", "-vn", "-ac", "2", "-ar",
	    argument_number(arena, SOUND_RATE), "-t",
	    argument_seconds(arena, composing->plan->duration), "-c:a");
	if (!last)
		ARGUMENTS_PUT(&list, "flac", "-sample_fmt", "s16");
	else if (composing->format == COMPOSE_MP4)
		ARGUMENTS_PUT(&list, "aac", "-b:a", "96k");
	else
		ARGUMENTS_PUT(&list, "libopus", "-b:a", "64k");
	return output_end(
	    &list, last ? compose_muxer(composing->format) : "matroska", argument_file(arena, to));
}
